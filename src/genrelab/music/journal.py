"""Journal: what a corpus was asked to take in, how far that came, and what was left out.

Conventions
-----------
An entry is a file, playlist or whatever is read from one end to the other. Its
``fingerprint`` tells one version of it from the next. Writing belongs inside a
transaction of the corpus, together with the tracks that it tells of. An item's name is
a blob where it is no UTF-8 (see `genrelab.music.file_names`); what is told of it is
readable text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from genrelab.music.corpus_parts import CorpusPart
from genrelab.music.file_names import name_from_stored, readable, stored_name


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
class Verdict:
    """What became of the last record of an item that was read to its end.

    ``reason`` is why it was left out, with the id that it was about; None if it was taken.
    """

    fingerprint: str
    reason: str | None
    track_id: str | None


class Journal(CorpusPart):
    """The journal of an open corpus."""

    def begin(self, source: str, item: str, fingerprint: str) -> Import:
        """Find or make the journal entry of an item.

        An entry whose fingerprint is another belongs to an older version of the
        item: it starts again from the first record.
        """
        known = self.find(source, item, fingerprint)
        if known:
            return known
        row = self._db.execute(
            "SELECT id FROM imports WHERE source=? AND item=?", (source, stored_name(item))
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
                (source, stored_name(item), fingerprint),
            )
            number = int(cursor.lastrowid or 0)
        return Import(id=number, item=item, fingerprint=fingerprint, position=0, complete=False)

    def reopen(self, track_id: str) -> None:
        """Have the items read again that left out a record of this id, as another was there."""
        rows = self._db.execute(
            "SELECT DISTINCT import_id FROM drops WHERE track_id=? AND reason='duplicate id'",
            (track_id,),
        ).fetchall()
        for row in rows:
            self._db.execute("UPDATE imports SET fingerprint='' WHERE id=?", row)
            # Their tracks are then of an older version, and not taken for those of another item.
            self._db.execute("UPDATE tracks SET fingerprint='' WHERE import_id=?", row)

    def advance(self, entry: Import, position: int, *, complete: bool = False) -> None:
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
            (entry.id, position, track_id, reason, readable(detail)),
        )

    def forget(self, import_id: int) -> None:
        """Forget an entry if it has no track any more; its item would be read from the start."""
        if self._db.execute("SELECT 1 FROM tracks WHERE import_id=?", (import_id,)).fetchone():
            return
        self._db.execute("DELETE FROM drops WHERE import_id=?", (import_id,))
        self._db.execute("DELETE FROM imports WHERE id=?", (import_id,))

    def forget_item(self, source: str, item: str) -> None:
        """Forget an item that has no track of its own, if it is known."""
        row = self._db.execute(
            "SELECT id FROM imports WHERE source=? AND item=?", (source, stored_name(item))
        ).fetchone()
        if row:
            self.forget(int(row[0]))

    def items(self, source: str) -> dict[str, bool]:
        """Map the items of a source that were begun to whether they are complete."""
        with self._explained():
            rows = self._db.execute("SELECT item, complete FROM imports WHERE source=?", (source,))
            return {readable(name_from_stored(item)): bool(complete) for item, complete in rows}

    def find(self, source: str, item: str, fingerprint: str) -> Import | None:
        """Find the journal entry of this version of an item."""
        with self._explained():
            row = self._db.execute(
                "SELECT id, position, complete FROM imports "
                "WHERE source=? AND item=? AND fingerprint=?",
                (source, stored_name(item), fingerprint),
            ).fetchone()
        if row is None:
            return None
        return Import(
            id=row[0], item=item, fingerprint=fingerprint, position=row[1], complete=bool(row[2])
        )

    def verdicts(self, source: str) -> dict[str, Verdict]:
        """Map a source's items that were read to their end to what became of them."""
        query = (
            "SELECT item, fingerprint, reason, track_id FROM imports "
            "LEFT JOIN drops ON import_id = imports.id AND drops.position = imports.position "
            "WHERE source=? AND complete"
        )
        with self._explained():
            return {
                name_from_stored(item): Verdict(
                    fingerprint=fingerprint, reason=reason, track_id=track_id
                )
                for item, fingerprint, reason, track_id in self._db.execute(query, (source,))
            }

    def dropped_details(self, entry: Import, reason: str) -> Iterator[str]:
        """Yield why records of an item were left out for this reason, in their order."""
        with self._explained():
            rows = self._db.execute(
                "SELECT detail FROM drops WHERE import_id=? AND reason=? ORDER BY position",
                (entry.id, reason),
            )
            yield from (detail for (detail,) in rows)

    def dropped_reasons(self, track_id: str) -> set[str]:
        """Name the reasons for which records of this id were left out."""
        rows = self._db.execute("SELECT DISTINCT reason FROM drops WHERE track_id=?", (track_id,))
        return {reason for (reason,) in rows}

    def drops(self) -> Iterator[tuple[str, int, str | None, str, str]]:
        """Yield (item, position, track id, reason, detail) of every record left out."""
        with self._explained():
            rows = self._db.execute(
                "SELECT item, drops.position, track_id, reason, detail "
                "FROM drops JOIN imports ON imports.id = import_id ORDER BY item, drops.position"
            )
            for item, *rest in rows:
                yield (readable(name_from_stored(item)), *rest)
