"""Playlist store: what a corpus keeps of playlists, so that no page is asked for twice.

Conventions
-----------
A playlist's version is its ``snapshot_id``, in a market. A version has a head and pages,
each durable when it is stored. Until a version is whole, the one before it counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

import msgspec
import zstandard

from genrelab.music.corpus import Corpus
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.sources.spotify.playlist_files import PlaylistFile
from genrelab.sources.spotify.settlement import Playlist
from genrelab.sources.spotify.sightings import Sighting

SOURCE = "spotify"
T = TypeVar("T")
_HEAD = -1  # a head's position, before those of its pages


class _StoredHead(msgspec.Struct):
    """What is kept of a version beside its pages; ``whole`` once all that counts is there."""

    name: str
    snapshot_id: str
    market: str | None
    date: str
    total: int
    whole: bool = False


class PlaylistStore:
    """The pages of playlists that a corpus keeps.

    Parameters
    ----------
    corpus : Corpus
        Open for writing.
    playlist_file : PlaylistFile
    table : GenreTable
        Which names stand for which genre.
    """

    def __init__(
        self,
        corpus: Corpus,
        playlist_file: PlaylistFile,
        *,
        table: GenreTable = SHIPPED_GENRES,
    ) -> None:
        self._corpus = corpus
        self._fetched = corpus.fetched(SOURCE)
        self.market = playlist_file.market
        self.genres = {one: playlist_file.genres_of(one, table) for one in playlist_file.playlists}
        self.limits: dict[str, int | None] = {}
        for one in playlist_file.genres:
            self.limits.setdefault(table.canonical(one.genre) or one.genre, one.limit)

    def begin(self, playlist_id: str, *, name: str, snapshot_id: str, total: int) -> Playlist:
        """Open a version of a playlist, new or known."""
        version = self._version(snapshot_id)
        stored = self._head(playlist_id, version)
        if stored is None:
            stored = _StoredHead(
                name=name,
                snapshot_id=snapshot_id,
                market=self.market,
                date=date.today().isoformat(),  # noqa: DTZ011 - the user's day
                total=total,
            )
            with self._corpus.transaction():
                self._put(playlist_id, version, _HEAD, msgspec.json.encode(stored))
        return self._playlist(playlist_id, version, stored)

    def add(self, pages: Sequence[tuple[Playlist, int, Sequence[Sighting]]]) -> None:
        """Keep pages that have come, durably; their versions are to be finished again."""
        with self._corpus.transaction():
            for playlist, offset, sightings in pages:
                playlist.pages[offset] = sightings  # first: an interrupt may follow the commit
                version = self._version(playlist.snapshot_id)
                self._put(playlist.id, version, offset, msgspec.json.encode(sightings))
                self._mark(playlist, whole=False)

    def finish(self, playlist: Playlist) -> None:
        """Note that a version is whole; others are forgotten."""
        with self._corpus.transaction():
            self._mark(playlist, whole=True)
            self._fetched.keep_only(playlist.id, frozenset({self._version(playlist.snapshot_id)}))

    def _mark(self, playlist: Playlist, *, whole: bool) -> None:
        version = self._version(playlist.snapshot_id)
        stored = self._head(playlist.id, version)
        if stored is not None and stored.whole != whole:
            stored.whole = whole
            self._put(playlist.id, version, _HEAD, msgspec.json.encode(stored))

    def is_whole(self, playlist: Playlist) -> bool:
        """Tell whether all that counts of a version is there."""
        stored = self._head(playlist.id, self._version(playlist.snapshot_id))
        return stored is not None and stored.whole

    def forget(self, playlist: Playlist) -> None:
        """Forget a version whose pages may be of several."""
        with self._corpus.transaction():
            others = set(self._fetched.versions(playlist.id))
            others.discard(self._version(playlist.snapshot_id))
            self._fetched.keep_only(playlist.id, frozenset(others))

    def best(self, playlist_id: str, current: Playlist | None) -> Playlist | None:
        """Return the version that counts: the newest that is whole, else what there is of one."""
        if current is not None and self.is_whole(current):
            return current
        stored = [
            (version, head)
            for version in self._fetched.versions(playlist_id)
            if (head := self._head(playlist_id, version)) is not None
        ]
        whole = [(version, head) for version, head in stored if head.whole]
        if current is not None and not whole:
            return current
        # One version is whole at most, since whatever is finished has the others forgotten.
        return next((self._playlist(playlist_id, *one) for one in whole or stored), None)

    def _playlist(self, playlist_id: str, version: str, head: _StoredHead) -> Playlist:
        pieces = self._fetched.pieces(playlist_id, version)
        return Playlist(
            id=playlist_id,
            name=head.name,
            snapshot_id=head.snapshot_id,
            market=head.market,
            date=head.date,
            genres=self.genres[playlist_id],
            total=head.total,
            pages={
                offset: page
                for offset, content in pieces.items()
                if offset != _HEAD and (page := _unpacked(content, list[Sighting])) is not None
            },
        )

    def _version(self, snapshot_id: str) -> str:
        return f"{snapshot_id} {self.market or 'any market'}"

    def _head(self, playlist_id: str, version: str) -> _StoredHead | None:
        content = self._fetched.piece(playlist_id, version, _HEAD)
        return None if content is None else _unpacked(content, _StoredHead)

    def _put(self, playlist_id: str, version: str, position: int, content: bytes) -> None:
        self._fetched.put(playlist_id, version, position, zstandard.compress(content))


def _unpacked(content: bytes, form: type[T]) -> T | None:
    """Read what `PlaylistStore` has put; what is damaged counts as absent and is asked for anew."""
    try:
        return msgspec.json.decode(zstandard.decompress(content), type=form)
    except (zstandard.ZstdError, msgspec.MsgspecError):
        return None
