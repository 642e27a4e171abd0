"""Corpus rows: the tables of a corpus, and how tracks and analyses become their rows.

Conventions
-----------
Segment arrays are little-endian blobs, one column a field: ``start`` and
``duration`` float64, the others float32, ``pitches`` and ``timbre`` row by row.
What is no array and no column of its own is JSON. ``audio_path`` is a blob where it is
no UTF-8 (see `genrelab.music.file_names`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from genrelab.music.analysis import Analysis, Interval, Section, TrackLevel
from genrelab.music.file_names import name_from_stored, stored_name
from genrelab.music.segments import N_VALUES, SEGMENT_FIELDS, Segments
from genrelab.music.tracks import Origin, Track

TRACK_INDEXES = (
    "CREATE INDEX IF NOT EXISTS tracks_by_import ON tracks (import_id)",
    "CREATE INDEX IF NOT EXISTS tracks_by_digest ON tracks (audio_digest)",
)
SCHEMA = """
CREATE TABLE imports (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL, item TEXT NOT NULL, fingerprint TEXT NOT NULL,
    position INTEGER NOT NULL DEFAULT 0, complete INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, item)
);
CREATE TABLE drops (
    import_id INTEGER NOT NULL REFERENCES imports, position INTEGER NOT NULL,
    track_id TEXT, reason TEXT NOT NULL, detail TEXT NOT NULL,
    PRIMARY KEY (import_id, position)
);
CREATE INDEX drops_by_track ON drops (track_id);
CREATE TABLE tracks (
    id TEXT PRIMARY KEY,
    title TEXT, artist TEXT, artist_id TEXT, album TEXT, isrc TEXT, genre TEXT,
    tags TEXT NOT NULL, audio_path TEXT, audio_digest TEXT, audio_features TEXT,
    origin TEXT NOT NULL,
    import_id INTEGER REFERENCES imports, fingerprint TEXT
);
CREATE TABLE analyses (
    track_id TEXT PRIMARY KEY REFERENCES tracks ON DELETE CASCADE,
    analyzer TEXT NOT NULL, dialect TEXT NOT NULL, n_segments INTEGER NOT NULL,
    rest TEXT NOT NULL,
    start BLOB NOT NULL, duration BLOB NOT NULL, confidence BLOB NOT NULL,
    loudness_start BLOB NOT NULL, loudness_max BLOB NOT NULL,
    loudness_max_time BLOB NOT NULL, loudness_end BLOB NOT NULL,
    pitches BLOB NOT NULL, timbre BLOB NOT NULL
);
"""

TRACK_COLUMNS = (
    *("id", "title", "artist", "artist_id", "album", "isrc", "genre", "tags"),
    *("audio_path", "audio_digest", "audio_features", "origin"),
)
_JSON_COLUMNS = ("tags", "audio_features", "origin")
ANALYSIS_COLUMNS = ("analyzer", "dialect", "n_segments", "rest", *SEGMENT_FIELDS)


class _Rest(msgspec.Struct):
    """The part of an analysis that is not segments, as it lies in the ``rest`` column."""

    track: TrackLevel
    bars: list[Interval]
    beats: list[Interval]
    tatums: list[Interval]
    sections: list[Section]
    meta: dict[str, Any]


def row_from_track(track: Track) -> dict[str, Any]:
    """Return a track's values by column, those that are no text as JSON."""
    values = {name: getattr(track, name) for name in TRACK_COLUMNS}
    for name in _JSON_COLUMNS:
        if values[name] is not None:
            values[name] = msgspec.json.encode(values[name]).decode()
    values["audio_path"] = stored_name(values["audio_path"])
    return values


def row_from_analysis(analysis: Analysis) -> dict[str, Any]:
    """Return an analysis' values by column."""
    rest = _Rest(
        track=analysis.track,
        bars=list(analysis.bars),
        beats=list(analysis.beats),
        tatums=list(analysis.tatums),
        sections=list(analysis.sections),
        meta=analysis.meta,
    )
    return {
        "analyzer": analysis.analyzer,
        "dialect": analysis.dialect,
        "n_segments": len(analysis.segments),
        "rest": msgspec.json.encode(rest).decode(),
        **{name: _blob(getattr(analysis.segments, name), name) for name in SEGMENT_FIELDS},
    }


def analysis_from_row(row: Sequence[Any]) -> Analysis:
    """Read a row of `ANALYSIS_COLUMNS`."""
    analyzer, dialect, _, rest, *blobs = row
    parts = msgspec.json.decode(rest, type=_Rest)
    return Analysis(
        analyzer=analyzer,
        dialect=dialect,
        segments=segments_from_row(blobs),
        track=parts.track,
        bars=parts.bars,
        beats=parts.beats,
        tatums=parts.tatums,
        sections=parts.sections,
        meta=parts.meta,
    )


def track_from_row(row: Sequence[Any]) -> Track:
    """Read a row of `TRACK_COLUMNS`."""
    values = dict(zip(TRACK_COLUMNS, row, strict=True))
    for name in _JSON_COLUMNS:
        if values[name] is not None:
            values[name] = msgspec.json.decode(values[name])
    values["origin"] = Origin(**values["origin"])
    values["audio_path"] = name_from_stored(values["audio_path"])
    return Track(**values)


def _dtype(name: str) -> np.dtype[Any]:
    return np.dtype("<f8" if name in ("start", "duration") else "<f4")


def _blob(values: Any, name: str) -> bytes:
    return np.ascontiguousarray(values, dtype=_dtype(name)).tobytes()


def segments_from_row(row: Sequence[bytes]) -> Segments:
    """Read a row of blobs, one a segment field."""
    arrays = {
        name: np.frombuffer(raw, dtype=_dtype(name))
        for name, raw in zip(SEGMENT_FIELDS, row, strict=True)
    }
    for name in ("pitches", "timbre"):
        arrays[name] = arrays[name].reshape(-1, N_VALUES)
    return Segments(**arrays)
