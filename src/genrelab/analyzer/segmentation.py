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
event detection. The rules' constants were measured against real analyses.
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
from genrelab.music.analysis import Dialect
from genrelab.music.segments import Float32

if TYPE_CHECKING:
    import onnxruntime

Frames = npt.NDArray[np.int64]

MIN_SEGMENT = round(0.058 * FRAME_RATE)  # frames: no shorter segment is cut

# The network: it is run on so many frames at a time,
CHUNK = 4096
SMOOTH_S = 0.120  # its likelihood is smoothed over so long,
APART_S = 0.050  # and a start is the likeliest within so much to each side.

# The rules: where the loudness rises fastest, and the dip from which it rose.
FADE_S = 0.052  # a sound is still felt for so long, less and less,
RISE_S = 0.133  # and how fast the loudness rises is told from so much of it
STEEP_DB = 15.5  # dB a second: what rises as fast starts a segment,
DELAY: dict[Dialect, int] = {"spotify": 1, "echonest": 1, "msd": 0}  # frames after the dip before


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
    """Cuts where the loudness rises, at the dip before; nothing in it is learned.

    It is what the original does, as far as it shows: on recordings of which we hold the
    very samples that it analyzed, 96 % of its starts are told from other rises, and its
    ``confidence`` grows with how fast the loudness rises.

    Parameters
    ----------
    dialect : {"spotify", "echonest", "msd"}
        Whose starts: the Million Song Dataset's lie a frame earlier.
    """

    def __init__(self, *, dialect: Dialect = "spotify") -> None:
        self._delay = DELAY[dialect]

    def starts(self, spectrum: BandSpectrum) -> Frames:
        """Return the frames at which segments start, by this module's conventions.

        Examples
        --------
        >>> bands = np.zeros((400, 23), np.float32)
        >>> bands[200:] = 40
        >>> spectrum = BandSpectrum(bands=bands, level=bands.mean(axis=1))
        >>> RuleSegmenter().starts(spectrum).tolist()
        [0, 200]
        """
        loudness = felt_loudness(spectrum)
        rise = np.diff(correlate1d(loudness, _hann(RISE_S), mode="nearest"), prepend=loudness[0])
        onsets = find_peaks(rise, reach=1)
        onsets = onsets[rise[onsets] > STEEP_DB / FRAME_RATE]
        return keep_apart(_dips_before(onsets, loudness) + self._delay)


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


@cache
def _hann(seconds: float) -> Float32:
    """A Hann window of an odd number of frames, at least 3, with sum 1."""
    length = max(3, round(seconds * FRAME_RATE) | 1)
    window = np.hanning(length + 2)[1:-1]
    return np.asarray(window / window.sum(), np.float32)


def _dips_before(onsets: Frames, loudness: Float32) -> Frames:
    """Return the last local minimum at or before each onset, or the beginning."""
    falls = np.diff(loudness, prepend=loudness[0]) <= 0
    rises = np.diff(loudness, append=loudness[-1]) > 0
    dips = np.flatnonzero(falls & rises)
    before = np.searchsorted(dips, onsets, side="right") - 1
    return np.where(before >= 0, np.append(dips, 0)[before], 0)
