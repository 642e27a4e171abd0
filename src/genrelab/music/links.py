"""Links: tracks that came without a recording, and the local files that are their audio.

Conventions
-----------
A link is a track's ``audio_path`` and ``audio_digest``; all else of the track stays, and
whose import it is. Tracks that came as recordings (the file is what was imported) are their
own and never linked. Writing belongs inside a transaction of the corpus.
"""

from __future__ import annotations

from collections.abc import Iterator

from genrelab.music.analysis import OWN_ANALYZER
from genrelab.music.corpus_parts import CorpusPart
from genrelab.music.corpus_rows import TRACK_COLUMNS, track_from_row
from genrelab.music.file_names import stored_name
from genrelab.music.tracks import Track

CAME_AS_RECORDING = (
    "EXISTS (SELECT 1 FROM imports WHERE imports.id = import_id AND item = audio_path)"
)


class Links(CorpusPart):
    """The links of an open corpus."""

    def linkable(self) -> Iterator[Track]:
        """Yield the tracks that did not come as recordings, linked or not, ordered by id."""
        query = (
            f"SELECT {', '.join(TRACK_COLUMNS)} FROM tracks "
            f"WHERE NOT {CAME_AS_RECORDING} ORDER BY id"
        )
        with self._explained():
            for row in self._db.execute(query):
                yield track_from_row(row)

    def link(self, track_id: str, path: str, digest: str) -> None:
        """Make a file the audio of a track.

        An analysis stays, but for one that genrelab made of another content before.
        """
        self._db.execute(
            "DELETE FROM analyses WHERE instr(analyzer, ?) = 1 AND track_id IN "
            "(SELECT id FROM tracks WHERE id=? AND audio_digest<>?)",
            (OWN_ANALYZER, track_id, digest),
        )
        self._db.execute(
            "UPDATE tracks SET audio_path=?, audio_digest=? WHERE id=?",
            (stored_name(path), digest, track_id),
        )

    def release(self, path: str, *, but: str | None = None) -> None:
        """Part a file from the tracks that it is linked to, but for one."""
        self._db.execute(
            "UPDATE tracks SET audio_path=NULL, audio_digest=NULL "
            f"WHERE audio_path=? AND id IS NOT ? AND NOT {CAME_AS_RECORDING}",
            (stored_name(path), but),
        )
