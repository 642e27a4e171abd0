"""The commands ``sample``, ``train``, ``evaluate`` and ``compare``."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.commands import FORMATS, assert_one_error, genrelab, tables_in

from genrelab.cli import main
from genrelab.learning.runs import load_run

Captured = pytest.CaptureFixture[str]
TRAINED = ["--set", "max_epochs=2", "--set", "min_tracks=10", "--set", "segments=128"]
SMALL = ["--segments", "24", "--set", "max_epochs=1", "--min-tracks", "10"]


@pytest.fixture(scope="module")
def twin(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run in another folder."""
    return Path(shutil.copytree(trained_run, tmp_path_factory.mktemp("twins") / trained_run.name))


@pytest.mark.parametrize("command", ["sample", "train", "evaluate", "compare"])
def test_help_has_examples(command: str, capsys: Captured) -> None:
    assert main([command, "--help"]) == 0
    assert capsys.readouterr().out.count(f"\n    genrelab {command} ") >= 2


@pytest.mark.parametrize("format", FORMATS)
def test_sample(
    format: str, synthetic_corpus: Path, tmp_path_factory: pytest.TempPathFactory, capsys: Captured
) -> None:
    out = tmp_path_factory.getbasetemp() / "nine"  # written by the first, found by the others
    given = ["--segments", "24", "--min-tracks", "10", "--genres", "Blues,Metal,Jazz,Pop"]
    assert main(["sample", str(synthetic_corpus), "-o", str(out), *given, "--format", format]) == 0
    said, talk = capsys.readouterr()
    assert talk == f"nine arrays lie in {out}\n"
    found = tables_in(said, format)
    assert "Tracks" in found and len(list(out.glob("*.npz"))) == 9
    if found["Tracks"]:
        unbalanced = [row for row in found["Tracks"] if row["sample"] == "unbalanced"]
        assert sum(int(str(row["tracks"])) for row in unbalanced) == 48


def test_table_is_format_text(trained_run: Path, capsys: Captured) -> None:
    texts = []
    for option in (["--table"], ["--format", "text"], []):
        assert main(["evaluate", str(trained_run), *option]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] == texts[2] and texts[0].startswith("Summary")


@pytest.mark.parametrize("format", FORMATS)
def test_train_again_finds_the_run(
    format: str, trained_run: Path, synthetic_corpus: Path, capsys: Captured
) -> None:
    before = (trained_run / "model.onnx").stat().st_mtime_ns
    command = ["train", str(synthetic_corpus), "balanced-timbre", "-o", str(trained_run)]
    assert main([*command, *TRAINED, "--format", format]) == 0
    out, err = capsys.readouterr()
    assert any(title.startswith("Summary") for title in tables_in(out, format))
    assert err.endswith(f"the run lies in {trained_run}\n")
    assert all(line.startswith(("note: ", "the run lies")) for line in err.splitlines())
    assert (trained_run / "model.onnx").stat().st_mtime_ns == before


@pytest.mark.parametrize("format", FORMATS)
def test_evaluate(format: str, trained_run: Path, twin: Path, capsys: Captured) -> None:
    assert main(["evaluate", str(trained_run), str(twin), "--format", format]) == 0
    out, err = capsys.readouterr()
    titles = [title for title in tables_in(out, format) if title.startswith("Summary")]
    assert titles == [f"Summary: {trained_run}", f"Summary: {twin}"]  # their names are the same
    assert all(line.startswith("note: ") for line in err.splitlines())


def test_evaluate_on_another_corpus(
    trained_run: Path, synthetic_corpus: Path, capsys: Captured
) -> None:
    command = ["evaluate", str(trained_run), "--corpus", str(synthetic_corpus), "--format", "json"]
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert any("on synthetic.corpus" in title for title in tables_in(out, "json"))
    assert re.search(r"left out \d+ tracks: the run learned from the track or its artist", err)


@pytest.mark.parametrize("format", FORMATS)
def test_compare(format: str, trained_run: Path, tmp_path: Path, capsys: Captured) -> None:
    other = shutil.copytree(trained_run, tmp_path / "other")
    assert main(["compare", str(trained_run), str(other), "--format", format]) == 0
    out, err = capsys.readouterr()
    assert len(tables_in(out, format)) >= 2
    assert "tiny and other are not distinguishable" in err


WRONG_USE = [
    (["--segments", "5"], "segments is 5; expected 24 to"),
    (["--segments", "many"], "--segments"),
    (["--folds", "2"], "folds is 2; expected 0 (one split) or at least 3"),
    (["--genres", ""], "--genres '' names none"),
    (["--genres", " , "], "names none; expected for example Rock,Jazz"),
    (["--genres", "Rock,Jaz"], "no analyzed track is 'Jaz'; the corpus has Blues, Classical"),
    (["--set", "dropout"], "--set dropout: expected knob=value"),
    (["--set", "dropot=.3"], "did you mean 'dropout'?"),
    (["--set", "dropout=high"], "dropout is 'high'"),
    (["--set", "dropout=.3", "--set", "dropout=.4"], "dropout is set twice"),
    (["--set", "segments=32", "--segments", "24"], "segments is set twice"),
    (["--split", "absent.csv"], "--split absent.csv: no such file"),
    (["--group", "label"], "--group"),
    (["--format", "yaml"], "--format"),
    (["--table", "--format", "json"], "give one of them"),
    (["--frobnicate"], "--frobnicate"),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG_USE, ids=lambda value: str(value)[:40])
def test_wrong_use_is_one_sentence_and_status_2(
    options: list[str], sentence: str, synthetic_corpus: Path, tmp_path: Path, capsys: Captured
) -> None:
    for command in (["train", str(synthetic_corpus), "balanced-timbre"],
                    ["sample", str(synthetic_corpus)]):  # fmt: skip
        assert main([*command, "-o", str(tmp_path / "out"), *options]) == 2
        out, err = capsys.readouterr()
        assert out == "" and sentence in err
        assert_one_error(err)
        assert not list(tmp_path.glob("out*.npz")) and not (tmp_path / "out.partial").exists()


def test_a_run_without_a_place_a_recipe_or_a_corpus_is_wrong_use(
    synthetic_corpus: Path, capsys: Captured
) -> None:
    for command in (
        ["train", str(synthetic_corpus), "balanced-timbre"],
        ["train", str(synthetic_corpus), "-o", "x"],
        ["train", str(synthetic_corpus), "no-recipe", "-o", "x"],
        *(["sample", str(synthetic_corpus)], ["evaluate"], ["compare"], ["compare", "x"]),
    ):
        assert main(command) == 2
        assert_one_error(capsys.readouterr().err)


def test_a_run_given_twice_is_wrong_use(trained_run: Path, capsys: Captured) -> None:
    for command in ("evaluate", "compare"):
        assert main([command, str(trained_run), f"{trained_run}/."]) == 2
        err = capsys.readouterr().err
        assert_one_error(err)
        assert "is given twice" in err


RECIPES = {
    "frobnicate = 3\n": "a recipe has no knob 'frobnicate'",
    'sample = "balancd"\n': "sample is 'balancd'; expected one of unbalanced",
    'input = "mixed"\n': "input is mixed; network c1m1 expects timbre or pitch",
    'name = "x\n': "not TOML",
}


@pytest.mark.parametrize("line", RECIPES)
def test_a_recipe_that_does_not_fit_is_named(
    line: str, synthetic_corpus: Path, tmp_path: Path, capsys: Captured
) -> None:
    values = {"sample": '"balanced"', "input": '"timbre"', "network": '"c1m1"'}
    values.pop(line.split(maxsplit=1)[0], None)
    recipe = tmp_path / "mine.toml"
    recipe.write_text("".join(f"{k} = {v}\n" for k, v in values.items()) + line, "utf-8")
    assert main(["train", str(synthetic_corpus), str(recipe), "-o", str(tmp_path / "run")]) > 0
    err = capsys.readouterr().err
    assert_one_error(err)
    assert RECIPES[line] in err
    assert list(tmp_path.iterdir()) == [recipe]  # found out before anything was begun


def songs(genre_artists: dict[str, tuple[int, int]], make: Callable) -> list[dict]:
    """Tracks by genre: how many, and by how many artists."""
    return [
        {"id": f"test-{genre}{i}", "genre": genre, "artist": f"{genre} {i % artists}",
         "segments": make(30)}
        for genre, (tracks, artists) in genre_artists.items()
        for i in range(tracks)
    ]  # fmt: skip


POOR = [
    ({"Jazz": (12, 12)}, [], "only one genre has at least 10 tracks"),
    ({"Jazz": (12, 12), "Rock": (3, 3)}, [], "only one genre has at least 10 tracks"),
    ({"Jazz": (12, 2), "Rock": (12, 12)}, ["--genres", "Jazz,Rock"], "Jazz has 2 artists"),
    ({"Jazz": (2, 2), "Rock": (2, 2)}, ["--set", "min_tracks=1"], "3 artists"),
    ({"Jazz": (4, 4), "Rock": (4, 4)}, ["--set", "min_tracks=1"], "too few for a split 8:1:1"),
]


@pytest.mark.parametrize(("genres", "options", "sentence"), POOR)
def test_too_little_to_learn_from_is_one_sentence_and_status_1(
    genres, options, sentence, write_corpus, make_segments, tmp_path: Path, capsys: Captured
) -> None:
    corpus = write_corpus(tmp_path / "poor.corpus", songs(genres, make_segments))
    limits = [] if "min_tracks=1" in options else ["--min-tracks", "10"]
    command = ["train", str(corpus), "balanced-timbre", "-o", str(tmp_path / "run")]
    assert main([*command, *limits, *options]) == 1
    err = capsys.readouterr().err
    assert_one_error(err)
    assert sentence in err
    assert not list(tmp_path.glob("run*"))


def test_what_is_no_run_or_no_corpus_is_status_1(
    trained_run: Path, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "file").write_text("x")
    broken = shutil.copytree(trained_run, tmp_path / "broken")
    (broken / "run.json").unlink()
    for command in (
        ["evaluate", str(tmp_path / "absent")],
        ["evaluate", str(broken)],
        ["evaluate", str(trained_run), "--corpus", str(tmp_path / "absent.corpus")],
        ["compare", str(trained_run), str(broken)],
        ["train", str(tmp_path / "file"), "balanced-timbre", "-o", str(tmp_path / "run")],
        ["sample", str(tmp_path / "absent.corpus"), "-o", str(tmp_path / "run")],
    ):
        assert main(command) == 1
        assert_one_error(capsys.readouterr().err)


def test_places_that_are_taken_are_left_alone(
    trained_run: Path, synthetic_corpus: Path, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path, tmp_path / "file", tmp_path / "file" / "run", trained_run):
        command = ["train", str(synthetic_corpus), "balanced-pitch", "-o", str(place), *SMALL]
        assert main(command) == 2
        err = capsys.readouterr().err
        assert_one_error(err)
        assert "choose another -o" in err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


INTERRUPTED = """
import os, signal, sys
from genrelab.cli import main
from genrelab.learning import training

def stop(*args):
    os.kill(os.getpid(), signal.SIGINT)

training._evaluate = stop
sys.exit(main(sys.argv[1:]))
"""


def interrupt(corpus: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = ["train", str(corpus), "balanced-timbre", "-o", str(out), *SMALL]
    return subprocess.run(
        [sys.executable, "-c", INTERRUPTED, *command], capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are POSIX's")
def test_ctrl_c_ends_with_130_and_no_run(synthetic_corpus: Path, tmp_path: Path) -> None:
    result = interrupt(synthetic_corpus, tmp_path / "run")
    assert result.returncode == 130
    assert result.stderr.startswith("interrupted") and result.stderr.count("\n") == 1
    assert result.stdout == "" and not (tmp_path / "run").exists()


@pytest.mark.slow
def test_after_ctrl_c_the_same_command_works(synthetic_corpus: Path, tmp_path: Path) -> None:
    assert interrupt(synthetic_corpus, tmp_path / "run").returncode == 130
    result = genrelab(
        "train", synthetic_corpus, "balanced-timbre", "-o", tmp_path / "run", *SMALL, "--table"
    )
    assert result.returncode == 0 and result.stdout.startswith("Summary: run")
    assert load_run(tmp_path / "run").info.folds == 0
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


FULL_DISK = """
import resource, signal, sys
from genrelab.cli import main

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="file size limits are POSIX's")
@pytest.mark.parametrize("limit", [40_000, 100_000, 250_000])
def test_a_full_disk_is_one_sentence_and_no_run(
    limit: int, synthetic_corpus: Path, tmp_path: Path
) -> None:
    command = ["train", str(synthetic_corpus), "balanced-timbre", "-o", str(tmp_path / "run")]
    result = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(limit), *command, *SMALL],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 1
    assert_one_error(result.stderr)
    assert "the disk is full" in result.stderr and not (tmp_path / "run").exists()
