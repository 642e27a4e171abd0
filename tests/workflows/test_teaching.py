"""Teaching: a small folder learned, changed, learned again, killed; and what cannot be learned."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.workflows.small_music import STYLES, write_music, write_song

from genrelab.errors import DataError, MissingExtraError, UsageError
from genrelab.learning.runs import load_run
from genrelab.music.corpus import Corpus
from genrelab.workflows import lesson_recipes, lesson_training, teaching
from genrelab.workflows.lesson_music import Census
from genrelab.workflows.lesson_recipes import choose_recipes
from genrelab.workflows.teaching import Lesson, learn

KILLED = """
import os, signal, sys
from genrelab.cli import main
from genrelab.workflows import {module} as module
calls = []
original = module.{name}
def at_last(*args, **kwargs):
    if len(calls) == {n}:
        os.kill(os.getpid(), signal.SIGKILL)
    calls.append(1)
    return original(*args, **kwargs)
module.{name} = at_last
{before}
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_music(tmp_path_factory.mktemp("teaching") / "music")


@pytest.fixture(scope="module")
def lesson(music: Path) -> Lesson:
    return learn(music, music.parent / "run", jobs=1)


@pytest.fixture
def own(lesson: Lesson, music: Path, tmp_path: Path) -> Callable[[], Lesson]:
    """Learn a folder of one's own, analyzed already, which starts as the shared one."""
    shutil.copytree(music, tmp_path / "music", copy_function=shutil.copy2)

    def again(**options) -> Lesson:
        return learn(tmp_path / "music", tmp_path / "run", jobs=1, **options)

    return again


def counts(lesson: Lesson) -> Counter[str]:
    with Corpus(lesson.corpus) as corpus:
        return Counter(corpus.genre_counts())


def n_analyses(out: Path) -> int:
    with Corpus(out.with_name("run.corpus")) as corpus:
        return corpus.info().analyses


def test_a_small_folder_is_learned_judged_and_explained(lesson, music):
    assert lesson.failures == ()
    assert lesson.run.classes == STYLES and lesson.run.info.folds == 5
    assert lesson.run.recipe.name == "profile-kernel" and lesson.run.recipe.min_tracks == 8
    assert lesson.report.accuracy >= 0.9 and lesson.report.n == 30
    assert lesson.corpus == music.parent / "run.corpus"
    assert "30 songs are too few to set some aside" in lesson.why
    page = lesson.page.read_text("utf-8")
    for words in ("In short", "How sure it is", "Songs to listen to again", "chose nothing"):
        assert words in page
    assert str(lesson.run.path) in page


def test_no_artist_stands_on_two_sides(lesson):
    with Corpus(lesson.corpus) as corpus:
        artists = {track.id: track.artist for track in corpus.tracks()}
    assert None not in artists.values()
    for fold in lesson.run.split()["folds"]:
        learned = {artists[i] for part in ("train", "valid") for i in fold[part]}
        assert not learned & {artists[i] for i in fold["test"]}


def test_what_is_finished_returns_at_once(lesson, music, monkeypatch):
    monkeypatch.setattr(lesson_training, "train", None)
    before = (lesson.run.path / "run.json").stat().st_mtime_ns
    again = learn(music, lesson.run.path, jobs=1)
    assert (again.run.path / "run.json").stat().st_mtime_ns == before
    assert again.in_short == lesson.in_short


def test_music_that_has_changed_needs_another_place_or_again(own, tmp_path):
    own()
    write_song(tmp_path / "music/Hiss/new.flac", "Hiss", 99, artist="Somebody else")
    with pytest.raises(UsageError, match=r"on other songs or genres.*another -o, or --again"):
        own()
    second = own(again=True)
    assert second.report.n == 31
    assert load_run(tmp_path / "run.earlier").info.n_tracks == {"all": 30}
    with pytest.raises(UsageError, match="with other settings"):
        own(settings={"folds": 4})


def test_a_song_that_left_the_folder_is_forgotten_and_one_that_moved_is_not_heard_anew(
    own, tmp_path
):
    assert counts(own()) == {"Drone": 10, "Hiss": 10, "Pluck": 10}
    music = tmp_path / "music"
    kept = tmp_path / "kept.flac"
    (music / "Hiss/3.flac").rename(kept)
    (music / "Drone/4.flac").rename(music / "Pluck/was drone.flac")
    changed = own(again=True)
    assert counts(changed) == {"Drone": 9, "Hiss": 9, "Pluck": 11}
    kept.rename(music / "Hiss/3.flac")
    assert counts(own(again=True)) == {"Drone": 9, "Hiss": 10, "Pluck": 11}


def test_a_song_under_the_wrong_genre_is_questioned(own, tmp_path):
    shutil.move(tmp_path / "music/Hiss/0.flac", tmp_path / "music/Drone/stray.flac")
    lesson = own()
    [row] = lesson.doubts.rows
    assert row[:4] == ("Hiss 0", "Hiss player 0", "Drone", "Hiss") and row[5] == "Drone/stray.flac"
    assert "Drone/stray.flac" in lesson.page.read_text("utf-8")
    assert lesson.tables()[-1] is lesson.doubts


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(own, tmp_path):
    (tmp_path / "music/Hiss/broken.flac").write_bytes(b"fLaC, but no music" * 50)
    lesson = own()
    [failure] = lesson.failures
    assert "broken.flac" in failure and failure in lesson.page.read_text("utf-8")
    assert lesson.report.n == 30
    assert own().failures == lesson.failures


def test_unknown_artists_are_admitted(tmp_path):
    music = write_music(tmp_path / "music", songs=8, per_artist=0, styles=("Drone", "Hiss"))
    lesson = learn(music, tmp_path / "run", jobs=1)
    assert any(remark.startswith("No song's artist is known") for remark in lesson.remarks)


def test_too_little_to_judge_is_said(tmp_path):
    music = tmp_path / "music"
    for number in range(16):  # one style under two names: nothing can be learned
        write_song(music / "AB"[number % 2] / f"{number}.wav", "Hiss", number)
    lesson = learn(music, tmp_path / "run", jobs=1)
    assert any(remark.startswith("Too little to judge: 16 songs") for remark in lesson.remarks)
    assert any("not certain that the model has learned" in remark for remark in lesson.remarks)
    assert 'class="warning"' in lesson.page.read_text("utf-8")


def test_a_genre_of_one_song_is_left_out_and_named(own, tmp_path):
    write_song(tmp_path / "music/Solo/1.wav", "Drone", 77)
    lesson = own()
    assert lesson.run.classes == STYLES
    assert "left out: Solo has 1 track, fewer than 8" in lesson.remarks
    assert "Solo has 1 track" in lesson.page.read_text("utf-8")


@pytest.mark.parametrize(
    ("styles", "songs", "per_artist", "sentence"),
    [
        (("Drone",), 3, 1, "all 3 songs with a genre are Drone; telling genres apart needs"),
        (("Drone", "Hiss"), 2, 1, "no genre has at least 8 songs by 3 artists"),
        (("Drone", "Hiss"), 8, 8, r"Drone 8 songs by 1, Hiss 8 songs by 1 artists"),
    ],
)
def test_what_cannot_be_told_apart_is_refused_before_analyzing(
    tmp_path, monkeypatch, styles, songs, per_artist, sentence
):
    monkeypatch.setattr(teaching, "analyze_songs", None)
    music = write_music(tmp_path / "music", songs=songs, per_artist=per_artist, styles=styles)
    with pytest.raises(DataError, match=sentence):
        learn(music, tmp_path / "run")


def test_wrong_use_is_refused_before_anything_is_made(music, lesson, tmp_path, monkeypatch):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/notes.txt").write_text("mine")
    (tmp_path / "songs").mkdir()
    write_song(tmp_path / "songs/loose.wav", "Drone", 5)
    cases = [
        (music, tmp_path / "taken", {}, "is no run"),
        (music, ".", {}, "names no directory"),
        (tmp_path / "none", tmp_path / "r", {}, "no such folder"),
        (music, tmp_path / "r", {"recipe": "unheard-of"}, "unheard-of"),
        (music, tmp_path / "r", {"settings": {"fold": 3}}, "did you mean 'folds'"),
        (music, tmp_path / "r", {"genres": ["Drone", "Polka"]}, "are Drone, Hiss, Pluck"),
        (tmp_path / "songs", tmp_path / "s", {}, "no song has a genre"),
        (tmp_path / "songs", lesson.run.path, {}, "holds songs of another folder"),
    ]
    for folder, out, options, sentence in cases:
        with pytest.raises((UsageError, DataError), match=sentence):
            learn(folder, out, jobs=1, **options)
    monkeypatch.setattr(teaching, "NEEDED", ("no_such_package",))
    with pytest.raises(MissingExtraError, match=r"genrelab\[learn\]"):
        learn(music, tmp_path / "r")


def test_interrupted_folds_of_other_songs_are_not_gone_on_with(own, tmp_path, monkeypatch):
    lesson = own()
    partial = tmp_path / "run.partial"
    lesson.run.path.rename(partial)
    (partial / "run.json").unlink()
    write_song(tmp_path / "music/Hiss/new.flac", "Hiss", 99, artist="Somebody else")
    assert own().report.n == 31 and not partial.exists()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_anywhere_and_run_again_it_ends_with_the_same(lesson, music, tmp_path):
    out = tmp_path / "run"
    left = []
    places = [
        ("corpus_analyses", "_store", 2, "module.BATCH_TRACKS = 6"),
        ("experiments", "train_member", 3, ""),
        ("lesson_page", "render_page", 0, ""),
    ]
    for module, name, n, before in places:
        program = KILLED.format(module=module, name=name, n=n, before=before)
        command = [sys.executable, "-c", program, "learn", str(music), "-o", str(out)]
        killed = subprocess.run(command, capture_output=True, text=True, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        left.append((n_analyses(out), len([*tmp_path.glob("run.partial/fold-?/run.json")])))
    assert left == [(12, 0), (30, 3), (30, 0)]
    assert (out / "run.json").is_file() and not (out / "report.html").exists()
    again = learn(music, out, jobs=1)
    for file in ("predictions.csv", "split.json", "model.onnx"):
        assert (out / file).read_bytes() == (lesson.run.path / file).read_bytes()
    assert again.in_short == lesson.in_short
    assert again.run.info.analyses_digest == lesson.run.info.analyses_digest


def test_much_music_tries_a_network_and_validation_songs_choose(own, tmp_path, monkeypatch):
    monkeypatch.setattr(lesson_recipes, "MUCH", 20)
    monkeypatch.setattr(lesson_recipes, "MUCH_OF_A_GENRE", 5)
    tiny = {"max_epochs": 1, "segments": 64, "folds": 3}
    lesson = own(settings=tiny)
    assert lesson.run.recipe.name == "profile-kernel"
    other = load_run(tmp_path / "run.trials/unbalanced-mixed")
    scores = [run.info.scores["valid"]["balanced_accuracy"] for run in (lesson.run, other)]
    assert scores[0] >= scores[1]
    assert other.recipe.normalize and other.recipe.restore_best and other.info.calibrated
    assert "What was tried" in lesson.page.read_text("utf-8")
    assert own(settings=tiny).in_short == lesson.in_short


def test_the_recipe_suits_the_amount_of_music(monkeypatch):
    def census(n: int) -> Census:
        found = Counter({"Jazz": n, "Rock": n, "Solo": 1})
        return Census(tracks=found, artists=found, without_artist=0)

    [few] = choose_recipes(census(60)).recipes
    assert (few.name, few.folds, few.min_tracks) == ("profile-kernel", 5, 8)
    classical, network = choose_recipes(census(1000)).recipes
    assert (classical.folds, network.folds, network.network) == (0, 0, "c2m1")
    [given] = choose_recipes(census(60), settings={"folds": "3", "min_tracks": 20}).recipes
    assert given == replace(few, folds=3, min_tracks=20)
    asked = choose_recipes(census(1000), recipe="statistics-svm")
    assert [one.name for one in asked.recipes] == ["statistics-svm"]
    monkeypatch.setattr(lesson_recipes.importlib.util, "find_spec", lambda _: None)
    choice = choose_recipes(census(1000))
    assert len(choice.recipes) == 1 and "genrelab[train]" in choice.why


@pytest.mark.slow
def test_real_recordings_of_eight_genres_are_told_apart(data_dir, tmp_path):
    genres = ["Classical", "Country", "Electronic", "Hip-Hop", "Jazz", "Metal", "Pop", "Rock"]
    labels = data_dir / "audio/tracks.csv"
    lesson = learn(data_dir / "audio", tmp_path / "run", labels=labels, genres=genres)
    assert lesson.run.info.n_tracks == {"all": 417} and lesson.failures == ()
    assert lesson.report.accuracy >= 0.6 and lesson.report.balanced_accuracy >= 0.52
    assert lesson.report.calibration_error <= 0.08
