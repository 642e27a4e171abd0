"""Cutting JSON into records: the same pieces as `json` finds, wherever the chunks end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.errors import DataError
from genrelab.sources import json_stream
from genrelab.sources.json_stream import OBJECT_FIELDS, pieces

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(['"', "\\", '\\"', "[", "}", '{"', "],[", '\\\\"', ",", ":", "\n"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.text(max_size=4), VALUES, max_size=4)
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=10)
INDENTS = st.sampled_from([None, 1])


def chunks(text: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    while at < len(text):
        size = sizes[at % len(sizes)]
        yield text[at : at + size]
        at += size


def dumped(value: Any, indent: int | None, ascii_only: bool = True) -> bytes:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    return text.encode("utf-8", "surrogatepass")


@settings(max_examples=150, deadline=None)
@given(st.lists(OBJECTS | st.lists(VALUES, max_size=3), max_size=5), SIZES, INDENTS, st.booleans())
def test_a_list_gives_its_elements(
    value: list[Any], sizes: list[int], indent: int | None, ascii_only: bool
) -> None:
    found = list(pieces(chunks(dumped(value, indent, ascii_only), sizes)))
    assert [json.loads(p.raw) for p in found] == value
    assert [p.position for p in found] == list(range(1, len(value) + 1))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=6), OBJECTS, min_size=1, max_size=5), SIZES, INDENTS)
def test_a_map_gives_its_values_under_their_keys(
    value: dict[str, Any], sizes: list[int], indent: int | None
) -> None:
    value = {f"id {key}": inner for key, inner in value.items()}
    assert not OBJECT_FIELDS & set(value)
    found = list(pieces(chunks(dumped(value, indent), sizes)))
    assert {p.key: json.loads(p.raw) for p in found} == value


@settings(max_examples=150, deadline=None)
@given(st.lists(OBJECTS, min_size=1, max_size=5), SIZES, INDENTS, st.booleans())
def test_objects_in_a_row_are_found_with_and_without_lines(
    records: list[Any], sizes: list[int], indent: int | None, bom: bool
) -> None:
    records[0] = {"meta": records[0]}
    text = b"\n".join(dumped(r, indent) for r in records)
    found = list(pieces(chunks(b"\xef\xbb\xbf" * bom + text, sizes)))
    assert [json.loads(p.raw) for p in found] == records


@settings(max_examples=50, deadline=None)
@given(st.lists(OBJECTS, min_size=1, max_size=4), SIZES)
def test_any_list_that_is_cut_short_is_noticed(records: list[Any], sizes: list[int]) -> None:
    text = dumped(records, None)
    for end in range(1, len(text), 13):
        with pytest.raises(DataError):
            list(pieces(chunks(text[:end], sizes)))


def test_lines_keep_their_numbers_over_blank_and_bad_ones() -> None:
    text = b'\n{"a": 1}\r\n\n{"a": [\n{"a": 3}'
    found = list(pieces([text], lines=True))
    assert [(p.position, p.raw) for p in found] == [
        (2, b'{"a": 1}'),
        (4, b'{"a": ['),
        (5, b'{"a": 3}'),
    ]


def test_what_is_no_object_in_a_list_is_a_problem_of_its_own() -> None:
    found = list(pieces([b'[{"a": 1}, null, {"a": 2}, 3]']))
    assert [bool(p.problem) for p in found] == [False, True, False, True]
    assert "'null'" in str(found[1].problem)


def test_an_empty_list_has_no_records() -> None:
    assert list(pieces([b" [ ", b"\n] "])) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"  \n ", "white space"),
        (b"hello", "begins with 'hello'; expected a JSON list or object"),
        (b'[{"a": 1}, {"b": ', "middle of record 2"),
        (b'[{"a": 1}', "expected ']'"),
        (b'{"x": {"a": 1}', "expected '}'"),
        (b'{"meta":\n {"a": 1}', "middle of record 1"),
    ],
)
def test_text_that_cannot_be_followed(text: bytes, expected: str) -> None:
    with pytest.raises(DataError, match=expected.replace("]", r"\]")):
        list(pieces([text]))


def test_a_missing_bracket_does_not_take_all_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_RECORD_BYTES", 1000)
    endless = (b'{"a": [1, 2],' for _ in range(10**9))
    with pytest.raises(DataError, match="missing"):
        list(pieces(endless))
    with pytest.raises(DataError, match="expected a record a line"):
        list(pieces((b"x" * 100 for _ in range(10**9)), lines=True))
