"""Corpus: one SQLite file that keeps tracks, their analyses, and how they came.

Conventions
-----------
Every batch is one durable transaction (WAL, ``synchronous=FULL``): a killed
writer loses nothing committed, and two writers wait for each other. Segment
arrays are little-endian blobs, one column a field: ``start`` and ``duration``
float64, the others float32, ``pitches`` and ``timbre`` row by row.

The journal (``imports``, ``drops``) remembers, for every file or playlist, how
far it was read and what was left out for which reason, in the same transaction
as the tracks themselves.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import msgspec
import numpy as np

from genrelab.errors import CorpusError
from genrelab.music.analysis import Analysis, Dialect, Interval, Section, TrackLevel
from genrelab.music.segments import N_VALUES, SEGMENT_FIELDS, Segments
from genrelab.music.tracks import Origin, Track

FORMAT_VERSION = 1
_APPLICATION_ID = 0x47524C42  # "GRLB", so a corpus is told from any other SQLite file
LOCK_WAIT_S = 30.0

_SCHEMA = """
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

_TRACK_COLUMNS = (
    *("id", "title", "artist", "artist_id", "album", "isrc", "genre", "tags"),
    *("audio_path", "audio_digest", "audio_features", "origin"),
)
_JSON_COLUMNS = ("tags", "audio_features", "origin")


class _Rest(msgspec.Struct):
    """The part of an analysis that is not segments, as it lies in the ``rest`` column."""

    track: TrackLevel
    bars: list[Interval]
    beats: list[Interval]
    tatums: list[Interval]
    sections: list[Section]
    meta: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A journal entry: a file or playlist, and how far it was read.

    ``fingerprint`` tells one version of the item from the next; ``position``
    counts its records that are committed.
    """

    id: int
    item: str
    fingerprint: str
    position: int
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the corpus already holds under an id, and which import brought it."""

    genre: str | None
    has_analysis: bool
    import_id: int | None
    fingerprint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusInfo:
    """Counts over a corpus.

    ``drops`` counts records left out by reason; ``without_artist`` tracks are
    each a group of their own in a split.
    """

    path: str
    format_version: int
    tracks: int
    analyses: int
    segments: int
    genres: Mapping[str, int]
    without_genre: int
    without_artist: int
    without_analysis: int
    artists: int
    dialects: Mapping[str, int]
    analyzers: Mapping[str, int]
    drops: Mapping[str, int]
    unfinished_imports: int
    digest: str


class Corpus:
    """Tracks and analyses in one file.

    Parameters
    ----------
    path : path-like
    mode : {"read", "write"}
        ``write`` creates the file where it is absent.
    lock_wait_s : float
        How long to wait for another writer, in seconds.

    Raises
    ------
    CorpusError
        If the file is absent, no corpus, or of a newer format.

    Examples
    --------
    >>> with Corpus("music.corpus") as corpus:          # doctest: +SKIP
    ...     print(corpus.info().genres)
    """

    def __init__(
        self,
        path: str | Path,
        mode: Literal["read", "write"] = "read",
        *,
        lock_wait_s: float = LOCK_WAIT_S,
    ) -> None:
        self.path = Path(path)
        self._lock_wait_s = lock_wait_s
        if mode == "read" and not self.path.is_file():
            raise CorpusError(f"{self.path}: no such corpus; `genrelab collect` makes one")
        if not self.path.parent.is_dir():
            raise CorpusError(f"{self.path}: its folder does not exist; create it first")
        with self._explained():
            self._db = sqlite3.connect(
                self.path, timeout=lock_wait_s, isolation_level=None, check_same_thread=False
            )
        try:
            with self._explained():
                self._prepare(mode)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, mode: str) -> None:
        application, version = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version")
        )
        has_tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
        if has_tables and application != _APPLICATION_ID:
            raise CorpusError(f"{self.path}: an SQLite file, but no genrelab corpus")
        if version > FORMAT_VERSION:
            raise CorpusError(
                f"{self.path}: corpus format {version} is newer than this genrelab reads "
                f"({FORMAT_VERSION}); upgrade with pip install -U genrelab"
            )
        if mode == "write":
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            if not has_tables:
                self._create()
        elif not has_tables:
            raise CorpusError(f"{self.path}: empty, no genrelab corpus")

    def _create(self) -> None:
        with self.transaction():
            # Another writer may have created it while this one waited for the lock.
            if self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                self._db.execute(f"PRAGMA user_version = {FORMAT_VERSION}")

    def __enter__(self) -> Corpus:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._db.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn SQLite's errors into one sentence each."""
        try:
            yield
        except sqlite3.Error as error:
            raise CorpusError(f"{self.path}: {self._explain(error)}") from error

    def _explain(self, error: sqlite3.Error) -> str:
        name = getattr(error, "sqlite_errorname", "")
        if name == "SQLITE_FULL" or "disk I/O" in str(error):
            return (
                f"the disk is full or failing ({error}); what was stored before is safe: "
                "free some space and run the same command again"
            )
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return (
                f"another process has been writing for {self._lock_wait_s:g} s; "
                "wait for it or end it, then run the same command again"
            )
        if name.startswith("SQLITE_NOTADB"):
            return "not a genrelab corpus (not an SQLite file)"
        if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
            return f"cannot be opened for this ({error}); check the permissions"
        if name.startswith("SQLITE_CORRUPT"):
            return f"damaged ({error}); restore it from a copy, or collect into a new one"
        return f"{error}; `genrelab corpus check` says more"

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything written inside durable at once, or not at all."""
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    # Writing. All of these belong inside a transaction.

    def begin_import(self, source: str, item: str, fingerprint: str) -> Import:
        """Find or make the journal entry of an item.

        An entry whose fingerprint is another belongs to an older version of the
        item: it starts again from the first record.
        """
        known = self.find_import(source, item, fingerprint)
        if known:
            return known
        row = self._db.execute(
            "SELECT id FROM imports WHERE source=? AND item=?", (source, item)
        ).fetchone()
        if row:
            number = int(row[0])
            self._db.execute("DELETE FROM drops WHERE import_id=?", row)
            self._db.execute(
                "UPDATE imports SET fingerprint=?, position=0, complete=0 WHERE id=?",
                (fingerprint, number),
            )
        else:
            cursor = self._db.execute(
                "INSERT INTO imports (source, item, fingerprint) VALUES (?, ?, ?)",
                (source, item, fingerprint),
            )
            number = int(cursor.lastrowid or 0)
        return Import(id=number, item=item, fingerprint=fingerprint, position=0, complete=False)

    def advance_import(self, entry: Import, position: int, *, complete: bool = False) -> None:
        """Note that the records up to ``position`` have been dealt with."""
        self._db.execute(
            "UPDATE imports SET position=?, complete=? WHERE id=?", (position, complete, entry.id)
        )

    def drop(
        self, entry: Import, position: int, track_id: str | None, reason: str, detail: str
    ) -> None:
        """Record that a record was left out, and why."""
        self._db.execute(
            "INSERT OR REPLACE INTO drops VALUES (?, ?, ?, ?, ?)",
            (entry.id, position, track_id, reason, detail),
        )

    def put(
        self, track: Track, analysis: Analysis | None = None, entry: Import | None = None
    ) -> None:
        """Store a track, replacing what stood under its id; an analysis is kept unless given."""
        values = asdict(track)
        for name in _JSON_COLUMNS:
            if values[name] is not None:
                values[name] = msgspec.json.encode(values[name]).decode()
        row = [values[name] for name in _TRACK_COLUMNS]
        row += [entry.id, entry.fingerprint] if entry else [None, None]
        names = (*_TRACK_COLUMNS, "import_id", "fingerprint")
        updates = ", ".join(f"{name}=excluded.{name}" for name in names[1:])
        self._db.execute(
            f"INSERT INTO tracks ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) "
            f"ON CONFLICT (id) DO UPDATE SET {updates}",
            row,
        )
        if analysis is not None:
            self._put_analysis(track.id, analysis)

    def _put_analysis(self, track_id: str, analysis: Analysis) -> None:
        rest = _Rest(
            track=analysis.track,
            bars=list(analysis.bars),
            beats=list(analysis.beats),
            tatums=list(analysis.tatums),
            sections=list(analysis.sections),
            meta=analysis.meta,
        )
        blobs = [_blob(getattr(analysis.segments, name), name) for name in SEGMENT_FIELDS]
        columns = ("track_id", "analyzer", "dialect", "n_segments", "rest", *SEGMENT_FIELDS)
        self._db.execute(
            f"INSERT OR REPLACE INTO analyses ({', '.join(columns)}) "
            f"VALUES ({', '.join('?' * len(columns))})",
            (
                track_id,
                analysis.analyzer,
                analysis.dialect,
                len(analysis.segments),
                msgspec.json.encode(rest).decode(),
                *blobs,
            ),
        )

    def complete(self, track: Track, analysis: Analysis | None, entry: Import) -> None:
        """Fill in what the track stored under this id lacks; what it has stays."""
        values = asdict(track)
        fields = ("title", "artist", "artist_id", "album", "isrc", "genre", "audio_path",
                  "audio_digest", "audio_features")  # fmt: skip
        if values["audio_features"] is not None:
            values["audio_features"] = msgspec.json.encode(values["audio_features"]).decode()
        filled = ", ".join(f"{name}=coalesce({name}, ?)" for name in fields)
        self._db.execute(
            f"UPDATE tracks SET {filled}, import_id=?, fingerprint=? WHERE id=?",
            [*(values[name] for name in fields), entry.id, entry.fingerprint, track.id],
        )
        if analysis is not None:
            self._put_analysis(track.id, analysis)

    def remove(self, track_id: str) -> bool:
        """Take a track and its analysis out; tell whether there was one."""
        self._db.execute("DELETE FROM analyses WHERE track_id=?", (track_id,))
        return self._db.execute("DELETE FROM tracks WHERE id=?", (track_id,)).rowcount > 0

    # Reading.

    def find_import(self, source: str, item: str, fingerprint: str) -> Import | None:
        """Find the journal entry of this version of an item."""
        with self._explained():
            row = self._db.execute(
                "SELECT id, position, complete FROM imports "
                "WHERE source=? AND item=? AND fingerprint=?",
                (source, item, fingerprint),
            ).fetchone()
        if row is None:
            return None
        return Import(
            id=row[0], item=item, fingerprint=fingerprint, position=row[1], complete=bool(row[2])
        )

    def dropped_details(self, entry: Import, reason: str) -> Iterator[str]:
        """Yield why records of an item were left out for this reason, in their order."""
        with self._explained():
            rows = self._db.execute(
                "SELECT detail FROM drops WHERE import_id=? AND reason=? ORDER BY position",
                (entry.id, reason),
            )
            yield from (detail for (detail,) in rows)

    def stored(self, track_id: str) -> Stored | None:
        """Tell what stands under an id, None if nothing does."""
        row = self._db.execute(
            "SELECT genre, import_id, fingerprint, "
            "EXISTS (SELECT 1 FROM analyses WHERE track_id = tracks.id) FROM tracks WHERE id=?",
            (track_id,),
        ).fetchone()
        if row is None:
            return None
        return Stored(genre=row[0], import_id=row[1], fingerprint=row[2], has_analysis=bool(row[3]))

    def dropped_reasons(self, track_id: str) -> set[str]:
        """Name the reasons for which records of this id were left out."""
        rows = self._db.execute("SELECT DISTINCT reason FROM drops WHERE track_id=?", (track_id,))
        return {reason for (reason,) in rows}

    def drops(self) -> Iterator[tuple[str, int, str | None, str, str]]:
        """Yield (item, position, track id, reason, detail) of every record left out."""
        with self._explained():
            yield from self._db.execute(
                "SELECT item, drops.position, track_id, reason, detail "
                "FROM drops JOIN imports ON imports.id = import_id ORDER BY item, drops.position"
            )

    def track_count(self) -> int:
        """Count the tracks."""
        with self._explained():
            return self._number("SELECT count(*) FROM tracks")

    def tracks(self) -> Iterator[Track]:
        """Yield every track, ordered by id."""
        query = f"SELECT {', '.join(_TRACK_COLUMNS)} FROM tracks ORDER BY id"
        with self._explained():
            for row in self._db.execute(query):
                yield _track_from_row(row)

    def segment_counts(self) -> dict[str, int]:
        """Map the id of every analyzed track to its number of segments."""
        with self._explained():
            return dict(self._db.execute("SELECT track_id, n_segments FROM analyses"))

    def dialects(self) -> dict[str, Dialect]:
        """Map the id of every analyzed track to its analysis' dialect."""
        with self._explained():
            return dict(self._db.execute("SELECT track_id, dialect FROM analyses"))

    def segments(self, track_ids: Iterable[str]) -> Iterator[tuple[str, Segments]]:
        """Yield (id, segments) of tracks, in the order given, one in memory at a time."""
        query = f"SELECT {', '.join(SEGMENT_FIELDS)} FROM analyses WHERE track_id=?"
        with self._explained():
            for track_id in track_ids:
                row = self._db.execute(query, (track_id,)).fetchone()
                if row is None:
                    raise CorpusError(f"{self.path}: {track_id} has no analysis")
                yield track_id, _segments_from_row(row)

    def analysis(self, track_id: str) -> Analysis | None:
        """Read one analysis whole, None where the track has none."""
        query = (
            f"SELECT analyzer, dialect, rest, {', '.join(SEGMENT_FIELDS)} "
            "FROM analyses WHERE track_id=?"
        )
        with self._explained():
            row = self._db.execute(query, (track_id,)).fetchone()
        if row is None:
            return None
        rest = msgspec.json.decode(row[2], type=_Rest)
        return Analysis(
            analyzer=row[0],
            dialect=row[1],
            segments=_segments_from_row(row[3:]),
            track=rest.track,
            bars=rest.bars,
            beats=rest.beats,
            tatums=rest.tatums,
            sections=rest.sections,
            meta=rest.meta,
        )

    def info(self) -> CorpusInfo:
        """Count what the corpus holds."""
        with self._explained():
            return CorpusInfo(
                path=str(self.path),
                format_version=FORMAT_VERSION,
                tracks=self._number("SELECT count(*) FROM tracks"),
                analyses=self._number("SELECT count(*) FROM analyses"),
                segments=self._number("SELECT coalesce(sum(n_segments), 0) FROM analyses"),
                genres=self._counts("genre", "tracks WHERE genre IS NOT NULL"),
                without_genre=self._number("SELECT count(*) FROM tracks WHERE genre IS NULL"),
                without_artist=self._number(
                    "SELECT count(*) FROM tracks WHERE artist IS NULL AND artist_id IS NULL"
                ),
                without_analysis=self._number(
                    "SELECT count(*) FROM tracks WHERE id NOT IN (SELECT track_id FROM analyses)"
                ),
                artists=self._number(
                    "SELECT count(DISTINCT coalesce(artist_id, artist)) FROM tracks"
                ),
                dialects=self._counts("dialect", "analyses"),
                analyzers=self._counts("analyzer", "analyses"),
                drops=self._counts("reason", "drops"),
                unfinished_imports=self._number("SELECT count(*) FROM imports WHERE NOT complete"),
                digest=self.digest(),
            )

    def _number(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])

    def _counts(self, column: str, table: str) -> dict[str, int]:
        query = f"SELECT {column}, count(*) FROM {table} GROUP BY 1 ORDER BY 2 DESC, 1"
        return dict(self._db.execute(query))

    def digest(self) -> str:
        """SHA-256 over the content: tracks, analyses and what was left out.

        Two corpora of the same content have the same digest, however often
        their imports were interrupted.
        """
        content = hashlib.sha256()
        columns = ", ".join(("analyzer", "dialect", "rest", *SEGMENT_FIELDS))
        queries = (
            f"SELECT {', '.join(_TRACK_COLUMNS)} FROM tracks ORDER BY id",
            f"SELECT track_id, {columns} FROM analyses ORDER BY track_id",
        )
        with self._explained():
            rows = chain.from_iterable(self._db.execute(query) for query in queries)
            for value in chain.from_iterable(rows):
                raw = value if isinstance(value, bytes) else str(value).encode()
                content.update(len(raw).to_bytes(8, "little") + raw)
        # Of an item only the name counts, so that content may move to another folder.
        for drop in sorted(repr((Path(item).name, *rest)) for item, *rest in self.drops()):
            content.update(drop.encode())
        return content.hexdigest()

    def check(self) -> list[str]:
        """Look for damage; an empty list means none was found."""
        with self._explained():
            found = [
                f"{self.path}: {line}"
                for (line,) in self._db.execute("PRAGMA integrity_check")
                if line != "ok"
            ]
            for (orphan,) in self._db.execute(
                "SELECT track_id FROM analyses WHERE track_id NOT IN (SELECT id FROM tracks)"
            ):
                found.append(f"{self.path}: an analysis of {orphan}, which is no track")
            for track in self._db.execute("SELECT id FROM tracks ORDER BY id").fetchall():
                try:
                    analysis = self.analysis(track[0])
                    if analysis is not None and len(analysis.segments) == 0:
                        found.append(f"{self.path}: {track[0]} has an analysis without segments")
                except (ValueError, CorpusError, msgspec.MsgspecError) as error:
                    found.append(f"{self.path}: the analysis of {track[0]} is damaged ({error})")
        return found


def _track_from_row(row: tuple[Any, ...]) -> Track:
    values = dict(zip(_TRACK_COLUMNS, row, strict=True))
    for name in _JSON_COLUMNS:
        if values[name] is not None:
            values[name] = msgspec.json.decode(values[name])
    values["origin"] = Origin(**values["origin"])
    return Track(**values)


def _dtype(name: str) -> np.dtype[Any]:
    return np.dtype("<f8" if name in ("start", "duration") else "<f4")


def _blob(values: Any, name: str) -> bytes:
    return np.ascontiguousarray(values, dtype=_dtype(name)).tobytes()


def _segments_from_row(row: tuple[bytes, ...]) -> Segments:
    arrays = {
        name: np.frombuffer(raw, dtype=_dtype(name))
        for name, raw in zip(SEGMENT_FIELDS, row, strict=True)
    }
    for name in ("pitches", "timbre"):
        arrays[name] = arrays[name].reshape(-1, N_VALUES)
    return Segments(**arrays)
