"""The whole paper from playlists: collected from the stand-in, then reproduced."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from tests.sources.spotify.archived_catalog import archived_catalog
from tests.sources.spotify.catalog import base_62_id
from tests.sources.spotify.stand_in import StandIn

from genrelab.music.corpus import Corpus
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.collecting import collect

GENRES = ("Blues", "Country", "Metal", "Rock")
PER_GENRE = 24
QUICK = [
    *("--segments", "24", "--set", "max_epochs=1", "--min-tracks", "10"),
    *("--set", "duplicates=keep"),
]


def genrelab(*arguments: object, environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "genrelab", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_paper_from_playlists_to_its_tables(data_dir: Path, tmp_path: Path) -> None:
    catalog = archived_catalog(
        data_dir, tmp_path / "analyses", genres=GENRES, per_genre=PER_GENRE, playlists_per_genre=2
    )
    playlists = catalog.write_playlist_file(tmp_path / "playlists.toml")
    corpus, paper = tmp_path / "music.corpus", tmp_path / "paper"
    with StandIn(catalog) as api:
        environment = {**os.environ, **api.environment, "XDG_CACHE_HOME": str(tmp_path)}
        where = ("--api-url", api.api_url, "--accounts-url", api.accounts_url)
        genrelab("collect", "spotify", playlists, "-o", corpus, *where, environment=environment)
    genrelab("reproduce", corpus, "-o", paper, *QUICK, environment=environment)
    tables = {path.stem for path in (paper / "tables").glob("*.csv")}
    assert {"table1", "table2", "table3", "table4", "summary", "results", "claims"} <= tables
    assert (paper / "report.html").stat().st_size > 100_000
    assert len(list(paper.glob("runs/*/run.json"))) == 9
    assert_same_as_the_archive(corpus, data_dir, tmp_path / "archive.corpus")


def assert_same_as_the_archive(corpus: Path, data_dir: Path, archive: Path) -> None:
    """What came over HTTP is what lies in the archives, value by value."""
    with Corpus(archive, "write") as original, Corpus(corpus) as served:
        collect(ArchiveSource([data_dir / "echonest"]), original, genres=GENRES)
        assert served.genre_counts() == dict.fromkeys(GENRES, PER_GENRE)
        found = {track.id: track for track in served.tracks()}
        n_compared = 0
        for track in original.tracks():
            there = found.get(f"spotify-{base_62_id(track.native_id)}")
            if there is None:
                continue
            assert (there.genre, there.artist, there.title) == (
                track.genre,
                track.artist,
                track.title,
            )
            ours, theirs = served.analysis(there.id), original.analysis(track.id)
            for name in ("start", "timbre", "pitches", "loudness_max"):
                np.testing.assert_array_equal(
                    getattr(ours.segments, name), getattr(theirs.segments, name)
                )
            n_compared += 1
    assert n_compared == len(GENRES) * PER_GENRE
