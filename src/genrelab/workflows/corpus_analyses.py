"""Corpus analyses: the recordings of a corpus that have no analysis yet, analyzed.

Conventions
-----------
A recording is its content: what several tracks share, by the SHA-256 of their files, is
analyzed once, and not at all where a track of this content has an analysis by this very
analyzer. Analyses that were imported are never replaced. A path that is not absolute
counts from the corpus' folder.

Results are stored in batches, each a durable transaction; killed at any moment and run
again, the rest is analyzed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from genrelab.errors import DataError
from genrelab.music.analysis import OWN_ANALYZER, Analysis
from genrelab.music.corpus import Corpus
from genrelab.music.tracks import Track
from genrelab.progress import Progress, silent
from genrelab.sources.byte_stream import content_digest
from genrelab.workflows.analyses import (
    Outcome,
    Settings,
    Status,
    attempt,
    check_jobs,
    remark_on,
    run_tasks,
)

BATCH_TRACKS = 32
BATCH_S = 10.0  # after which a batch is stored even if it is small


@dataclass(slots=True)
class _Work:
    """A content to be analyzed: where it lies, and which tracks have it."""

    digest: str | None
    paths: list[Path] = field(default_factory=list)
    track_ids: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """An analysis, or why there is none."""

    path: Path
    analysis: Analysis | None = None
    sentence: str = ""


def analyze_corpus(
    corpus: Corpus,
    *,
    settings: Settings | None = None,
    jobs: int | None = None,
    again: bool = False,
    progress: Progress = silent,
) -> Iterator[Outcome]:
    """Analyze the tracks of a corpus that have a recording but no analysis.

    Parameters
    ----------
    corpus : Corpus
        Open for writing.
    settings : Settings, optional
        The shipped analyzer in Spotify's dialect by default.
    jobs : int, optional
        Processes; by default as many as there are processor cores.
    again : bool
        Whether to analyze again what another version of genrelab's analyzer, or this
        one in another dialect, has analyzed.
    progress : Progress
        Told the recordings that are done.

    Yields
    ------
    Outcome
        One a track, once its analysis is stored; ``left`` where it is there already.

    Raises
    ------
    CorpusError
        If the corpus cannot be written; what was stored before is safe.
    """
    settings = settings or Settings()
    check_jobs(jobs)
    tracks = [track for track in corpus.tracks() if track.audio_path]
    missing, copies = _sort_out(corpus, tracks, settings, again)
    waiting_for = {track_id for work in missing for track_id in work.track_ids} | set(copies)
    paths = {track.id: _path(corpus, track) for track in tracks}
    outdated = set() if again else _outdated(corpus, settings)
    yield from (
        Outcome(path=paths[track.id], status="left", is_outdated=track.id in outdated)
        for track in tracks
        if track.id not in waiting_for
    )
    yield from _copy(corpus, copies, paths)
    results = run_tasks(
        partial(_analyze_content, settings), missing, _lost, jobs=jobs, progress=progress
    )
    for batch in _batches(results):
        yield from _store(corpus, [(missing[index], result) for index, result in batch])


def _outdated(corpus: Corpus, settings: Settings) -> set[str]:
    """Find the tracks that genrelab analyzed otherwise than it would now."""
    dialects = corpus.dialects()
    wanted = (settings.analyzer(), settings.spoken())
    return {
        track_id
        for track_id, analyzer in corpus.analyzers().items()
        if analyzer.startswith(OWN_ANALYZER) and (analyzer, dialects.get(track_id)) != wanted
    }


def _sort_out(
    corpus: Corpus, tracks: list[Track], settings: Settings, again: bool
) -> tuple[list[_Work], dict[str, str]]:
    """Return what is to be analyzed, and from which track others can take their analysis."""
    analyzers, dialects = corpus.analyzers(), corpus.dialects()
    wanted = (settings.analyzer(), settings.spoken())
    outdated = _outdated(corpus, settings) if again else set()
    donors: dict[str, str] = {}
    needy = []
    for track in tracks:
        analyzer = analyzers.get(track.id)
        is_current = (analyzer, dialects.get(track.id)) == wanted
        if is_current and track.audio_digest:
            donors.setdefault(track.audio_digest, track.id)
        if analyzer is None or track.id in outdated:
            needy.append(track)
    works: dict[str, _Work] = {}
    copies: dict[str, str] = {}
    for track in needy:
        path = _path(corpus, track)
        if track.audio_digest in donors:
            copies[track.id] = donors[track.audio_digest]
            continue
        work = works.setdefault(track.audio_digest or str(path), _Work(track.audio_digest))
        work.track_ids.append(track.id)
        if path not in work.paths:
            work.paths.append(path)
    return list(works.values()), copies


def _path(corpus: Corpus, track: Track) -> Path:
    return corpus.audio_file(track.audio_path or "")


def _copy(
    corpus: Corpus, copies: Mapping[str, str], paths: Mapping[str, Path]
) -> Iterator[Outcome]:
    for track_id, donor in copies.items():
        analysis = corpus.analysis(donor)
        if analysis is not None:
            with corpus.transaction():
                corpus.put_analysis(track_id, analysis)
        yield Outcome(path=paths[track_id], status="analyzed")


def _analyze_content(settings: Settings, work: _Work) -> _Result:
    """Analyze the first of the files that still has the content."""
    sentences = []
    for path in work.paths:
        try:
            _check_content(path, work.digest)
        except DataError as error:
            sentences.append(str(error))
            continue
        analysis = attempt(settings, path)
        if isinstance(analysis, str):
            return _Result(path=path, sentence=analysis)
        return _Result(path=path, analysis=analysis, sentence=remark_on(analysis))
    return _Result(path=work.paths[0], sentence="; ".join(sentences))


def _check_content(path: Path, digest: str | None) -> None:
    try:
        is_same = digest is None or content_digest(path) == digest
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}); put it back or collect again"
        ) from error
    if not is_same:
        raise DataError(f"{path}: has changed since it was collected; collect it again")


def _lost(work: _Work, death: str) -> _Result:
    sentence = f"{work.paths[0]}: the process that analyzed it {death}; the file may be damaged"
    return _Result(path=work.paths[0], sentence=sentence)


def _batches(results: Iterator[tuple[int, _Result]]) -> Iterator[list[tuple[int, _Result]]]:
    """Gather results until there are enough, or the first has waited long enough."""
    batch: list[tuple[int, _Result]] = []
    began = time.monotonic()
    try:
        for result in results:
            batch.append(result)
            if len(batch) >= BATCH_TRACKS or time.monotonic() - began >= BATCH_S:
                yield batch
                batch, began = [], time.monotonic()
    except KeyboardInterrupt:
        if batch:
            yield batch  # what is finished is stored
        raise
    if batch:
        yield batch


def _store(corpus: Corpus, batch: list[tuple[_Work, _Result]]) -> list[Outcome]:
    outcomes = []
    with corpus.transaction():
        for work, result in batch:
            status: Status = "failed" if result.analysis is None else "analyzed"
            sentence = result.sentence
            for track_id in work.track_ids:
                # Another process may have removed it meanwhile.
                if result.analysis is not None and corpus.stored(track_id) is not None:
                    corpus.put_analysis(track_id, result.analysis)
                outcomes.append(Outcome(path=result.path, status=status, sentence=sentence))
                sentence = ""  # once is enough for all that share the content
    return outcomes
