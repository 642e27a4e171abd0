"""Audio spectra: what a spectrogram and a picture of MFCCs show, at a picture's resolution.

Conventions
-----------
Audio is mono float32 at `genrelab.analyzer.spectrum.SAMPLE_RATE`. Power is relative to a
full-scale sine, which has 0 dB. A picture has at most `MOST_COLUMNS` columns; each holds
the mean power of its frames, so that nothing is skipped, however long the audio is.

References
----------
S. Davis and P. Mermelstein, *Comparison of parametric representations for monosyllabic word
recognition*, IEEE Trans. ASSP 28, 1980: cosine transform of log mel-band energies. S. Young
et al., *The HTK Book*, 2006, section 5.4: mel = 2595 log10(1 + f / 700), triangular bands.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.fft

from genrelab.analyzer.spectrum import SAMPLE_RATE, power_frames
from genrelab.judging.time_axis import Stretch
from genrelab.music.segments import Float32, Float64

WINDOW_LENGTH = 2048  # samples: 93 ms, so that low notes part
N_FFT = 4096  # zeros behind the window give low notes a smooth outline
N_BINS = N_FFT // 2 + 1
HZ_PER_BIN = SAMPLE_RATE / N_FFT
LONGEST_HOP, SHORTEST_HOP = 512, 64  # samples
MOST_COLUMNS = 1200
N_MEL_BANDS = 40
N_COEFFICIENTS = 13  # the zeroth, which is the loudness, included
FLOOR = 1e-12  # power, -120 dB: digital silence has a logarithm
_CHUNK = 512  # columns' frames at a time


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColumnPower:
    """Mean power spectra of a stretch, a column of a picture each.

    Attributes
    ----------
    power : float32 array [c, N_BINS]
        Relative to a full-scale sine; at least one column.
    edges : float64 array [c + 1]
        Seconds where columns begin and end.
    """

    power: Float32
    edges: Float64


@cache
def _window() -> Float32:
    window = np.hanning(WINDOW_LENGTH + 1)[:-1]
    scaled: Float32 = (window * (2 / window.sum())).astype(np.float32)
    return scaled  # a full-scale sine has power 1


def column_power(samples: Float32, stretch: Stretch) -> ColumnPower:
    """Compute the power spectra of a stretch, as many as a picture can show.

    Parameters
    ----------
    samples : float32 array [n]
        The whole recording.
    """
    n_samples = max(1, round(stretch.length * SAMPLE_RATE))
    hop = int(np.clip(n_samples // MOST_COLUMNS, SHORTEST_HOP, LONGEST_HOP))
    n_frames = max(1, n_samples // hop)
    first = round(stretch.start * SAMPLE_RATE / hop)
    bounds = np.linspace(0, n_frames, min(n_frames, MOST_COLUMNS) + 1).astype(np.int64)
    power = np.empty((len(bounds) - 1, N_BINS), np.float32)
    at_once = max(1, _CHUNK * (len(bounds) - 1) // n_frames)  # columns of _CHUNK frames
    for column in range(0, len(power), at_once):
        inside = bounds[column : column + at_once + 1]
        frames = power_frames(
            samples, _window(), n_fft=N_FFT, hop_length=hop,
            start=first + int(inside[0]), stop=first + int(inside[-1]),
        )  # fmt: skip
        counts = np.diff(inside)[:, None].astype(np.float32)
        sums = np.add.reduceat(frames, inside[:-1] - inside[0], axis=0)
        power[column : column + at_once] = sums / counts
    edges = np.linspace(stretch.start, stretch.stop, len(bounds))
    return ColumnPower(power=power, edges=edges)


def mel_from_hz(hz: Float64) -> Float64:
    """Convert frequency to mel, as the HTK Book has it.

    >>> mel_from_hz(np.array([0.0, 1000.0])).round().tolist()
    [0.0, 1000.0]
    """
    return 2595.0 * np.log10(1.0 + hz / 700.0)


@cache
def _mel_weights() -> Float32:
    """Triangles [bins, N_MEL_BANDS], evenly spaced in mel, each up to its neighbors' tips."""
    mel = mel_from_hz(np.arange(N_BINS, dtype=np.float64) * HZ_PER_BIN)
    spacing = mel[-1] / (N_MEL_BANDS + 1)
    tips = spacing * np.arange(1, N_MEL_BANDS + 1)
    weights: Float32 = np.maximum(0, 1 - np.abs(mel[:, None] - tips) / spacing).astype(np.float32)
    return weights


def mel_cepstrum(power: Float32) -> Float32:
    """Compute mel-frequency cepstral coefficients (MFCCs) from power spectra.

    Parameters
    ----------
    power : float32 array [n, N_BINS]

    Returns
    -------
    float32 array [n, N_COEFFICIENTS]
        In dB (the cosine transform is orthonormal); the zeroth is the mean level times
        ``sqrt(N_MEL_BANDS)``.
    """
    level = 10 * np.log10(power @ _mel_weights() + FLOOR)
    cepstrum: Float32 = scipy.fft.dct(level, axis=1, norm="ortho")[:, :N_COEFFICIENTS]
    return cepstrum
