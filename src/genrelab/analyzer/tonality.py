"""Tonality: key and mode of a recording, or of a stretch of it.

Conventions
-----------
Keys are 0 to 11 for C to B; mode 1 is major, 0 minor. Pitches are those of segments:
relative strengths of C, C#, ..., B.

References
----------
C. L. Krumhansl, *Cognitive Foundations of Musical Pitch*, Oxford 1990, chapter 4: a key is
known by the likeness of the pitch classes' strengths to its profile. E. Gómez, *Tonal
description of music audio signals*, PhD thesis, UPF 2006. `PROFILES` are a conditional
logit model of what the original analyzer chose from its own segments' pitches;
`genrelab.analyzer.fitting.tonality` fits it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genrelab.music.segments import N_VALUES, Float64, Segments

# What each pitch class, from the tonic up, speaks for a key: log odds for its mean strength.
MAJOR = (11.4, -10.3, 9.8, -12.8, 4.0, 9.0, -11.1, 16.9, -13.7, 3.2, -15.3, 8.7)
MINOR = (19.4, -18.3, 14.0, 4.8, -10.0, 7.0, -6.7, 2.9, 6.3, -11.8, 7.5, -15.1)
MAJOR_PRIOR = 0.47  # log odds for major over minor
_TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonality:
    """Key and mode.

    Attributes
    ----------
    key : int
        0 to 11 for C to B, -1 where nothing sounds.
    mode : int
        1 major, 0 minor.
    key_confidence, mode_confidence : float
        0 to 1: the model's probability of this tonic in either mode, and of this mode
        given the tonic, each from even odds up.
    """

    key: int
    key_confidence: float
    mode: int
    mode_confidence: float


NO_TONALITY = Tonality(key=-1, key_confidence=0.0, mode=1, mode_confidence=0.0)


def find_tonality(segments: Segments, *, start: float = 0.0, end: float = float("inf")) -> Tonality:
    """Find the key and mode.

    Parameters
    ----------
    segments : Segments
    start, end : float
        Seconds: the stretch that is asked for, by default all of the recording.

    Returns
    -------
    Tonality
        `NO_TONALITY` where no segment lies in the stretch.
    """
    ends = segments.start + segments.duration
    weights = np.clip(np.minimum(ends, end) - np.maximum(segments.start, start), 0, None)
    if weights.sum() <= _TINY:
        return NO_TONALITY
    strengths = np.sqrt(segments.pitches.astype(np.float64))
    return tonality_of(weights @ strengths / weights.sum())


def tonality_of(strengths: Float64) -> Tonality:
    """Find the key that fits the mean strengths of the pitch classes [12] best."""
    scores = key_scores(strengths)
    probabilities = np.exp(scores - scores.max())
    probabilities /= probabilities.sum()
    of_keys = probabilities.sum(axis=0)
    mode, key = np.unravel_index(int(scores.argmax()), scores.shape)
    of_mode = probabilities[mode, key] / of_keys[key]
    return Tonality(
        key=int(key),
        key_confidence=float(_above_chance(of_keys[key], 1 / N_VALUES)),
        mode=int(mode),
        mode_confidence=float(_above_chance(of_mode, 1 / 2)),
    )


def key_scores(strengths: Float64) -> Float64:
    """Weigh the pitch classes' mean strengths [12] for every mode and key [2, 12]."""
    turned = np.stack([np.roll(strengths, -key) for key in range(N_VALUES)])
    return np.stack([turned @ np.array(MINOR), turned @ np.array(MAJOR) + MAJOR_PRIOR])


def _above_chance(probability: float, chance: float) -> float:
    return max(0.0, (probability - chance) / (1 - chance))
