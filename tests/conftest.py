"""What tests share: where real data lie, and what the package makes itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genrelab.music.analysis import Analysis
from genrelab.music.corpus import Corpus
from genrelab.music.segments import Segments
from genrelab.music.tracks import Origin, Track
from genrelab.sources.collecting import collect
from genrelab.sources.synthetic import SyntheticSource

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Real data for development: ``GENRELAB_DATA``, default ``../shared/data``."""
    path = Path(os.environ.get("GENRELAB_DATA", PROJECT.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip(f"real data are absent: no folder {path}; point GENRELAB_DATA at one")
    return path


@pytest.fixture(scope="session")
def synthetic_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of the synthetic collection, 12 tracks of each of the eight genres."""
    path = tmp_path_factory.mktemp("synthetic") / "synthetic.corpus"
    with Corpus(path, "write") as corpus:
        summary = collect(SyntheticSource(tracks_per_genre=12), corpus)
    assert summary.stored == 96
    return path


@pytest.fixture(scope="session")
def trained_run(synthetic_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run trained for two epochs by the command line, as a person would."""
    out = tmp_path_factory.mktemp("runs") / "tiny"
    settings = ("max_epochs=2", "min_tracks=10", "segments=128")
    command = [sys.executable, "-m", "genrelab", "train", str(synthetic_corpus), "balanced-timbre"]
    command += ["-o", str(out), *(word for s in settings for word in ("--set", s))]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return out


@pytest.fixture(scope="session")
def make_segments() -> Callable[..., Segments]:
    """Segments of random values; ``shift`` moves the timbre, so that it can be learned."""

    def make(n: int = 40, *, seed: int = 0, shift: float = 0.0) -> Segments:
        rng = np.random.default_rng(seed)
        return Segments(
            start=np.arange(n) / 4,
            duration=np.full(n, 0.25),
            confidence=np.full(n, 0.5),
            loudness_start=np.full(n, -20.0),
            loudness_max=np.full(n, -10.0),
            loudness_max_time=np.full(n, 0.1),
            loudness_end=np.full(n, np.nan),
            pitches=rng.random((n, 12)),
            timbre=rng.normal(shift, 20, (n, 12)),
        )

    return make


@pytest.fixture(scope="session")
def write_corpus() -> Callable[..., Path]:
    """Store tracks: mappings of Track's fields, ``segments`` and ``dialect``."""

    def write(path: Path, songs: Iterable[Mapping[str, Any]]) -> Path:
        with Corpus(path, "write") as corpus, corpus.transaction():
            for song in songs:
                values = dict(song)
                heard, dialect = values.pop("segments", None), values.pop("dialect", "spotify")
                analysis = (
                    None
                    if heard is None
                    else Analysis(analyzer="test", dialect=dialect, segments=heard)
                )
                corpus.put(Track(origin=Origin(source="test"), **values), analysis)
        return path

    return write


@pytest.fixture
def make_corpus(
    tmp_path: Path, write_corpus: Callable[..., Path]
) -> Iterator[Callable[..., Corpus]]:
    """Store tracks as `write_corpus` does, and open the corpus for reading."""
    opened: list[Corpus] = []

    def make(songs: Iterable[Mapping[str, Any]], name: str = "small.corpus") -> Corpus:
        opened.append(Corpus(write_corpus(tmp_path / name, songs)))
        return opened[-1]

    yield make
    for corpus in opened:
        corpus.close()
