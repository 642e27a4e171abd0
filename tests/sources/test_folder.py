"""Folder: recordings as tracks, labels by path, nothing lost uncounted."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import unicodedata
from pathlib import Path

import pytest
from tests.sources.tagged_sounds import song

from genrelab.errors import DataError, UsageError
from genrelab.music.analysis import Analysis
from genrelab.music.corpus import Corpus
from genrelab.music.genres import SHIPPED_GENRES
from genrelab.music.tracks import track_id
from genrelab.sources.byte_stream import content_digest
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


def test_other_names_in_a_csv_are_no_paths(music, labels, tmp_path):
    labels.write_text("path,track_id,genre\nc.wav,17,Rock\ngone.mp3,18,Rock\n")
    summary, tracks = gather(music, tmp_path / "t.corpus", labels=labels)
    assert summary.dropped == {"no recording": 1} and tracks["folder-c.wav"].genre == "Rock"


def test_paths_may_be_called_files(music, labels, tmp_path):
    labels.write_text("file,genre\nRock/a.mp3,Jazz\ngone.mp3,Rock\n")
    summary, tracks = gather(music, tmp_path / "t.corpus", labels=labels)
    assert summary.dropped == {"no recording": 1}
    assert [track.genre for track in tracks.values() if track.genre] == ["Jazz"]


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


# Genres from folders and tags.


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    folder = tmp_path / "songs"
    song(folder / "rap/a.mp3", seed=1, title="One", artist="Ärtist", genre="Rock", date="1999",
         isrc="US-RC1-76-07839")  # fmt: skip
    song(folder / "rap/Album/b.flac", seed=2, title="Two", albumartist="Band", genre=["Jazz", "x"])
    song(folder / "VG/c.ogg", seed=3, genre="Rock;Jazz", album="LP")
    song(folder / "d.mp3", seed=4)
    return folder


def genres_by_file(tracks):
    return {track.origin.file: track.genre for track in tracks.values()}


def test_genres_are_the_first_folder_level(songs, tmp_path):
    summary, tracks = gather(songs, tmp_path / "t.corpus")
    assert genres_by_file(tracks) == {
        "a.mp3": "Hip-Hop", "b.flac": "Hip-Hop", "c.ogg": "VG", "d.mp3": None,
    }  # fmt: skip
    assert (summary.without_genre, dict(summary.unmapped)) == (1, {"VG": 1})
    a = next(t for t in tracks.values() if t.origin.file == "a.mp3")
    assert (a.title, a.artist, a.isrc) == ("One", "Ärtist", "USRC17607839")
    assert a.tags == {"genre": "Rock", "date": "1999"}


def test_genres_from_tags(songs, tmp_path):
    summary, tracks = gather(songs, tmp_path / "t.corpus", genre_from="tags")
    assert genres_by_file(tracks) == {"a.mp3": "Rock", "b.flac": "Jazz", "d.mp3": None}
    assert dict(summary.dropped) == {"two genres": 1}
    with Corpus(tmp_path / "t.corpus") as corpus:
        ((item, *_, detail),) = corpus.journal.drops()
    assert item.endswith("c.ogg") and detail == "Jazz and Rock in its tags"


@pytest.mark.parametrize("genre_from", ["folders", "tags", "labels"])
def test_a_csv_has_the_last_word_where_it_speaks(songs, tmp_path, genre_from):
    labels = tmp_path / "labels.csv"
    labels.write_text("path,genre,artist\nrap/a.mp3,,Other\n./VG//c.ogg,Blues,\n")
    _, tracks = gather(songs, tmp_path / "t.corpus", labels=labels, genre_from=genre_from)
    by_file = {track.origin.file: track for track in tracks.values()}
    assert (by_file["a.mp3"].artist, by_file["a.mp3"].title) == ("Other", "One")
    assert (by_file["c.ogg"].genre, by_file["c.ogg"].album) == ("Blues", "LP")
    wanted = {"folders": "Hip-Hop", "tags": "Rock", "labels": None}
    assert by_file["a.mp3"].genre == wanted[genre_from]


def test_a_csv_without_genres_may_name_artists(songs, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("path,artist\nd.mp3,Someone\n")
    _, tracks = gather(songs, tmp_path / "t.corpus", labels=labels, genre_from="folders")
    assert tracks["folder-d.mp3"].artist == "Someone"
    with pytest.raises(DataError, match="its columns are path, artist; expected"):
        FolderSource(songs, labels=labels)


@pytest.mark.parametrize("path", ["../x.mp3", "a/../../x.mp3", "/x.mp3", "C:\\x.mp3", ".."])
def test_paths_outside_the_folder_are_one_sentence(songs, tmp_path, path):
    labels = tmp_path / "labels.csv"
    labels.write_text(f'path,genre\nd.mp3,Rock\n"{path}",Rock\n')
    with pytest.raises(DataError, match=r"line 3: path .* leads out of the folder") as caught:
        FolderSource(songs, labels=labels)
    assert str(caught.value).startswith(str(labels))


def test_labels_that_are_wanted_and_absent(songs):
    with pytest.raises(UsageError, match="give --labels CSV"):
        FolderSource(songs, genre_from="labels")
    with pytest.raises(UsageError, match="expected one of folders, tags, labels"):
        FolderSource(songs, genre_from="guess")


def test_a_table_of_one_s_own_makes_another_import(songs, tmp_path):
    path = tmp_path / "t.corpus"
    gather(songs, path)
    table = SHIPPED_GENRES.extended({"VG": "Game Music"})
    with Corpus(path, "write") as corpus:
        summary = collect(FolderSource(songs, table=table), corpus, table=table)
        assert (summary.updated, dict(summary.unmapped)) == (4, {})
        assert corpus.genre_counts() == {"Hip-Hop": 2, "Game Music": 1}
        assert collect(FolderSource(songs, table=table), corpus, table=table).read == 0


# Two folders, and folders that move.


def test_the_same_path_in_another_folder_is_another_track(tmp_path):
    for name in ("one", "two"):
        song(tmp_path / name / "Rock/01.mp3", title=name)
    gather(tmp_path / "one", tmp_path / "t.corpus")
    summary, tracks = gather(tmp_path / "two", tmp_path / "t.corpus")
    assert (summary.stored, summary.dropped) == (1, {})
    digest = content_digest(tmp_path / "two/Rock/01.mp3")
    base = track_id("folder", "Rock/01.mp3")
    assert {name: track.title for name, track in tracks.items()} == {
        base: "one", f"{base}.{digest[:8]}": "two",
    }  # fmt: skip
    assert gather(tmp_path / "two", tmp_path / "t.corpus")[0].read == 0
    song(tmp_path / "two" / "Rock/01.mp3", title="two again")
    summary, tracks = gather(tmp_path / "two", tmp_path / "t.corpus")
    assert sorted(t.title for t in tracks.values()) == ["one", "two again"]


def test_a_copy_in_another_folder_is_a_duplicate(tmp_path):
    song(tmp_path / "one/Rock/01.mp3", title="x")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    gather(tmp_path / "one", tmp_path / "t.corpus")
    summary, _ = gather(tmp_path / "two", tmp_path / "t.corpus")
    assert dict(summary.dropped) == {"duplicate id": 1}


def test_a_folder_that_moved_keeps_ids_and_analyses(tmp_path, make_segments):
    song(tmp_path / "one/Rock/01.mp3", title="x")
    path = tmp_path / "t.corpus"
    _, before = gather(tmp_path / "one", path)
    with Corpus(path, "write") as corpus, corpus.transaction():
        analysis = Analysis(analyzer="test", dialect="spotify", segments=make_segments(5))
        corpus.put_analysis(next(iter(before)), analysis)
    for old, new in (("one", "two"), ("two", "one")):
        (tmp_path / old).rename(tmp_path / new)
        summary, tracks = gather(tmp_path / new, path)
        assert (summary.updated, summary.stored, summary.dropped) == (1, 0, {})
        assert tracks.keys() == before.keys()
        assert next(iter(tracks.values())).audio_path == str(tmp_path / new / "Rock/01.mp3")
        with Corpus(path) as corpus:
            assert corpus.segment_counts().keys() == before.keys()
            assert corpus.info().unfinished_imports == 0


def test_a_file_that_moved_takes_its_new_genre_and_its_analysis_along(tmp_path, make_segments):
    song(tmp_path / "music/Rock/01.mp3", title="x")
    path = tmp_path / "t.corpus"
    _, before = gather(tmp_path / "music", path)
    with Corpus(path, "write") as corpus, corpus.transaction():
        analysis = Analysis(analyzer="test", dialect="spotify", segments=make_segments(5))
        corpus.put_analysis(next(iter(before)), analysis)
    (tmp_path / "music/Rock").rename(tmp_path / "music/Jazz")
    summary, tracks = gather(tmp_path / "music", path)
    ((name, track),) = tracks.items()
    assert name == track_id("folder", "Jazz/01.mp3") and track.genre == "Jazz"
    assert (summary.updated, summary.stored) == (1, 0)
    with Corpus(path) as corpus:
        assert corpus.segment_counts() == {name: 5} and corpus.check() == []


# What a file system may hold.


def test_a_name_that_is_no_utf8(tmp_path):
    file = tmp_path / "music" / os.fsdecode(b"caf\xe9") / os.fsdecode(b"\xff.mp3")
    try:
        file.parent.mkdir(parents=True)
        song(tmp_path / "x.mp3", title="x").rename(file)
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    summary, tracks = gather(tmp_path / "music", tmp_path / "t.corpus")
    (track,) = tracks.values()
    assert summary.stored == 1 and dict(summary.unmapped) == {"caf\\xe9": 1}
    assert (track.title, track.genre, track.origin.file) == ("x", "caf\\xe9", "\\xff.mp3")
    assert Path(track.audio_path) == file
    assert gather(tmp_path / "music", tmp_path / "t.corpus")[0].read == 0
    file.unlink()
    file.symlink_to("absent")
    summary, _ = gather(tmp_path / "music", tmp_path / "t.corpus")
    assert "cannot be read (No such file" in summary.faults[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes and links are POSIX's")
def test_loops_pipes_and_dead_links_are_named_not_followed(music, tmp_path):
    (music / "Rock/loop").symlink_to(music)
    (music / "again").symlink_to(music / "Rock")
    (music / "itself").symlink_to("itself")
    (music / ".hidden").symlink_to(".hidden")
    (music / "dead.mp3").symlink_to(music / "nowhere")
    os.mkfifo(music / "pipe.mp3")
    summary, tracks = gather(music, tmp_path / "t.corpus")
    assert summary.stored == len(tracks) == 4
    assert sorted(fault.removeprefix(f"{music}/") for fault in summary.faults) == [
        "dead.mp3: cannot be read (No such file or directory); check its permissions",
        "itself: cannot be read (Too many levels of symbolic links); check its permissions",
        "pipe.mp3: is a pipe or device; expected a file, so it was left out",
    ]
    assert len(gather(music, tmp_path / "t.corpus")[0].faults) == 3


def test_a_folder_that_may_not_be_read_is_named(music, tmp_path, monkeypatch):
    scan = os.scandir

    def refuse(path):
        if Path(path).name == "Rock":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    summary, _ = gather(music, tmp_path / "t.corpus")
    assert summary.stored == 2 and "Rock: cannot be read (Permission denied)" in summary.faults[0]


def test_the_clips_at_hand(data_dir, tmp_path):
    folder = data_dir / "audio"
    path = tmp_path / "t.corpus"
    summary, tracks = gather(folder, path, labels=folder / "tracks.csv")
    assert (summary.stored, summary.n_faults, summary.without_genre) == (538, 0, 0)
    assert dict(summary.unmapped) == {"80s": 12, "Film": 12, "VG": 12, "60s": 7}
    assert sum(track.genre == "Hip-Hop" for track in tracks.values()) == 19
    assert sum(track.artist is None for track in tracks.values()) == 2
