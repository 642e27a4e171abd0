"""Small music: three styles of a few seconds each, told apart by ear, every piece another."""

from __future__ import annotations

from pathlib import Path

import mutagen
import numpy as np
import numpy.typing as npt
from tests.analyzer.sounds import write_sound

SR = 22_050  # Hz
SECONDS = 4.0
STYLES = ("Drone", "Hiss", "Pluck")


def _scale(rng: np.random.Generator, n: int) -> npt.NDArray:
    return 110 * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 11, 12, 14, 16], n) / 12 + rng.uniform(0, 1))


def _piece(style: str, rng: np.random.Generator) -> npt.NDArray:
    time = np.arange(round(SR * SECONDS)) / SR
    beat = time % rng.uniform(0.22, 0.4)
    if style == "Hiss":
        samples = rng.normal(0, 0.3, len(time)) * np.exp(-beat * rng.uniform(8, 20))
    elif style == "Drone":
        pitches = _scale(rng, 3)
        samples = sum(np.sin(2 * np.pi * hz * time) for hz in pitches) * 0.15
        samples = samples * (1 + 0.3 * np.sin(2 * np.pi * rng.uniform(0.5, 2) * time))
    else:
        step = np.floor(time / rng.uniform(0.22, 0.4)).astype(int)
        hz = _scale(rng, step.max() + 1)[step]
        waves = sum(np.sin(2 * np.pi * k * np.cumsum(hz) / SR) / k for k in range(1, 9))
        samples = 0.2 * waves * np.exp(-beat * 12)
    return (samples + rng.normal(0, 1e-3, len(time))).astype(np.float32)[:, None]


def write_song(path: Path, style: str, seed: int, **tags: str) -> Path:
    """Write one piece of a style; the ending of its name is its format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_sound(path, _piece(style, np.random.default_rng([STYLES.index(style), seed])), SR)
    if tags:
        opened = mutagen.File(path, easy=True)
        opened.update(tags)
        opened.save()
    return path


def write_music(
    folder: Path, *, songs: int = 10, per_artist: int = 2, styles: tuple[str, ...] = STYLES
) -> Path:
    """Write a folder of songs in folders named by style, artist and title in their tags.

    ``per_artist`` 0 leaves the tags away.
    """
    for style in styles:
        for number in range(songs):
            tags = {}
            if per_artist:
                artist = f"{style} player {number // per_artist}"
                tags = {"artist": artist, "title": f"{style} {number}"}
            write_song(folder / style / f"{number}.flac", style, number, **tags)
    return folder
