"""Tracks: who made a recording, what it is called, where it was found.

Conventions
-----------
A track's id is ``<source>-<native id>`` and safe as a file name. ``artist`` is
the unit that must never stand on two sides of a split; a track without one is a
group of its own.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from genrelab.errors import DataError

OfficialPart = Literal["train", "valid", "test"]
OFFICIAL_PARTS: tuple[OfficialPart, ...] = get_args(OfficialPart)
SPLIT_TAG = "split"  # the tag that says in which part of its data set's own split a track is
LEFT_OUT = "left out"  # what that tag says of a track that the split does not have

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_MILLION_SONG_ID = re.compile(r"TR[A-Z]{5}[0-9A-F]{11}")
_SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where and when a track was found.

    Attributes
    ----------
    source : str
        The kind of source (``archive``, ``msd``, ``spotify``...).
    file : str or None
        Name of the file it came from, without its folder.
    playlist_id, snapshot_id, market, date : str or None
        The playlist, its version, the market asked and the ISO date.
    position : int or None
        Position in the file or playlist, from 1.
    """

    source: str
    file: str | None = None
    playlist_id: str | None = None
    snapshot_id: str | None = None
    market: str | None = None
    date: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One recording and its label.

    Attributes
    ----------
    id : str
        ``<source>-<native id>``; letters, digits, ``.``, ``_`` and ``-`` only.
    genre : str or None
        The label; a track without one is kept, but left out of samples.
    artist, artist_id : str or None
        Name and the source's own id of the artist.
    tags : mapping
        Labels and descriptions as the source gave them.
    audio_path, audio_digest : str or None
        The audio file and the SHA-256 of its content.
    audio_features : mapping or None
        Spotify's track-level values (danceability, energy...).

    Raises
    ------
    DataError
        If the id could not be used as a file name.
    """

    id: str
    origin: Origin
    title: str | None = None
    artist: str | None = None
    artist_id: str | None = None
    album: str | None = None
    isrc: str | None = None
    genre: str | None = None
    tags: Mapping[str, Any] = field(default_factory=dict)
    audio_path: str | None = None
    audio_digest: str | None = None
    audio_features: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        source, _, native = self.id.partition("-")
        if not source or not native or _UNSAFE.search(self.id):
            raise DataError(
                f"track id {self.id!r} is not '<source>-<native id>' of letters, digits, . _ -"
            )

    @property
    def native_id(self) -> str:
        """The id without the source's name, as the source knows it."""
        return self.id.partition("-")[2]

    @property
    def official_part(self) -> OfficialPart | None:
        """The part of its data set's own split, None where there is none or it is left out."""
        said = self.tags.get(SPLIT_TAG)
        return next((part for part in OFFICIAL_PARTS if part == said), None)


def track_id(source: str, native_id: str) -> str:
    """Join a source's name and its own id into a track id that is safe as a file name.

    An id that had to be altered gets a digest of the original, so two of them
    never become one.

    >>> track_id("msd", "TRAAAAW128F429D538")
    'msd-TRAAAAW128F429D538'
    >>> track_id("folder", "Rock/01 Song.mp3")
    'folder-Rock_01_Song.mp3.9fff4f9b'
    """
    safe = _UNSAFE.sub("_", native_id)
    if safe != native_id:
        safe += "." + hashlib.sha256(native_id.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{source}-{safe}"


def id_source(native_id: str) -> str | None:
    """Tell a Million Song (``msd``) or Spotify (``spotify``) id by its form, else None.

    >>> id_source("TRAAAAW128F429D538"), id_source("7zjSZQkMoGKylSq6s1rK9Y"), id_source("x")
    ('msd', 'spotify', None)
    """
    if _MILLION_SONG_ID.fullmatch(native_id):
        return "msd"
    if _SPOTIFY_ID.fullmatch(native_id):
        return "spotify"
    return None


def plain_name(name: str) -> str:
    """Reduce a name to what two spellings of it share: no case, accents, marks or leading "the".

    >>> plain_name("The Beyoncés"), plain_name("!!!")
    ('beyonces', '!!!')
    """
    plain = unicodedata.normalize("NFKD", name.casefold()).strip().removeprefix("the ")
    kept = "".join(character for character in plain if character.isalnum())
    return kept or name.casefold()


def plain_isrc(isrc: str | None) -> str | None:
    """Reduce an ISRC to its twelve letters and digits; None where it is none.

    >>> plain_isrc("us-rc1-76-07839"), plain_isrc("unknown")
    ('USRC17607839', None)
    """
    plain = re.sub(r"[\s-]", "", isrc or "").upper()
    return plain if _ISRC.fullmatch(plain) else None


def artist_groups(tracks: Iterable[Track]) -> list[str]:
    """Group tracks by artist.

    Two tracks belong together when they share the artist's id or the artist's
    name (without case, accents, punctuation and a leading "the"), directly or
    through others. A track that has neither is a group of its own.

    Returns
    -------
    list of str
        One group name a track, in the order given.
    """
    return joined_groups([artist_keys(track) for track in tracks])


def joined_groups(keys: Iterable[Sequence[str]]) -> list[str]:
    """Group whatever shares a key, directly or through others.

    Parameters
    ----------
    keys : iterable of sequences of str
        At least one key each.

    Returns
    -------
    list of str
        One of the group's keys for each, the same for all of a group; in the order given.

    >>> joined_groups([("a", "b"), ("c",), ("d", "b")])
    ['a', 'c', 'a']
    """
    keys = list(keys)
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for own in keys:
        roots = sorted({root(key) for key in own})
        for other in roots[1:]:
            parent[other] = roots[0]
    return [root(own[0]) for own in keys]


def artist_keys(track: Track) -> tuple[str, ...]:
    """Name everything that tells a track's artist: name and id, or the track itself.

    Two tracks that share a key must never stand on two sides of a split.
    """
    keys = []
    if track.artist and track.artist.strip():
        keys.append(f"artist {plain_name(track.artist)}")
    if track.artist_id:
        keys.append(f"artist id {track.artist_id}")
    return tuple(keys) or (f"track {track.id}",)
