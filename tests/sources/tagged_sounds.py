"""Tagged sounds: noise in every format, a tenth of a second by default, and with tags."""

from __future__ import annotations

from pathlib import Path

import mutagen
import numpy as np
from tests.analyzer.sounds import write_sound

SR = 48_000  # Hz; a rate that every format knows


def encode(path: Path, *, seed: int = 0, length_s: float = 0.1) -> Path:
    """Write noise, in the format of the file's ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).normal(0, 0.1, (round(SR * length_s), 1)).astype(np.float32)
    return write_sound(path, noise, SR)


def song(path: Path, *, seed: int = 0, length_s: float = 0.1, **tags: str | list[str]) -> Path:
    """Write a sound file with tags (title, artist, genre...) by their common names."""
    opened = mutagen.File(encode(path, seed=seed, length_s=length_s), easy=True)
    if opened.tags is None:
        opened.add_tags()
    opened.update(tags)
    opened.save()
    return path
