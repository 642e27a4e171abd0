"""The judge of the stand-in's answers, which must be able to find fault."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.sources.spotify.archived_catalog import archived_catalog, real_catalog
from tests.sources.spotify.catalog import Catalog, LocalFile, Song
from tests.sources.spotify.clients import app
from tests.sources.spotify.json_objects import element_object, page_object
from tests.sources.spotify.published_api import (
    DEVIATIONS,
    FIRST,
    THEN_EVERY,
    PublishedApi,
    read_published_api,
)
from tests.sources.spotify.stand_in import StandIn
from tests.sources.spotify.synthetic_catalog import make_analysis, make_song, synthetic_catalog

from genrelab.music.analysis import Analysis

ITEMS = "/playlists/{playlist_id}/items"
ANALYSIS = "/audio-analysis/{id}"
API = "http://127.0.0.1/v1"

pytest.importorskip("spotipy")


@pytest.fixture(scope="module")
def published(data_dir: Path) -> PublishedApi:
    return read_published_api(data_dir / "spotify-openapi.yml")


@pytest.fixture
def page() -> dict[str, Any]:
    items = [make_song(0), make_song(1), LocalFile(title="a", artist="b"), None]
    elements = [
        element_object(item, place, shape="item", market="DE", api_url=API)
        for place, item in enumerate(items)
    ]
    return page_object(elements, address=f"{API}?", offset=0, limit=20, total=4)


def item(page: dict[str, Any], place: int) -> dict[str, Any]:
    return page["items"][place]["item"]


def test_a_page_is_as_documented(published, page):
    assert published.faults(ITEMS, 200, page, partial=False) == []
    assert published.faults(ITEMS, 200, {"total": 4}, partial=True) == []


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda page: page.pop("total"), "'total' is a required property"),
        (lambda page: page.update(total="4"), "'4' is not of type 'integer'"),
        (lambda page: page.update(pages=1), "'pages' was unexpected"),
        (lambda page: item(page, 0).update(id=None), "None is not of type 'string'"),
        (lambda page: item(page, 0).update(genre="Rock"), "'genre' was unexpected"),
        (lambda page: item(page, 0).pop("type"), "'type' is a required property"),
        (lambda page: item(page, 0).update(type="song"), "'song' is not one of"),
        (lambda page: item(page, 0)["album"].update(label="x"), "'label' was unexpected"),
        (lambda page: item(page, 0)["album"].pop("artists"), "'artists' is a required property"),
        (lambda page: item(page, 0)["album"].pop("total_tracks"), "'total_tracks' is a required"),
        (lambda page: item(page, 1)["artists"][0].update(id=7), "7 is not of type 'string'"),
        (lambda page: item(page, 2).update(genre="Rock"), "'genre' was unexpected"),
        (lambda page: page["items"][3].update(added_at="today"), "'today' does not match"),
    ],
)
def test_what_is_not_documented_is_found(published, page, spoil, complaint):
    spoil(page)
    faults = published.faults(ITEMS, 200, page, partial=False)
    assert any(complaint in fault for fault in faults), faults
    assert all(fault.startswith(f"GET {ITEMS} 200: $") for fault in faults)


def test_a_segment_far_down_a_long_list_is_looked_at(published):
    analysis = make_analysis(600, seed=0)
    assert published.faults(ANALYSIS, 200, analysis, partial=False) == []
    for place in (0, 599):
        spoiled = copy.deepcopy(analysis)
        spoiled["segments"][place]["pitches"][11] = 1.5
        (fault,) = published.faults(ANALYSIS, 200, spoiled, partial=False)
        assert "1.5 is greater than the maximum of 1" in fault


@pytest.mark.parametrize(
    ("template", "status", "complaint"),
    [(ITEMS, 418, "no such status"), ("/me/player", 206, "no such status"), (None, 200, "path")],
)
def test_statuses_and_paths_must_be_documented(published, template, status, complaint):
    assert complaint in published.faults(template, status, {}, partial=False)[0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_errors_have_an_error_object(published, status):
    error = {"error": {"status": status, "message": "Why"}}
    assert published.faults(ITEMS, status, error, partial=False) == []
    assert published.faults(ITEMS, status, {"error": {"status": status}}, partial=False)
    assert published.faults(ITEMS, status, {"error": "Why"}, partial=False)


def test_templates_are_found(published):
    assert published.template_of("/playlists/abc/items") == ITEMS
    assert published.template_of("/audio-features") == "/audio-features"
    assert published.template_of("/audio-features/abc") == "/audio-features/{id}"
    assert published.template_of("/nonsense") is None


def test_every_deviation_has_a_reason_and_a_place(published):
    schemas, responses = published._components["schemas"], published._components["responses"]
    for deviation in DEVIATIONS:
        assert len(deviation.reason) > 20
        for where in deviation.where:
            name, _, member = where.partition(".")
            assert name in schemas or name in responses
            assert member in repr(schemas.get(name) or responses[name])


def ask(api: StandIn, *paths: str) -> None:
    token = app(api).get_access_token(as_dict=False)
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        for path in paths:
            session.get(f"{api.api_url}/{path}", timeout=5)


def test_a_server_that_answers_wrongly_fails_its_test(published):
    catalog = synthetic_catalog(8, segments=4)
    wrong = make_song(0, seed=3, features={"danceability": 0.5, "groove": 1.0})
    catalog.know([wrong])
    api = StandIn(catalog)
    with pytest.raises(AssertionError, match="'groove' was unexpected"), api:
        ask(api, f"audio-features/{wrong.id}")
    api = StandIn(catalog)
    api.fail("tracks", status=418)
    with pytest.raises(AssertionError, match="no such status"), api:
        ask(api, f"tracks/{wrong.id}")


def test_many_answers_are_judged_by_a_sample(published):
    catalog = synthetic_catalog(200, segments=4)
    with StandIn(catalog) as api:
        ask(api, *(f"tracks/{id_}" for id_ in catalog.songs))
        assert api.violations == []
        assert api.checked == FIRST + (200 // THEN_EVERY)


def test_without_the_document_nothing_is_judged():
    catalog = synthetic_catalog(8, segments=4)
    with StandIn(catalog, document=None) as api:
        api.fail("tracks", status=418)
        ask(api, "tracks/a")
        assert (api.violations, api.checked) == ([], 0)


@pytest.mark.parametrize("make", [archived_catalog, real_catalog])
def test_real_analyses_are_served_in_spotifys_shape(
    data_dir: Path, tmp_path: Path, make: Callable[..., Catalog]
):
    options = {"genres": ("Rock", "Hip-Hop"), "per_genre": 4} if make is archived_catalog else {}
    catalog = make(data_dir, tmp_path / "bodies", **options)
    assert len(catalog.songs) == (8 if options else 40)
    with StandIn(catalog) as api:
        ids = list(catalog.songs)
        ask(api, *(f"audio-analysis/{id_}" for id_ in ids))
        ask(api, f"audio-features?ids={','.join(ids)}")
        ask(api, *(f"playlists/{id_}/items?limit=50" for id_ in catalog.playlists))
        assert {line.status for line in api.requests_to("/v1/")} == {200}
    song: Song = catalog.songs[ids[0]]
    analysis = Analysis.from_json(catalog.analysis_of(song.id))
    assert analysis.segments is not None and analysis.segments.timbre.shape[1] == 12
    assert analysis.track.duration == pytest.approx(song.duration_ms / 1000, abs=0.01)
