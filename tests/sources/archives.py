"""Archives: small records with known values, and the files that hold them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import zstandard

GENRES = ("Blues", "Jazz", "Metal", "Rock")


def million_song_id(number: int) -> str:
    return f"TRAAAAA{number:011X}"


def segment(number: int) -> dict[str, Any]:
    return {
        "start": number / 4,
        "duration": 0.25,
        "confidence": 0.5,
        "loudness_start": -20.0,
        "loudness_max": -10.0,
        "loudness_max_time": 0.05,
        "pitches": [i / 12 for i in range(12)],
        "timbre": [float(number + i) for i in range(12)],
    }


def record(number: int, *, segments: int = 3, **changes: Any) -> dict[str, Any]:
    """A Million Song record; ``field=None`` takes a field out."""
    values = {
        "track_id": million_song_id(number),
        "artist": f"Artist {number % 5}",
        "artist_id": f"AR{number % 5}",
        "title": f'Title "{number}" [live] {{x}} \\ é',
        "Genre": GENRES[number % 4],
        "track": {"duration": segments / 4, "tempo": 120.0, "key": 1, "mode": 0, "loudness": -9.0},
        "segments": [segment(i) for i in range(segments)],
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


def as_lines(records: list[Any]) -> bytes:
    return "".join(json.dumps(r) + "\n" for r in records).encode()


def write(path: Path, content: bytes | list[Any] | dict[str, Any]) -> Path:
    """Write bytes, records (a line each in .jsonl, else one list) or an object."""
    lines = ".jsonl" in path.name and isinstance(content, list)
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    raw = as_lines(content) if lines else raw
    if path.suffix == ".gz":
        raw = gzip.compress(raw, mtime=0)
    if path.suffix == ".zst":
        raw = zstandard.ZstdCompressor().compress(raw)
    path.write_bytes(raw)
    return path
