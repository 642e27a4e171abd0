"""Fitting dialects: by how much versions of the original differ on the same sound.

Conventions
-----------
Two estimates are combined, weighed by their standard errors. On pairs: each
recording's timbre is computed in both dialects as the basis knows them, each with its
own spreading and its own delay of the starts, so that the difference is that of the
same sound, whoever analyzed it in the original. On collections: the difference of the
mean track of two collections that the original analyzed in two dialects; since they
hold different music, part of the difference may be the music's. The level comes from
pairs alone, since records have become louder; the loudness of a segment differs as the
level does. Where the two estimates lie further apart than their errors allow, the error
stated grows by as much.

References
----------
R. T. Birge, *The Calculation of Errors by the Method of Least Squares*, Physical Review
40, 1932: estimates that disagree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from genrelab.analyzer.fitting.pairs import Pair
from genrelab.analyzer.fitting.timbre import Origins, estimate_origins, timbre_example
from genrelab.analyzer.segmentation import DELAY
from genrelab.analyzer.spectrum import SPREAD, band_spectrum
from genrelab.analyzer.timbre import TimbreBasis
from genrelab.errors import DataError
from genrelab.music.analysis import Dialect
from genrelab.music.dialects import DialectOffset, DialectTable
from genrelab.music.segments import Float64
from genrelab.progress import Progress, silent

LEVEL = 0  # the coordinate that is a level in dB, as loudness is
MUSIC_SHARE = 0.2  # of the tracks' deviation: by how much two collections' music may differ
DIGITS = 3
TrackMeans = Mapping[Dialect, Float64]  # mean timbre of every track, [n, 12]


def fit_dialects(
    pairs: Sequence[Pair],
    basis: TimbreBasis,
    *,
    collections: TrackMeans | None = None,
    progress: Progress = silent,
) -> DialectTable:
    """Estimate every dialect's offsets from the basis' first dialect.

    Parameters
    ----------
    pairs : sequence of Pair
        Of two dialects at least, one of them the basis' first.
    basis : TimbreBasis
        Fitted to these pairs.
    collections : mapping, optional
        Mean timbre of the tracks of collections, by dialect.
    progress : Progress

    Raises
    ------
    DataError
        If the first dialect has no pair.
    """
    origins = _fit_origins(pairs, basis, progress)
    offsets: dict[str, DialectOffset] = {}
    for i, dialect in enumerate(origins.dialects):
        heard = _heard_differences(pairs, basis, dialect, progress)
        offset = origins.values[i] - origins.values[0] + heard.mean(axis=0)
        variance = heard.var(axis=0, ddof=1) / len(heard) if len(heard) > 1 else 0.0
        # What is 0 by definition has no error.
        error = np.sqrt(origins.errors[i] ** 2 + origins.errors[0] ** 2 + variance) * (i > 0)
        if i > 0:
            offset, error = _combine(offset, error, collections or {}, basis.dialect, dialect)
        offsets[dialect] = DialectOffset(
            timbre=tuple(offset.round(DIGITS).tolist()),
            timbre_error=tuple(error.round(DIGITS).tolist()),
            loudness=round(float(offset[LEVEL]), DIGITS),
            loudness_error=round(float(error[LEVEL]), DIGITS),
            n_recordings=origins.n_recordings[i],
        )
    return DialectTable(fitted_on=_describe(pairs, collections or {}), offsets=offsets)


def _fit_origins(pairs: Sequence[Pair], basis: TimbreBasis, progress: Progress) -> Origins:
    examples = []
    for done, pair in enumerate(pairs):
        progress("comparing dialects", done, len(pairs))
        examples.append(timbre_example(pair))
    weights = basis.weights.reshape(len(basis.weights), -1).T.astype(np.float64)
    origins = estimate_origins(examples, basis.mean.ravel().astype(np.float64), weights)
    if origins.dialects[0] != basis.dialect:
        raise DataError(f"no pair of dialect {basis.dialect}, from which the others are measured")
    return origins


def _heard_differences(
    pairs: Sequence[Pair], basis: TimbreBasis, dialect: Dialect, progress: Progress
) -> Float64:
    """Mean timbre as a dialect hears and cuts, less that as the first does [pairs, 12]."""
    rows = np.zeros((len(pairs), basis.origins.shape[1]))
    if _hearing(dialect) == _hearing(basis.dialect):
        return rows
    for done, pair in enumerate(pairs):
        progress(f"hearing as {dialect}", done, len(pairs))
        theirs, first = (_mean_timbre(pair, basis, d) for d in (dialect, basis.dialect))
        rows[done] = theirs - first
    return rows


def _hearing(dialect: Dialect) -> tuple[float, int]:
    """All in which dialects differ before a basis weighs what they hear."""
    return SPREAD[dialect], DELAY[dialect]


def _mean_timbre(pair: Pair, basis: TimbreBasis, dialect: Dialect) -> Float64:
    """Average a pair's timbre as if a dialect had analyzed it, but for its origin [12]."""
    example = timbre_example(
        pair,
        spectrum=band_spectrum(pair.samples, dialect=dialect),
        delay=DELAY[dialect] - DELAY[pair.original.dialect],
    )
    return np.asarray(basis.timbre(example.surfaces).mean(axis=0, dtype=np.float64))


def _combine(
    offset: Float64, error: Float64, collections: TrackMeans, first: Dialect, dialect: Dialect
) -> tuple[Float64, Float64]:
    """Weigh the pairs' estimate and that of two collections, where there are two."""
    if first not in collections or dialect not in collections:
        return offset, error
    a, b = collections[first], collections[dialect]
    more = b.mean(axis=0) - a.mean(axis=0) - offset
    music = (MUSIC_SHARE * b.std(axis=0)) ** 2
    variance = a.var(axis=0) / len(a) + b.var(axis=0) / len(b) + music
    share = error**2 / (error**2 + variance)
    # Estimates that lie further apart than their errors have larger errors (Birge's ratio).
    scale = np.maximum(1, np.abs(more) / np.sqrt(error**2 + variance))
    share[LEVEL], scale[LEVEL] = 0, 1
    return offset + share * more, np.sqrt(1 - share) * scale * error


def _describe(pairs: Sequence[Pair], collections: TrackMeans) -> str:
    dialects = sorted({pair.original.dialect for pair in pairs})
    found = [sum(pair.original.dialect == dialect for pair in pairs) for dialect in dialects]
    parts = [f"{n} pairs of {dialect}" for n, dialect in zip(found, dialects, strict=True)]
    parts += [f"{len(means)} analyses of {dialect}" for dialect, means in collections.items()]
    return ", ".join(parts)
