"""A corpus that is open for writing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from genrelab.music.corpus import Corpus


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "t.corpus"


@pytest.fixture
def corpus(path: Path) -> Iterator[Corpus]:
    with Corpus(path, "write") as opened:
        yield opened
