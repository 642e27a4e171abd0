"""Pitch: a recording's spectrum on a musical scale, and how it is tuned.

Conventions
-----------
A pitch spectrum has `BINS_PER_SEMITONE` bins a semitone; bin b lies at the MIDI note
``LOWEST_MIDI + b / BINS_PER_SEMITONE`` (69 is A4, 440 Hz), frame i at
``i / FRAME_RATE`` seconds. Values are amplitudes: a sine of amplitude 1 in the
middle of a bin gives about 1 there. The segments' pitches are `chroma`'s.

References
----------
J. C. Brown, *Calculation of a constant Q spectral transform*, JASA 89(1), 1991.
E. Gómez, *Tonal description of music audio signals*, PhD thesis, UPF 2006 (tuning).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import soxr

from genrelab.analyzer.spectrum import SAMPLE_RATE, power_frames
from genrelab.music.segments import Float32, Float64

BINS_PER_SEMITONE = 3
_BINS_PER_OCTAVE = 12 * BINS_PER_SEMITONE
LOWEST_MIDI = 27  # E flat 1, 38.9 Hz
N_OCTAVES = 6  # up to 2.5 kHz
N_BINS = N_OCTAVES * _BINS_PER_OCTAVE
DECIMATION = 4  # of the recording, and again of that for the bass
HOP_LENGTH = 1024  # samples: 46 ms
FRAME_RATE = SAMPLE_RATE / HOP_LENGTH  # frames a second
MIN_TUNED_MIDI = 50  # semitones lie too close together below for the tuning to be seen
_CHUNK = 512  # frames at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """One resolution: which octaves are read from which decimated signal, and how."""

    decimation: int
    window_length: int  # samples after decimation
    n_fft: int
    octaves: range

    @property
    def hop_length(self) -> int:
        return HOP_LENGTH // self.decimation

    @property
    def bin_hz(self) -> float:
        return SAMPLE_RATE / self.decimation / self.n_fft


# The bass needs longer windows (186 ms) than the rest (93 ms) to tell semitones apart.
_VIEWS = (
    _View(decimation=DECIMATION**2, window_length=256, n_fft=512, octaves=range(3)),
    _View(decimation=DECIMATION, window_length=512, n_fft=1024, octaves=range(3, N_OCTAVES)),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PitchSpectrum:
    """A recording's spectrum over time on a musical scale.

    Attributes
    ----------
    values : float32 array [m, N_BINS]
        Amplitudes, never negative; at least one frame.
    """

    values: Float32

    def __len__(self) -> int:
        return len(self.values)


def hz_from_midi(midi: Float64) -> Float64:
    """Convert MIDI notes, fractions included, to frequencies.

    >>> hz_from_midi(np.array([69.0, 57.0])).tolist()
    [440.0, 220.0]
    """
    return np.asarray(440 * 2 ** ((midi - 69) / 12))


def midi_of_bins() -> Float64:
    """Tell the MIDI note of each bin of a pitch spectrum [N_BINS]."""
    return LOWEST_MIDI + np.arange(N_BINS) / BINS_PER_SEMITONE


def pitch_spectrum(samples: Float32) -> PitchSpectrum:
    """Compute the pitch spectrum of a recording.

    Parameters
    ----------
    samples : float32 array [n]
        Mono audio at `spectrum.SAMPLE_RATE`, full scale at 1.

    Examples
    --------
    >>> tone = np.sin(np.arange(SAMPLE_RATE) * 2 * np.pi * 440 / SAMPLE_RATE)
    >>> loudest = pitch_spectrum(tone.astype(np.float32)).values[10].argmax()
    >>> float(midi_of_bins()[loudest])
    69.0
    """
    values = np.empty((len(samples) // HOP_LENGTH + 1, N_BINS), np.float32)
    decimated = {1: np.ascontiguousarray(samples, np.float32)}
    for rate in (DECIMATION, DECIMATION**2):
        decimated[rate] = _decimate(decimated[rate // DECIMATION])
    for view in _VIEWS:
        _fill(values, decimated[view.decimation], view)
    np.sqrt(values, out=values)
    return PitchSpectrum(values=values)


def _decimate(samples: Float32) -> Float32:
    if not len(samples):
        return samples
    return np.asarray(soxr.resample(samples, DECIMATION, 1, quality="HQ"), np.float32)


def _fill(values: Float32, samples: Float32, view: _View) -> None:
    """Write the power of a view's octaves into its columns of ``values``."""
    window = _window(view.window_length)
    for start in range(0, len(values), _CHUNK):
        stop = min(start + _CHUNK, len(values))
        power = power_frames(
            samples, window, n_fft=view.n_fft, hop_length=view.hop_length, start=start, stop=stop
        )
        for octave in view.octaves:
            kernel = _kernel(view, octave)
            columns = slice(octave * _BINS_PER_OCTAVE, (octave + 1) * _BINS_PER_OCTAVE)
            values[start:stop, columns] = power[:, kernel.bins] @ kernel.weights


@cache
def _window(length: int) -> Float32:
    """Make a Hann window that shows a sine of amplitude 1 as a power of 1."""
    window = np.hanning(length + 1)[:-1]
    window *= 2 / window.sum()
    return np.asarray(window, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Kernel:
    """How one octave is read from a power spectrum: ``power[:, bins] @ weights``."""

    bins: slice
    weights: Float32


@cache
def _kernel(view: _View, octave: int) -> _Kernel:
    """Make triangles that interpolate where bins are narrow and gather where they are wide."""
    midi = midi_of_bins()[octave * _BINS_PER_OCTAVE : (octave + 1) * _BINS_PER_OCTAVE]
    centers = hz_from_midi(midi)
    spacing = centers * (2 ** (1 / _BINS_PER_OCTAVE) - 1)
    half_width = np.maximum(spacing, view.bin_hz)
    first = int((centers[0] - half_width[0]) / view.bin_hz)
    last = min(int((centers[-1] + half_width[-1]) / view.bin_hz) + 1, view.n_fft // 2)
    hz = np.arange(first, last + 1)[:, None] * view.bin_hz
    weights = np.maximum(0, 1 - np.abs(hz - centers) / half_width)
    weights /= (weights * _sine_power(view, hz - centers)).sum(axis=0)  # a sine shows as 1
    return _Kernel(bins=slice(first, last + 1), weights=weights.astype(np.float32))


def _sine_power(view: _View, offset_hz: Float64) -> Float64:
    """Compute the power a sine shows at a distance from its frequency, under the window."""
    x = offset_hz * view.window_length / (view.bin_hz * view.n_fft)
    response = np.sinc(x) + 0.5 * (np.sinc(x - 1) + np.sinc(x + 1))
    return np.asarray(response**2)


def estimate_tuning(spectrum: PitchSpectrum) -> float:
    """Estimate how far a recording is tuned from A4 = 440 Hz.

    Parameters
    ----------
    spectrum : PitchSpectrum

    Returns
    -------
    float
        Semitones in [-.5, .5); 0 where nothing sounds.

    Notes
    -----
    The spectral peaks are waves of period one semitone; their common phase is the
    tuning (Gómez 2006, section 3.2.3, in its form as a circular mean).
    """
    first = (MIN_TUNED_MIDI - LOWEST_MIDI) * BINS_PER_SEMITONE
    prominence = spectrum.values[:, first:].mean(axis=0, dtype=np.float64)
    return _circular_tuning(prominence)


def _circular_tuning(amplitudes: Float64) -> float:
    """Find the phase of amplitudes [n], the first on a semitone, along a semitone."""
    turns = np.exp(2j * np.pi * np.arange(len(amplitudes)) / BINS_PER_SEMITONE)
    total = (amplitudes * turns).sum()
    if abs(total) <= 1e-9 * amplitudes.sum():
        return 0.0
    tuning = float(np.angle(total) / (2 * np.pi))
    return tuning - 1 if tuning >= 0.5 else tuning
