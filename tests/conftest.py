"""What tests share: where real data lie, and what the package makes itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from genrelab.music.corpus import Corpus
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
