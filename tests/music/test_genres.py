"""Genres: one name for each, and a user's own table over the one that ships."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.errors import DataError
from genrelab.music.genres import PAPER_GENRES, SHIPPED_GENRES, canonical_genre

NAMES = st.text(max_size=12)


@pytest.mark.parametrize(
    ("name", "genre"),
    [
        ("hiphop", "Hip-Hop"),
        ("RAP", "Hip-Hop"),
        ("Hip-Hop/Rap", "Hip-Hop"),
        ("RnB", "R&B"),
        ("R&B", "R&B"),
        ("Soul-RnB", "Soul-RnB"),
        ("old-time/historic", "Old-Time / Historic"),
        ("Punk", "Punk"),
        ("Hard Rock", "Hard Rock"),
        ("!!!", "!!!"),
        (" ", None),
        (None, None),
    ],
)
def test_names_of_the_data_sets(name, genre):
    assert canonical_genre(name) == genre


def test_what_the_table_knows():
    assert all(map(SHIPPED_GENRES.knows, [*PAPER_GENRES, "rap", "Old-Time / Historic"]))
    assert not any(map(SHIPPED_GENRES.knows, ["VG", "60s", "Hard Rock", "", "!!!"]))


@given(name=NAMES)
def test_mapping_twice_changes_nothing(name):
    once = canonical_genre(name)
    assert canonical_genre(once) == once


@given(rows=st.dictionaries(NAMES, NAMES, max_size=4), name=NAMES)
def test_so_it_is_with_rows_of_one_s_own(rows, name):
    try:
        table = SHIPPED_GENRES.extended(rows)
    except DataError:
        return
    once = table.canonical(name)
    assert table.canonical(once) == once
    assert once is None or once.strip() == once != ""


def test_rows_of_one_s_own_have_the_last_word():
    table = SHIPPED_GENRES.extended(
        {"Punk": "rock music", "drill": "rap", "rap": "Rap", "60s": "", "VG": "Game Music"}
    )
    names = ("PUNK", "rock", "drill", "Rap", "hip hop", "60s", "vg", "game music", "Zydeco")
    genres = ["Rock", "Rock", "Rap", "Rap", "Hip-Hop", None, "Game Music", "Game Music", "Zydeco"]
    assert [table.canonical(name) for name in names] == genres
    assert table.knows("VG") and table.knows("60s") and not table.knows("Zydeco")
    assert table.digest != SHIPPED_GENRES.digest == SHIPPED_GENRES.extended({}).digest
    assert SHIPPED_GENRES.canonical("Punk") == "Punk"


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ({"VG": "Rock", "v.g.": "Pop"}, "'v.g.' stands for 'Rock' and for 'Pop'; keep one"),
        ({"a": "Punk", "punk": "Rock"}, "'Punk' is a genre in one row and another name for 'Rock'"),
    ],
)
def test_contradictions_are_one_sentence(rows, sentence):
    with pytest.raises(DataError, match=sentence):
        SHIPPED_GENRES.extended(rows)
