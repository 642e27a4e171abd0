"""Tonality: key and mode of a recording, or of a stretch of it.

Conventions
-----------
Keys are 0 to 11 for C to B; mode 1 is major, 0 minor. A tonal chroma has
`CHROMA_RATE` frames a second and the relative strengths of C, C#, ..., B in each, 1 for
the strongest: how loud a frame is does not count, what does not sound at a pitch neither.

References
----------
C. L. Krumhansl, *Cognitive Foundations of Musical Pitch*, Oxford 1990, chapter 4: a key is
known by the correlation of the pitch classes' strengths with its profile. J. Albrecht and
D. Shanahan, *The use of large corpora to train a new type of key-finding algorithm*, Music
Perception 31(1), 2013; Á. Faraldo et al., *Key estimation in electronic dance music*, ECIR
2016 (EDMA): the two profiles, averaged. E. Gómez, *Tonal description of music audio
signals*, PhD thesis, UPF 2006: tuning. Profiles fitted to the original's own pitches and keys
(November 2026, the Million Song Dataset's 1,249 analyses and 42 of 4.0.0) agreed better with
it given its pitches, but did worse on recordings whose keys people heard, and were not kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from genrelab.analyzer.pitch import (
    BINS_PER_SEMITONE,
    FRAME_RATE,
    PitchSpectrum,
    estimate_tuning,
    midi_of_bins,
)
from genrelab.music.segments import N_VALUES, Float32, Float64

FRAME_S = 0.186  # a frame, about: steadier than what sounds in passing
DECIMATION = max(1, round(FRAME_S * FRAME_RATE))  # frames of the pitch spectrum to one
CHROMA_RATE = FRAME_RATE / DECIMATION  # frames a second: 5.4
LOWEST_MIDI, HIGHEST_MIDI = 40, 96  # E2 to C7: what lies outside says little of the key
PEAK_WIDTH = 6 * BINS_PER_SEMITONE + 1  # bins: only what exceeds the mean over them is a pitch
TONE_WIDTH = 0.3  # semitones: standard deviation of a pitch class
SILENCE = 1e-6  # amplitude: no more than this is nothing

# From the tonic up, for major and minor.
ALBRECHT = (
    (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
    (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
)
EDMA = (
    (0.165, 0.047, 0.083, 0.067, 0.100, 0.093, 0.053, 0.132, 0.052, 0.074, 0.069, 0.064),
    (0.172, 0.053, 0.076, 0.100, 0.056, 0.086, 0.050, 0.135, 0.075, 0.050, 0.092, 0.055),
)
DECISION = 7.0  # log odds for a correlation of 1: 59 clips' known keys are likeliest at 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonality:
    """Key and mode.

    Attributes
    ----------
    key : int
        0 to 11 for C to B, -1 where nothing sounds.
    mode : int
        1 major, 0 minor; 1 where nothing sounds.
    key_confidence, mode_confidence : float
        0 to 1: the probability of this tonic in either mode, and of this mode given the
        tonic, each as far as it exceeds chance.
    """

    key: int
    key_confidence: float
    mode: int
    mode_confidence: float


NO_TONALITY = Tonality(key=-1, key_confidence=0.0, mode=1, mode_confidence=0.0)


def tonal_chroma(spectrum: PitchSpectrum) -> Float32:
    """Compute what a key is heard by: the pitch classes' strengths, tuning corrected.

    Parameters
    ----------
    spectrum : PitchSpectrum

    Returns
    -------
    float32 array [m, 12]
        In [0, 1]; all 0 in a frame where nothing sounds at a pitch.
    """
    firsts = np.arange(0, len(spectrum), DECIMATION)
    sums = np.add.reduceat(spectrum.values, firsts, axis=0)
    means = sums / np.diff(firsts, append=len(spectrum)).astype(np.float32)[:, None]
    peaks = np.maximum(means - uniform_filter1d(means, PEAK_WIDTH, axis=1), 0)
    chroma = peaks @ _tone_weights(estimate_tuning(spectrum))
    return np.asarray(chroma / (chroma.max(axis=1, keepdims=True) + SILENCE), np.float32)


def _tone_weights(tuning: float) -> Float32:
    """Weigh every bin of a pitch spectrum for every pitch class [N_BINS, 12]."""
    midi = midi_of_bins() - tuning
    half = N_VALUES / 2
    distances = (midi[:, None] - np.arange(N_VALUES) + half) % N_VALUES - half
    weights = np.exp(-0.5 * (distances / TONE_WIDTH) ** 2)
    weights[(midi < LOWEST_MIDI) | (midi > HIGHEST_MIDI)] = 0
    return weights.astype(np.float32)


def find_tonality(chroma: Float32, *, start: float = 0.0, end: float = float("inf")) -> Tonality:
    """Find the key and mode.

    Parameters
    ----------
    chroma : float32 array [m, 12]
        A tonal chroma.
    start, end : float
        Seconds: the stretch that is asked for, by default all of the recording.

    Returns
    -------
    Tonality
        `NO_TONALITY` where nothing sounds at a pitch.

    Examples
    --------
    >>> c_major = np.array([[1, 0, 0.5, 0, 1, 0.5, 0, 1, 0, 0.5, 0, 0.5]], np.float32)
    >>> tonality = find_tonality(c_major)
    >>> tonality.key, tonality.mode
    (0, 1)
    """
    first = min(int(start * CHROMA_RATE), len(chroma) - 1)
    last = len(chroma) if end * CHROMA_RATE >= len(chroma) else int(end * CHROMA_RATE)
    strengths = chroma[first : max(last, first + 1)].mean(axis=0, dtype=np.float64)
    if np.ptp(strengths) <= SILENCE:
        return NO_TONALITY
    scores = DECISION * key_correlations(strengths)
    probabilities = np.exp(scores - scores.max())
    probabilities /= probabilities.sum()
    of_keys = probabilities.sum(axis=0)
    mode, key = np.unravel_index(int(scores.argmax()), scores.shape)
    return Tonality(
        key=int(key),
        key_confidence=_above_chance(of_keys[key], 1 / N_VALUES),
        mode=int(mode),
        mode_confidence=_above_chance(probabilities[mode, key] / of_keys[key], 1 / 2),
    )


def key_correlations(strengths: Float64) -> Float64:
    """Compare the pitch classes' strengths [12] with the profile of every mode and key [2, 12]."""
    turned = np.stack([np.roll(strengths, -key) for key in range(N_VALUES)])
    major, minor = _unit(_unit(np.array(ALBRECHT)) + _unit(np.array(EDMA)))
    return np.stack([_unit(turned) @ minor, _unit(turned) @ major])


def _unit(values: Float64) -> Float64:
    """Take away the mean and the length along the last axis."""
    centered = values - values.mean(axis=-1, keepdims=True)
    return np.asarray(centered / np.linalg.norm(centered, axis=-1, keepdims=True))


def _above_chance(probability: float, chance: float) -> float:
    return max(0.0, float((probability - chance) / (1 - chance)))
