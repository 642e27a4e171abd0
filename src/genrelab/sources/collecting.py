"""Collecting: from any source into a corpus, resumable, with every loss counted.

Conventions
-----------
See `genrelab.sources.findings` for what a source gives, `genrelab.sources.storing` for
what becomes of it.

A batch of records, of one item or of several small ones, is one transaction, together
with what was left out and with how far the items have been read. Killed at any moment
and run again, an import ends with the same corpus as one that ran through.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from genrelab.music.corpus import Corpus
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.music.tracks import SPLIT_TAG, Track
from genrelab.progress import Progress, silent
from genrelab.sources.findings import Entry, Fault, Item, Record, Source
from genrelab.sources.storing import (
    NO_GENRE,
    NOT_ASKED_FOR,
    Chunk,
    Outcome,
    Policy,
    Settled,
    store_chunks,
)

BATCH_TRACKS = 64
BATCH_SEGMENTS = 50_000  # some 8 MB of arrays
BATCH_S = 2.0  # after which a batch is stored even if it is small
MAX_NAMED = 200  # faults kept as sentences; all of them are counted and in the journal


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectSummary:
    """What an import did; ``read == stored + updated + sum(dropped)``.

    Attributes
    ----------
    items, finished_before : int
        Items of the source, and how many of them had nothing left to read.
    skipped : int
        Records that earlier runs had dealt with.
    read, stored, updated : int
        Records read by this run, those that became a new track, and those that
        replaced or completed one.
    removed : int
        Tracks taken out again: their id turned up under another genre, or a newer
        version of their item no longer has them.
    dropped : mapping
        Records left out, by reason.
    without_genre, without_artist : int
        Among the tracks stored or updated.
    unmapped : mapping
        Genres that no table knows, which stay as they are, and how many of the tracks
        stored or updated have them.
    split : mapping
        The tracks stored or updated by their part of the data set's own split.
    absent_genres : sequence of str
        Genres that were asked for and that no track of the corpus has now.
    faults : sequence of str
        The first of the sentences on what could not be read, of earlier runs too.
    n_faults : int
        How many there are.
    unfinished : sequence of str
        Items that could not be read to their end.
    """

    items: int
    finished_before: int
    skipped: int
    read: int
    stored: int
    updated: int
    removed: int
    dropped: Mapping[str, int]
    without_genre: int
    without_artist: int
    unmapped: Mapping[str, int]
    split: Mapping[str, int]
    absent_genres: Sequence[str]
    faults: Sequence[str]
    n_faults: int
    unfinished: Sequence[str]


@dataclass(slots=True)
class _Tally:
    """A summary in the making."""

    table: GenreTable
    counts: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    split: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)

    def fault(self, item: Item, sentence: str) -> None:
        self.counts["n_faults"] += 1
        if len(self.faults) < MAX_NAMED:
            self.faults.append(f"{item}: {sentence}")

    def settled(self, settled: Settled) -> None:
        chunk = settled.chunk
        self.counts["removed"] += settled.outdated
        self.counts["skipped"] += len(chunk.records) - len(settled.outcomes)
        for record, outcome in settled.outcomes:
            self._outcome(outcome)
            if isinstance(record, Fault):
                self.fault(chunk.item, record.sentence)
        if chunk.fatal:
            self.fault(chunk.item, chunk.fatal.sentence)
            self.unfinished.append(str(chunk.item))

    def _outcome(self, outcome: Outcome) -> None:
        self.counts["read"] += 1
        self.counts["removed"] += outcome.removed
        if outcome.track is None:
            self.dropped[outcome.what] += 1
        else:
            self.counts[outcome.what] += 1
            self._stored(outcome.track)

    def _stored(self, track: Track) -> None:
        self.counts["without_genre"] += track.genre is None
        self.counts["without_artist"] += not (track.artist or track.artist_id)
        if track.genre and not self.table.knows(track.genre):
            self.unmapped[track.genre] += 1
        if track.tags.get(SPLIT_TAG):
            self.split[str(track.tags[SPLIT_TAG])] += 1

    def summary(self, absent_genres: Sequence[str]) -> CollectSummary:
        names = ("items", "finished_before", "skipped", "read", "stored", "updated", "removed",
                 "without_genre", "without_artist", "n_faults")  # fmt: skip
        return CollectSummary(
            **{name: self.counts[name] for name in names},
            dropped=dict(sorted(self.dropped.items())),
            unmapped=dict(sorted(self.unmapped.items(), key=lambda one: (-one[1], one[0]))),
            split=dict(sorted(self.split.items())),
            absent_genres=absent_genres,
            faults=tuple(self.faults),
            unfinished=tuple(self.unfinished),
        )


def collect(
    source: Source,
    corpus: Corpus,
    *,
    table: GenreTable = SHIPPED_GENRES,
    genres: Iterable[str] = (),
    progress: Progress = silent,
    batch_tracks: int = BATCH_TRACKS,
) -> CollectSummary:
    """Bring everything a source has into a corpus.

    The first record of an id stays and later ones are dropped, unless they bring
    the genre or the analysis that it lacks, or come from a newer version of the
    same item. An id under two genres is ambiguous: it is taken out and stays out.

    Parameters
    ----------
    source : Source
    corpus : Corpus
        Open for writing.
    table : GenreTable
        Which names stand for which genre; another table makes another import.
    genres : iterable of str
        The genres that are wanted, in any spelling; by default all, and tracks
        without genre too.
    progress : Progress
        Told the part of the items' sizes that is done.
    batch_tracks : int
        Records a transaction, at least.

    Raises
    ------
    CorpusError
        If the corpus cannot be written; what was stored before is safe.
    """
    asked = {genre for name in genres if (genre := table.canonical(name))}
    policy = Policy(source=source.name, table=table, genres=frozenset(asked))
    tally = _Tally(table)
    chunks = _unread(source, corpus, policy, tally, progress, batch_tracks)
    for batch in _batches(chunks, batch_tracks):
        for settled in store_chunks(corpus, batch, policy):
            tally.settled(settled)
    return tally.summary(sorted(asked - corpus.genre_counts().keys()) if asked else ())


def known_genres(corpus: Corpus) -> list[str]:
    """List the genres in a corpus, and those of its sources that were not asked for."""
    drops = corpus.journal.drops()
    left_out = {detail for *_, reason, detail in drops if reason == NOT_ASKED_FOR}
    return sorted({*corpus.genre_counts(), *left_out} - {NO_GENRE})


def _unread(
    source: Source,
    corpus: Corpus,
    policy: Policy,
    tally: _Tally,
    progress: Progress,
    batch_tracks: int,
) -> Iterator[Chunk]:
    """Read what no earlier run has read, piece by piece."""
    items = list(source.items())
    total = sum(item.size for item in items)
    before = 0
    for item in items:
        progress("importing", before, total)
        for chunk in _unread_of(item, corpus, policy, tally, batch_tracks):
            yield chunk
            if chunk.records:
                progress("importing", before + chunk.records[-1].consumed, total)
        before += item.size
    progress("importing", before, total)


def _unread_of(
    item: Item, corpus: Corpus, policy: Policy, tally: _Tally, batch_tracks: int
) -> Iterator[Chunk]:
    tally.counts["items"] += item.is_file
    known = corpus.journal.find(policy.source, item.name, policy.fingerprint(item))
    if known:
        tally.counts["skipped"] += known.position
        for sentence in corpus.journal.dropped_details(known, "unreadable"):
            tally.fault(item, sentence)
    if known and known.complete:
        tally.counts["finished_before"] += item.is_file
    else:
        yield from _chunks(item, item.entries(known.position if known else 0), batch_tracks)


def _chunks(item: Item, records: Iterator[Record], batch_tracks: int) -> Iterator[Chunk]:
    """Part an item's records where there are enough, and at a fatal fault."""
    chunk = Chunk(item)
    for record in records:
        if _is_full([chunk], batch_tracks):
            yield chunk
            chunk = Chunk(item)
        if isinstance(record, Fault) and record.fatal:
            chunk.fatal = record
            yield chunk
            return
        chunk.records.append(record)
        if isinstance(record, Entry) and record.analysis is not None:
            chunk.segments += len(record.analysis.segments)
    chunk.last = True
    yield chunk


def _is_full(chunks: Sequence[Chunk], batch_tracks: int) -> bool:
    n_records = sum(len(chunk.records) for chunk in chunks)
    return n_records >= batch_tracks or sum(c.segments for c in chunks) >= BATCH_SEGMENTS


def _batches(
    chunks: Iterator[Chunk], batch_tracks: int, clock: Callable[[], float] = time.monotonic
) -> Iterator[list[Chunk]]:
    """Gather chunks until there are enough, or the first has waited long enough."""
    batch: list[Chunk] = []
    began = clock()
    for chunk in chunks:
        if not batch:
            began = clock()
        batch.append(chunk)
        if _is_full(batch, batch_tracks) or clock() - began >= BATCH_S:
            yield batch
            batch = []
    if batch:
        yield batch
