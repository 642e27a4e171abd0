"""Folder: recordings as tracks, labels by path, nothing lost uncounted."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path

import pytest

from genrelab.errors import DataError, UsageError
from genrelab.music.corpus import Corpus
from genrelab.sources.collecting import collect
from genrelab.sources.folder import FolderSource


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    for name in ("Rock/a.mp3", "Rock/b.mp3", "c.wav", "Ä.flac", "cover.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    umlaut = unicodedata.normalize("NFC", "Ä.flac")
    path.write_text(
        "path,genre,artist,title\nRock/a.mp3,rock,Someone,One\nc.wav,jazz,,\n"
        f"{umlaut},rap,Other,Two\ngone.mp3,Rock,Nobody,Three\n",
        encoding="utf-8",
    )
    return path


def gather(music, path, **kwargs):
    with Corpus(path, "write") as corpus:
        summary = collect(FolderSource(music, **kwargs), corpus)
        return summary, {track.id: track for track in corpus.tracks()}


def test_files_become_tracks_and_losses_are_counted(music, labels, tmp_path):
    summary, tracks = gather(music, tmp_path / "t.corpus", labels=labels)
    assert (summary.stored, summary.without_genre, summary.without_artist) == (4, 1, 2)
    assert dict(summary.dropped) == {"no recording": 1}
    assert summary.items == 4  # the labels are none of the recordings
    track = next(t for t in tracks.values() if t.origin.file == "a.mp3")
    assert (track.genre, track.artist, track.title) == ("Rock", "Someone", "One")
    assert track.audio_path == str(music / "Rock" / "a.mp3")
    assert track.audio_digest == hashlib.sha256(b"Rock/a.mp3").hexdigest()
    assert {t.genre for t in tracks.values()} == {"Rock", "Jazz", "Hip-Hop", None}


def test_only_what_changed_is_read_again(music, labels, tmp_path):
    path = tmp_path / "t.corpus"
    gather(music, path, labels=labels)
    assert gather(music, path, labels=labels)[0].read == 0
    labels.write_text("path,genre\nRock/a.mp3,Blues\nc.wav,jazz\nÄ.flac,rap\n", encoding="utf-8")
    (music / "Rock" / "b.mp3").write_bytes(b"another")
    summary, tracks = gather(music, path, labels=labels)
    assert summary.updated == 3 and summary.dropped == {}  # a and Ä have lost their artists
    assert tracks["folder-c.wav"].genre == "Jazz"
    with Corpus(path) as corpus:
        assert dict(corpus.info().drops) == {}


def test_two_genres_are_ambiguous(music, labels, tmp_path):
    labels.write_text("path,genre\nc.wav,Rock\nc.wav,Jazz\n")
    summary, tracks = gather(music, tmp_path / "t.corpus", labels=labels)
    assert summary.dropped == {"two genres": 1} and "folder-c.wav" not in tracks


def test_wrong_use(music, tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        FolderSource(tmp_path / "absent")
    with pytest.raises(UsageError, match="a file; expected a folder"):
        FolderSource(music / "c.wav")
    with pytest.raises(DataError, match="no such file; expected a file of labels"):
        FolderSource(music, labels=tmp_path / "absent.csv")
    (tmp_path / "excel.csv").write_text("path;genre\nc.wav;Rock\n")
    with pytest.raises(DataError, match="semicolons between its values; expected commas"):
        FolderSource(music, labels=tmp_path / "excel.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no recording in this folder"):
        FolderSource(tmp_path / "empty")
    (tmp_path / "x.csv").write_text("a,b\n")
    with pytest.raises(DataError, match="genre and path"):
        FolderSource(music, labels=tmp_path / "x.csv")


def test_a_file_that_vanishes_meanwhile_is_named(music, tmp_path):
    source = FolderSource(music)
    (music / "c.wav").unlink()
    with Corpus(tmp_path / "t.corpus", "write") as corpus:
        summary = collect(source, corpus)
    assert summary.stored == 3 and summary.unfinished == (str(music / "c.wav"),)
    assert "cannot be read (No such file" in summary.faults[0]
