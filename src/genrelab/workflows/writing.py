"""Writing: files that are complete or absent, and what to say where that is impossible."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from genrelab.errors import GenrelabError, UsageError

PARTIAL = ".partial"  # ends the name of what is not complete yet
_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_NO_PLACE = {  # what is wrong with a path, not with the disk
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EACCES, errno.EPERM),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS, errno.EINVAL, errno.ENXIO),
}


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
    BrokenPipeError
        If it is a pipe whose reader has enough.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno in _NO_PLACE:
            where = str(error.filename or path).removesuffix(PARTIAL)
            why = "no file can be made there" if error.errno == errno.ENOENT else error.strerror
            raise UsageError(f"{where}: cannot be written ({why}); choose another -o") from error
        problem = "the disk is full" if error.errno in _FULL else "cannot be written"
        raise GenrelabError(
            f"{path}: {problem} ({error.strerror or error}); what was finished before is safe: "
            "make room and run the same command again"
        ) from error


def is_ours_alone(descriptor: int, path: Path) -> bool:
    """Keep other processes out of an open file or folder until it is closed, where that works."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system that knows no locks


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder while it is filled; one that stays empty goes.

    Raises
    ------
    UsageError
        If another process fills it.
    """
    if sys.platform == "win32":  # where folders cannot be opened
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if not is_ours_alone(descriptor, folder):
            where = str(folder).removesuffix(PARTIAL)
            raise UsageError(
                f"{where}: another process makes it; wait for it, or choose another -o"
            )
        yield
        with suppress(OSError):
            folder.rmdir()
    finally:
        os.close(descriptor)


def is_channel(path: Path) -> bool:
    """Tell whether a path leads to something that passes bytes on: a device, a pipe."""
    return os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path))  # noqa: PTH110, PTH112, PTH113 - these never raise


def link_target(path: Path) -> Path:
    """Return the file that a link means, and any other path as it is."""
    return Path(os.path.realpath(path)) if os.path.islink(path) else path  # noqa: PTH114


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let something be written that appears when it is complete, or stays as it was.

    What stands there and is no regular file (a device, a pipe) is never replaced, but
    written to. A link stays one.

    Parameters
    ----------
    path : Path
    write : callable
        Writes a file at the path that it is given, which is another one of a file.

    Raises
    ------
    UsageError, GenrelabError
        As `writing_to` does.
    """
    with writing_to(path):
        if os.path.isdir(path):  # noqa: PTH112 - which may be where one may not look
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if is_channel(path):
            write(path)
            return
        target = link_target(path)
        partial = target.with_name(f"{target.name}{PARTIAL}")
        try:
            write(partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
