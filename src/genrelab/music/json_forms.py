"""JSON forms: how an analysis' values stand in JSON, and what to say where they do not fit.

Conventions
-----------
Fields, names, units and order are those of Spotify's ``audio-analysis``. Times are
written to 10 us, other values to .001; what a source lacks is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import chain
from typing import Any, TypeVar

import msgspec
import numpy as np

from genrelab.errors import DataError
from genrelab.music.segments import (
    N_VALUES,
    OPTIONAL_FIELDS,
    TIME_DIGITS,
    Float32,
    Float64,
    Segments,
    Twelve,
    derive_durations,
)

DIGITS = 3  # of whatever is no time


class SegmentForm(msgspec.Struct, gc=False):
    """A segment in JSON. A missing duration is derived, a missing loudness stays NaN."""

    start: float
    pitches: Twelve
    timbre: Twelve
    duration: float = np.nan
    confidence: float = np.nan
    loudness_start: float = np.nan
    loudness_max: float = np.nan
    loudness_max_time: float = np.nan
    loudness_end: float = np.nan


def segments_from_forms(forms: Sequence[SegmentForm], track_duration: float | None) -> Segments:
    """Gather segments' fields in arrays.

    Parameters
    ----------
    forms : sequence of SegmentForm
    track_duration : float or None
        Seconds, for the last segment where it lacks a duration.
    """
    n = len(forms)

    def column(name: str) -> Float64:
        return np.fromiter((getattr(form, name) for form in forms), np.float64, n)

    def rows(name: str) -> Float32:
        values = chain.from_iterable(getattr(form, name) for form in forms)
        return np.fromiter(values, np.float32, n * N_VALUES).reshape(n, N_VALUES)

    start, duration = column("start"), column("duration")
    return Segments(
        start=start,
        duration=np.where(np.isnan(duration), derive_durations(start, track_duration), duration),
        pitches=rows("pitches"),
        timbre=rows("timbre"),
        **{name: column(name).astype(np.float32) for name in OPTIONAL_FIELDS},
    )


_TIMES = ("start", "duration", "loudness_max_time", "end_of_fade_in", "start_of_fade_out")
# The order of Spotify's files.
_SEGMENT_ORDER = (
    *("start", "duration", "confidence"),
    *("loudness_start", "loudness_max_time", "loudness_max", "loudness_end"),
    *("pitches", "timbre"),
)


def _decimals(field_name: str) -> int:
    return TIME_DIGITS if field_name in _TIMES else DIGITS


def rounded_fields(value: object) -> dict[str, Any]:
    """Give the known fields of an interval, a section or a track as Spotify writes them."""
    return {
        name: round(known, _decimals(name)) if isinstance(known, float) else known
        for name, known in msgspec.to_builtins(value).items()
        if known is not None
    }


def segment_objects(segments: Segments) -> list[dict[str, Any]]:
    """Give segments as Spotify writes them, without what their source lacks."""
    columns = [
        np.round(getattr(segments, f).astype(np.float64), _decimals(f)).tolist()
        for f in _SEGMENT_ORDER
    ]
    return [
        # NaN, a value the source lacks, is the one float that differs from itself.
        {name: value for name, value in zip(_SEGMENT_ORDER, row, strict=True) if value == value}  # noqa: PLR0124
        for row in zip(*columns, strict=True)
    ]


_T = TypeVar("_T")


def decode_json(raw: bytes, form: type[_T]) -> _T:
    """Decode JSON text into a form, saying in one sentence what does not fit.

    Raises
    ------
    DataError
        Naming the field (``segments[3].timbre``) or the place in the text.
    """
    try:
        return msgspec.json.decode(raw, type=form)
    except msgspec.ValidationError as error:
        raise DataError(_field_first(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(_not_json(raw, error)) from error


def _field_first(message: str) -> str:
    """Turn msgspec's "Expected X, got Y - at `$.a[3].b`" into "a[3].b: expected X, got Y"."""
    what, _, path = message.partition(" - at ")
    place = path.strip("`").removeprefix("$").removeprefix(".")
    return f"{place or 'the record'}: {what[:1].lower()}{what[1:]}"


_NOT_A_NUMBER = re.compile(rb'[^"\w](NaN|-?Infinity)\b')


def _not_json(raw: bytes, error: Exception) -> str:
    """Explain text that is not JSON; Python's own writer leaves NaN where a number should be."""
    if isinstance(error, UnicodeDecodeError):
        return f"is not UTF-8 ({error.reason}); expected JSON in UTF-8"
    found = _NOT_A_NUMBER.search(raw)
    if not found:
        return f"is not JSON ({error}); expected one whole object"
    try:
        value = json.loads(raw)
    except ValueError:
        return f"is not JSON ({error}); expected one whole object"
    path = _path_to_non_finite(value, "")
    return f"{path or 'the record'}: expected a finite number, got {found[1].decode()}"


def _path_to_non_finite(value: object, path: str) -> str | None:
    if isinstance(value, float) and not np.isfinite(value):
        return path
    if isinstance(value, dict):
        children = ((f"{path}.{key}" if path else str(key), child) for key, child in value.items())
    elif isinstance(value, list):
        children = ((f"{path}[{i}]", child) for i, child in enumerate(value))
    else:
        return None
    return next((found for p, c in children if (found := _path_to_non_finite(c, p))), None)
