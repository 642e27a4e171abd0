"""The Parquet export: every table, equal to the corpus, or nothing at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.music.test_corpus import a_track, an_analysis

from genrelab.errors import CorpusError, MissingExtraError
from genrelab.music import parquet
from genrelab.music.corpus import Corpus
from genrelab.music.parquet import TABLES, export_parquet


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "t.corpus"
    with Corpus(path, "write") as opened, opened.transaction():
        opened.put(a_track("a", genre="Rock", tags={"year": 1999}), an_analysis(3, 1.5))
        opened.put(a_track("b"))
        opened.put(a_track("c", genre="Jazz"), an_analysis(2, -2.5))
    return path


def test_tables_hold_what_the_corpus_holds(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "BATCH_TRACKS", 2)
    folder = tmp_path / "out"
    seen: list[tuple[int, int | None]] = []
    with Corpus(corpus) as opened:
        rows = export_parquet(opened, folder, lambda _, done, total: seen.append((done, total)))
    assert rows == {"tracks": 3, "analyses": 2, "segments": 5, "intervals": 2, "sections": 2}
    assert seen == [(2, 3), (3, 3)]
    assert sorted(p.name for p in folder.iterdir()) == sorted(f"{n}.parquet" for n in TABLES)
    tables = {name: pq.read_table(folder / f"{name}.parquet") for name in TABLES}
    assert tables["tracks"].column("genre").to_pylist() == ["Rock", None, "Jazz"]
    assert tables["tracks"].column("tags").to_pylist()[0] == '{"year":1999}'
    assert tables["analyses"].column("key").to_pylist() == [4, 4]
    segments = tables["segments"]
    assert str(segments.schema.field("timbre").type).startswith("fixed_size_list<")
    assert segments.schema.field("timbre").type.list_size == 12
    assert segments.column("track_id").to_pylist() == ["test-a"] * 3 + ["test-c"] * 2
    assert segments.column("segment").to_pylist() == [0, 1, 2, 0, 1]
    assert segments.column("timbre").to_pylist()[4] == [-2.5] * 12
    assert segments.column("loudness_end").to_pylist() == [None] * 5
    np.testing.assert_array_equal(segments.column("start").to_numpy()[:2], [0.12345, 1.12345])
    assert tables["intervals"].column("kind").to_pylist() == ["bar", "bar"]
    assert tables["sections"].column("mode").to_pylist() == [1, 1]


def test_an_export_that_fails_leaves_the_earlier_one(corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"

    def interrupt(stage: str, done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with Corpus(corpus) as opened:
        export_parquet(opened, folder)
        before = {p.name: p.read_bytes() for p in folder.iterdir()}
        with pytest.raises(KeyboardInterrupt):
            export_parquet(opened, folder, interrupt)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_a_folder_that_cannot_be_is_named(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with Corpus(corpus) as opened, pytest.raises(CorpusError, match="cannot be written"):
        export_parquet(opened, tmp_path / "file")


def test_without_pyarrow_the_extra_is_named(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(parquet.importlib, "import_module", refuse)
    with Corpus(corpus) as opened, pytest.raises(MissingExtraError, match=r"genrelab\[parquet\]"):
        export_parquet(opened, tmp_path / "out")
