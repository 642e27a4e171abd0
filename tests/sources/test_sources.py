"""The contract of every source: ids unique and safe, resumable, bad entries named."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.sources.archives import as_lines, record, write
from tests.sources.free_music import a_track, write_audio, write_metadata
from tests.sources.gtzan_clips import write_clips, write_lists
from tests.sources.million_songs import write_million_song
from tests.sources.tagged_sounds import song
from tests.sources.unheard_tracks import write_tracks

from genrelab.music.corpus import Corpus
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.collecting import collect
from genrelab.sources.findings import Entry, Fault, Link, Source
from genrelab.sources.fma import FmaSource
from genrelab.sources.folder import FolderSource, GenreFrom
from genrelab.sources.gtzan import GtzanSource
from genrelab.sources.linking import LinkSource
from genrelab.sources.msd import MsdSource
from genrelab.sources.spotify.settled import SettledPlaylists
from genrelab.sources.spotify.settlement import PAGE, Playlist
from genrelab.sources.spotify.sightings import Sighting
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


def a_folder_of_recordings(folder: Path, genre_from: GenreFrom = "folders") -> FolderSource:
    for seed, name in enumerate(("Rock/01 Song.mp3", "Rock/02.mp3", "a.ogg", "Ä.flac")):
        song(folder / name, seed=seed, genre="Jazz", artist=name)
    labels = None
    if genre_from == "labels":
        labels = folder / "labels.csv"
        labels.write_text("path,genre\nRock/02.mp3,rap\na.ogg,Zydeco\n", encoding="utf-8")
    return FolderSource(folder, genre_from=genre_from, labels=labels)


def gtzan_clips(folder: Path) -> GtzanSource:
    return GtzanSource(write_lists(write_clips(folder)))


def free_music(folder: Path) -> FmaSource:
    numbers = (2, 3, 1010)
    metadata = write_metadata(folder / "fma_metadata", [a_track(n) for n in numbers])
    return FmaSource(write_audio(folder / "fma_small", numbers), metadata=metadata)


def the_synthetic_one(_: Path) -> SyntheticSource:
    return SyntheticSource(tracks_per_genre=3)


def spotify_playlists(_: Path) -> SettledPlaylists:
    return SettledPlaylists("playlists.toml", [a_playlist(120)], {"Rock": None})


def a_playlist(total: int) -> Playlist:
    playlist = Playlist(
        id="0" * 22,
        name="Rock 1",
        snapshot_id="1",
        market="DE",
        date="2026-03-01",
        genres=["Rock"],
        total=total,
    )
    for offset in playlist.offsets:
        places = range(offset, min(offset + PAGE, total))
        playlist.pages[offset] = [Sighting("track", id=f"{place:022}") for place in places]
    return playlist


def recordings_of_known_tracks(folder: Path) -> LinkSource:
    for number in range(4):
        song(folder / f"{number}.mp3", seed=number, title=f"Song {number} b", artist="A")
    corpus = folder.parent / "t.corpus"  # the one that all of these are collected into
    return LinkSource(folder, write_tracks(corpus, [(f"Song {n} b", "A") for n in range(6)]))


SOURCES: dict[str, Callable[[Path], Source]] = {
    "archive": an_archive,
    "folder": a_folder_of_recordings,
    "folder, tags": lambda folder: a_folder_of_recordings(folder, "tags"),
    "folder, labels": lambda folder: a_folder_of_recordings(folder, "labels"),
    "gtzan": gtzan_clips,
    "fma": free_music,
    "match": recordings_of_known_tracks,
    "msd": a_million_song_folder,
    "spotify": spotify_playlists,
    "synthetic": the_synthetic_one,
}


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    folder = tmp_path / "input"
    folder.mkdir()
    return SOURCES[request.param](folder)


def test_ids_are_unique_safe_and_say_the_source(source: Source) -> None:
    found = [f for item in source.items() for f in item.entries(0)]
    ids = [f.track.id for f in found if isinstance(f, Entry | Link)]
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
        assert whole == sorted(set(whole)) and min(whole, default=1) >= 1
        for after in itertools.chain([1, 2], whole[-1:]):
            assert [f.position for f in item.entries(after)] == [p for p in whole if p > after]


def test_consumed_grows_to_the_size_at_most(source: Source) -> None:
    for item in source.items():
        consumed = [f.consumed for f in item.entries(0)]
        assert consumed == sorted(consumed) and max(consumed, default=0) <= item.size


def test_counts_add_up_and_a_second_run_reads_nothing(source: Source, tmp_path: Path) -> None:
    with Corpus(tmp_path / "t.corpus", "write") as corpus:
        before = corpus.track_count()
        first = collect(source, corpus)
        assert first.read == first.stored + first.updated + sum(first.dropped.values())
        assert first.stored == corpus.track_count() - before
        digest = corpus.digest()
        second = collect(source, corpus)
        assert (second.read, second.skipped) == (0, first.read)
        assert corpus.digest() == digest


def a_bad_archive(folder: Path) -> ArchiveSource:
    lines = as_lines([record(0)]) + b"{\n" + as_lines([record(1)])
    return ArchiveSource([write(folder / "bad.jsonl", lines)])


def a_bad_million_song(folder: Path) -> MsdSource:
    write_million_song(folder, 1)
    (folder / "bad.h5").write_bytes(b"no HDF5")
    return MsdSource(folder)


def a_bad_recording(folder: Path) -> FolderSource:
    a_folder_of_recordings(folder)
    (folder / "bad.mp3").symlink_to("absent")
    return FolderSource(folder)


def a_bad_recording_of_a_known_track(folder: Path) -> LinkSource:
    (folder / "bad.mp3").symlink_to("absent")
    return recordings_of_known_tracks(folder)


def a_bad_clip(folder: Path) -> GtzanSource:
    gtzan_clips(folder)
    song(folder / "rock/bad.mp3")
    return GtzanSource(folder)


def a_bad_row(folder: Path) -> FmaSource:
    source = free_music(folder)
    with (folder / "fma_metadata/tracks.csv").open("a", encoding="utf-8") as file:
        file.write("bad,row\n")
    return source


def a_bad_playlist(_: Path) -> SettledPlaylists:
    problems = {"0" * 22: "places 101 to 120: a bad page"}
    return SettledPlaylists("playlists.toml", [a_playlist(100)], {"Rock": None}, problems)


BAD: dict[str, Callable[[Path], Source]] = {
    "archive": a_bad_archive,
    "folder": a_bad_recording,
    "gtzan": a_bad_clip,
    "fma": a_bad_row,
    "match": a_bad_recording_of_a_known_track,
    "msd": a_bad_million_song,
    "spotify": a_bad_playlist,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_entry_is_named_and_the_rest_goes_on(name: str, tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    source = BAD[name](tmp_path / "input")
    with Corpus(tmp_path / "t.corpus", "write") as corpus:
        summary = collect(source, corpus)
        again = collect(source, corpus)
    assert summary.stored + summary.updated >= 1 and summary.n_faults == 1
    assert "bad" in summary.faults[0] and "\n" not in summary.faults[0]
    assert again.faults == summary.faults and again.stored == 0


def test_what_follows_a_bad_record_is_read(tmp_path: Path) -> None:
    source = a_bad_archive(tmp_path)
    found = [f for item in source.items() for f in item.entries(0)]
    assert [type(f) for f in found] == [Entry, Fault, Entry]
