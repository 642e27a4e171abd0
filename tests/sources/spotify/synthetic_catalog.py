"""Synthetic catalog: any number of invented songs, the same ones every time.

Conventions
-----------
Everything follows from the names and the seed. Analyses have Spotify's shape and a real one's
size (600 segments are some 250 kB); they come from a small pool, encoded once, so that serving
them costs nothing.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Sequence
from functools import cache
from typing import Any

from tests.sources.spotify.catalog import (
    Analyses,
    Catalog,
    Episode,
    Item,
    LocalFile,
    Playlist,
    Song,
    base_62_id,
)

GENRES = ("Blues", "Country", "Electronic", "Hip-Hop", "Latin", "Metal", "Pop", "Rock")
ADJECTIVES = ("Blue", "Broken", "Electric", "Golden", "Hollow", "Midnight", "Quiet", "Velvet")
NOUNS = ("Avenue", "Engine", "Harbor", "Letters", "Mirrors", "Rivers", "Satellites", "Wolves")
TITLES = ("After", "Before", "Beyond", "Calling", "Chasing", "Leaving", "Losing", "Without")
SEGMENT_S = 0.35


def synthetic_catalog(
    tracks: int = 96,
    *,
    genres: Sequence[str] = GENRES,
    playlists_per_genre: int = 2,
    segments: int = 600,
    distinct_analyses: int = 12,
    seed: int = 0,
) -> Catalog:
    """Make a catalog of so many songs, spread evenly over genres and their playlists.

    With few segments an analysis is small, and tests are quick.
    """
    catalog = Catalog(pooled_analyses(segments=segments, distinct=distinct_analyses, seed=seed))
    songs = [make_song(number, seed=seed) for number in range(tracks)]
    for place, genre in enumerate(genres):
        of_genre = songs[place :: len(genres)]
        for number in range(playlists_per_genre):
            items: list[Item] = list(of_genre[number::playlists_per_genre])
            name = f"{genre} {number + 1}"
            catalog.put(Playlist(id=base_62_id(f"{seed} {name}"), name=name, items=items), genre)
    return catalog


def add_oddities(catalog: Catalog, *, market: str = "DE") -> None:
    """Add what real playlists hold besides songs that one can have.

    Every playlist gets a local file, an episode, a removed item, a song that the market lacks, a
    song that has neither features nor analysis, and its first song once more; and the first
    genre's first playlist is also the second genre's.
    """
    for number, playlist in enumerate(list(catalog.playlists.values())):
        elsewhere = frozenset({"JP", "US"} - {market})
        locked = make_song(number, seed=-1, title=f"Elsewhere {number}", markets=elsewhere)
        unheard = make_song(number, seed=-2, title=f"Unheard {number}", features=None)
        odd: list[Item] = [
            LocalFile(title=f"Demo {number}", artist="Me"),
            Episode(id=base_62_id(f"episode {number}"), title=f"Talk {number}", show="Talks"),
            None,
            locked,
            unheard,
            playlist.items[0],
        ]
        third = max(1, len(playlist.items) // 3)
        playlist.items = [*playlist.items[:third], *odd[:3], *playlist.items[third:], *odd[3:]]
        catalog.know([locked, unheard])
    first, second, *_ = catalog.genres
    catalog.genres[second].append(catalog.genres[first][0])
    heard = catalog.analysis_of

    def analysis_of(id_: str) -> bytes | None:
        song = catalog.songs.get(id_)
        return None if song is None or song.features is None else heard(id_)

    catalog.analysis_of = analysis_of


def make_song(number: int, *, seed: int = 0, **changes: Any) -> Song:
    """Invent a song; three songs an album, five albums an artist."""
    id_ = base_62_id(f"{seed} song {number}")
    dice = random.Random(id_)
    artist = number // 15
    duration_ms = dice.randrange(120_000, 400_000)
    values: dict[str, Any] = {
        "id": id_,
        "title": f"{TITLES[number % 8]} {NOUNS[number // 8 % 8]} {number}",
        "artists": (f"{ADJECTIVES[artist % 8]} {NOUNS[artist // 8 % 8]} {artist}",),
        "album": f"{ADJECTIVES[number // 3 % 8]} {number // 3}",
        "isrc": f"DEX{(seed % 100):02}{number:07}"[:12],
        "duration_ms": duration_ms,
        "explicit": dice.random() < 0.1,
        "popularity": dice.randrange(100),
        "release_date": f"{dice.randrange(1960, 2025)}-{dice.randrange(1, 13):02}-01",
        "track_number": number % 3 + 1,
        "features": make_features(id_, duration_ms),
    }
    return Song(**{**values, **changes})


def make_features(id_: str, duration_ms: int, **known: float) -> dict[str, float]:
    """Invent what ``audio-features`` says of a song, apart from what is known."""
    dice = random.Random(id_)
    shares = ("danceability", "energy", "speechiness", "acousticness", "instrumentalness")
    return {
        **{name: round(dice.random(), 3) for name in (*shares, "liveness", "valence")},
        "key": dice.randrange(12),
        "mode": dice.randrange(2),
        "loudness": round(dice.uniform(-20, -3), 3),
        "tempo": round(dice.uniform(60, 190), 3),
        "duration_ms": duration_ms,
        "time_signature": dice.choice((3, 4, 4, 4)),
        **known,
    }


def pooled_analyses(*, segments: int, distinct: int, seed: int) -> Analyses:
    """Return a function from ids to one of a few analyses, each made when it is first asked."""

    def analysis_of(id_: str) -> bytes:
        return _encoded(segments, zlib.crc32(id_.encode()) % distinct, seed)

    return analysis_of


@cache
def _encoded(segments: int, number: int, seed: int) -> bytes:
    return json.dumps(make_analysis(segments, seed=seed * 1000 + number)).encode()


def make_analysis(segments: int, *, seed: int) -> dict[str, Any]:
    """Invent an ``audio-analysis``: 120 beats a minute, a section every 30 seconds."""
    dice = random.Random(seed)
    duration = round(segments * SEGMENT_S, 5)
    keyed = {"key": dice.randrange(12), "key_confidence": 0.5, "mode": 1, "mode_confidence": 0.5}
    timed = {"tempo": 120.0, "tempo_confidence": 0.6, "time_signature": 4,
             "time_signature_confidence": 1.0, "loudness": -8.5}  # fmt: skip
    return {
        "meta": {
            "analyzer_version": "4.0.0", "platform": "Linux", "detailed_status": "OK",
            "status_code": 0, "timestamp": 1_476_792_337, "analysis_time": 6.93906,
            "input_process": "libvorbisfile L+R 44100->22050",
        },
        "track": {
            "num_samples": int(duration * 22050), "duration": duration, "sample_md5": "",
            "offset_seconds": 0, "window_seconds": 0, "analysis_sample_rate": 22050,
            "analysis_channels": 1, "end_of_fade_in": 0.0, "start_of_fade_out": duration,
            **keyed, **timed, "codestring": "eJxVnAmS5DgOBL-ST-B9_P9j4x7M6qo",
            "code_version": 3.15, "echoprintstring": "eJzlvQmSHDmStH0lxA4cB-v9j_A",
            "echoprint_version": 4.15, "synchstring": "eJx1mIlx7ToORFNRCCK4559YzG",
            "synch_version": 1.0, "rhythmstring": "eJyNXAmOLT2r28pZQuZh_xv7g21I",
            "rhythm_version": 1.0,
        },
        "bars": _intervals(duration, 2.0, dice),
        "beats": _intervals(duration, 0.5, dice),
        "tatums": _intervals(duration, 0.25, dice),
        "sections": [{**span, **keyed, **timed} for span in _intervals(duration, 30.0, dice)],
        "segments": [_segment(number, dice) for number in range(segments)],
    }  # fmt: skip


def _intervals(duration: float, length: float, dice: random.Random) -> list[dict[str, float]]:
    return [
        {"start": round(i * length, 5), "duration": length, "confidence": round(dice.random(), 3)}
        for i in range(max(1, int(duration / length)))
    ]


def _segment(number: int, dice: random.Random) -> dict[str, Any]:
    loudness = round(dice.uniform(-40, -5), 3)
    return {
        "start": round(number * SEGMENT_S, 5),
        "duration": SEGMENT_S,
        "confidence": round(dice.random(), 3),
        "loudness_start": round(loudness - 10, 3),
        "loudness_max": loudness,
        "loudness_max_time": 0.05,
        "loudness_end": 0.0,
        "pitches": [round(dice.random(), 3) for _ in range(12)],
        "timbre": [round(dice.gauss(0, 40), 3) for _ in range(12)],
    }
