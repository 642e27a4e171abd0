"""Parquet: a corpus as columns, for DuckDB, Polars, Spark and Ray.

Conventions
-----------
Five files: ``tracks`` and ``analyses`` have a row a track, ``segments`` a row a
segment (``timbre`` and ``pitches`` are lists of exactly 12), ``intervals`` a row
a bar, beat or tatum, ``sections`` a row a section. All join on ``track_id``.
They are written beside their final names and renamed when complete.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, fields
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from genrelab.errors import CorpusError, MissingExtraError
from genrelab.music.analysis import Analysis, Section, TrackLevel
from genrelab.music.corpus import Corpus
from genrelab.music.file_names import readable
from genrelab.music.segments import N_VALUES, SEGMENT_FIELDS
from genrelab.music.tracks import Track
from genrelab.progress import Progress, silent

TABLES = ("tracks", "analyses", "segments", "intervals", "sections")
BATCH_TRACKS = 256  # a row group holds the segments of as many tracks
_TEXTS = ("id", "title", "artist", "artist_id", "album", "isrc", "genre", "tags", "audio_path",
          "audio_digest", "audio_features", "origin")  # fmt: skip
_KINDS = (("bar", "bars"), ("beat", "beats"), ("tatum", "tatums"))


def export_parquet(
    corpus: Corpus, folder: str | Path, progress: Progress = silent
) -> dict[str, int]:
    """Write a corpus as Parquet files.

    Parameters
    ----------
    corpus : Corpus
    folder : path-like
        Made where it is absent; files of an earlier export are replaced.
    progress : Progress
        Told the tracks that are done.

    Returns
    -------
    dict
        Rows by table.

    Raises
    ------
    MissingExtraError
        If pyarrow is not installed.
    CorpusError
        If the folder cannot be written.
    """
    try:
        arrow: Any = importlib.import_module("pyarrow")
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingExtraError("exporting Parquet", "parquet") from error
    folder = Path(folder)
    partial = {name: folder / f".{name}.parquet.{os.getpid()}" for name in TABLES}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        rows = _write(corpus, arrow, parquet, partial, progress)
        for name, path in partial.items():
            path.replace(folder / f"{name}.parquet")
    except OSError as error:
        raise CorpusError(
            f"{folder}: cannot be written ({error.strerror or error}); choose another folder "
            "or free some space"
        ) from error
    finally:
        for path in partial.values():
            with suppress(OSError):  # mostly: they were renamed
                path.unlink()
    return rows


def _write(
    corpus: Corpus, arrow: Any, parquet: Any, paths: Mapping[str, Path], progress: Progress
) -> dict[str, int]:
    schemas = _schemas(arrow)
    rows = dict.fromkeys(TABLES, 0)
    total = corpus.track_count()
    done = 0
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(
                parquet.ParquetWriter(paths[name], schemas[name], compression="zstd")
            )
            for name in TABLES
        }
        for batch in _batches(corpus):
            for name, columns in _columns(batch, arrow).items():
                table = arrow.table(columns, schema=schemas[name])
                rows[name] += table.num_rows
                if table.num_rows:
                    writers[name].write_table(table)
            done += len(batch)
            progress("exporting", done, total)
    return rows


def _batches(corpus: Corpus) -> Iterator[list[tuple[Track, Analysis | None]]]:
    batch: list[tuple[Track, Analysis | None]] = []
    for track in corpus.tracks():
        batch.append((track, corpus.analysis(track.id)))
        if len(batch) == BATCH_TRACKS:
            yield batch
            batch = []
    if batch:
        yield batch


def _schemas(arrow: Any) -> dict[str, Any]:
    text, real, whole = arrow.string(), arrow.float64(), arrow.int64()
    twelve = arrow.list_(arrow.float32(), N_VALUES)
    kinds = {"start": real, "duration": real, "pitches": twelve, "timbre": twelve}
    interval = [("start", real), ("duration", real), ("confidence", real)]
    return {
        "tracks": arrow.schema([("track_id" if n == "id" else n, text) for n in _TEXTS]),
        "analyses": arrow.schema(
            [("track_id", text), ("analyzer", text), ("dialect", text), ("n_segments", whole)]
            + [(name, _kind(arrow, kind)) for name, kind in _level_kinds(TrackLevel)]
        ),
        "segments": arrow.schema(
            [("track_id", text), ("segment", arrow.int32())]
            + [(name, kinds.get(name, arrow.float32())) for name in SEGMENT_FIELDS]
        ),
        "intervals": arrow.schema([("track_id", text), ("kind", text), *interval]),
        "sections": arrow.schema(
            [("track_id", text)]
            + [(name, _kind(arrow, kind)) for name, kind in _level_kinds(Section)]
        ),
    }


def _level_kinds(form: type[Any]) -> list[tuple[str, str]]:
    """Name the fields of a dataclass and the type of each ("int", "float" or "str")."""
    return [(f.name, str(f.type).partition(" ")[0]) for f in fields(form)]


def _kind(arrow: Any, kind: str) -> Any:
    return {"int": arrow.int64(), "float": arrow.float64(), "str": arrow.string()}[kind]


def _columns(batch: list[tuple[Track, Analysis | None]], arrow: Any) -> dict[str, Any]:
    tracks = [_track_row(track) for track, _ in batch]
    analyzed = [(track.id, analysis) for track, analysis in batch if analysis is not None]
    return {
        "tracks": _by_name(tracks, ["track_id" if n == "id" else n for n in _TEXTS]),
        "analyses": _by_name(
            [_analysis_row(name, analysis) for name, analysis in analyzed],
            [*("track_id", "analyzer", "dialect", "n_segments"), *_names(TrackLevel)],
        ),
        "segments": _segment_columns(analyzed, arrow),
        "intervals": _by_name(
            [
                {"track_id": name, "kind": kind, **asdict(part)}
                for name, analysis in analyzed
                for kind, field in _KINDS
                for part in getattr(analysis, field)
            ],
            ["track_id", "kind", "start", "duration", "confidence"],
        ),
        "sections": _by_name(
            [
                {"track_id": name, **asdict(section)}
                for name, analysis in analyzed
                for section in analysis.sections
            ],
            ["track_id", *_names(Section)],
        ),
    }


def _names(form: type[Any]) -> list[str]:
    return [f.name for f in fields(form)]


def _by_name(rows: list[dict[str, Any]], names: list[str]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in names}


def _track_row(track: Track) -> dict[str, Any]:
    values = asdict(track)
    for name in ("tags", "audio_features", "origin"):
        if values[name] is not None:
            values[name] = msgspec.json.encode(values[name]).decode()
    values["track_id"] = values.pop("id")
    values["audio_path"] = track.audio_path and readable(track.audio_path)
    return values


def _analysis_row(track_id: str, analysis: Analysis) -> dict[str, Any]:
    return {
        "track_id": track_id,
        "analyzer": analysis.analyzer,
        "dialect": analysis.dialect,
        "n_segments": len(analysis.segments),
        **asdict(analysis.track),
    }


def _segment_columns(analyzed: list[tuple[str, Analysis]], arrow: Any) -> dict[str, Any]:
    lengths = [len(analysis.segments) for _, analysis in analyzed]
    columns: dict[str, Any] = {
        "track_id": np.repeat(np.array([name for name, _ in analyzed], dtype=object), lengths),
        "segment": np.fromiter(chain.from_iterable(map(range, lengths)), np.int32),
    }
    for field in SEGMENT_FIELDS:
        arrays = [getattr(analysis.segments, field) for _, analysis in analyzed]
        values = np.concatenate(arrays) if arrays else np.zeros(0)
        if field in ("pitches", "timbre"):
            flat = arrow.array(values.ravel(), type=arrow.float32())
            columns[field] = arrow.FixedSizeListArray.from_arrays(flat, N_VALUES)
        else:
            columns[field] = arrow.array(values, from_pandas=True)  # NaN: no value
    return columns
