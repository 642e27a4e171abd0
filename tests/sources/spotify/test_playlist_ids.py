"""Playlist ids: every way of writing one, and what is none."""

from __future__ import annotations

import pytest

from genrelab.sources.spotify.playlist_ids import playlist_id_from

A = "37i9dQZF1DX4vth7idTQch"


@pytest.mark.parametrize(
    "text",
    [
        A,
        f" {A} ",
        f"https://open.spotify.com/playlist/{A}",
        f"http://open.spotify.com/intl-de/playlist/{A}/?si=1&x=/2#top",
        f"open.spotify.com/embed/playlist/{A}",
        f"https://open.spotify.com/user/spotify/playlist/{A}",
        f"spotify:playlist:{A}",
        f"spotify:user:spotify:playlist:{A}",
    ],
)
def test_every_way_of_writing_an_id(text):
    assert playlist_id_from(text) == A


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"https://open.spotify.com/album/{A}", "is an album's address; expected a playlist's"),
        (f"spotify:track:{A}", "is a track's address; expected a playlist's"),
        ("https://open.spotify.com/user/someone", "is a user's address; expected a playlist's"),
        (A[:-1], "is no playlist; expected an id of 22 letters and digits, or https://open"),
        (A[:-1] + "-", "is no playlist; expected an id"),
        ("", "is no playlist; expected an id"),
        (f"https://example.org/playlist/{A}", "is no playlist; expected an id"),
        ("spotify:playlist:short", "is no playlist; expected an id"),
    ],
)
def test_what_is_no_playlist(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        playlist_id_from(text)
