"""Writing: complete or absent, never over what is no file, named as the user knows it."""

from __future__ import annotations

import errno
import os
import sys
import threading
from pathlib import Path

import pytest

from genrelab.errors import GenrelabError, UsageError
from genrelab.workflows.writing import alone_in, write_whole


def write(content):
    return lambda path: path.write_bytes(content)


def test_a_file_is_replaced_when_it_is_complete(tmp_path):
    place = tmp_path / "a"
    write_whole(place, write(b"old"))
    with pytest.raises(ZeroDivisionError):
        write_whole(place, lambda path: path.write_bytes(b"new") and 1 / 0)
    assert place.read_bytes() == b"old"
    write_whole(place, write(b"new"))
    assert place.read_bytes() == b"new" and [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_pipe_is_written_to_and_stays(tmp_path):
    place = tmp_path / "pipe"
    os.mkfifo(place)
    read = []
    reader = threading.Thread(target=lambda: read.append(place.read_bytes()))
    reader.start()
    write_whole(place, write(b"content"))
    reader.join(10)
    assert read == [b"content"] and place.is_fifo() and list(tmp_path.iterdir()) == [place]


def test_a_reader_that_has_enough_is_no_trouble_with_the_disk(tmp_path):
    def write(path: Path) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    with pytest.raises(BrokenPipeError):
        write_whole(tmp_path / "pipe", write)


def test_a_link_stays_one(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder/file")
    write_whole(tmp_path / "link", write(b"content"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "file").read_bytes() == b"content"


@pytest.mark.parametrize("name", ["folder", "absent/a", "file/a", "l" * 300])
def test_what_cannot_be_written_is_named_as_the_user_knows_it(name, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written") as caught:
        write_whole(tmp_path / name, write(b""))
    assert str(caught.value).startswith(f"{tmp_path / name}: ")


def test_a_full_disk_is_told_apart(tmp_path):
    def write(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with pytest.raises(GenrelabError, match="the disk is full") as caught:
        write_whole(tmp_path / "a", write)
    assert not isinstance(caught.value, UsageError)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows opens no folders")
def test_a_folder_is_filled_by_one_process_at_a_time(tmp_path):
    folder = tmp_path / "run.partial"
    for _ in range(2):
        folder.mkdir()
        with alone_in(folder), pytest.raises(UsageError) as caught, alone_in(folder):
            pass
        assert str(caught.value) == (
            f"{tmp_path / 'run'}: another process makes it; wait for it, or choose another -o"
        )
        assert not folder.exists(), "nothing was put there"
    folder.mkdir()
    with alone_in(folder):
        (folder / "a").touch()
    assert (folder / "a").exists()
