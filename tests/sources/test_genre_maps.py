"""Genre maps: a CSV of one's own, and one sentence for what does not fit."""

from __future__ import annotations

import pytest

from genrelab.errors import DataError
from genrelab.sources.genre_maps import load_genre_map


def test_a_map_as_a_spreadsheet_saves_it(tmp_path):
    path = tmp_path / "genres.csv"
    path.write_text(
        'Name,Genre,Why\r\n"drum, bass",electronica,\r\n\r\n60s,,no genre\r\n',
        encoding="utf-8-sig",
        newline="",
    )
    table = load_genre_map(path)
    assert table.canonical("Drum Bass") == "Electronic"
    assert table.canonical("60S") is None and table.canonical("rap") == "Hip-Hop"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "its columns are none; expected name,genre"),
        (b"a,b\n", "its columns are a, b; expected name,genre"),
        (b"name;genre\nVG;Rock\n", "semicolons between its values; expected commas"),
        (b"name,genre\n,Rock\n", "line 2: no name; expected one that stands for Rock"),
        (b"name,genre\nVG\n", "line 2: 1 values; expected 2 as in the header"),
        (b"name,genre\nVG,Rock\nVG,Pop\n", "line 3: 'VG' stands for 'Rock' above; keep one"),
        (b"name,genre\nVG,Rock\nvg,Pop\n", "'vg' stands for 'Rock' and for 'Pop'"),
        (b"name,genre\n\xff,Rock\n", "is not UTF-8"),
        (b'name,genre\n"VG,Rock', "line 2: 1 values; expected 2"),
    ],
)
def test_what_does_not_fit_is_one_sentence(content, sentence, tmp_path):
    path = tmp_path / "genres.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=sentence) as caught:
        load_genre_map(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_an_absent_map_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match="no such file; expected a CSV of name,genre"):
        load_genre_map(tmp_path / "absent.csv")
