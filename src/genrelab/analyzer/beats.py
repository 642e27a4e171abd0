"""Beats: where a listener would tap.

Conventions
-----------
Times in seconds, strengths at `onsets.ONSET_RATE`. A place is told in beats of the tempo's
course (`tempo.Tempo.periods`) from the beginning: beat k of a tracker that never corrects
itself lies at k and some phase, a part of a beat from 0 to 1.

The original's own beats are no segment starts: they follow a steady pulse, on average within
some 20 ms of where its loudness rises fastest. Hence `beat_strength` and a cost for every slip
of the phase. In breaks its pulse may slip by half a beat for good; ours is not meant to.

References
----------
E. Scheirer, *Tempo and beat analysis of acoustic musical signals*, JASA 103(1), 1998, and
T. Jehan, *Creating Music by Listening*, PhD thesis, MIT 2005, section 3.5: the phase of the beat
is kept while the tempo drifts. D. P. W. Ellis, *Beat tracking by dynamic programming*, JNMR
36(1), 2007: beats gather most strength, less what irregular ones cost.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from genrelab.analyzer.onsets import DECIMATION, ONSET_RATE
from genrelab.analyzer.segmentation import felt_loudness, loudness_rise
from genrelab.analyzer.spectrum import BandSpectrum
from genrelab.analyzer.tempo import Tempo
from genrelab.music.segments import Float32, Float64, Int64

PHASES = 48  # that are told apart
SLIP_COST = 100.0  # cost of a slip by a whole beat, in standard deviations of strength
ONSET_SMOOTHING = 1.0  # standard deviation, in steps
SMOOTHING = 1.0  # standard deviation, in beats: so near to each other they do not waver
AUDIBLE = 0.1  # the first and the last beat have this part of the beats' mean strength
_TINY = 1e-9


def beat_strength(spectrum: BandSpectrum, onsets: Float32) -> Float32:
    """Tell how much every moment looks like a beat: as an onset, and as a rise in loudness.

    Parameters
    ----------
    spectrum : BandSpectrum
    onsets : float32 array [m]
        Its onset strength.

    Returns
    -------
    float32 array [m]
        Never negative; each of the two in its standard deviations.
    """
    rise = np.maximum(loudness_rise(felt_loudness(spectrum)), 0)[::DECIMATION]
    smooth = gaussian_filter1d(onsets, ONSET_SMOOTHING, mode="constant")
    return np.asarray(rise / (rise.std() + _TINY) + smooth / (smooth.std() + _TINY), np.float32)


def find_beats(strength: Float32, tempo: Tempo) -> Float64:
    """Find the beats of a recording.

    Parameters
    ----------
    strength : float32 array [m]
        See `beat_strength`.
    tempo : Tempo

    Returns
    -------
    float64 array [n]
        Seconds, increasing; none where there is no tempo, never exactly one.
    """
    spread = strength.std()
    if not tempo.bpm or not spread:
        return np.zeros(0)
    seconds = np.arange(len(strength)) / ONSET_RATE
    periods = np.interp(seconds, tempo.times, tempo.periods)
    places = np.append(0, np.cumsum(1 / (periods[:-1] * ONSET_RATE)))
    n_beats = int(places[-1]) + 1
    grid = np.arange(n_beats * PHASES) / PHASES
    by_phase = np.interp(grid, places, strength / spread, right=0.0).reshape(n_beats, PHASES)
    beats = np.interp(_beat_places(_best_phases(by_phase)), places, seconds)
    beats = _trim(beats, np.interp(beats, seconds, strength))
    return beats if len(beats) > 1 else np.zeros(0)


def _best_phases(strength: Float64) -> Int64:
    """Find the phases [n] that gather most strength [n, phases] less the cost of slips."""
    phases = np.arange(strength.shape[1])
    apart = np.abs(phases[:, None] - phases)
    cost = SLIP_COST / len(phases) * np.minimum(apart, len(phases) - apart)
    back = np.zeros(strength.shape, np.int64)
    total = strength[0]
    for i in range(1, len(strength)):
        reached = total - cost
        back[i] = reached.argmax(axis=1)
        total = reached[phases, back[i]] + strength[i]
    path = np.zeros(len(strength), np.int64)
    path[-1] = total.argmax()
    for i in range(len(strength) - 1, 0, -1):
        path[i - 1] = back[i, path[i]]
    return path


def _beat_places(phases: Int64) -> Float64:
    """Place the beats, each count of them once though the phase may slip past 0 or 1."""
    places = np.arange(len(phases)) + phases / PHASES
    slips = np.unwrap(phases, period=PHASES) / PHASES
    counts, first = np.unique(np.round(places - slips).astype(np.int64), return_index=True)
    every = np.arange(counts[0], counts[-1] + 1)
    lateness = np.interp(every, counts, places[first]) - every
    return np.asarray(every + gaussian_filter1d(lateness, SMOOTHING, mode="nearest"))


def _trim(beats: Float64, strength: Float64) -> Float64:
    """Leave out the beats before the first onset and after the last."""
    audible = np.flatnonzero(strength > AUDIBLE * strength.mean())
    return beats[audible[0] : audible[-1] + 1] if len(audible) else beats[:0]
