"""File names: bytes that are no UTF-8 come back from a corpus as they went in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.music.corpus import Corpus
from genrelab.music.file_names import name_from_stored, readable, stored_name
from genrelab.music.parquet import export_parquet
from genrelab.music.tracks import Origin, Track

WILD = "/music/caf\udce9/é.mp3"


@given(raw=st.binary(max_size=30).map(lambda raw: raw.replace(b"\0", b"")))
def test_any_bytes_come_back(raw):
    name = raw.decode("utf-8", "surrogateescape")
    assert name_from_stored(stored_name(name)) == name
    assert readable(name).encode().decode() == readable(name)
    assert isinstance(stored_name(name), str) == (readable(name) == name)


def test_a_track_and_its_import_may_have_such_a_name(tmp_path):
    track = Track(id="test-1", origin=Origin(source="test"), audio_path=WILD, audio_digest="ab")
    with Corpus(tmp_path / "t.corpus", "write") as corpus:
        with corpus.transaction():
            entry = corpus.journal.begin("test", WILD, "1")
            corpus.put(track, None, entry)
            corpus.journal.drop(entry, 2, None, "unreadable", f"{WILD}: damaged")
        assert [t.audio_path for t in corpus.tracks()] == [WILD]
        assert corpus.stored("test-1").audio_path == WILD
        assert corpus.journal.find("test", WILD, "1").id == entry.id
        ((item, *_, detail),) = corpus.journal.drops()
        assert item == "/music/caf\\xe9/é.mp3" and detail == f"{item}: damaged"
        digest = corpus.digest()
        with corpus.transaction():
            corpus.put(replace(track, audio_path="/music/café"))
        assert corpus.digest() != digest


def test_parquet_has_it_readable(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    track = Track(id="test-1", origin=Origin(source="test"), audio_path=WILD)
    with Corpus(tmp_path / "t.corpus", "write") as corpus:
        with corpus.transaction():
            corpus.put(track)
        export_parquet(corpus, tmp_path / "pq")
    (row,) = parquet.read_table(tmp_path / "pq" / "tracks.parquet").to_pylist()
    assert row["audio_path"] == "/music/caf\\xe9/é.mp3"
