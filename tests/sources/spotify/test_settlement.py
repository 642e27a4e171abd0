"""Which sightings become tracks: always the same, whatever came first or is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from genrelab.sources.spotify.settlement import PAGE, Playlist, Settlement, settle
from genrelab.sources.spotify.sightings import Sighting

GENRES = ("Rock", "Pop", "Folk")


@st.composite
def playlists(draw: Callable[..., Any]) -> tuple[list[Playlist], dict[str, int | None]]:
    """Some playlists of few songs, so that many stand twice; few places make a page short."""
    kinds = st.sampled_from(["track"] * 12 + ["podcast", "removed", "local file"])
    ids = st.integers(0, draw(st.sampled_from([20, 400])))
    found = []
    for number in range(draw(st.integers(1, 4))):
        total = draw(st.sampled_from([0, 1, 49, 50, 51, 120, 230]))
        seed = draw(st.randoms(use_true_random=False))
        genres = draw(st.lists(st.sampled_from(GENRES), min_size=1, max_size=2, unique=True))
        sightings = [
            Sighting(kind, id=f"song {seed.randint(0, 20 if total < 60 else 300)}")
            for kind in draw(st.lists(kinds, min_size=0, max_size=3))
        ]
        most = draw(ids)
        sightings += [
            Sighting("track", id=f"song {seed.randint(0, most)}")
            for _ in range(total - len(sightings))
        ]
        sightings = sightings[:total]
        seed.shuffle(sightings)
        found.append(a_playlist(number, sightings, genres))
    limits = {genre: draw(st.none() | st.sampled_from([1, 5, 60, 1000])) for genre in GENRES}
    return found, limits


def a_playlist(number: int, sightings: Sequence[Sighting], genres: Sequence[str]) -> Playlist:
    playlist = Playlist(
        id=f"playlist {number}",
        name="",
        snapshot_id="1",
        market=None,
        date="2026-03-01",
        genres=genres,
        total=len(sightings),
    )
    playlist.pages = {at: sightings[at : at + PAGE] for at in playlist.offsets}
    return playlist


def without_pages(playlists: Sequence[Playlist]) -> list[Playlist]:
    return [replace(one, pages={}, given_up=set()) for one in playlists]


def read(
    whole: Sequence[Playlist], limits: Mapping[str, int | None], pick: Callable[[Any], Any]
) -> tuple[Settlement, list[Playlist], int]:
    """Fetch what is missing until nothing is, in parts and in any order; count the pages."""
    now, n_asked = without_pages(whole), 0
    by_id = {one.id: one for one in whole}
    while missing := settle(now, limits).missing:
        for playlist, offset in pick(missing):
            playlist.pages[offset] = by_id[playlist.id].pages[offset]
            n_asked += 1
    return settle(now, limits), now, n_asked


def outcome(settlement: Settlement) -> Any:
    return (
        [
            (one.playlist.id, one.position, one.sighting, one.reason, one.sentence)
            for one in settlement.decisions
        ],
        settlement.unread,
    )


@given(playlists(), st.randoms(use_true_random=False))
def test_the_result_depends_on_neither_order_nor_interruptions(given_playlists, dice):
    whole, limits = given_playlists

    def some(missing):
        return dice.sample(list(missing), dice.randint(1, len(missing)))

    at_once = read(whole, limits, list)
    in_parts = read(whole, limits, some)
    all_there = settle(whole, limits)
    assert outcome(at_once[0]) == outcome(in_parts[0]) == outcome(all_there)
    assert at_once[2] == in_parts[2]
    assert outcome(settle(at_once[1], limits, as_is=True)) == outcome(all_there)


@given(playlists())
def test_what_holds_of_every_result(given_playlists):
    whole, limits = given_playlists
    settlement, now, _ = read(whole, limits, list)
    counted = {one.id: 0 for one in now}
    for one in settlement.decisions:
        counted[one.playlist.id] += 1
    for playlist in now:
        unread = settlement.unread[playlist.id]
        assert counted[playlist.id] + sum(unread.values()) == playlist.total
        assert set(unread) <= {"over the limit"}
        assert sum(map(len, playlist.pages.values())) == counted[playlist.id]  # no more was asked
    kept = [one for one in settlement.decisions if one.reason is None]
    ids = [one.sighting.id for one in kept]
    assert len(ids) == len(set(ids)) and all(one.sighting.kind == "track" for one in kept)
    genres: dict[str, set[str]] = {}
    for one in settlement.decisions:
        if one.sighting.kind == "track":
            genres.setdefault(one.sighting.id, set()).update(one.playlist.genres)
    assert all(len(genres[one]) == 1 for one in ids)
    n_kept = Counter(one.playlist.genres[0] for one in kept)
    for genre, limit in limits.items():
        left = [
            one
            for one in now
            if genre in one.genres and len(one.pages) < len(one.offsets)
        ]  # fmt: skip
        assert limit is None or n_kept[genre] <= limit
        assert not left or n_kept[genre] == limit or any(len(one.genres) > 1 for one in left)
        over = [
            one
            for one in settlement.decisions
            if one.reason == "over the limit" and one.playlist.genres[0] == genre
        ]
        assert not over or n_kept[genre] == limit


@given(playlists(), st.randoms(use_true_random=False))
def test_places_add_up_whatever_is_missing(given_playlists, dice):
    whole, limits = given_playlists
    for playlist in whole:
        for offset in list(playlist.pages):
            fate = dice.randint(0, 3)
            if fate == 0:
                del playlist.pages[offset]
            elif fate == 1:  # a page of another version, shorter or longer than it should be
                playlist.pages[offset] = [Sighting("track", id="other")] * dice.randint(0, PAGE)
    settlement = settle(whole, limits, as_is=True)
    assert not settlement.missing
    for playlist in whole:
        n_decided = sum(one.playlist is playlist for one in settlement.decisions)
        assert n_decided + sum(settlement.unread[playlist.id].values()) == playlist.total


def tracks(*ids: str) -> list[Sighting]:
    return [Sighting("track", id=one) for one in ids]


def kept_of(settlement: Settlement) -> list[str | None]:
    return [one.sighting.id for one in settlement.decisions if one.reason is None]


def test_why_a_sighting_makes_no_track():
    who = {"title": "Song", "artists": [("Band", None), ("Guest", None)]}
    twice = [Sighting("track", id="a", **who), *tracks("b"), Sighting("track", id="a", **who)]
    rock = a_playlist(1, [*twice, Sighting("podcast", id="p", title="Talk")], ["Rock"])
    pop = a_playlist(2, [*tracks("b", "c"), Sighting("removed")], ["Pop"])
    settlement = settle([rock, pop], {"Rock": None, "Pop": 1})
    assert [(one.reason, one.sentence) for one in settlement.decisions] == [
        (None, ""),
        ("two genres", "b: Rock and Pop"),
        ("duplicate id", "Band - Song: place 1 of playlist playlist 1 has it too"),
        ("podcast", "Talk"),
        ("two genres", "b: Rock and Pop"),
        (None, ""),
        ("removed", "nothing is there any more"),
    ]


def test_pages_behind_a_limit_are_asked_for_when_it_is_raised():
    whole = [a_playlist(1, tracks(*map(str, range(120))), ["Rock"])]
    low, now, n_asked = read(whole, {"Rock": 30}, list)
    assert n_asked == 1 and low.unread == {"playlist 1": {"over the limit": 70}}
    assert [offset for _, offset in settle(now, {"Rock": 60}).missing] == [50]
    assert len(kept_of(settle(whole, {"Rock": 60}))) == 60
    assert outcome(settle(whole, {"Rock": 30})) == outcome(low)


def test_a_page_given_up_is_done_without():
    whole = [a_playlist(1, tracks(*map(str, range(120))), ["Rock"])]
    del whole[0].pages[50]
    whole[0].given_up.add(50)
    settlement = settle(whole, {"Rock": None})
    assert not settlement.missing and len(kept_of(settlement)) == 70
    assert settlement.unread == {"playlist 1": {"unreadable": 50}}


def test_a_limit_is_reached_past_what_other_genres_take():
    shared = tracks(*map(str, range(50)))
    rock = a_playlist(1, [*shared, *tracks(*map(str, range(100, 170)))], ["Rock"])
    pop = a_playlist(2, shared, ["Pop"])
    settlement, now, n_asked = read([rock, pop], {"Rock": 60, "Pop": None}, list)
    assert len(kept_of(settlement)) == 60 and n_asked == 4
    assert now[0].pages.keys() == {0, 50, 100}
