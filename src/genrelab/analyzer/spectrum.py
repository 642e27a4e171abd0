"""Spectrum: what the ear gets of a recording, in 23 critical bands.

Conventions
-----------
Audio is mono float32 at `SAMPLE_RATE`; frame i is centered on sample
``i * HOP_LENGTH``, so that it lies at ``i / FRAME_RATE`` seconds. Band levels are
in dB above a floor of -60 dB, hence never negative. A band hears the strongest of
what reaches it: a frequency reaches the bands around its own, weakened by a
spreading function.

References
----------
T. Jehan, *Creating Music by Listening*, PhD thesis, MIT 2005, chapter 3: critical
bands, outer ear, temporal masking. T. Jehan and D. DesRoches, *Analyzer
Documentation*, The Echo Nest 2014. M. R. Schroeder, B. S. Atal and J. L. Hall,
"Optimizing digital speech coders by exploiting masking properties of the human ear",
JASA 66, 1979: the spreading function. E. Terhardt, "Calculating virtual pitch",
Hearing Research 1, 1979: the ear's threshold. The constants were measured against real analyses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.fft

from genrelab.music.analysis import Dialect
from genrelab.music.segments import Float32, Float64

SAMPLE_RATE = 22_050  # Hz
HOP_LENGTH = 128  # samples: 5.8 ms
FRAME_RATE = SAMPLE_RATE / HOP_LENGTH  # frames a second
WINDOW_LENGTH = N_FFT = 512  # samples: 23 ms
N_BANDS = 23  # of one Bark each
FLOOR_DB = -60.0  # the level that counts as silence: 0 in a band
GAIN_DB = 63.5  # of a full-scale sine above the floor, after the window
DECAY_DB = 60.0 * HOP_LENGTH / SAMPLE_RATE / 0.2  # a masker fades by 60 dB in 200 ms
_CHUNK = 512  # frames at a time, so that a chunk's spectra stay in the processor's cache
STRONGEST = 3  # the power at which a sum over frequencies is nearly their maximum
SPREAD: dict[Dialect, float] = {  # how much of Schroeder's spreading in dB
    "spotify": 0.5,
    "echonest": 0.5,
    "msd": 1.25,
}
_TINY, _HUGE = 1e-3, 1e12  # powers 30 dB below and 120 dB above the floor: cubes fit float32


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
def _band_weights(spread: float) -> Float32:
    """Weights [N_FFT // 2 + 1, N_BANDS] of powers to `STRONGEST`: spreading, outer ear."""
    hz = np.arange(N_FFT // 2 + 1) * SAMPLE_RATE / N_FFT
    # How far above the masker, in Bark, the middle of the band lies.
    above = np.arange(N_BANDS)[None] + 0.5 - bark_from_hz(hz)[:, None] + 0.474
    spread_db = spread * (15.81 + 7.5 * above - 17.5 * np.sqrt(1 + above**2))
    weights = 10 ** (STRONGEST * (spread_db + _ear_db(hz)[:, None]) / 10)
    # What is 80 dB down is not heard, and would make the product slow with denormal numbers.
    weights[weights < 10 ** (-8 * STRONGEST)] = 0
    return np.asarray(weights, np.float32)


def _ear_db(hz: Float64) -> Float64:
    """Weigh frequencies as the outer ear does, dB: a quarter of it after Terhardt (1979)."""
    khz = np.maximum(hz, 20) / 1000
    terhardt = -3.64 * khz**-0.8 + 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2) - 1e-3 * khz**4
    slopes = -4 / (1 + (khz / 0.2) ** 2) - 14 * (khz / 10) ** 2
    return np.asarray(0.25 * terhardt + 0.75 * slopes)


@cache
def _window() -> Float32:
    """Weigh a frame so that a power of 1 lies at the floor."""
    window = np.hanning(WINDOW_LENGTH + 1)[:-1]
    return np.asarray(10 ** (GAIN_DB / 20) * window / np.sqrt((window**2).sum()), np.float32)


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


def band_spectrum(samples: Float32, *, dialect: Dialect = "spotify") -> BandSpectrum:
    """Compute the band levels of a recording.

    Parameters
    ----------
    samples : float32 array [n]
        Mono audio at `SAMPLE_RATE`, full scale at 1.
    dialect : {"spotify", "echonest", "msd"}
        Whose spreading over the bands: the analyzers since 3.2.2 spread more than twice as
        far as that of the Million Song Dataset.

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
        np.clip(power, _TINY, _HUGE, out=power)
        raised = power * power
        raised *= power  # to the third, `STRONGEST`
        np.matmul(raised, _band_weights(SPREAD[dialect]), out=bands[start:stop])
    np.log10(bands, out=bands)
    bands *= np.float32(10 / STRONGEST)
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


def sums_until(bands: Float32, times: Float64) -> Float64:
    """Integrate bands over time, from the start to each of some moments.

    Parameters
    ----------
    bands : float32 array [n, N_BANDS]
    times : float64 array [m]
        Frames, increasing: frame i fills [i, i + 1), the last one goes on for ever.

    Returns
    -------
    float64 array [m, N_BANDS]
    """
    n = len(bands)
    whole = np.minimum(times.astype(np.int64), n - 1)
    result = (times - whole)[:, None] * bands[whole]
    before = np.zeros(N_BANDS)  # the sum of all frames before the chunk
    for start in range(0, n, _CHUNK):
        chunk = np.empty((min(_CHUNK, n - start) + 1, N_BANDS))
        chunk[0] = before
        chunk[1:] = bands[start : start + _CHUNK]
        np.cumsum(chunk, axis=0, out=chunk)
        first, last = np.searchsorted(whole, (start, start + _CHUNK))
        result[first:last] += chunk[whole[first:last] - start]
        before = chunk[-1]
    return np.asarray(result)
