"""Playlists that are closed, gone or changing, in either shape and by either route."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from tests.sources.spotify.catalog import Playlist, inserting, removing, rotating
from tests.sources.spotify.clients import as_user
from tests.sources.spotify.messages import refusal
from tests.sources.spotify.runs import Runs
from tests.sources.spotify.stand_in import StandIn
from tests.sources.spotify.synthetic_catalog import make_song

from genrelab.sources.spotify.playlists import MAX_READINGS

NOT_GIVEN = "since 27 November 2024 its own editorial playlists are closed to new apps"
NOT_ONES_OWN = "since February 2026 only owners and collaborators get them"


def first(spotify: StandIn) -> Playlist:
    return next(iter(spotify.catalog.playlists.values()))


def ids(playlist: Playlist) -> list[str]:
    return [item.id for item in playlist.items]


def file_of(*playlists: Playlist) -> str:
    return f"[genres.Rock]\nplaylists = {json.dumps([one.id for one in playlists])}\n"


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("shape", ["item", "track", "both"])
@pytest.mark.parametrize("route", ["items", "tracks", "both"])
def test_either_route_and_shape(spotify: StandIn, collect: Runs, route, shape, status):
    switches = spotify.web_api
    switches.route, switches.shape, switches.closed_route_status = route, shape, status
    summary = collect(with_analyses=False)
    assert summary.is_whole and len(collect.genres()) == 240
    wasted = len(spotify.requests_to("/v1/")) - 8 - 8
    assert wasted == 0 if route != "tracks" else 0 < wasted <= 8


def answering_with(spotify: StandIn, monkeypatch, changed) -> None:
    """Have answers changed on their way, as no document allows."""
    of_api = spotify._of_api

    def answer(request):
        given = of_api(request)
        said = changed(request, json.loads(given.body))
        return replace(given, body=json.dumps(said).encode())

    monkeypatch.setattr(spotify, "_of_api", answer)
    monkeypatch.setattr(spotify._judge, "note", lambda *_: None)


def test_a_head_without_total(spotify: StandIn, collect: Runs, monkeypatch):
    spotify.web_api.shape = "both"

    def without_total(request, said):
        if request.path.count("/") == 3:
            said["items"], said["tracks"] = {}, {"total": None}
        return said

    answering_with(spotify, monkeypatch, without_total)
    assert collect(with_analyses=False).is_whole and len(collect.genres()) == 240


def test_a_page_with_fewer_places_than_spotify_counts(spotify, collect: Runs, monkeypatch):
    playlist = first(spotify)

    def shortened(request, said):
        if request.path.endswith(f"{playlist.id}/items") and request.query["offset"] == "0":
            del said["items"][40:]
        return said

    with monkeypatch.context() as patched:
        answering_with(spotify, patched, shortened)
        for _ in range(2):
            summary = collect(with_analyses=False)
            [said] = summary.problems
            assert "places 1 to 50: Spotify counts 10 more than it gives; run the same" in said
            assert summary.left_out == {"unreadable": 10} and len(collect.genres()) == 230
    assert collect(with_analyses=False).is_whole and len(collect.genres()) == 240


def test_all_pages_that_cannot_be_had_are_named(spotify: StandIn, collect: Runs):
    playlist = first(spotify)
    playlist.change(lambda items: [*items, *(make_song(n, seed=7) for n in range(91))])
    spotify.fail(f"{playlist.id}/items", times=None, status=500)
    [said] = collect(retries=0, with_analyses=False).problems
    assert f"playlist {playlist.id} (Rock): places 1 to 151: HTTP 500; " in said
    spotify.mend()
    spotify.fail(f"{playlist.id}/items", times=None, after=1, status=500)
    spotify.latency_s = 0.02
    [said] = collect(retries=0, with_analyses=False).problems
    assert re.search(r": places? (1 to 150|1 to 100, 151|1 to 50, 101 to 151|51 to 151): ", said)


@pytest.mark.parametrize(
    ("status", "message", "said"),
    [
        (403, "User not registered in the Developer Dashboard", "see to the app and its users at"),
        (403, "Active premium subscription required for the owner of the app.", "see to the app"),
        (403, "Forbidden", NOT_ONES_OWN),
        (400, "Country not supported", "not given by Spotify (HTTP 400, Country not supported)"),
    ],
)
def test_why_an_app_gets_nothing(spotify, collect: Runs, monkeypatch, status, message, said):
    monkeypatch.setattr(spotify, "_of_api", lambda _: refusal(status, message))
    monkeypatch.setattr(spotify._judge, "note", lambda *_: None)
    summary = collect(spotify.catalog.playlist_file(market=None), with_analyses=False)
    [told] = summary.problems
    assert said in told and summary.unread_playlists == 4


def test_problems_are_told_in_the_file_s_order(spotify: StandIn, collect: Runs):
    closed = list(spotify.catalog.playlists)[:3]
    for n_slow, one in enumerate(closed):
        spotify.fail(f"/{one}", times=None, status=404, body="slow", delay_s=0.2 * n_slow)
    first = collect(with_analyses=False)
    [said] = first.problems
    assert [said.index(one) for one in closed] == sorted(said.index(one) for one in closed)
    spotify.mend()
    for n_slow, one in enumerate(reversed(closed)):
        spotify.fail(f"/{one}", times=None, status=404, body="slow", delay_s=0.2 * n_slow)
    again = collect(with_analyses=False)
    assert again.problems == first.problems and again.imported.read == 0


@pytest.mark.parametrize("total", [-1, 10**9])
def test_a_total_that_cannot_be(spotify: StandIn, collect: Runs, monkeypatch, total: int):
    playlist = first(spotify)

    def changed(request, said):
        if request.path.endswith(playlist.id):
            said["items"]["total"] = total
        return said

    answering_with(spotify, monkeypatch, changed)
    [said] = collect(retries=0, with_analyses=False).problems
    assert "a broken answer" in said and len(collect.genres()) == 180


def test_a_playlist_that_is_not_given(spotify: StandIn, collect: Runs):
    playlist = first(spotify)
    del spotify.catalog.playlists[playlist.id]
    summary = collect(with_analyses=False)
    [said] = summary.problems
    assert said.startswith(f"playlist {playlist.id} (Rock): not given by Spotify (HTTP 404, ")
    assert NOT_GIVEN in said and "which --as-user may read" in said
    assert len(collect.genres()) == 180
    assert [(reason, NOT_GIVEN in said) for reason, said in collect.left_out()] == [
        ("unreadable", True)
    ]
    spotify.catalog.put(playlist)
    assert collect(with_analyses=False).is_whole and collect.left_out() == []


def test_a_playlist_that_is_gone_keeps_its_tracks(spotify: StandIn, collect: Runs):
    collect()
    playlist = first(spotify)
    del spotify.catalog.playlists[playlist.id]
    summary = collect()
    assert len(summary.problems) == 1 and not summary.is_whole
    assert summary.imported.removed == 0 and len(collect.genres()) == 240


def test_no_playlist_is_given_at_all(spotify: StandIn, collect: Runs):
    collect(file_of(first(spotify)))
    before = collect.digest()
    nothing = Playlist(id="0" * 22, name="", items=[])
    summary = collect(file_of(nothing))
    assert len(summary.problems) == 1 and summary.imported is None
    assert collect.digest() == before


def test_items_that_only_their_owner_gets(spotify: StandIn, collect: Runs):
    spotify.web_api.only_own = True
    summary = collect()
    [said] = summary.problems
    assert all(one in said for one in spotify.catalog.playlists) and collect.genres() == {}
    assert said.startswith("playlists ") and NOT_ONES_OWN in said
    assert ": items not given by Spotify (HTTP 403, Forbidden): " in said
    assert len(spotify.requests_to("/v1/")) <= 4 + 2 * 8


def test_pages_of_a_playlist_that_is_refused_are_not_asked_for_one_by_one(
    spotify: StandIn, collect: Runs
):
    spotify.catalog.put(Playlist(id="0" * 22, name="Long", items=[None] * 5_000), "Rock")
    spotify.fail("/playlists/0+/", times=None, status=403)
    summary = collect(with_analyses=False)
    assert len(summary.problems) == 1 and len(collect.genres()) == 240
    assert len(spotify.requests_to("/playlists/0+/")) < 100  # pages it has, by two routes


def test_a_user_gets_the_playlists_that_are_theirs(spotify: StandIn, collect: Runs):
    spotify.web_api.only_own = True
    own = first(spotify)
    own.owner = "listener"
    user = as_user(spotify)

    class AsUser:
        def token(self) -> str:
            return user.get_access_token(check_cache=True)

    web_api = collect.web_api

    def of_user(**options):
        made = web_api(**options)
        made._authorization = AsUser()
        return made

    collect.web_api = of_user
    summary = collect(with_analyses=False)
    [said] = summary.problems
    closed = {one for one in spotify.catalog.playlists if one in said}
    assert closed == spotify.catalog.playlists.keys() - {own.id}
    assert set(collect.genres()) == set(ids(own))


def test_the_other_route_is_in_trouble(spotify: StandIn, collect: Runs):
    """What the first route says of itself is not said of the playlist."""
    spotify.web_api.route = "tracks"
    playlist = first(spotify)
    spotify.fail(f"{playlist.id}/tracks", times=None, status=500)
    [said] = collect(with_analyses=False).problems
    assert "HTTP 500, 3 times" in said and NOT_GIVEN not in said


@pytest.mark.parametrize(
    "edit",
    [
        inserting(0, [make_song(1, seed=5)]),
        inserting(55, [make_song(number, seed=5) for number in range(50)]),
        removing(0),
        removing(*range(55)),
        lambda _: [],
        rotating,
    ],
)
@pytest.mark.parametrize("after", [1, 2])
def test_a_playlist_that_changes_between_its_pages(spotify: StandIn, collect: Runs, edit, after):
    playlist = first(spotify)
    playlist.change_after(after, edit)
    summary = collect(file_of(playlist), with_analyses=False)
    assert summary.is_whole and list(collect.genres()) == sorted(ids(playlist))
    with collect.opened() as corpus:
        tracks = list(corpus.tracks())
    assert {one.origin.snapshot_id for one in tracks} <= {playlist.snapshot_id}
    places = {one.origin.position: one.id.removeprefix("spotify-") for one in tracks}
    assert [places[n] for n in sorted(places)] == ids(playlist)


@pytest.mark.parametrize("grows", [True, False])
def test_a_playlist_that_always_changes(spotify: StandIn, collect: Runs, grows: bool):
    playlist = first(spotify)
    songs = iter([make_song(number, seed=6) for number in range(500)])
    playlist.change_always(
        (lambda old: [*old, next(songs), next(songs)]) if grows else removing(0, 1)
    )
    summary = collect(with_analyses=False)
    assert summary.problems == [
        f"playlist {playlist.id} (Rock): changes whenever it is read; try again later"
    ]
    assert len(collect.genres()) >= 180
    assert len(spotify.requests_to(f"{playlist.id}/items")) <= 3 * MAX_READINGS
    playlist._every_page = None
    assert collect(with_analyses=False).is_whole and set(ids(playlist)) <= set(collect.genres())


def test_a_version_that_cannot_be_read_leaves_the_older_one(spotify: StandIn, collect: Runs):
    collect()
    before = collect.genres()
    playlist = first(spotify)
    gone = playlist.items[0].id
    playlist.change(removing(0))
    playlist.change(inserting(0, [make_song(1, seed=5)]))
    fault = spotify.fail(f"{playlist.id}/(items|tracks)", times=None, after=1, status=500)
    summary = collect()
    assert fault.done and len(summary.problems) == 1
    assert collect.genres() == before and gone in before
    assert summary.imported.removed == 0
    spotify.mend()
    n_asked = len(spotify.requests_to("/items"))
    assert collect().is_whole and gone not in collect.genres()
    assert len(spotify.requests_to("/items")) == n_asked + 1


def test_a_page_that_is_missing_is_asked_for_alone(spotify: StandIn, collect: Runs):
    first(spotify).change(removing(*range(20)))  # one page is left of it
    spotify.fail(f"{first(spotify).id}/items", times=3, status=500)
    assert len(collect(with_analyses=False).problems) == 1
    n_asked = len(spotify.requests_to("/items"))
    assert collect(with_analyses=False).is_whole
    assert len(spotify.requests_to("/items")) == n_asked + 1


def test_progress_counts_playlists_and_places(collect: Runs):
    collect(with_analyses=False)
    for stage, total in (("asking for playlists", 4), ("reading playlists", 240)):
        told = [one for one in collect.progress if one[0] == stage]
        assert told[-1] == (stage, total, total)
