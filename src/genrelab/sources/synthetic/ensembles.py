"""Ensembles: how a synthetic artist sounds, whatever they play.

Conventions
-----------
An artist hires players for each role, mostly those of the genre, now and then a
neighbor's, and keeps them from piece to piece, with their instruments' brightness, the
levels of the mix, the room and the recording's faults. Levels in dB.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from genrelab.sources.synthetic.arrangements import ARRANGEMENTS, ROLES
from genrelab.sources.synthetic.drums import KITS, Kit
from genrelab.sources.synthetic.songs import Artist

HIRES_ELSEWHERE = 0.8  # times an artist's lean: chance that a player comes from the neighbor
LEVEL_SPREAD = 1.0  # dB, of each role
LOUDNESS_SPREAD = 1.5  # dB, of the whole
TILT_SPREAD = 0.8  # dB, of what lies below against what lies above the middle
BRIGHTNESS_SPREAD = 0.08
HISS = (-75.0, -48.0)  # dB of full scale, of the quietest and the noisiest recording
KIT_SPREAD = 0.12  # of the logarithm of each of a kit's values


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """Players and sound of one artist.

    Attributes
    ----------
    players : dict
        Instrument by role; all but the drums.
    kit : Kit
    brightness : dict
        0 to 1 by role.
    levels : dict
        dB by role, drums included.
    loudness : float
        RMS in dB of full scale.
    tilt : float
        dB that low sound is louder, and high sound softer, than it was played.
    reverb, wet : float
        Seconds that the room sounds, and how loud it is beside what is played.
    hiss : float
        dB of full scale.
    looseness : float
        Standard deviation of when notes start, seconds.
    """

    players: dict[str, str]
    kit: Kit
    brightness: dict[str, float]
    levels: dict[str, float]
    loudness: float
    tilt: float
    reverb: float
    wet: float
    hiss: float
    looseness: float


def draw_ensemble(genre: str, artist: Artist, rng: np.random.Generator) -> Ensemble:
    """Draw who plays with an artist of a genre, and how it sounds."""
    ours, theirs = ARRANGEMENTS[genre], ARRANGEMENTS[artist.neighbor]

    def hire(role: str) -> str:
        elsewhere = rng.random() < HIRES_ELSEWHERE * artist.lean
        return str(rng.choice((theirs if elsewhere else ours).players[role]))

    def bright() -> float:
        return float(np.clip(rng.normal(ours.brightness, BRIGHTNESS_SPREAD), 0, 1))

    return Ensemble(
        players={role: hire(role) for role in ROLES if role != "drums"},
        kit=_tuned(KITS[hire("kits")], rng),
        brightness={role: bright() for role in ROLES},
        levels={role: ours.levels[role] + rng.normal(0, LEVEL_SPREAD) for role in ROLES},
        loudness=ours.loudness + rng.normal(0, LOUDNESS_SPREAD),
        tilt=ours.tilt + rng.normal(0, TILT_SPREAD),
        reverb=ours.reverb * rng.lognormal(0, 0.25),
        wet=rng.uniform(0.1, 0.35),
        hiss=rng.uniform(*HISS),
        looseness=ours.looseness * rng.uniform(0.5, 1.5),
    )


def _tuned(kit: Kit, rng: np.random.Generator) -> Kit:
    """Set a kit up as nobody else does."""
    factors = {field.name: rng.lognormal(0, KIT_SPREAD) for field in fields(Kit)}
    values = {name: getattr(kit, name) * factor for name, factor in factors.items()}
    return replace(kit, **values)
