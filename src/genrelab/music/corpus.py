"""Corpus: one SQLite file that keeps tracks, their analyses, and how they came.

Conventions
-----------
Every batch is one durable transaction (WAL, ``synchronous=FULL``): a killed
writer loses nothing committed, and two writers wait for each other. See
`genrelab.music.corpus_rows` for the tables.

The journal (``imports``, ``drops``) remembers, for every file or playlist, how
far it was read and what was left out for which reason, in the same transaction
as the tracks themselves.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

import msgspec

from genrelab.errors import CorpusError, DataError
from genrelab.music.analysis import Analysis, Dialect
from genrelab.music.corpus_rows import (
    ANALYSIS_COLUMNS,
    SCHEMA,
    TRACK_COLUMNS,
    TRACK_INDEXES,
    analysis_from_row,
    row_from_analysis,
    row_from_track,
    segments_from_row,
    track_from_row,
)
from genrelab.music.fetched import FETCHED_TABLE, Fetched
from genrelab.music.file_names import name_from_stored
from genrelab.music.journal import Import, Journal
from genrelab.music.links import CAME_AS_RECORDING, Links
from genrelab.music.segments import SEGMENT_FIELDS, Segments
from genrelab.music.tracks import Track
from genrelab.progress import Progress, silent

FORMAT_VERSION = 1
_APPLICATION_ID = 0x47524C42  # "GRLB", so a corpus is told from any other SQLite file
LOCK_WAIT_S = 30.0
_KEPT_WITHOUT = {  # what a newer record takes from a track only if it brings this
    "audio_path": "audio_path",
    "audio_digest": "audio_path",
    "audio_features": "audio_features",
}
_ASK_AGAIN_S = 0.01
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the corpus already holds under an id, and which import brought it."""

    genre: str | None
    has_analysis: bool
    audio_path: str | None
    audio_digest: str | None
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
        self._analysis_digests: dict[str, bytes] = {}  # dozens of experiments ask for the same
        if self.path.is_dir():
            raise CorpusError(f"{self.path}: a folder; expected a .corpus file")
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
            self.journal = Journal(self._db, self._explained)
            self.links = Links(self._db, self._explained)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, mode: str) -> None:
        application, version, has_tables = self._patiently(self._read_identity)
        if has_tables and application != _APPLICATION_ID:
            raise CorpusError(f"{self.path}: an SQLite file, but no genrelab corpus")
        if version > FORMAT_VERSION:
            raise CorpusError(
                f"{self.path}: corpus format {version} is newer than this genrelab reads "
                f"({FORMAT_VERSION}); upgrade with pip install -U genrelab"
            )
        if mode == "write":
            self._patiently(lambda: self._db.execute("PRAGMA journal_mode = WAL"))
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            if not has_tables:
                self._create()
            for statement in (*TRACK_INDEXES, FETCHED_TABLE):  # older corpora lack them
                self._db.execute(statement)
        elif not has_tables:
            raise CorpusError(f"{self.path}: empty, no genrelab corpus")

    def _read_identity(self) -> tuple[int, int, bool]:
        """Read application, version and whether there are tables, all at one moment."""
        self._db.execute("BEGIN")
        try:
            tables = self._number("SELECT count(*) FROM sqlite_master")
            application, version = (
                self._number(f"PRAGMA {name}") for name in ("application_id", "user_version")
            )
        finally:
            self._db.execute("ROLLBACK")
        return application, version, tables > 0

    def _patiently(self, ask: Callable[[], _T]) -> _T:
        """Ask again while another process creates the file: SQLite itself does not wait then."""
        deadline = time.monotonic() + self._lock_wait_s
        while True:
            try:
                return ask()
            except sqlite3.OperationalError as error:
                busy = getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")
                if not busy or time.monotonic() > deadline:
                    raise
                time.sleep(_ASK_AGAIN_S)

    def _create(self) -> None:
        with self.transaction():
            # Another writer may have created it while this one waited for the lock.
            if self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                for statement in SCHEMA.split(";"):
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
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    # Writing. All of these belong inside a transaction.

    def put(
        self, track: Track, analysis: Analysis | None = None, entry: Import | None = None
    ) -> None:
        """Store a track, replacing what stood under its id.

        An analysis is kept unless another is given, or the recording has changed; a
        recording that is linked to it (`genrelab.music.links`) unless it comes with its own,
        and audio features unless it comes with others.
        """
        self._db.execute(
            "DELETE FROM analyses WHERE track_id IN "
            "(SELECT id FROM tracks WHERE id=? AND audio_digest<>?)",
            (track.id, track.audio_digest),
        )
        row = [*row_from_track(track).values()]
        row += [entry.id, entry.fingerprint] if entry else [None, None]
        names = (*TRACK_COLUMNS, "import_id", "fingerprint")
        updates = ", ".join(
            f"{name}=iif(excluded.{of} IS NULL, {name}, excluded.{name})"
            if (of := _KEPT_WITHOUT.get(name))
            else f"{name}=excluded.{name}"
            for name in names[1:]
        )
        self._db.execute(
            f"INSERT INTO tracks ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) "
            f"ON CONFLICT (id) DO UPDATE SET {updates}",
            row,
        )
        if analysis is not None:
            self.put_analysis(track.id, analysis)

    def put_analysis(self, track_id: str, analysis: Analysis) -> None:
        """Store the analysis of a track that is there, replacing the one it has."""
        self._analysis_digests.pop(track_id, None)
        row = {"track_id": track_id, **row_from_analysis(analysis)}
        self._db.execute(
            f"INSERT OR REPLACE INTO analyses ({', '.join(row)}) "
            f"VALUES ({', '.join('?' * len(row))})",
            [*row.values()],
        )

    def put_audio_features(self, track_id: str, features: Mapping[str, Any]) -> None:
        """Store the track-level values of a track, replacing those it has."""
        self._db.execute(
            "UPDATE tracks SET audio_features=? WHERE id=?",
            (msgspec.json.encode(features).decode(), track_id),
        )

    def complete(self, track: Track, analysis: Analysis | None, entry: Import) -> None:
        """Fill in what the track stored under this id lacks; what it has stays."""
        values = row_from_track(track)
        fields = [name for name in TRACK_COLUMNS if name not in ("id", "tags", "origin")]
        filled = ", ".join(f"{name}=coalesce({name}, ?)" for name in fields)
        self._db.execute(
            f"UPDATE tracks SET {filled}, import_id=?, fingerprint=? WHERE id=?",
            [*(values[name] for name in fields), entry.id, entry.fingerprint, track.id],
        )
        if analysis is not None:
            self.put_analysis(track.id, analysis)

    def remove_outdated(self, entry: Import) -> int:
        """Take out tracks that an older version of an item had and this one has not.

        Other items that have them too are read again when their source is collected next.
        """
        outdated = self._db.execute(
            "SELECT id FROM tracks WHERE import_id=? AND fingerprint<>?",
            (entry.id, entry.fingerprint),
        ).fetchall()
        for (track_id,) in outdated:
            self.remove(track_id)
            self.journal.reopen(track_id)
        return len(outdated)

    def replace(self, track_id: str, track: Track, entry: Import) -> None:
        """Store a track in another's place, under its own id; the analysis goes along."""
        self.put(track, None, entry)
        self._db.execute("UPDATE analyses SET track_id=? WHERE track_id=?", (track.id, track_id))
        self.remove(track_id)

    def remove(self, track_id: str) -> bool:
        """Take a track and its analysis out; tell whether there was one."""
        self._db.execute("DELETE FROM analyses WHERE track_id=?", (track_id,))
        return self._db.execute("DELETE FROM tracks WHERE id=?", (track_id,)).rowcount > 0

    # Reading.

    def fetched(self, source: str) -> Fetched:
        """Return what the corpus keeps of the answers of a source's server."""
        return Fetched(self._db, self._explained, source)

    def stored(self, track_id: str) -> Stored | None:
        """Tell what stands under an id, None if nothing does."""
        row = self._db.execute(
            "SELECT genre, import_id, fingerprint, audio_path, audio_digest, "
            "EXISTS (SELECT 1 FROM analyses WHERE track_id = tracks.id) FROM tracks WHERE id=?",
            (track_id,),
        ).fetchone()
        if row is None:
            return None
        return Stored(
            genre=row[0],
            import_id=row[1],
            fingerprint=row[2],
            audio_path=name_from_stored(row[3]),
            audio_digest=row[4],
            has_analysis=bool(row[5]),
        )

    def with_content(self, audio_digest: str) -> list[str]:
        """Name the tracks that came as recordings of this content, ordered by id."""
        query = f"SELECT id FROM tracks WHERE audio_digest=? AND {CAME_AS_RECORDING} ORDER BY id"
        return [track_id for (track_id,) in self._db.execute(query, (audio_digest,))]

    def audio_file(self, audio_path: str) -> Path:
        """Tell where a recording lies: a path that is not absolute counts from this folder."""
        return self.path.absolute().parent / audio_path

    def state(self) -> tuple[int, int]:
        """Return what differs once this connection or another has written to the corpus."""
        with self._explained():
            return self._number("PRAGMA data_version"), self._db.total_changes

    def track_count(self) -> int:
        """Count the tracks."""
        with self._explained():
            return self._number("SELECT count(*) FROM tracks")

    def tracks(self) -> Iterator[Track]:
        """Yield every track, ordered by id."""
        query = f"SELECT {', '.join(TRACK_COLUMNS)} FROM tracks ORDER BY id"
        with self._explained():
            for row in self._db.execute(query):
                yield track_from_row(row)

    def without_analysis(self, source: str) -> list[str]:
        """Name the tracks whose ids are a source's and that have no analysis, ordered by id."""
        return self._ids_lacking("NOT EXISTS (SELECT 1 FROM analyses WHERE track_id=id)", source)

    def without_audio_features(self, source: str) -> list[str]:
        """Name the tracks whose ids are a source's and that lack track-level values."""
        return self._ids_lacking("audio_features IS NULL", source)

    def _ids_lacking(self, lack: str, source: str) -> list[str]:
        query = f"SELECT id FROM tracks WHERE substr(id, 1, ?) = ? AND {lack} ORDER BY id"
        prefix = f"{source}-"
        with self._explained():
            return [name for (name,) in self._db.execute(query, (len(prefix), prefix))]

    def genre_counts(self) -> dict[str, int]:
        """Map every genre to its number of tracks, the largest first."""
        with self._explained():
            return self._counts("genre", "tracks WHERE genre IS NOT NULL")

    def segment_counts(self) -> dict[str, int]:
        """Map the id of every analyzed track to its number of segments."""
        with self._explained():
            return dict(self._db.execute("SELECT track_id, n_segments FROM analyses"))

    def dialects(self) -> dict[str, Dialect]:
        """Map the id of every analyzed track to its analysis' dialect."""
        with self._explained():
            return dict(self._db.execute("SELECT track_id, dialect FROM analyses"))

    def analyzers(self) -> dict[str, str]:
        """Map the id of every analyzed track to who computed its analysis."""
        with self._explained():
            return dict(self._db.execute("SELECT track_id, analyzer FROM analyses"))

    def segments(self, track_ids: Iterable[str]) -> Iterator[tuple[str, Segments]]:
        """Yield (id, segments) of tracks, in the order given, one in memory at a time."""
        query = f"SELECT {', '.join(SEGMENT_FIELDS)} FROM analyses WHERE track_id=?"
        with self._explained():
            for track_id in track_ids:
                row = self._db.execute(query, (track_id,)).fetchone()
                if row is None:
                    raise CorpusError(f"{self.path}: {track_id} has no analysis")
                with self._undamaged(track_id):
                    segments = segments_from_row(row)
                yield track_id, segments

    def analysis(self, track_id: str) -> Analysis | None:
        """Read one analysis whole, None where the track has none."""
        query = f"SELECT {', '.join(ANALYSIS_COLUMNS)} FROM analyses WHERE track_id=?"
        with self._explained():
            row = self._db.execute(query, (track_id,)).fetchone()
        if row is None:
            return None
        with self._undamaged(track_id):
            return analysis_from_row(row)

    @contextmanager
    def _undamaged(self, track_id: str) -> Iterator[None]:
        """Say whose analysis it is that cannot be read."""
        try:
            yield
        except (ValueError, DataError, msgspec.MsgspecError) as error:
            raise CorpusError(
                f"{self.path}: the analysis of {track_id} is damaged ({error}); collect it again"
            ) from error

    def info(self) -> CorpusInfo:
        """Count what the corpus holds."""
        with self._explained():
            return CorpusInfo(
                path=str(self.path),
                format_version=FORMAT_VERSION,
                tracks=self._number("SELECT count(*) FROM tracks"),
                analyses=self._number("SELECT count(*) FROM analyses"),
                segments=self._number("SELECT coalesce(sum(n_segments), 0) FROM analyses"),
                genres=self.genre_counts(),
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

    def analyses_digest(self, track_ids: Iterable[str]) -> str:
        """SHA-256 over what is learned from some tracks: dialect, timbre and pitches."""
        content = hashlib.sha256()
        query = "SELECT dialect, timbre, pitches FROM analyses WHERE track_id=?"
        with self._explained():
            for track_id in track_ids:
                if track_id not in self._analysis_digests:
                    dialect, *blobs = self._db.execute(query, (track_id,)).fetchone()
                    one = hashlib.sha256(f"{track_id} {dialect} ".encode())
                    one.update(b"".join(blobs))
                    self._analysis_digests[track_id] = one.digest()
                content.update(self._analysis_digests[track_id])
        return content.hexdigest()

    def digest(self) -> str:
        """SHA-256 over the content: tracks, analyses and what was left out.

        Two corpora of the same content have the same digest, however often
        their imports were interrupted.
        """
        content = hashlib.sha256()
        columns = ", ".join(("analyzer", "dialect", "rest", *SEGMENT_FIELDS))
        queries = (
            f"SELECT {', '.join(TRACK_COLUMNS)} FROM tracks ORDER BY id",
            f"SELECT track_id, {columns} FROM analyses ORDER BY track_id",
        )
        with self._explained():
            rows = chain.from_iterable(self._db.execute(query) for query in queries)
            for value in chain.from_iterable(rows):
                raw = value if isinstance(value, bytes) else str(value).encode()
                content.update(len(raw).to_bytes(8, "little") + raw)
        # Of an item only the name counts, so that content may move to another folder.
        for drop in sorted(repr((Path(item).name, *rest)) for item, *rest in self.journal.drops()):
            content.update(drop.encode())
        return content.hexdigest()

    def check(self, *, progress: Progress = silent) -> list[str]:
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
            tracks = self._db.execute("SELECT id FROM tracks ORDER BY id").fetchall()
            for done, track in enumerate(tracks):
                progress("checking", done, len(tracks))
                try:
                    analysis = self.analysis(track[0])
                    if analysis is not None and len(analysis.segments) == 0:
                        found.append(f"{self.path}: {track[0]} has an analysis without segments")
                except CorpusError as error:
                    found.append(str(error))
        return found
