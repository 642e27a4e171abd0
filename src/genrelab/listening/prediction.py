"""Prediction: analyses in, genres with probabilities out.

Conventions
-----------
Predictions come in the order of what was asked. Probabilities sum to 1; they
are those of the network unless the run says that it is calibrated. A genre's
probability is that among the genres the run knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from genrelab.errors import DataError
from genrelab.listening.models import BATCH, Model
from genrelab.music.analysis import Dialect
from genrelab.music.corpus import Corpus
from genrelab.music.segments import Segments
from genrelab.progress import Progress, silent


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
        rows = model.predict([one.segments for one in batch])
        for one, row in zip(batch, rows, strict=True):
            yield Prediction(
                file=one.file,
                track_id=one.track_id,
                genre=model.classes[int(row.argmax())],
                probabilities=dict(zip(model.classes, map(float, row), strict=True)),
                calibrated=model.run.info.calibrated,
                remarks=_remarks(model, one),
            )


def _remarks(model: Model, heard: Heard) -> tuple[str, ...]:
    if heard.dialect == model.run.info.dialect:
        return ()
    learned = model.run.info.dialect
    return (
        f"analysis of dialect {heard.dialect}, model of {learned}: their timbre differs, trust less",
    )


def hear_corpus(corpus: Corpus, *, progress: Progress = silent) -> Iterator[Heard]:
    """Yield every analyzed track of a corpus, by id."""
    dialects = corpus.dialects()
    ids = sorted(dialects)
    for done, (track_id, segments) in enumerate(corpus.segments(ids), 1):
        yield Heard(segments=segments, dialect=dialects[track_id], track_id=track_id)
        progress("predicting", done, len(ids))
