"""Tones: how strings, tines, pipes, circuits and throats sound.

Conventions
-----------
A tone is given the pitches that sound together (Hz), how many samples they last, the
sample rate, how bright it is played (0 to 1) and random numbers, and returns float64
[n]. Loudness is left to who mixes, the end of a note to who renders. Physical models of
a few lines, not samples: nothing was recorded.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from genrelab.music.segments import Float64
from genrelab.sources.synthetic.oscillators import (
    attack,
    decay,
    filtered_by,
    harmonics,
    noise,
    oscillate,
    ring,
    vibrato,
    waveform,
)

VOWELS = {
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (270, 2290, 3010),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
}
"""Formants in Hz of a speaking man (Peterson and Barney 1952, rounded)."""
TUBE_BIAS = 0.5  # how far an amplifier's bend is off its middle, so that it adds even harmonics
_FORMANT_WIDTHS = (90, 110, 170)  # Hz


def pluck(
    pitches: Sequence[float],
    n: int,
    sr: int,
    brightness: float,
    rng: np.random.Generator,
    *,
    sustain: float = 1.2,
    damping: float = 0.05,
    place: float = 0.2,
    stiffness: float = 0.0,
    pick: float = 0.1,
) -> Float64:
    """Pluck or strike strings: harmonics that die the sooner the higher they are.

    Parameters
    ----------
    sustain : float
        Seconds in which the lowest partial of A3 falls to 1/e.
    damping : float
        How much sooner the higher ones do, as in the loop of Karplus and Strong (1983).
    place : float
        Where the string is plucked, as a share of its length: mutes harmonics.
    stiffness : float
        How far partials are stretched, as a piano's are.
    pick : float
        Loudness of the noise that begins the note.
    """
    sound = np.zeros(n)
    for hz in pitches:
        k = harmonics(hz, sr, most=30)
        levels = np.abs(np.sin(np.pi * k * place)) / k ** (2.1 - 1.2 * brightness)
        life = sustain * np.sqrt(220 / hz) / (1 + damping * k**1.5)
        sound += ring(hz * k * np.sqrt(1 + stiffness * k**2), levels, life, n, sr)
    struck = noise(n, sr, 800, 2500 + 5000 * brightness, rng) * decay(n, sr, 0.006)
    return (sound + pick * struck) * attack(n, sr, 0.001)


def electric_piano(
    pitches: Sequence[float], n: int, sr: int, brightness: float, rng: np.random.Generator
) -> Float64:
    """Strike tines: a sine whose phase another one shakes, less and less (Chowning 1973)."""
    time = np.arange(n) / sr
    sound = np.zeros(n)
    for hz in pitches:
        shake = (0.5 + 2 * brightness) * decay(n, sr, 0.25) * np.sin(2 * np.pi * hz * time)
        bell = 0.15 * brightness * ring(hz * 7.1, 1, 0.08, n, sr)
        sound += (
            np.sin(2 * np.pi * hz * time + shake) * decay(n, sr, 0.9 * (220 / hz) ** 0.3) + bell
        )
    return (
        sound * attack(n, sr, 0.003) * (1 + 0.15 * np.sin(2 * np.pi * (4.7 * time + rng.random())))
    )


def organ(
    pitches: Sequence[float], n: int, sr: int, brightness: float, rng: np.random.Generator
) -> Float64:
    """Hold drawbars behind a turning loudspeaker."""
    drawbars = np.zeros(16)
    drawbars[[0, 1, 2, 3, 5, 7]] = 0.8, 1.0, 0.7, *(brightness * np.array([0.7, 0.4, 0.5]))
    wave = waveform(drawbars)
    swirl = vibrato(n, sr, rate=6.1, depth=0.003, delay=0.01)
    sound = sum((oscillate(wave, hz / 2 * swirl, n, sr) for hz in pitches), np.zeros(n))
    shake = 1 + 0.2 * np.sin(2 * np.pi * 6.1 * np.arange(n) / sr)
    return (sound + 0.3 * noise(n, sr, 1500, 4000, rng) * decay(n, sr, 0.006)) * (
        shake * attack(n, sr, 0.008)
    )


def sustained(
    pitches: Sequence[float],
    n: int,
    sr: int,
    brightness: float,
    rng: np.random.Generator,
    *,
    rise: float = 0.08,
    shaking: float = 0.006,
    voices: int = 1,
    body: float = 900.0,
    odd: bool = False,
    breath: float = 0.02,
) -> Float64:
    """Bow, blow or hold: a tone that swells, sways and stays.

    Parameters
    ----------
    rise : float
        Seconds to full loudness.
    shaking : float
        Depth of the vibrato, as a share of the pitch.
    voices : int
        Players who are not quite in tune with each other.
    body : float
        Hz around which the instrument resounds.
    odd : bool
        Whether every other harmonic is missing, as in a square wave or a clarinet.
    breath : float
        Loudness of bow or breath noise.
    """
    sound = np.zeros(n)
    for hz in pitches:
        k = harmonics(hz, sr)
        levels = (1 + 1.5 / (1 + ((hz * k - body) / body) ** 2)) / k ** (1.9 - 1.1 * brightness)
        wave = waveform(np.where(k % 2 == 1, levels, 0.05 * levels) if odd else levels)
        for _ in range(voices):
            detuned = hz * (1 + (0.0025 * rng.standard_normal() if voices > 1 else 0))
            sway = vibrato(n, sr, rate=rng.uniform(4.8, 6.2), depth=shaking)
            sound += oscillate(wave, detuned * sway, n, sr)
    loud = max(float(np.std(sound)), 1e-9)
    rush = breath * loud * noise(n, sr, 1000, 3000 + 5000 * brightness, rng)
    return (sound + rush) * attack(n, sr, rise)


def overdriven(
    pitches: Sequence[float],
    n: int,
    sr: int,
    brightness: float,
    rng: np.random.Generator,
    *,
    gain: float = 6.0,
    sustain: float = 1.6,
) -> Float64:
    """Pluck an electric guitar through an amplifier that is turned up too far.

    The strings together are bent by a hyperbolic tangent, off its middle, which is what
    makes a chord growl, and pass a loudspeaker that lets no very high or low sound through.
    """
    dry = pluck(pitches, n, sr, 0.1 + 0.4 * brightness, rng, sustain=sustain, damping=0.02)
    driven = gain * dry / max(float(np.abs(dry).max()), 1e-9)
    bent = np.tanh(driven + TUBE_BIAS) - np.tanh(TUBE_BIAS)
    cabinet = filtered_by("low", 1800 + 3200 * brightness, sr, filtered_by("high", 90, sr, bent))
    return cabinet * attack(n, sr, 0.002)


def filtered_synth(
    pitches: Sequence[float],
    n: int,
    sr: int,
    brightness: float,
    rng: np.random.Generator,
    *,
    closing: float = 0.15,
    fading: float = 1.0,
    odd: bool = False,
    detune: float = 0.004,
) -> Float64:
    """Play a saw or square wave whose filter closes after the attack.

    Parameters
    ----------
    closing, fading : float
        Seconds in which brightness and loudness fall to 1/e.
    odd : bool
        A square wave instead of a saw.
    detune : float
        About how far the second oscillator is off, as a share of the pitch.
    """
    open_filter = decay(n, sr, closing)
    sound = np.zeros(n)
    for hz in pitches:
        k = harmonics(hz, sr)
        levels = np.where(k % 2 == 1, 1 / k, 0) if odd else 1 / k
        cutoff = 300 + 1500 * brightness
        bright = waveform(levels / (1 + (hz * k / (3 * cutoff)) ** 2))
        dull = waveform(levels / (1 + (hz * k / cutoff) ** 4))
        for factor in (1.0, 1 + detune * rng.uniform(0.5, 1.5)):
            sound += oscillate(dull, hz * factor, n, sr)
            sound += open_filter * oscillate(bright, hz * factor, n, sr)
    return sound * decay(n, sr, fading) * attack(n, sr, 0.003)


def sub_bass(
    pitches: Sequence[float], n: int, sr: int, brightness: float, rng: np.random.Generator
) -> Float64:
    """Let a sine boom that starts high and falls onto its pitch."""
    falling = 1 + rng.uniform(0.5, 1.2) * decay(n, sr, 0.02)
    sound = sum((np.sin(2 * np.pi * np.cumsum(hz * falling) / sr) for hz in pitches), np.zeros(n))
    return np.tanh((1 + 2 * brightness) * sound) * decay(n, sr, 0.7) * attack(n, sr, 0.004)


def sing(
    pitches: Sequence[float],
    n: int,
    sr: int,
    brightness: float,
    rng: np.random.Generator,
    *,
    shaking: float = 0.009,
    speaking: bool = False,
    rough: float = 0.0,
) -> Float64:
    """Sing or speak: a buzz that two vowels shape, one after the other.

    Parameters
    ----------
    shaking : float
        Depth of the vibrato, as a share of the pitch.
    speaking : bool
        Whether the pitch falls as in speech, after a hiss in place of a consonant.
    rough : float
        How far the throat is overdriven, 0 to 1.
    """
    hz = pitches[0]
    k = harmonics(hz, sr)
    first, second = (
        waveform(_formed(hz * k, VOWELS[str(rng.choice(list(VOWELS)))]) / k ** (1.3 - brightness))
        for _ in range(2)
    )
    pitch = hz * vibrato(n, sr, rate=5.6, depth=shaking, delay=0.25)
    if speaking:
        pitch = pitch * np.linspace(1 + 0.12 * rng.uniform(), 1 - 0.25 * rng.uniform(), n)
    blend = np.linspace(0, 1, n)
    sound = (1 - blend) * oscillate(first, pitch, n, sr) + blend * oscillate(second, pitch, n, sr)
    sound /= max(float(np.std(sound)), 1e-9)
    if rough:
        sound = np.tanh((1 + 4 * rough) * (sound + rough * noise(n, sr, 300, 3000, rng)))
    low = rng.uniform(1500, 3500)
    hiss = noise(n, sr, low, 2.5 * low, rng) * decay(n, sr, 0.03) * (0.8 if speaking else 0.15)
    return (sound + hiss) * attack(n, sr, 0.01 if speaking else 0.04)


def _formed(hz: Float64, formants: Sequence[float]) -> Float64:
    """Return how loud a throat of these formants lets partials through."""
    through = np.full(len(hz), 0.03)
    for loud, center, width in zip((1.0, 0.6, 0.35), formants, _FORMANT_WIDTHS, strict=True):
        through += loud / (1 + ((hz - center) / width) ** 2)
    return through
