"""Storing: records of a source into a corpus, each stored, joined with another or dropped.

Conventions
-----------
The first record of an id stays. Later ones are dropped, unless they bring the genre or
the analysis that it lacks, or come from a newer version of the same item. An id under two
genres is ambiguous: it is taken out and stays out.

A recording is its content: where an id that is a place belongs to another recording (two
folders both have ``Rock/01.mp3``), the newcomer's gets a piece of its content's digest. A recording
whose file is no longer where it was has moved: the track, with its analysis, moves along.
A recording that is linked to a track which came without one changes that track's audio alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from genrelab.music.corpus import Corpus, Stored
from genrelab.music.genres import GenreTable
from genrelab.music.journal import Import
from genrelab.music.tracks import Track
from genrelab.sources.findings import Drop, Entry, Fault, Item, Link, Reason, Record

NOT_ASKED_FOR: Reason = "genre not asked for"
NO_GENRE = "no genre"  # where the genre stands of a track that was not asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds for all records of an import.

    Attributes
    ----------
    source : str
        The source's name.
    table : GenreTable
        Which names stand for which genre.
    genres : frozenset of str
        The canonical genres that are asked for; empty for all.
    """

    source: str
    table: GenreTable
    genres: frozenset[str] = frozenset()
    _meaning: str = field(init=False)

    def __post_init__(self) -> None:
        asked = f" genres={','.join(sorted(self.genres))}" if self.genres else ""
        object.__setattr__(self, "_meaning", f" table={self.table.digest}{asked}")

    def fingerprint(self, item: Item) -> str:
        """Tell an item's version from others, and from what else it was taken to mean."""
        return item.fingerprint + self._meaning

    def mapped(self, track: Track) -> Track:
        """Give a track's genre the one name that it has."""
        genre = self.table.canonical(track.genre)
        return track if genre == track.genre else replace(track, genre=genre)


@dataclass(slots=True)
class Chunk:
    """Records of one item; ``last`` if it ends here, in peace, ``fatal`` if not."""

    item: Item
    records: list[Record] = field(default_factory=list)
    fatal: Fault | None = None
    last: bool = False
    segments: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a record.

    Attributes
    ----------
    what : str
        ``stored``, ``updated`` or the reason for which it was dropped.
    track : Track or None
        As it was stored.
    removed : bool
        Whether a track was taken out because of it.
    """

    what: str
    track: Track | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a chunk: an outcome a record that no other process had settled before."""

    chunk: Chunk
    outcomes: Sequence[tuple[Record, Outcome]]
    outdated: int


def store_chunks(corpus: Corpus, chunks: Sequence[Chunk], policy: Policy) -> list[Settled]:
    """Store some chunks and how far their items were read, in one durable transaction."""
    with corpus.transaction():
        return [_store_chunk(corpus, chunk, policy) for chunk in chunks]


def _store_chunk(corpus: Corpus, chunk: Chunk, policy: Policy) -> Settled:
    item = chunk.item
    entry = corpus.journal.begin(policy.source, item.name, policy.fingerprint(item))
    outcomes = [
        (record, _settle(corpus, entry, record, policy))
        for record in chunk.records
        if record.position > entry.position  # else another process imported it meanwhile
    ]
    position = max([entry.position, *(record.position for record in chunk.records[-1:])])
    corpus.journal.advance(entry, position, complete=chunk.last or entry.complete)
    outdated = corpus.remove_outdated(entry) if chunk.last else 0
    return Settled(chunk=chunk, outcomes=outcomes, outdated=outdated)


def _settle(corpus: Corpus, entry: Import, record: Record, policy: Policy) -> Outcome:
    if isinstance(record, Entry):
        return _settle_track(corpus, entry, record, policy)
    if isinstance(record, Link):
        return _settle_link(corpus, entry, record)
    if isinstance(record, Drop) and record.released is not None:
        corpus.links.release(record.released)
    reason: Reason = "unreadable" if isinstance(record, Fault) else record.reason
    corpus.journal.drop(entry, record.position, record.track_id, reason, record.sentence)
    is_ambiguous = isinstance(record, Drop) and reason == "two genres"
    removed = is_ambiguous and record.track_id is not None and corpus.remove(record.track_id)
    return Outcome(what=reason, removed=removed)


def _settle_track(corpus: Corpus, entry: Import, record: Entry, policy: Policy) -> Outcome:
    track, stored = _identified(corpus, entry, record, policy.mapped(record.track))
    analysis = record.analysis
    reason: Reason
    removed = False
    if analysis is not None and len(analysis.segments) == 0:
        reason, detail = "no segments", "expected an analysis with segments"
    elif policy.genres and track.genre not in policy.genres and (track.genre or not stored):
        reason, detail = NOT_ASKED_FOR, track.genre or NO_GENRE
    elif "two genres" in corpus.journal.dropped_reasons(track.id):
        reason, detail = "two genres", "this id was found under two genres before"
    elif stored is None and (moved := _moved(corpus, track)):
        _take_place(corpus, moved, track, entry)
        return Outcome(what="updated", track=track)
    elif stored is None or _is_older(stored, entry):
        corpus.put(track, analysis, entry)
        return Outcome(what="updated" if stored else "stored", track=track)
    elif track.genre and stored.genre and track.genre != stored.genre:
        removed = corpus.remove(track.id)
        reason, detail = "two genres", f"{stored.genre} before, {track.genre} here"
    elif _completes(track, record, stored):
        corpus.complete(track, None if stored.has_analysis else analysis, entry)
        return Outcome(what="updated", track=track)
    else:
        reason, detail = "duplicate id", "a record of this id came first"
    corpus.journal.drop(entry, record.position, track.id, reason, detail)
    return Outcome(what=reason, removed=removed)


def _settle_link(corpus: Corpus, entry: Import, record: Link) -> Outcome:
    """Link a recording, unless another process removed or linked the track meanwhile."""
    track = record.track
    if record.released is not None:
        corpus.links.release(record.released, but=track.id)
    stored = corpus.stored(track.id)
    reason: Reason
    if stored is None:
        reason, detail = "no match", f"{track.id} has been removed meanwhile"
    elif stored.audio_path in {None, record.former, track.audio_path} or _has_gone(corpus, stored):
        corpus.links.link(track.id, track.audio_path or "", track.audio_digest or "")
        return Outcome(what="updated", track=track)
    else:
        reason, detail = "already linked", f"{track.id} has another recording"
    corpus.journal.drop(entry, record.position, track.id, reason, detail)
    return Outcome(what=reason)


def _identified(
    corpus: Corpus, entry: Import, record: Entry, track: Track
) -> tuple[Track, Stored | None]:
    """Find what is stored under a track's id, or under another one if that is taken."""
    stored = corpus.stored(track.id)
    if stored is None or stored.import_id == entry.id or not track.audio_digest:
        return track, stored
    if stored.audio_digest == track.audio_digest and _has_gone(corpus, stored):
        return track, None  # it is this one, before it moved
    if record.named_by_place and stored.audio_digest not in (None, track.audio_digest):
        track = replace(track, id=f"{track.id}.{track.audio_digest[:8]}")
        return track, corpus.stored(track.id)
    return track, stored


def _has_gone(corpus: Corpus, stored: Stored) -> bool:
    """Tell whether a track's file is no longer where it was."""
    if stored.audio_path is None:
        return False
    return not corpus.audio_file(stored.audio_path).exists()


def _moved(corpus: Corpus, track: Track) -> str | None:
    """Name the track that this recording was while its file lay elsewhere."""
    same = corpus.with_content(track.audio_digest) if track.audio_digest else []
    found = ((name, corpus.stored(name)) for name in same)
    return next((name for name, stored in found if stored and _has_gone(corpus, stored)), None)


def _take_place(corpus: Corpus, moved: str, track: Track, entry: Import) -> None:
    before = corpus.stored(moved)
    if moved == track.id:
        corpus.put(track, None, entry)
    else:
        corpus.replace(moved, track, entry)
    if before and before.import_id not in (None, entry.id):
        corpus.journal.forget(before.import_id)


def _is_older(stored: Stored, entry: Import) -> bool:
    return stored.import_id == entry.id and stored.fingerprint != entry.fingerprint


def _completes(track: Track, record: Entry, stored: Stored) -> bool:
    brings_genre = track.genre is not None and stored.genre is None
    return brings_genre or (record.analysis is not None and not stored.has_analysis)
