"""Styles: how a synthetic track of each genre moves, sounds and is harmonized.

Conventions
-----------
Invented, not fitted: believable enough that the networks have something to
learn, and that neighbors (rock and pop, blues and country) are confused.
``timbre`` and ``pulse`` are in units of the standard deviations that real
analyses have in each of the 12 coordinates. Chords are (semitones above the
key, quality); tempo in beats a minute.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genrelab.music.segments import Float64, Twelve

Chord = tuple[int, str]

CHORD_TONES: dict[str, dict[int, float]] = {
    "major": {0: 1.0, 4: 0.6, 7: 0.75},
    "minor": {0: 1.0, 3: 0.6, 7: 0.75},
    "seventh": {0: 1.0, 4: 0.55, 7: 0.6, 10: 0.6},
    "minor seventh": {0: 0.9, 3: 0.65, 7: 0.6, 10: 0.6},
    "major seventh": {0: 0.9, 4: 0.65, 7: 0.6, 11: 0.5},
    "power": {0: 1.0, 7: 0.95},
}
"""Strength of each chord tone, by semitones above the root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What the tracks of a genre have in common.

    Attributes
    ----------
    tempo, tempo_spread : float
        Mean and standard deviation over tracks, beats a minute.
    beats_per_bar, tatums_per_beat : int
    offbeat : float
        Chance that a tatum between two beats starts a segment.
    accents : tuple of float
        How far ``pulse`` is felt on each beat of a bar.
    noise : float
        Share of unpitched sound in a segment, 0 to 1.
    minor : float
        Chance of a minor key.
    progressions : tuple of chord sequences
    chord_beats : int
        Beats that a chord lasts.
    timbre, pulse : 12 floats
        Mean timbre, and what an accent adds, in standard deviations.
    neighbors : tuple of str
        Genres that its artists lean towards.
    """

    tempo: float
    tempo_spread: float
    beats_per_bar: int = 4
    tatums_per_beat: int = 2
    offbeat: float
    accents: tuple[float, ...]
    noise: float
    minor: float
    progressions: tuple[tuple[Chord, ...], ...]
    chord_beats: int
    timbre: Twelve
    pulse: Twelve
    neighbors: tuple[str, ...]


_TWELVE_BARS: tuple[Chord, ...] = tuple(
    (root, "seventh") for root in (0, 0, 0, 0, 5, 5, 0, 0, 7, 5, 0, 7)
)
_FOUR_CHORDS: tuple[Chord, ...] = ((0, "major"), (7, "major"), (9, "minor"), (5, "major"))
_THREE_CHORDS: tuple[Chord, ...] = ((0, "major"), (5, "major"), (7, "major"), (0, "major"))
_MIXOLYDIAN: tuple[Chord, ...] = ((0, "major"), (10, "major"), (5, "major"), (0, "major"))

STYLES: dict[str, Style] = {
    "Blues": Style(
        tempo=98,
        tempo_spread=20,
        tatums_per_beat=3,
        offbeat=0.42,
        accents=(0.8, 1.0, 0.7, 1.0),
        noise=0.27,
        minor=0.25,
        progressions=(_TWELVE_BARS, _THREE_CHORDS),
        chord_beats=4,
        timbre=(-0.1, -0.2, 0.3, 0.3, 0.2, -0.5, 0.2, 0.3, -0.2, 0.1, 0.3, -0.1),
        pulse=(0.4, 0.3, -0.2, 0.3, 0.0, 0.2, -0.1, 0.1, 0.0, 0.1, 0.0, 0.0),
        neighbors=("Rock", "Jazz", "Country"),
    ),
    "Classical": Style(
        tempo=92,
        tempo_spread=26,
        beats_per_bar=3,
        offbeat=0.55,
        accents=(0.5, 0.1, 0.2),
        noise=0.05,
        minor=0.45,
        progressions=(
            ((0, "major"), (5, "major"), (2, "minor"), (7, "major")),
            ((0, "major"), (9, "minor"), (5, "major"), (7, "seventh"), (0, "major")),
        ),
        chord_beats=3,
        timbre=(-1.2, -0.9, 0.5, -0.5, 0.5, 0.5, -0.3, 0.2, 0.4, -0.2, 0.1, 0.3),
        pulse=(0.2, 0.1, 0.0, 0.1, 0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0),
        neighbors=("Jazz",),
    ),
    "Country": Style(
        tempo=116,
        tempo_spread=20,
        offbeat=0.62,
        accents=(0.9, 0.7, 0.9, 0.7),
        noise=0.20,
        minor=0.10,
        progressions=(_THREE_CHORDS, _FOUR_CHORDS),
        chord_beats=4,
        timbre=(0.2, 0.3, 0.2, 0.2, 0.5, -0.2, -0.3, 0.1, 0.3, 0.1, -0.2, 0.2),
        pulse=(0.3, 0.3, 0.1, 0.4, 0.1, 0.0, 0.1, 0.0, 0.1, 0.0, 0.0, 0.1),
        neighbors=("Pop", "Rock", "Blues"),
    ),
    "Hip-Hop": Style(
        tempo=92,
        tempo_spread=12,
        tatums_per_beat=4,
        offbeat=0.48,
        accents=(1.2, 0.7, 0.5, 1.2),
        noise=0.60,
        minor=0.65,
        progressions=(
            ((0, "minor"), (8, "major")),
            ((0, "minor seventh"), (0, "minor seventh"), (5, "minor"), (7, "minor")),
        ),
        chord_beats=4,
        timbre=(0.5, 0.1, -0.6, 0.7, -0.4, 0.4, 0.2, -0.4, -0.1, 0.4, -0.3, 0.1),
        pulse=(0.5, -0.3, -0.5, 0.6, -0.3, 0.2, 0.1, 0.0, 0.2, 0.0, -0.1, 0.1),
        neighbors=("Pop",),
    ),
    "Jazz": Style(
        tempo=126,
        tempo_spread=32,
        tatums_per_beat=3,
        offbeat=0.30,
        accents=(0.4, 0.7, 0.4, 0.7),
        noise=0.14,
        minor=0.35,
        progressions=(
            ((2, "minor seventh"), (7, "seventh"), (0, "major seventh"), (9, "seventh")),
            ((0, "major seventh"), (9, "minor seventh"), (2, "minor seventh"), (7, "seventh")),
        ),
        chord_beats=2,
        timbre=(-0.6, -0.5, 0.2, 0.2, -0.1, 0.2, 0.5, 0.3, -0.3, -0.2, 0.2, -0.2),
        pulse=(0.2, 0.3, 0.1, 0.1, 0.2, 0.0, 0.1, 0.1, 0.0, 0.0, 0.0, 0.0),
        neighbors=("Blues", "Classical"),
    ),
    "Metal": Style(
        tempo=142,
        tempo_spread=24,
        offbeat=0.60,
        accents=(1.0, 0.9, 1.0, 0.9),
        noise=0.54,
        minor=0.85,
        progressions=(
            ((0, "power"), (8, "power"), (10, "power"), (0, "power")),
            ((0, "power"), (1, "power"), (0, "power"), (3, "power")),
        ),
        chord_beats=2,
        timbre=(0.8, 0.8, 0.1, -0.6, 0.2, -0.3, 0.3, -0.3, 0.2, -0.3, 0.1, -0.2),
        pulse=(0.2, 0.2, -0.2, 0.2, 0.0, -0.1, 0.1, 0.0, 0.0, 0.0, 0.1, 0.0),
        neighbors=("Rock",),
    ),
    "Pop": Style(
        tempo=114,
        tempo_spread=16,
        offbeat=0.65,
        accents=(1.0, 0.9, 1.0, 0.9),
        noise=0.34,
        minor=0.35,
        progressions=(_FOUR_CHORDS, ((9, "minor"), (5, "major"), (0, "major"), (7, "major"))),
        chord_beats=4,
        timbre=(0.5, 0.3, -0.3, 0.4, 0.0, 0.1, -0.2, -0.2, 0.1, 0.2, -0.2, 0.1),
        pulse=(0.4, 0.1, -0.3, 0.5, -0.1, 0.1, 0.0, 0.1, 0.1, 0.0, 0.0, 0.1),
        neighbors=("Hip-Hop", "Rock", "Country"),
    ),
    "Rock": Style(
        tempo=124,
        tempo_spread=22,
        offbeat=0.62,
        accents=(0.8, 1.0, 0.8, 1.0),
        noise=0.42,
        minor=0.40,
        progressions=(_MIXOLYDIAN, _FOUR_CHORDS, _THREE_CHORDS),
        chord_beats=4,
        timbre=(0.4, 0.4, 0.1, 0.0, 0.2, -0.2, 0.1, -0.1, 0.0, 0.0, 0.0, -0.1),
        pulse=(0.3, 0.3, -0.2, 0.3, 0.0, 0.0, 0.1, 0.0, 0.0, 0.1, 0.0, 0.0),
        neighbors=("Metal", "Pop", "Blues", "Country"),
    ),
}
"""One style a genre of the paper."""


def chord_strengths(chord: Chord, *, minor: bool) -> Float64:
    """Return the strength of the 12 pitch classes, C = the key, for a chord [12], 0 to 1.

    In a minor key the plain major chord on the key becomes minor.
    """
    root, quality = chord
    if minor and quality == "major" and root in {0, 5}:
        quality = "minor"
    strengths = np.zeros(12)
    for semitones, strength in CHORD_TONES[quality].items():
        strengths[(root + semitones) % 12] = strength
    return strengths
