"""Sections: the large parts of a piece, where its sound or its harmony changes for long.

Conventions
-----------
Times in seconds. Sections tile a recording and start on beats, as the original's do
(every one of 468 inner ones in 51 analyses), or on a regular grid where there are no beats.

References
----------
J. Foote, *Automatic audio segmentation using a measure of audio novelty*, ICME 2000. With
a checkerboard kernel and squared distances, the novelty of a moment is the squared distance
between the means before and after it; so it is computed here, at several spans. `WEIGHTS`
come from a logistic regression on the sections of 40 original analyses
(`genrelab.analyzer.fitting.rhythm`), the first two altered; `LIKELY` was set by hand.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from genrelab.analyzer.rhythm import Rhythm, tempo_of_beats
from genrelab.analyzer.tonality import find_tonality
from genrelab.music.analysis import Interval, Section
from genrelab.music.segments import (
    TIME_DIGITS,
    Float32,
    Float64,
    Int64,
    Segments,
    mean_between,
)

# Standard deviations of the original's timbre, within which changes count alike.
TIMBRE_SPREAD = (7.4, 59.0, 51.0, 40.0, 36.0, 32.0, 27.0, 24.0, 22.0, 19.0, 17.0, 18.0)
# Novelty of these features over so many seconds, standardized, speaks so much for a boundary.
NOVELTIES = (
    ("timbre", 8.0),
    ("timbre", 16.0),
    ("pitches", 8.0),
    ("loudness", 8.0),
)
# What changes more slowly is no boundary; the fit says -1, half of it finds as many boundaries
# and lets a change that stands alone count.
WEIGHTS = (1.0, -0.5, 0.6, 0.3)
LIKELY = 2.1  # the sum that stands for even odds
SHORTEST_S = 8.0
TYPICAL_S = 240 / 11.8  # of the original's sections, on average
GRID_S = 0.5  # where there are no beats
LOUDNESS_DB = -1.5  # a section's loudness over the power mean of its segments' maxima
MIN_BEATS = 5  # fewer do not show a section's own tempo
QUIETEST_POWER = 1e-6  # -60 dB
_TINY = 1e-9


def find_sections(segments: Segments, rhythm: Rhythm, chroma: Float32) -> tuple[Section, ...]:
    """Cut a recording into sections, and describe each.

    Parameters
    ----------
    segments : Segments
    rhythm : Rhythm
    chroma : float32 array [m, 12]
        A tonal chroma (see `genrelab.analyzer.tonality`). All of the same recording.

    Returns
    -------
    tuple of Section
        At least one; the first starts at 0, the last ends where the segments end.
    """
    duration = float(segments.start[-1] + segments.duration[-1])
    moments = _moments(rhythm, duration)
    novelty = section_novelty(segments, moments) if len(moments) else moments
    chosen = _choose(novelty, moments, round(duration / TYPICAL_S) - 1)
    bounds = np.concatenate([[0.0], moments[chosen], [duration]])
    confidences = np.append(1.0, expit(novelty[chosen] - LIKELY))
    return tuple(
        _describe(segments, rhythm, chroma, start, end, confidence)
        for start, end, confidence in zip(
            bounds[:-1].tolist(), bounds[1:].tolist(), confidences.tolist(), strict=True
        )
    )


def section_novelty(segments: Segments, moments: Float64) -> Float64:
    """Judge how much a section seems to start at some moments.

    Parameters
    ----------
    segments : Segments
    moments : float64 array [n]
        Seconds, increasing; at least one.

    Returns
    -------
    float64 array [n]
        Log odds but for a constant.
    """
    return np.asarray(novelties(segments, moments) @ np.array(WEIGHTS))


def novelties(segments: Segments, moments: Float64) -> Float64:
    """Measure `NOVELTIES` at some moments [n], standardized -> [n, 4]."""
    norms = np.linalg.norm(segments.pitches, axis=1, keepdims=True) + _TINY
    timbre = segments.timbre / np.array(TIMBRE_SPREAD)
    features = {"timbre": timbre, "pitches": segments.pitches / norms, "loudness": timbre[:, :1]}
    changes = [_change(segments, features[name], moments, span) for name, span in NOVELTIES]
    columns = np.stack(changes, axis=1)
    return np.asarray((columns - columns.mean(axis=0)) / (columns.std(axis=0) + _TINY))


def _moments(rhythm: Rhythm, duration: float) -> Float64:
    """List where a section could start, neither end too near."""
    starts = np.array([beat.start for beat in rhythm.beats])
    if not len(starts):
        starts = np.round(np.arange(0, duration, GRID_S), TIME_DIGITS)
    inner = (starts >= SHORTEST_S / 2) & (starts <= duration - SHORTEST_S / 2)
    return np.asarray(starts[inner])


def _change(segments: Segments, features: Float64, moments: Float64, span: float) -> Float64:
    """Measure how far apart the features' [s, k] means lie in a span before and after [n]."""
    end = segments.start[-1] + segments.duration[-1]
    times = np.stack([moments - span, moments, moments + span]).clip(0, end)
    means = mean_between(segments, features, times)
    return np.asarray(np.linalg.norm(means[1] - means[0], axis=1))


def _choose(novelty: Float64, moments: Float64, n: int) -> Int64:
    """Choose the n most novel moments that lie `SHORTEST_S` apart, in order."""
    chosen: list[int] = []
    for i in np.argsort(-novelty, kind="stable").tolist():
        if len(chosen) >= n:
            break
        place = bisect_left(chosen, i)
        neighbors = chosen[max(place - 1, 0) : place + 1]
        if all(abs(moments[i] - moments[j]) >= SHORTEST_S for j in neighbors):
            chosen.insert(place, i)
    return np.array(chosen, np.int64)


def _describe(
    segments: Segments,
    rhythm: Rhythm,
    chroma: Float32,
    start: float,
    end: float,
    confidence: float,
) -> Section:
    beats = _within(rhythm.beats, start, end)
    bars = _within(rhythm.bars, start, end)
    tonality = find_tonality(chroma, start=start, end=end)
    bounds = np.array([beat.start for beat in beats])
    return Section(
        start=start,
        duration=round(end - start, TIME_DIGITS),
        confidence=round(confidence, 3),
        loudness=section_loudness(segments, start, end),
        tempo=tempo_of_beats(bounds) if len(bounds) >= MIN_BEATS else rhythm.tempo,
        tempo_confidence=_mean_confidence(beats),
        key=tonality.key,
        key_confidence=tonality.key_confidence,
        mode=tonality.mode,
        mode_confidence=tonality.mode_confidence,
        time_signature=rhythm.time_signature,
        time_signature_confidence=_mean_confidence(bars),
    )


def section_loudness(segments: Segments, start: float, end: float) -> float:
    """Compute the loudness of a stretch, dB.

    Notes
    -----
    The power mean of the segments' ``loudness_max`` by time, less 1.5 dB, is within .8 dB
    (standard deviation) of the loudness of the original's 519 sections in 51 analyses
    (``benchmarks/original_analyses.py``).
    """
    ends = segments.start + segments.duration
    weights = np.clip(np.minimum(ends, end) - np.maximum(segments.start, start), 0, None)
    power = 10 ** (segments.loudness_max.astype(np.float64) / 10)
    mean = (weights * power).sum() / max(weights.sum(), _TINY)
    return round(float(10 * np.log10(max(mean, QUIETEST_POWER))) + LOUDNESS_DB, 3)


def _within(intervals: Sequence[Interval], start: float, end: float) -> Sequence[Interval]:
    """Return those, of intervals in order, that start from one moment on and before another."""
    first, stop = (bisect_left(intervals, t, key=_start_of) for t in (start, end))
    return intervals[first:stop]


def _start_of(interval: Interval) -> float:
    return interval.start


def _mean_confidence(intervals: Sequence[Interval]) -> float:
    return float(np.mean([i.confidence for i in intervals])) if intervals else 0.0
