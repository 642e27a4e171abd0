"""Predictions: many recordings, archives or tracks of a corpus, each with its genre.

Conventions
-----------
Recordings are analyzed in the model's own dialect, in as many processes as there are
cores; the model is loaded once, and answers as soon as a recording has been analyzed,
so that memory does not grow with their number. What cannot be predicted becomes an
`Unheard` that says why, and the rest goes on.

Answers come in the order given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import overload

from genrelab.errors import DataError, UsageError
from genrelab.learning.runs import Run, load_run
from genrelab.listening.abstention import check_threshold, find_abstention
from genrelab.listening.hearing import (
    Heard,
    Unheard,
    hear_archive,
    hear_corpus,
    unless_silent,
)
from genrelab.listening.models import Model, shipped_model
from genrelab.listening.prediction import Prediction, answer_each
from genrelab.music.corpus import Corpus
from genrelab.music.sounds import written_name
from genrelab.progress import Progress, silent
from genrelab.workflows.analyses import (
    Settings,
    attempt,
    check_jobs,
    in_order,
    remark_on,
    run_tasks,
)
from genrelab.workflows.questions import Question, find_questions

THREADS = 1  # of the model: a track takes a few milliseconds, and the cores analyze


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Which model is asked, and how.

    Attributes
    ----------
    model : Model
    threshold : float
        How probable a genre must be to be named; with 0 one always is.
    windows : bool
        Whether to tell the probabilities over time, too.
    jobs : int or None
        Processes that analyze; None for one a core.
    settings : Settings or None
        How recordings are analyzed; None for the shipped analyzer in the model's dialect.
    progress : Progress
        Told the recordings, or tracks, that are done.

    Raises
    ------
    UsageError
        If the threshold is no probability, or there are less than one process.
    """

    model: Model
    threshold: float = 0.0
    windows: bool = False
    jobs: int | None = None
    settings: Settings | None = None
    progress: Progress = silent

    def __post_init__(self) -> None:
        check_threshold(self.threshold)
        check_jobs(self.jobs)

    def hearing(self) -> Settings:
        """Return how recordings are to be analyzed."""
        learned = self.model.run.info.dialect
        return self.settings or Settings(dialect="spotify" if learned == "unknown" else learned)

    def answer(self, asked: Iterable[Heard | Unheard]) -> Iterator[Prediction | Unheard]:
        """Ask the model."""
        return answer_each(self.model, asked, threshold=self.threshold, windows=self.windows)


@overload
def predict(  # type: ignore[overload-overlap]  # a str is a sequence of str, too
    inputs: str | Path,
    *,
    model: Model | Run | str | Path | None = ...,
    precision: float | None = ...,
    threshold: float | None = ...,
    windows: bool = ...,
    jobs: int | None = ...,
    progress: Progress = ...,
) -> Prediction: ...


@overload
def predict(
    inputs: Sequence[str | Path],
    *,
    model: Model | Run | str | Path | None = ...,
    precision: float | None = ...,
    threshold: float | None = ...,
    windows: bool = ...,
    jobs: int | None = ...,
    progress: Progress = ...,
) -> Iterator[Prediction | Unheard]: ...


def predict(
    inputs: str | Path | Sequence[str | Path],
    *,
    model: Model | Run | str | Path | None = None,
    precision: float | None = None,
    threshold: float | None = None,
    windows: bool = False,
    jobs: int | None = None,
    progress: Progress = silent,
) -> Prediction | Iterator[Prediction | Unheard]:
    """Predict the genre of a recording, or of many.

    Parameters
    ----------
    inputs : path-like or sequence of path-like
        A recording, or a JSON archive of one analysis; or any number of them, and folders.
    model : Model, Run or path-like, optional
        The model that ships by default.
    precision : float, optional
        Name a genre only where, of validation tracks this sure, such a share was right.
    threshold : float, optional
        Name a genre only where it is at least so probable; by default always.
    windows : bool
        Whether to tell the probabilities over time, too.
    jobs : int, optional
        Processes that analyze several recordings; by default as many as there are cores.
    progress : Progress
        Told the recordings that are done.

    Returns
    -------
    Prediction, or an iterator of Prediction and Unheard
        The first for one path. Of several, each answer comes once it and all before it
        are finished, and what cannot be predicted comes as `Unheard`.

    Raises
    ------
    DataError
        If the one recording cannot be predicted.
    RunError
        If the model is no complete run, or of a newer format.
    UsageError
        If the run did not reach the precision, or an option makes no sense.

    Examples
    --------
    >>> predict("song.mp3").genre                               # doctest: +SKIP
    'Rock'
    >>> [one.genre for one in predict(["a.mp3", "music/"])]     # doctest: +SKIP
    ['Jazz', None, 'Pop']
    """
    opened = open_model(model)
    asking = Asking(
        model=opened,
        threshold=choose_threshold(opened.run, precision=precision, threshold=threshold),
        windows=windows,
        jobs=jobs,
        progress=progress,
    )
    if isinstance(inputs, (str, Path)):
        return _only_answer(inputs, asking)
    return predict_questions(find_questions(inputs), asking)


def _only_answer(path: str | Path, asking: Asking) -> Prediction:
    questions = find_questions([path])
    answers = list(islice(predict_questions(questions[:1], asking), 2))
    if len(questions) > 1 or len(answers) > 1:
        raise UsageError(f"{path}: stands for several recordings; give it in a list")
    if isinstance(answers[0], Unheard):
        raise DataError(answers[0].sentence)
    return answers[0]


def open_model(model: Model | Run | str | Path | None) -> Model:
    """Open a model: a run, where it lies, or by default the one that ships.

    Raises
    ------
    RunError
        If it is no complete run, damaged, or of a newer format.
    """
    if model is None:
        return shipped_model()
    if isinstance(model, Model):
        return model
    return Model(model if isinstance(model, Run) else load_run(model), threads=THREADS)


def choose_threshold(run: Run, *, precision: float | None, threshold: float | None) -> float:
    """Return the threshold that was asked for, itself or by its precision; 0 where none was.

    Raises
    ------
    UsageError
        If both were, or the run did not reach the precision.
    """
    if precision is None:
        return threshold or 0.0
    if threshold is not None:
        raise UsageError("precision and threshold are two ways to say the same; give one of them")
    return find_abstention(run, precision).threshold


def predict_questions(
    questions: Sequence[Question], asking: Asking
) -> Iterator[Prediction | Unheard]:
    """Answer questions in their order."""
    recordings = [question.path for question in questions if question.kind == "recording"]
    heard = in_order(answer_recordings(recordings, asking))
    for question in questions:
        if question.kind == "recording":
            yield next(heard)[1]
        else:
            yield from asking.answer(hear_others(question, asking.progress))


def predict_corpus(corpus: Corpus, asking: Asking) -> Iterator[Prediction | Unheard]:
    """Answer for every analyzed track of a corpus, by id.

    Raises
    ------
    CorpusError
        If no track has an analysis.
    """
    return asking.answer(hear_corpus(corpus, progress=asking.progress))


def answer_recordings(
    paths: Sequence[Path], asking: Asking
) -> Iterator[tuple[int, Prediction | Unheard]]:
    """Yield (index, answer) of recordings as they are finished."""
    hear = partial(_hear_recording, asking.hearing())
    for index, heard in run_tasks(hear, paths, _lost, jobs=asking.jobs, progress=asking.progress):
        (answer,) = asking.answer([heard])
        yield index, answer


def _hear_recording(settings: Settings, path: Path) -> Heard | Unheard:
    analysis = attempt(settings, path)
    if isinstance(analysis, str):
        return Unheard(sentence=analysis, file=written_name(path))
    remark = remark_on(analysis)
    return unless_silent(
        Heard(
            segments=analysis.segments,
            dialect=analysis.dialect,
            file=written_name(path),
            remarks=(remark,) if remark else (),
        )
    )


def _lost(path: Path, death: str) -> Unheard:
    sentence = f"{path}: the process that analyzed it {death}; the file may be damaged"
    return Unheard(sentence=sentence, file=written_name(path))


def hear_others(question: Question, progress: Progress) -> Iterator[Heard | Unheard]:
    """Yield what a question that is no recording holds: analyses, or what is wrong with it."""
    if question.kind == "fault":
        yield Unheard(sentence=question.sentence, file=written_name(question.path))
    else:
        yield from hear_archive(question.path, progress=progress)
