"""Fetched: what servers gave, piece by piece as it came, so that nothing is asked for twice.

Conventions
-----------
An item (a playlist) has versions, a version has pieces at positions; what a piece means is
its source's to say. Writing belongs inside a transaction of the corpus. It is no part of
the corpus' content: two corpora of the same tracks may differ in it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager

from genrelab.music.corpus_parts import CorpusPart

FETCHED_TABLE = """
CREATE TABLE IF NOT EXISTS fetched (
    source TEXT NOT NULL, item TEXT NOT NULL, version TEXT NOT NULL,
    position INTEGER NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (source, item, version, position)
)
"""


class Fetched(CorpusPart):
    """What an open corpus keeps of one source's server.

    Parameters
    ----------
    db, explained
        As of every part.
    source : str
        The source's name.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        explained: Callable[[], AbstractContextManager[None]],
        source: str,
    ) -> None:
        super().__init__(db, explained)
        self._source = source

    def put(self, item: str, version: str, position: int, content: bytes) -> None:
        """Keep a piece, in the place of one at the same position."""
        self._db.execute(
            "INSERT OR REPLACE INTO fetched VALUES (?, ?, ?, ?, ?)",
            (self._source, item, version, position, content),
        )

    def pieces(self, item: str, version: str) -> dict[int, bytes]:
        """Map the positions of a version's pieces to their content, in order."""
        with self._explained():
            return dict(
                self._db.execute(
                    "SELECT position, content FROM fetched "
                    "WHERE source=? AND item=? AND version=? ORDER BY position",
                    (self._source, item, version),
                )
            )

    def piece(self, item: str, version: str, position: int) -> bytes | None:
        """Return a piece, None where there is none."""
        with self._explained():
            row = self._db.execute(
                "SELECT content FROM fetched WHERE source=? AND item=? AND version=? "
                "AND position=?",
                (self._source, item, version, position),
            ).fetchone()
        return None if row is None else bytes(row[0])

    def versions(self, item: str) -> list[str]:
        """Name the versions of an item of which there is anything."""
        with self._explained():
            rows = self._db.execute(
                "SELECT DISTINCT version FROM fetched WHERE source=? AND item=? ORDER BY version",
                (self._source, item),
            ).fetchall()
        return [version for (version,) in rows]

    def keep_only(self, item: str, versions: frozenset[str]) -> None:
        """Forget all other versions of an item."""
        for version in self.versions(item):
            if version not in versions:
                self._db.execute(
                    "DELETE FROM fetched WHERE source=? AND item=? AND version=?",
                    (self._source, item, version),
                )
