"""JSON objects: songs and playlists in the shapes of Spotify's OpenAPI document.

Conventions
-----------
``market`` is the country that was asked for; without one a track says where it may be played,
with one whether it may be played there. Addresses point at the server that answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote_plus

from tests.sources.spotify.catalog import Episode, Item, LocalFile, Playlist, Song, base_62_id

Shape = Literal["item", "track", "both"]

MARKETS = re.findall(
    r"\w+",
    """
    AD AE AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CG
    CH CI CL CM CO CR CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ES ET FI FJ FM FR GA GB GD GE GH
    GM GN GQ GR GT GW GY HK HN HR HT HU ID IE IL IN IQ IS IT JM JO JP KE KG KH KI KM KN KR KW
    KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MN MO MR MT MU MV MW MX MY MZ
    NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PR PS PT PW PY QA RO RS RW SA SB SC SE SG
    SI SK SL SM SN SR ST SV SZ TD TG TH TJ TL TN TO TR TT TV TW TZ UA UG US UY UZ VC VE VN VU
    WS XK ZA ZM ZW
    """,
)
FIRST_ADDED = datetime(2020, 1, 1, 12, tzinfo=UTC)


def named(kind: str, id_: str, api_url: str) -> dict[str, Any]:
    """Return what every object of Spotify's begins with."""
    return {
        "external_urls": {"spotify": f"https://open.spotify.com/{kind}/{id_}"},
        "href": f"{api_url}/{kind}s/{id_}",
        "id": id_,
        "type": kind,
        "uri": f"spotify:{kind}:{id_}",
    }


def track_object(song: Song, market: str | None, api_url: str) -> dict[str, Any]:
    """Return a TrackObject."""
    artists = [
        {**named("artist", base_62_id(f"artist {name}"), api_url), "name": name}
        for name in song.artists
    ]
    there = sorted(song.markets) if song.markets is not None else MARKETS
    track = {
        **named("track", song.id, api_url),
        "album": _album(song, artists, there, market, api_url),
        "artists": artists,
        "disc_number": 1,
        "duration_ms": song.duration_ms,
        "explicit": song.explicit,
        "external_ids": {} if song.isrc is None else {"isrc": song.isrc},
        "is_local": False,
        "name": song.title,
        "popularity": song.popularity,
        "preview_url": None,
        "track_number": song.track_number,
    }
    if market is None:
        return {**track, "available_markets": there}
    playable = market in there
    return {**track, "is_playable": playable} | (
        {} if playable else {"restrictions": {"reason": "market"}}
    )


def _album(
    song: Song, artists: list[Any], there: list[str], market: str | None, api_url: str
) -> dict[str, Any]:
    album = base_62_id(f"album {song.artists} {song.album}")
    return {
        **named("album", album, api_url),
        "album_type": "album",
        "artists": artists,
        # Required by the document even where a market was asked for.
        "available_markets": there if market is None else [],
        "images": [
            {"url": f"https://i.scdn.co/image/{album}", "height": size, "width": size}
            for size in (640, 300, 64)
        ],
        "name": song.album,
        "release_date": song.release_date,
        "release_date_precision": ("year", "month", "day")[song.release_date.count("-")],
        "total_tracks": 12,
    }


def local_object(file: LocalFile) -> dict[str, Any]:
    """Return what stands for a local file: a track of which next to nothing is known."""
    nowhere = {"external_urls": {}, "href": None, "id": None}
    words = (file.artist, file.album, file.title, str(file.duration_ms // 1000))
    return {
        **nowhere,
        "album": {
            **nowhere, "album_type": None, "artists": [], "available_markets": [], "images": [],
            "name": file.album, "release_date": None, "release_date_precision": None,
            "type": "album", "uri": None,
        },
        "artists": [{**nowhere, "name": file.artist, "type": "artist", "uri": None}],
        "available_markets": [],
        "disc_number": 0,
        "duration_ms": file.duration_ms,
        "explicit": False,
        "external_ids": {},
        "is_local": True,
        "name": file.title,
        "popularity": 0,
        "preview_url": None,
        "track_number": 0,
        "type": "track",
        "uri": f"spotify:local:{':'.join(quote_plus(word) for word in words)}",
    }  # fmt: skip


def episode_object(episode: Episode, api_url: str) -> dict[str, Any]:
    """Return an EpisodeObject."""
    told = {
        "description": "", "html_description": "", "explicit": False, "images": [],
        "is_externally_hosted": False, "languages": ["en"],
    }  # fmt: skip
    show = {
        **named("show", base_62_id(f"show {episode.show}"), api_url), **told,
        "available_markets": MARKETS, "copyrights": [], "media_type": "audio",
        "name": episode.show, "publisher": episode.show, "total_episodes": 100,
    }  # fmt: skip
    return {
        **named("episode", episode.id, api_url), **told, "audio_preview_url": None,
        "duration_ms": episode.duration_ms, "is_playable": True, "name": episode.title,
        "release_date": "2020-01-01", "release_date_precision": "day", "show": show,
    }  # fmt: skip


def element_object(
    item: Item, position: int, *, shape: Shape, market: str | None, api_url: str
) -> dict[str, Any]:
    """Return a PlaylistTrackObject; ``shape`` says under which name it holds its item."""
    held: dict[str, Any] | None
    match item:
        case Song():
            held = track_object(item, market, api_url)
        case LocalFile():
            held = local_object(item)
        case Episode():
            held = episode_object(item, api_url)
        case None:
            held = None
    added = FIRST_ADDED + timedelta(hours=position)
    names = ("item", "track") if shape == "both" else (shape,)
    return {
        "added_at": added.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "added_by": named("user", "spotify", api_url),
        "is_local": isinstance(item, LocalFile),
        **dict.fromkeys(names, held),
    }


def page_object(
    elements: Sequence[Any], *, address: str, offset: int, limit: int, total: int
) -> dict[str, Any]:
    """Return a PagingObject; `address` ends where offset and limit are to follow."""

    def at(start: int) -> str:
        return f"{address}offset={start}&limit={limit}"

    return {
        "href": at(offset),
        "items": elements,
        "limit": limit,
        "next": at(offset + limit) if offset + limit < total else None,
        "offset": offset,
        "previous": at(max(0, offset - limit)) if offset > 0 else None,
        "total": total,
    }


def playlist_object(playlist: Playlist, pages: dict[str, Any], api_url: str) -> dict[str, Any]:
    """Return a PlaylistObject with its first page."""
    return {
        **named("playlist", playlist.id, api_url),
        "collaborative": False,
        "description": "",
        "images": [],
        "name": playlist.name,
        "owner": {**named("user", playlist.owner, api_url), "display_name": playlist.owner},
        "public": True,
        "snapshot_id": playlist.snapshot_id,
        **pages,
    }


def features_object(song: Song, api_url: str) -> dict[str, Any] | None:
    """Return an AudioFeaturesObject, or None where there are no features."""
    if song.features is None:
        return None
    return {
        **song.features,
        "analysis_url": f"{api_url}/audio-analysis/{song.id}",
        "id": song.id,
        "track_href": f"{api_url}/tracks/{song.id}",
        "type": "audio_features",
        "uri": f"spotify:track:{song.id}",
    }
