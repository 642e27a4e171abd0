"""Tagged sounds: a tenth of a second of noise in every format, and with tags."""

from __future__ import annotations

from pathlib import Path

import mutagen
import numpy as np
from tests.analyzer.sounds import write_sound

SR = 48_000  # Hz; a rate that every format knows


def encode(path: Path, *, seed: int = 0) -> Path:
    """Write a tenth of a second of noise, in the format of the file's ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(0, 0.1, (SR // 10, 1)).astype(np.float32)
    return write_sound(path, noise, SR)


def tag(path: Path, **tags: str | list[str]) -> Path:
    """Give a sound file tags (title, artist, genre...) by their common names."""
    opened = mutagen.File(path, easy=True)
    if opened.tags is None:
        opened.add_tags()
    opened.update(tags)
    opened.save()
    return path


def song(path: Path, *, seed: int = 0, **tags: str | list[str]) -> Path:
    """Write a sound file with tags (title, artist, genre...) by their common names."""
    return tag(encode(path, seed=seed), **tags)
