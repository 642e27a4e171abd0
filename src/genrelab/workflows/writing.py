"""Writing: what to say where a disk is full or a place cannot be written to."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genrelab.errors import GenrelabError, UsageError

_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Explain the system's errors while something is written at a path.

    Raises
    ------
    UsageError
        If nothing can be written there.
    GenrelabError
        If the disk is full or failing; ``path`` then is not complete, and whatever
        was finished before is as it was.
    """
    try:
        yield
    except (NotADirectoryError, FileExistsError, IsADirectoryError, PermissionError) as error:
        raise UsageError(
            f"{error.filename or path}: cannot be written ({error.strerror}); choose another -o"
        ) from error
    except OSError as error:
        problem = "the disk is full" if error.errno in _FULL else "cannot be written"
        raise GenrelabError(
            f"{path}: {problem} ({error.strerror or error}); what was finished before is safe: "
            "make room and run the same command again"
        ) from error
