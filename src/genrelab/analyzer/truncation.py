"""Truncation: what a sound file's own bytes say of an end that is missing.

Conventions
-----------
A decoder takes a file that was cut off for a short one where the format allows it; what
the header promised, or a mark that the end should carry, tells. Writers that could not
know the length leave the largest possible one, which promises nothing.

References
----------
IBM and Microsoft, *Multimedia Programming Interface and Data Specifications 1.0*, 1991
(RIFF). S. Pfeiffer, *The Ogg Encapsulation Format Version 0*, RFC 3533, 2003.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import IO

_UNKNOWN = 0x7F000000  # bytes; what writes to a pipe states about 2 or 4 GiB
_MOST_CHUNKS = 1000  # before the samples
_OGG = b"OggS"
_OGG_TAIL = 1 << 16  # bytes; no page is larger
_OGG_FLAGS, _OGG_END = 5, 4  # where a page has them, and the one of the last page


def promised_part(path: Path) -> float:
    """Return how often the samples in a wav file go into those that its header has.

    1.0 stands for a file that is whole, and for one of another format.
    """
    with path.open("rb") as file:
        try:
            return _promised_part(file)
        except struct.error:  # it ends within a header
            return 1.0


def _promised_part(file: IO[bytes]) -> float:
    size = os.fstat(file.fileno()).st_size
    name, _, form = struct.unpack("<4sI4s", file.read(12))
    if name not in (b"RIFF", b"RIFX") or form != b"WAVE":
        return 1.0
    order = ">" if name == b"RIFX" else "<"
    for _ in range(_MOST_CHUNKS):
        chunk, length = struct.unpack(f"{order}4sI", file.read(8))
        if chunk == b"data":
            there = size - file.tell()
            return float(length / there) if 0 < there < length < _UNKNOWN else 1.0
        file.seek(length + length % 2, os.SEEK_CUR)
    return 1.0


def lacks_ogg_end(path: Path) -> bool:
    """Tell whether an Ogg file breaks off before the page that is marked as its last."""
    with path.open("rb") as file:
        if file.read(len(_OGG)) != _OGG:
            return False
        file.seek(max(os.fstat(file.fileno()).st_size - _OGG_TAIL, 0))
        tail = file.read()
    flags = tail[tail.rfind(_OGG) :][_OGG_FLAGS : _OGG_FLAGS + 1]
    return not (flags and flags[0] & _OGG_END)


def begins_as_mp4(path: Path) -> bool:
    """Tell whether a file begins as MP4 and M4A files do."""
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"
