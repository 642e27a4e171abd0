"""Byte stream: a file's content in chunks, plain, gzip or zstd, however large it is.

Conventions
-----------
Whether a file is compressed is told by its first bytes, not by its name. A
chunk is at most a few megabytes, so memory does not grow with the file.
"""

from __future__ import annotations

import errno
import hashlib
import stat
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

import zstandard

from genrelab.errors import DataError

READ_BYTES = 1 << 17  # of the file at a time; compressed JSON is some 3 to 10 times as much
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


class ByteStream:
    """The content of a file, decompressed, as an iterator of chunks.

    Attributes
    ----------
    consumed : int
        Bytes of the file itself that were read so far.

    Raises
    ------
    DataError
        While iterating: if the file is empty, truncated or damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.consumed = 0

    def __iter__(self) -> Iterator[bytes]:
        try:
            with _opened(self.path) as file:
                yield from self._content(iter(lambda: file.read(READ_BYTES), b""))
        except OSError as error:
            raise DataError(f"cannot be read ({error.strerror or error})") from error

    def _content(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        first = next(chunks, b"")
        if not first:
            raise DataError("is empty; expected JSON")
        counted = self._counted(first, chunks)
        if first.startswith(_GZIP_MAGIC):
            yield from _decompressed(counted, "gzip", lambda: zlib.decompressobj(31))
        elif first.startswith(_ZSTD_MAGIC):
            yield from _decompressed(
                counted, "zstd", lambda: zstandard.ZstdDecompressor().decompressobj()
            )
        else:
            yield from counted

    def _counted(self, first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
        self.consumed = len(first)
        yield first
        for chunk in chunks:
            self.consumed += len(chunk)
            yield chunk


def _decompressed(
    chunks: Iterator[bytes], kind: str, decompressor: Callable[[], Any]
) -> Iterator[bytes]:
    """Decompress one or more members that stand one behind the other."""
    member = decompressor()
    for chunk in chunks:
        rest = chunk
        while rest:
            if member.eof:
                rest = rest.lstrip(b"\0")  # tapes and some tools pad with zeros
                if not rest:
                    break
                member = decompressor()
            try:
                content = member.decompress(rest)
            except (zlib.error, zstandard.ZstdError) as error:
                raise DataError(f"is damaged {kind} ({error})") from error
            if content:
                yield content
            rest = member.unused_data if member.eof else b""
    if not member.eof:
        raise DataError(f"is truncated {kind}: it ends in the middle; get the whole file again")


def content_digest(path: Path) -> str:
    """Return the SHA-256 of a file, read in chunks.

    Raises
    ------
    OSError
        If it cannot be read, or is no regular file.
    """
    with _opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: Path) -> BufferedReader:
    if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe means to wait for its other end
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return path.open("rb")
