"""MSD: the Million Song Dataset's own HDF5 files, in their A/B/C folders.

Conventions
-----------
The labels are a tagtraum-format file (see `genrelab.sources.labels`). The files
give starts only: every duration is the time to the next start, the last one's
to the end of the recording. Text is UTF-8 bytes. What a stripped file lacks
(tatums, loudness...) is left empty; segments with timbre and pitches are not
optional.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from genrelab.errors import DataError, MissingExtraError, UsageError
from genrelab.music.analysis import Analysis, Interval, Section, TrackLevel
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.music.segments import N_VALUES, OPTIONAL_FIELDS, Float64, Segments, derive_durations
from genrelab.music.tracks import Origin, Track, track_id
from genrelab.progress import Progress, silent
from genrelab.sources.byte_stream import content_digest
from genrelab.sources.findings import Drop, Entry, Fault, Found, Item, item_of_error
from genrelab.sources.labels import NO_LABELS, labels_from_cls
from genrelab.sources.records import MSD_ANALYZER

_INTEGER_FIELDS = frozenset(
    {"key", "mode", "time_signature", "analysis_sample_rate", "analysis_channels", "num_samples"}
)


class MsdSource:
    """Million Song Dataset files in a folder and below.

    Parameters
    ----------
    folder : path-like
    labels : path-like, optional
        A tagtraum-format label file; of two genres a line the first counts.
    table : GenreTable
        Which names stand for which genre.
    progress : Progress

    Raises
    ------
    UsageError
        If the folder does not exist or has no ``.h5`` file.
    DataError
        If the labels cannot be read.
    MissingExtraError
        If h5py is not installed.
    """

    name = "msd"

    def __init__(
        self,
        folder: str | Path,
        *,
        labels: str | Path | None = None,
        table: GenreTable = SHIPPED_GENRES,
        progress: Progress = silent,
    ) -> None:
        self._progress = progress
        self._folder = Path(folder)
        if not self._folder.exists():
            raise DataError(f"{folder}: no such folder; expected one with .h5 files in it")
        if not self._folder.is_dir():
            raise UsageError(f"{folder}: a file; expected a folder with .h5 files in it")
        self._files = sorted(self._folder.rglob("*.h5"))
        if not self._files:
            raise UsageError(f"{folder}: no .h5 file in this folder or below")
        self._labels = NO_LABELS if labels is None else labels_from_cls(Path(labels), table=table)
        try:
            self._h5py: Any = importlib.import_module("h5py")
        except ImportError as error:
            raise MissingExtraError("reading Million Song Dataset files", "msd") from error

    def items(self) -> Sequence[Item]:
        """Return an item a file."""
        items = []
        for done, file in enumerate(self._files):
            self._progress("looking for changes", done, len(self._files))
            try:
                fingerprint = f"sha256={content_digest(file)} labels={self._labels.digest}"
            except OSError as error:
                items.append(item_of_error(file, error))
                continue
            entries = partial(self._entries, file)
            items.append(Item(str(file.resolve()), fingerprint, 1, entries, label=str(file)))
        return items

    def _entries(self, file: Path, after: int) -> Iterator[Found]:
        if after >= 1:
            return
        try:
            with self._h5py.File(file, "r") as h5:
                yield self._found(h5, file)
        except DataError as error:
            yield Fault(1, None, str(error), consumed=1)
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            what = str(error).splitlines()[0] if str(error) else type(error).__name__
            sentence = f"is no readable HDF5 file ({what}); expected a Million Song Dataset file"
            yield Fault(1, None, sentence, consumed=1)

    def _found(self, h5: Any, file: Path) -> Found:
        songs = {part: _row(h5, f"{part}/songs") for part in ("analysis", "metadata")}
        native_id = _text(songs["analysis"], "track_id") or file.stem
        identity = track_id("msd", native_id)
        label = self._labels.find(native_id)
        if label.conflict:
            sentence = f"{label.conflict} in {self._labels.path}"
            return Drop(1, identity, "two genres", sentence, consumed=1)
        track = Track(
            id=identity,
            title=_text(songs["metadata"], "title"),
            artist=_text(songs["metadata"], "artist_name"),
            artist_id=_text(songs["metadata"], "artist_id"),
            album=_text(songs["metadata"], "release"),
            genre=label.genre,
            tags=_tags(h5),
            origin=Origin(source="msd", file=file.name, position=1),
        )
        return Entry(1, track, _analysis(h5, songs["analysis"]), consumed=1)


def _dataset(h5: Any, name: str) -> Any:
    """Return a dataset's content, None where a stripped file lacks it or has it empty."""
    found = h5.get(name)
    shape = getattr(found, "shape", None)  # None for a group and for nothing
    return found[()] if shape and 0 not in shape else None


def _row(h5: Any, name: str) -> dict[str, Any]:
    table = _dataset(h5, name)
    if table is None or table.dtype.names is None:
        return {}
    return {column: table[0][column] for column in table.dtype.names}


def _text(row: dict[str, Any], name: str) -> str | None:
    value = row.get(name)
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
    return text.strip() or None


def _number(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _tags(h5: Any) -> dict[str, Any]:
    year = int(_row(h5, "musicbrainz/songs").get("year", 0))
    terms, weights = (_dataset(h5, f"metadata/artist_terms{end}") for end in ("", "_weight"))
    tags: dict[str, Any] = {"year": year} if year else {}
    if terms is not None and weights is not None and len(terms) == len(weights):
        names = [t.decode("utf-8", "replace") if isinstance(t, bytes) else str(t) for t in terms]
        tags["artist_terms"] = [
            [name, round(float(w), 3)] for name, w in zip(names, weights, strict=True)
        ]
    return tags


def _analysis(h5: Any, song: dict[str, Any]) -> Analysis:
    level = _track_level(song)
    parts: dict[str, Any] = {
        name: _intervals(h5, name, Interval, level.duration) for name in ("bars", "beats", "tatums")
    }
    return Analysis(
        analyzer=MSD_ANALYZER,
        dialect="msd",
        segments=_segments(h5, level.duration),
        track=level,
        sections=_intervals(h5, "sections", Section, level.duration),
        **parts,
    )


def _track_level(song: dict[str, Any]) -> TrackLevel:
    values: dict[str, Any] = {}
    for name in (f.name for f in fields(TrackLevel)):
        number = song.get(name)
        if isinstance(number, (int, float, np.number)) and _number(number) is not None:
            values[name] = int(number) if name in _INTEGER_FIELDS else float(number)
    if values.get("duration", 0) < 0:
        raise DataError(f"track duration is {values['duration']}; expected 0 or more seconds")
    return TrackLevel(**values)


def _intervals(h5: Any, name: str, kind: type[Any], duration: float | None) -> list[Any]:
    start = _dataset(h5, f"analysis/{name}_start")
    if start is None:
        return []
    confidence = _dataset(h5, f"analysis/{name}_confidence")
    if confidence is None or len(confidence) != len(start):
        confidence = np.zeros(len(start))
    lengths = np.maximum(derive_durations(np.asarray(start, np.float64), duration), 0)
    return [
        kind(start=float(s), duration=float(d), confidence=float(c))
        for s, d, c in zip(start, lengths, confidence, strict=True)
    ]


def _segments(h5: Any, duration: float | None) -> Segments:
    start = _dataset(h5, "analysis/segments_start")
    n = 0 if start is None else len(start)
    values: dict[str, Float64] = {}
    for name in ("pitches", "timbre"):
        rows = _dataset(h5, f"analysis/segments_{name}")
        shape = None if rows is None else rows.shape
        if n and shape != (n, N_VALUES):
            raise DataError(
                f"analysis/segments_{name} has shape {shape}; expected ({n}, {N_VALUES})"
            )
        values[name] = np.zeros((0, N_VALUES)) if rows is None or not n else rows
    for name in OPTIONAL_FIELDS:
        column = _dataset(h5, f"analysis/segments_{name}")
        fits = column is not None and column.shape == (n,)
        values[name] = column if fits else np.full(n, np.nan)
    starts = np.asarray(start if n else [], dtype=np.float64)
    lengths = derive_durations(starts, duration) if n else starts
    return Segments(start=starts, duration=lengths, **values)  # type: ignore[arg-type]
