"""Labels: CSVs as people write them."""

from __future__ import annotations

import posixpath
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.errors import DataError
from genrelab.music.genres import SHIPPED_GENRES
from genrelab.sources.csv_files import read_csv
from genrelab.sources.labels import labels_from_cls, labels_from_csv, path_key


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_line_breaks_in_values_keep_the_count_of_lines(tmp_path):
    path = write(
        tmp_path / "x.csv", 'path,genre,title\r\na.mp3,Rock,"two\r\nlines"\r\nb.mp3,Rock\r\n'
    )
    with pytest.raises(DataError, match="line 4: 2 values; expected 3 as in the header"):
        labels_from_csv(path)


def test_columns_may_come_in_any_order_and_case(tmp_path):
    path = write(tmp_path / "x.csv", "Genre, PATH ,ISRC,other\nrap,./a//b.mp3,US123,x\n,c.mp3,,\n")
    labels = labels_from_csv(path)
    assert labels.find("a/b.mp3").genre == "Hip-Hop" and labels.find("a/b.mp3").isrc == "US123"
    assert labels.find("c.mp3").genre is None and labels.by_key.keys() == {"a/b.mp3", "c.mp3"}


def test_a_table_decides_what_is_ambiguous(tmp_path):
    path = write(tmp_path / "x.csv", "path,genre\na.mp3,Punk\na.mp3,Rock\n")
    assert labels_from_csv(path).find("a.mp3").conflict == "Punk and Rock"
    table = SHIPPED_GENRES.extended({"Punk": "Rock"})
    assert labels_from_csv(path, table=table).find("a.mp3").conflict is None
    cls = write(tmp_path / "x.cls", "# ids\nTRAAAAW128F429D538\tPunk\n")
    assert labels_from_cls(cls, table=table).find("TRAAAAW128F429D538").genre == "Rock"


@given(path=st.text("ab./\\: é\u0301", min_size=1, max_size=12).filter(str.strip))
def test_no_path_leads_out(path, tmp_path_factory):
    file = write(tmp_path_factory.mktemp("l") / "x.csv", f'path,genre\n"{path}",Rock\n')
    try:
        (key,) = labels_from_csv(file).by_key
    except DataError as error:
        sentence = str(error)
    else:
        sentence = ""
        assert posixpath.normpath(f"/music/{key}").startswith("/music")
        assert path_key(key) == key
    assert sentence == "" or ("line 2: path" in sentence and "leads out" in sentence)


@given(content=st.binary(max_size=60))
def test_any_bytes_are_rows_or_one_sentence(content, tmp_path_factory):
    file = tmp_path_factory.mktemp("c") / "x.csv"
    file.write_bytes(content)
    sentence, rows, columns = str(file), (), ()
    try:
        found = read_csv(file, "a file")
    except DataError as error:
        sentence = str(error)
    else:
        rows, columns = found.rows, found.columns
    assert sentence.startswith(str(file)) and "\n" not in sentence
    assert all(set(row) == set(columns) for _, row in rows)
