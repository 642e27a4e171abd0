"""Answer files: lines that survive, in the order asked, and never over what is something else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.errors import GenrelabError, UsageError
from genrelab.workflows import answer_files
from genrelab.workflows.answer_files import AnswerFile, Subject

ASKED = "model 1"


def subject(name, heard="1"):
    return Subject(file=name, track_id=None, heard=heard)


def write(path, *subjects, order=None, asked=ASKED):
    with AnswerFile(path, asked) as file:
        for one in subjects:
            if one not in file:
                file.append(one, {"file": one.file, "genre": f"of {one.heard}"})
        file.finish(subjects if order is None else order)


def names(path):
    return [json.loads(line)["file"] for line in path.read_text().splitlines()]


def test_a_line_tells_what_it_was_asked(tmp_path):
    path = tmp_path / "new" / "a.jsonl"
    write(path, subject("a.mp3"))
    assert path.read_text() == '{"file":"a.mp3","genre":"of 1","heard":"1","asked":"model 1"}\n'


def test_what_is_answered_is_known_again(tmp_path):
    path = tmp_path / "a.jsonl"
    track = Subject(file=None, track_id="t-1", heard="1")
    with AnswerFile(path, ASKED) as file:
        file.append(subject("a"), {"file": "a"})
        file.append(track, {"track_id": "t-1"})
    with AnswerFile(path, ASKED) as file:
        assert subject("a") in file and track in file
        assert subject("a", "2") not in file and subject("t-1") not in file
    before = path.stat()
    write(path, subject("a"), track)
    assert path.stat().st_ino == before.st_ino, "what is in order is not written anew"


def test_in_the_end_answers_stand_in_the_order_asked(tmp_path):
    path = tmp_path / "a.jsonl"
    a, b, c = map(subject, "abc")
    write(path, b, a, order=[a, b])
    assert names(path) == ["a", "b"]
    write(path, c, order=[c])
    assert names(path) == ["a", "b", "c"], "others stay, before"
    write(path, order=[c, subject("absent"), b])
    assert names(path) == ["a", "c", "b"]
    assert [p.name for p in tmp_path.iterdir()] == ["a.jsonl"]


def test_a_later_answer_replaces_that_of_an_older_recording(tmp_path):
    path = tmp_path / "a.jsonl"
    write(path, subject("a"), subject("b"))
    with AnswerFile(path, ASKED) as file:
        file.append(subject("a", "2"), {"file": "a"})  # and is killed before it can finish
    assert names(path) == ["a", "b", "a"]
    write(path, order=[subject("a", "2"), subject("b")])
    assert names(path) == ["a", "b"]
    assert json.loads(path.read_text().splitlines()[0])["heard"] == "2"


def test_an_answer_is_not_lost_to_a_question_that_fails(tmp_path):
    path = tmp_path / "a.jsonl"
    write(path, subject("a"))
    write(path, order=[subject("a", "2")])
    assert names(path) == ["a"]


@given(cut=st.integers(0, 120))
def test_a_line_that_breaks_off_is_cut(cut, tmp_path_factory):
    path = tmp_path_factory.mktemp("answers") / "a.jsonl"
    write(path, *map(subject, "ab"))
    whole = path.read_bytes()
    path.write_bytes(whole[: max(len(whole) - cut, 0)])
    kept = path.read_bytes()[: path.read_bytes().rfind(b"\n") + 1]
    with AnswerFile(path, ASKED) as file:
        assert path.read_bytes() == kept
        assert (subject("a") in file) == (b'"a"' in kept)
    write(path, *map(subject, "ab"))
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "content",
    ["no JSON", "{}\n", '{"file":"a"}\n', '{"file":"a"}', "[", "\n", '"', '{"files":', "\0\0"],
)
def test_what_holds_something_else_stays(content, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text(content)
    with pytest.raises(UsageError, match=r"notes.txt: .*holds something else .*another -o"):
        AnswerFile(path, ASKED)
    assert path.read_text() == content


def test_answers_to_other_questions_stay(tmp_path):
    path = tmp_path / "a.jsonl"
    write(path, subject("a"))
    whole = path.read_bytes()
    with pytest.raises(UsageError, match=r"holds answers of model 1, not of model 2; choose"):
        AnswerFile(path, "model 2")
    assert path.read_bytes() == whole


@pytest.mark.parametrize("name", ["folder", "file/a", "l" * 300])
def test_a_place_where_nothing_can_be_written_is_named(name, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        AnswerFile(tmp_path / name, ASKED)


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks there")
def test_two_never_add_to_one_file(tmp_path):
    path = tmp_path / "a.jsonl"
    with AnswerFile(path, ASKED) as file:
        file.append(subject("b"), {"file": "b"})
        with pytest.raises(UsageError, match=r"a.jsonl: another process adds to it; wait"):
            AnswerFile(path, ASKED)
        file.append(subject("a"), {"file": "a"})
        file.finish(map(subject, "ab"))
    assert names(path) == ["a", "b"]
    write(path, subject("c"))
    assert names(path) == ["a", "b", "c"]


def test_a_pipe_is_written_to(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read = []
    reader = threading.Thread(target=lambda: read.append(path.read_text()))
    reader.start()
    write(path, subject("b"), subject("a"), order=[subject("a"), subject("b")])
    reader.join(10)
    assert [json.loads(line)["file"] for line in read[0].splitlines()] == ["b", "a"]


def test_a_link_stays_one(tmp_path):
    path = tmp_path / "a.jsonl"
    path.symlink_to("real.jsonl")
    write(path, *map(subject, "ba"), order=map(subject, "ab"))
    assert path.is_symlink() and names(tmp_path / "real.jsonl") == ["a", "b"]


class Full:
    """A file on a disk with room for ten more bytes."""

    def __init__(self, file):
        self._file = file
        self._room = 10

    def __getattr__(self, name):
        return getattr(self._file, name)

    def write(self, raw):
        if not self._room:
            raise OSError(28, "No space left on device")
        n = self._file.write(raw[: self._room])
        self._room -= n
        return n


def test_a_full_disk_leaves_whole_lines(tmp_path):
    path = tmp_path / "a.jsonl"
    write(path, subject("a"))
    whole = path.read_bytes()
    with AnswerFile(path, ASKED) as file:
        file._file = Full(file._file)
        with pytest.raises(GenrelabError, match=r"a.jsonl: the disk is full .*is safe"):
            file.append(subject("b"), {"file": "b"})
    assert path.read_bytes() == whole


def test_answers_reach_the_disk_by_and_by(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(answer_files, "SYNC_EVERY_S", -1.0)
    monkeypatch.setattr(os, "fsync", synced.append)
    with AnswerFile(tmp_path / "a.jsonl", ASKED) as file:
        file.append(subject("a"), {"file": "a"})
        assert len(synced) == 1
        file.append(subject("b"), {"file": "b"})
        assert len(synced) == 2


ENDLESS = """
import sys
from pathlib import Path
from genrelab.workflows.answer_files import AnswerFile, Subject
with AnswerFile(Path(sys.argv[1]), "model 1") as file:
    for n in range(10**9):
        file.append(Subject(file=f"{n}", track_id=None, heard="1"), {"file": f"{n}"})
        if n == 100:
            print("going", flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are POSIX's")
def test_a_kill_loses_at_most_the_line_being_written(tmp_path):
    path = tmp_path / "a.jsonl"
    n_before = 0
    for _ in range(3):
        command = [sys.executable, "-c", ENDLESS, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"going\n"
            process.kill()
        lines = path.read_bytes().splitlines(keepends=True)
        whole = [json.loads(line)["file"] for line in lines if line.endswith(b"\n")]
        assert len(lines) - len(whole) <= 1 and len(whole) > n_before
        with AnswerFile(path, ASKED) as file:
            assert all(subject(name) in file for name in whole)
        path.write_bytes(path.read_bytes() + b'{"file":"torn')
        n_before = len(whole)
