"""Sound tags: what a sound file says of itself (ID3, Vorbis comments, MP4, ASF, APEv2).

Conventions
-----------
A file whose tags cannot be read has none: tags never keep a recording from being
collected. Of several artists the first is the artist, and the album's artist counts only
where the track has none. Of several genres (values of their own, or parted by ``;``) those
that the genre table knows count; two of them make the recording ambiguous.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import mutagen

from genrelab.music.genres import GenreTable

MAX_LETTERS = 500  # of a value; longer ones are no names
_KEYS = {  # ID3, MP4, then the names that Vorbis comments, APEv2 (in any case) and ASF use
    "title": ("TIT2", "\xa9nam", "title", "Title"),
    "artist": ("TPE1", "\xa9ART", "artist", "Author"),
    "album_artist": ("TPE2", "aART", "albumartist", "album artist", "WM/AlbumArtist"),
    "album": ("TALB", "\xa9alb", "album", "WM/AlbumTitle"),
    "isrc": ("TSRC", "----:com.apple.iTunes:ISRC", "isrc", "WM/ISRC"),
    "genre": ("TCON", "\xa9gen", "genre", "WM/Genre"),
    "date": ("TDRC", "\xa9day", "date", "year", "WM/Year"),
}
_NOBODY = frozenset({"various artists", "various", "unknown artist"})
_NO_GENRE = "Unknown"  # what ID3's numbers beyond its list are read as
_PARTED = re.compile(r"[;\0]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTags:
    """Values of a file's tags, stripped; None or empty where it has none."""

    title: str | None = None
    artist: str | None = None
    artists: Sequence[str] = ()
    album: str | None = None
    isrc: str | None = None
    date: str | None = None
    genres: Sequence[str] = ()


NO_TAGS = SoundTags()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedGenre:
    """The genre that a file's tags mean; ``conflict`` ("Jazz and Rock") where they mean two."""

    genre: str | None = None
    conflict: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundHeader:
    """A file's tags and the length that it says it has, in seconds; None where it does not."""

    tags: SoundTags = NO_TAGS
    length_s: float | None = None


def read_tags(file: BinaryIO) -> SoundTags:
    """Read the tags of an open sound file, from its start."""
    return read_header(file).tags


def read_header(file: BinaryIO) -> SoundHeader:
    """Read the tags and the length of an open sound file, from its start."""
    file.seek(0)
    try:
        opened = mutagen.File(file)
        if opened is None:
            return SoundHeader()
        tags = NO_TAGS if opened.tags is None else _sound_tags(opened.tags)
        return SoundHeader(tags=tags, length_s=_length_s(opened))
    except Exception:  # noqa: BLE001 - damaged files make mutagen raise errors of any kind
        return SoundHeader()


def tagged_genre(genres: Sequence[str], table: GenreTable) -> TaggedGenre:
    """Choose the genre that tags mean: the one that a table knows, else the first.

    >>> from genrelab.music.genres import SHIPPED_GENRES
    >>> tagged_genre(["Shoegaze", "rock music"], SHIPPED_GENRES).genre
    'Rock'
    >>> tagged_genre(["Rock", "Jazz"], SHIPPED_GENRES).conflict
    'Jazz and Rock'
    """
    meant = {name: table.canonical(name) for name in genres}
    known = sorted({genre for name, genre in meant.items() if genre and table.knows(name)})
    if len(known) > 1:
        return TaggedGenre(conflict=" and ".join(known))
    return TaggedGenre(genre=next((genre for genre in (*known, *meant.values()) if genre), None))


def _sound_tags(tags: Any) -> SoundTags:
    found = {field: list(_values(tags, keys)) for field, keys in _KEYS.items()}
    named = [
        [name for name in found[field] if name.casefold() not in _NOBODY]
        for field in ("artist", "album_artist")
    ]
    artists = tuple(dict.fromkeys(named[0] or named[1]))
    isrc = next(iter(found["isrc"]), "")
    genres = [part for text in found["genre"] for part in map(str.strip, _PARTED.split(text))]
    return SoundTags(
        title=next(iter(found["title"]), None),
        artist=next(iter(artists), None),
        artists=artists,
        album=next(iter(found["album"]), None),
        isrc="".join(filter(str.isalnum, isrc)).upper() or None,
        date=next(iter(found["date"]), None),
        genres=tuple(dict.fromkeys(part for part in genres if part and part != _NO_GENRE)),
    )


def _length_s(opened: Any) -> float | None:
    length_s = getattr(opened.info, "length", None)
    if isinstance(length_s, int | float) and math.isfinite(length_s) and length_s > 0:
        return float(length_s)
    return None


def _values(tags: Any, keys: Sequence[str]) -> Iterator[str]:
    for key in keys:
        for text in _texts(_value(tags, key)):
            plain = " ".join(text.replace("\0", ";").split()).strip("; ")
            if plain:
                # UTF-16 in tags may be damaged; SQLite takes no lone surrogates
                yield plain[:MAX_LETTERS].encode("utf-8", "replace").decode()


def _value(tags: Any, key: str) -> Any:
    try:
        return tags[key]
    except (KeyError, ValueError):  # a Vorbis comment's name has ASCII letters only
        return None


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts of a value, whatever the format makes of it."""
    if value is None:
        return
    for one in getattr(value, "genres", None) or getattr(value, "text", None) or _listed(value):
        inner = getattr(one, "value", one)  # ASF wraps its values
        yield inner.decode("utf-8", "replace") if isinstance(inner, bytes) else str(inner)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]
