"""The command ``predict`` on recordings: folders, lists, files that go on, thresholds."""

from __future__ import annotations

import io
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tests.analyzer.sounds import tone, write_sound
from tests.cli.commands import assert_one_error, genrelab

from genrelab.cli import main

Captured = pytest.CaptureFixture[str]
NAMES = ["Blues/c.ogg", "a.wav", "b.mp3"]


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sounds") / "music"
    (folder / "Blues").mkdir(parents=True)
    for number, name in enumerate(NAMES, 1):
        write_sound(folder / name, tone(2.0, 22_050, hz=220.0 * number), 22_050)
    return folder


@pytest.fixture
def ask(trained_run: Path, capsys: Captured):
    """Run the command and return its status, its answers and what it said."""

    def run(*args: object, model: Path = trained_run) -> SimpleNamespace:
        capsys.readouterr()
        status = main(["predict", "--model", str(model), *map(str, args)])
        out, err = capsys.readouterr()
        return SimpleNamespace(status=status, out=out, err=err)

    return run


def answers(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


def files(out: str) -> list[str]:
    return [one["file"] for one in answers(out)]


def test_a_recording_is_answered_from_a_fresh_start(trained_run: Path, music: Path) -> None:
    result = genrelab("predict", "--model", trained_run, music / "b.mp3")
    assert (result.returncode, result.stderr) == (0, "")
    (one,) = answers(result.stdout)
    assert one["file"] == str(music / "b.mp3") and one["genre"] in one["probabilities"]


def test_predicting_loads_no_training_tools(trained_run: Path, music: Path) -> None:
    heavy = ("tensorflow", "keras", "torch", "sklearn", "matplotlib", "pandas", "onnx", "h5py")
    script = (
        "import sys; from genrelab.cli import main; "
        f"main(['predict', '--model', {str(trained_run)!r}, {str(music / 'a.wav')!r}]); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                            check=True)  # fmt: skip
    assert result.stdout.splitlines()[1:] == ["[]"] and result.stderr == ""


def test_a_folder_is_answered_in_the_order_of_its_names(ask, music: Path) -> None:
    result = ask(music, "--top", 2)
    assert (result.status, result.err) == (0, "")
    assert files(result.out) == [str(music / name) for name in NAMES]
    for one in answers(result.out):
        values = list(one["probabilities"].values())
        assert len(values) == 2 and values == sorted(values, reverse=True)
        assert one["genre"] == next(iter(one["probabilities"]))


@pytest.mark.parametrize("separator", ["\n", "\0"])
@pytest.mark.parametrize("way", ["argument", "option", "file"])
def test_names_come_from_a_list(
    way: str, separator: str, ask, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [str(music / name) for name in ("b.mp3", "a.wav")]
    raw = separator.join(wanted).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    (tmp_path / "list.txt").write_bytes(raw)
    args = {"argument": ["-"], "option": ["--from", "-"], "file": ["--from", tmp_path / "list.txt"]}
    result = ask(*args[way])
    assert (result.status, result.err) == (0, "")
    assert files(result.out) == wanted


def test_a_list_stands_where_it_is_named(ask, music: Path, monkeypatch) -> None:
    raw = str(music / "b.mp3").encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    result = ask(music / "a.wav", "-", music / "Blues")
    assert files(result.out) == [str(music / name) for name in ("a.wav", "b.mp3", "Blues/c.ogg")]


def test_a_list_that_is_empty_or_absent_is_one_sentence(ask, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    for args in (["-"], ["--from", tmp_path / "absent.txt"]):
        result = ask(*args)
        assert (result.status, result.out) == (1, "")
        assert_one_error(result.err)


def test_what_fails_is_named_and_the_rest_goes_on(ask, music: Path, tmp_path: Path) -> None:
    write_sound(tmp_path / "quiet.wav", np.zeros((22_050, 1), np.float32), 22_050)
    (tmp_path / "empty.mp3").touch()
    (tmp_path / "none").mkdir()
    bad = ["absent.flac", "quiet.wav", "empty.mp3", "none", "songs.corpus"]
    address = "https://example.org/a.mp3"
    inputs = [music / "a.wav", *(tmp_path / name for name in bad), address, music / "b.mp3"]
    result = ask(*inputs)
    assert result.status == 1
    assert files(result.out) == [str(inputs[0]), str(inputs[-1])]
    said = result.err.splitlines()
    assert len(said) == len(bad) + 1
    for name, line in zip(inputs[1:-1], said, strict=True):
        assert line.startswith(f"error: {name}: ")


def test_a_file_of_answers_goes_on(ask, music: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers" / "a.jsonl"
    result = ask(music / "b.mp3", music / "absent.wav", "-o", out)
    assert (result.status, result.out) == (1, "")
    error, summary = result.err.splitlines()
    assert error.startswith(f"error: {music / 'absent.wav'}: ")
    assert summary == "1 answered, 1 failed"
    result = ask(music, "-o", out)
    assert (result.status, result.err) == (0, "2 answered, 1 were answered before\n")
    assert files(out.read_text()) == [str(music / name) for name in NAMES]
    printed = answers(ask(music).out)
    kept = [{k: v for k, v in one.items() if k not in ("heard", "asked")}
            for one in answers(out.read_text())]  # fmt: skip
    assert kept == printed
    for wrong in (["--top", 1], ["--windows"], ["--threshold", 0.5]):
        result = ask(music, "-o", out, *wrong)
        assert (result.status, result.out) == (2, "")
        assert_one_error(result.err)
        assert "choose another -o" in result.err


def test_a_corpus_goes_on_too(ask, synthetic_corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.jsonl"
    assert ask("--corpus", synthetic_corpus, "-o", out).err == "96 answered\n"
    whole = out.read_bytes()
    out.write_bytes(whole[:-700])
    assert ask("--corpus", synthetic_corpus, "-o", out).status == 0
    assert out.read_bytes() == whole


def test_tracks_without_analysis_are_counted_and_named(
    ask, write_corpus, make_segments, tmp_path: Path
) -> None:
    tracks = [{"id": f"test-{i}"} for i in range(5)]
    path = write_corpus(
        tmp_path / "some.corpus", [*tracks, {"id": "test-9", "segments": make_segments()}]
    )
    result = ask("--corpus", path)
    assert result.status == 0 and len(answers(result.out)) == 1
    assert result.err == (
        "note: 5 of its tracks have no analysis and were left out (test-0, test-1, test-2, ...); "
        f"`genrelab analyze --corpus {path}` analyzes those that have a recording\n"
    )


def test_a_table_tells_as_many_genres_as_asked_for(ask, music: Path) -> None:
    title, _, header, _, *rows = ask(music, "--table").out.splitlines()
    columns = ["file", "genre", "probability", "genre_2", "probability_2"]
    assert (title, header.split(), len(rows)) == ("Predictions", columns, 3)
    header, *rows = ask(music, "--format", "csv", "--top", 3).out.splitlines()
    assert header.split(",") == [
        "file", "track_id", *columns[1:], "genre_3", "probability_3"
    ]  # fmt: skip
    header = ask(music, "--table", "--top", 1).out.splitlines()[2]
    assert header.split() == ["file", "genre", "probability"]
    header = ask(music, "--format", "csv", "--top", 999).out.splitlines()[0]
    assert header.endswith("genre_8,probability_8"), "there are no more genres"


def test_windows_tell_the_probabilities_over_time(ask, music: Path) -> None:
    (one,) = answers(ask(music / "a.wav", "--windows", "--top", 2).out)
    assert one["windows"]
    for window in one["windows"]:
        assert 0 <= window["start"] < window["stop"] <= 2.1 and len(window["probabilities"]) == 2
    assert "windows" not in answers(ask(music / "a.wav").out)[0]
    header, *rows = ask(music / "a.wav", "--windows", "--format", "csv").out.splitlines()
    assert header.split(",")[:6] == ["file", "track_id", "start", "stop", "genre", "probability"]
    assert len(rows) == len(one["windows"])


def test_below_a_threshold_no_genre_is_named(ask, music: Path) -> None:
    result = ask(music, "--threshold", 1)
    assert result.status == 0
    assert [one["genre"] for one in answers(result.out)] == [None] * 3
    assert result.err == "note: threshold 1.000: 3 of 3 have no genre\n"
    result = ask(music, "--threshold", 0.1)
    assert None not in [one["genre"] for one in answers(result.out)]
    assert result.err == "note: threshold 0.100: 0 of 3 have no genre\n"
    lines = ask(music, "--threshold", 1, "--format", "csv").out.splitlines()
    header, row = (line.split(",") for line in lines[:2])
    assert header[2:5] == ["genre", "most_probable", "probability"]
    assert row[2] == "" and row[3] != ""


def test_a_precision_is_said_with_what_it_costs(
    ask, trained_run: Path, music: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(trained_run, tmp_path / "run")
    info = json.loads((run / "run.json").read_bytes())
    info["calibrated"] = True
    info["abstention"] = [
        {"precision": 0.8, "threshold": 0.0625, "coverage": 0.9, "n": 40},
        {"precision": 0.95, "threshold": 1.0, "coverage": 0.125, "n": 40},
    ]
    (run / "run.json").write_text(json.dumps(info))
    result = ask(music, "--precision", 0.75, model=run)
    assert result.err == (
        "note: threshold 0.062 (90 % of the validation tracks were this sure, 40 of them, and "
        "at least 80 % of those right): 0 of 3 have no genre\n"
    )
    assert ask(music, "--precision", 0.9, model=run).err.endswith(": 3 of 3 have no genre\n")
    result = ask(music, "--precision", 0.99, model=run)
    assert (result.status, result.out) == (2, "")
    assert_one_error(result.err)
    assert "the highest is 0.95" in result.err


def test_a_remark_on_one_recording_names_it(ask, tmp_path: Path) -> None:
    samples = tone(1.5, 22_050)
    samples[9] = np.nan
    odd = write_sound(tmp_path / "odd.wav", samples, 22_050, "float.wav")
    result = ask(odd)
    (one,) = answers(result.out)
    assert result.status == 0
    assert result.err == f"note: {odd}: {one['remarks'][0]}\n"


@pytest.mark.skipif(not hasattr(signal, "SIGINT"), reason="signals are POSIX's")
@pytest.mark.parametrize("kept", [False, True])
def test_an_interrupt_leaves_whole_lines(
    kept: bool, trained_run: Path, music: Path, tmp_path: Path
) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(400):
        shutil.copy(music / "a.wav", many / f"{number:03}.wav")
    out = tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "genrelab", "predict", "--model", trained_run, many]
    with (tmp_path / "stdout").open("wb") as stdout:
        process = subprocess.Popen(
            [*command, *(["-o", out] if kept else [])], stdout=stdout, stderr=subprocess.PIPE
        )
        written = out if kept else tmp_path / "stdout"
        while not written.exists() or written.read_bytes().count(b"\n") < 3:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130 and b"interrupted" in said and b"Traceback" not in said
    assert written.read_text().endswith("}\n")
    # The third may be taken back: it was on the disk before it was counted.
    assert 2 <= len(answers(written.read_text())) < 400
