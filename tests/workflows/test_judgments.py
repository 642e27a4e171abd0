"""Judgments: a run on its own test tracks, and on other corpora without what it learned."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from genrelab.errors import DataError
from genrelab.learning.runs import load_run
from genrelab.music.corpus import Corpus
from genrelab.workflows.judgments import judge_run, judge_run_on


def test_a_run_is_judged_on_its_test_tracks(trained_run: Path) -> None:
    run = load_run(trained_run)
    report = judge_run(run)
    assert report.n == run.info.n_tracks["test"] == len(run.split()["test"])
    assert report.accuracy == run.info.scores["test"]["accuracy"]
    assert report.name == run.name and judge_run(run, name="other").name == "other"


def test_no_artist_learned_from_is_judged(trained_run: Path, synthetic_corpus: Path) -> None:
    run = load_run(trained_run)
    split = run.split()
    with Corpus(synthetic_corpus) as corpus:
        judged = judge_run_on(run, corpus)
        artists = {track.id: track.artist for track in corpus.tracks()}
    learned = {artists[i] for part in ("train", "valid") for i in split[part]}
    others = [i for i, artist in artists.items() if artist not in learned]
    assert judged.report.n == len(others)
    assert judged.left_out == {
        "the run learned from the track or its artist": len(artists) - len(others)
    }


def test_the_same_artist_under_another_id_is_known(
    trained_run: Path,
    synthetic_corpus: Path,
    make_corpus: Callable[..., Corpus],
    make_segments: Callable,
) -> None:
    run = load_run(trained_run)
    with Corpus(synthetic_corpus) as corpus:
        learned = next(t for t in corpus.tracks() if t.id in run.split()["train"])
    songs = [
        {"id": "test-a", "artist": learned.artist, "genre": "Jazz", "segments": make_segments()},
        {"id": "test-b", "artist": "Nobody", "genre": "Jazz", "segments": make_segments()},
        {"id": "test-c", "artist": "Nobody", "genre": "Polka", "segments": make_segments()},
        {"id": "test-d", "artist": "Nobody", "genre": "Jazz"},
    ]
    judged = judge_run_on(run, make_corpus(songs), name="both")
    assert judged.report.n == 1 and judged.report.name == "both on small.corpus"
    assert judged.left_out == {
        "the run learned from the track or its artist": 1,
        "the run does not know their genre": 1,
        "no analysis": 1,
    }


def test_a_recording_learned_from_is_known_by_isrc_and_content(
    trained_run: Path, tmp_path: Path, make_corpus: Callable[..., Corpus], make_segments: Callable
) -> None:
    path = shutil.copytree(trained_run, tmp_path / "run")
    split = json.loads((path / "split.json").read_text())
    assert split["recordings"] == [], "synthetic tracks have neither"
    split["recordings"] = ["digest ab12", "isrc USRC17607839"]
    (path / "split.json").write_text(json.dumps(split))
    known = [{"isrc": "us-rc1-76-07839"}, {"audio_digest": "ab12"}, {"isrc": "USRC17607840"}]
    songs = [
        {"id": f"test-{i}", "artist": f"Nobody {i}", "genre": "Jazz", "segments": make_segments()}
        | fields
        for i, fields in enumerate(known)
    ]
    judged = judge_run_on(load_run(path), make_corpus(songs))
    assert judged.left_out == {"the run learned from the track or its artist": 2}
    assert judged.report.n == 1


def test_nothing_to_judge_on_says_why(
    trained_run: Path, make_corpus: Callable[..., Corpus], make_segments: Callable
) -> None:
    corpus = make_corpus([{"id": "test-a", "genre": "Polka", "segments": make_segments()}])
    with pytest.raises(DataError, match=r"does not know their genre \(1\)"):
        judge_run_on(load_run(trained_run), corpus)
