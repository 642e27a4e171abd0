"""Import: our way beside the paper's, and how much memory a large archive takes.

    python benchmarks/import_archive.py [ARCHIVE] [--repeats 3] [--large 2GB] [--small 200MB]

The paper's way: the whole JSON list with ``json.load``, then ``np.append`` of the
timbre and pitches of each track's first 512 segments, then
``np.savez_compressed``. Ours: `collect` of all that is in the records into a new
corpus, durable writes included. Both read the same plain JSON list, made of the
archive's records, and take turns. Two ratios: with writing on both sides, and
with writing on ours alone. ``--large`` repeats the records
under new ids until the list has that size and reports the peak memory of its
import in a process of its own, beside that of a list of ``--small``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

IMPORT = r"""
import re, sys, time
from pathlib import Path
from genrelab.music.corpus import Corpus
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.collecting import collect

def peak_kb():  # of this process alone: getrusage would count the one that started it
    return re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]

before = peak_kb()
began = time.perf_counter()
with Corpus(sys.argv[2], "write") as corpus:
    summary = collect(ArchiveSource([sys.argv[1]]), corpus)
assert summary.stored == summary.read and not summary.n_faults, summary
print(summary.stored, time.perf_counter() - began)
print(before, peak_kb())
"""
UNITS = {"kB": 10**3, "MB": 10**6, "GB": 10**9}
N_VALUES = 12
N_SEGMENTS = 512


def size(text: str) -> int:
    return int(float(text[:-2]) * UNITS[text[-2:]])


def lines_of(archive: Path) -> Iterator[bytes]:
    """Yield the archive's records, a line each."""
    files = [archive] if archive.is_file() else sorted(archive.glob("*.jsonl*"))
    for path in files:
        if path.name.endswith(".jsonl.gz"):
            with gzip.open(path) as file:
                yield from (line.strip() for line in file if line.strip())
        elif path.name.endswith(".jsonl"):
            with path.open("rb") as file:
                yield from (line.strip() for line in file if line.strip())
        else:
            sys.exit(f"{path}: this benchmark reads .jsonl and .jsonl.gz")


def synthetic_lines() -> Iterator[bytes]:
    from genrelab.sources.synthetic import synthesize_tracks

    for track, analysis in synthesize_tracks(tracks_per_genre=40):
        head = {"track_id": track.id, "artist": track.artist, "Genre": track.genre}
        yield json.dumps(head)[:-1].encode() + b"," + analysis.to_json()[1:]


def write_list(path: Path, lines: list[bytes], at_least: int = 0) -> int:
    """Write one JSON list of all lines, again and again under new ids up to a size."""
    count = written = 0
    with path.open("wb") as file:
        file.write(b"[")
        while written < at_least or count < len(lines):
            line = lines[count % len(lines)]
            if count >= len(lines):
                new_id = f'"track_id": "copy{count}"'.encode()
                line = re.sub(rb'"track_id":\s*"[^"]*"', new_id, line, count=1)
            written += file.write(b"," * (count > 0) + line)
            count += 1
        file.write(b"]")
    return count


def papers_way(path: Path, target: Path) -> tuple[float, float]:
    """Time the notebooks' way: seconds to arrays, and to a compressed file of them."""
    began = time.perf_counter()
    with path.open() as file:
        tracks = json.load(file)
    arrays = {}
    for number, track in enumerate(tracks):
        timbre, pitches = np.empty(0), np.empty(0)
        for segment in track["segments"][:N_SEGMENTS]:
            timbre = np.append(timbre, segment["timbre"])
            pitches = np.append(pitches, segment["pitches"])
        arrays[f"timbre{number}"] = timbre.reshape(-1, N_VALUES)
        arrays[f"pitches{number}"] = pitches.reshape(-1, N_VALUES)
    reading = time.perf_counter() - began
    np.savez_compressed(target, **arrays)
    return reading, time.perf_counter() - began


def our_way(path: Path, target: Path) -> tuple[int, float, int, int]:
    """Import in a process of its own: tracks, seconds, MB before and at the peak."""
    for old in target.parent.glob(f"{target.name}*"):
        old.unlink()
    result = subprocess.run(
        [sys.executable, "-c", IMPORT, str(path), str(target)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    stored, seconds, before, peak = result.stdout.split()
    return int(stored), float(seconds), int(before) // 1024, int(peak) // 1024


def compare_speed(lines: list[bytes], folder: Path, repeats: int) -> None:
    path = folder / "list.json"
    count = write_list(path, lines)
    print(f"{count} tracks, one JSON list of {path.stat().st_size / 1e6:.0f} MB")
    ratios = []
    for _ in range(repeats):
        reading, theirs = papers_way(path, folder / "arrays.npz")
        _, ours, _, _ = our_way(path, folder / "t.corpus")
        ratios.append((theirs / ours, reading / ours))
        print(
            f"  tracks/s: paper's way {count / theirs:.0f} (arrays alone {count / reading:.0f}), "
            f"ours {count / ours:.0f}; ratio {theirs / ours:.2f} ({reading / ours:.2f})"
        )
    both, ours_alone = (statistics.median(column) for column in zip(*ratios, strict=True))
    print(f"median ratio, writing included on both sides: {both:.2f}")
    print(f"median ratio, writing included on our side alone: {ours_alone:.2f}")


def compare_memory(lines: list[bytes], folder: Path, sizes: list[int]) -> None:
    for wanted in sizes:
        path = folder / "large.json"
        write_list(path, lines, wanted)
        stored, seconds, before, peak = our_way(path, folder / "large.corpus")
        print(
            f"list of {path.stat().st_size / 1e6:6.0f} MB: {stored} tracks in {seconds:.1f} s "
            f"({stored / seconds:.0f} tracks/s), peak memory {peak} MB ({before} MB before)"
        )
        path.unlink()


def main() -> None:
    default = Path(os.environ.get("GENRELAB_DATA", "../shared/data")) / "echonest"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", nargs="?", type=Path, default=default)
    parser.add_argument("--tracks", type=int, default=400, help="of the archive, for the speed")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--large", type=size, default=0, help="also measure memory, e.g. 2GB")
    parser.add_argument("--small", type=size, default=size("200MB"), help="what to set beside it")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.archive.exists():
            lines = list(lines_of(options.archive))[: options.tracks]
        else:
            print(f"no {options.archive}: with synthetic tracks instead")
            lines = list(synthetic_lines())[: options.tracks]
        compare_speed(lines, folder, options.repeats)
        if options.large:
            compare_memory(lines, folder, [options.small, options.large])


if __name__ == "__main__":
    main()
