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
