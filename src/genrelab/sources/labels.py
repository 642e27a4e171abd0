"""Labels: genres that stand in a file of their own, beside the analyses.

Conventions
-----------
A CSV has a header with ``genre`` and ``path``, ``file`` or ``track_id``; ``artist``,
``artist_id``, ``title``, ``album`` and ``isrc`` are read where they stand. A
tagtraum-format file (``.cls``) has a track id, a tab, a genre and perhaps a
second one a line; ``#`` begins a comment. What stands twice under two genres is
ambiguous.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from genrelab.errors import DataError
from genrelab.music.genres import canonical_genre

KEY_COLUMNS = ("track_id", "path", "file")
VALUE_COLUMNS = ("genre", "artist", "artist_id", "title", "album", "isrc")


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
    """

    path: str
    digest: str
    by_key: dict[str, Label]

    def find(self, *keys: str | None) -> Label:
        """Return the label of the first of these names that has one, else an empty one."""
        found = (self.by_key[key] for key in keys if key is not None and key in self.by_key)
        return next(found, NO_LABEL)


NO_LABELS = Labels(path="", digest="", by_key={})


def labels_from_csv(path: Path) -> Labels:
    """Read a CSV of labels.

    Raises
    ------
    DataError
        If there is no such file, or naming the line or column that does not fit.
    """
    text, digest = _content(path)
    rows = csv.reader(text.splitlines())
    header = [name.strip().casefold() for name in next(rows, [])]
    if "genre" not in header or not set(KEY_COLUMNS) & set(header):
        if len(header) == 1 and ";" in header[0]:
            raise DataError(f"{path}: semicolons between its values; expected commas")
        raise DataError(
            f"{path}: its columns are {', '.join(header) or 'none'}; expected a header with "
            "genre and path, file or track_id (and perhaps artist, artist_id, title, album, isrc)"
        )
    by_key: dict[str, Label] = {}
    for number, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise DataError(
                f"{path}, line {number}: {len(row)} values; expected {len(header)} as in the header"
            )
        values = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
        label = Label(**{n: values[n] or None for n in VALUE_COLUMNS if values.get(n)})
        _add(by_key, [values.get(name, "") for name in KEY_COLUMNS], label)
    return Labels(path=str(path), digest=digest, by_key=by_key)


def labels_from_cls(path: Path) -> Labels:
    """Read a tagtraum-format label file, the majority's genre of each track.

    Raises
    ------
    DataError
        If there is no such file, or naming the line that does not fit.
    """
    text, digest = _content(path)
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
        _add(by_key, [key], Label(genre=genres[0]))
    return Labels(path=str(path), digest=digest, by_key=by_key)


def _content(path: Path) -> tuple[str, str]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        what = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise DataError(f"{path}: {what}; expected a file of labels") from error
    try:
        return raw.decode("utf-8-sig"), hashlib.sha256(raw).hexdigest()
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error


def _add(by_key: dict[str, Label], keys: Iterable[str], label: Label) -> None:
    label = replace(label, genre=canonical_genre(label.genre))
    for key in _named(keys):
        known = by_key.get(key)
        if known and known.genre and label.genre and known.genre != label.genre:
            label = replace(label, conflict=known.conflict or f"{known.genre} and {label.genre}")
        elif known and known.conflict:
            label = replace(label, conflict=known.conflict)
        by_key[key] = label


def _named(keys: Iterable[str]) -> Iterator[str]:
    return (key for key in keys if key)
