"""Archived catalog: real analyses, served as Spotify would.

Conventions
-----------
The archives are read in place. What is served lies in a file of the caller's, compressed, with an
index in memory: a thousand analyses cost some hundred kilobytes of memory.
"""

from __future__ import annotations

import gzip
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec
from tests.sources.spotify.catalog import Catalog, Item, Playlist, Song, base_62_id
from tests.sources.spotify.synthetic_catalog import GENRES, make_features

RATE_HZ = 22050


class Spool:
    """Bodies in a file: appended once, read at any time by any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[str, tuple[int, int]] = {}
        path.write_bytes(b"")

    def append(self, bodies: Iterator[tuple[str, bytes]]) -> None:
        """Append bodies, each under its id."""
        with self._path.open("ab") as file:
            for id_, body in bodies:
                start = file.tell()
                self._places[id_] = (start, file.write(zlib.compress(body, 1)))

    def __call__(self, id_: str) -> bytes | None:
        """Return the body of an id, or None."""
        if id_ not in self._places:
            return None
        start, size = self._places[id_]
        with self._path.open("rb") as file:
            file.seek(start)
            return zlib.decompress(file.read(size))


def archived_catalog(
    data_dir: Path,
    spool: Path,
    *,
    genres: Collection[str] = GENRES,
    per_genre: int | None = None,
    playlists_per_genre: int = 2,
) -> Catalog:
    """Make a catalog of ``echonest``: real tracks by genre, `per_genre` of each at most."""
    bodies = Spool(spool)
    songs: dict[str, list[Item]] = defaultdict(list)

    def chosen() -> Iterator[tuple[str, bytes]]:
        files = sorted((data_dir / "echonest").glob("tracks-*.jsonl.gz"))
        for record in (record for file in files for record in _records(file)):
            genre = record["Genre"]
            if genre in genres and len(songs[genre]) != per_genre:
                song = song_of_record(record)
                songs[genre].append(song)
                yield song.id, msgspec.json.encode(analysis_of_record(record))
            elif all(len(songs[genre]) == per_genre for genre in genres):
                return

    bodies.append(chosen())
    catalog = Catalog(bodies)
    for genre in sorted(songs):
        for number in range(playlists_per_genre):
            items = songs[genre][number::playlists_per_genre]
            name = f"{genre} {number + 1}"
            catalog.put(Playlist(id=base_62_id(name), name=name, items=items), genre)
    return catalog


def real_catalog(data_dir: Path, spool: Path, *, genre: str = "Pop") -> Catalog:
    """Make a catalog of ``spotify_json/tracks-40``: Spotify's own answers, in one playlist."""
    bodies = Spool(spool)
    songs: list[Item] = []

    def all_of_them() -> Iterator[tuple[str, bytes]]:
        for record in _records(data_dir / "spotify_json" / "tracks-40.jsonl.gz"):
            song = _song_of_answers(record)
            songs.append(song)
            yield song.id, msgspec.json.encode(record["audio_analysis"])

    bodies.append(all_of_them())
    catalog = Catalog(bodies)
    catalog.put(Playlist(id=base_62_id(genre), name=genre, items=songs), genre)
    return catalog


def song_of_record(record: dict[str, Any]) -> Song:
    """Return the song of a record of the Million Song Dataset."""
    id_ = base_62_id(record["track_id"])
    heard = record["track"]
    duration_ms = round(heard["duration"] * 1000)
    known = {name: heard[name] for name in ("key", "mode", "loudness", "tempo")}
    return Song(
        id=id_,
        title=record["title"],
        artists=(record["artist"],),
        album=record["album"] or record["title"],
        duration_ms=duration_ms,
        release_date=str(record["year"] or 2000),
        features=make_features(id_, duration_ms, **known),
    )


def analysis_of_record(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record's analysis in the shape of ``audio-analysis``.

    The dataset has no beats, bars, tatums or sections here, and no ``loudness_end``.
    """
    heard = record["track"]
    return {
        "meta": {
            "analyzer_version": "4.0.0", "platform": "Linux", "detailed_status": "OK",
            "status_code": 0, "timestamp": 1_300_000_000, "analysis_time": 5.0,
            "input_process": "libvorbisfile L+R 44100->22050",
        },
        "track": {
            **heard, "num_samples": round(heard["duration"] * RATE_HZ), "sample_md5": "",
            "offset_seconds": 0, "window_seconds": 0, "analysis_sample_rate": RATE_HZ,
            "analysis_channels": 1,
        },
        "bars": [], "beats": [], "tatums": [], "sections": [],
        "segments": record["segments"],
    }  # fmt: skip


def _song_of_answers(record: dict[str, Any]) -> Song:
    track, features = record["track"], record["audio_features"]
    given = {"type", "id", "uri", "track_href", "analysis_url"}
    return Song(
        id=track["id"],
        title=track["name"],
        artists=tuple(artist["name"] for artist in track["artists"]),
        album=track["album"]["name"],
        isrc=track["external_ids"].get("isrc"),
        duration_ms=track["duration_ms"],
        explicit=track["explicit"],
        popularity=track["popularity"],
        release_date=track["album"]["release_date"],
        track_number=track["track_number"],
        features={name: value for name, value in features.items() if name not in given},
    )


def _records(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line)
