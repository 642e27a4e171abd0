"""Settled: the playlists that have been read, as a source of tracks.

Conventions
-----------
All playlists of a file are one item, since what becomes of a track depends on all of them:
where one of them changes, all are settled again, which asks Spotify nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from genrelab.music.tracks import Origin, Track, track_id
from genrelab.sources.findings import Drop, Entry, Fault, Found, Item
from genrelab.sources.spotify.playlist_store import SOURCE
from genrelab.sources.spotify.settlement import Decision, Playlist, settle


class SettledPlaylists:
    """A source: the tracks of playlists, as far as these have been read.

    Parameters
    ----------
    item : str
        What the journal shall know the playlists by.
    playlists : sequence of Playlist
    limits : mapping
        The most tracks of each genre, None for all.
    problems : mapping
        By playlist id, in a sentence, what of it cannot be read.
    """

    name = SOURCE

    def __init__(
        self,
        item: str,
        playlists: Sequence[Playlist],
        limits: Mapping[str, int | None],
        problems: Mapping[str, str] | None = None,
    ) -> None:
        self._item = item
        self._problems = [f"playlist {one}: {said}" for one, said in (problems or {}).items()]
        self.settlement = settle(playlists, limits, as_is=True)

    def items(self) -> Sequence[Item]:
        """Return the one item, told apart by what follows from the playlists."""
        decisions = self.settlement.decisions
        said = hashlib.sha256()
        for one in decisions:
            said.update(msgspec.json.encode((_origin(one), one.playlist.genres, one.reason)))
            said.update(msgspec.json.encode(one.sighting))
        said.update(msgspec.json.encode(self._problems))
        fingerprint = f"sha256={said.hexdigest()}"
        size = len(decisions) + len(self._problems)
        return [Item(self._item, fingerprint, size, self._entries)]

    def _entries(self, after: int) -> Iterator[Found]:
        return islice(self._found(), after, None)

    def _found(self) -> Iterator[Found]:
        for position, one in enumerate(self.settlement.decisions, 1):
            identity = one.sighting.id and track_id(SOURCE, one.sighting.id)
            if one.reason is not None:
                where = f"playlist {one.playlist.id}, place {one.position}"
                yield Drop(position, identity, one.reason, f"{where}: {one.sentence}", position)
            elif identity:
                yield Entry(position, _track(one, identity), consumed=position)
        n_places = len(self.settlement.decisions)
        for position, sentence in enumerate(self._problems, n_places + 1):
            yield Fault(position, None, sentence, consumed=position)


def _track(decision: Decision, identity: str) -> Track:
    sighting = decision.sighting
    names = [name for name, _ in sighting.artists if name]
    artist_id = sighting.artists[0][1] if sighting.artists else None
    tags: dict[str, Any] = {
        "playlist": decision.playlist.name,
        "added_at": sighting.added_at,
        "artists": names if len(names) > 1 else None,
        "release_date": sighting.release_date,
        "duration_ms": sighting.duration_ms,
        "explicit": sighting.explicit,
        "linked_from": sighting.linked_from,
    }
    return Track(
        id=identity,
        title=sighting.title,
        artist=names[0] if names else None,
        artist_id=artist_id,
        album=sighting.album,
        isrc=sighting.isrc,
        genre=decision.playlist.genres[0],
        tags={name: value for name, value in tags.items() if value is not None},
        origin=_origin(decision),
    )


def _origin(decision: Decision) -> Origin:
    playlist = decision.playlist
    return Origin(
        source=SOURCE,
        playlist_id=playlist.id,
        snapshot_id=playlist.snapshot_id,
        market=playlist.market,
        date=playlist.date,
        position=decision.position,
    )
