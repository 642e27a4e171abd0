"""Tracks: ids that are safe as file names, and artists that belong together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.errors import DataError
from genrelab.music.genres import PAPER_GENRES, canonical_genre
from genrelab.music.tracks import Origin, Track, artist_groups, id_source, track_id

ORIGIN = Origin(source="test")


def _tracks(*artists: tuple[str | None, str | None]) -> list[Track]:
    return [
        Track(id=f"test-{i}", origin=ORIGIN, artist=artist, artist_id=artist_id)
        for i, (artist, artist_id) in enumerate(artists)
    ]


def test_artists_are_joined_by_name_and_by_id() -> None:
    a, b, c, d, e, f = artist_groups(
        _tracks(
            ("The Beatles", "X1"), ("beatles", None), ("Beatles, with Friends", "X1"),
            ("Björk", None), ("BJORK", None), ("Wings", "X2"),
        )
    )  # fmt: skip
    assert a == b == c
    assert d == e
    assert len({a, d, f}) == 3


def test_a_leading_the_is_a_word_of_its_own() -> None:
    them, m, theory, the = artist_groups(
        _tracks(("Them", None), ("M", None), ("Theory", None), ("The The", None))
    )
    assert len({them, m, theory, the}) == 4


def test_a_track_without_artist_is_a_group_of_its_own() -> None:
    assert len(set(artist_groups(_tracks((None, None), (" ", None), ("", None))))) == 3


@given(st.text(min_size=1), st.text(min_size=1))
def test_ids_are_safe_and_differ_where_the_originals_do(one: str, other: str) -> None:
    ids = [track_id("test", native) for native in (one, other)]
    for identity in ids:
        assert Track(id=identity, origin=ORIGIN).id == identity
        assert not set(identity) & set('/\\:*?"<>| ')
    assert (ids[0] == ids[1]) == (one == other)


def test_an_unsafe_id_is_refused() -> None:
    with pytest.raises(DataError, match="is not '<source>-<native id>'"):
        Track(id="test-../up", origin=ORIGIN)


def test_known_ids_tell_their_source() -> None:
    assert id_source("TRAAAAW128F429D538") == "msd"
    assert id_source("7zjSZQkMoGKylSq6s1rK9Y") == "spotify"
    assert id_source("song 1") is None


def test_genres_have_one_name() -> None:
    assert {canonical_genre(name) for name in ("hiphop", "Hip Hop", "RAP", "hip-hop")} == {
        "Hip-Hop"
    }
    assert [canonical_genre(name.lower()) for name in PAPER_GENRES] == list(PAPER_GENRES)
    assert canonical_genre(" Zydeco ") == "Zydeco"
    assert canonical_genre("  ") is None
