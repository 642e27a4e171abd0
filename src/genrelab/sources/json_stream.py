"""JSON stream: the records of a JSON file of any size, one at a time, unparsed.

Conventions
-----------
Four layouts are told apart by how a file begins: a *list* of records, a *map*
from ids to records, *lines* with a record each, and *objects* one behind the
other over several lines (of which a single analysis is the usual case).
Positions count from 1: records, but lines where there is a record a line.

The text is cut at the brackets' depth, found for a whole chunk at once with
NumPy; only the piece that is asked for is ever parsed. A record that is not
JSON inside does not disturb its neighbors; one whose brackets do not close does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from genrelab.errors import DataError

MAX_RECORD_BYTES = 1 << 26  # ten times the longest analysis; beyond it a bracket is missing
OBJECT_FIELDS = frozenset(
    {"meta", "track", "audio_features", "audio_analysis", "album", "artist", "external_ids",
     "external_urls", "tags"}
)  # fmt: skip
"""Fields of a record that hold an object, so that a record is not taken for a map."""

_QUOTE, _OPEN, _CLOSE = 0x22, 0x7B, 0x7D  # the brackets with bit 5 set, which makes [ a {
_CASE_BIT = 0x20
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_FIRST_KEY = re.compile(rb'\s*\{\s*("(?:[^"\\]|\\.)*")\s*:\s*(\S)', re.DOTALL)
_MAX_HEAD = 1 << 16
_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """One record of a file, as text.

    Attributes
    ----------
    position : int
        From 1: the line's number, or the record's.
    where : str
        The same for people: ``line 3`` or ``record 3``.
    raw : bytes
        JSON text, not looked at yet.
    key : str or None
        The id under which a map has it.
    problem : str or None
        Why this is no record (then ``raw`` is empty).
    """

    position: int
    where: str
    raw: bytes
    key: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """A bracketed value and the text between it and the one before.

    ``end`` counts the bytes of the stream up to the value's last.
    """

    gap: bytes
    value: bytes
    end: int


class Splitter:
    """Cuts a stream of JSON text into the bracketed values that stand at one depth.

    Parameters
    ----------
    depth : int
        How many brackets stand around the values: 0 for objects in a row, 1 for
        the elements of a list or the values of an object.
    """

    def __init__(self, depth: int) -> None:
        self._base = depth
        self._depth = 0
        self._in_string = 0
        self._escaped = False
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._gap: bytes | None = None
        self._seen = 0

    @property
    def inside(self) -> bool:
        """Whether the text so far ends within a value or a string."""
        return self._gap is not None or bool(self._in_string)

    def feed(self, chunk: bytes) -> Iterator[Cut]:
        """Yield the values that end in this chunk, which are to be taken before the next."""
        at, opening = self._bounds(chunk)
        taken = 0
        for position, opens in zip(at.tolist(), opening.tolist(), strict=True):
            end = position if opens else position + 1
            text = self._take(chunk[taken:end])
            taken = end
            if opens:
                self._gap = text
            elif self._gap is not None:
                yield Cut(self._gap, text, self._seen + end)
                self._gap = None
        self._hold(chunk[taken:])
        self._seen += len(chunk)

    def rest(self) -> bytes:
        """Return what stands behind the last value."""
        return self._take(b"")

    def _take(self, text: bytes) -> bytes:
        if not self._held:
            return text
        whole = b"".join([*self._held, text])
        self._held, self._held_bytes = [], 0
        return whole

    def _hold(self, text: bytes) -> None:
        if text:
            self._held.append(text)
            self._held_bytes += len(text)
        if self._held_bytes > MAX_RECORD_BYTES:
            raise DataError(
                f"a record is larger than {MAX_RECORD_BYTES >> 20} MB; expected an analysis: "
                "a bracket or quotation mark before it is probably missing"
            )

    def _bounds(self, chunk: bytes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """Find where values at the wanted depth open and close in a chunk."""
        text = np.frombuffer(self._without_escapes(chunk), dtype=np.uint8)
        folded = text | _CASE_BIT
        at = np.flatnonzero((text == _QUOTE) | (folded == _OPEN) | (folded == _CLOSE))
        quotes = text[at] == _QUOTE
        in_string = (np.cumsum(quotes) + self._in_string) & 1
        if len(at):
            self._in_string = int(in_string[-1])
        at = at[~quotes & (in_string == 0)]
        opening = folded[at] == _OPEN
        depth = self._depth + np.cumsum(np.where(opening, 1, -1))
        if len(at):
            self._depth = int(depth[-1])
        wanted = depth == np.where(opening, self._base + 1, self._base)
        return at[wanted], opening[wanted]

    def _without_escapes(self, chunk: bytes) -> bytes:
        """Overwrite escape sequences, which may hide quotation marks, in place."""
        if self._escaped and chunk:
            chunk = b"_" + chunk[1:]
            self._escaped = False
        if b"\\" in chunk:
            chunk = _ESCAPE.sub(b"__", chunk)
            self._escaped = chunk.endswith(b"\\")
        return chunk


def pieces(chunks: Iterable[bytes], *, lines: bool = False) -> Iterator[Piece]:
    """Yield the records of a JSON text.

    Parameters
    ----------
    chunks : iterable of bytes
        The text, cut anywhere.
    lines : bool
        Whether it is known to have a record a line, so that one bad line cannot
        disturb the others; otherwise the layout is found out.

    Raises
    ------
    DataError
        Where the text cannot be followed any further.
    """
    stream = iter(chunks)
    head = _head(stream)
    start = head.lstrip(_SPACE)[:1]
    if not start:
        raise DataError("holds nothing but white space; expected JSON")
    if not lines and start == b"{":
        while len(head) < _MAX_HEAD and not _FIRST_KEY.match(head):
            if not (more := next(stream, b"")):
                break
            head += more
    stream = chain([head], stream)
    if lines:
        return _lines(stream)
    if start == b"[":
        return _elements(stream)
    if start != b"{":
        raise DataError(
            f"begins with {_shown(head.strip(_SPACE))}; expected a JSON list or object in UTF-8"
        )
    key = _FIRST_KEY.match(head)
    if key and key[2] == b"{" and _text(key[1]) not in OBJECT_FIELDS:
        return _values(stream)
    return _objects_or_lines(stream)


def _head(stream: Iterator[bytes]) -> bytes:
    """Return the text up to the first chunk that has more than white space."""
    head = b""
    for chunk in stream:
        head += chunk
        if len(head) >= len(_BOM) and head.removeprefix(_BOM).strip(_SPACE):
            break
    return head.removeprefix(_BOM)


def _text(raw: bytes) -> str | None:
    try:
        value = json.loads(raw)
    except ValueError:  # also: not UTF-8
        return None
    return value if isinstance(value, str) else None


def _shown(raw: bytes, length: int = 20) -> str:
    text = raw[:length].decode("utf-8", "replace")
    return repr(text + ("..." if len(raw) > length else ""))


def _lines(stream: Iterator[bytes]) -> Iterator[Piece]:
    position = 0
    held: list[bytes] = []
    held_bytes = 0
    for chunk in stream:
        first, *others = chunk.split(b"\n")
        held.append(first)
        held_bytes += len(first)
        for following in others:
            position += 1
            yield from _line(position, b"".join(held))
            held, held_bytes = [following], len(following)
        if held_bytes > MAX_RECORD_BYTES:
            raise DataError(
                f"line {position + 1} is larger than {MAX_RECORD_BYTES >> 20} MB; "
                "expected a record a line"
            )
    yield from _line(position + 1, b"".join(held))


def _line(position: int, raw: bytes) -> Iterator[Piece]:
    if raw := raw.strip(_SPACE):
        yield Piece(position, f"line {position}", raw)


def _elements(stream: Iterator[bytes]) -> Iterator[Piece]:
    splitter = Splitter(1)
    position = 0
    for chunk in stream:
        for cut in splitter.feed(chunk):
            if stray := _stray(cut.gap, b"[" if position == 0 else b""):
                position += 1
                yield _no_record(position, stray)
            position += 1
            yield Piece(position, f"record {position}", cut.value)
    rest = splitter.rest()
    _check_end(splitter, position, rest, b"]", "list")
    if stray := _stray(rest.rstrip(_SPACE).removesuffix(b"]"), b"[" if position == 0 else b""):
        yield _no_record(position + 1, stray)


def _stray(gap: bytes, bracket: bytes) -> bytes:
    """Return what stands in a gap beside its punctuation: nothing in a list of records."""
    return gap.lstrip(_SPACE).removeprefix(bracket).strip(_SPACE + b",")


def _no_record(position: int, text: bytes) -> Piece:
    problem = f"expected a record, that is an object in braces, got {_shown(text)}"
    return Piece(position, f"record {position}", b"", problem=problem)


def _check_end(splitter: Splitter, position: int, rest: bytes, bracket: bytes, what: str) -> None:
    if splitter.inside:
        raise DataError(
            f"ends in the middle of record {position + 1}; expected the rest of it and "
            f"{bracket.decode()!r}"
        )
    if not rest.rstrip(_SPACE).endswith(bracket):
        raise DataError(
            f"ends after record {position} with {_shown(rest[-40:])}; expected "
            f"{bracket.decode()!r} at the end of the {what}"
        )


_KEY = re.compile(rb'\s*[{,]?\s*("(?:[^"\\]|\\.)*")\s*:\s*', re.DOTALL)


def _values(stream: Iterator[bytes]) -> Iterator[Piece]:
    splitter = Splitter(1)
    position = 0
    for chunk in stream:
        for cut in splitter.feed(chunk):
            position += 1
            key = _KEY.fullmatch(cut.gap)
            name = _text(key[1]) if key else None
            if name is None:
                problem = f'expected "track id": before the record, got {_shown(cut.gap.strip())}'
                yield Piece(position, f"record {position}", b"", problem=problem)
            else:
                yield Piece(position, f"record {position} ({name})", cut.value, key=name)
    rest = splitter.rest()
    _check_end(splitter, position, rest, b"}", "object")
    stray = rest.strip(_SPACE).removesuffix(b"}").strip(_SPACE)
    if stray:
        yield _no_record(position + 1, stray)


def _objects_or_lines(stream: Iterator[bytes]) -> Iterator[Piece]:
    """Decide by whether the first object ends before the first line does."""
    splitter = Splitter(0)
    seen: list[bytes] = []
    length = 0
    for chunk in stream:
        seen.append(chunk)
        end = next((cut.end for cut in splitter.feed(chunk)), None)
        line_break = chunk.find(b"\n", 0 if length else len(chunk) - len(chunk.lstrip(_SPACE)))
        whole = chain(seen, stream)
        if end is not None and (line_break < 0 or end <= length + line_break):
            return _lines(whole)
        if line_break >= 0:
            return _objects(whole)
        length += len(chunk)
    return _lines(iter(seen))  # a single line that never closes: said where it is parsed


def _objects(stream: Iterator[bytes]) -> Iterator[Piece]:
    splitter = Splitter(0)
    position = 0
    for chunk in stream:
        for cut in splitter.feed(chunk):
            if stray := cut.gap.strip(_SPACE + b","):
                position += 1
                yield _no_record(position, stray)
            position += 1
            yield Piece(position, f"record {position}", cut.value)
    rest = splitter.rest().strip(_SPACE)
    if splitter.inside:
        raise DataError(f"ends in the middle of record {position + 1}; expected the rest and '}}'")
    if rest:
        yield _no_record(position + 1, rest)
