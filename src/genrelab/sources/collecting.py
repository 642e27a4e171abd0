"""Collecting: from any source into a corpus, resumable, with every loss counted.

Conventions
-----------
A source has a ``name`` and ``items()``: files, playlists or whatever is read
from one end to the other. An item yields its records at positions that count
from 1; reading it again gives the same records at the same positions.

A batch of records is one transaction, together with what was left out and with
how far the item has been read. Killed at any moment and run again, an import
ends with the same corpus as one that ran through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from genrelab.music.analysis import Analysis
from genrelab.music.corpus import Corpus, Stored
from genrelab.music.journal import Import
from genrelab.music.tracks import Track
from genrelab.progress import Progress, silent

Reason = Literal["duplicate id", "two genres", "no segments", "no recording", "unreadable"]
"""Why a record is left out; the journal of a corpus counts them by these names."""

BATCH_TRACKS = 64
BATCH_SEGMENTS = 50_000  # some 8 MB of arrays
MAX_NAMED = 200  # faults kept as sentences; all of them are counted and in the journal


@dataclass(frozen=True, slots=True)
class Entry:
    """A track that a source found.

    Attributes
    ----------
    position : int
        Place in the item, from 1.
    analysis : Analysis or None
        None where the source brings none (audio that is analyzed later); one
        without segments is left out.
    consumed : int
        Units of the item's size that were read so far, for the progress bar.
    """

    position: int
    track: Track
    analysis: Analysis | None = None
    consumed: int = 0


@dataclass(frozen=True, slots=True)
class Drop:
    """A record that the source itself leaves out, for a reason that is no fault."""

    position: int
    track_id: str | None
    reason: Reason
    sentence: str
    consumed: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that cannot be read.

    Attributes
    ----------
    sentence : str
        What is wrong and what was expected, from the place within the item on
        ("line 3: segments[0].timbre: expected...").
    fatal : bool
        Whether nothing behind it can be read either: the item stays unfinished.
    """

    position: int
    track_id: str | None
    sentence: str
    fatal: bool = False
    consumed: int = 0


Found = Entry | Drop | Fault


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is read from one end to the other.

    Attributes
    ----------
    name : str
        What the journal knows it by; the same in every run.
    fingerprint : str
        Another one means that the content, or what it is taken to mean, changed.
    size : int
        In any unit (bytes, tracks) that is the same for all items of a source.
    entries : callable
        Given the number of records dealt with already, yields the others.
    label : str
        What people know it by; the name by default.
    is_file : bool
        Whether it counts as one.
    """

    name: str
    fingerprint: str
    size: int
    entries: Callable[[int], Iterator[Found]]
    label: str = ""
    is_file: bool = True

    def __str__(self) -> str:
        return self.label or self.name


class Source(Protocol):
    """Where tracks come from."""

    @property
    def name(self) -> str:
        """The kind of source, as tracks' origins and the journal have it."""

    def items(self) -> Iterable[Item]:
        """Return the items, in an order that is the same in every run."""


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
    faults: Sequence[str]
    n_faults: int
    unfinished: Sequence[str]


@dataclass(slots=True)
class _Tally:
    """A summary in the making."""

    counts: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)

    def fault(self, item: Item, sentence: str) -> None:
        self.counts["n_faults"] += 1
        if len(self.faults) < MAX_NAMED:
            self.faults.append(f"{item}: {sentence}")

    def summary(self) -> CollectSummary:
        names = ("items", "finished_before", "skipped", "read", "stored", "updated", "removed",
                 "without_genre", "without_artist", "n_faults")  # fmt: skip
        return CollectSummary(
            **{name: self.counts[name] for name in names},
            dropped=dict(sorted(self.dropped.items())),
            faults=tuple(self.faults),
            unfinished=tuple(self.unfinished),
        )


def collect(
    source: Source,
    corpus: Corpus,
    *,
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
    progress : Progress
        Told the part of the items' sizes that is done.
    batch_tracks : int
        Records a transaction.

    Raises
    ------
    CorpusError
        If the corpus cannot be written; what was stored before is safe.
    """
    tally = _Tally()
    items = list(source.items())
    total = sum(item.size for item in items)
    before = 0
    for item in items:
        tally.counts["items"] += item.is_file

        def advance(consumed: int, start: int = before) -> None:
            progress("importing", start + consumed, total)

        advance(0)
        _collect_item(source.name, item, corpus, tally, advance, batch_tracks)
        before += item.size
        advance(0, before)
    return tally.summary()


def _collect_item(
    source: str,
    item: Item,
    corpus: Corpus,
    tally: _Tally,
    advance: Callable[[int], None],
    batch_tracks: int,
) -> None:
    known = corpus.journal.find(source, item.name, item.fingerprint)
    done = known.position if known else 0
    tally.counts["skipped"] += done
    for sentence in corpus.journal.dropped_details(known, "unreadable") if known else ():
        tally.fault(item, sentence)
    if known and known.complete:
        tally.counts["finished_before"] += item.is_file
        return
    for batch in _batches(item.entries(done), batch_tracks):
        _write(source, item, corpus, batch, tally)
        if batch.fatal:
            tally.fault(item, batch.fatal.sentence)
            tally.unfinished.append(str(item))
        elif batch.records:
            advance(batch.records[-1].consumed)


@dataclass(slots=True)
class _Batch:
    """Records of one transaction; ``last`` if the item ends here, in peace."""

    records: list[Found] = field(default_factory=list)
    segments: int = 0
    fatal: Fault | None = None
    last: bool = False


def _batches(records: Iterator[Found], batch_tracks: int) -> Iterator[_Batch]:
    """Gather records up to a number of tracks or segments, or a fatal fault."""
    batch = _Batch()
    for record in records:
        if len(batch.records) >= batch_tracks or batch.segments >= BATCH_SEGMENTS:
            yield batch
            batch = _Batch()
        if isinstance(record, Fault) and record.fatal:
            batch.fatal = record
            yield batch
            return
        batch.records.append(record)
        if isinstance(record, Entry) and record.analysis is not None:
            batch.segments += len(record.analysis.segments)
    batch.last = True
    yield batch


def _write(source: str, item: Item, corpus: Corpus, batch: _Batch, tally: _Tally) -> None:
    """Store a batch and note how far the item was read, in one transaction."""
    outcomes: list[tuple[Found, str]] = []
    removed = 0
    with corpus.transaction():
        entry = corpus.journal.begin(source, item.name, item.fingerprint)
        for record in batch.records:
            if record.position <= entry.position:
                continue  # another process imported the same item meanwhile
            outcome = _settle(corpus, entry, record)
            removed += outcome == "two genres, removed"
            outcomes.append((record, outcome.removesuffix(", removed")))
        position = max([entry.position, *(record.position for record in batch.records[-1:])])
        corpus.journal.advance(entry, position, complete=batch.last or entry.complete)
        if batch.last:
            removed += corpus.remove_outdated(entry)
    tally.counts["removed"] += removed
    tally.counts["skipped"] += len(batch.records) - len(outcomes)
    for record, outcome in outcomes:
        _count(item, record, outcome, tally)


def _count(item: Item, record: Found, outcome: str, tally: _Tally) -> None:
    tally.counts["read"] += 1
    if outcome in ("stored", "updated"):
        tally.counts[outcome] += 1
    else:
        tally.dropped[outcome] += 1
    if isinstance(record, Fault):
        tally.fault(item, record.sentence)
    if isinstance(record, Entry) and outcome in ("stored", "updated"):
        tally.counts["without_genre"] += record.track.genre is None
        tally.counts["without_artist"] += not (record.track.artist or record.track.artist_id)


def _settle(corpus: Corpus, entry: Import, record: Found) -> str:
    """Store a record or drop it; return ``stored``, ``updated`` or the reason."""
    if isinstance(record, Fault):
        corpus.journal.drop(entry, record.position, record.track_id, "unreadable", record.sentence)
        return "unreadable"
    if isinstance(record, Drop):
        corpus.journal.drop(entry, record.position, record.track_id, record.reason, record.sentence)
        if record.reason != "two genres" or record.track_id is None:
            return record.reason
        return record.reason + (", removed" if corpus.remove(record.track_id) else "")
    return _settle_track(corpus, entry, record)


def _settle_track(corpus: Corpus, entry: Import, record: Entry) -> str:
    track, analysis = record.track, record.analysis
    reason: Reason
    if analysis is not None and len(analysis.segments) == 0:
        reason, detail = "no segments", "expected an analysis with segments"
    elif "two genres" in corpus.journal.dropped_reasons(track.id):
        reason, detail = "two genres", "this id was found under two genres before"
    else:
        stored = corpus.stored(track.id)
        # An older version of the item gives way to the newer one.
        if stored is None or _is_older(stored, entry):
            corpus.put(track, analysis, entry)
            return "updated" if stored else "stored"
        if track.genre and stored.genre and track.genre != stored.genre:
            corpus.remove(track.id)
            reason, detail = "two genres", f"{stored.genre} before, {track.genre} here"
            corpus.journal.drop(entry, record.position, track.id, reason, detail)
            return f"{reason}, removed"
        if _completes(record, stored):
            corpus.complete(track, None if stored.has_analysis else analysis, entry)
            return "updated"
        reason, detail = "duplicate id", "a record of this id came first"
    corpus.journal.drop(entry, record.position, track.id, reason, detail)
    return reason


def _is_older(stored: Stored, entry: Import) -> bool:
    return stored.import_id == entry.id and stored.fingerprint != entry.fingerprint


def _completes(record: Entry, stored: Stored) -> bool:
    brings_genre = record.track.genre is not None and stored.genre is None
    return brings_genre or (record.analysis is not None and not stored.has_analysis)
