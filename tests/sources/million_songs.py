"""Million songs: HDF5 files in the dataset's layout, with known values."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from tests.sources.archives import million_song_id

N = 4


def _row(**values: Any) -> np.ndarray:
    kinds = {bytes: "S64", int: "<i4", float: "<f8"}
    dtype = [(name, kinds[type(value)]) for name, value in values.items()]
    return np.array([tuple(values.values())], dtype=dtype)


def contents(number: int) -> dict[str, Any]:
    starts = np.arange(N) / 2
    return {
        "analysis/songs": _row(
            track_id=million_song_id(number).encode(), duration=2.25, tempo=120.5, key=3, mode=1,
            loudness=-7.5, time_signature=4, end_of_fade_in=0.1, key_confidence=0.5,
        ),
        "metadata/songs": _row(
            title="Título".encode(), artist_name=b"Artist", artist_id=b"AR1", release=b"Album"
        ),
        "musicbrainz/songs": _row(year=1999),
        "metadata/artist_terms": np.array([b"blues", b"rock"]),
        "metadata/artist_terms_weight": np.array([1.0, 0.5]),
        **{f"analysis/{name}_start": starts for name in ("bars", "beats", "tatums", "sections")},
        **{f"analysis/{name}_confidence": starts / 2 for name in ("bars", "beats", "tatums")},
        "analysis/segments_start": starts,
        "analysis/segments_confidence": np.full(N, 0.5),
        **{
            f"analysis/segments_loudness_{name}": np.full(N, -9.0)
            for name in ("start", "max", "max_time")
        },
        "analysis/segments_timbre": np.arange(N * 12.0).reshape(N, 12),
        "analysis/segments_pitches": np.full((N, 12), 0.25),
    }  # fmt: skip


def write_million_song(
    folder: Path, number: int, *, without: Collection[str] = (), **changes: Any
) -> Path:
    """Write a file into its A/B/C folder; ``without`` names datasets to leave out."""
    name = million_song_id(number)
    path = folder / name[2] / name[3] / name[4] / f"{name}.h5"
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for dataset, values in {**contents(number), **changes}.items():
            if dataset not in without:
                file[dataset] = values
    return path
