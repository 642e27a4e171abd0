"""Hearing: what a model is asked about, out of archives and corpora.

Conventions
-----------
What cannot be heard comes as `Unheard`, with the reason, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genrelab.errors import CorpusError, GenrelabError
from genrelab.music.analysis import Dialect
from genrelab.music.corpus import Corpus
from genrelab.music.segments import Segments
from genrelab.music.sounds import written_name
from genrelab.progress import Progress, silent
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.findings import Entry, Found

SILENCE_DB = -60.0  # what the original analyzers, and ours, call the loudness of silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Something to predict: where it came from, and its segments.

    Attributes
    ----------
    position : int
        Its place in the file, from 1, where that holds several.
    remarks : tuple of str
        What was not as it should be with the recording.
    """

    segments: Segments
    dialect: Dialect
    file: str | None = None
    track_id: str | None = None
    position: int = 1
    remarks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What people know it by."""
        known = [name for name in (self.file, self.track_id) if name is not None]
        return ": ".join(known) or "the analysis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard:
    """Something that cannot be predicted, and why, in a sentence."""

    sentence: str
    file: str | None = None


def unless_silent(heard: Heard) -> Heard | Unheard:
    """Return what was heard, or why there is nothing in it to predict from."""
    if len(heard.segments) == 0:
        problem = "no segments to hear"
    elif _is_silent(heard.segments):
        problem = "silent throughout; expected music"
    else:
        return heard
    return Unheard(sentence=f"{heard.name}: {problem}", file=heard.file)


def _is_silent(segments: Segments) -> bool:
    """Tell whether all loudness that is known is that of silence."""
    known = segments.loudness_max[~np.isnan(segments.loudness_max)]
    return len(known) > 0 and bool(known.max() <= SILENCE_DB)


def hear_archive(file: Path, *, progress: Progress = silent) -> Iterator[Heard | Unheard]:
    """Yield every analysis in a JSON archive, in order."""
    try:
        size = file.stat().st_size if file.is_file() else None
        found = None
        for found in ArchiveSource([file]).records():
            yield _heard_from(found, written_name(file))
            progress(f"predicting {file}", found.consumed, size)
        if found is None:
            sentence = f"{file}: holds no analysis; expected at least one"
            yield Unheard(sentence=sentence, file=written_name(file))
    except GenrelabError as error:
        yield Unheard(sentence=str(error), file=written_name(file))


def _heard_from(found: Found, file: str) -> Heard | Unheard:
    if not isinstance(found, Entry):
        return Unheard(sentence=f"{file}: {found.sentence}", file=file)
    if found.analysis is None:
        return Unheard(sentence=f"{file}: {found.track.id}: no segments to hear", file=file)
    return unless_silent(
        Heard(
            segments=found.analysis.segments,
            dialect=found.analysis.dialect,
            file=file,
            track_id=found.track.id,
            position=found.position,
        )
    )


def hear_corpus(
    corpus: Corpus, *, without: Collection[str] = (), progress: Progress = silent
) -> Iterator[Heard | Unheard]:
    """Yield every analyzed track of a corpus, by id.

    Parameters
    ----------
    corpus : Corpus
    without : collection of str
        Ids of tracks to pass over.
    progress : Progress

    Raises
    ------
    CorpusError
        If no track has an analysis.
    """
    dialects = corpus.dialects()
    if not dialects:
        raise CorpusError(
            f"{corpus.path}: no track has an analysis to predict from; "
            f"run `genrelab analyze --corpus {corpus.path}` first"
        )
    ids = sorted(dialects.keys() - set(without))
    for done, (track_id, segments) in enumerate(corpus.segments(ids), 1):
        dialect = dialects[track_id]
        yield unless_silent(Heard(segments=segments, dialect=dialect, track_id=track_id))
        progress("predicting", done, len(ids))
