"""The command ``learn``: 3 genres of 10 songs, as a person would, and its options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.commands import FORMATS, assert_one_error, genrelab, tables_in
from tests.workflows.small_music import write_music, write_song

from genrelab.learning.runs import load_run


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_music(tmp_path_factory.mktemp("learning") / "music")


@pytest.fixture(scope="module")
def learned(music: Path):
    out = music.parent / "my-genres"
    return genrelab("learn", music, "-o", out, "--format", "json"), out


def test_songs_become_a_judged_model_in_one_command(learned):
    result, out = learned
    assert result.returncode == 0, result.stderr
    tables = json.loads(result.stdout)
    assert {"Summary: my-genres", "Genres: my-genres"} <= tables.keys()
    [accuracy] = [row for row in tables["Summary: my-genres"] if row["measure"] == "accuracy"]
    assert accuracy["value"] >= 0.9
    *_, in_short, report, next_step = result.stderr.splitlines()
    assert in_short.startswith("of 100 songs it has not heard, the model gives")
    assert report.endswith(str(out / "report.html")) and (out / "report.html").is_file()
    assert next_step == f"try it: genrelab predict --model {out} song.mp3"


def test_its_model_answers_for_the_analyses_beside_it(learned):
    _, out = learned
    result = genrelab("predict", "--model", out, "--corpus", f"{out}.corpus")
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(answers) == 30
    assert sum(answer["genre"] in answer["track_id"] for answer in answers) >= 27


@pytest.mark.parametrize("format", FORMATS)
def test_run_again_it_says_the_same_in_every_format(learned, music, format):
    _, out = learned
    result = genrelab("learn", music, "-o", out, "--format", format)
    assert result.returncode == 0, result.stderr
    assert "Summary: my-genres" in tables_in(result.stdout, format)


def test_labels_genres_and_knobs_reach_the_model(music, tmp_path):
    labels, names = tmp_path / "songs.csv", tmp_path / "names.csv"
    rows = [f"{s}/{n}.flac,{s},singer {n}" for s in ("Drone", "Hiss", "Pluck") for n in range(9)]
    labels.write_text("\n".join(["path,genre,artist", *rows]))
    names.write_text("name,genre\nHiss,Noise\n")
    result = genrelab(
        *("learn", music, "-o", tmp_path / "run", "--labels", labels, "--genre-map", names),
        *("--genres", "Drone,noise", "--folds", 3, "--split-seed", 4, "--seed", 2),
        *("--set", "regularization=1", "--jobs", 1),
    )
    assert result.returncode == 0, result.stderr
    run = load_run(tmp_path / "run")
    assert run.classes == ("Drone", "Noise") and run.info.n_tracks == {"all": 18}
    recipe = run.recipe
    assert (recipe.folds, recipe.split_seed, recipe.seed, recipe.regularization) == (3, 4, 2, 1.0)


def test_a_broken_recording_is_an_error_at_the_end(music, tmp_path):
    songs = write_music(tmp_path / "songs", songs=8, styles=("Drone", "Hiss"))
    (songs / "Hiss/broken.wav").write_bytes(b"RIFF and no more")
    result = genrelab("learn", songs, "-o", tmp_path / "run")
    assert result.returncode == 1
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and "broken.wav" in errors[0]
    assert load_run(tmp_path / "run").info.n_tracks == {"all": 16}


@pytest.mark.parametrize(
    ("options", "status", "sentence"),
    [
        (["--labels", "wrong.csv"], 1, "its columns are"),
        (["--labels", "outside.csv"], 1, "leads out of the folder"),
        (["--genre-from", "labels"], 2, "there are none: give --labels CSV"),
        (["--genre-from", "tags"], 1, "no song has a genre"),
        (["--genres", ","], 2, "names none"),
        (["--recipe", "none-such"], 2, "none-such"),
        (["--set", "folds=3", "--folds", "4"], 2, "folds is set twice"),
        (["--folds", "2"], 2, "folds is 2"),
        (["--table", "--format", "csv"], 2, "--table is --format text"),
    ],
)
def test_wrong_use_and_wrong_input_are_one_sentence_each(
    music, tmp_path, options, status, sentence
):
    (tmp_path / "wrong.csv").write_text("file name,what\n1,2\n")
    (tmp_path / "outside.csv").write_text("path,genre\n../other/1.flac,Drone\n")
    options = [tmp_path / word if word.endswith(".csv") else word for word in options]
    result = genrelab("learn", music, "-o", tmp_path / "run", *options)
    assert result.returncode == status
    assert_one_error(result.stderr)
    assert sentence in result.stderr
    assert not (tmp_path / "run").exists()


def test_a_folder_of_one_genre_is_one_sentence(tmp_path):
    for number in range(3):
        write_song(tmp_path / f"music/Drone/{number}.wav", "Drone", number)
    result = genrelab("learn", tmp_path / "music", "-o", tmp_path / "run")
    assert result.returncode == 1
    assert_one_error(result.stderr)
    assert "all 3 songs with a genre are Drone" in result.stderr


def test_help_shows_the_way():
    result = genrelab("learn", "--help")
    assert result.returncode == 0
    for words in ("genrelab learn music/ -o my-genres", "--genre-map", "--again", "--folds"):
        assert words in result.stdout
