"""Statistics: a track, or a stretch of one, as one row of numbers.

Conventions
-----------
Both summaries take the values of the segments, float64 [n, 28], n >= 1, columns as in
`VALUE_NAMES`, and give a finite float64 vector of a length that does not depend on n.
`track_statistics` are those of the field's baselines; `profile` adds how timbre moves,
in which rhythm, and which intervals sound, and keeps to scales that outliers cannot bend.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from genrelab.music.segments import N_VALUES, PITCH_CLASSES, Float64, Segments

VALUE_NAMES = (
    *(f"timbre_{i + 1}" for i in range(N_VALUES)),
    *(f"pitch_{name}" for name in PITCH_CLASSES),
    *("loudness_max", "loudness_start", "loudness_max_time", "duration"),
)
_TIMBRE, _PITCHES = slice(0, N_VALUES), slice(N_VALUES, 2 * N_VALUES)
_DURATION = VALUE_NAMES.index("duration")
_PAIRS = np.triu_indices(N_VALUES)
_OTHER_PAIRS = np.triu_indices(N_VALUES, 1)

N_STATISTICS = 9 * len(VALUE_NAMES) + len(_PAIRS[0])

SHORTEST_S = 0.02  # below which the logarithm of a duration says nothing more
LEAST_VARIANCE = 1.0  # of timbre, added so that a steady tone has a logarithm too
HIGHEST_SKEW = 5.0
MODULATION_RATE = 12.0  # Hz, at which timbre is sampled: above twice the fastest band
MODULATION_HZ = (0.05, 0.25, 0.7, 1.4, 2.4, 3.6, 6.0)  # edges, from phrases to fast notes
_LEAST_ENERGY = 1e-3
_LEAST_SAMPLES = 16
_STRONG, _STRONGER = 0.5, 0.8  # of a pitch, whose strongest class is 1

N_PROFILE = (
    6 * len(VALUE_NAMES)
    + len(_PAIRS[0])
    + len(_OTHER_PAIRS[0])
    + N_VALUES * (len(MODULATION_HZ) - 1)
    + 3 * N_VALUES
    + 5
)


def segment_values(segments: Segments) -> Float64:
    """Put the 28 values of each segment side by side, float64 [n, 28].

    A loudness that a source does not give is 0.
    """
    levels = (segments.loudness_max, segments.loudness_start, segments.loudness_max_time)
    columns: list[npt.NDArray[Any]] = [
        *(segments.timbre, segments.pitches),
        *(*levels, segments.duration),
    ]
    return np.nan_to_num(np.column_stack(columns).astype(np.float64))


def track_statistics(values: Float64) -> Float64:
    """Nine statistics of each of the 28 values, and the covariance of timbre, [330].

    Mean, median, variance, smallest, largest, range, skewness, excess kurtosis and mean
    absolute difference of neighbors, each of all 28 values; then the upper triangle of
    timbre's covariance, row by row. These are the features of Schindler and Rauber
    ("Capturing the temporal domain in Echonest features", 2012), and of the figures
    that others give for an SVM on such analyses.
    """
    mean = values.mean(axis=0)
    centered = values - mean
    variance = np.square(centered).mean(axis=0)
    parts = [
        mean,
        np.median(values, axis=0),
        variance,
        values.min(axis=0),
        values.max(axis=0),
        np.ptp(values, axis=0),
        _moment(centered, variance, 3),
        _moment(centered, variance, 4) - 3 * (variance > 0),
        _mean_step(values),
        _timbre_covariance(values)[_PAIRS],
    ]
    return np.concatenate(parts)


def profile(values: Float64) -> Float64:
    """Describe a stretch of music by `N_PROFILE` numbers.

    In this order: mean, deviation, 10th and 90th percentile, mean absolute difference of
    neighbors and skewness of the 28 values (duration as its logarithm); the matrix
    logarithm of timbre's covariance; the correlations of timbre's differences between
    neighbors; the logarithm of the energy with which each timbre value moves in six
    bands of frequency; and which intervals sound (`_intervals`), whatever the key.
    """
    values = values.copy()
    values[:, _DURATION] = np.log(np.maximum(values[:, _DURATION], SHORTEST_S))
    mean = values.mean(axis=0)
    centered = values - mean
    variance = np.square(centered).mean(axis=0)
    parts = [
        mean,
        np.sqrt(variance),
        *np.percentile(values, (10, 90), axis=0),
        _mean_step(values),
        np.clip(_moment(centered, variance, 3), -HIGHEST_SKEW, HIGHEST_SKEW),
        _log_covariance(values),
        _step_correlations(values[:, _TIMBRE]),
        _modulation(values[:, _TIMBRE], np.exp(values[:, _DURATION])),
        _intervals(values[:, _PITCHES], np.exp(values[:, _DURATION])),
    ]
    return np.concatenate(parts)


def _moment(centered: Float64, variance: Float64, order: int) -> Float64:
    """Standardized moment of each column; 0 where a column does not vary."""
    deviation = np.sqrt(variance)
    varies = deviation > 1e-9 * np.maximum(np.abs(centered).max(axis=0), 1e-9)
    ratio = np.power(centered, order).mean(axis=0) / np.where(varies, deviation, 1) ** order
    return np.where(varies, ratio, 0.0)


def _mean_step(values: Float64) -> Float64:
    if len(values) < 2:
        return np.zeros(values.shape[1])
    return cast("Float64", np.abs(np.diff(values, axis=0)).mean(axis=0))


def _timbre_covariance(values: Float64) -> Float64:
    if len(values) < 2:
        return np.zeros((N_VALUES, N_VALUES))
    return np.cov(values[:, _TIMBRE].T)


def _log_covariance(values: Float64) -> Float64:
    """Return the matrix logarithm of timbre's covariance, upper triangle [78].

    Distances between such vectors are those of the log-Euclidean metric (Arsigny et al.
    2006), so what stands beside the diagonal counts twice.
    """
    covariance = _timbre_covariance(values) + LEAST_VARIANCE * np.eye(N_VALUES)
    sizes, directions = np.linalg.eigh(covariance)
    logarithm = (directions * np.log(np.maximum(sizes, LEAST_VARIANCE))) @ directions.T
    weight = np.where(_PAIRS[0] == _PAIRS[1], 1.0, np.sqrt(2))
    return np.asarray(logarithm[_PAIRS] * weight)


def _step_correlations(timbre: Float64) -> Float64:
    """Return how the differences of neighbors go together, correlations [66]."""
    if len(timbre) < 3:
        return np.zeros(len(_OTHER_PAIRS[0]))
    covariance = np.cov(np.diff(timbre, axis=0).T)
    deviation = np.sqrt(np.diag(covariance)) + 1e-6
    return np.asarray((covariance / np.outer(deviation, deviation))[_OTHER_PAIRS])


def _modulation(timbre: Float64, duration: Float64) -> Float64:
    """Return the log energy of each timbre value's movement in each band, [72]."""
    n_bands = len(MODULATION_HZ) - 1
    start = np.cumsum(duration) - duration
    at = np.arange(0, start[-1] + duration[-1], 1 / MODULATION_RATE)
    if len(at) < _LEAST_SAMPLES:
        return np.full(N_VALUES * n_bands, np.log(_LEAST_ENERGY))
    sampled = timbre[np.searchsorted(start, at, side="right") - 1]
    windowed = (sampled - sampled.mean(axis=0)) * np.hanning(len(sampled))[:, None]
    power = np.square(np.abs(np.fft.rfft(windowed, axis=0))) / len(sampled)
    edges = np.searchsorted(np.fft.rfftfreq(len(sampled), 1 / MODULATION_RATE), MODULATION_HZ)
    sums = np.cumsum(np.vstack([np.zeros(N_VALUES), power]), axis=0)
    counts = np.maximum(np.diff(edges), 1)[:, None]
    return np.log(np.diff(sums[edges], axis=0) / counts + _LEAST_ENERGY).ravel()


def _intervals(pitches: Float64, duration: Float64) -> Float64:
    """Describe which intervals sound, together and one after another, [41].

    The mean chroma rotated to its strongest class [12]; how strongly classes 1 to 6
    semitones apart sound together [6]; how the next segment's pitches relate to this
    one's, by interval [12]; the size of the mean chroma's six Fourier components [6];
    mean and deviation of the chroma's entropy, its mean, and how many classes are strong.
    """
    chroma = (pitches * duration[:, None]).sum(axis=0) / duration.sum()
    centered = pitches - pitches.mean(axis=1, keepdims=True)
    turned = np.stack([np.roll(centered, k, axis=1) for k in range(N_VALUES)])
    together = np.einsum("nc,knc->k", centered, turned[1:7]) / len(pitches)
    after = np.einsum("nc,knc->k", centered[1:], turned[:, :-1]) / max(len(pitches) - 1, 1)
    shares = pitches / np.maximum(pitches.sum(axis=1, keepdims=True), 1e-9)
    entropy = -(shares * np.log(shares + 1e-9)).sum(axis=1)
    fourier = np.abs(np.fft.fft(chroma))[1:7] / max(float(chroma.sum()), 1e-9)
    counts = [(pitches > level).sum(axis=1).mean() for level in (_STRONG, _STRONGER)]
    scalars = [entropy.mean(), entropy.std(), pitches.mean(), *counts]
    return np.concatenate([np.roll(chroma, -chroma.argmax()), together, after, scalars, fourier])
