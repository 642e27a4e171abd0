"""Corpus analyses: each content once, durable, resumable; imported analyses stay."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from tests.analyzer.sounds import tone, write_sound
from tests.workflows.stand_in import ANALYZER, StandIn

from genrelab.music.analysis import Analysis
from genrelab.music.corpus import Corpus
from genrelab.sources.collecting import collect
from genrelab.sources.folder import FolderSource
from genrelab.workflows import corpus_analyses
from genrelab.workflows.corpus_analyses import analyze_corpus


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    for number in range(4):
        write_sound(folder / f"{number}.wav", tone(0.1 + number / 50, 8_000), 8_000)
    shutil.copy(folder / "0.wav", folder / "copy of 0.wav")
    return folder


@pytest.fixture
def path(music: Path, tmp_path: Path) -> Path:
    corpus = tmp_path / "t.corpus"
    gather(music, corpus)
    return corpus


def gather(music: Path, path: Path) -> None:
    with Corpus(path, "write") as corpus:
        collect(FolderSource(music), corpus)


def fill(path, *, settings=None, jobs=1, **kwargs):
    with Corpus(path, "write") as corpus:
        settings = settings or StandIn()
        return list(analyze_corpus(corpus, settings=settings, jobs=jobs, **kwargs))


def statuses(outcomes):
    return sorted(o.status for o in outcomes)


def test_each_content_is_analyzed_once(path, tmp_path):
    log = tmp_path / "log"
    assert statuses(fill(path, settings=StandIn(log=log))) == ["analyzed"] * 5
    assert len(log.read_text().splitlines()) == 4
    with Corpus(path) as corpus:
        assert set(corpus.analyzers().values()) == {ANALYZER} and len(corpus.analyzers()) == 5
        assert corpus.check() == []
    assert statuses(fill(path, settings=StandIn(log=log))) == ["left"] * 5
    assert len(log.read_text().splitlines()) == 4


def test_a_new_track_of_a_known_content_takes_its_analysis(path, music, tmp_path):
    fill(path)
    shutil.copy(music / "1.wav", music / "another.wav")
    gather(music, path)
    log = tmp_path / "log"
    assert statuses(fill(path, settings=StandIn(log=log))) == ["analyzed"] + ["left"] * 5
    assert not log.exists()


def test_what_would_be_made_otherwise_is_told(path):
    fill(path)
    assert not any(o.is_outdated for o in fill(path))
    msd = StandIn(dialect="msd")
    outcomes = fill(path, settings=msd)
    assert statuses(outcomes) == ["left"] * 5 and all(o.is_outdated for o in outcomes)
    outcomes = fill(path, settings=msd, again=True)
    assert statuses(outcomes) == ["analyzed"] * 5 and not any(o.is_outdated for o in outcomes)


def test_imported_analyses_stay_and_other_versions_only_on_demand(path, make_segments):
    imported = Analysis(analyzer="4.0.0", dialect="spotify", segments=make_segments(3))
    with Corpus(path, "write") as corpus:
        first = next(iter(corpus.tracks())).id
        with corpus.transaction():
            corpus.put_analysis(first, imported)
    assert statuses(fill(path)) == ["analyzed"] * 4 + ["left"]
    other = StandIn(version="genrelab/next")
    assert statuses(fill(path, settings=other)) == ["left"] * 5
    assert statuses(fill(path, settings=other, again=True)) == ["analyzed"] * 4 + ["left"]
    assert statuses(fill(path, settings=other, again=True)) == ["left"] * 5
    with Corpus(path) as corpus:
        assert corpus.analyzers().pop(first) == "4.0.0"


def test_what_vanished_or_changed_is_named_and_found_under_another_path(path, music):
    (music / "0.wav").unlink()  # there is a copy
    (music / "1.wav").unlink()
    write_sound(music / "2.wav", tone(0.7, 8_000), 8_000)
    outcomes = fill(path)
    assert statuses(outcomes) == ["analyzed"] * 3 + ["failed"] * 2
    sentences = sorted(o.sentence for o in outcomes if o.status == "failed")
    assert sentences[0].startswith(f"{music / '1.wav'}: cannot be read")
    assert sentences[1].startswith(f"{music / '2.wav'}: has changed")
    gather(music, path)  # takes up the change
    assert statuses(fill(path)) == ["analyzed"] + ["failed"] + ["left"] * 3


def test_a_changed_recording_loses_its_analysis(path, music):
    fill(path)
    write_sound(music / "2.wav", tone(0.7, 8_000), 8_000)
    gather(music, path)
    with Corpus(path) as corpus:
        assert "folder-2.wav" not in corpus.analyzers() and len(corpus.analyzers()) == 4
    assert statuses(fill(path)) == ["analyzed"] + ["left"] * 4


def test_what_is_finished_is_stored_when_the_rest_is_not(path, music, monkeypatch):
    monkeypatch.setattr(corpus_analyses, "BATCH_TRACKS", 1)
    write_sound(music / "slow.wav", tone(0.1, 8_000), 8_000)
    gather(music, path)
    with Corpus(path, "write") as corpus:
        results = analyze_corpus(corpus, settings=StandIn(), jobs=2)
        next(results)
        results.close()
    with Corpus(path) as corpus:
        assert 1 <= len(corpus.analyzers()) < 6
    assert statuses(fill(path)).count("analyzed") >= 1
    with Corpus(path) as corpus:
        assert len(corpus.analyzers()) == 6


def test_a_worker_that_dies_is_named(path, music):
    write_sound(music / "crash.wav", tone(0.33, 8_000), 8_000)
    gather(music, path)
    outcomes = fill(path)
    assert statuses(outcomes) == ["analyzed"] * 5 + ["failed"]
    (sentence,) = (o.sentence for o in outcomes if o.status == "failed")
    assert sentence.startswith(f"{music / 'crash.wav'}: the process that analyzed it was ended")


def test_paths_count_from_the_corpus_folder(music, tmp_path, write_corpus):
    digest = hashlib.sha256((music / "0.wav").read_bytes()).hexdigest()
    song = {"id": "x-1", "audio_path": "music/0.wav", "audio_digest": digest}
    other = {"id": "x-2", "audio_path": "music/1.wav"}
    path = write_corpus(tmp_path / "x.corpus", [song, other, {"id": "x-3"}])
    assert statuses(fill(path)) == ["analyzed"] * 2
    assert statuses(fill(path)) == ["left"] * 2
