"""Corpus parts: one side each of an open corpus, as its journal, its links and what was fetched.

Conventions
-----------
A part shares the corpus' connection. Its writing belongs inside a transaction of the corpus.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager


class CorpusPart:
    """A part of an open corpus.

    Parameters
    ----------
    db : sqlite3.Connection
    explained : callable
        Context manager that turns SQLite's errors into sentences.
    """

    def __init__(
        self, db: sqlite3.Connection, explained: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._db = db
        self._explained = explained
