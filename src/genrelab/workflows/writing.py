"""Writing: files that are complete or absent, and what to say where that is impossible."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
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


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let something be written that appears when it is complete, or stays as it was.

    Parameters
    ----------
    path : Path
    write : callable
        Writes a file at the path that it is given, which is another one.

    Raises
    ------
    UsageError, GenrelabError
        As `writing_to` does.
    """
    partial = path.with_name(f"{path.name}.partial")
    with writing_to(path):
        try:
            write(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
