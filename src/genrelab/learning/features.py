"""Features: one input of several tracks as one array, and its normalization.

Conventions
-----------
A track has one row or several (`genrelab.learning.inputs`), which stand together, in the
order of the tracks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from genrelab.errors import DataError
from genrelab.learning.inputs import INPUTS, PADDING, Hearing, InputName, Rows
from genrelab.music.segments import Float32, Float64, Int64, Segments

CONSTANT = 1e-6  # a deviation below this share of the mean is rounding, not variation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """An input of several tracks.

    Attributes
    ----------
    x : float32 array [R, ...]
    n_valid : int array [R]
        Segments that are the track's own; the values behind them are padding.
    track : int array [R]
        Which track a row is of, 0 to N - 1, ascending: one row a track in sequences.
    share : float64 array [R]
        Each row's part in its track's answer.
    """

    x: Float32
    n_valid: Int64
    track: Int64
    share: Float64

    @classmethod
    def one_row_a_track(cls, x: Float32, n_valid: Int64) -> Features:
        """Put sequences together, [N, S, ...] and [N]."""
        return cls(x=x, n_valid=n_valid, track=np.arange(len(x)), share=np.ones(len(x)))

    @property
    def n_tracks(self) -> int:
        """N, each of which has at least one row."""
        return int(self.track[-1]) + 1 if len(self.track) else 0

    def of_tracks(self, tracks: Int64) -> Features:
        """Return a copy of some tracks' rows, in the order given."""
        first = np.searchsorted(self.track, tracks)
        count = np.searchsorted(self.track, tracks, side="right") - first
        rows = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
        return Features(
            x=self.x[rows],
            n_valid=self.n_valid[rows],
            track=np.repeat(np.arange(len(tracks)), count),
            share=self.share[rows],
        )


def extract_features(
    segments: Iterable[Segments], n_tracks: int, input_name: InputName, hearing: Hearing
) -> Features:
    """Turn each track into its rows of one array.

    Parameters
    ----------
    segments : iterable of Segments
        One a track; read once, never all in memory.
    n_tracks : int
        How many there are.
    input_name : {"timbre", "pitch", "mixed", "statistics", "profile"}
    hearing : Hearing

    Raises
    ------
    DataError
        If fewer or more tracks came than announced.
    """
    chosen = INPUTS[input_name]
    x, capacity = np.empty((0, *chosen.shape(hearing.segments)), np.float32), 0
    kept: list[Rows] = []
    n_rows = 0
    for track in segments:
        if len(kept) == n_tracks:
            raise DataError(f"more tracks came than the {n_tracks} that were announced")
        rows = chosen.rows(track, hearing)
        if n_rows + len(rows.x) > capacity:
            # The first track tells how many rows the others have; a guess too low grows.
            capacity = n_rows + max(len(rows.x) * (n_tracks - len(kept)), n_rows // 2)
            x = np.concatenate([x[:n_rows], np.empty((capacity - n_rows, *x.shape[1:]), x.dtype)])
        x[n_rows : n_rows + len(rows.x)] = rows.x
        n_rows += len(rows.x)
        kept.append(replace(rows, x=rows.x[:0]))
    if len(kept) != n_tracks:
        raise DataError(f"{len(kept)} tracks came of the {n_tracks} that were announced")
    return Features(
        x=x[:n_rows],
        n_valid=_joined([rows.n_valid for rows in kept], np.int64),
        track=np.repeat(np.arange(n_tracks), [len(rows.share) for rows in kept]),
        share=_joined([rows.share for rows in kept], np.float64),
    )


def _joined(parts: Sequence[npt.NDArray[Any]], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype), *parts])


def _valid_rows(features: Features) -> Iterator[npt.NDArray[np.float64]]:
    for track, n in zip(features.x, features.n_valid, strict=True):
        yield track[:n].astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalization:
    """Mean and standard deviation of each value, measured on valid segments only.

    Attributes
    ----------
    mean, std : float32 arrays [12] or [12, 2]
        ``std`` is never 0: a value that does not vary is left at its scale.
    """

    mean: Float32
    std: Float32

    @classmethod
    def measure(cls, features: Features) -> Normalization:
        """Measure on every valid segment of the given (training) tracks."""
        # Track by track in float64: a mask over all rows would double the memory.
        count = max(int(features.n_valid.sum()), 1)
        mean = sum(valid.sum(axis=0) for valid in _valid_rows(features)) / count
        squares = sum(np.square(valid - mean).sum(axis=0) for valid in _valid_rows(features))
        std = np.sqrt(squares / count)
        varies = std > np.maximum(CONSTANT * np.abs(mean), np.finfo(np.float32).tiny)
        return cls(
            mean=np.asarray(mean, dtype=np.float32),
            std=np.where(varies, std, 1).astype(np.float32),
        )

    def apply(self, features: Features) -> Features:
        """Return normalized features; padding stays at its value."""
        x = (features.x - self.mean) / self.std
        padded = np.arange(x.shape[1]) >= features.n_valid[:, None]
        x[padded] = PADDING
        return replace(features, x=x)
