"""Segments: the short, nearly uniform sounds that an analyzer cuts a recording into.

Conventions
-----------
Times in seconds from the start of the recording, loudness in dB. ``pitches``
are relative strengths of C, C#, ... B in [0, 1]; ``timbre`` are 12 unbounded
coordinates (loudness, brightness, flatness, attack, then finer shapes).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from genrelab.errors import DataError

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
N_VALUES = 12  # timbre coordinates, and pitch classes, of a segment

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Twelve = tuple[float, float, float, float, float, float, float, float, float, float, float, float]
TIME_DIGITS = 5  # of seconds, in files: what nests or tiles exactly does so there too
_SHORTEST_S = 1e-9  # a stretch that lasts no time is taken to last so long


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segments:
    """The segments of a recording as arrays, one row a segment.

    Attributes
    ----------
    start, duration : float64 array [n]
        Seconds; starts increase, durations are not negative.
    confidence : float32 array [n]
        How sure the boundary is, 0 to 1.
    loudness_start, loudness_max, loudness_max_time, loudness_end : float32 array [n]
        dB at the onset, at the peak, seconds from start to peak, dB at the end;
        NaN where a source lacks the value.
    pitches, timbre : float32 array [n, 12]

    Raises
    ------
    DataError
        Naming the segment and field that does not fit.
    """

    start: Float64
    duration: Float64
    confidence: Float32
    loudness_start: Float32
    loudness_max: Float32
    loudness_max_time: Float32
    loudness_end: Float32
    pitches: Float32
    timbre: Float32

    def __post_init__(self) -> None:
        n = len(self.start)
        for name in SEGMENT_FIELDS:
            dtype = np.float64 if name in ("start", "duration") else np.float32
            values = np.ascontiguousarray(getattr(self, name), dtype=dtype)
            shape = (n, N_VALUES) if name in ("pitches", "timbre") else (n,)
            if values.shape != shape:
                raise DataError(f"segments.{name} has shape {values.shape}; expected {shape}")
            may_lack = np.isnan(values) if name in OPTIONAL_FIELDS else False
            wrong = ~(np.isfinite(values) | may_lack)
            if wrong.any():
                where = "".join(f"[{i}]" for i in np.argwhere(wrong)[0][1:])
                raise DataError(
                    f"segments[{np.argwhere(wrong)[0][0]}].{name}{where} is "
                    f"{values[wrong][0]}; expected a finite number"
                )
            object.__setattr__(self, name, values)
        _refuse(np.less(self.start, 0), "start", self.start, "0 or more seconds")
        _refuse(np.diff(self.start, prepend=-1.0) < 0, "start", self.start, "increasing starts")
        _refuse(self.duration < 0, "duration", self.duration, "0 or more seconds")
        outside = ((self.pitches < 0) | (self.pitches > 1)).any(axis=1)
        _refuse(outside, "pitches", self.pitches, "12 values in [0, 1]")

    def __len__(self) -> int:
        return len(self.start)


SEGMENT_FIELDS = tuple(f.name for f in fields(Segments))
OPTIONAL_FIELDS = ("confidence", *(f for f in SEGMENT_FIELDS if f.startswith("loudness")))


def _refuse(wrong: Any, name: str, values: Any, expected: str) -> None:
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise DataError(f"segments[{i}].{name} is {values[i]}; expected {expected}")


def derive_durations(start: Float64, track_duration: float | None) -> Float64:
    """Give each segment the time until the next one starts.

    Parameters
    ----------
    start : float64 array [n], seconds
    track_duration : float or None
        Seconds; where it is unknown the last segment gets 0.
    """
    end = start[-1:] if track_duration is None else np.maximum(start[-1:], track_duration)
    return np.diff(start, append=end)


def mean_between(segments: Segments, values: Float32 | Float64, bounds: Float64) -> Float64:
    """Average values of segments, by time, between boundaries.

    Parameters
    ----------
    segments : Segments
        At least one.
    values : float array [s, k]
        A row a segment.
    bounds : float64 array [n + 1] or [n + 1, ...]
        Seconds, increasing along the first axis.

    Returns
    -------
    float64 array [n, k] or [n, ..., k]
    """
    edges = np.append(segments.start, segments.start[-1] + segments.duration[-1])
    sums = np.zeros((len(edges), values.shape[1]))
    np.cumsum(values * np.diff(edges)[:, None], axis=0, out=sums[1:])
    at_bounds = np.stack([np.interp(bounds, edges, column) for column in sums.T], axis=-1)
    lengths = np.maximum(np.diff(bounds, axis=0), _SHORTEST_S)
    return np.asarray(np.diff(at_bounds, axis=0) / lengths[..., None])
