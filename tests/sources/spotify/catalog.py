"""Catalog: the songs, playlists and analyses that the stand-in serves.

Conventions
-----------
Ids are 22 characters of base 62, as Spotify's are. Durations are milliseconds. A playlist's items
are songs, local files, episodes, and None where something was removed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import string
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

BASE_62 = string.digits + string.ascii_lowercase + string.ascii_uppercase

Analyses = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Song:
    """A track; ``markets`` None: everywhere. ``features`` None: Spotify never computed them."""

    id: str
    title: str
    artists: tuple[str, ...]
    album: str
    isrc: str | None = None
    duration_ms: int = 200_000
    explicit: bool = False
    popularity: int = 50
    release_date: str = "2001-01-01"
    track_number: int = 1
    markets: frozenset[str] | None = None
    features: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """A file of the playlist owner's own, which Spotify knows by its tags alone."""

    title: str
    artist: str
    album: str = ""
    duration_ms: int = 180_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """An episode of a podcast."""

    id: str
    title: str
    show: str
    duration_ms: int = 1_800_000


Item = Song | LocalFile | Episode | None
Edit = Callable[[list[Item]], list[Item]]


@dataclass(slots=True, kw_only=True)
class Playlist:
    """A playlist, whose snapshot id changes whenever its items do."""

    id: str
    name: str
    items: list[Item]
    owner: str = "spotify"
    version: int = 1
    pages_served: int = 0
    _plans: dict[int, Edit] = field(default_factory=dict)
    _every_page: Edit | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def snapshot_id(self) -> str:
        """Stands for this version of the playlist and for no other."""
        digest = hashlib.sha256(f"{self.id} {self.version}".encode()).digest()[:20]
        return base64.b64encode(self.version.to_bytes(4) + digest).decode()

    def change(self, edit: Edit) -> None:
        """Change the items now."""
        with self._lock:
            self._change(edit)

    def change_after(self, page: int, edit: Edit) -> None:
        """Change the items once so many pages were served, counted from the beginning."""
        self._plans[page] = edit

    def change_always(self, edit: Edit) -> None:
        """Change the items after every page that is served."""
        self._every_page = edit

    def served_page(self) -> None:
        """Count a page, and do what is planned for it."""
        with self._lock:
            self.pages_served += 1
            for edit in (self._plans.pop(self.pages_served, None), self._every_page):
                if edit is not None:
                    self._change(edit)

    def _change(self, edit: Edit) -> None:
        self.items = edit(list(self.items))
        self.version += 1


class Catalog:
    """All that is served.

    Parameters
    ----------
    analyses : callable
        From a song's id to the bytes of its ``audio-analysis``, or None where there is none.
    """

    def __init__(self, analyses: Analyses) -> None:
        self.analysis_of = analyses
        self.songs: dict[str, Song] = {}
        self.playlists: dict[str, Playlist] = {}
        self.genres: dict[str, list[str]] = {}

    def put(self, playlist: Playlist, *genres: str) -> Playlist:
        """Serve a playlist, which is to be collected under these genres."""
        self.playlists[playlist.id] = playlist
        self.know(playlist.items)
        for genre in genres:
            self.genres.setdefault(genre, []).append(playlist.id)
        return playlist

    def know(self, items: Iterable[Item]) -> None:
        """Serve the songs among these, whether or not a playlist has them still."""
        self.songs.update((item.id, item) for item in items if isinstance(item, Song))

    def playlists_of(self, genre: str) -> list[Playlist]:
        """Return a genre's playlists in order."""
        return [self.playlists[id_] for id_ in self.genres[genre]]

    def playlist_file(self, *, market: str | None = "DE", limit: int | None = None) -> str:
        """Write the TOML file from which this catalog is collected."""
        lines = [] if market is None else [f'market = "{market}"', ""]
        for genre, ids in self.genres.items():
            key = genre if re.fullmatch(r"[\w-]+", genre, re.ASCII) else json.dumps(genre)
            lines += [f"[genres.{key}]", f"playlists = {json.dumps(ids)}"]
            lines += [] if limit is None else [f"limit = {limit}"]
            lines.append("")
        return "\n".join(lines)

    def write_playlist_file(
        self, path: Path, *, market: str | None = "DE", limit: int | None = None
    ) -> Path:
        """Write that file, and return its path."""
        path.write_text(self.playlist_file(market=market, limit=limit), encoding="utf-8")
        return path


def kinds_of(items: Iterable[Item], market: str | None) -> Counter[str]:
    """Count items: ``track``, ``local``, ``episode``, ``removed``, and ``locked`` in a market."""
    names = {LocalFile: "local", Episode: "episode", type(None): "removed"}
    return Counter(
        names.get(type(item))
        or ("track" if market is None or item.markets is None or market in item.markets
            else "locked")
        for item in items
    )  # fmt: skip


def base_62_id(name: str) -> str:
    """Derive an id from a name."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest())
    digits = []
    for _ in range(22):
        number, digit = divmod(number, 62)
        digits.append(BASE_62[digit])
    return "".join(digits)


def inserting(position: int, items: Sequence[Item]) -> Edit:
    """Edit: put items in at a position."""
    return lambda old: [*old[:position], *items, *old[position:]]


def removing(*positions: int) -> Edit:
    """Edit: take out what is at these positions."""
    return lambda old: [item for place, item in enumerate(old) if place not in positions]


def rotating(old: list[Item]) -> list[Item]:
    """Edit: put the last item first."""
    return [*old[-1:], *old[:-1]]
