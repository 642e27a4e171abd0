"""A fixture in GTZAN's layout: clips of noise and lists of the fault-filtered split."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.sources.tagged_sounds import encode

GENRES = ("blues", "hiphop", "rock")


def write_clips(
    folder: Path, *, genres: Iterable[str] = GENRES, n: int = 4, ending: str = "wav"
) -> Path:
    """Write clips ``blues/blues.00000.wav`` and so on."""
    for seed, genre in enumerate(genres):
        for number in range(n):
            path = folder / genre / f"{genre}.{number:05d}.{ending}"
            encode(path, seed=100 * seed + number)
    return folder


def write_lists(folder: Path, *, genres: Iterable[str] = GENRES, ending: str = "wav") -> Path:
    """List clip 0 of each genre for training, 1 for validation, 2 for the test, 3 nowhere."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(("train", "valid", "test")):
        lines = [f"{genre}/{genre}.{number:05d}.{ending}\n" for genre in genres]
        (folder / f"{part}_filtered.txt").write_text("".join(lines), encoding="utf-8")
    return folder
