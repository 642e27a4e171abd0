"""The command ``corpus duplicates``: which recordings stand under several ids."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from genrelab.cli import main
from genrelab.cli.corpora import duplicates_table
from genrelab.music.corpus import Corpus
from genrelab.music.duplicates import find_duplicates
from genrelab.music.segments import Segments


@pytest.fixture
def corpus(
    tmp_path: Path, write_corpus: Callable[..., Path], make_segments: Callable[..., Segments]
) -> Path:
    heard = {"segments": make_segments(80, seed=1), "artist": "A"}
    songs = [
        {"id": "test-a", "genre": "Rock", "title": "Song", **heard},
        {"id": "test-b", "genre": "Pop", "title": "Song (2009 Remaster)", **heard},
        {"id": "test-c", "genre": "Pop", "title": "Other"},
    ]
    return write_corpus(tmp_path / "t.corpus", songs)


def test_a_row_a_track(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpus", "duplicates", str(corpus), "--format", "csv"]) == 0
    out, err = capsys.readouterr()
    assert list(csv.reader(io.StringIO(out))) == [
        ["group", "evidence", "kept", "track_id", "genre", "artist", "title"],
        ["1", "sound, title", "True", "test-a", "Rock", "A", "Song"],
        ["1", "sound, title", "False", "test-b", "Pop", "A", "Song (2009 Remaster)"],
    ]
    assert err == "1 recording under several ids, 1 of them in several genres\n"


def test_none_is_an_empty_table(
    tmp_path: Path, write_corpus: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_corpus(tmp_path / "empty.corpus", [])
    assert main(["corpus", "duplicates", str(path), "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert out == "[]\n" and err.startswith("0 recordings")
    with Corpus(path) as opened:
        assert duplicates_table(find_duplicates(opened), opened.tracks()).rows == ()


def test_an_absent_corpus_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpus", "duplicates", "absent.corpus"]) == 1
    assert capsys.readouterr().err.startswith("error: absent.corpus: no such corpus")
