"""Oscillators: the vibrations that synthetic instruments and drums are made of.

Conventions
-----------
Mono, float64 [n], ``sr`` in Hz, no partial above `HIGHEST` of it. Everything starts
at or near zero. Noise comes from the generator that is passed in.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
import scipy.signal
from numpy.typing import ArrayLike

from genrelab.music.segments import Float64

HIGHEST = 0.45  # times the sample rate: no partial lies above
TABLE_SIZE = 2048  # points of a waveform's cycle


def ring(
    frequencies: ArrayLike, amplitudes: ArrayLike, decays: ArrayLike, n: int, sr: int
) -> Float64:
    """Add up damped sines: what strings, bars and membranes do once they are struck.

    A damped sine is a power of one complex number, so n samples of all of them are one
    matrix product: powers far apart times powers close together.

    Parameters
    ----------
    frequencies, amplitudes, decays : array_like [K]
        Hz, linear, and the seconds in which a partial falls to 1/e; one number stands
        for all.
    n, sr : int

    Returns
    -------
    float64 [n]
    """
    hz, level, decay = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (frequencies, amplitudes, decays))
    )
    heard = hz < HIGHEST * sr
    rate = (2j * np.pi * hz[heard] - 1 / decay[heard]) / sr
    block = int(np.ceil(np.sqrt(n)))
    fine = np.exp(rate[:, None] * np.arange(block))
    coarse = level[heard] * np.exp(rate * block * np.arange(-(-n // block))[:, None])
    sines: Float64 = coarse.real @ fine.imag + coarse.imag @ fine.real
    return sines.ravel()[:n]


def waveform(amplitudes: ArrayLike) -> Float64:
    """Return one cycle of a sum of sines, harmonics 1 to K [K], as a table [`TABLE_SIZE`]."""
    spectrum = np.zeros(TABLE_SIZE // 2 + 1, dtype=np.complex128)
    levels = np.asarray(amplitudes, dtype=np.float64)
    spectrum[1 : len(levels) + 1] = -0.5j * TABLE_SIZE * levels
    return np.asarray(np.fft.irfft(spectrum, TABLE_SIZE), dtype=np.float64)


def harmonics(hz: float, sr: int, *, most: int = 60) -> Float64:
    """Number the harmonics of a tone that can be heard: 1, 2, ... as floats."""
    return np.arange(1.0, max(1, min(most, int(HIGHEST * sr / hz))) + 1)


def oscillate(table: Float64, hz: ArrayLike, n: int, sr: int) -> Float64:
    """Play a waveform's cycle over and over, at one pitch or a pitch a sample [n], in Hz."""
    cycles = np.cumsum(np.broadcast_to(np.asarray(hz, dtype=np.float64) / sr, n))
    position = (cycles - cycles[0]) % 1.0 * TABLE_SIZE
    index = position.astype(np.int64) % TABLE_SIZE
    ahead = np.append(np.diff(table), table[0] - table[-1])
    played: Float64 = table[index] + ahead[index] * (position - index)
    return played


def vibrato(n: int, sr: int, *, rate: float, depth: float, delay: float = 0.15) -> Float64:
    """Return the factor on a pitch [n] that sways by ``depth`` and takes ``delay`` s to begin."""
    time = np.arange(n) / sr
    sway: Float64 = depth * np.minimum(time / delay, 1) * np.sin(2 * np.pi * rate * time)
    return 1 + sway


def attack(n: int, sr: int, seconds: float) -> Float64:
    """Return a smooth rise from 0 to 1 [n]."""
    envelope = np.ones(n)
    rise = min(n, max(1, round(seconds * sr)))
    envelope[:rise] = 0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / rise)
    return envelope


def decay(n: int, sr: int, seconds: float) -> Float64:
    """Return an exponential fall [n] that reaches 1/e after so many seconds."""
    return np.exp(-np.arange(n) / (seconds * sr))


def noise(n: int, sr: int, low: float, high: float, rng: np.random.Generator) -> Float64:
    """Return noise between two frequencies in Hz [n], RMS 1, or as near as the rate allows."""
    high = min(high, HIGHEST * sr)
    filtered = filtered_by("band", (min(low, 0.8 * high), high), sr, rng.standard_normal(n))
    return filtered / max(float(np.sqrt(np.mean(filtered**2))), 1e-9)


def filtered_by(
    kind: Literal["low", "high", "band"], hz: float | tuple[float, float], sr: int, sound: Float64
) -> Float64:
    """Let only what lies below, above or between frequencies pass, 12 dB an octave."""
    return np.asarray(scipy.signal.sosfilt(_filter(kind, hz, sr), sound), dtype=np.float64)


@lru_cache(maxsize=256)
def _filter(kind: str, hz: float | tuple[float, float], sr: int) -> Float64:
    return np.asarray(scipy.signal.butter(2, hz, kind, fs=sr, output="sos"), dtype=np.float64)
