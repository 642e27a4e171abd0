"""What a corpus keeps of a server's answers, and which tracks still lack some."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.music.test_corpus import an_analysis

from genrelab.errors import CorpusError
from genrelab.music.corpus import Corpus
from genrelab.music.tracks import Origin, Track


def test_pieces_come_back_in_order_and_apart(corpus: Corpus) -> None:
    ours, others = corpus.fetched("a"), corpus.fetched("b")
    with corpus.transaction():
        for position, content in ((50, b"two"), (-1, b"head"), (0, b"one"), (50, b"second")):
            ours.put("item", "1", position, content)
        ours.put("item", "2", 0, b"newer")
        others.put("item", "1", 0, b"another source's")
    assert list(ours.pieces("item", "1").items()) == [(-1, b"head"), (0, b"one"), (50, b"second")]
    assert ours.piece("item", "1", 50) == b"second" and ours.piece("item", "1", 1) is None
    assert ours.versions("item") == ["1", "2"] and ours.versions("nothing") == []
    assert others.pieces("item", "1") == {0: b"another source's"}


def test_only_the_versions_named_are_kept(corpus: Corpus) -> None:
    fetched = corpus.fetched("a")
    with corpus.transaction():
        for version in ("1", "2", "3"):
            fetched.put("item", version, 0, b"x")
            fetched.put("other", version, 0, b"x")
        fetched.keep_only("item", frozenset({"2", "9"}))
    assert fetched.versions("item") == ["2"] and fetched.versions("other") == ["1", "2", "3"]


def test_what_was_fetched_is_durable_but_no_content(corpus: Corpus, path: Path) -> None:
    before = corpus.digest()
    with corpus.transaction():
        corpus.fetched("a").put("item", "1", 0, b"x")
    assert corpus.digest() == before
    with Corpus(path) as again:
        assert again.fetched("a").piece("item", "1", 0) == b"x"


def test_what_is_written_with_a_transaction_that_fails_is_not_kept(corpus: Corpus) -> None:
    def interrupted() -> None:
        with corpus.transaction():
            corpus.fetched("a").put("item", "1", 0, b"x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert corpus.fetched("a").versions("item") == []


def test_a_corpus_of_before_gets_its_place_for_them(corpus: Corpus, path: Path) -> None:
    corpus.close()
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE fetched")
    db.close()
    with Corpus(path) as old, pytest.raises(CorpusError, match="no such table: fetched"):
        old.fetched("a").versions("item")
    with Corpus(path, "write") as opened:
        assert opened.fetched("a").versions("item") == []


def test_tracks_that_lack_an_analysis_or_features(corpus: Corpus) -> None:
    with corpus.transaction():
        for name in ("spotify-b", "spotify-a", "spotify_-c", "archive-spotify-d", "SPOTIFY-e"):
            corpus.put(Track(id=name, origin=Origin(source="x")))
        corpus.put(
            Track(id="spotify-f", audio_features={"tempo": 90.0}, origin=Origin(source="x")),
            an_analysis(),
        )
    assert corpus.without_analysis("spotify") == ["spotify-a", "spotify-b"]
    assert corpus.without_audio_features("spotify") == ["spotify-a", "spotify-b"]
    with corpus.transaction():
        corpus.put_analysis("spotify-a", an_analysis())
        corpus.put_audio_features("spotify-b", {"energy": 0.5})
        corpus.put_audio_features("spotify-gone", {"energy": 0.5})
    assert corpus.without_analysis("spotify") == ["spotify-b"]
    assert corpus.without_audio_features("spotify") == ["spotify-a"]
    features = {one.id: one.audio_features for one in corpus.tracks()}
    assert features["spotify-b"] == {"energy": 0.5} and "spotify-gone" not in features


def test_a_newer_record_takes_nothing_from_a_track(corpus: Corpus) -> None:
    whole = Track(
        id="a-1",
        title="Song",
        album="Album",
        audio_path="song.mp3",
        audio_digest="0" * 64,
        audio_features={"tempo": 90.0},
        origin=Origin(source="a"),
    )
    with corpus.transaction():
        corpus.put(whole, an_analysis())
        corpus.put(Track(id="a-1", title="Another name", origin=Origin(source="a", position=2)))
    [track] = corpus.tracks()
    assert (track.title, track.album, track.origin.position) == ("Another name", None, 2)
    assert (track.audio_path, track.audio_digest) == ("song.mp3", "0" * 64)
    assert track.audio_features == {"tempo": 90.0} and corpus.analysis("a-1") is not None
    with corpus.transaction():
        corpus.put(Track(id="a-1", audio_path="other.mp3", audio_digest="1" * 64,
                         audio_features={"tempo": 91.0}, origin=Origin(source="a")))  # fmt: skip
    [track] = corpus.tracks()
    assert (track.audio_path, track.audio_features) == ("other.mp3", {"tempo": 91.0})
    assert corpus.analysis("a-1") is None
