"""Pairs: recordings together with the original analyzer's analysis of them.

Conventions
-----------
A folder of pairs holds ``pairs.csv`` (columns ``name`` and ``analyzer`` at least;
``artist``, ``title`` and ``analysis_source`` tell what the originals are of) and, in a
folder for each name, ``audio.*``, ``analysis.json.gz`` and
``alignment.csv``, whose rows map seconds of the analysis to seconds of the audio:
linear between rows, the nearest piece's slope beyond them.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genrelab.analyzer.audio import read_recording
from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.errors import DataError
from genrelab.music.analysis import Analysis, Dialect
from genrelab.music.segments import Float32, Float64
from genrelab.music.tracks import Track
from genrelab.progress import Progress, silent

MIN_SEGMENT_S = 0.04  # shorter segments of the original are not compared
DIALECT_OF_ANALYZER: dict[str, Dialect] = {
    "4.0.0": "spotify",
    "3.2.2": "echonest",
    "MSD record": "msd",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """A recording and what the original analyzer said of it.

    Attributes
    ----------
    name : str
    original : Analysis
        Times in the analysis' own seconds.
    knots : float64 array [k, 2]
        Seconds of the analysis, seconds of the audio.
    samples : float32 array [n]
        The recording, mono at `spectrum.SAMPLE_RATE`.
    duration : float
        Seconds of audio.
    """

    name: str
    original: Analysis
    knots: Float64
    samples: Float32
    duration: float

    def audio_time(self, seconds: Float64) -> Float64:
        """Map seconds of the analysis to seconds of the audio."""
        x, y = self.knots.T
        slopes = np.diff(y) / np.diff(x)
        piece = np.clip(np.searchsorted(x, seconds) - 1, 0, len(slopes) - 1)
        return np.asarray(y[piece] + slopes[piece] * (seconds - x[piece]))

    @property
    def starts(self) -> Float64:
        """Where the original's segments start in the audio, seconds [n]."""
        return self.audio_time(self.original.segments.start)

    @property
    def ends(self) -> Float64:
        """Where the original's segments end in the audio, seconds [n]."""
        segments = self.original.segments
        return self.audio_time(segments.start + segments.duration)

    @property
    def compared(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which of the original's segments lie wholly inside the audio and are long enough."""
        starts, ends = self.starts, self.ends
        return (starts >= 0) & (ends <= self.duration) & (ends - starts >= MIN_SEGMENT_S)

    @property
    def shared(self) -> tuple[float, float]:
        """The stretch of audio that the analysis speaks of, from and to, in seconds."""
        starts, ends = self.starts, self.ends
        return max(0.0, float(starts[0])), min(self.duration, float(ends[-1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Originals:
    """What the analyses of a folder of pairs are of, as far as its table tells.

    Attributes
    ----------
    songs : frozenset of (str, str)
        Artist and title, in small letters and without what stands in brackets.
    ids : frozenset of str
        All that may be a track's id where the analysis came from.
    """

    songs: frozenset[tuple[str, str]]
    ids: frozenset[str]

    def include(self, track: Track) -> bool:
        """Tell whether a track is one of them, or another version of it."""
        is_named = bool(track.artist and track.title)
        native_id = track.id.partition("-")[2]
        return native_id in self.ids or (
            is_named and _song(track.artist or "", track.title or "") in self.songs
        )


def read_originals(folder: str | Path) -> Originals:
    """Read what the analyses of a folder of pairs are of.

    Raises
    ------
    DataError
        If the folder has no table.
    """
    rows = _read_table(Path(folder))
    named = [row for row in rows if row.get("artist") and row.get("title")]
    sources = [row.get("analysis_source") or "" for row in rows]
    return Originals(
        songs=frozenset(_song(row["artist"], row["title"]) for row in named),
        ids=frozenset(part for source in sources for part in re.split("[:/]", source) if part),
    )


def _song(artist: str, title: str) -> tuple[str, str]:
    """Reduce a name to what its spellings share."""
    bare = re.sub(r"[(\[].*?[)\]]", "", title)
    plain = [re.sub(r"\W", "", text.casefold()) for text in (artist, bare, title)]
    return plain[0], plain[1] or plain[2]


def load_pairs(
    folder: str | Path, *, names: Sequence[str] | None = None, progress: Progress = silent
) -> list[Pair]:
    """Read a folder of pairs, audio included, in the order of its ``pairs.csv``.

    Parameters
    ----------
    folder : path-like
    names : sequence of str, optional
        Read these only.
    progress : Progress

    Raises
    ------
    DataError
        Naming the pair and what it lacks.
    """
    folder = Path(folder)
    rows = [row for row in _read_table(folder) if names is None or row["name"] in names]
    pairs = []
    for done, row in enumerate(rows):
        progress("reading pairs", done, len(rows))
        pairs.append(_load_pair(folder / row["name"], row["analyzer"]))
    return pairs


def _read_table(folder: Path) -> list[dict[str, str]]:
    table = folder / "pairs.csv"
    if not table.is_file():
        raise DataError(f"{table}: no such file; a folder of pairs has one")
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _load_pair(folder: Path, analyzer: str) -> Pair:
    audio = sorted(folder.glob("audio.*"))
    if len(audio) != 1:
        raise DataError(f"{folder}: {len(audio)} files called audio.*; expected one")
    dialect = DIALECT_OF_ANALYZER.get(analyzer)
    if dialect is None:
        known = ", ".join(DIALECT_OF_ANALYZER)
        raise DataError(f"{folder}: analyzer {analyzer!r} is not known; expected one of {known}")
    samples = read_recording(audio[0]).samples
    return Pair(
        name=folder.name,
        original=Analysis.from_json(
            gzip.decompress((folder / "analysis.json.gz").read_bytes()), dialect=dialect
        ),
        knots=np.loadtxt(folder / "alignment.csv", delimiter=",", skiprows=1, ndmin=2),
        samples=samples,
        duration=len(samples) / SAMPLE_RATE,
    )
