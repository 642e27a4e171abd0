"""Linking: recordings find their tracks, again after any change, and through any kill."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.sources.tagged_sounds import song
from tests.sources.unheard_tracks import PlaylistSource, unheard

from genrelab.errors import CorpusError, DataError, UsageError
from genrelab.music.corpus import Corpus
from genrelab.sources import link_choices, linking
from genrelab.sources.byte_stream import content_digest
from genrelab.sources.collecting import collect
from genrelab.sources.folder import FolderSource
from genrelab.sources.linking import LinkSource

ISRC = "USRC17607839"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.corpus"


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Four recordings of the first four tracks, two that are of none."""
    folder = tmp_path / "music"
    song(folder / "a.mp3", seed=1, title="Alpha", artist="The A")
    song(folder / "b.flac", seed=2, title="Beta (feat. X)", artist="B & X")
    song(folder / "sub/C - Gamma.wav", seed=3)
    song(folder / "d.ogg", seed=4, title="Another Name", artist="Nobody", isrc="us-rc1-76-07839")
    song(folder / "e.mp3", seed=5, title="Alpha (Live)", artist="The A")
    song(folder / "f.mp3", seed=6)
    return folder


TRACKS = [
    unheard(0, "Alpha - 2011 Remaster", "A"),
    unheard(1, "Beta", "B", tags={"artists": ["B", "X"]}),
    unheard(2, "Gamma", "C"),
    unheard(3, "Delta", "D", isrc=ISRC),
    unheard(4, "Epsilon", "E"),
    unheard(5, "Alpha", "A", tags={"duration_ms": 9_000}),
]


def fill(path, tracks=TRACKS, snapshot="1"):
    with Corpus(path, "write") as corpus:
        return collect(PlaylistSource(tracks, snapshot), corpus)


def link(music, path):
    with Corpus(path, "write") as corpus:
        return collect(LinkSource(music, path), corpus)


def linked(path):
    """Name the file of every track that has one."""
    with Corpus(path) as corpus:
        return {
            int(track.native_id): Path(track.audio_path).name
            for track in corpus.tracks()
            if track.audio_path
        }


def left_out(path):
    with Corpus(path) as corpus:
        return {
            Path(item).name: (reason, detail) for item, *_, reason, detail in corpus.journal.drops()
        }


def assert_nothing_is_read(music, path, monkeypatch):
    def refuse(*_):
        raise AssertionError("a file was read")

    with monkeypatch.context() as context:
        context.setattr(link_choices, "read_header", refuse)
        context.setattr(linking, "content_digest", refuse)
        assert link(music, path).read == 0


ALL = {0: "a.mp3", 1: "b.flac", 2: "C - Gamma.wav", 3: "d.ogg"}


def test_recordings_become_the_audio_of_their_tracks(music, path, monkeypatch):
    fill(path)
    summary = link(music, path)
    assert (summary.items, summary.read, summary.updated, summary.stored) == (6, 6, 4, 0)
    assert summary.dropped == {"no match": 2} and linked(path) == ALL
    assert left_out(path) == {
        "e.mp3": ("no match", "no track for 'Alpha (Live)' by The A, 0:00 long"),
        "f.mp3": (
            "no match",
            "no track for a recording whose tags lack artist or title, 0:00 long",
        ),
    }
    with Corpus(path) as corpus:
        first = next(corpus.tracks())
        assert first.audio_path == str(music / "a.mp3")
        assert first.audio_digest == content_digest(music / "a.mp3")
        assert (first.genre, first.title, first.tags, first.origin) == (
            "Rock", "Alpha - 2011 Remaster", TRACKS[0].tags, TRACKS[0].origin,
        )  # fmt: skip
    assert_nothing_is_read(music, path, monkeypatch)


def test_playlists_that_grow_get_what_matched_nothing_before(music, path, monkeypatch):
    fill(path)
    link(music, path)
    more = [*TRACKS, unheard(6, "Alpha - Live", "The A")]
    assert fill(path, more, "2").updated == 6  # all links outlast that
    read = []
    monkeypatch.setattr(linking, "content_digest", lambda file: read.append(file.name) or "0" * 64)
    summary = link(music, path)
    assert (summary.read, summary.updated, read) == (2, 1, ["e.mp3"])  # e and f, of e the whole
    assert linked(path) == {**ALL, 6: "e.mp3"}
    assert_nothing_is_read(music, path, monkeypatch)


def test_playlists_that_shrink_give_their_recordings_back(music, path, monkeypatch):
    fill(path)
    link(music, path)
    fill(path, TRACKS[1:], "2")
    assert link(music, path).dropped == {"no match": 3}
    assert linked(path) == {n: name for n, name in ALL.items() if n}
    fill(path, TRACKS, "3")
    link(music, path)
    assert linked(path) == ALL
    assert_nothing_is_read(music, path, monkeypatch)


def test_a_track_has_one_recording_and_the_next_when_that_is_gone(music, path, monkeypatch):
    fill(path)
    shutil.copy(music / "a.mp3", music / "a copy.mp3")
    summary = link(music, path)
    assert summary.dropped == {"already linked": 1, "no match": 2}
    assert linked(path) == {**ALL, 0: "a copy.mp3"}
    rest = "has another recording than 'Alpha' by The A, 0:00 long"
    assert left_out(path)["a.mp3"] == ("already linked", f"playlist-0 {rest}")
    assert_nothing_is_read(music, path, monkeypatch)
    (music / "a copy.mp3").unlink()
    assert link(music, path).updated == 1 and linked(path) == ALL
    assert "a.mp3" not in left_out(path)
    assert_nothing_is_read(music, path, monkeypatch)


def test_a_file_that_moves_takes_its_link_along(music, path, monkeypatch):
    fill(path)
    link(music, path)
    (music / "a.mp3").rename(music / "sub" / "moved.mp3")
    assert link(music, path).updated == 1
    assert linked(path) == {**ALL, 0: "moved.mp3"}
    assert_nothing_is_read(music, path, monkeypatch)


def test_files_that_change_are_looked_at_again(music, path, monkeypatch):
    song(music / "g.mp3", seed=7, title="Epsilon", artist="E")
    fill(path)
    link(music, path)
    assert linked(path) == {**ALL, 4: "g.mp3"}
    (music / "g.mp3").replace(music / "a.mp3")
    song(music / "b.flac", seed=8, title="Nothing", artist="B")
    summary = link(music, path)
    assert linked(path) == {2: "C - Gamma.wav", 3: "d.ogg", 4: "a.mp3"}
    assert summary.updated == 1 and left_out(path)["b.flac"][0] == "no match"
    assert_nothing_is_read(music, path, monkeypatch)


def test_files_that_change_places_change_tracks(music, path, monkeypatch):
    song(music / "g.mp3", seed=7, title="Epsilon", artist="E")
    fill(path)
    link(music, path)
    (music / "a.mp3").rename(music / "x")
    (music / "g.mp3").replace(music / "a.mp3")
    (music / "x").rename(music / "g.mp3")
    assert link(music, path).updated == 2
    assert linked(path) == {**ALL, 0: "g.mp3", 4: "a.mp3"}
    with Corpus(path) as corpus:
        for track in corpus.tracks():
            if track.audio_path:
                assert track.audio_digest == content_digest(Path(track.audio_path))
    assert_nothing_is_read(music, path, monkeypatch)


def test_of_several_tracks_the_nearest_length_then_the_first_id_is_taken(music, path):
    lengths = (2_000, 200, 100, 100)
    tracks = [unheard(n, "Alpha", "A", tags={"duration_ms": ms}) for n, ms in enumerate(lengths)]
    fill(path, tracks)
    link(music, path)
    assert linked(path) == {2: "a.mp3"}
    shutil.copy(music / "a.mp3", music / "b.mp3")
    link(music, path)
    assert linked(path) == {2: "a.mp3", 3: "b.mp3"}


def test_a_better_match_gets_the_track_whatever_the_files_are_called(music, path):
    fill(path, [unheard(0, "Delta", "D", isrc=ISRC)])
    song(music / "A delta.mp3", seed=9, title="Delta", artist="D")
    link(music, path)
    assert linked(path) == {0: "d.ogg"}
    assert left_out(path)["A delta.mp3"][0] == "already linked"


def test_recordings_of_their_own_stay_as_they_are(music, path):
    with Corpus(path, "write") as corpus:
        collect(FolderSource(music), corpus)
        own = list(corpus.tracks())
    with pytest.raises(UsageError, match="no track that a recording could be linked to"):
        LinkSource(music, path)
    fill(path)
    assert link(music, path).updated == 4
    with Corpus(path, "write") as corpus:
        assert [track for track in corpus.tracks() if track.id.startswith("folder-")] == own
        assert collect(FolderSource(music), corpus).read == 0


def test_a_moved_file_that_is_collected_takes_no_playlist_s_track_away(music, path):
    fill(path)
    link(music, path)
    (music / "a.mp3").rename(music / "z.mp3")
    with Corpus(path, "write") as corpus:
        assert collect(FolderSource(music), corpus).stored == 6
        assert corpus.stored("playlist-0") is not None


def test_links_that_others_made_are_kept(music, path):
    own = music / "f.mp3"
    fill(path, [unheard(0, "Zeta", "Z", audio_path=str(own), audio_digest=content_digest(own)),
                unheard(1, "Alpha", "A", audio_path=str(music / "a.mp3"))])  # fmt: skip
    assert link(music, path).updated == 1
    assert linked(path) == {0: "f.mp3", 1: "a.mp3"}


def test_another_process_may_have_been_quicker(music, path):
    fill(path)
    with Corpus(path, "write") as corpus:
        source = LinkSource(music, path)
        items = {Path(item.name).name: item for item in source.items()}
        links = {name: list(item.entries(0)) for name, item in items.items()}
        assert len(links["a.mp3"]) == 1
        with corpus.transaction():
            corpus.links.link("playlist-0", str(music / "f.mp3"), "0" * 64)
            corpus.remove("playlist-1")

        class Planned:
            name = "match"

            def items(self):
                return list(items.values())

        summary = collect(Planned(), corpus)
    assert summary.dropped == {"already linked": 1, "no match": 3}
    assert linked(path) == {0: "f.mp3", 2: "C - Gamma.wav", 3: "d.ogg"}


def test_what_cannot_be_read_is_named_and_tried_again(music, path, monkeypatch):
    fill(path)
    original = linking.content_digest

    def fail(file):
        if file.name == "a.mp3":
            raise PermissionError(13, "Permission denied")
        return original(file)

    monkeypatch.setattr(linking, "content_digest", fail)
    (music / "gone.mp3").symlink_to("absent")
    summary = link(music, path)
    assert summary.n_faults == 2 and summary.updated == 3
    assert "a.mp3: cannot be read (Permission denied)" in summary.faults[0]
    monkeypatch.undo()
    assert link(music, path).n_faults == 1 and linked(path) == ALL


def test_wrong_use(music, path, tmp_path):
    with pytest.raises(CorpusError, match="no such corpus"):
        LinkSource(music, path)
    assert not path.exists()
    fill(path)
    with pytest.raises(DataError, match="no such folder"):
        LinkSource(tmp_path / "absent", path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no recording in this folder"):
        LinkSource(tmp_path / "empty", path)


# Kills.


class _StopError(Exception):
    pass


def many(folder, path, n=24):
    """Recordings that several tracks fit, and tracks that several recordings fit."""
    for number in range(n):
        title = f"Song number {number % 16} x"
        song(folder / f"{number * 7 % n:02}.flac", seed=number, title=title, artist="A")
    tracks = [
        unheard(number, f"Song number {number % 18} x", "A", tags={"duration_ms": 90 + number})
        for number in range(n)
    ]
    fill(path, tracks)
    return folder


@pytest.mark.parametrize("batch", [1, 5])
def test_stopped_anywhere_and_run_again_it_ends_the_same(batch, tmp_path):
    before = tmp_path / "before.corpus"
    music = many(tmp_path / "music", before)
    expected = shutil.copy(before, tmp_path / "expected.corpus")
    link(music, expected)
    with Corpus(expected) as corpus:
        digest = corpus.digest()
    assert 16 <= len(linked(expected)) < 24
    for stop in range(0, 24, 3):
        path = shutil.copy(before, tmp_path / f"{stop}.corpus")
        source = LinkSource(music, path)
        calls = []

        def progress(stage, done, total, calls=calls, stop=stop):
            calls.append(stage == "importing")
            if sum(calls) > stop:
                raise _StopError

        with Corpus(path, "write") as corpus:
            with pytest.raises(_StopError):
                collect(source, corpus, progress=progress, batch_tracks=batch)
            collect(LinkSource(music, path), corpus, batch_tracks=batch)
            assert corpus.digest() == digest


LINK = """
import sys, time
from genrelab.music.corpus import Corpus
from genrelab.sources.collecting import collect
from genrelab.sources.linking import LinkSource

def tell(stage, done, total):
    print(stage, flush=True)
    time.sleep(0.005)

with Corpus(sys.argv[2], "write") as corpus:
    source = LinkSource(sys.argv[1], sys.argv[2])
    collect(source, corpus, batch_tracks=1, progress=tell)
"""


def test_kills_leave_the_same_corpus_as_one_clean_run(tmp_path):
    """SIGKILL after any number of records; after each, the same command again, to its end."""
    before = tmp_path / "before.corpus"
    music = many(tmp_path / "music", before)
    expected = shutil.copy(before, tmp_path / "expected.corpus")
    link(music, expected)
    with Corpus(expected) as corpus:
        digest = corpus.digest()
    generator = random.Random(6)
    midway = 0
    for kill in range(8):
        path = shutil.copy(before, tmp_path / f"{kill}.corpus")
        command = [sys.executable, "-c", LINK, str(music), str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            for _ in range(generator.randrange(1, 40)):
                process.stdout.readline()
            time.sleep(generator.random() / 200)
            process.kill()
        midway += 0 < len(linked(path)) < 16
        link(music, path)
        with Corpus(path) as corpus:
            assert corpus.digest() == digest and corpus.check() == []
    assert midway >= 2, midway
