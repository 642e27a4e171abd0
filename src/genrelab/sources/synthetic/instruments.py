"""Instruments: who a synthetic artist can hire.

Conventions
-----------
An instrument is one of the `tones` with its own settings, the octave where it plays its
chords, and how long its notes take to end. Pitches are MIDI numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from genrelab.music.segments import Float64
from genrelab.sources.synthetic.tones import (
    electric_piano,
    filtered_synth,
    organ,
    overdriven,
    pluck,
    sing,
    sub_bass,
    sustained,
)

Sound = Callable[[Sequence[float], int, int, float, np.random.Generator], Float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """What plays, and where.

    Attributes
    ----------
    sound : callable
        (pitches in Hz, n, sr, brightness, rng) -> float64 [n].
    lowest : int
        Where the octave of its chords begins, and the range of its melodies.
    release : float
        Seconds that a note takes to end.
    power : bool
        Whether its chords are root, fifth and octave alone, since thirds would growl.
    """

    sound: Sound
    lowest: int
    release: float = 0.06
    power: bool = False


INSTRUMENTS: dict[str, Instrument] = {
    "nylon guitar": Instrument(
        sound=partial(pluck, sustain=0.7, damping=0.12, place=0.3, pick=0.05), lowest=48
    ),
    "steel guitar": Instrument(sound=partial(pluck, sustain=1.1, damping=0.03), lowest=48),
    "clean electric guitar": Instrument(
        sound=partial(pluck, sustain=1.6, damping=0.06, place=0.12, pick=0.04), lowest=50
    ),
    "banjo": Instrument(
        sound=partial(pluck, sustain=0.25, damping=0.01, place=0.08, pick=0.3), lowest=55
    ),
    "piano": Instrument(
        sound=partial(pluck, sustain=1.4, damping=0.1, place=0.125, stiffness=3e-4, pick=0.06),
        lowest=52,
        release=0.12,
    ),
    "harpsichord": Instrument(
        sound=partial(pluck, sustain=0.7, damping=0.01, place=0.1, pick=0.15), lowest=55
    ),
    "electric piano": Instrument(sound=electric_piano, lowest=52, release=0.1),
    "organ": Instrument(sound=organ, lowest=55, release=0.03),
    "crunchy guitar": Instrument(sound=partial(overdriven, gain=2.5), lowest=45),
    "distorted guitar": Instrument(
        sound=partial(overdriven, gain=14.0, sustain=2.5), lowest=40, release=0.04, power=True
    ),
    "lead guitar": Instrument(
        sound=partial(overdriven, gain=7.0, sustain=3.0), lowest=60, release=0.08
    ),
    "acoustic bass": Instrument(
        sound=partial(pluck, sustain=0.45, damping=0.2, place=0.35, pick=0.03), lowest=28
    ),
    "electric bass": Instrument(
        sound=partial(pluck, sustain=1.0, damping=0.08, place=0.2, pick=0.08), lowest=28
    ),
    "sub bass": Instrument(sound=sub_bass, lowest=29),
    "synth bass": Instrument(sound=partial(filtered_synth, closing=0.1, fading=0.6), lowest=31),
    "cello": Instrument(sound=partial(sustained, rise=0.07, body=500.0), lowest=36, release=0.12),
    "violin": Instrument(sound=partial(sustained, rise=0.05, body=1500.0), lowest=62, release=0.1),
    "strings": Instrument(
        sound=partial(sustained, rise=0.15, voices=3, body=1100.0), lowest=52, release=0.2
    ),
    "flute": Instrument(
        sound=partial(sustained, rise=0.06, body=700.0, odd=True, breath=0.08), lowest=67
    ),
    "saxophone": Instrument(
        sound=partial(sustained, rise=0.03, body=750.0, breath=0.06), lowest=56, release=0.05
    ),
    "harmonica": Instrument(
        sound=partial(sustained, rise=0.04, shaking=0.012, body=1800.0, odd=True), lowest=60
    ),
    "brass": Instrument(
        sound=partial(sustained, rise=0.035, shaking=0.002, body=1200.0), lowest=56
    ),
    "pad": Instrument(
        sound=partial(sustained, rise=0.25, shaking=0.001, voices=2, body=600.0, breath=0.0),
        lowest=52,
        release=0.3,
    ),
    "synth pluck": Instrument(
        sound=partial(filtered_synth, closing=0.08, fading=0.3), lowest=55, release=0.05
    ),
    "synth lead": Instrument(
        sound=partial(filtered_synth, closing=0.6, fading=2.0, odd=True), lowest=62, release=0.05
    ),
    "singing": Instrument(sound=sing, lowest=55, release=0.08),
    "rapping": Instrument(sound=partial(sing, speaking=True, shaking=0.0), lowest=43, release=0.03),
    "shouting": Instrument(
        sound=partial(sing, speaking=True, rough=0.7, shaking=0.0), lowest=43, release=0.05
    ),
}
"""Instruments by name."""
