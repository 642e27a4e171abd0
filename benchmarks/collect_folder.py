"""Collecting a folder: files a second, beside a bare loop that hashes files and opens their tags.

Makes tagged sound files (MP3, FLAC, Ogg Vorbis in turn, a tenth of a second each) in folders
named by genre, below a folder of its own, and deletes them at the end. Theirs: SHA-256 of each
file and ``mutagen.File`` of it, nothing kept. Ours: `collect` into a new corpus, tags read,
everything durable; then again, with nothing changed.

    python benchmarks/collect_folder.py [FILES]
"""

from __future__ import annotations

import hashlib
import io
import sys
import tempfile
import time
from pathlib import Path

import mutagen
import numpy as np
import soundfile

from genrelab.music.corpus import Corpus
from genrelab.sources.collecting import CollectSummary, collect
from genrelab.sources.folder import FolderSource

GENRES = ("Blues", "Classical", "Country", "Hip-Hop", "Jazz", "Metal", "Pop", "Rock")
FORMATS = {"mp3": "MP3", "flac": "FLAC", "ogg": "OGG"}
SR = 22_050  # Hz
DURATION_S = 0.1


def make_files(folder: Path, n_files: int) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, int(SR * DURATION_S)).astype(np.float32)
    sounds = {}
    for ending, name in FORMATS.items():
        buffer = io.BytesIO()
        soundfile.write(buffer, noise, SR, format=name)
        sounds[ending] = buffer.getvalue()
    for number in range(n_files):
        ending = list(FORMATS)[number % len(FORMATS)]
        path = folder / GENRES[number % len(GENRES)] / f"{number:05d}.{ending}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(sounds[ending])
        tagged = mutagen.File(path, easy=True)
        if tagged.tags is None:
            tagged.add_tags()
        values = {"title": f"Song {number}", "artist": f"Artist {number % 997}", "album": "Album",
                  "genre": GENRES[number % len(GENRES)], "date": "2001"}  # fmt: skip
        tagged.update(values)
        tagged.save()


def bare_loop(folder: Path) -> float:
    began = time.perf_counter()
    for path in sorted(folder.rglob("*.*")):
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
        mutagen.File(path)
    return time.perf_counter() - began


def collected(folder: Path, path: Path) -> tuple[float, CollectSummary]:
    began = time.perf_counter()
    with Corpus(path, "write") as corpus:
        summary = collect(FolderSource(folder), corpus)
    return time.perf_counter() - began, summary


def main() -> None:
    n_files = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "music"
        folder.mkdir()
        make_files(folder, n_files)
        bare_s = bare_loop(folder)
        ours_s, first = collected(folder, Path(scratch) / "music.corpus")
        again_s, second = collected(folder, Path(scratch) / "music.corpus")
    assert first.stored == n_files and first.without_artist == 0 and second.read == 0
    print(f"{n_files} files, tags and SHA-256 in a bare loop: {bare_s:.1f} s")
    print(f"collected into a corpus: {ours_s:.1f} s, {n_files / ours_s:.0f} files a second, "
          f"{ours_s / bare_s:.2f} times the bare loop")  # fmt: skip
    print(f"again, with nothing changed: {again_s:.1f} s, {n_files / again_s:.0f} files a second")


if __name__ == "__main__":
    main()
