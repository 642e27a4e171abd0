"""From playlists to recordings: ``collect spotify``, then ``collect folder --match``, twice."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("spotipy")

from tests.sources.spotify.catalog import Song, inserting, removing
from tests.sources.spotify.stand_in import StandIn
from tests.sources.spotify.synthetic_catalog import add_oddities, make_song, synthetic_catalog
from tests.sources.tagged_sounds import song

from genrelab.cli import main
from genrelab.music.corpus import Corpus


def linked(corpus: Path) -> dict[str, str]:
    """Name the recording of every track that has one."""
    with Corpus(corpus) as opened:
        return {
            track.native_id: Path(track.audio_path).name
            for track in opened.tracks()
            if track.audio_path
        }


def test_playlists_that_change_keep_their_recordings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = synthetic_catalog(24, genres=("Rock", "R&B"), segments=4)
    add_oddities(catalog)
    *_, playlist = catalog.playlists.values()
    first, second, third = [item for item in playlist.items if isinstance(item, Song)][:3]
    late = make_song(7, seed=9, title="Late", isrc="QMABC2600001")
    catalog.know([late])
    music, corpus = tmp_path / "music", tmp_path / "playlists.corpus"
    song(music / "1.mp3", seed=1, isrc=first.isrc or "")
    song(music / "3.flac", seed=3, title=f"{third.title} (Live)", artist=third.artists[0])
    song(music / "late.mp3", seed=4, isrc="QM-ABC-26-00001", title="Late")

    with StandIn(catalog) as api:
        for name, value in {**api.environment, "XDG_CACHE_HOME": str(tmp_path)}.items():
            monkeypatch.setenv(name, value)
        catalog.write_playlist_file(tmp_path / "playlists.toml")
        where = ["--api-url", api.api_url, "--accounts-url", api.accounts_url]
        listen = ["collect", "spotify", str(tmp_path / "playlists.toml"), "--no-analysis", *where]
        match = ["collect", "folder", str(music), "--match", str(corpus)]
        assert main([*listen, "-o", str(corpus)]) == 0
        assert main(match) == 0
        assert linked(corpus) == {first.id: "1.mp3"}
        playlist.change(inserting(0, [late]))
        playlist.change(removing(playlist.items.index(second)))
        assert main([*listen, "-o", str(corpus)]) == 0
        assert linked(corpus) == {first.id: "1.mp3"}
        assert main(match) == 0
    assert linked(corpus) == {first.id: "1.mp3", late.id: "late.mp3"}
    with Corpus(corpus) as opened:
        assert opened.check() == [] and opened.stored(f"spotify-{second.id}") is None
