"""Segmentation: where one sound ends and the next begins.

Conventions
-----------
A segmentation is an int64 array of frames of the spectrum: the first is 0, they
increase by `MIN_SEGMENT` at least, and each segment ends where the next starts,
the last one at the spectrum's end. The original lets a segment start some 50 ms
*before* the onset is heard, where the sound before it has died away.

Networks say how likely a segment starts at each frame, looking .7 s to each side;
they were taught on recordings whose original analysis is known
(`genrelab.analyzer.fitting.segmentation`), each heard as the analyzer of its dialect
hears: the spectrum's dialect is the one whose cuts they give. The rules need no
teaching and are the baseline.

References
----------
T. Jehan, *Creating Music by Listening*, PhD thesis, MIT 2005, section 3.4:
event detection in critical bands. The rules' constants were measured against
real analyses.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.ndimage import correlate1d, maximum_filter1d

from genrelab.analyzer.spectrum import FRAME_RATE, N_BANDS, BandSpectrum
from genrelab.errors import DataError
from genrelab.music.segments import Float32

if TYPE_CHECKING:
    import onnxruntime

Frames = npt.NDArray[np.int64]

MIN_SEGMENT = round(0.058 * FRAME_RATE)  # frames: no shorter segment is cut

# The network: it is run on so many frames at a time,
CHUNK = 4096
SMOOTH_S = 0.120  # its likelihood is smoothed over so long,
APART_S = 0.050  # and a start is the likeliest within so much to each side.

# The rules: where the bands rise together, and how far before that a segment starts.
NOVELTY_S = 0.120  # the rise is smoothed over so long to find the onsets,
ATTACK_S = 0.015  # and over so long to find where the attack is steepest
PEAK_S = 0.060  # an onset is the strongest within so much to each side
AROUND_S = 0.500  # and exceeds the mean over so much to each side
EXCESS = 0.2  # by this part of the recording's mean
BEFORE_S, AFTER_S = 0.110, 0.030  # the steepest attack lies at most so far from the onset
QUIET_S = BEFORE_S / 2  # the segment starts at most so long before the attack,
QUIET_DB = 1.0  # at the last frame no louder than this above the quietest


class Segmenter:
    """Cuts where a network finds the start of a segment likely.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        A network from bands [1, time, 23] to likelihoods [1, time - 2 * margin].
    margin : int
        Frames to each side of a step (of two frames) that the network looks at.
    threshold : float
        How likely, summed up around it, a start must be.
    """

    def __init__(
        self, session: onnxruntime.InferenceSession, *, margin: int, threshold: float
    ) -> None:
        self._session = session
        self.margin = margin
        self.threshold = threshold

    @classmethod
    def load(cls, path: str | Path) -> Segmenter:
        """Open what `FittedSegmenter.write` wrote.

        Raises
        ------
        DataError
            If the file is missing or is no segmenter.
        """
        path = Path(path)
        if not path.is_file():
            raise DataError(f"{path}: no such file; expected a segmenter")
        return cls.from_bytes(path.read_bytes(), where=str(path))

    @classmethod
    def from_bytes(cls, content: bytes, *, where: str = "a segmenter") -> Segmenter:
        """Open a segmenter from its file's content; ``where`` names it in errors."""
        session = _open_session(content, where)
        properties = session.get_modelmeta().custom_metadata_map
        try:
            margin, threshold = int(properties["margin"]), float(properties["threshold"])
        except (KeyError, ValueError) as error:
            raise DataError(
                f"{where}: is no segmenter; its properties lack a margin or a threshold"
            ) from error
        return cls(session, margin=margin, threshold=threshold)

    def likelihood(self, spectrum: BandSpectrum) -> Float32:
        """Return how likely a segment starts at each frame, [n] in [0, 1].

        The network gets `CHUNK` frames at a time, with a margin of what lies around
        them and silence beyond the recording's ends, so that memory does not grow
        with the recording.
        """
        n = len(spectrum)
        found = np.empty(n, np.float32)
        for start in range(0, n, CHUNK):
            stop = min(start + CHUNK, n)
            window = _cut_window(spectrum.bands, start - self.margin, start + CHUNK + self.margin)
            found[start:stop] = self._session.run(None, {"bands": window})[0][0, : stop - start]
        return found

    def starts(self, spectrum: BandSpectrum) -> Frames:
        """Return the frames at which segments start, by this module's conventions."""
        return pick_starts(self.likelihood(spectrum), threshold=self.threshold)


def pick_starts(likelihood: Float32, *, threshold: float) -> Frames:
    """Cut where starts are likely.

    The network is often sure *that* a segment starts and unsure where: its
    likelihood is then low and wide. Hence it is smoothed before its peaks are taken.
    """
    smooth = correlate1d(likelihood, _hann(SMOOTH_S), mode="nearest")
    peaks = find_peaks(smooth, reach=int(APART_S * FRAME_RATE))
    return keep_apart(peaks[smooth[peaks] > threshold])


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


def _open_session(content: bytes, where: str) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # tracks run side by side
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own errors share no public base class
        raise DataError(f"{where}: cannot be opened as an ONNX network ({error})") from error


def _cut_window(bands: Float32, start: int, stop: int) -> Float32:
    """Cut frames out of a spectrum, [1, stop - start, 23]; silence lies around it."""
    window = np.zeros((1, stop - start, N_BANDS), np.float32)
    first, last = max(start, 0), min(stop, len(bands))
    window[0, first - start : last - start] = bands[first:last]
    return window


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
