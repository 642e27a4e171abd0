"""Beats: where a listener would tap.

Conventions
-----------
Times in seconds, onset strengths at `onsets.ONSET_RATE`.

References
----------
D. P. W. Ellis, *Beat tracking by dynamic programming*, JNMR 36(1), 2007: the beats
are the times that gather most onset strength, less a cost for every interval that
differs from the period. Here the period may drift (`tempo.Tempo.periods`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from genrelab.analyzer.onsets import ONSET_RATE
from genrelab.analyzer.tempo import Tempo
from genrelab.music.segments import Float32, Float64

TIGHTNESS = 800.0  # cost of an interval e times the period, in standard deviations of strength
SHORTEST, LONGEST = 0.7, 1.4  # an interval between beats, in periods
SMOOTHING = 1 / 32  # standard deviation, in periods: onsets so near to each other are one
AUDIBLE = 0.1  # the first and the last beat have this part of the mean onset strength

Steps = npt.NDArray[np.int64]


def find_beats(onsets: Float32, tempo: Tempo) -> Float64:
    """Find the beats of a recording.

    Parameters
    ----------
    onsets : float32 array [m]
    tempo : Tempo

    Returns
    -------
    float64 array [n]
        Seconds, increasing; none where there is no tempo, never exactly one.
    """
    if not tempo.bpm:
        return np.zeros(0)
    period = 60 / tempo.bpm * ONSET_RATE
    smooth = gaussian_filter1d(onsets, SMOOTHING * period, mode="constant")
    smooth = smooth / smooth.std()
    periods = np.interp(np.arange(len(onsets)) / ONSET_RATE, tempo.times, tempo.periods)
    steps = _best_chain(smooth, periods * ONSET_RATE)
    steps = _trim(steps, smooth)
    if len(steps) < 2:
        return np.zeros(0)
    return (steps + _peak_offsets(smooth, steps)) / ONSET_RATE


def _best_chain(strength: Float32, periods: Float64) -> Steps:
    """Find the chain of steps that gathers most strength at intervals near the periods.

    Blocks shorter than the shortest interval are computed at once, since what they
    build on lies before them.
    """
    nearest = max(1, int(SHORTEST * periods.min()))
    farthest = int(np.ceil(LONGEST * periods.max()))
    lags = np.arange(farthest, nearest - 1, -1)
    log_lags = np.log(lags)
    total = np.zeros(farthest + len(strength))  # a chain may begin anywhere, before all as well
    before = np.lib.stride_tricks.sliding_window_view(total, len(lags))
    back = np.empty(len(strength), np.int64)
    for start in range(0, len(strength), nearest):
        stop = min(start + nearest, len(strength))
        cost = TIGHTNESS * (log_lags - np.log(periods[start])) ** 2
        reached = before[start:stop] - cost
        best = reached.argmax(axis=1)
        steps = np.arange(start, stop)
        back[start:stop] = steps - lags[best]
        total[farthest + start : farthest + stop] = (
            reached[steps - start, best] + strength[start:stop]
        )
    tail = int(max(1, periods[-1]))
    return _trace(back, len(strength) - tail + int(total[-tail:].argmax()))


def _trace(back: Steps, last: int) -> Steps:
    chain = []
    step = max(last, 0)
    while step >= 0:
        chain.append(step)
        step = int(back[step])
    return np.array(chain[::-1], np.int64)


def _trim(steps: Steps, strength: Float32) -> Steps:
    """Leave out the beats before the first onset and after the last."""
    at_beats = strength[steps]
    audible = np.flatnonzero(at_beats > AUDIBLE * at_beats.mean())
    if not len(audible):
        return steps[:0]
    return steps[audible[0] : audible[-1] + 1]


def _peak_offsets(strength: Float32, steps: Steps) -> Float64:
    """Refine beats that lie on a peak by the parabola through it: parts of a step."""
    inner = np.clip(steps, 1, len(strength) - 2)
    left, middle, right = (strength[inner + i].astype(np.float64) for i in (-1, 0, 1))
    peak = (middle >= left) & (middle >= right) & (2 * middle > left + right) & (inner == steps)
    curvature = np.where(peak, 2 * middle - left - right, 1.0)
    return np.where(peak, 0.5 * (right - left) / curvature, 0.0)
