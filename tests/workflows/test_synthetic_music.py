"""Synthetic music: a folder that collects as any other, complete or absent file by file."""

from __future__ import annotations

import csv
import errno
import os
from pathlib import Path

import mutagen
import pytest
import soundfile

from genrelab.errors import GenrelabError, UsageError
from genrelab.music.corpus import Corpus
from genrelab.sources.collecting import collect
from genrelab.sources.folder import FolderSource
from genrelab.sources.synthetic.rendering import SR, render_piece
from genrelab.workflows.synthetic_music import ALBUM, LABELS_FILE, render_collection

GENRES = ("Blues", "Hip-Hop", "Pop")
SMALL = {"genres": GENRES, "pieces_per_genre": 2, "duration": 2.0}


def made(folder):
    return {path: path.stat().st_mtime_ns for path in sorted(folder.rglob("*.flac"))}


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    folder = tmp_path_factory.mktemp("synthetic-music")
    return folder, render_collection(folder, **SMALL)


def test_pieces_lie_in_folders_named_by_genre(collection):
    folder, paths = collection
    assert [path.parent.name for path in paths] == [genre for genre in GENRES for _ in range(2)]
    assert paths[3] == (
        folder / "Hip-Hop" / "02 Synthetic Hip-Hop Artist 0.1 - Synthetic Hip-Hop 0.2.flac"
    )
    assert sorted(p for p in folder.rglob("*") if p.is_file()) == sorted(
        [*paths, folder / LABELS_FILE]
    )


def test_a_file_holds_its_piece(collection):
    _, paths = collection
    samples, sr = soundfile.read(paths[2], dtype="float32")
    piece = render_piece("Hip-Hop", 1, duration=2.0)
    assert (sr, samples.shape) == (SR, (2 * SR,))
    assert abs(samples - piece.samples).max() < 1 / 32_000


def test_tags_say_who_and_that_it_is_synthetic(collection):
    _, paths = collection
    tags = mutagen.File(paths[4])
    assert tags["genre"] == ["Pop"]
    assert tags["title"] == ["Synthetic Pop 0.1"]
    assert tags["artist"] == ["Synthetic Pop Artist 0.1"]
    assert tags["album"] == [ALBUM]
    assert tags["comment"][0].startswith("genrelab synthetic")


def test_labels_are_taken_by_collect_folder(collection, tmp_path):
    folder, paths = collection
    with Corpus(tmp_path / "synthetic.corpus", "write") as corpus:
        summary = collect(FolderSource(folder, labels=folder / LABELS_FILE), corpus)
        tracks = list(corpus.tracks())
    assert (summary.stored, summary.dropped) == (len(paths), {})
    assert sorted(str(track.genre) for track in tracks) == sorted(2 * GENRES)
    assert all(str(track.artist).startswith("Synthetic ") for track in tracks)
    with (folder / LABELS_FILE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [folder / row["path"] for row in rows] == paths


def test_an_interrupted_collection_goes_on_where_it_stopped(tmp_path):
    def stop_after_three(stage, done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_collection(tmp_path, progress=stop_after_three, **SMALL)
    before = made(tmp_path)
    assert len(before) == 3
    assert not (tmp_path / LABELS_FILE).exists()
    paths = render_collection(tmp_path, **SMALL)
    after = made(tmp_path)
    assert sorted(after) == sorted(paths)
    assert before.items() <= after.items()
    render_collection(tmp_path, **SMALL)
    assert made(tmp_path) == after


def test_what_was_made_in_another_way_or_is_damaged_is_made_again(tmp_path):
    few = {"genres": ("Rock",), "pieces_per_genre": 2}
    paths = render_collection(tmp_path, duration=1.0, **few)
    before = made(tmp_path)
    paths[0].write_bytes(b"no music")
    render_collection(tmp_path, duration=1.0, **few)
    assert soundfile.info(paths[0]).frames == SR
    assert made(tmp_path)[paths[1]] == before[paths[1]]
    render_collection(tmp_path, duration=1.5, **few)
    assert {soundfile.info(path).frames for path in paths} == {round(1.5 * SR)}


def test_more_pieces_join_those_that_stand(tmp_path):
    first = render_collection(tmp_path, genres=("Jazz",), pieces_per_genre=1, duration=1.0)
    before = made(tmp_path)
    more = render_collection(tmp_path, genres=("Jazz",), pieces_per_genre=3, duration=1.0)
    assert more[:1] == first
    assert before.items() <= made(tmp_path).items()


def test_progress_counts_pieces(tmp_path):
    calls = []
    render_collection(tmp_path, progress=lambda *call: calls.append(call), **SMALL)
    assert calls == [("rendering", done, 6) for done in range(7)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"genres": ("Polka",)}, "no synthetic style for 'Polka'"),
        ({"pieces_per_genre": 0}, "pieces_per_genre is 0; expected at least 1"),
        ({"duration": 0.1}, "a piece of 0.1 s"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is_written(tmp_path, options, said):
    with pytest.raises(UsageError, match=said):
        render_collection(tmp_path / "music", **options)
    assert not (tmp_path / "music").exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(UsageError, match="file"):
        render_collection(tmp_path / "file", **SMALL)


def test_a_full_disk_is_said_and_leaves_no_half_a_file(tmp_path, monkeypatch):
    def write_bytes(path, data):
        path.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(GenrelabError, match="No space left on device"):
        render_collection(tmp_path, **SMALL)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
