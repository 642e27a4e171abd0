"""Sound files: what inputs stand for, and where each analysis goes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.errors import UsageError
from genrelab.workflows.sound_files import find_sound_files


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    for name in ("Rock/b.mp3", "Rock/a.FLAC", "Jazz/a.flac", "Jazz/cover.jpg", "Jazz/._a.flac",
                 ".hidden/x.mp3", "a.mp3", "a.wav", "a.mp3.txt", "a.mp3.json"):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def outputs(found, out):
    return {f.path.name: f.output.relative_to(out).as_posix() for f in found.files}


def test_folders_are_looked_through(music):
    found = find_sound_files([music])
    names = [f.path.relative_to(music).as_posix() for f in found.files]
    assert names == ["Jazz/a.flac", "Rock/a.FLAC", "Rock/b.mp3", "a.mp3", "a.wav"]
    assert found.faults == [] and {f.output for f in found.files} == {None}


def test_outputs_are_named_by_the_path_within_the_common_folder(music, tmp_path):
    out = tmp_path / "out"
    found = find_sound_files([music], out)
    assert [f.output.relative_to(out).as_posix() for f in found.files] == [
        "Jazz/a.flac.json", "Rock/a.FLAC.json", "Rock/b.mp3.json", "a.mp3.json", "a.wav.json"
    ]  # fmt: skip
    found = find_sound_files([music / "Rock" / "b.mp3", music / "Jazz"], out)
    assert [f.output.relative_to(out).as_posix() for f in found.files] == [
        "Rock/b.mp3.json", "Jazz/a.flac.json"
    ]  # fmt: skip


def test_one_file_has_one_output(music, tmp_path):
    (one,) = find_sound_files([music / "a.mp3"], tmp_path / "x.json").files
    assert one.output == tmp_path / "x.json"
    for out in (f"{tmp_path}/new/", tmp_path):
        (one,) = find_sound_files([music / "a.mp3"], out).files
        assert one.output == Path(out) / "a.mp3.json"


def test_what_is_named_is_tried_whatever_its_name(music):
    paths = [music / "a.mp3.txt", music / "absent.xyz"]
    assert [f.path for f in find_sound_files(paths).files] == paths


def test_a_file_named_twice_counts_once(music, monkeypatch, tmp_path):
    monkeypatch.chdir(music)
    (music / "link.mp3").symlink_to("a.mp3")
    (music / "Rock" / "loop").symlink_to(music)
    inputs = [Path("a.mp3"), music / "a.mp3", Path("Rock/../a.mp3"), Path("link.mp3"), music]
    found = find_sound_files(inputs, tmp_path / "out")
    assert found.files[0].path == Path("a.mp3")
    real = [os.path.realpath(f.path) for f in found.files]
    assert len(real) == len(set(real)) == 5
    assert len({f.output for f in found.files}) == 5


def test_a_folder_without_recordings_is_named(music, tmp_path):
    (tmp_path / "empty").mkdir()
    found = find_sound_files([tmp_path / "empty", music / "Jazz"])
    assert len(found.files) == 1
    (fault,) = found.faults
    assert fault.startswith(f"{tmp_path / 'empty'}: no recording in this folder")


def test_nothing_is_overwritten(music, tmp_path):
    with pytest.raises(UsageError, match="is one of the recordings"):
        find_sound_files([music / "a.mp3"], music / "a.mp3")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="several analyses need a folder"):
        find_sound_files([music], tmp_path / "file")


def test_recordings_and_other_files_are_not_replaced(music, tmp_path):
    for name in ("a.wav", "Rock/b.mp3", "new.flac"):
        with pytest.raises(UsageError, match="named like a recording"):
            find_sound_files([music / "a.mp3"], music / name)
    (tmp_path / "notes.txt").write_text("mine\n")
    with pytest.raises(UsageError, match="exists and is no analysis"):
        find_sound_files([music / "a.mp3"], tmp_path / "notes.txt")
    for content in ("", '{"meta": {}, "segments": []}', '{"meta": {"analyzer_version": "gen'):
        (tmp_path / "one.json").write_text(content)
        assert len(find_sound_files([music / "a.mp3"], tmp_path / "one.json").files) == 1


def test_a_name_must_not_be_empty(music):
    for inputs, out in (([""], None), ([music], "")):
        with pytest.raises(UsageError, match="name is empty"):
            find_sound_files(inputs, out)


NAMES = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join)


@given(st.lists(NAMES, min_size=2, max_size=8))
def test_two_inputs_never_share_an_output(names):
    found = find_sound_files([Path("/absent") / name for name in names], "out/")
    outputs = [f.output for f in found.files]
    assert len(outputs) == len(set(outputs)) == len(set(names))
    assert all(Path("out") in o.parents and ".." not in o.parts for o in outputs)
