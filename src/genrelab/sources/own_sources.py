"""Own sources: a source that a user wrote, from a Python file of theirs.

Conventions
-----------
The file has one class with a ``name`` and ``items()`` (see `genrelab.sources.findings`),
made of one path. It is run as any Python file is: load what you trust.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from genrelab.errors import DataError, GenrelabError, UsageError
from genrelab.sources.findings import Source


def load_source(file: str | Path, path: str | Path) -> Source:
    """Make the source that a Python file defines.

    Parameters
    ----------
    file : path-like
        The Python file.
    path : path-like
        What the source reads; given to its class.

    Raises
    ------
    DataError
        If there is no such file, or it fails while it is run.
    UsageError
        If it has no class of a source, or several.
    """
    module = _run(Path(file))
    kinds = [kind for kind in vars(module).values() if _is_source(kind, module)]
    if len(kinds) != 1:
        found = ", ".join(kind.__name__ for kind in kinds) or "none"
        raise UsageError(f"{file}: has the sources {found}; expected one class with name and items")
    source: Source = kinds[0](Path(path))
    return source


def _run(file: Path) -> ModuleType:
    if not file.is_file():
        raise DataError(f"{file}: no such file; expected a Python file with a source in it")
    spec = importlib.util.spec_from_file_location(f"genrelab_source_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file}: no Python file; expected one ending in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except GenrelabError:
        raise
    except Exception as error:
        raise DataError(f"{file}: fails ({type(error).__name__}: {error}); mend it") from error
    return module


def _is_source(kind: Any, module: ModuleType) -> bool:
    is_own = isinstance(kind, type) and kind.__module__ == module.__name__
    return is_own and callable(getattr(kind, "items", None)) and hasattr(kind, "name")
