"""Tempo: how fast the beat goes, for the whole recording and along it.

Conventions
-----------
Tempi are in beats a minute on a logarithmic grid of `STEPS_PER_OCTAVE` from
`SLOWEST` to `FASTEST`. A periodogram holds, for each window of `WINDOW_S`, the
autocorrelation of the onset strength, 1 at lag 0, the window's taper undone. The
periodicity of a recording at a lag is the mean over windows of its square root.

References
----------
G. Peeters, *Template-based estimation of time-varying tempo*, EURASIP JASP 2007
(a tempo is known by the autocorrelation at multiples and parts of its period; Viterbi
decoding of its course). D. P. W. Ellis, *Beat tracking by dynamic programming*, JNMR
36(1), 2007 (tempo prior). `WEIGHTS` and `PRIOR` are a conditional logit model of what
the original analyzer chose; `genrelab.analyzer.fitting.rhythm` fits it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.fft
from scipy.ndimage import gaussian_filter1d

from genrelab.analyzer.onsets import ONSET_RATE
from genrelab.music.segments import Float32, Float64, Int64

SLOWEST, FASTEST = 40.0, 256.0  # beats a minute
STEPS_PER_OCTAVE = 48  # of tempo: 1.5 % each
WINDOW_S = 11.9  # of music that shows a tempo
HOP_S = WINDOW_S / 2
SMOOTHING = 1.0  # standard deviation, in steps: beats are seldom so exact
TOLERANCE = np.log2(1.04)  # octaves: tempi nearer than 4 % count as one

# The periodicity at these multiples of the beat's period speaks for a tempo so much.
RATIOS = (0.5, 1.0, 2.0)
WEIGHTS = (2.5, 7.6, 4.1)
# What speaks for a tempo beforehand, at octaves above 1 beat a minute; linear between them.
PRIOR_OCTAVES = (5.25, 5.5, 5.75, 6.0, 6.25, 6.5, 6.75, 7.0, 7.25, 7.5, 7.75, 8.0)
PRIOR = (-1.2, -2.5, -1.9, -1.5, -0.4, 1.7, 1.9, 1.7, 1.8, 1.2, 0.6, -1.4)
# Where even half the period brings back nearly the same sounds, as in a row of clicks, that
# half is the beat: periodicity above the first speaks against a tempo, so much.
ALIKE = 0.85
ALIKE_WEIGHT = -60.0

# The tempo may drift along a recording, by so much in all and at this cost a step of the grid.
DRIFT_OCTAVES = 0.15
DRIFT_COST = 0.05
_DRIFT_RATIOS = (1.0, 2.0, 4.0)  # multiples of the period that show a drift most finely
_WINDOW = round(WINDOW_S * ONSET_RATE)
_N_FFT = scipy.fft.next_fast_len(2 * _WINDOW, real=True)
_TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """A recording's tempo and its course.

    Attributes
    ----------
    bpm : float
        Beats a minute; 0 where there are no onsets.
    confidence : float
        0 to 1: the model's probability of this tempo, within 4 %.
    times : float64 array [w]
        Seconds: the middle of each window.
    periods : float64 array [w]
        Seconds from beat to beat there.
    """

    bpm: float
    confidence: float
    times: Float64
    periods: Float64


def tempo_grid() -> Float64:
    """List the tempi that are considered, slowest first, in beats a minute."""
    n = int(np.log2(FASTEST / SLOWEST) * STEPS_PER_OCTAVE) + 1
    return np.asarray(SLOWEST * 2 ** (np.arange(n) / STEPS_PER_OCTAVE))


def periodogram(onsets: Float32) -> Float32:
    """Autocorrelate an onset strength in overlapping windows.

    Parameters
    ----------
    onsets : float32 array [m]

    Returns
    -------
    float32 array [w, lags]
        At lags of 0, 1, ... steps of the onset strength; all 0 where nothing begins.
    """
    onsets = gaussian_filter1d(onsets, SMOOTHING, mode="constant")
    starts, length = _starts(len(onsets)), min(len(onsets), _WINDOW)
    windows = np.zeros((len(starts), _WINDOW), np.float32)
    windows[:, :length] = onsets[starts[:, None] + np.arange(length)]
    windows[:, :length] -= windows[:, :length].mean(axis=1, keepdims=True)
    windows *= _taper()
    spectra = scipy.fft.rfft(windows, _N_FFT, axis=1)
    power = spectra.real**2 + spectra.imag**2
    correlation = scipy.fft.irfft(power, _N_FFT, axis=1)[:, :_WINDOW]
    energy = correlation[:, :1]
    result = np.where(energy > _TINY, correlation / np.maximum(energy, _TINY), 0)
    return np.asarray(result / _taper_correlation(), np.float32)


def find_tempo(onsets: Float32) -> Tempo:
    """Find the tempo of a recording and how it drifts.

    Parameters
    ----------
    onsets : float32 array [m]
        An onset strength (see `genrelab.analyzer.onsets`).

    Examples
    --------
    >>> clicks = np.zeros(2584, np.float32)
    >>> clicks[(np.arange(60) * ONSET_RATE / 2).astype(int)] = 1
    >>> round(find_tempo(clicks).bpm)
    120
    """
    windows = periodogram(onsets)
    middles = _starts(len(onsets)) + min(_WINDOW, len(onsets)) / 2
    times = np.asarray(middles / ONSET_RATE, np.float64)
    if not windows.any():
        return Tempo(bpm=0.0, confidence=0.0, times=times, periods=np.zeros(len(times)))
    grid = tempo_grid()
    scores = tempo_scores(periodicity(windows))
    best = int(scores.argmax())
    probabilities = np.exp(scores - scores[best])
    probabilities /= probabilities.sum()
    near = np.abs(np.log2(grid / grid[best])) <= TOLERANCE
    bpm = grid[best]
    return Tempo(
        bpm=float(bpm),
        confidence=float(probabilities[near].sum()),
        times=times,
        periods=_follow_drift(windows, 60 / bpm),
    )


def periodicity(windows: Float32) -> Float32:
    """Summarize a periodogram [w, lags]: the mean over windows of its square root [lags]."""
    return np.asarray(np.sqrt(np.maximum(windows, 0)).mean(axis=0))


def tempo_evidence(periodicity: Float32) -> Float64:
    """Read a recording's periodicity [lags] for every tempo, at `RATIOS` -> [tempi, ratios]."""
    lags = 60 * ONSET_RATE / tempo_grid()[:, None] * np.array(RATIOS)
    values = np.interp(lags, np.arange(len(periodicity)), periodicity, right=0.0)
    return np.asarray(values)


def tempo_scores(periodicity: Float32) -> Float64:
    """Weigh what a recording's periodicity [lags] says of every tempo: log odds but for a sum."""
    evidence = tempo_evidence(periodicity)
    prior = np.interp(np.log2(tempo_grid()), PRIOR_OCTAVES, PRIOR)
    alike = np.maximum(evidence[:, 0] - ALIKE, 0)
    return np.asarray(evidence @ np.array(WEIGHTS) + prior + ALIKE_WEIGHT * alike)


def _follow_drift(windows: Float32, period: float) -> Float64:
    """Follow the beat's period from window to window (Viterbi), near the recording's own."""
    reach = int(DRIFT_OCTAVES * STEPS_PER_OCTAVE)
    offsets = np.arange(-reach, reach + 1)
    periods = period * 2 ** (offsets / STEPS_PER_OCTAVE)
    lags = periods[:, None] * np.array(_DRIFT_RATIOS) * ONSET_RATE
    lower = np.minimum(lags.astype(np.int64), windows.shape[1] - 2)
    part = np.clip(lags - lower, 0, 1)
    evidence = (windows[:, lower] * (1 - part) + windows[:, lower + 1] * part).sum(axis=2)
    cost = DRIFT_COST * np.abs(offsets[:, None] - offsets)
    return np.asarray(periods[_cheapest_path(evidence, cost)])


def _cheapest_path(evidence: Float32, cost: Float64) -> Int64:
    """Find the states [w] that gather most evidence [w, s] less the cost [s, s] of changes."""
    score = evidence[0].astype(np.float64)
    back = np.zeros(evidence.shape, np.int64)
    for i in range(1, len(evidence)):
        reached = score - cost
        back[i] = reached.argmax(axis=1)
        score = reached.max(axis=1) + evidence[i]
    path = np.zeros(len(evidence), np.int64)
    path[-1] = score.argmax()
    for i in range(len(evidence) - 1, 0, -1):
        path[i - 1] = back[i, path[i]]
    return path


def _starts(n: int) -> Int64:
    """List the first steps of the windows over n steps; the last one ends where they end."""
    last = max(0, n - _WINDOW)
    return np.unique(np.append(np.arange(0, last, round(HOP_S * ONSET_RATE)), last))


@cache
def _taper() -> Float32:
    return np.asarray(np.hanning(_WINDOW + 1)[:-1], np.float32)


@cache
def _taper_correlation() -> Float32:
    """How the taper alone lets the autocorrelation fade, kept above 0 at the longest lags."""
    power = np.abs(scipy.fft.rfft(_taper(), _N_FFT)) ** 2
    correlation = scipy.fft.irfft(power, _N_FFT)[:_WINDOW]
    return np.asarray(correlation / correlation[0] + 0.05, np.float32)
