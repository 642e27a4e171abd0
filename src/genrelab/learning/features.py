"""Features: named inputs, each a way to turn a track's segments into one array.

Conventions
-----------
``INPUTS`` is the registry. An input has a fixed shape for a given number of
segments S; a track with fewer is padded with zeros, and its true length is kept
beside it, so padding can be told from silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from genrelab.errors import DataError
from genrelab.music.segments import N_VALUES, Float32, Segments

InputName = Literal["timbre", "pitch", "mixed"]
INPUT_NAMES: tuple[InputName, ...] = get_args(InputName)
PADDING = np.float32(0.0)
CONSTANT = 1e-6  # a deviation below this share of the mean is rounding, not variation


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A named function from segments to one value block a segment.

    Attributes
    ----------
    name : str
    values_shape : tuple of int
        Shape of one segment's values.
    values : callable
        ``Segments`` -> float32 array [n, *values_shape].
    """

    name: InputName
    values_shape: tuple[int, ...]
    values: Callable[[Segments], Float32]

    def shape(self, n_segments: int) -> tuple[int, ...]:
        """Return the shape of a track: ``(n_segments, *values_shape)``."""
        return (n_segments, *self.values_shape)


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
        "timbre": Input(name="timbre", values_shape=(N_VALUES,), values=timbre),
        "pitch": Input(name="pitch", values_shape=(N_VALUES,), values=pitch),
        "mixed": Input(name="mixed", values_shape=(N_VALUES, 2), values=mixed),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """An input of several tracks.

    Attributes
    ----------
    x : float32 array [N, S, ...]
    n_valid : int array [N]
        Segments that are the track's own; the rows behind them are padding.
    """

    x: Float32
    n_valid: npt.NDArray[np.int64]


def extract_features(
    segments: Iterable[Segments], n_tracks: int, input_name: InputName, n_segments: int
) -> Features:
    """Turn the first ``n_segments`` segments of each track into one array.

    Parameters
    ----------
    segments : iterable of Segments
        One a track; read once, never all in memory.
    n_tracks : int
        How many there are.
    input_name : {"timbre", "pitch", "mixed"}
    n_segments : int
        S, at least 1 (the paper: 512, about 150 s).

    Raises
    ------
    DataError
        If fewer or more tracks came than announced.
    """
    chosen = INPUTS[input_name]
    x = np.full((n_tracks, *chosen.shape(n_segments)), PADDING, dtype=np.float32)
    n_valid = np.zeros(n_tracks, dtype=np.int64)
    row = -1
    for row, track in enumerate(segments):
        if row == n_tracks:
            raise DataError(f"more tracks came than the {n_tracks} that were announced")
        n_valid[row] = min(len(track), n_segments)
        x[row, : n_valid[row]] = chosen.values(track)[:n_segments]
    if row + 1 != n_tracks:
        raise DataError(f"{row + 1} tracks came of the {n_tracks} that were announced")
    return Features(x=x, n_valid=n_valid)


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
        return Features(x=x, n_valid=features.n_valid)
