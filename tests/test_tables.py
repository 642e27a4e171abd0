"""Tables: each format from one small table with known output."""

from __future__ import annotations

import csv
import io
import json
import math

import numpy as np
import pytest

from genrelab.errors import DataError, UsageError
from genrelab.tables import FORMATS, Table, render

TABLE = Table("Per genre", ["genre", "recall", "n"], [["Blues", 0.69091, 110], ["R|B", None, 7]])


def test_text_aligns_numbers_at_the_right_with_three_decimals() -> None:
    assert render(TABLE, "text") == (
        "Per genre\n"
        "\n"
        "genre  recall    n\n"
        "-----  ------  ---\n"
        "Blues   0.691  110\n"
        "R|B              7\n"
    )


def test_text_gives_wide_characters_two_columns() -> None:
    text = render(Table("", ["title", "n"], [["音楽", 1], ["abcd", 22]]), "text")
    assert text == "title   n\n-----  --\n音楽    1\nabcd   22\n"


def test_what_a_terminal_would_take_for_a_command_is_written_out() -> None:
    table = Table("", ["ti\ntle"], [["a\x1b[2Jb\x9b\u202e\tc"], ["שלום"]])
    for shown in (render(table, "text"), render(table, "markdown").replace("\\\\", "\\")):
        assert "ti tle" in shown and "שלום" in shown
        assert r"a\x1b[2Jb\x9b\u202e c" in shown


def test_text_never_shows_a_small_number_as_zero() -> None:
    text = render(Table("", ["p"], [[0.00004], [0.0], [-0.0]]), "text")
    assert text.split() == ["p", "-------", "4.0e-05", "0.000", "0.000"]


def test_markdown_escapes_and_aligns() -> None:
    assert render(TABLE, "markdown") == (
        "### Per genre\n"
        "\n"
        "| genre | recall | n |\n"
        "| --- | ---: | ---: |\n"
        "| Blues | 0.691 | 110 |\n"
        "| R\\|B |  | 7 |\n"
    )


def test_csv_holds_faithful_values() -> None:
    rows = list(csv.reader(io.StringIO(render(TABLE, "csv"))))
    assert rows == [["genre", "recall", "n"], ["Blues", "0.69091", "110"], ["R|B", "", "7"]]


def test_json_is_a_list_of_objects_with_faithful_values() -> None:
    assert json.loads(render(TABLE, "json")) == [
        {"genre": "Blues", "recall": 0.69091, "n": 110},
        {"genre": "R|B", "recall": None, "n": 7},
    ]


def test_json_of_several_tables_is_an_object_by_title() -> None:
    other = Table("Other", ["x"], [[True]])
    both = json.loads(render([TABLE, other], "json"))
    assert list(both) == ["Per genre", "Other"]
    assert both["Other"] == [{"x": True}]
    with pytest.raises(UsageError, match="same title"):
        render([other, other], "json")


def test_not_a_number_is_no_value() -> None:
    table = Table("", ["x"], [[math.nan], [math.inf]])
    assert json.loads(render(table, "json")) == [{"x": None}, {"x": None}]
    assert render(table, "csv") == 'x\n""\n""\n'


def test_numpy_scalars_become_plain_values() -> None:
    table = Table("", ["a", "b"], [[np.int64(3), np.float32(0.5)]])  # type: ignore[list-item]
    assert table.rows == ((3, 0.5),)
    assert [type(v) for v in table.rows[0]] == [int, float]


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_writes_several_tables_and_none(format: str) -> None:
    assert render([TABLE, Table("Empty", ["x"], [])], format).endswith("\n")  # type: ignore[arg-type]


def test_faulty_tables_are_refused_in_one_sentence() -> None:
    with pytest.raises(DataError, match=r"row 2 has 1 values; expected 2"):
        Table("t", ["a", "b"], [[1, 2], [3]])
    with pytest.raises(DataError, match="column 'a' stands twice"):
        Table("t", ["a", "a"], [])
    with pytest.raises(DataError, match="of type list"):
        Table("t", ["a"], [[[1]]])  # type: ignore[list-item]
    with pytest.raises(UsageError, match="expected one of text, json, csv, markdown"):
        render(TABLE, "yaml")  # type: ignore[arg-type]
