"""What the stand-in serves, asked by spotipy itself."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("spotipy")

from spotipy.exceptions import SpotifyException
from tests.sources.spotify.catalog import (
    Playlist,
    base_62_id,
    inserting,
    kinds_of,
    removing,
    rotating,
)
from tests.sources.spotify.clients import as_user, spotify_for
from tests.sources.spotify.fields import select
from tests.sources.spotify.stand_in import StandIn
from tests.sources.spotify.synthetic_catalog import (
    add_oddities,
    make_song,
    pooled_analyses,
    synthetic_catalog,
)

UNKNOWN = "4uLU6hMCjMI75M1A2tKUQC"
SCRIPT = Path(__file__).with_name("stand_in.py")


def small(tracks: int = 240, **options: Any):
    return synthetic_catalog(tracks, genres=("Rock", "R&B"), segments=4, **options)


@pytest.fixture
def api() -> Iterator[StandIn]:
    with StandIn(small()) as server:
        yield server


def first_playlist(api: StandIn) -> Playlist:
    return next(iter(api.catalog.playlists.values()))


def all_pages(spotify: Any, page: dict[str, Any]) -> list[dict[str, Any]]:
    elements = list(page["items"])
    while page["next"]:
        page = spotify.next(page)
        elements += page["items"]
    return elements


@pytest.mark.parametrize("shape", ["item", "track"])
@pytest.mark.parametrize("route", ["items", "tracks"])
def test_every_page_of_a_playlist_can_be_read(route, shape):
    with StandIn(small(), route=route, shape=shape) as api:
        spotify, playlist = spotify_for(api), first_playlist(api)
        page = spotify._get(f"playlists/{playlist.id}/{route}", limit=25, market="DE")
        assert (page["total"], page["previous"], page["limit"]) == (60, None, 25)
        assert f"/{route}?market=DE&offset=25&limit=25" in page["next"]
        elements = all_pages(spotify, page)
        assert [element[shape]["id"] for element in elements] == [s.id for s in playlist.items]
        other = {"items": "tracks", "tracks": "items"}[route]
        with pytest.raises(SpotifyException, match="Service not found"):
            spotify._get(f"playlists/{playlist.id}/{other}")
        assert api.violations == [] and (api.checked > 0) == (api.document is not None)


def test_a_playlist_says_what_the_fields_ask(api):
    playlist = first_playlist(api)
    fields = "id,name,snapshot_id,tracks.total,items.total"
    assert spotify_for(api).playlist(playlist.id, fields=fields, market="DE") == {
        "id": playlist.id,
        "name": "Rock 1",
        "snapshot_id": playlist.snapshot_id,
        "items": {"total": 60},
    }
    whole = spotify_for(api).playlist(playlist.id)
    assert whole["owner"]["id"] == "spotify" and len(whole["items"]["items"]) == 60


@pytest.mark.parametrize(
    ("fields", "selected"),
    [
        ("a", {"a": 1}),
        ("a,zzz", {"a": 1}),
        ("b.c", {"b": {"c": 2}}),
        ("b(c,d)", {"b": {"c": 2, "d": 3}}),
        ("l(x)", {"l": [{"x": 1}, {"x": 2}]}),
        ("l.y(z)", {"l": [{"y": {"z": 5}}, {"y": None}]}),
        ("b(!c),a", {"a": 1, "b": {"d": 3}}),
    ],
)
def test_fields(fields, selected):
    value = {
        "a": 1,
        "b": {"c": 2, "d": 3},
        "l": [{"x": 1, "y": {"z": 5, "w": 6}}, {"x": 2, "y": None}],
    }
    assert select(value, fields) == selected


@given(st.text(alphabet="ab!.,() ", max_size=20))
def test_any_fields_are_selected_or_refused(fields):
    with suppress(ValueError):
        assert select({"a": {"b": 1}}, fields) in ({}, {"a": {}}, {"a": {"b": 1}})


def test_a_market_says_what_may_be_played_there(api):
    locked = make_song(7, seed=9, markets=frozenset({"US"}))
    api.catalog.know([locked])
    spotify = spotify_for(api)
    there, here, anywhere = (spotify.track(locked.id, market=m) for m in ("US", "DE", None))
    assert there["is_playable"] and "restrictions" not in there
    assert not here["is_playable"] and here["restrictions"] == {"reason": "market"}
    assert anywhere["available_markets"] == ["US"] and "is_playable" not in anywhere
    api.web_api.user_country = "US"
    assert spotify_for(api, as_user(api)).track(locked.id, market="DE")["is_playable"]


def test_what_is_no_playable_track_is_served_too():
    catalog = small(40)
    add_oddities(catalog)
    with StandIn(catalog) as api:
        spotify, playlist = spotify_for(api), first_playlist(api)
        elements = all_pages(spotify, spotify.playlist_items(playlist.id, market="DE"))
        assert len(elements) == 16
        held = [element["item"] for element in elements]
        assert kinds_of(playlist.items, "DE") == {
            "track": 12, "local": 1, "episode": 1, "removed": 1, "locked": 1
        }  # fmt: skip
        assert kinds_of(playlist.items, "US")["track"] == 13
        assert held.count(None) == 1
        tracks = [item for item in held if item]
        assert sum(item["type"] == "episode" for item in tracks) == 1
        assert [e["item"]["id"] for e in elements if e["is_local"]] == [None]
        assert sum(item.get("is_playable") is False for item in tracks) == 1
        assert tracks[0]["id"] == tracks[-1]["id"]
        assert api.catalog.genres["R&B"][-1] == api.catalog.genres["Rock"][0] == playlist.id
        unheard = tracks[-2]["id"]
        with pytest.raises(SpotifyException, match="analysis not found"):
            spotify._get(f"audio-analysis/{unheard}")
        asked = f"audio-features/?ids={unheard},{tracks[0]['id']},{UNKNOWN}"
        features = spotify._get(asked)["audio_features"]
        assert [f and f["id"] for f in features] == [None, tracks[0]["id"], None]


def test_features_and_analyses(api):
    spotify, ids = spotify_for(api), list(api.catalog.songs)
    with pytest.deprecated_call():
        features = spotify.audio_features(ids[:100])
    assert [f["id"] for f in features] == ids[:100]
    assert spotify._get(f"audio-features/{ids[0]}") == features[0]
    with pytest.deprecated_call():
        analysis = spotify.audio_analysis(ids[0])
    assert len(analysis["segments"]) == 4 and analysis["meta"]["analyzer_version"] == "4.0.0"
    with pytest.deprecated_call(), pytest.raises(SpotifyException, match="Too many ids"):
        spotify.audio_features(ids[:101])


def test_a_synthetic_analysis_is_as_large_as_a_real_one():
    analysis_of = pooled_analyses(segments=600, distinct=3, seed=0)
    bodies = [analysis_of(f"{number}") for number in range(50)]
    assert len(set(map(id, bodies))) == 3
    assert all(200_000 < len(body) < 400_000 for body in bodies)


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        (f"playlists/{UNKNOWN}", 404, "Resource not found"),
        (f"playlists/{UNKNOWN}/items", 404, "Resource not found"),
        ("playlists/short", 400, "Invalid base62 id"),
        ("playlists/PLAYLIST?market=ZZ", 400, "Invalid market code"),
        ("playlists/PLAYLIST/items?market=de", 400, "Invalid market code"),
        ("playlists/PLAYLIST/items?limit=51", 400, "Invalid limit"),
        ("playlists/PLAYLIST/items?offset=-1", 400, "Invalid offset"),
        ("playlists/PLAYLIST?fields=tracks(", 400, "fields: a parenthesis is never closed"),
        (f"tracks/{UNKNOWN}", 404, "Resource not found"),
        (f"audio-features/{UNKNOWN}", 404, "analysis not found"),
        (f"audio-analysis/{UNKNOWN}", 404, "analysis not found"),
        ("audio-analysis/no%20id", 400, "Invalid base62 id"),
        ("audio-features", 400, "ids is missing"),
        ("nonsense", 404, "Service not found"),
    ],
)
def test_refusals(api, path, status, message):
    with pytest.raises(SpotifyException, match=message) as caught:
        spotify_for(api)._get(path.replace("PLAYLIST", first_playlist(api).id))
    assert caught.value.http_status == status


def test_analyses_may_be_closed_to_the_app(api):
    spotify, id_ = spotify_for(api), next(iter(api.catalog.songs))
    api.web_api.batches = "closed"
    assert spotify._get(f"audio-features/{id_}")["id"] == id_
    with pytest.raises(SpotifyException, match="Forbidden"):
        spotify._get(f"audio-features?ids={id_}")
    api.web_api.analysis = "closed"
    for path in ("audio-features", "audio-analysis"):
        with pytest.raises(SpotifyException, match="Forbidden") as caught:
            spotify._get(f"{path}/{id_}")
        assert caught.value.http_status == 403
    assert spotify.track(id_)["id"] == id_


def test_items_may_be_the_users_own_alone(api):
    api.web_api.only_own = True
    own, other = list(api.catalog.playlists.values())[:2]
    own.owner = "listener"
    user = spotify_for(api, as_user(api))
    assert user.playlist_items(own.id)["total"] == 60
    for spotify, playlist in ((user, other), (spotify_for(api), own)):
        assert spotify.playlist(playlist.id, fields="id") == {"id": playlist.id}
        with pytest.raises(SpotifyException) as caught:
            spotify.playlist_items(playlist.id)
        assert caught.value.http_status == 403


def test_a_playlist_may_change_between_its_pages(api):
    spotify, playlist = spotify_for(api), first_playlist(api)
    first, second = (make_song(number, seed=5) for number in range(2))
    playlist.change_after(1, inserting(0, [first]))
    playlist.change_after(2, inserting(55, [second]))
    before = playlist.snapshot_id
    page = spotify.playlist_items(playlist.id, limit=25)
    last = page["items"][-1]["item"]["id"]
    assert playlist.snapshot_id != before
    page = spotify.next(page)
    assert page["items"][0]["item"]["id"] == last and page["total"] == 61
    page = spotify.next(page)
    assert page["items"][5]["item"]["id"] == second.id and page["total"] == 62
    playlist.change(removing(0, 55))
    assert spotify.playlist_items(playlist.id)["total"] == 60
    assert len(spotify._get(f"audio-analysis/{second.id}")["segments"]) == 4
    playlist.change_always(rotating)
    seen = {spotify.playlist(playlist.id, fields="snapshot_id")["snapshot_id"]}
    for number in range(3):
        spotify.playlist_items(playlist.id, offset=number)
        seen.add(playlist.snapshot_id)
    assert len(seen) == 4


def test_the_playlist_file_names_every_playlist(tmp_path):
    catalog = small()
    file = catalog.write_playlist_file(tmp_path / "playlists.toml", market="DE", limit=50)
    read = tomllib.loads(file.read_text())
    assert read["market"] == "DE" and list(read["genres"]) == ["Rock", "R&B"]
    assert read["genres"]["R&B"] == {"playlists": catalog.genres["R&B"], "limit": 50}
    assert "market" not in catalog.playlist_file(market=None)


def test_the_same_catalog_every_time():
    one, two = small(12), small(12)
    assert one.songs == two.songs and one.genres == two.genres
    assert len(one.songs) == 12 == sum(len(p.items) for p in one.playlists.values())
    assert small(12, seed=1).songs.keys().isdisjoint(one.songs)


def test_the_log_has_every_request_in_order(api):
    api.latency_s = 0.3
    spotify, ids = spotify_for(api), list(api.catalog.songs)[:4]
    spotify.track(ids[0])
    api.requests.clear()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda id_: spotify.track(id_, market="DE"), ids))
    lines = api.requests_to("/v1/tracks/")
    assert {line.path.rpartition("/")[2] for line in lines} == set(ids)
    assert all(line.status == 200 and line.query == {"market": "DE"} for line in lines)
    assert sorted(line.in_flight for line in lines) == [1, 2, 3, 4]
    assert all(line.ended - line.started >= 0.3 for line in lines)
    assert [line.started for line in lines] == sorted(line.started for line in lines)
    assert api.summary()["max_in_flight"] == 4


def test_nothing_is_left_of_a_server():
    before = set(threading.enumerate())
    with StandIn(small(8)) as api:
        spotify = spotify_for(api)  # keeps its connection
        spotify.track(next(iter(api.catalog.songs)))
        assert set(threading.enumerate()) > before
    assert set(threading.enumerate()) == before


def test_it_runs_as_a_script(tmp_path):
    file = tmp_path / "playlists.toml"
    command = [sys.executable, str(SCRIPT), "--tracks", "10", "--genres", "2", "--playlists", "1"]
    command += ["--segments", "4", "--latency", ".01", "--playlist-file", str(file), "--oddities"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        api_url, accounts_url = process.stdout.readline().split()
        assert api_url == f"{accounts_url}/v1" and accounts_url.startswith("http://127.0.0.1:")
        variables = [process.stdout.readline().partition("=")[0] for _ in range(3)]
        assert variables[0] == "SPOTIPY_CLIENT_ID"
        process.send_signal(signal.SIGTERM)
        assert '"requests": 0' in process.stdout.read()
        assert process.wait(timeout=10) == 0
    assert list(tomllib.loads(file.read_text())["genres"]) == ["Blues", "Country"]


def test_ids_are_spotifys_in_form():
    ids = {base_62_id(f"{number}") for number in range(1000)}
    assert len(ids) == 1000 and all(len(id_) == 22 and id_.isalnum() for id_ in ids)
