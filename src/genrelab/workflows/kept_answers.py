"""Kept answers: predictions into a file, of what it does not answer yet.

Conventions
-----------
A recording counts as answered where the file has an answer about it by the same model,
with the same options and the same analyzer, and the recording has not changed since: its
size, pieces of its content and its time are the same. So does each analysis of an archive
that has not changed, and a track of a corpus whose analysis comes from the same analyzer.
What could not be predicted is tried again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from genrelab.learning.runs import Run
from genrelab.listening.hearing import Heard, Unheard, hear_corpus
from genrelab.listening.prediction import Prediction
from genrelab.music.corpus import Corpus
from genrelab.music.sounds import written_name
from genrelab.workflows.analysis_files import recording_mark
from genrelab.workflows.answer_files import AnswerFile, Subject
from genrelab.workflows.predictions import Asking, answer_recordings, hear_others
from genrelab.workflows.questions import Question

MODEL_FILES = ("run.json", "recipe.toml", "model.onnx")  # all that an answer depends on
_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Where answers go, and what of them.

    Attributes
    ----------
    path : Path
    top : int or None
        How many genres to list, most probable first; None for all.
    """

    path: Path
    top: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Answers that were there already."""

    n: int


@dataclass(slots=True)
class _Kept:
    """An answer file, and the order in which its subjects were asked about."""

    file: AnswerFile
    keeping: Keeping
    order: dict[tuple[int, int], Subject] = field(default_factory=dict)

    def is_answered(self, place: tuple[int, int], subject: Subject) -> bool:
        """Tell whether a subject needs not be asked about, and note its place."""
        self.order[place] = subject
        return subject in self.file

    def keep(self, place: tuple[int, int], prediction: Prediction) -> None:
        self.file.append(self.order[place], prediction.to_dict(top=self.keeping.top))

    def finish(self) -> None:
        self.file.finish([self.order[place] for place in sorted(self.order)])


def keep_answers(
    questions: Sequence[Question], asking: Asking, keeping: Keeping
) -> Iterator[Prediction | Unheard | Left]:
    """Answer questions into a file: recordings as they are finished, then the others.

    Yields
    ------
    Prediction, Unheard or Left
        Predictions once they are in the file.

    Raises
    ------
    UsageError
        If the file cannot be written, or holds something else or other answers.
    GenrelabError
        If the disk is full; what was answered is safe.
    """
    with AnswerFile(keeping.path, what_is_asked(asking, keeping)) as file:
        kept = _Kept(file, keeping)
        yield from _keep_recordings(questions, asking, kept)
        for number, question in enumerate(questions):
            if question.kind != "recording":
                yield from _keep_others(number, question, asking, kept)
        kept.finish()


def keep_corpus_answers(
    corpus: Corpus, asking: Asking, keeping: Keeping
) -> Iterator[Prediction | Unheard | Left]:
    """Answer for every analyzed track of a corpus into a file; see `keep_answers`."""
    analyzers, dialects = corpus.analyzers(), corpus.dialects()
    places = {track_id: (0, number) for number, track_id in enumerate(sorted(dialects))}
    with AnswerFile(keeping.path, what_is_asked(asking, keeping)) as file:
        kept = _Kept(file, keeping)
        left = set()
        for track_id, place in places.items():
            heard = f"{analyzers.get(track_id)} {dialects[track_id]}"
            if kept.is_answered(place, Subject(file=None, track_id=track_id, heard=heard)):
                left.add(track_id)
        yield Left(n=len(left))
        for answer in asking.answer(hear_corpus(corpus, without=left, progress=asking.progress)):
            if isinstance(answer, Prediction):
                kept.keep(places[answer.track_id or ""], answer)
            yield answer
        kept.finish()


def _keep_recordings(
    questions: Sequence[Question], asking: Asking, kept: _Kept
) -> Iterator[Prediction | Unheard | Left]:
    numbers = [n for n, question in enumerate(questions) if question.kind == "recording"]
    analyzer = asking.hearing().analyzer() if numbers else ""
    missing = []
    for number in numbers:
        path = questions[number].path
        heard = f"{_state(path)} {analyzer}"
        subject = Subject(file=written_name(path), track_id=None, heard=heard)
        if not kept.is_answered((number, 1), subject):
            missing.append(number)
    yield Left(n=len(numbers) - len(missing))
    for index, answer in answer_recordings([questions[n].path for n in missing], asking):
        if isinstance(answer, Prediction):
            kept.keep((missing[index], 1), answer)
        yield answer


def _keep_others(
    number: int, question: Question, asking: Asking, kept: _Kept
) -> Iterator[Prediction | Unheard | Left]:
    state = _state(question.path)
    n_left = 0

    def missing() -> Iterator[Heard | Unheard]:
        nonlocal n_left
        for heard in hear_others(question, asking.progress):
            if isinstance(heard, Heard):
                subject = Subject(
                    file=heard.file, track_id=heard.track_id, heard=f"{state} {heard.position}"
                )
                if kept.is_answered((number, heard.position), subject):
                    n_left += 1
                    continue
            yield heard

    for answer in asking.answer(missing()):
        if isinstance(answer, Prediction):
            kept.keep((number, answer.position), answer)
        yield answer
    yield Left(n=n_left)


def _state(path: Path) -> str:
    """Tell one state of a file from the next; what is no regular file is never the same."""
    mark = recording_mark(path)
    return f"{mark} {path.stat().st_mtime_ns}" if mark else f"at {time.time_ns()}"


def what_is_asked(asking: Asking, keeping: Keeping) -> str:
    """Name the model and the options; another name means that answers may be others."""
    parts = [f"model {model_digest(asking.model.run)}"]
    if asking.threshold:
        parts.append(f"threshold {asking.threshold:g}")
    if keeping.top is not None:
        parts.append(f"top {keeping.top}")
    if asking.windows:
        parts.append("windows")
    return ", ".join(parts)


def model_digest(run: Run) -> str:
    """Return the first 16 digits of a SHA-256 over what answers depend on."""
    content = hashlib.sha256()
    folders = {one.path: None for one in (run, *run.members)}
    for folder in folders:
        for name in MODEL_FILES:
            path = folder / name
            content.update(path.read_bytes() if path.is_file() else b"")
    return content.hexdigest()[:_DIGITS]
