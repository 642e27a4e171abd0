"""Segmentation: where one sound ends and the next begins.

Conventions
-----------
Starts are frames of the spectrum: the first is 0, they increase by `MIN_SEGMENT` at
least, and each segment ends where the next starts, the last one at the spectrum's
end. A segment starts some 50 ms *before* its onset is heard, where the sound before
it has died away.

Nothing here is learned. It is what the original does, as far as comparing shows; see
`docs/analyzer.md` for how many of its starts are found.

References
----------
T. Jehan, *Creating Music by Listening*, PhD thesis, MIT 2005, section 3.4: event
detection. The constants were measured against real analyses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.ndimage import correlate1d, maximum_filter1d

from genrelab.analyzer.spectrum import FRAME_RATE, BandSpectrum
from genrelab.music.analysis import Dialect
from genrelab.music.segments import Float32, Int64

MIN_SEGMENT = round(0.058 * FRAME_RATE)  # frames: no shorter segment is cut
FADE_S = 0.052  # a sound is still felt for so long, less and less,
RISE_S = 0.133  # and how fast the loudness rises is told from so much of it
STEEP_DB = 15.5  # dB a second: what rises as fast starts a segment,
DELAY: dict[Dialect, int] = {"spotify": 1, "echonest": 1, "msd": 0}  # frames after the dip before
DOUBTFUL_DB, CERTAIN_DB = 13.3, 160.0  # dB a second: rises of confidence 0 and 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segmentation:
    """Where segments start, and how sure that is.

    Attributes
    ----------
    starts : int64 array [s]
        Frames, by this module's conventions; at least one.
    confidence : float32 array [s]
        0 to 1; 0 for the first, which starts with the recording.
    """

    starts: Int64
    confidence: Float32


def find_segments(spectrum: BandSpectrum, *, dialect: Dialect = "spotify") -> Segmentation:
    """Cut a recording where its loudness rises, at the dip before.

    Parameters
    ----------
    spectrum : BandSpectrum
    dialect : {"spotify", "echonest", "msd"}
        Whose starts: the Million Song Dataset's lie a frame earlier.

    Examples
    --------
    >>> bands = np.zeros((400, 23), np.float32)
    >>> bands[200:] = 40
    >>> spectrum = BandSpectrum(bands=bands, level=bands.mean(axis=1))
    >>> find_segments(spectrum).starts.tolist()
    [0, 200]
    """
    loudness = felt_loudness(spectrum)
    rise = loudness_rise(loudness)
    onsets = np.flatnonzero((rise >= maximum_filter1d(rise, 3)) & (rise > STEEP_DB))
    starts = _dips_before(onsets, loudness) + DELAY[dialect]
    sureness = np.log(rise[onsets] / DOUBTFUL_DB) / np.log(CERTAIN_DB / DOUBTFUL_DB)
    kept = _far_enough(starts)
    return Segmentation(
        starts=np.append(0, starts[kept]).astype(np.int64),
        confidence=np.append(0, sureness[kept].clip(0, 1)).astype(np.float32),
    )


def felt_loudness(spectrum: BandSpectrum) -> Float32:
    """Return the mean level of the bands with what is still felt of the frames before, [n].

    The weight of the past falls like half a Hann window.
    """
    length = round(FADE_S * FRAME_RATE)
    weights = 1 + np.cos(np.pi * np.arange(length) / length)
    # From the first level on, so that a steady sound stays steady to the last digit.
    first = spectrum.level[0]
    level = np.pad(spectrum.level - first, (length - 1, 0))
    felt = np.convolve(level, weights / weights.sum(), mode="valid") + first
    return np.asarray(felt, np.float32)


def loudness_rise(loudness: Float32) -> Float32:
    """Tell how fast a felt loudness [n] rises, dB a second [n]."""
    smooth = correlate1d(loudness, _hann(RISE_S), mode="nearest")
    return np.asarray(np.diff(smooth, prepend=loudness[0]) * np.float32(FRAME_RATE), np.float32)


@cache
def _hann(seconds: float) -> Float32:
    """A Hann window of an odd number of frames, at least 3, with sum 1."""
    length = max(3, round(seconds * FRAME_RATE) | 1)
    window = np.hanning(length + 2)[1:-1]
    return np.asarray(window / window.sum(), np.float32)


def _dips_before(onsets: Int64, loudness: Float32) -> Int64:
    """Return the last local minimum at or before each onset, or the beginning."""
    falls = np.diff(loudness, prepend=loudness[0]) <= 0
    rises = np.diff(loudness, append=loudness[-1]) > 0
    dips = np.flatnonzero(falls & rises)
    before = np.searchsorted(dips, onsets, side="right") - 1
    return np.where(before >= 0, np.append(dips, 0)[before], 0)


def _far_enough(starts: Int64) -> list[int]:
    """Tell which starts, in order, leave `MIN_SEGMENT` to the one kept before, the first 0."""
    kept, last = [], 0
    for place, start in enumerate(starts.tolist()):
        if start - last >= MIN_SEGMENT:
            kept.append(place)
            last = start
        elif kept and start == last:  # two rises from one dip: the later one counts
            kept[-1] = place
    return kept
