"""Prediction: analyses in, genres with probabilities out.

Conventions
-----------
Predictions come in the order of what was asked. Probabilities sum to 1; they
are those of the network unless the run says that it is calibrated. A genre's
probability is that among the genres the run knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy.typing as npt

from genrelab.errors import DataError, UsageError
from genrelab.listening.abstention import check_threshold
from genrelab.listening.hearing import Heard, Unheard, unless_silent
from genrelab.listening.models import BATCH, Answer, Model
from genrelab.music.analysis import Analysis
from genrelab.music.dialects import convert_segments
from genrelab.music.segments import Segments


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPrediction:
    """What a stretch of a recording sounds like; ``start`` and ``stop`` in seconds."""

    start: float
    stop: float
    probabilities: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The genre of one recording.

    Attributes
    ----------
    file, track_id : str or None
        What was asked about.
    position : int
        Its place in the file, from 1, where that holds several.
    genre : str or None
        The most probable one; None where it is less probable than was asked for.
    probabilities : dict
        By genre, in the run's class order; they sum to 1.
    calibrated : bool
    remarks : tuple of str
        Why the answer may be worth less than it looks.
    windows : tuple of WindowPrediction
        The same over time; empty where it was not asked for.
    """

    file: str | None
    track_id: str | None
    position: int = 1
    genre: str | None
    probabilities: dict[str, float]
    calibrated: bool
    remarks: tuple[str, ...] = ()
    windows: tuple[WindowPrediction, ...] = ()

    def top(self, k: int) -> list[tuple[str, float]]:
        """Return the k most probable genres, most probable first."""
        return ranked(self.probabilities, k)

    def to_dict(self, *, top: int | None = None) -> dict[str, Any]:
        """Return what a JSON line holds: what is known, and windows where there are any.

        Parameters
        ----------
        top : int, optional
            How many genres to list, most probable first; by default all, in class order.
        """
        about = {"file": self.file, "track_id": self.track_id}
        told: dict[str, Any] = {
            **{key: value for key, value in about.items() if value is not None},
            "genre": self.genre,
            "probabilities": _listed(self.probabilities, top),
            "calibrated": self.calibrated,
            "remarks": list(self.remarks),
        }
        if self.windows:
            told["windows"] = [
                {
                    "start": one.start,
                    "stop": one.stop,
                    "probabilities": _listed(one.probabilities, top),
                }
                for one in self.windows
            ]
        return told


def ranked(probabilities: Mapping[str, float], k: int) -> list[tuple[str, float]]:
    """Return the k most probable genres, most probable first.

    Raises
    ------
    UsageError
        If k is less than 1.

    Examples
    --------
    >>> ranked({"Jazz": 0.2, "Pop": 0.3, "Rock": 0.5}, 2)
    [('Rock', 0.5), ('Pop', 0.3)]
    """
    if k < 1:
        raise UsageError(f"top is {k}; expected 1 or more")
    return sorted(probabilities.items(), key=lambda item: -item[1])[:k]


def _listed(probabilities: Mapping[str, float], top: int | None) -> dict[str, float]:
    return dict(probabilities) if top is None else dict(ranked(probabilities, top))


def predict_heard(
    model: Model, heard: Iterable[Heard], *, threshold: float = 0.0, windows: bool = False
) -> Iterator[Prediction]:
    """Predict the genre of any number of analyses, a batch at a time.

    Analyses of another dialect than the model's are converted to it, and say so.

    Parameters
    ----------
    model : Model
    heard : iterable of Heard
    threshold : float
        How probable a genre must be to be named; with 0 one always is.
    windows : bool
        Whether to tell the probabilities over time, too.

    Raises
    ------
    DataError
        If an analysis has no segments.
    """
    check_threshold(threshold)
    waiting = iter(heard)
    while batch := list(islice(waiting, BATCH)):
        for one in batch:
            if len(one.segments) == 0:
                raise DataError(f"{one.name}: no segments to hear")
        yield from _predictions(model, batch, threshold, windows)


def predict_analysis(
    model: Model, analysis: Analysis, *, threshold: float = 0.0, windows: bool = False
) -> Prediction:
    """Predict the genre of one analysis; see `predict_heard`.

    Raises
    ------
    DataError
        If it has no segments, or is silent throughout.

    Examples
    --------
    >>> predict_analysis(model, analyze("song.mp3")).genre     # doctest: +SKIP
    'Rock'
    """
    heard = Heard(segments=analysis.segments, dialect=analysis.dialect)
    asked = [unless_silent(heard)]
    (answer,) = answer_each(model, asked, threshold=threshold, windows=windows)
    if isinstance(answer, Unheard):
        raise DataError(answer.sentence)
    return answer


def answer_each(
    model: Model,
    asked: Iterable[Heard | Unheard],
    *,
    threshold: float = 0.0,
    windows: bool = False,
) -> Iterator[Prediction | Unheard]:
    """Predict what was heard, and hand on why the rest was not, in the order asked."""
    check_threshold(threshold)
    waiting = iter(asked)
    while batch := list(islice(waiting, BATCH)):
        heard = [one for one in batch if isinstance(one, Heard)]
        predictions = _predictions(model, heard, threshold, windows)
        for one in batch:
            yield one if isinstance(one, Unheard) else next(predictions)


def _predictions(
    model: Model, batch: Sequence[Heard], threshold: float, windows: bool
) -> Iterator[Prediction]:
    answers = model.answer([_translated(model, one) for one in batch], windows=windows)
    for heard, answer in zip(batch, answers, strict=True):
        yield _prediction(model, heard, answer, threshold)


def _prediction(model: Model, heard: Heard, answer: Answer, threshold: float) -> Prediction:
    best = int(answer.probabilities.argmax())
    is_sure = bool(answer.probabilities[best] >= threshold)
    unsure = () if is_sure else (unsure_remark(threshold),)
    return Prediction(
        file=heard.file,
        track_id=heard.track_id,
        position=heard.position,
        genre=model.classes[best] if is_sure else None,
        probabilities=_by_genre(model, answer.probabilities),
        calibrated=model.run.info.calibrated,
        remarks=(*heard.remarks, *_dialect_remarks(model, heard), *unsure),
        windows=tuple(
            WindowPrediction(
                start=window.start,
                stop=window.stop,
                probabilities=_by_genre(model, window.probabilities),
            )
            for window in answer.windows
        ),
    )


def unsure_remark(threshold: float) -> str:
    """Say why no genre is named."""
    return f"no genre is as probable as {threshold:g}, so none is named"


def _by_genre(model: Model, row: npt.NDArray[Any]) -> dict[str, float]:
    return dict(zip(model.classes, map(float, row), strict=True))


def _is_foreign(model: Model, heard: Heard) -> bool:
    """Tell whether two dialects are unlike, and one of them is unknown."""
    learned = model.run.info.dialect
    return heard.dialect != learned and "unknown" in (heard.dialect, learned)


def _translated(model: Model, heard: Heard) -> Segments:
    if heard.dialect == model.run.info.dialect or _is_foreign(model, heard):
        return heard.segments
    return convert_segments(heard.segments, heard.dialect, model.run.info.dialect)


def _dialect_remarks(model: Model, heard: Heard) -> tuple[str, ...]:
    learned = model.run.info.dialect
    if heard.dialect == learned:
        return ()
    said = f"analysis of dialect {heard.dialect}"
    if _is_foreign(model, heard):
        return (f"{said}, model of {learned}: timbre may differ, trust less",)
    return (f"{said}, converted to {learned}, the model's",)
