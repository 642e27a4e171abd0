"""Segmentation: where one sound ends and the next begins.

Conventions
-----------
A segmentation is an int64 array of frames of the spectrum: the first is 0, they
increase by `MIN_SEGMENT` at least, and each segment ends where the next starts,
the last one at the spectrum's end. The original lets a segment start some 50 ms
*before* the onset is heard, where the sound before it has died away.

References
----------
T. Jehan, *Creating Music by Listening*, PhD thesis, MIT 2005, section 3.4:
event detection in critical bands. The rules' constants were measured against
real analyses.
"""

from __future__ import annotations

from functools import cache
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.ndimage import correlate1d, maximum_filter1d

from genrelab.analyzer.spectrum import FRAME_RATE, BandSpectrum
from genrelab.music.segments import Float32

Frames = npt.NDArray[np.int64]

MIN_SEGMENT = round(0.058 * FRAME_RATE)  # frames: no shorter segment is cut

# The rules: where the bands rise together, and how far before that a segment starts.
NOVELTY_S = 0.120  # the rise is smoothed over so long to find the onsets,
ATTACK_S = 0.015  # and over so long to find where the attack is steepest
PEAK_S = 0.060  # an onset is the strongest within so much to each side
AROUND_S = 0.500  # and exceeds the mean over so much to each side
EXCESS = 0.2  # by this part of the recording's mean
BEFORE_S, AFTER_S = 0.110, 0.030  # the steepest attack lies at most so far from the onset
QUIET_S = BEFORE_S / 2  # the segment starts at most so long before the attack,
QUIET_DB = 1.0  # at the last frame no louder than this above the quietest


class Segmenter(Protocol):
    """Whatever can cut a recording into segments."""

    def starts(self, spectrum: BandSpectrum) -> Frames:
        """Return the frames at which segments start, by this module's conventions."""


class RuleSegmenter:
    """Cuts where the critical bands rise together; nothing in it is learned."""

    def starts(self, spectrum: BandSpectrum) -> Frames:
        """Return the frames at which segments start, by this module's conventions.

        Examples
        --------
        >>> bands = np.zeros((400, 23), np.float32)
        >>> bands[200:] = 40
        >>> spectrum = BandSpectrum(bands=bands, level=bands.mean(axis=1))
        >>> RuleSegmenter().starts(spectrum).tolist()
        [0, 199]
        """
        novelty = correlate1d(_rise(spectrum.bands, 2), _hann(NOVELTY_S), mode="nearest")
        attack = correlate1d(_rise(spectrum.bands, 1), _hann(ATTACK_S), mode="nearest")
        onsets = _find_onsets(novelty)
        return keep_apart([_quiet_before(onset, attack, spectrum.level) for onset in onsets])


def keep_apart(candidates: npt.ArrayLike) -> Frames:
    """Make a segmentation of candidates in order: 0, and each that follows far enough."""
    starts = [0]
    for candidate in np.asarray(candidates, np.int64).tolist():
        if candidate - starts[-1] >= MIN_SEGMENT:
            starts.append(candidate)
    return np.array(starts, np.int64)


def find_peaks(curve: Float32, *, reach: int) -> Frames:
    """Return where a curve is the maximum of ``reach`` frames to each side, [m].

    Of a plateau every frame counts.
    """
    return np.flatnonzero(curve >= maximum_filter1d(curve, 2 * reach + 1)).astype(np.int64)


def _rise(bands: Float32, lag: int) -> Float32:
    """Sum over the bands of how much each has risen in ``lag`` frames, [n]."""
    rise = np.zeros(len(bands), np.float32)
    for first in range(min(lag, len(bands)) - 1, 0, -1):  # the first frames have less to look back
        rise[first] = np.maximum(bands[first] - bands[0], 0).sum()
    difference = bands[lag:] - bands[:-lag]
    rise[lag:] = np.maximum(difference, 0, out=difference).sum(axis=1)
    return rise


@cache
def _hann(seconds: float) -> Float32:
    """A Hann window of an odd number of frames, at least 3, with sum 1."""
    length = max(3, round(seconds * FRAME_RATE) | 1)
    window = np.hanning(length + 2)[1:-1]
    return np.asarray(window / window.sum(), np.float32)


def _find_onsets(novelty: Float32) -> Frames:
    """Return the novelty's peaks that stand out from what is around them, [m]."""
    n, around = len(novelty), int(AROUND_S * FRAME_RATE)
    total = np.concatenate([[0.0], np.cumsum(novelty, dtype=np.float64)])
    peaks = find_peaks(novelty, reach=int(PEAK_S * FRAME_RATE))
    low, high = np.maximum(peaks - around, 0), np.minimum(peaks + around + 1, n)
    threshold = (total[high] - total[low]) / (high - low) + EXCESS * total[-1] / n
    # In silence the sums' rounding errors would count as novelty.
    return np.asarray(peaks[novelty[peaks] > np.maximum(threshold, 1e-6)])


def _quiet_before(onset: int, attack: Float32, level: Float32) -> int:
    """Return the last quiet frame before an onset's steepest attack."""
    first = max(onset - int(BEFORE_S * FRAME_RATE), 0)
    steepest = first + int(attack[first : onset + int(AFTER_S * FRAME_RATE) + 1].argmax())
    first = max(steepest - int(QUIET_S * FRAME_RATE), 0)
    before = level[first : steepest + 1]
    return first + int(np.flatnonzero(before <= before.min() + QUIET_DB)[-1])
