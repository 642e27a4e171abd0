"""Playlists as a source of tracks: resumable anywhere, told apart by what follows from them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from genrelab.music.corpus import Corpus
from genrelab.sources.collecting import collect
from genrelab.sources.findings import Drop, Entry, Fault
from genrelab.sources.spotify.playlist_files import GenrePlaylists, PlaylistFile
from genrelab.sources.spotify.playlist_store import PlaylistStore
from genrelab.sources.spotify.settled import SettledPlaylists
from genrelab.sources.spotify.settlement import Playlist
from genrelab.sources.spotify.sightings import Sighting

PLAYLIST = Playlist(
    id="p" * 22,
    name="Rock 1",
    snapshot_id="1",
    market="DE",
    date="2026-03-01",
    genres=["Rock"],
    total=5,
    pages={
        0: [
            Sighting("track", id="a" * 22, title="A", artists=[("One", "1"), ("Two", "2")]),
            Sighting("podcast", id="b" * 22, title="Talk"),
            Sighting("track", id="c" * 22, artists=[]),
            Sighting("track", id="a" * 22, title="A"),
            Sighting("removed"),
        ]
    },
)
TORN = {"q" * 22: "places 1 to 50: HTTP 500, 6 times"}


def source(playlist: Playlist = PLAYLIST, limit: int | None = None, **problems: str):
    return SettledPlaylists("file.toml", [playlist], {"Rock": limit}, {**TORN, **problems})


def test_tracks_what_is_left_out_and_what_cannot_be_read():
    [item] = source().items()
    found = list(item.entries(0))
    assert [type(one) for one in found] == [Entry, Drop, Entry, Drop, Drop, Fault]
    assert [one.position for one in found] == [one.consumed for one in found] == [1, 2, 3, 4, 5, 6]
    assert item.size == 6
    first = found[0].track
    assert (first.artist, first.artist_id, first.genre) == ("One", "1", "Rock")
    assert first.tags == {"playlist": "Rock 1", "artists": ["One", "Two"]}
    assert found[1].sentence == f"playlist {PLAYLIST.id}, place 2: Talk"
    assert found[1].track_id == f"spotify-{'b' * 22}" and found[4].track_id is None
    assert (found[2].track.artist, found[2].track.artist_id) == (None, None)
    assert found[5].sentence == f"playlist {'q' * 22}: {TORN['q' * 22]}"
    for after in range(7):
        assert list(item.entries(after)) == found[after:]


@pytest.mark.parametrize(
    "other",
    [
        source(replace(PLAYLIST, snapshot_id="2")),
        source(replace(PLAYLIST, market=None)),
        source(replace(PLAYLIST, genres=["Pop"])),
        source(replace(PLAYLIST, pages={0: PLAYLIST.pages[0][:4]})),
        source(limit=1),
        source(r="HTTP 404"),
    ],
)
def test_another_outcome_has_another_fingerprint(other):
    [one], [two] = source().items(), other.items()
    assert one.name == two.name and one.fingerprint != two.fingerprint


def test_the_journal_counts_what_is_left_out(tmp_path):
    with Corpus(tmp_path / "t.corpus", "write") as corpus:
        summary = collect(source(), corpus)
        assert summary.stored == 2 and summary.n_faults == 1
        reasons = {"podcast": 1, "duplicate id": 1, "removed": 1, "unreadable": 1}
        assert summary.dropped == corpus.info().drops == reasons
        assert collect(source(), corpus).faults == summary.faults


def test_the_newest_version_that_is_whole_counts(tmp_path):
    file = PlaylistFile(
        name="x",
        market=None,
        genres=(GenrePlaylists(genre="Rock", playlists=("p",), limit=None),),
        repeated=(),
    )
    with Corpus(tmp_path / "t.corpus", "write") as corpus:
        store = PlaylistStore(corpus, file)
        assert store.best("p", None) is None
        old = store.begin("p", name="Old", snapshot_id="1", total=1)
        assert not store.is_whole(old) and store.best("p", old) is old
        store.add([(old, 0, [Sighting("track", id="a")])])
        assert store.best("p", None).pages == {0: [Sighting("track", id="a")]}
        store.finish(old)
        new = store.begin("p", name="New", snapshot_id="2", total=1)
        store.add([(new, 0, [Sighting("removed")])])
        again = PlaylistStore(corpus, file)
        assert [again.best("p", one).name for one in (None, new)] == ["Old", "Old"]
        assert again.begin("p", name="New", snapshot_id="2", total=1).pages == new.pages
        store.finish(new)
        assert again.best("p", None).name == "New"
        assert again.begin("p", name="Old", snapshot_id="1", total=1).pages == {}
        again.forget(new)
        assert again.best("p", None).name == "Old" and not again.is_whole(new)
