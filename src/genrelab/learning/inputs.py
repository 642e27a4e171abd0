"""Inputs: named ways to turn a track's segments into what a learner takes.

Conventions
-----------
``INPUTS`` is the registry. A *sequence* (timbre, pitch, mixed) is the first S segments of
a track, a row a track, padded with zeros; its true length is kept beside it, so padding
can be told from silence. A *summary* (statistics, profile) has a row of numbers for the
whole track or for several stretches of it, each with its share in the track's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from genrelab.learning.statistics import (
    N_PROFILE,
    N_STATISTICS,
    profile,
    segment_values,
    track_statistics,
)
from genrelab.music.segments import N_VALUES, Float32, Float64, Int64, Segments

SequenceName = Literal["timbre", "pitch", "mixed"]
InputName = Literal["timbre", "pitch", "mixed", "statistics", "profile"]
SEQUENCE_NAMES: tuple[SequenceName, ...] = get_args(SequenceName)
PADDING = np.float32(0.0)

WINDOW_S = 10.0  # of music that a profile describes, beside the whole track
WHOLE_SHARE = 0.5  # of a track's answer; its windows have the rest
_FEWEST = 12  # segments that a window needs to be described


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """How much of a track is heard.

    Attributes
    ----------
    segments : int
        S: of a sequence, from the track's start (the paper: 512, about 150 s).
    windows : int
        Of a profile, at most, evenly spread over the track.
    """

    segments: int = 512
    windows: int = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """What a classifier is given of one track, r rows.

    Attributes
    ----------
    x : float32 array [r, ...]
    n_valid : int array [r]
        Segments that are the track's own; what stands behind them is padding. 1 in summaries.
    share : float64 array [r]
        Each row's part in the track's answer; they sum to 1.
    start, stop : float64 array [r]
        The stretch that a row describes, in seconds.
    """

    x: Float32
    n_valid: Int64
    share: Float64
    start: Float64
    stop: Float64


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceInput:
    """The first segments of a track, one block of values a segment.

    Attributes
    ----------
    values_shape : tuple of int
        Shape of one segment's values.
    values : callable
        ``Segments`` -> float32 array [n, *values_shape].
    """

    name: SequenceName
    values_shape: tuple[int, ...]
    values: Callable[[Segments], Float32]

    def shape(self, n_segments: int) -> tuple[int, ...]:
        """Return the shape of a row: ``(n_segments, *values_shape)``."""
        return (n_segments, *self.values_shape)

    def rows(self, segments: Segments, hearing: Hearing) -> Rows:
        """Return one row: the track's start."""
        return self.stretches(segments, hearing, most=1)

    def stretches(self, segments: Segments, hearing: Hearing, *, most: int = 64) -> Rows:
        """Return the track in pieces of S segments one after another; the first answers alone."""
        size, n = hearing.segments, len(segments)
        firsts = np.arange(0, max(n, 1), size)[:most]
        x = np.full((len(firsts), *self.shape(size)), PADDING, dtype=np.float32)
        values = self.values(segments)
        lengths = np.minimum(n - firsts, size)
        for row, first, length in zip(x, firsts, lengths, strict=True):
            row[:length] = values[first : first + length]
        end = segments.start + segments.duration
        return Rows(
            x=x,
            n_valid=lengths.astype(np.int64),
            share=(firsts == 0).astype(np.float64),
            start=segments.start[firsts] if n else np.zeros(1),
            stop=end[firsts + lengths - 1] if n else np.zeros(1),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryInput:
    """Numbers that describe a track, or stretches of it.

    Attributes
    ----------
    width : int
        How many there are.
    summarize : callable
        Values of n segments, float64 [n, 28], -> float64 [width].
    windowed : bool
        Whether windows of `WINDOW_S` are described beside the whole track.
    """

    name: Literal["statistics", "profile"]
    width: int
    summarize: Callable[[Float64], Float64]
    windowed: bool

    def shape(self, n_segments: int) -> tuple[int, ...]:  # noqa: ARG002 - as sequences have it
        """Return the shape of a row: ``(width,)``."""
        return (self.width,)

    def rows(self, segments: Segments, hearing: Hearing) -> Rows:
        """Return a row of the whole track and one of each window."""
        values = segment_values(segments)
        pieces = [slice(0, len(segments))]
        if self.windowed:
            pieces += _windows(segments, hearing.windows)
        n_windows = len(pieces) - 1
        share = np.full(len(pieces), (1 - WHOLE_SHARE) / max(n_windows, 1))
        share[0] = WHOLE_SHARE if n_windows else 1.0
        end = segments.start + segments.duration
        return Rows(
            x=np.stack([self.summarize(values[one]) for one in pieces]).astype(np.float32),
            n_valid=np.ones(len(pieces), dtype=np.int64),
            share=share,
            start=np.array([segments.start[one.start] for one in pieces]),
            stop=np.array([end[one.stop - 1] for one in pieces]),
        )

    def stretches(self, segments: Segments, hearing: Hearing) -> Rows:
        """Return the same as `rows`: a summary answers with all that it hears."""
        return self.rows(segments, hearing)


def _windows(segments: Segments, most: int) -> list[slice]:
    """Choose windows of `WINDOW_S` that overlap by half, or lie farther apart if too many."""
    begin, end = segments.start[0], segments.start[-1] + segments.duration[-1]
    room = end - begin - WINDOW_S
    if room <= 0:
        return []
    n_windows = min(most, int(room // (WINDOW_S / 2)) + 1)
    starts = np.linspace(begin, begin + room, n_windows)
    firsts = np.searchsorted(segments.start, starts)
    lasts = np.searchsorted(segments.start, starts + WINDOW_S)
    return [
        slice(int(first), int(last))
        for first, last in zip(firsts, lasts, strict=True)
        if last - first >= _FEWEST
    ]


Input = SequenceInput | SummaryInput


def timbre(segments: Segments) -> Float32:
    """Return the timbre of each segment, float32 [n, 12], raw as the analyzer gave it."""
    return segments.timbre


def pitch(segments: Segments) -> Float32:
    """Return the pitch strengths of each segment, float32 [n, 12], C to B in [0, 1]."""
    return segments.pitches


def mixed(segments: Segments) -> Float32:
    """Return timbre and pitch side by side, float32 [n, 12, 2] (the paper's fourth axis)."""
    return np.stack((segments.timbre, segments.pitches), axis=-1)


INPUTS: Mapping[InputName, Input] = MappingProxyType(
    {
        "timbre": SequenceInput(name="timbre", values_shape=(N_VALUES,), values=timbre),
        "pitch": SequenceInput(name="pitch", values_shape=(N_VALUES,), values=pitch),
        "mixed": SequenceInput(name="mixed", values_shape=(N_VALUES, 2), values=mixed),
        "statistics": SummaryInput(
            name="statistics", width=N_STATISTICS, summarize=track_statistics, windowed=False
        ),
        "profile": SummaryInput(name="profile", width=N_PROFILE, summarize=profile, windowed=True),
    }
)
