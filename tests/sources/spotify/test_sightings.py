"""Pages of playlists in either shape, and what may stand in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.sources.spotify.catalog import Episode, LocalFile
from tests.sources.spotify.json_objects import element_object
from tests.sources.spotify.synthetic_catalog import make_song

from genrelab.sources.spotify.sightings import Sighting, sightings_in

SONG = make_song(7)


def page_of(*items: Any, shape: str = "item", market: str | None = "DE") -> dict[str, Any]:
    elements = [
        element_object(item, place, shape=shape, market=market, api_url="http://127.0.0.1/v1")
        for place, item in enumerate(items)
    ]
    return {"items": elements, "total": len(items)}


@pytest.mark.parametrize("shape", ["item", "track", "both"])
def test_a_page_in_either_shape(shape):
    locked = replace(SONG, markets=frozenset({"JP"}))
    episode = Episode(id="2" * 22, title="Talk", show="Talks")
    local = LocalFile(title="Demo", artist="Me")
    read = sightings_in(page_of(SONG, local, episode, None, locked, shape=shape))
    assert [one.kind for one in read] == [
        *("track", "local file", "podcast", "removed", "not in the market")
    ]
    first = read[0]
    assert (first.id, first.title, first.isrc) == (SONG.id, SONG.title, SONG.isrc)
    assert first.artists[0][0] == SONG.artists[0] and first.album == SONG.album
    assert (first.duration_ms, first.release_date) == (SONG.duration_ms, SONG.release_date)
    assert msgspec.json.decode(msgspec.json.encode(read), type=list[Sighting]) == read


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        (None, "removed"),
        ({}, "removed"),
        ({"item": None, "track": None}, "removed"),
        ({"track": {"id": None, "name": "gone"}}, "removed"),
        ({"is_local": True, "track": {"id": None}}, "local file"),
        ({"item": {"id": "a", "type": "chapter"}}, "podcast"),
        ({"item": {"id": "a", "restrictions": {"reason": "market"}}}, "not in the market"),
        ({"item": {"id": "a", "artists": [None], "external_ids": {"isrc": 7}}}, "track"),
        ({"item": {"id": "a", "duration_ms": float("inf")}}, "track"),
        ({"item": {"id": 7}}, "unreadable"),
        ("a", "unreadable"),
    ],
)
def test_odd_elements(element, kind):
    [one] = sightings_in({"items": [element], "total": 1})
    assert (one.kind, one.isrc, one.duration_ms) == (kind, None, None)
    assert (one.fault is not None) == (kind == "unreadable")


@pytest.mark.parametrize("page", [None, [], {}, {"items": []}, {"items": 3, "total": 1}])
def test_what_is_no_page(page):
    with pytest.raises(msgspec.ValidationError):
        sightings_in(page)
