"""The command ``analyze``: many files, interrupted runs, and what the user hears of it.

Most of it is about files and processes, so that an analyzer that takes no time stands in.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.analyzer.sounds import tone, write_sound
from tests.cli.commands import assert_one_error
from tests.workflows.stand_in import ANALYZER, StandIn

from genrelab.analyzer.timbre import load_basis
from genrelab.cli import main
from genrelab.music.corpus import Corpus
from genrelab.workflows import analyses

Captured = pytest.CaptureFixture[str]

RUN = """
import sys
from tests.workflows.stand_in import StandIn
from genrelab.cli import main
from genrelab.workflows import analyses

analyses.Settings = StandIn
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


def start(*args: object) -> subprocess.Popen[str]:
    """Run a command with the stand-in, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyses, "Settings", StandIn)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    (folder / "Rock").mkdir(parents=True)
    for number, name in enumerate(("Rock/a.wav", "Rock/b.flac", "c.wav")):
        write_sound(folder / name, tone(0.2 + number / 10, 8_000), 8_000)
    return folder


def names_in(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_one_file_to_stdout_and_to_a_file(stand_in, music, tmp_path, capsys):
    assert main(["analyze", str(music / "c.wav")]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["meta"]["analyzer_version"] == ANALYZER and err == ""
    assert next(iter(json.loads(out))) == "meta"
    assert main(["analyze", str(music / "c.wav"), "-o", str(tmp_path / "c.json")]) == 0
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "c.json").read_text() == out
    assert main(["analyze", str(music / "c.wav"), "-o", str(tmp_path / "c.json")]) == 0
    assert capsys.readouterr() == ("", "0 analyzed, 1 were analyzed before\n")


def test_many_files_into_a_folder(stand_in, music, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["analyze", str(music), "-o", f"{out}", "--dialect", "msd"]) == 0
    assert names_in(out) == ["Rock/a.wav.json", "Rock/b.flac.json", "c.wav.json"]
    assert json.loads((out / "c.wav.json").read_text())["meta"]["dialect"] == "msd"
    assert capsys.readouterr() == ("", "3 analyzed\n")
    assert main(["analyze", str(music), "-o", f"{out}/", "--dialect", "msd", "--jobs", "1"]) == 0
    assert capsys.readouterr().err == "0 analyzed, 3 were analyzed before\n"


def test_many_files_to_stdout_are_json_lines(stand_in, music, capsys):
    order = [music / "c.wav", music / "Rock" / "b.flac"]
    assert main(["analyze", *map(str, order)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["file"] for line in lines] == [str(path) for path in order]
    assert all(len(line["segments"]) == 1 for line in lines)


def test_failures_are_named_and_the_rest_goes_on(stand_in, music, tmp_path, capfd):
    (music / "text.mp3").write_text("no music\n")
    write_sound(music / "crash.wav", tone(0.1, 8_000), 8_000)
    write_sound(music / "warning.wav", tone(0.1, 8_000), 8_000)
    whole = write_sound(music / "short.mp3", tone(4, 8_000), 8_000)
    whole.write_bytes(whole.read_bytes()[:3_000])
    assert main(["analyze", str(music), "-o", str(tmp_path / "out")]) == 1
    out, err = capfd.readouterr()
    lines = sorted(err.splitlines())
    assert out == "" and len(lines) == 4
    assert lines[0] == "5 analyzed, 2 failed"
    assert lines[1].startswith(f"error: {music}/crash.wav: the process that analyzed it was ended")
    assert lines[2].startswith(f"error: {music}/text.mp3: not a sound file that can be read")
    assert lines[3].startswith(f"note: {music}/short.mp3: ") and "announced" in lines[3]
    assert len(names_in(tmp_path / "out")) == 5


def test_a_folder_without_audio_and_a_missing_file(stand_in, tmp_path, capsys):
    assert main(["analyze", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"error: {tmp_path}: no recording in this folder")
    assert err.count("\n") == 1
    assert main(["analyze", str(tmp_path / "absent.mp3")]) == 1
    assert_one_error(capsys.readouterr().err)


WRONG_USE = [
    [],
    ["a.wav", "--corpus", "b.corpus"],
    ["--corpus", "b.corpus", "-o", "c"],
    ["a.wav", "--jobs", "0"],
    ["a.wav", "--dialect", "klingon"],
    ["a.wav", "-o", "a.wav"],
    ["a.wav", "-o", "b.mp3"],
    ["a.wav", "-o", "notes.txt"],
    ["a.wav", "-o", ""],
    [""],
]


@pytest.mark.parametrize("args", WRONG_USE, ids=" ".join)
def test_wrong_use_is_one_line_and_status_2(args, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_sound(tmp_path / "a.wav", tone(0.1, 8_000), 8_000)
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["analyze", *args]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert_one_error(err)


def test_a_dialect_the_basis_does_not_know_is_one_line_and_status_2(music, tmp_path, capsys):
    shipped = load_basis()
    basis = tmp_path / "msd.npz"
    replace(shipped, dialects=("msd",), origins=shipped.origins[2:]).save(basis)
    command = ["analyze", str(music), "-o", f"{tmp_path}/out/", "--timbre-basis", str(basis)]
    assert main(command) == 2
    assert_one_error(capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


def test_a_corpus_is_filled(stand_in, music, tmp_path, capsys):
    path = tmp_path / "m.corpus"
    labels = tmp_path / "labels.csv"
    labels.write_text("path,genre,artist,title\nRock/a.wav,Rock,A,One\ngone.wav,Jazz,B,Two\n")
    assert main(["collect", "folder", str(music), "--labels", str(labels), "-o", str(path)]) == 0
    out = capsys.readouterr().out
    assert "dropped: no recording" in out
    shutil.copy(music / "c.wav", music / "Rock" / "again.wav")
    assert main(["collect", "folder", str(music), "-o", str(path), "--format", "csv"]) == 0
    capsys.readouterr()
    (music / "Rock" / "b.flac").unlink()
    assert main(["analyze", "--corpus", str(path)]) == 1
    err = capsys.readouterr().err.splitlines()
    assert err[0].startswith(f"error: {music}/Rock/b.flac: cannot be read (No such file")
    assert err[1] == "3 analyzed, 1 failed"
    assert main(["corpus", "check", str(path)]) == 0
    with Corpus(path) as corpus:
        assert corpus.info().analyses == 3
    assert main(["analyze", "--corpus", str(tmp_path / "absent.corpus")]) == 1
    assert "no such corpus" in capsys.readouterr().err
    assert not (tmp_path / "absent.corpus").exists()


def test_analyses_in_another_dialect_are_told(stand_in, music, tmp_path, capsys):
    path = str(tmp_path / "m.corpus")
    assert main(["collect", "folder", str(music), "-o", path, "--format", "csv"]) == 0
    assert main(["analyze", "--corpus", path]) == 0
    capsys.readouterr()
    assert main(["analyze", "--corpus", path, "--dialect", "msd"]) == 0
    first, note = capsys.readouterr().err.splitlines()
    assert first == "0 analyzed, 3 were analyzed before"
    assert note.startswith("note: 3 of them in another dialect, ") and "--again" in note
    assert main(["analyze", "--corpus", path, "--dialect", "msd", "--again"]) == 0
    assert capsys.readouterr().err == "3 analyzed\n"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' names are Unicode")
def test_a_name_that_is_no_unicode_can_be_traced(stand_in, music, capsys):
    path = music / os.fsdecode(b"caf\xe9.wav")
    shutil.copy(music / "c.wav", path)
    assert main(["analyze", str(path), str(music / "c.wav")]) == 0
    names = [json.loads(line)["file"] for line in capsys.readouterr().out.splitlines()]
    assert names == [f"{music}/caf\\xe9.wav", f"{music}/c.wav"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX's")
def test_a_pipe_is_written_to(music, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = start("analyze", music / "c.wav", "-o", pipe)
    with pipe.open("rb") as file:
        assert json.loads(file.read())["meta"]["analyzer_version"] == ANALYZER
    assert process.communicate(timeout=60) == ("", "") and pipe.is_fifo()
    process = start("analyze", music / "c.wav", "-o", pipe)
    pipe.open("rb").close()  # as `head` may
    assert "Traceback" not in process.communicate(timeout=60)[1] and pipe.is_fifo()


def slow_music(folder: Path, n: int) -> Path:
    first = write_sound(folder / "slow 0.wav", tone(0.1, 8_000), 8_000)
    for number in range(1, n):
        shutil.copy(first, folder / f"slow {number}.wav")
    return folder


def wait_for_files(folder: Path, n: int) -> None:
    deadline = time.monotonic() + 60
    while len(list(folder.rglob("*.json"))) < n:
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.02)


def assert_no_process_is_left(group: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        assert time.monotonic() < deadline, "a worker outlives the command"
        time.sleep(0.05)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are POSIX's")
@pytest.mark.parametrize("number", ["SIGINT", "SIGKILL"])
def test_an_interrupted_run_goes_on_where_it_stopped(number, tmp_path):
    music, out = tmp_path / "music", tmp_path / "out"
    music.mkdir()
    slow_music(music, 12)
    process = start("analyze", music, "-o", out, "--jobs", 2)
    wait_for_files(out, 2)
    if number == "SIGINT":  # Ctrl-C goes to everyone in the foreground
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(getattr(signal, number))
    said, err = process.communicate(timeout=60)
    assert said == "" and "Traceback" not in err
    if number == "SIGINT":
        assert process.returncode == 130
        assert (
            err == "interrupted; what was finished is stored, the same command goes on from there\n"
        )
    assert_no_process_is_left(process.pid)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.json")}
    assert 2 <= len(before) < 12
    for path in before:
        json.loads(path.read_bytes())
    process = start("analyze", music, "-o", out)
    err = process.communicate(timeout=60)[1].splitlines()[-1]
    assert process.returncode == 0
    assert err == f"{12 - len(before)} analyzed, {len(before)} were analyzed before"
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(names_in(out)) == 12


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are POSIX's")
def test_a_killed_run_over_a_corpus_goes_on(tmp_path, monkeypatch):
    music, path = tmp_path / "music", tmp_path / "m.corpus"
    music.mkdir()
    for number in range(8):
        write_sound(music / f"slow {number}.wav", tone(0.1 + number / 100, 8_000), 8_000)
    assert main(["collect", "folder", str(music), "-o", str(path), "--format", "json"]) == 0
    process = start("analyze", "--corpus", path, "--jobs", 2)
    time.sleep(2.5)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert_no_process_is_left(process.pid)
    process = start("analyze", "--corpus", path)
    assert process.wait(timeout=60) == 0
    process.communicate()
    with Corpus(path) as corpus:
        assert corpus.check() == [] and len(corpus.analyzers()) == 8


def test_a_file_that_vanishes_meanwhile_is_named(tmp_path):
    music, out = tmp_path / "music", tmp_path / "out"
    music.mkdir()
    slow_music(music, 6)
    process = start("analyze", music, "-o", out, "--jobs", 1)
    wait_for_files(out, 1)
    (music / "slow 5.wav").unlink()
    err = process.communicate(timeout=60)[1].splitlines()
    assert process.returncode == 1
    assert err[0].startswith(f"error: {music}/slow 5.wav: no such file")
    assert err[-1] == "5 analyzed, 1 failed"
