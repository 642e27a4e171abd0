"""Recordings: sound files as items of a source, with what is known of them and what they say.

Conventions
-----------
A track is a file; ``audio_path`` and ``audio_digest`` (SHA-256) say where it lies and what
is in it. There is no analysis: ``genrelab analyze --corpus`` makes them. What a source
knows of a file has the last word over the file's own tags (`genrelab.sources.sound_tags`).
A file is read again when its size or time changes, or what is known of it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from genrelab.music.file_names import readable
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.music.tracks import Origin, Track
from genrelab.sources.findings import (
    Drop,
    Entry,
    Fault,
    Found,
    Item,
    item_of_error,
    unreadable,
)
from genrelab.sources.labels import NO_LABEL, Label
from genrelab.sources.sound_tags import SoundTags, TaggedGenre, read_tags, tagged_genre


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is known of a recording before its file is read.

    Attributes
    ----------
    id : str
        The track's.
    label : Label
        Genre, artist and so on, where they are known.
    genre_from_tags : bool
        Whether the file's own genre counts where the label has none.
    tags, audio_features : mapping
        As the track shall have them.
    named_by_place : bool
        See `genrelab.sources.findings.Entry`.
    """

    id: str
    label: Label = NO_LABEL
    genre_from_tags: bool = False
    tags: Mapping[str, Any] = field(default_factory=dict)
    audio_features: Mapping[str, Any] | None = None
    named_by_place: bool = False


def item_of_recording(
    file: Path, description: Description, *, source: str, table: GenreTable = SHIPPED_GENRES
) -> Item:
    """Make an item of a sound file."""
    status = status_of_recording(file)
    if isinstance(status, Item):
        return status
    fingerprint = (
        f"size={status.st_size} time={status.st_mtime_ns} known={text_digest(repr(description))}"
    )
    entries = partial(_entries, file, description, source, table, status.st_size)
    return Item(str(file.absolute()), fingerprint, status.st_size, entries, label=str(file))


def status_of_recording(file: Path) -> os.stat_result | Item:
    """Return the size and time of a file, or an item that says why it cannot be read."""
    try:
        status = file.stat()
    except OSError as error:
        return item_of_error(file, error)
    if stat.S_ISREG(status.st_mode):
        return status
    sentence = "is a pipe or device; expected a file, so it was left out"
    return item_of_faults(str(file.absolute()), [sentence], label=str(file))


def item_of_absences(name: str, sentences: Sequence[str], *, label: str) -> Item:
    """Make an item of recordings that are known and not there, a sentence each."""

    def entries(after: int) -> Iterator[Found]:
        for position, sentence in enumerate(sentences[after:], after + 1):
            yield Drop(position, None, "no recording", sentence)

    fingerprint = text_digest("\n".join(sentences))
    return Item(name, fingerprint, 0, entries, label=label, is_file=False)


def item_of_faults(name: str, sentences: Sequence[str], *, label: str) -> Item:
    """Make an item of what is wrong in a source's own files, a sentence each."""

    def entries(after: int) -> Iterator[Found]:
        for position, sentence in enumerate(sentences[after:], after + 1):
            yield Fault(position, None, sentence)

    fingerprint = text_digest("\n".join(sentences))
    return Item(name, fingerprint, 0, entries, label=label, is_file=False)


def text_digest(text: str) -> str:
    """Return a short digest of a text, which may be a name that is no UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _entries(
    file: Path, known: Description, source: str, table: GenreTable, size: int, after: int
) -> Iterator[Found]:
    if after >= 1:
        return
    try:
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
            tags = read_tags(opened)
    except OSError as error:
        yield Fault(1, known.id, unreadable(error), fatal=True, consumed=size)
        return
    tagged = tagged_genre(tags.genres, table) if known.genre_from_tags else TaggedGenre()
    conflict = known.label.conflict
    if tagged.conflict and not known.label.genre:
        conflict = conflict or f"{tagged.conflict} in its tags"
    if conflict:
        # Without its id: that may be another recording's, in another folder.
        yield Drop(1, None, "two genres", conflict, consumed=size)
        return
    track = Track(
        id=known.id,
        title=known.label.title or tags.title,
        artist=known.label.artist or tags.artist,
        artist_id=known.label.artist_id,
        album=known.label.album or tags.album,
        isrc=known.label.isrc or tags.isrc,
        genre=known.label.genre or tagged.genre,
        tags={**_as_written(tags), **known.tags},
        audio_path=str(file.absolute()),
        audio_digest=digest,
        audio_features=known.audio_features,
        origin=Origin(source=source, file=readable(file.name), position=1),
    )
    yield Entry(1, track, None, consumed=size, named_by_place=known.named_by_place)


def _as_written(tags: SoundTags) -> dict[str, str]:
    """Keep what the file says and no field of a track has room for."""
    written = {"genre": "; ".join(tags.genres), "date": tags.date}
    return {name: value for name, value in written.items() if value}
