"""Spectra: what the tests of synthetic sounds measure."""

from __future__ import annotations

import numpy as np

SR = 22_050


def spectrum(sound):
    """Return frequencies in Hz and the power at each."""
    windowed = np.asarray(sound, dtype=np.float64) * np.hanning(len(sound))
    return np.fft.rfftfreq(len(sound), 1 / SR), np.abs(np.fft.rfft(windowed)) ** 2


def share(sound, low, high):
    """Return the share of power between two frequencies, 0 to 1."""
    hz, power = spectrum(sound)
    return power[(hz >= low) & (hz < high)].sum() / power.sum()


def strongest(sound):
    """Return the frequency of the strongest partial in Hz."""
    hz, power = spectrum(sound)
    return hz[power.argmax()]


def centroid(sound):
    """Return where the middle of the spectrum lies, in Hz."""
    hz, power = spectrum(sound)
    return (hz * power).sum() / power.sum()


def rms(sound):
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(np.asarray(sound, dtype=np.float64) ** 2)))
