"""Spectrum: what the ear gets of a recording, in 23 critical bands.

Conventions
-----------
Audio is mono float32 at `SAMPLE_RATE`; frame i is centered on sample
``i * HOP_LENGTH``, so that it lies at ``i / FRAME_RATE`` seconds. Band levels are
in dB above a floor of -60 dB, hence never negative.

References
----------
T. Jehan, *Creating Music by Listening*, PhD thesis, MIT 2005, chapter 3: critical
bands, outer ear, temporal masking. T. Jehan and D. DesRoches, *Analyzer
Documentation*, The Echo Nest 2014. The constants were measured against real analyses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.fft

from genrelab.music.segments import Float32, Float64

SAMPLE_RATE = 22_050  # Hz
HOP_LENGTH = 128  # samples: 5.8 ms
FRAME_RATE = SAMPLE_RATE / HOP_LENGTH  # frames a second
WINDOW_LENGTH = 384  # samples: 17 ms
N_FFT = 512
N_BANDS = 23  # of one Bark each
FLOOR_DB = -60.0  # the level that counts as silence: 0 in a band
GAIN_DB = 63.5  # of a full-scale sine above the floor, after the window
DECAY_DB = 60.0 * HOP_LENGTH / SAMPLE_RATE / 0.2  # a masker fades by 60 dB in 200 ms
_CHUNK = 512  # frames at a time, so that a chunk's spectra stay in the processor's cache
_TINY = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BandSpectrum:
    """A recording's loudness in each critical band over time.

    Attributes
    ----------
    bands : float32 array [n, 23]
        dB above the floor, masking included, lowest band first; at least one frame.
    level : float32 array [n]
        Mean over the bands.
    """

    bands: Float32
    level: Float32

    def __len__(self) -> int:
        return len(self.level)


def bark_from_hz(hz: Float64) -> Float64:
    """Convert frequency to critical-band rate (Zwicker and Terhardt 1980).

    >>> bark_from_hz(np.array([0.0, 1000.0])).round(2).tolist()
    [0.0, 8.51]
    """
    return np.asarray(13 * np.arctan(0.00076 * hz) + 3.5 * np.arctan((hz / 7500) ** 2))


@cache
def _band_weights() -> Float32:
    """Power weights [N_FFT // 2 + 1, N_BANDS]: bands with slopes, behind the outer ear."""
    hz = np.arange(N_FFT // 2 + 1) * SAMPLE_RATE / N_FFT
    bark = bark_from_hz(hz)[:, None]
    band = np.arange(N_BANDS)[None]
    # Flat over [i, i + 1] Bark, 10 dB a Bark below it and 25 dB a Bark above.
    slopes = np.minimum(0, np.minimum(bark - band, -2.5 * (bark - band - 1)))
    ear_db = -6 / (1 + (hz / 200) ** 2) - 8 * (hz / 10_000) ** 2
    weights = 10 ** (slopes + ear_db[:, None] / 10)
    # What is 200 dB down adds nothing, but denormal numbers make the product five times slower.
    weights[weights < 1e-20] = 0
    return np.asarray(weights, np.float32)


@cache
def _window() -> Float32:
    window = np.hanning(WINDOW_LENGTH + 1)[:-1]
    return np.asarray(window / np.sqrt((window**2).sum()), np.float32)


def frame_count(n_samples: int) -> int:
    """Tell how many frames a recording of so many samples has, at least one."""
    return max(1, n_samples // HOP_LENGTH)


def power_frames(
    samples: Float32, window: Float32, *, n_fft: int, hop_length: int, start: int, stop: int
) -> Float32:
    """Compute the power spectra of some frames, silence beyond both ends.

    Parameters
    ----------
    samples : float32 array [n]
    window : float32 array [w]
    n_fft, hop_length : int
    start, stop : int
        The frames wanted; frame i is centered on sample ``i * hop_length``.

    Returns
    -------
    float32 array [stop - start, n_fft // 2 + 1]
    """
    first = start * hop_length - len(window) // 2
    last = (stop - 1) * hop_length - len(window) // 2 + len(window)
    stretch = samples[max(first, 0) : max(last, 0)]
    if first < 0 or last > len(samples):
        stretch = np.pad(stretch, (max(-first, 0), last - first - max(-first, 0) - len(stretch)))
    frames = np.lib.stride_tricks.sliding_window_view(stretch, len(window))[::hop_length]
    spectrum = scipy.fft.rfft(frames * window, n_fft, axis=1)
    parts = spectrum.view(np.float32)  # real and imaginary parts alternate
    np.multiply(parts, parts, out=parts)
    power: Float32 = parts[:, 0::2] + parts[:, 1::2]
    return power


def band_spectrum(samples: Float32) -> BandSpectrum:
    """Compute the band levels of a recording.

    Parameters
    ----------
    samples : float32 array [n]
        Mono audio at `SAMPLE_RATE`, full scale at 1.

    Examples
    --------
    >>> tone = np.sin(np.arange(SAMPLE_RATE) * 2 * np.pi * 1000 / SAMPLE_RATE)
    >>> int(band_spectrum(tone.astype(np.float32)).bands[80].argmax())
    8
    """
    n = frame_count(len(samples))
    bands = np.empty((n, N_BANDS), np.float32)
    for start in range(0, n, _CHUNK):
        stop = min(start + _CHUNK, n)
        power = power_frames(
            samples, _window(), n_fft=N_FFT, hop_length=HOP_LENGTH, start=start, stop=stop
        )
        np.matmul(power, _band_weights(), out=bands[start:stop])
    bands += np.float32(_TINY)
    np.log10(bands, out=bands)
    bands *= np.float32(10)
    bands += np.float32(GAIN_DB)
    np.maximum(bands, 0, out=bands)
    _mask(bands)
    return BandSpectrum(bands=bands, level=bands.mean(axis=1))


def _mask(bands: Float32) -> None:
    """Let no band fall faster than `DECAY_DB` a frame, in place."""
    carried = np.zeros((1, N_BANDS), np.float32)
    for start in range(0, len(bands), _CHUNK):
        chunk = bands[start : start + _CHUNK]
        slope = (np.arange(1, len(chunk) + 1, dtype=np.float32) * np.float32(DECAY_DB))[:, None]
        # D[t] = max(D[t], D[t-1] - decay) is a running maximum once the slope is added.
        chunk += slope
        np.maximum(chunk[:1], carried, out=chunk[:1])
        np.maximum.accumulate(chunk, axis=0, out=chunk)
        chunk -= slope
        carried = chunk[-1:]
