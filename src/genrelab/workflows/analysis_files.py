"""Analysis files: what stands where an analysis is to go, and of which recording it is.

Conventions
-----------
An analysis that is written says in its ``meta`` of which recording it is: by a digest of
the file's size and of pieces spread over it, so that knowing a collection again takes a
few reads a recording, not all of it.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import msgspec

from genrelab.errors import UsageError

RECORDING = "recording"  # the key in ``meta``
N_PIECES = 16  # of a recording, evenly from its start to its end
PIECE_BYTES = 4096
_BEGINNING = re.compile(rb'\s*\{\s*"meta"')
_DIGITS = 16


class _Head(msgspec.Struct):
    """The part of an analysis that tells where it comes from."""

    segments: msgspec.Raw
    meta: dict[str, Any] = {}


def recording_mark(path: Path) -> str | None:
    """Return what tells a recording from others; None where it cannot be read."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            content = hashlib.sha256(str(size).encode())
            for number in range(N_PIECES):
                file.seek(max(size - PIECE_BYTES, 0) * number // (N_PIECES - 1))
                content.update(file.read(PIECE_BYTES))
    except OSError:
        return None
    return content.hexdigest()[:_DIGITS]


def standing_meta(output: Path) -> dict[str, Any] | None:
    """Return the ``meta`` of the analysis that stands at a path.

    None stands for nothing, an empty file, an analysis that breaks off, or what is no
    regular file (a device, a pipe), which is never read.

    Raises
    ------
    UsageError
        If something else stands there, which must not be lost.
    """
    try:
        if output.is_dir():
            raise UsageError(f"{output}: a folder stands where an analysis should go; {_MOVE}")
        if not output.is_file():
            return None
        raw = output.read_bytes()
    except OSError as error:
        raise UsageError(f"{output}: cannot be read ({error.strerror}); {_MOVE}") from error
    try:
        return msgspec.json.decode(raw, type=_Head).meta
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        if not raw or (_BEGINNING.match(raw) and not raw.rstrip().endswith(b"}")):
            return None
        raise UsageError(f"{output}: exists and is no analysis, so it was left; {_MOVE}") from error


def is_current(output: Path, recording: Path, *, analyzer: str, dialect: str) -> bool:
    """Tell whether an output is the analysis of a recording that one would make now.

    Raises
    ------
    UsageError
        If something else stands there, which must not be lost.
    """
    meta = standing_meta(output)
    if meta is None:
        return False
    mark = recording_mark(recording)
    wanted = (analyzer, dialect, mark)
    if (meta.get("analyzer_version"), meta.get("dialect"), meta.get(RECORDING)) != wanted:
        return False
    try:
        is_older = output.stat().st_mtime_ns < recording.stat().st_mtime_ns
    except OSError:
        return False
    return mark is not None and not is_older


_MOVE = "move it, or choose another -o"
