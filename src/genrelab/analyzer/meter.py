"""Meter: how beats group into bars.

Conventions
-----------
Beats are given by their boundaries, seconds [n + 1]: beat i lasts from boundary i to
boundary i + 1. Evidence is in natural log odds.

References
----------
M. Goto and Y. Muraoka, *Real-time beat tracking for drumless audio signals: chord change
detection for musical decisions*, Speech Communication 27, 1999: chords change on
downbeats. G. Peeters and H. Papadopoulos, *Simultaneous beat and downbeat-tracking using
a probabilistic framework*, IEEE TASLP 19(6), 2011 (Viterbi decoding of positions in the
bar). `DOWNBEAT_WEIGHTS` are a logistic regression on the bars of 40 original analyses
(`genrelab.analyzer.fitting.rhythm`); `SKIP_COST` and `TRIPLE_*` were set by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from genrelab.analyzer.spectrum import FRAME_RATE, BandSpectrum
from genrelab.music.segments import Float64, Segments, mean_between

METERS = (3, 4)  # beats a bar that are told apart
LOW_BANDS = 3  # bass and bass drum: up to 3 Bark, 300 Hz
# What speaks for a downbeat, in log odds for a standard deviation within the recording: other
# pitches than one beat before and than two, and a loud bass.
REACHES = (1, 2)  # beats
DOWNBEAT_WEIGHTS = (0.16, 0.16, 0.07)
SKIP_COST = 6.0  # log odds against a bar of another length than the others
# Evidence for 3 over 4, in nats for the root of a beat: 3 only where it exceeds the first,
TRIPLE_THRESHOLD = 0.12
TRIPLE_SPREAD = 0.25  # and as far from it as the second, three quarters sure
MIN_BEATS = 8  # fewer do not show a meter
_TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """How the beats of a recording group.

    Attributes
    ----------
    time_signature : int
        Beats a bar; 1 where there are too few beats to tell.
    confidence : float
        0 to 1.
    downbeats : int64 array [k]
        Indices of the beats that start a bar.
    evidence : float64 array [n]
        Log odds that each beat starts a bar, about a mean of 0.
    """

    time_signature: int
    confidence: float
    downbeats: npt.NDArray[np.int64]
    evidence: Float64


def find_meter(spectrum: BandSpectrum, segments: Segments, bounds: Float64) -> Meter:
    """Find the time signature and the downbeats.

    Parameters
    ----------
    spectrum : BandSpectrum
    segments : Segments
        For their pitches.
    bounds : float64 array [n + 1]
        Boundaries of the beats, seconds.
    """
    n = max(0, len(bounds) - 1)
    evidence = downbeat_evidence(spectrum, segments, bounds) if n else np.zeros(0)
    if n < MIN_BEATS:
        return Meter(time_signature=1, confidence=0.0, downbeats=np.arange(n), evidence=evidence)
    paths = {meter: _bar_positions(evidence, meter) for meter in METERS}
    triple = (paths[3].score - paths[4].score) / np.sqrt(n) - TRIPLE_THRESHOLD
    meter = 3 if triple > 0 else 4
    return Meter(
        time_signature=meter,
        confidence=float(np.tanh(abs(triple) / TRIPLE_SPREAD)),
        downbeats=np.flatnonzero(paths[meter].positions == 0),
        evidence=evidence,
    )


def downbeat_evidence(spectrum: BandSpectrum, segments: Segments, bounds: Float64) -> Float64:
    """Judge for every beat how much it looks like the first of a bar, log odds [n]."""
    return np.asarray(downbeat_features(spectrum, segments, bounds) @ np.array(DOWNBEAT_WEIGHTS))


def downbeat_features(spectrum: BandSpectrum, segments: Segments, bounds: Float64) -> Float64:
    """Measure what `DOWNBEAT_WEIGHTS` weigh, standardized, for every beat [n, 3]."""
    pitches = mean_between(segments, segments.pitches, bounds)
    columns = [_change(pitches, reach) for reach in REACHES]
    columns.append(_bass_levels(spectrum, bounds))
    return np.stack([_standardize(column) for column in columns], axis=1)


def _change(pitches: Float64, reach: int) -> Float64:
    """Compare the pitches of the beats before and from each beat: 1 - their cosine."""
    unit = pitches / (np.linalg.norm(pitches, axis=1, keepdims=True) + _TINY)
    sums = np.vstack([np.zeros((1, unit.shape[1])), np.cumsum(unit, axis=0)])
    i = np.arange(len(unit))
    before = sums[i] - sums[np.maximum(i - reach, 0)]
    after = sums[np.minimum(i + reach, len(unit))] - sums[i]
    norms = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    return np.where(i > 0, 1 - (before * after).sum(axis=1) / (norms + _TINY), 0.0)


def _bass_levels(spectrum: BandSpectrum, bounds: Float64) -> Float64:
    """Average the lowest bands over each beat, dB [n]."""
    sums = np.append(0, np.cumsum(spectrum.bands[:, :LOW_BANDS].mean(axis=1, dtype=np.float64)))
    frames = np.clip(np.round(bounds * FRAME_RATE).astype(np.int64), 0, len(spectrum))
    return np.asarray(np.diff(sums[frames]) / np.maximum(np.diff(frames), 1))


def _standardize(values: Float64) -> Float64:
    return np.asarray((values - values.mean()) / (values.std() + _TINY))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    score: float
    positions: npt.NDArray[np.int64]


def _bar_positions(evidence: Float64, meter: int) -> _Path:
    """Give every beat its position in the bar (Viterbi): nearly all bars have ``meter`` beats."""
    scores = [0.0] * meter
    origins = []
    for odds in (evidence - evidence.mean()).tolist():
        best = max(range(meter), key=scores.__getitem__)
        skipped = scores[best] - SKIP_COST
        origin = [best if skipped > scores[p - 1] else (p - 1) % meter for p in range(meter)]
        scores = [max(skipped, scores[p - 1]) for p in range(meter)]
        scores[0] += odds
        origins.append(origin)
    position = max(range(meter), key=scores.__getitem__)
    path = _Path(score=scores[position], positions=np.zeros(len(evidence), np.int64))
    for i in range(len(evidence) - 1, -1, -1):
        path.positions[i] = position
        position = origins[i][position]
    return path


def bar_confidences(meter: Meter) -> Float64:
    """Tell how much more each downbeat looks like one than the beats after it, 0 to 1 [k]."""
    ends = np.append(meter.downbeats[1:], len(meter.evidence))
    sums = np.append(0, np.cumsum(meter.evidence))
    first = meter.evidence[meter.downbeats]
    others = sums[ends] - sums[meter.downbeats] - first
    return np.asarray(expit(first - others / np.maximum(ends - meter.downbeats - 1, 1)))
