"""Analyses: what Spotify heard in the tracks of a corpus, where it still says so.

Conventions
-----------
Each answer is durable as soon as it is there; what a corpus lacks is what is asked for, so
any run goes on where the one before it ended. That Spotify has nothing for a track is
remembered; what could not be read is noted and asked for again by the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from itertools import chain
from typing import Any, Protocol, TypeAlias, TypeVar

import msgspec

from genrelab.music.analysis import Analysis, AnalysisForm
from genrelab.music.corpus import Corpus
from genrelab.progress import Progress, silent
from genrelab.sources.findings import Reason
from genrelab.sources.spotify.answer_forms import answer_form
from genrelab.sources.spotify.playlist_store import SOURCE
from genrelab.sources.spotify.web_api import Refused, Request, Unanswered, WebApi

FEATURES_AT_ONCE = 100  # the most that Spotify gives
PROBES = 20  # refusals in a row, from the first on, that mean that all would be refused
_ANALYSIS_FORM = answer_form(AnalysisForm)
_FIRST = "1"  # what is noted of a track has one version

T = TypeVar("T")
Answer: TypeAlias = T | Refused | Unanswered | None  # None: Spotify has nothing for this track
_Job: TypeAlias = Callable[[], Mapping[str, Answer[T]]]


class _Question(Protocol[T]):
    """What is asked of every track that lacks it."""

    path: str
    stage: str
    absence: Reason
    at_once: int  # tracks; less where an answer has told so

    def lacking(self, corpus: Corpus) -> list[str]:
        """Name the tracks that lack it."""

    def ask(self, api: WebApi, native_ids: Sequence[str]) -> Mapping[str, Answer[T]]:
        """Ask it of some tracks, from any thread; answer for some of them at least."""

    def store(self, corpus: Corpus, track_id: str, value: T) -> None:
        """Store it."""


class AudioAnalysis:
    """Bars, beats, sections and segments; one track at a time."""

    path = "audio-analysis"
    stage = "fetching analyses"
    absence: Reason = "no analysis"
    at_once = 1

    def lacking(self, corpus: Corpus) -> list[str]:
        """Name the tracks without analysis."""
        return corpus.without_analysis(SOURCE)

    def ask(self, api: WebApi, native_ids: Sequence[str]) -> Mapping[str, Answer[Analysis]]:
        """Ask for the analysis of a track; one without segments is none."""
        return {one: api.ask(Request(f"{self.path}/{one}", _analysis)) for one in native_ids}

    def store(self, corpus: Corpus, track_id: str, value: Analysis) -> None:
        """Store the analysis, unless the track has been taken out meanwhile."""
        if corpus.stored(track_id) is not None:
            corpus.put_analysis(track_id, value)


def _analysis(answer: Any) -> Analysis | None:
    form = msgspec.convert(answer, _ANALYSIS_FORM)
    return Analysis.from_form(form, dialect="spotify") if form.segments else None


class AudioFeatures:
    """Danceability, energy and so on; many tracks at a time, or one where that is over."""

    path = "audio-features"
    stage = "fetching audio features"
    absence: Reason = "no audio features"

    def __init__(self) -> None:
        self.at_once = FEATURES_AT_ONCE

    def lacking(self, corpus: Corpus) -> list[str]:
        """Name the tracks without audio features."""
        return corpus.without_audio_features(SOURCE)

    def ask(
        self, api: WebApi, native_ids: Sequence[str]
    ) -> Mapping[str, Answer[Mapping[str, Any]]]:
        """Ask for the features of tracks; of the first alone where batches are refused."""
        if self.at_once > 1:
            batch = Request(self.path, _batch_of_features, {"ids": ",".join(native_ids)})
            answer = api.ask(batch)
            if isinstance(answer, Unanswered):
                return dict.fromkeys(native_ids, answer)
            if not isinstance(answer, Refused):
                return {one: answer.get(one) for one in native_ids}
        first = native_ids[0]
        alone = api.ask(Request(f"{self.path}/{first}", _features))
        if not _is_forbidden(alone):  # so that it is batches alone that are over
            self.at_once = 1
        return {first: alone}

    def store(self, corpus: Corpus, track_id: str, value: Mapping[str, Any]) -> None:
        """Store the features."""
        corpus.put_audio_features(track_id, value)


def _features(answer: Any) -> Mapping[str, Any] | None:
    """Keep the numbers; the rest are addresses and the id once more."""
    values = msgspec.convert(answer, dict[str, Any] | None)
    numbers = {name: one for name, one in (values or {}).items() if isinstance(one, int | float)}
    return numbers or None


@answer_form
class _Features(msgspec.Struct):
    audio_features: list[dict[str, Any] | None]


def _batch_of_features(answer: Any) -> Mapping[str, Mapping[str, Any] | None]:
    given = msgspec.convert(answer, _Features).audio_features
    return {str(one.get("id")): _features(one) for one in given if one}


@dataclass(slots=True)
class Outcome:
    """What came of asking for one thing of all tracks.

    Attributes
    ----------
    stored : int
    none : int
        Tracks for which Spotify has nothing, of earlier runs too.
    problems : list of str
        Sentences on what could not be read; the next run asks for it again.
    closed : Refused or None
        How Spotify refused, where it does not give this to the app at all.
    """

    stored: int = 0
    none: int = 0
    problems: list[str] = field(default_factory=list)
    closed: Refused | None = None


def fetch(
    question: _Question[T],
    corpus: Corpus,
    api: WebApi,
    outcome: Outcome,
    *,
    progress: Progress = silent,
) -> None:
    """Ask Spotify for what the tracks of a corpus lack.

    Parameters
    ----------
    question : AudioAnalysis or AudioFeatures
    corpus : Corpus
        Open for writing.
    api : WebApi
    outcome : Outcome
        Filled as answers come, so that it holds where this ends early.
    progress : Progress
        Told how many tracks are done.

    Raises
    ------
    TemporaryError, DataError
        As `WebApi.answers` does; what was answered until then is stored.
    """
    known = corpus.journal.items(SOURCE)
    lacking = [one.removeprefix(f"{SOURCE}-") for one in question.lacking(corpus)]
    _forget_others(question, corpus, lacking, known)
    todo = [one for one in lacking if not known.get(f"{question.path}/{one}")]
    # What was not to be had before comes last, so that it cannot keep the rest from coming.
    todo.sort(key=lambda one: f"{question.path}/{one}" in known)
    outcome.none = len(lacking) - len(todo)
    jobs = _jobs(question, api, todo)
    probed = _probe(api, jobs)
    if _is_closed(probed):
        outcome.closed = next(one for one in probed.values() if isinstance(one, Refused))
        return
    n_done, n_todo = 0, len(todo)
    while todo:  # a second time where batches turn out to be over
        answered = set(probed)
        others = _jobs(question, api, [one for one in todo if one not in answered])
        for answers in chain([probed], _together(api, others)):
            with corpus.transaction():
                for native_id, answer in answers.items():
                    _keep(question, corpus, native_id, answer, outcome)
            n_done += len(answers)
            answered |= answers.keys()
            progress(question.stage, n_done, n_todo)
        todo, probed = [one for one in todo if one not in answered], {}


def _forget_others(
    question: _Question[T], corpus: Corpus, lacking: Sequence[str], known: Mapping[str, bool]
) -> None:
    """Forget what was noted of tracks that are gone, or have it from elsewhere."""
    needed = {f"{question.path}/{one}" for one in lacking}
    others = [one for one in known if one.startswith(f"{question.path}/") and one not in needed]
    with corpus.transaction():
        for item in others:
            corpus.journal.forget_item(SOURCE, item)


def _jobs(question: _Question[T], api: WebApi, native_ids: Sequence[str]) -> Iterator[_Job[T]]:
    """Cut tracks into jobs, each as large as is known to be taken when its turn comes."""
    position = 0
    while position < len(native_ids):
        chunk = native_ids[position : position + question.at_once]
        position += len(chunk)
        yield partial(question.ask, api, chunk)


def _together(api: WebApi, jobs: Iterable[_Job[T]]) -> Iterator[dict[str, Answer[T]]]:
    """Run jobs, several at once; yield the answers that came at the same time."""
    for ended in api.answers((None, job) for job in jobs):
        yield {one: answer for _, answers in ended for one, answer in answers.items()}


def _probe(api: WebApi, jobs: Iterator[_Job[T]]) -> dict[str, Answer[T]]:
    """Run one job after the other until one is not refused, or it is plain that all would be."""
    probed: dict[str, Answer[T]] = {}
    for _, job in zip(range(PROBES), jobs, strict=False):
        for answers in _together(api, [job]):
            probed |= answers
        if _is_closed(probed) or not _all_refused(probed):
            break
    return probed


def _all_refused(answers: Mapping[str, Answer[T]]) -> bool:
    return all(
        isinstance(answer, Refused) and not _is_of_one_track(answer) for answer in answers.values()
    )


def _is_of_one_track(answer: Refused) -> bool:
    """Tell "there is no analysis of this track" from "there is no such path"."""
    return (
        answer.status == HTTPStatus.NOT_FOUND and "analysis not found" in answer.message.casefold()
    )


def _is_closed(probed: Mapping[str, Answer[T]]) -> bool:
    """Tell whether the first answers mean that Spotify does not give this to the app at all."""
    statuses = [answer.status for answer in probed.values() if isinstance(answer, Refused)]
    is_closed = HTTPStatus.FORBIDDEN in statuses or len(statuses) >= PROBES
    return bool(statuses) and _all_refused(probed) and is_closed


def _keep(
    question: _Question[T], corpus: Corpus, native_id: str, answer: Answer[T], outcome: Outcome
) -> None:
    """Store an answer, or note why there is none."""
    item = f"{question.path}/{native_id}"
    if answer is None or (isinstance(answer, Refused) and answer.status == HTTPStatus.NOT_FOUND):
        outcome.none += 1
        _note(corpus, item, native_id, question.absence, "Spotify has none", for_good=True)
    elif isinstance(answer, Refused | Unanswered):
        said = answer.sentence
        outcome.problems.append(f"{item}: {said}")
        _note(corpus, item, native_id, "unreadable", said, for_good=False)
    else:
        outcome.stored += 1
        question.store(corpus, f"{SOURCE}-{native_id}", answer)
        corpus.journal.forget_item(SOURCE, item)


def _is_forbidden(answer: object) -> bool:
    return isinstance(answer, Refused) and answer.status == HTTPStatus.FORBIDDEN


def _note(
    corpus: Corpus, item: str, native_id: str, reason: Reason, sentence: str, *, for_good: bool
) -> None:
    entry = corpus.journal.begin(SOURCE, item, _FIRST)
    corpus.journal.drop(entry, 1, f"{SOURCE}-{native_id}", reason, sentence)
    corpus.journal.advance(entry, 1, complete=for_good)
