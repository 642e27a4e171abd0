"""The contract of every source: ids unique and safe, resumable, bad entries named."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.sources.archives import as_lines, record, write
from tests.sources.million_songs import write_million_song

from genrelab.music.corpus import Corpus
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.collecting import collect
from genrelab.sources.findings import Entry, Fault, Source
from genrelab.sources.folder import FolderSource
from genrelab.sources.msd import MsdSource
from genrelab.sources.synthetic import SyntheticSource

SAFE = re.compile(r"[a-z]+-[A-Za-z0-9._-]+")


def an_archive(folder: Path) -> ArchiveSource:
    write(folder / "a.jsonl", [record(i) for i in range(9)])
    write(folder / "b.json", [record(i, track_id=f"my/id {i}") for i in range(9)])
    return ArchiveSource([folder])


def a_million_song_folder(folder: Path) -> MsdSource:
    for number in range(5):
        write_million_song(folder, number)
    return MsdSource(folder)


def a_folder_of_recordings(folder: Path) -> FolderSource:
    for name in ("Rock/01 Song.mp3", "Rock/02.mp3", "a.wav", "Ä.flac"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return FolderSource(folder)


def the_synthetic_one(_: Path) -> SyntheticSource:
    return SyntheticSource(tracks_per_genre=3)


SOURCES: dict[str, Callable[[Path], Source]] = {
    "archive": an_archive,
    "folder": a_folder_of_recordings,
    "msd": a_million_song_folder,
    "synthetic": the_synthetic_one,
}


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    folder = tmp_path / "input"
    folder.mkdir()
    return SOURCES[request.param](folder)


def test_ids_are_unique_safe_and_say_the_source(source: Source) -> None:
    found = [f for item in source.items() for f in item.entries(0)]
    ids = [f.track.id for f in found if isinstance(f, Entry)]
    assert len(ids) == len(found) == len(set(ids)) > 0
    assert all(SAFE.fullmatch(name) for name in ids)


def test_items_are_the_same_twice_and_resume_anywhere(source: Source) -> None:
    items, again = list(source.items()), list(source.items())
    assert [(i.name, i.fingerprint, i.size) for i in items] == [
        (i.name, i.fingerprint, i.size) for i in again
    ]
    assert len({item.name for item in items}) == len(items)
    for item in items:
        whole = [f.position for f in item.entries(0)]
        assert whole == sorted(set(whole)) and whole[0] >= 1
        for after in itertools.chain([1, 2], whole[-1:]):
            assert [f.position for f in item.entries(after)] == [p for p in whole if p > after]


def test_consumed_grows_to_the_size_at_most(source: Source) -> None:
    for item in source.items():
        consumed = [f.consumed for f in item.entries(0)]
        assert consumed == sorted(consumed) and consumed[-1] <= item.size


def test_counts_add_up_and_a_second_run_reads_nothing(source: Source, tmp_path: Path) -> None:
    with Corpus(tmp_path / "t.corpus", "write") as corpus:
        first = collect(source, corpus)
        assert first.read == first.stored + first.updated + sum(first.dropped.values())
        assert first.stored == corpus.info().tracks
        digest = corpus.digest()
        second = collect(source, corpus)
        assert (second.read, second.skipped) == (0, first.read)
        assert corpus.digest() == digest


def test_a_bad_entry_is_named(tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.jsonl", as_lines([record(0)]) + b"{\n" + as_lines([record(1)]))
    (tmp_path / "A").mkdir()
    (tmp_path / "A" / "bad.h5").write_bytes(b"no HDF5")
    write_million_song(tmp_path, 1)
    for source, name in ((ArchiveSource([bad]), "bad.jsonl"), (MsdSource(tmp_path), "bad.h5")):
        with Corpus(tmp_path / f"{source.name}.corpus", "write") as corpus:
            summary = collect(source, corpus)
        assert summary.stored >= 1 and summary.n_faults == 1
        assert name in summary.faults[0]
    found = [f for item in ArchiveSource([bad]).items() for f in item.entries(0)]
    assert [type(f) for f in found] == [Entry, Fault, Entry]
