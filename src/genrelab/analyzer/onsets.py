"""Onsets: how strongly new sounds begin, over time.

Conventions
-----------
An onset strength is a curve at `ONSET_RATE`; value j lies at ``j / ONSET_RATE``
seconds. It is the rise of the critical bands over the step before, each relative to what
is usual in that band, and averaged: 1 is the recording's mean.

References
----------
D. P. W. Ellis, *Beat tracking by dynamic programming*, JNMR 36(1), 2007, section 3.1
(rises of a perceptual spectrum in dB, summed over bands). J. P. Bello et al., *A tutorial
on onset detection in music signals*, IEEE TSAP 13(5), 2005. D. Stowell and M. Plumbley,
*Adaptive whitening for improved real-time audio onset detection*, ICMC 2007 (bands made
equal; here over the whole recording).
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d

from genrelab.analyzer.spectrum import FRAME_RATE, BandSpectrum
from genrelab.music.segments import Float32, Float64

DECIMATION = 2  # frames of the spectrum a step: finer ones locate beats no better
ONSET_RATE = FRAME_RATE / DECIMATION  # values a second: 86.1
QUIET_BAND = 0.2  # of the mean rise: a band with less counts less
_TINY = 1e-9


def onset_strength(spectrum: BandSpectrum) -> Float32:
    """Compute how strongly sounds begin.

    Parameters
    ----------
    spectrum : BandSpectrum

    Returns
    -------
    float32 array [m]
        Never negative; one value for every `DECIMATION` frames.

    Examples
    --------
    >>> bands = np.zeros((400, 23), np.float32)
    >>> bands[200:] = 40
    >>> int(onset_strength(BandSpectrum(bands=bands, level=bands.mean(axis=1))).argmax())
    100
    """
    bands = spectrum.bands[::DECIMATION]
    rises = np.zeros_like(bands)
    np.subtract(bands[1:], bands[:-1], out=rises[1:])
    np.maximum(rises, 0, out=rises)
    usual = rises.mean(axis=0)
    weights = 1 / (usual + QUIET_BAND * usual.mean() + _TINY)
    return np.asarray(rises @ (weights / len(weights)), np.float32)


def strength_at(onsets: Float32, seconds: Float64, *, within: float) -> Float64:
    """Read the strongest onset near some times.

    Parameters
    ----------
    onsets : float32 array [m]
        An onset strength.
    seconds : float64 array [n]
    within : float
        Seconds to each side.
    """
    strongest = maximum_filter1d(onsets, 2 * round(within * ONSET_RATE) + 1, mode="constant")
    steps = np.clip(np.round(seconds * ONSET_RATE).astype(np.int64), 0, len(onsets) - 1)
    return np.asarray(strongest[steps], np.float64)
