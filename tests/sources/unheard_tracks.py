"""Unheard tracks: a corpus of tracks that came without recordings, as from a playlist."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from genrelab.music.corpus import Corpus
from genrelab.music.tracks import Origin, Track
from genrelab.sources.collecting import collect
from genrelab.sources.findings import Entry, Item


def unheard(number: int, title: str, artist: str, **values: Any) -> Track:
    """A track of a playlist, a tenth of a second long unless its tags say otherwise."""
    tags = {"duration_ms": 100, **values.pop("tags", {})}
    origin = Origin(source="playlist", playlist_id="p", position=number + 1)
    return Track(
        id=f"playlist-{number}", title=title, artist=artist, genre="Rock", tags=tags,
        origin=origin, **values,
    )  # fmt: skip


class PlaylistSource:
    """Tracks as a source brings them; another snapshot is another version of the playlist."""

    name = "playlist"

    def __init__(self, tracks: Iterable[Track], snapshot: str = "1") -> None:
        self.tracks = list(tracks)
        self.snapshot = snapshot

    def items(self) -> list[Item]:
        def entries(after: int) -> Iterable[Entry]:
            yield from (Entry(n, t) for n, t in enumerate(self.tracks, 1) if n > after)

        return [Item("playlist p", self.snapshot, len(self.tracks), entries)]  # type: ignore[arg-type]


def write_tracks(path: Path, songs: Iterable[tuple[str, str]]) -> Path:
    """Make a corpus of titles and artists."""
    tracks = [unheard(number, *song) for number, song in enumerate(songs)]
    with Corpus(path, "write") as corpus:
        collect(PlaylistSource(tracks), corpus)
    return path
