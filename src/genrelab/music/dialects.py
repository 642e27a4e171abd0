"""Dialects: the same sound as different versions of the original analyzer put it.

Conventions
-----------
Between the analyzers of the Million Song Dataset (``msd``), 3.2.2 (``echonest``)
and 4.0.0 (``spotify``), timbre and loudness differ by nearly constant values. An
offset is what a dialect's values are above those of the reference dialect, so that
``value in b = value in a - offset of a + offset of b``. Pitches hardly differ and
stay as they are. ``dialects.json`` holds the offsets, says what they were fitted on
and how sure they are; ``genrelab fit dialects`` fits others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Literal, get_args

import msgspec
import numpy as np

from genrelab.errors import DataError
from genrelab.music.segments import Segments, Twelve

OriginalDialect = Literal["spotify", "echonest", "msd"]
ORIGINAL_DIALECTS: tuple[OriginalDialect, ...] = get_args(OriginalDialect)
LOUDNESS_FIELDS = ("loudness_start", "loudness_max", "loudness_end")


class DialectOffset(msgspec.Struct, frozen=True, kw_only=True):
    """What a dialect's values are above those of the reference dialect.

    Attributes
    ----------
    timbre, timbre_error : tuple of 12 floats
        The second are standard errors.
    loudness, loudness_error : float
        dB.
    n_recordings : int
        With the original's analysis, in this dialect.
    """

    timbre: Twelve
    timbre_error: Twelve
    loudness: float
    loudness_error: float
    n_recordings: int


class DialectTable(msgspec.Struct, frozen=True, kw_only=True):
    """The offsets of all dialects, and what they were fitted on."""

    fitted_on: str
    offsets: Mapping[str, DialectOffset]

    def to_json(self) -> bytes:
        """Write the table as ``dialects.json`` has it."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


@cache
def dialect_table() -> DialectTable:
    """Read the table that ships with the package."""
    raw = resources.files("genrelab.music").joinpath("dialects.json").read_bytes()
    return msgspec.json.decode(raw, type=DialectTable)


def convert_segments(segments: Segments, source: str, target: str) -> Segments:
    """Convert timbre and loudness from one dialect to another.

    Parameters
    ----------
    segments : Segments
    source, target : {"spotify", "echonest", "msd"}

    Returns
    -------
    Segments
        Of the same float32 precision: there and back again differs in the last digits.

    Raises
    ------
    DataError
        If one of the dialects has no known offset.
    """
    offset_from, offset_to = (_offset(dialect) for dialect in (source, target))
    if source == target:
        return segments
    shift = np.subtract(offset_to.timbre, offset_from.timbre)
    louder = np.float32(loudness_shift(source, target))
    moved = {name: getattr(segments, name) + louder for name in LOUDNESS_FIELDS}
    timbre = (segments.timbre + shift).astype(np.float32)
    return replace(segments, timbre=timbre, **moved)


def loudness_shift(source: str, target: str) -> float:
    """Return by how many dB one dialect's loudness is above another's.

    Raises
    ------
    DataError
        If one of the dialects has no known offset.
    """
    return _offset(target).loudness - _offset(source).loudness


def _offset(dialect: str) -> DialectOffset:
    table = dialect_table().offsets
    if dialect not in table:
        known = ", ".join(table)
        raise DataError(f"dialect {dialect!r} cannot be converted; expected one of {known}")
    return table[dialect]
