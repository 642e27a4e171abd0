"""A stand-in for Spotify, its collections, and pauses that cost tests no time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sources.spotify.catalog import Catalog
from tests.sources.spotify.runs import Runs
from tests.sources.spotify.stand_in import StandIn
from tests.sources.spotify.synthetic_catalog import synthetic_catalog

from genrelab.sources.spotify import accounts, web_api


@pytest.fixture
def catalog() -> Catalog:
    """Two genres of two playlists with 60 songs each."""
    return synthetic_catalog(240, genres=("Rock", "Jazz"), segments=3)


@pytest.fixture
def spotify(catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A stand-in that serves it."""
    monkeypatch.setattr(web_api, "FIRST_BACKOFF_S", 0.004)
    monkeypatch.setattr(web_api, "TICK_S", 0.02)
    monkeypatch.setattr(accounts, "PAUSES_S", (0.01, 0.02))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with StandIn(catalog) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def collect(spotify: StandIn, tmp_path: Path) -> Runs:
    """Collections from it into one corpus."""
    return Runs(spotify, tmp_path)
