"""The commands ``collect`` and ``corpus``: data on stdout, talk on stderr, exit statuses."""

from __future__ import annotations

import csv
import errno
import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.sources.archives import record, write
from tests.sources.million_songs import write_million_song

from genrelab.cli import app, main
from genrelab.cli.terminal import Bars, progress_line, say
from genrelab.music.corpus import Corpus

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write(
        tmp_path / "a.jsonl", [*(record(i) for i in range(5)), record(0), record(9, Genre=None)]
    )


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return tmp_path / "t.corpus"


def counts(text: str) -> dict[str, int]:
    return {row["what"]: int(row["count"]) for row in csv.DictReader(io.StringIO(text))}


def test_collect_then_look(archive: Path, corpus: Path, capsys: Captured) -> None:
    assert main(["collect", "archive", str(archive), "-o", str(corpus), "--format", "csv"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert counts(out)["records read"] == 7
    assert counts(out)["tracks stored"] == 6
    assert counts(out)["dropped: duplicate id"] == 1
    assert counts(out)["without genre"] == 1
    assert main(["collect", "archive", str(archive), "-o", str(corpus), "--table"]) == 0
    out, err = capsys.readouterr()
    assert "nothing new" in err and "records imported before" in out
    assert main(["corpus", "info", str(corpus), "--format", "json"]) == 0
    tables = json.loads(capsys.readouterr().out)
    assert {row["genre"]: row["tracks"] for row in tables["Genres"]}["Blues"] == 2
    assert tables["Left out"] == [{"reason": "duplicate id", "records": 1}]
    assert main(["corpus", "info", str(corpus), "--left-out", "--format", "csv"]) == 0
    assert "duplicate id" in capsys.readouterr().out
    assert main(["corpus", "check", str(corpus)]) == 0
    assert main(["corpus", "export", str(corpus), "--parquet", str(corpus.parent / "pq")]) == 0
    assert "segments.parquet" in capsys.readouterr().out


def test_collect_msd(tmp_path: Path, corpus: Path, capsys: Captured) -> None:
    write_million_song(tmp_path, 1)
    assert main(["collect", "msd", str(tmp_path), "-o", str(corpus), "--format", "csv"]) == 0
    assert counts(capsys.readouterr().out)["tracks stored"] == 1


def test_a_failed_record_is_named_and_the_status_is_1(
    tmp_path: Path, corpus: Path, capsys: Captured
) -> None:
    bad = write(tmp_path / "bad.jsonl", b'{"track_id": 5, "segments": [{"start": "x"}]}\n')
    for _ in range(2):  # a second run reads nothing and still says so
        assert main(["collect", "archive", str(bad), "-o", str(corpus)]) == 1
        first = capsys.readouterr().err.splitlines()[0]
        assert first.startswith(f"error: {bad}: line 1") and "segments[0].start" in first


WRONG_USE = [
    ["collect", "archive"],
    ["collect", "archive", "absent.json"],
    ["collect", "nothing"],
    ["corpus", "info", "x.corpus", "--format", "xml"],
    ["corpus", "info", "x.corpus", "--format", "json", "--table"],
    ["corpus", "export", "x.corpus"],
    ["--nonsense"],
]


@pytest.mark.parametrize("args", WRONG_USE, ids=" ".join)
def test_wrong_use_is_one_line_and_status_2(args: list[str], capsys: Captured) -> None:
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("error: ") and err.count("\n") == 1


MISSING = [
    ["collect", "archive", "absent.json", "-o", "x.corpus"],
    ["collect", "folder", "absent", "-o", "x.corpus"],
    ["collect", "msd", "absent", "-o", "x.corpus"],
    ["analyze", "absent.mp3"],
    ["analyze", "--corpus", "absent.corpus"],
    ["show", "absent.mp3"],
    ["fit", "rhythm", "absent.json"],
    ["fit", "dialects", "absent", "-o", "x.json"],
]


@pytest.mark.parametrize("args", MISSING, ids=" ".join)
def test_a_missing_input_is_one_line_and_status_1(
    args: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(args) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("error: absent") and err.count("\n") == 1, err
    assert list(tmp_path.iterdir()) == []


def test_a_file_s_name_cannot_speak_to_the_terminal(capsys: Captured) -> None:
    say("error: a\nnote: b\x1b[2J \udce9 é 日本")
    assert capsys.readouterr().err == "error: a\\nnote: b\\x1b[2J \\xe9 é 日本\n"
    assert main(["show", "ab\nsent\x1b.mp3"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: ab\\nsent\\x1b.mp3: ") and err.count("\n") == 1


def test_a_full_disk_behind_stdout_is_named(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(app, "_give_up_stdout", lambda: None)
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout.flush", full)
        assert main(["--version"]) == 1
    assert capsys.readouterr().err == "error: stdout: No space left on device\n"


def test_a_corpus_has_its_own_ending(archive: Path, tmp_path: Path, capsys: Captured) -> None:
    assert main(["collect", "archive", str(archive), "-o", str(tmp_path / "x.json")]) == 2
    assert "expected a name ending in .corpus" in capsys.readouterr().err


def test_trouble_with_a_corpus_is_one_line_and_status_1(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "x.corpus").write_text("no corpus" * 99)
    for command in (["info"], ["check"], ["export", "--parquet", str(tmp_path / "pq")]):
        assert main(["corpus", *command, str(tmp_path / "x.corpus")]) == 1
        out, err = capsys.readouterr()
        assert out == "" and err.count("\n") == 1 and "not a genrelab corpus" in err


def test_help_has_examples(capsys: Captured) -> None:
    for command in (["collect", "archive"], ["collect", "msd"], ["corpus", "info"],
                    ["corpus", "check"], ["corpus", "export"]):  # fmt: skip
        assert main([*command, "--help"]) == 0
        assert f"\n    genrelab {' '.join(command)} " in capsys.readouterr().out
    assert main([]) == 2


def test_a_closed_pipe_is_no_trouble(archive: Path, corpus: Path) -> None:
    assert main(["collect", "archive", str(archive), "-o", str(corpus)]) == 0
    command = f"'{sys.executable}' -m genrelab corpus info '{corpus}' | true"
    result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in result.stderr and "Exception" not in result.stderr


INTERRUPTED = """
import os, signal, sys
from genrelab.cli import collecting, main
from genrelab.sources import archive

plain = archive.found_in_piece

def found(piece, *rest):
    if piece.position == 200:
        os.kill(os.getpid(), signal.SIGINT)
    return plain(piece, *rest)

archive.found_in_piece = found
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are POSIX's")
def test_ctrl_c_ends_with_130_and_a_valid_corpus(tmp_path: Path, corpus: Path) -> None:
    archive = write(tmp_path / "a.jsonl", [record(i) for i in range(300)])
    command = ["collect", "archive", str(archive), "-o", str(corpus)]
    result = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, *command], capture_output=True, text=True, check=False
    )
    assert result.returncode == 130
    assert result.stderr.startswith("interrupted") and result.stderr.count("\n") == 1
    with Corpus(corpus) as opened:
        assert 0 < opened.track_count() < 300 and opened.check() == []
    assert main(command) == 0
    with Corpus(corpus) as opened:
        assert opened.track_count() == 300


def test_progress_speaks_only_after_a_while(capsys: Captured) -> None:
    times = iter([0.0, 1.0, 9.0, 12.0, 13.0])
    with Bars(clock=lambda: next(times)) as progress:
        for done in (0, 10, 20, 40, 50):
            progress("importing", done, 100)
    assert capsys.readouterr().err == "importing: 40 %, 18 s left\n"
    assert progress_line("reading", 7, None, 1.0) == "reading: 7"


def test_a_stage_that_is_taken_up_again_is_not_taken_for_a_fast_one(capsys: Captured) -> None:
    times = iter([0.0, 11.0, 12.0, 20.0, 31.0])
    with Bars(clock=lambda: next(times)) as progress:
        for stage, done in (("a", 0), ("a", 40), ("waiting", 0), ("a", 40), ("a", 50)):
            progress(stage, done, 100)
    assert capsys.readouterr().err.splitlines() == ["a: 40 %, 16 s left", "a: 50 %, 55 s left"]


def test_a_bar_is_drawn_on_a_terminal(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    times = iter([0.0, 3.0, 4.0])
    with Bars(clock=lambda: next(times)) as progress:
        for done in (0, 10, 20):
            progress("importing", done, 100)
    assert "importing" in capsys.readouterr().err
