"""Fitting timbre: the map from surfaces to the original's twelve coordinates.

Conventions
-----------
At the original's own boundaries our surfaces and its timbre are two views of the
same sound, and a linear map takes one to the other. It is fitted within each
recording (both sides are centered there, so that a constant difference between two
masters does not count), every recording weighing the same. Ridge regression finds
the direction of each coordinate; since it shrinks them, each is then scaled back to
the spread that the original has. Boundaries that are never quite the same are part
of the fit: half of it sees them moved at random.

What the dialects do not share is a constant, the timbre of the mean surface. A
dialect with few recordings is drawn to that of the first by as much as its
difference may be chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genrelab.analyzer.fitting.pairs import Pair
from genrelab.analyzer.spectrum import FRAME_RATE, N_BANDS, BandSpectrum, band_spectrum
from genrelab.analyzer.timbre import N_COLUMNS, TimbreBasis, surfaces
from genrelab.errors import DataError
from genrelab.music.analysis import DIALECTS, Dialect
from genrelab.music.segments import N_VALUES, Float32, Float64, Int64
from genrelab.progress import Progress, silent

RIDGE = 0.1  # of the mean variance of a surface's cells
JITTER = 2  # frames that a boundary is moved at most, half of the fit
FULL_WEIGHT = 400  # segments; recordings with fewer weigh less
N_CELLS = N_BANDS * N_COLUMNS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TimbreExample:
    """A recording's surfaces beside the original's timbre of the same segments.

    Attributes
    ----------
    name : str
    dialect : str
    surfaces, moved : float32 array [s, N_BANDS, N_COLUMNS]
        At the original's boundaries, and at boundaries near them.
    timbre : float32 array [s, 12]
        The original's.
    """

    name: str
    dialect: Dialect
    surfaces: Float32
    moved: Float32
    timbre: Float32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Origins:
    """Constants by dialect, and how sure they are.

    Attributes
    ----------
    dialects : tuple of str
    values, errors : float64 array [d, 12]
        The second are standard errors over recordings.
    n_recordings : tuple of int
    """

    dialects: tuple[Dialect, ...]
    values: Float64
    errors: Float64
    n_recordings: tuple[int, ...]


def timbre_example(
    pair: Pair, *, spectrum: BandSpectrum | None = None, delay: int = 0, seed: int = 0
) -> TimbreExample:
    """Cut a pair's surfaces at the original's boundaries.

    Parameters
    ----------
    pair : Pair
    spectrum : BandSpectrum, optional
        Of its audio; by default the one that spreads as the pair's dialect does.
    delay : int
        Frames by which the boundaries are moved, as another dialect would have them.
    seed : int
        Of the boundaries' movement.

    Raises
    ------
    DataError
        If audio and analysis share fewer than two segments.
    """
    if spectrum is None:
        spectrum = band_spectrum(pair.samples, dialect=pair.original.dialect)
    bounds = np.rint(np.append(pair.starts, pair.ends[-1]) * FRAME_RATE).astype(np.int64)
    inside = (bounds[:-1] >= 0) & (bounds[1:] <= len(spectrum))
    kept = np.flatnonzero(pair.compared & inside)
    if len(kept) < 2:
        raise DataError(f"{pair.name}: audio and analysis share {len(kept)} segments; too few")
    bounds += delay
    moves = np.random.default_rng(seed).integers(-JITTER, JITTER + 1, len(bounds))
    return TimbreExample(
        name=pair.name,
        dialect=pair.original.dialect,
        surfaces=_surfaces_between(spectrum, bounds, kept),
        moved=_surfaces_between(spectrum, bounds + moves, kept),
        timbre=pair.original.segments.timbre[kept],
    )


def _surfaces_between(spectrum: BandSpectrum, bounds: Int64, kept: Int64) -> Float32:
    """Cut the segments ``kept`` of those between bounds, some of which may lie outside."""
    bounds = np.clip(bounds, 0, len(spectrum))
    order = np.arange(len(bounds))
    bounds = np.maximum.accumulate(bounds - order) + order  # at least one frame each
    starts = bounds[(bounds < len(spectrum)) & (order >= kept[0])]
    return np.asarray(surfaces(spectrum, starts)[kept - kept[0]])


def fit_timbre(pairs: Sequence[Pair], *, seed: int = 0, progress: Progress = silent) -> TimbreBasis:
    """Fit a basis to what the original says of some recordings.

    Parameters
    ----------
    pairs : sequence of Pair
    seed : int
        Of the boundaries' movement.
    progress : Progress

    Raises
    ------
    DataError
        If there is no pair, or one shares too little with its audio.
    """
    examples = []
    for done, pair in enumerate(pairs):
        progress("fitting timbre", done, len(pairs))
        examples.append(timbre_example(pair, seed=seed + done))
    return fit_basis(examples)


def fit_basis(examples: Sequence[TimbreExample]) -> TimbreBasis:
    """Fit a basis to examples; see the module's conventions.

    Raises
    ------
    DataError
        If there is none.
    """
    if not examples:
        raise DataError("timbre: no pair to fit to; expected one at least")
    covariance, direction = _moments(examples)
    covariance += RIDGE * np.trace(covariance) / N_CELLS * np.eye(N_CELLS)
    weights = np.asarray(np.linalg.solve(covariance, direction), np.float64)
    weights *= np.sqrt(_variance_ratio(examples, weights))
    mean = np.mean([_flat(example.surfaces).mean(axis=0) for example in examples], axis=0)
    origins = estimate_origins(examples, mean, weights)
    # The likeliest surface of a timbre, surfaces being normal with this covariance.
    spread = covariance @ weights
    pictures = np.linalg.solve(weights.T @ spread, spread.T)
    shape = (N_VALUES, N_BANDS, N_COLUMNS)
    return TimbreBasis(
        mean=mean.reshape(shape[1:]).astype(np.float32),
        weights=weights.T.reshape(shape).astype(np.float32),
        pictures=pictures.reshape(shape).astype(np.float32),
        dialects=origins.dialects,
        origins=origins.values.astype(np.float32),
        fitted_on=", ".join(example.name for example in examples),
    )


def _flat(surfaces: Float32) -> Float64:
    return surfaces.reshape(len(surfaces), -1).astype(np.float64)


def _moments(examples: Sequence[TimbreExample]) -> tuple[Float64, Float64]:
    """Average the covariances of surfaces [460, 460], and with timbre [460, 12]."""
    covariance, direction = np.zeros((N_CELLS, N_CELLS)), np.zeros((N_CELLS, N_VALUES))
    total = 0.0
    for example in examples:
        timbre = example.timbre - example.timbre.mean(axis=0, dtype=np.float64)
        weight = min(1.0, len(timbre) / FULL_WEIGHT) / len(timbre)
        for cut in (example.surfaces, example.moved):
            x = _flat(cut)
            x -= x.mean(axis=0)
            covariance += weight * x.T @ x
            direction += weight * x.T @ timbre
            total += weight * len(x)
    return covariance / total, direction / total


def _variance_ratio(examples: Sequence[TimbreExample], weights: Float64) -> Float64:
    """How much more the original's coordinates vary than ours, recordings alike [12]."""
    theirs = np.mean([example.timbre.var(axis=0, dtype=np.float64) for example in examples], axis=0)
    ours = np.mean([(_flat(e.surfaces) @ weights).var(axis=0) for e in examples], axis=0)
    return np.asarray(theirs / ours)


def estimate_origins(examples: Sequence[TimbreExample], mean: Float64, weights: Float64) -> Origins:
    """Estimate the timbre of the mean surface in every dialect.

    A difference from the first dialect counts by ``1 - (its error / it)^2``, or not at
    all where it is smaller than its error: the positive-part estimate of James and
    Stein, one coordinate at a time.

    Parameters
    ----------
    examples : sequence of TimbreExample
    mean : float64 array [460]
    weights : float64 array [460, 12]
    """
    found = np.array(
        [
            e.timbre.mean(axis=0) - (_flat(e.surfaces).mean(axis=0) - mean) @ weights
            for e in examples
        ]
    )
    of = np.array([example.dialect for example in examples])
    dialects = tuple(dialect for dialect in DIALECTS if dialect in of)
    counts = np.array([(of == dialect).sum() for dialect in dialects])
    values = np.array([found[of == dialect].mean(axis=0) for dialect in dialects])
    # Recordings scatter alike in every dialect.
    scatter = sum(
        ((found[of == d] - v) ** 2).sum(axis=0) for d, v in zip(dialects, values, strict=True)
    )
    variance = scatter / max(1, len(examples) - len(dialects))
    errors = np.sqrt(variance / counts[:, None])
    for i in range(1, len(dialects)):
        difference = values[i] - values[0]
        chance = (errors[i] ** 2 + errors[0] ** 2) / np.maximum(difference**2, 1e-12)
        values[i] = values[0] + np.maximum(0, 1 - chance) * difference
    return Origins(
        dialects=dialects, values=values, errors=errors, n_recordings=tuple(counts.tolist())
    )
