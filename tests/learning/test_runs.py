"""Runs: complete or absent, explained by what lies in them, damage told in a sentence."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genrelab.errors import DataError, RunError, UsageError
from genrelab.learning.features import extract_features
from genrelab.learning.recipes import Recipe, load_recipe
from genrelab.learning.run_directory import find_run
from genrelab.learning.runs import PREDICTED_PARTS, Predictions, Run, load_run
from genrelab.learning.splits import PARTS, Split
from genrelab.learning.training import predict_network
from genrelab.listening.models import ask_network, open_network
from genrelab.music.corpus import Corpus
from genrelab.workflows.experiments import train
from genrelab.workflows.writing import alone_in

pytest.importorskip("keras", reason="training needs the 'train' extra")
MakeSegments = Callable[..., Any]
WriteCorpus = Callable[..., Path]


def _songs(make_segments: MakeSegments, n: int = 20) -> list[dict[str, Any]]:
    return [
        {
            "id": f"test-{shift}-{i}",
            "genre": genre,
            "artist": f"{genre} {i}",
            "segments": make_segments(26, seed=i, shift=10.0 * shift),
        }
        for genre, shift in (("Jazz", 1), ('Rock, "hard"', 2))
        for i in range(n)
    ]


@pytest.fixture(scope="module")
def corpus_path(
    tmp_path_factory: pytest.TempPathFactory,
    make_segments: MakeSegments,
    write_corpus: WriteCorpus,
) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "a.corpus", _songs(make_segments))


def _recipe(**knobs: Any) -> Recipe:
    base = {"min_tracks": 5, "segments": 24, "max_epochs": 2, "normalize": True, "name": "tiny"}
    return load_recipe("unbalanced-timbre", {**base, **knobs})


def _train(corpus_path: Path, out: Path, **knobs: Any) -> Run:
    with Corpus(corpus_path) as corpus:
        return train(corpus, _recipe(**knobs), out)


@pytest.fixture(scope="module")
def run(corpus_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _train(corpus_path, tmp_path_factory.mktemp("runs") / "single")


@pytest.fixture(scope="module")
def folded(corpus_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _train(corpus_path, tmp_path_factory.mktemp("runs") / "folded", folds=3)


@pytest.fixture
def copy(run: Run, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run.path, tmp_path / "copy"))


# What lies in a run.


def test_a_run_holds_what_it_promises(run: Run) -> None:
    assert {path.name for path in run.path.iterdir()} >= {
        *("run.json", "recipe.toml", "split.json", "history.csv", "predictions.csv"),
        *("model.keras", "model.onnx", "report.json", "figures"),
    }
    assert not run.path.with_name("single.partial").exists()
    assert run.name == "single" and run.info.name == "tiny"
    assert run.classes == ("Jazz", 'Rock, "hard"')
    assert run.info.n_tracks == {"train": 32, "valid": 4, "test": 4}
    assert run.info.folds == 0 and [member.path for member in run.members] == [run.path]
    assert run.info.onnx_max_difference is not None and run.info.onnx_max_difference <= 1e-5
    assert run.info.versions.keys() >= {"genrelab", "python", "keras", run.info.backend}


def test_the_saved_recipe_rebuilds_the_recipe(run: Run, folded: Run) -> None:
    assert run.recipe == load_recipe(run.path / "recipe.toml") == _recipe()
    assert folded.recipe == _recipe(folds=3)
    assert all(member.recipe == folded.recipe for member in folded.members)


def test_predictions_sum_to_1_and_cover_their_parts(run: Run, folded: Run) -> None:
    for one in (run, folded):
        for part in PREDICTED_PARTS:
            predictions = one.predictions(part)
            assert np.abs(predictions.probabilities.sum(axis=1) - 1).max() < 1e-9
            splits = one.split().get("folds", [one.split()])
            expected = [track_id for split in splits for track_id in split[part]]
            assert list(predictions.track_ids) == expected
            truth = [int(track_id.split("-")[1]) - 1 for track_id in expected]
            assert predictions.truth.tolist() == truth
    assert set(folded.predictions("test").fold.tolist()) == {0, 1, 2}
    assert len(set(folded.predictions("test").track_ids)) == 40


def test_predictions_survive_their_file_to_the_last_bit(run: Run) -> None:
    with (run.path / "predictions.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["part", "fold", "track_id", "genre", *run.classes]
    found = run.predictions("test").probabilities
    test = [[float(value) for value in row[4:]] for row in rows if row[0] == "test"]
    assert np.array_equal(found, np.array(test))


def test_pooled_predictions_are_those_of_the_folds(folded: Run) -> None:
    pooled = Predictions.pooled([member.predictions() for member in folded.members])
    found = folded.predictions()
    assert found.track_ids == pooled.track_ids
    assert np.array_equal(found.probabilities, pooled.probabilities)
    assert np.array_equal(found.fold, pooled.fold)


def test_the_split_carries_its_digest(run: Run, folded: Run) -> None:
    for saved in (run.split(), *(member.split() for member in folded.members)):
        split = Split(
            **{part: tuple(saved[part]) for part in PARTS}, group=saved["group"], seed=saved["seed"]
        )
        assert saved["digest"] == split.digest
        assert len(split) == 40


def test_history_is_read_back(run: Run, folded: Run) -> None:
    history = run.history()
    assert [epoch.epoch for epoch in history] == [1, 2]
    accuracy = [epoch.val_accuracy for epoch in history]
    assert run.info.best_epoch == 1 + accuracy.index(max(accuracy))
    with pytest.raises(RunError, match=r"history.csv: part of a run, but cannot be read"):
        folded.history()


def test_the_keras_file_is_safe_to_load_and_answers_alike(run: Run, make_segments: Any) -> None:
    keras = pytest.importorskip("keras")
    model = keras.models.load_model(run.path / "model.keras", safe_mode=True)
    heard = [make_segments(30, seed=i) for i in range(3)]
    features = extract_features(heard, 3, run.recipe.input, run.recipe.hearing)
    assert run.normalization is not None
    features = run.normalization.apply(features)
    answers = ask_network(open_network(run.path / "model.onnx"), features.x)
    assert np.abs(predict_network(model, features.x) - answers).max() <= 1e-5


def test_normalization_is_that_of_the_training_rows(run: Run, corpus_path: Path) -> None:
    with Corpus(corpus_path) as corpus:
        segments = [one.timbre[:24] for _, one in corpus.segments(run.split()["train"])]
    rows = np.concatenate(segments).astype(np.float64)
    assert run.normalization is not None
    assert np.allclose(run.normalization.mean, rows.mean(axis=0), rtol=1e-4, atol=1e-4)
    assert np.allclose(run.normalization.std, rows.std(axis=0), rtol=1e-4)


# Runs that are not whole.


def _damage(path: Path, name: str, content: str | None) -> None:
    (path / name).unlink()
    if content is not None:
        (path / name).write_text(content)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("run.json", None, "no complete run (there is no run.json); train one with"),
        ("run.json", '{"format_version": 1, "name": "x', "damaged ("),
        ("run.json", "[]", "damaged ("),
        ("run.json", '{"format_version": 1}', "damaged (Object missing required field"),
        ("run.json", '{"format_version": 2}', "run format 2 is not one this genrelab reads (1)"),
        ("run.json", "{}", "run format None is not one this genrelab reads (1)"),
        ("recipe.toml", None, "part of a run, but cannot be read"),
        ("recipe.toml", "name = ", "part of a run, but damaged (not TOML"),
        ("recipe.toml", "colour = 1", "part of a run, but damaged (a recipe has no knob 'colour'"),
    ],
)
def test_a_run_that_is_not_whole_is_one_sentence(
    copy: Path, name: str, content: str | None, sentence: str
) -> None:
    _damage(copy, name, content)
    with pytest.raises(RunError) as caught:
        load_run(copy)
    assert sentence in str(caught.value) and str(copy) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("predictions.csv", None),
        ("predictions.csv", "track_id,genre\nx,Jazz\n"),
        ("predictions.csv", "part,fold,track_id,genre,Jazz\ntest,0,x,Zydeco,1\n"),
        ("predictions.csv", 'part,fold,track_id,genre,Jazz,"Rock, ""hard"""\ntest,0,x,Jazz,1\n'),
        ("history.csv", None),
        ("history.csv", "epoch,loss\n1,0.5\n"),
        ("history.csv", "epoch,loss,accuracy,val_loss,val_accuracy\n1,0.5,0.5\n"),
        ("split.json", None),
        ("split.json", '{"train": ['),
    ],
)
def test_a_damaged_part_is_one_sentence(copy: Path, name: str, content: str | None) -> None:
    _damage(copy, name, content)
    run = load_run(copy)
    read = {"predictions.csv": run.predictions, "history.csv": run.history}.get(name, run.split)
    with pytest.raises(RunError) as caught:
        read()
    assert str(caught.value).startswith(f"{copy / name}: part of a run, but ")
    assert "\n" not in str(caught.value)


def test_a_path_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no complete run"):
        load_run(tmp_path / "absent")
    (tmp_path / "started.partial").mkdir()
    with pytest.raises(RunError, match="its training was interrupted: run the same command again"):
        load_run(tmp_path / "started")


# What stands in the way.


def test_find_run(run: Run, tmp_path: Path) -> None:
    found = find_run(run.path, run.recipe)
    assert found is not None and found.info == run.info
    assert find_run(tmp_path / "absent", run.recipe) is None
    (tmp_path / "empty").mkdir()
    assert find_run(tmp_path / "empty", run.recipe) is None
    with pytest.raises(UsageError, match="single: holds a run of another recipe"):
        find_run(run.path, _recipe(dropout=0.3))


def test_other_files_are_left_alone(corpus_path: Path, tmp_path: Path) -> None:
    folder, file = tmp_path / "music", tmp_path / "song.mp3"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    file.write_text("mine")
    for path in (folder, file):
        with pytest.raises(UsageError, match="exists and is no run; choose another -o"):
            _train(corpus_path, path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["music", "song.mp3"]


def test_the_same_command_again_trains_nothing(run: Run, corpus_path: Path) -> None:
    before = (run.path / "run.json").stat().st_mtime_ns
    assert _train(corpus_path, run.path).info == run.info
    assert (run.path / "run.json").stat().st_mtime_ns == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows opens no folders")
def test_two_processes_do_not_train_into_one_run(corpus_path: Path, tmp_path: Path) -> None:
    (tmp_path / "run.partial").mkdir()
    with (
        alone_in(tmp_path / "run.partial"),
        pytest.raises(UsageError, match="run: another process makes it; wait for it"),
    ):
        _train(corpus_path, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_changed_corpus_is_noticed(
    run: Run,
    corpus_path: Path,
    tmp_path: Path,
    make_segments: MakeSegments,
    write_corpus: WriteCorpus,
) -> None:
    other = Path(shutil.copy(corpus_path, tmp_path / "other.corpus"))
    write_corpus(other, _songs(make_segments, 21))
    with pytest.raises(UsageError, match="single: was trained on other tracks"):
        _train(other, run.path)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tracks SET genre = CASE genre WHEN 'Jazz' THEN 'Pop' ELSE 'Jazz' END",
        "UPDATE analyses SET dialect = 'msd'",
        "UPDATE analyses SET pitches = zeroblob(length(pitches)) WHERE rowid = 1",
        "UPDATE analyses SET timbre = zeroblob(length(timbre)) WHERE rowid = 1",
    ],
)
def test_a_changed_label_or_analysis_is_noticed(
    run: Run, corpus_path: Path, tmp_path: Path, change: str
) -> None:
    other = Path(shutil.copy(corpus_path, tmp_path / "other.corpus"))
    with sqlite3.connect(other) as db:
        assert db.execute(change).rowcount > 0
    db.close()
    with pytest.raises(UsageError, match="other tracks, genres or analyses"):
        _train(other, run.path)


def test_too_few_tracks_leave_nothing_behind(
    tmp_path: Path, make_segments: MakeSegments, write_corpus: WriteCorpus
) -> None:
    path = write_corpus(tmp_path / "few.corpus", _songs(make_segments, 3))
    with pytest.raises(DataError):
        _train(path, tmp_path / "out")
    assert {p.name for p in tmp_path.iterdir() if not p.name.startswith("few")} == set()


# Interruptions.

KILLED = """
import sys
from pathlib import Path
from genrelab.learning.recipes import load_recipe
from genrelab.learning.training import predict_network
from genrelab.listening.models import ask_network, open_network
from genrelab.music.corpus import Corpus
from genrelab.workflows.experiments import train
with Corpus(sys.argv[1]) as corpus:
    train(corpus, load_recipe(sys.argv[2]), sys.argv[3],
          progress=lambda stage, done, total: print(stage, done, flush=True))
"""


def _kill_at(stage: str, corpus_path: Path, recipe: Recipe, out: Path) -> None:
    """Train in a process of its own and kill it when it has reached a stage."""
    file = out.with_name("recipe.toml")
    file.write_text(recipe.to_toml())
    command = [sys.executable, "-c", KILLED, str(corpus_path), str(file), str(out)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(stage):
                os.kill(process.pid, signal.SIGKILL)
                break
        assert process.wait() == -signal.SIGKILL


def test_a_killed_training_leaves_no_run_and_goes_on_where_it_was(
    folded: Run,
    corpus_path: Path,
    tmp_path: Path,
    make_segments: MakeSegments,
    write_corpus: WriteCorpus,
) -> None:
    out = tmp_path / "killed"
    _kill_at("training tiny, fold 3 of 3 1", corpus_path, _recipe(folds=3), out)
    assert not out.exists()
    done = [out.with_name("killed.partial") / f"fold-{k}" / "run.json" for k in range(3)]
    assert [path.is_file() for path in done] == [True, True, False]
    with pytest.raises(RunError, match="its training was interrupted"):
        load_run(out)
    before = [path.stat().st_mtime_ns for path in done[:2]]

    other = Path(shutil.copy(corpus_path, tmp_path / "other.corpus"))
    write_corpus(other, _songs(make_segments, 24))
    with pytest.raises(UsageError, match="other tracks"):
        _train(other, out, folds=3)
    with pytest.raises(UsageError, match="another recipe"):
        _train(corpus_path, out, folds=3, dropout=0.3)
    assert not out.exists()

    run = _train(corpus_path, out, folds=3)
    assert [(out / f"fold-{k}" / "run.json").stat().st_mtime_ns for k in range(2)] == before
    assert run.info.folds == 3 and len(run.members) == 3
    assert not out.with_name("killed.partial").exists()
    assert run.info.split_digest == folded.info.split_digest
    assert run.info.data_digest == folded.info.data_digest
    assert run.info.scores == folded.info.scores
    for name in ("predictions.csv", "split.json", "recipe.toml", "fold-2/history.csv"):
        assert (run.path / name).read_bytes() == (folded.path / name).read_bytes()
