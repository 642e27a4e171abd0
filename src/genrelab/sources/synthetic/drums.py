"""Drums: the strokes of a synthetic drummer, as sound.

Conventions
-----------
Every drum takes its kit, the sample rate and random numbers, and returns one stroke as
float64 [n], its loudest moment about as loud as it sounds in a kit, gone at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from genrelab.music.segments import Float64
from genrelab.sources.synthetic.oscillators import attack, decay, noise, ring


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What a drummer sits behind.

    Attributes
    ----------
    tuning : float
        Factor on the pitch of every skin.
    brightness : float
        0 to 1: how much of the highest sound there is.
    ring : float
        Factor on how long everything sounds.
    boom, snares, metal : float
        Loudness of the kick, the snare and the cymbals.
    click : float
        Loudness of the beater on the kick.
    kick_s : float
        Seconds in which the kick falls to 1/e.
    metal_hz : float
        Around where the cymbals begin.
    """

    tuning: float = 1.0
    brightness: float = 0.5
    ring: float = 1.0
    boom: float = 1.0
    snares: float = 1.0
    metal: float = 1.0
    click: float = 0.1
    kick_s: float = 0.12
    metal_hz: float = 4500.0


KITS: dict[str, Kit] = {
    "acoustic": Kit(),
    "dry": Kit(ring=0.7, metal=0.7, click=0.2, metal_hz=5000),
    "light": Kit(boom=0.6, snares=0.7, kick_s=0.08, tuning=1.2),
    "brushes": Kit(boom=0.5, snares=0.5, metal=0.9, kick_s=0.08, tuning=1.3, ring=1.2),
    "hard": Kit(boom=1.1, snares=1.2, click=0.45, kick_s=0.07, tuning=1.15, brightness=0.8),
    "machine": Kit(boom=1.3, snares=0.9, metal=0.6, kick_s=0.3, tuning=0.85, metal_hz=6500),
    "house": Kit(boom=1.3, snares=0.8, metal=0.8, click=0.25, kick_s=0.16, metal_hz=6000),
}
"""Kits by name."""


def kick(kit: Kit, sr: int, rng: np.random.Generator) -> Float64:
    """Stroke of the bass drum: a sine that falls to 50 Hz, and a click."""
    n = round(4 * kit.kick_s * kit.ring * sr)
    pitch = kit.tuning * (50 + 90 * decay(n, sr, 0.025))
    skin = np.sin(2 * np.pi * np.cumsum(pitch) / sr) * decay(n, sr, kit.kick_s * kit.ring)
    click = kit.click * noise(n, sr, 1500, 5000, rng) * decay(n, sr, 0.004)
    return _ended(kit.boom * (skin + click), sr)


def snare(kit: Kit, sr: int, rng: np.random.Generator) -> Float64:
    """Stroke of the snare: two tones of the skin, and wires that rattle."""
    n = round(0.35 * kit.ring * sr)
    skin = ring(kit.tuning * np.array([185, 330]), (0.6, 0.3), 0.06 * kit.ring, n, sr)
    wires = noise(n, sr, 1200, 5000 + 4500 * kit.brightness, rng) * decay(n, sr, 0.07 * kit.ring)
    return _ended(kit.snares * (skin + 0.35 * wires), sr)


def clap(kit: Kit, sr: int, rng: np.random.Generator) -> Float64:
    """Hands: noise in three quick bursts."""
    n = round(0.3 * sr)
    hands = np.zeros(n)
    for start, life in ((0.0, 0.006), (0.011, 0.006), (0.022, 0.06 * kit.ring)):
        at = round(start * sr)
        hands[at:] += decay(n - at, sr, life)
    return _ended(kit.snares * 0.35 * noise(n, sr, 900, 3500, rng) * hands, sr)


def closed_hat(kit: Kit, sr: int, rng: np.random.Generator) -> Float64:
    """Stroke of the closed hi-hat."""
    return _metal(kit, sr, rng, seconds=0.03, strength=0.3)


def open_hat(kit: Kit, sr: int, rng: np.random.Generator) -> Float64:
    """Stroke of the open hi-hat."""
    return _metal(kit, sr, rng, seconds=0.18, strength=0.3)


def ride(kit: Kit, sr: int, rng: np.random.Generator) -> Float64:
    """Stroke of the ride cymbal: a ping above a long shimmer."""
    shimmer = _metal(kit, sr, rng, seconds=0.35, strength=0.12)
    bell = kit.metal * ring(kit.tuning * np.array([2950, 4130, 5470]), 0.06, 0.15, len(shimmer), sr)
    return shimmer + bell


def crash(kit: Kit, sr: int, rng: np.random.Generator) -> Float64:
    """Stroke of the crash cymbal."""
    return _metal(kit, sr, rng, seconds=0.6, strength=0.4)


def brush(kit: Kit, sr: int, rng: np.random.Generator) -> Float64:
    """Brush swept over the snare."""
    n = round(0.3 * sr)
    sweep = np.sin(np.pi * np.arange(n) / n) ** 2
    return _ended(kit.snares * 0.25 * noise(n, sr, 1500, 7000, rng) * sweep, sr)


def tom(kit: Kit, sr: int, rng: np.random.Generator) -> Float64:
    """Stroke of a tom."""
    n = round(0.6 * kit.ring * sr)
    pitch = kit.tuning * (110 + 50 * decay(n, sr, 0.05))
    skin = np.sin(2 * np.pi * np.cumsum(pitch) / sr) * decay(n, sr, 0.15 * kit.ring)
    stick = 0.1 * noise(n, sr, 800, 3000, rng) * decay(n, sr, 0.01)
    return _ended(0.8 * kit.boom * (skin + stick), sr)


def _metal(
    kit: Kit, sr: int, rng: np.random.Generator, *, seconds: float, strength: float
) -> Float64:
    """Sound of a cymbal: noise, and partials that fit no pitch."""
    n = round(4 * seconds * kit.ring * sr)
    hiss = noise(n, sr, kit.metal_hz, kit.metal_hz * (1.2 + 0.5 * kit.brightness), rng)
    bronze = ring(rng.uniform(0.6, 1.8, 24) * kit.metal_hz, 0.3, seconds * kit.ring, n, sr)
    sound = (0.6 * hiss + 0.5 * bronze) * decay(n, sr, seconds * kit.ring)
    return _ended(kit.metal * strength * sound, sr)


def _ended(sound: Float64, sr: int) -> Float64:
    """Fade a stroke's first half and last ten milliseconds, which would click."""
    fade = min(len(sound), round(0.01 * sr))
    sound[-fade:] *= np.linspace(1, 0, fade)
    return sound * attack(len(sound), sr, 0.0005)


DRUMS: dict[str, Callable[[Kit, int, np.random.Generator], Float64]] = {
    drum.__name__: drum
    for drum in (kick, snare, clap, closed_hat, open_hat, ride, crash, brush, tom)
}
"""Drums by name."""
