"""Prediction: analyses in, genres with probabilities out.

Conventions
-----------
Predictions come in the order of what was asked. Probabilities sum to 1; they
are those of the network unless the run says that it is calibrated. A genre's
probability is that among the genres the run knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from genrelab.errors import CorpusError, DataError, GenrelabError
from genrelab.listening.models import BATCH, Model
from genrelab.music.analysis import Dialect
from genrelab.music.corpus import Corpus
from genrelab.music.dialects import convert_segments
from genrelab.music.segments import Segments
from genrelab.progress import Progress, silent
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.findings import Entry, Found


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Something to predict: where it came from, and its segments."""

    segments: Segments
    dialect: Dialect
    file: str | None = None
    track_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The genre of one recording.

    Attributes
    ----------
    file, track_id : str or None
        What was asked about.
    genre : str
        The most probable one.
    probabilities : dict
        By genre, in the run's class order; they sum to 1.
    calibrated : bool
    remarks : tuple of str
        Why the answer may be worth less than it looks.
    """

    file: str | None
    track_id: str | None
    genre: str
    probabilities: dict[str, float]
    calibrated: bool
    remarks: tuple[str, ...] = field(default=())

    def top(self, k: int) -> list[tuple[str, float]]:
        """Return the k most probable genres, most probable first."""
        ranked = sorted(self.probabilities.items(), key=lambda item: -item[1])
        return ranked[:k]

    def to_dict(self) -> dict[str, Any]:
        """Return what a JSON line holds; ``file`` or ``track_id`` only where it is known."""
        about = {"file": self.file, "track_id": self.track_id}
        return {
            **{key: value for key, value in about.items() if value is not None},
            "genre": self.genre,
            "probabilities": self.probabilities,
            "calibrated": self.calibrated,
            "remarks": list(self.remarks),
        }


def predict(model: Model, heard: Iterable[Heard]) -> Iterator[Prediction]:
    """Predict the genre of any number of analyses, a batch at a time.

    Analyses of another dialect than the model's are converted to it, and say so.

    Raises
    ------
    DataError
        If an analysis has no segments.
    """
    waiting = iter(heard)
    while batch := list(islice(waiting, BATCH)):
        for one in batch:
            if len(one.segments) == 0:
                raise DataError(f"{one.file or one.track_id}: no segments to hear")
        answers = model.answer([_translated(model, one) for one in batch])
        for one, answer in zip(batch, answers, strict=True):
            row = answer.probabilities
            yield Prediction(
                file=one.file,
                track_id=one.track_id,
                genre=model.classes[int(row.argmax())],
                probabilities=dict(zip(model.classes, map(float, row), strict=True)),
                calibrated=model.run.info.calibrated,
                remarks=_remarks(model, one),
            )


def _is_foreign(model: Model, heard: Heard) -> bool:
    """Tell whether two dialects are unlike, and one of them is unknown."""
    learned = model.run.info.dialect
    return heard.dialect != learned and "unknown" in (heard.dialect, learned)


def _translated(model: Model, heard: Heard) -> Segments:
    if heard.dialect == model.run.info.dialect or _is_foreign(model, heard):
        return heard.segments
    return convert_segments(heard.segments, heard.dialect, model.run.info.dialect)


def _remarks(model: Model, heard: Heard) -> tuple[str, ...]:
    learned = model.run.info.dialect
    if heard.dialect == learned:
        return ()
    said = f"analysis of dialect {heard.dialect}"
    if _is_foreign(model, heard):
        return (f"{said}, model of {learned}: timbre may differ, trust less",)
    return (f"{said}, converted to {learned}, the model's",)


@dataclass(frozen=True, slots=True)
class Unheard:
    """Something that could not be read, and why."""

    sentence: str


def hear_files(
    files: Sequence[str | Path], *, progress: Progress = silent
) -> Iterator[Heard | Unheard]:
    """Yield every analysis in files and folders, in order.

    What cannot be read comes as `Unheard`, and the rest goes on.
    """
    for file in files:
        try:
            items = ArchiveSource([file]).items()
            for done, item in enumerate(items):
                progress(f"predicting {file}", done, len(items))
                found = None
                for found in item.entries(0):
                    yield _heard_from(found, item.label)
                if found is None:
                    yield Unheard(f"{item.label}: holds no analysis; expected at least one")
        except GenrelabError as error:
            yield Unheard(str(error))


def _heard_from(found: Found, file: str) -> Heard | Unheard:
    if not isinstance(found, Entry):
        return Unheard(f"{file}: {found.sentence}")
    if found.analysis is None or len(found.analysis.segments) == 0:
        return Unheard(f"{file}: {found.track.id} has no segments to hear")
    return Heard(
        segments=found.analysis.segments,
        dialect=found.analysis.dialect,
        file=file,
        track_id=found.track.id,
    )


def hear_corpus(corpus: Corpus, *, progress: Progress = silent) -> Iterator[Heard]:
    """Yield every analyzed track of a corpus, by id.

    Raises
    ------
    CorpusError
        If no track has an analysis.
    """
    dialects = corpus.dialects()
    if not dialects:
        raise CorpusError(f"{corpus.path}: no track has an analysis to predict from")
    ids = sorted(dialects)
    for done, (track_id, segments) in enumerate(corpus.segments(ids), 1):
        yield Heard(segments=segments, dialect=dialects[track_id], track_id=track_id)
        progress("predicting", done, len(ids))
