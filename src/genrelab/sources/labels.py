"""Labels: genres that stand in a file of their own, beside the analyses or recordings.

Conventions
-----------
A CSV has a header with ``genre`` and ``path``, ``file`` or ``track_id``; ``artist``,
``artist_id``, ``title``, ``album`` and ``isrc`` are read where they stand. A ``path``
lies within the folder that is collected. A tagtraum-format file (``.cls``) has a track
id, a tab, a genre and perhaps a second one a line; ``#`` begins a comment. What stands
twice under two genres is ambiguous.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from genrelab.errors import DataError
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.sources.csv_files import read_csv, read_text

KEY_COLUMNS = ("track_id", "path", "file")
VALUE_COLUMNS = ("genre", "artist", "artist_id", "title", "album", "isrc")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:[\\/]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a label file says of one track.

    Attributes
    ----------
    conflict : str or None
        "Rock and Blues" where the file gives both.
    """

    genre: str | None = None
    artist: str | None = None
    artist_id: str | None = None
    title: str | None = None
    album: str | None = None
    isrc: str | None = None
    conflict: str | None = None


NO_LABEL = Label()


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Labels by track id or file name.

    Attributes
    ----------
    digest : str
        Of the file's content, so that other labels make another import.
    paths : frozenset of str
        Those of the names that stand for files: ``path``, or ``file`` where there is none.
    """

    path: str
    digest: str
    by_key: dict[str, Label]
    paths: frozenset[str] = frozenset()

    def find(self, *keys: str | None) -> Label:
        """Return the label of the first of these names that has one, else an empty one."""
        found = (self.by_key[key] for key in keys if key is not None and key in self.by_key)
        return next(found, NO_LABEL)


NO_LABELS = Labels(path="", digest="", by_key={})


def labels_from_csv(
    path: Path, *, table: GenreTable = SHIPPED_GENRES, needs_genre: bool = True
) -> Labels:
    """Read a CSV of labels.

    Parameters
    ----------
    table : GenreTable
        What names stand for which genre.
    needs_genre : bool
        Whether it must have a column of genres.

    Raises
    ------
    DataError
        If there is no such file, or naming the line or column that does not fit.
    """
    file = read_csv(path, "a file of labels")
    columns = set(file.columns)
    if (needs_genre and "genre" not in columns) or not set(KEY_COLUMNS) & columns:
        wanted = "genre and path" if needs_genre else "path"
        raise DataError(
            f"{path}: its columns are {', '.join(file.columns) or 'none'}; expected a header with "
            f"{wanted}, file or track_id (and perhaps artist, artist_id, title, album, isrc)"
        )
    by_key: dict[str, Label] = {}
    paths: set[str] = set()
    for line, row in file.rows:
        label = Label(**{name: row[name] for name in VALUE_COLUMNS if row.get(name)})
        keys = {name: row.get(name, "") for name in KEY_COLUMNS}
        if keys["path"]:
            try:
                keys["path"] = _path_within(keys["path"])
            except DataError as error:
                raise DataError(f"{path}, line {line}: {error}") from error
        _add(by_key, keys.values(), label, table)
        paths.update(_named([keys["path"] or keys["file"]]))
    return Labels(path=str(path), digest=file.digest, by_key=by_key, paths=frozenset(paths))


def labels_from_cls(path: Path, *, table: GenreTable = SHIPPED_GENRES) -> Labels:
    """Read a tagtraum-format label file, the majority's genre of each track.

    Raises
    ------
    DataError
        If there is no such file, or naming the line that does not fit.
    """
    text, digest = read_text(path, "a file of labels")
    by_key: dict[str, Label] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        key, *genres = (cell.strip() for cell in line.split("\t"))
        if not 1 <= len(genres) <= 2 or not key or not genres[0]:
            raise DataError(
                f"{path}, line {number}: {line[:60]!r}; expected a track id, a tab and a genre "
                "(and perhaps a tab and a second genre)"
            )
        _add(by_key, [key], Label(genre=genres[0]), table)
    return Labels(path=str(path), digest=digest, by_key=by_key)


def path_key(path: str) -> str:
    """Spell a path within a folder as labels are looked up: composed accents, no detours.

    >>> path_key("./Rock//a.mp3")
    'Rock/a.mp3'
    """
    return posixpath.normpath(unicodedata.normalize("NFC", path))


def _path_within(path: str) -> str:
    plain = path_key(path)
    if plain == ".." or plain.startswith("../") or _ABSOLUTE.match(plain):
        raise DataError(f"path {path!r} leads out of the folder; expected one within it")
    return plain


def _add(by_key: dict[str, Label], keys: Iterable[str], label: Label, table: GenreTable) -> None:
    label = replace(label, genre=table.canonical(label.genre))
    for key in _named(keys):
        known = by_key.get(key)
        if known and known.genre and label.genre and known.genre != label.genre:
            label = replace(label, conflict=known.conflict or f"{known.genre} and {label.genre}")
        elif known and known.conflict:
            label = replace(label, conflict=known.conflict)
        by_key[key] = label


def _named(keys: Iterable[str]) -> Iterator[str]:
    return (key for key in keys if key)
