"""Given splits: folds or parts that a file or the data set itself gives.

Conventions
-----------
A recipe's ``split`` is ``official``, for the parts that a source told each track (GTZAN's
fault-filtered split, FMA's), or a CSV of ``track_id,genre,fold`` or
``track_id,genre,part``. Folds are numbered from 0 and rotate: fold k tests, k + 1
validates. Parts are train, valid and test of one single split.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from genrelab.errors import DataError
from genrelab.learning.splits import PARTS
from genrelab.music.genres import canonical_genre
from genrelab.music.tracks import Track

OFFICIAL = "official"
MIN_FOLDS = 3  # one tests, one validates, the others train


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a given split puts a track: its genre there, and its fold or index of `PARTS`."""

    genre: str | None
    fold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenSplit:
    """A split that is not drawn.

    Attributes
    ----------
    name : str
        ``official`` or the file.
    are_parts : bool
        Whether the folds are train, valid and test, by their index.
    n_folds : int
    listed : mapping or None
        The place of every track of a file; None where the tracks themselves say it.
    """

    name: str
    are_parts: bool
    n_folds: int
    listed: Mapping[str, Place] | None = None

    def place(self, track: Track) -> Place | None:
        """Return where a track stands, None where it is left out."""
        if self.listed is not None:
            return self.listed.get(track.id) or self.listed.get(track.native_id)
        part = track.official_part
        return Place(genre=track.genre, fold=PARTS.index(part)) if part else None

    @property
    def title(self) -> str:
        """What sentences call it."""
        return "the official split" if self.listed is None else "the split file"


def given_split(split: str) -> GivenSplit | None:
    """Return the split that a recipe names, None where it names none.

    Raises
    ------
    DataError
        If the file cannot be read, naming the line that does not fit.
    """
    if not split:
        return None
    if split == OFFICIAL:
        return GivenSplit(name=split, are_parts=True, n_folds=len(PARTS))
    return _split_from_file(Path(split))


def _split_from_file(path: Path) -> GivenSplit:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # spreadsheets mark UTF-8
            reader = csv.DictReader(file)
            column = "part" if "part" in (reader.fieldnames or ()) else "fold"
            missing = {"track_id", "genre", column} - set(reader.fieldnames or ())
            if missing:
                raise DataError(
                    f"{path}: no column {min(missing)!r}; expected track_id,genre,fold "
                    "(or part instead of fold)"
                )
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as a split file ({error})") from error
    listed: dict[str, Place] = {}
    for line, row in rows:
        if row["track_id"] in listed:
            raise DataError(f"{path}, line {line}: {row['track_id']} stands twice")
        listed[row["track_id"]] = _place(f"{path}, line {line}", row, column)
    found = {place.fold for place in listed.values()}
    if column == "part":
        absent = [part for fold, part in enumerate(PARTS) if fold not in found]
        if absent:
            raise DataError(f"{path}: no track of part {absent[0]}; expected {', '.join(PARTS)}")
    elif found != set(range(len(found))) or len(found) < MIN_FOLDS:
        raise DataError(f"{path}: folds must be numbered 0, 1, 2... and be at least three")
    return GivenSplit(name=str(path), are_parts=column == "part", n_folds=len(found), listed=listed)


def _place(where: str, row: Mapping[str, str | None], column: str) -> Place:
    genre, said = canonical_genre(row["genre"]), row[column] or ""
    are_parts = column == "part"
    if not genre or not (said in PARTS if are_parts else said.isdecimal()):
        expected = (
            f"{', '.join(PARTS[:-1])} or {PARTS[-1]}" if are_parts else "a whole number from 0"
        )
        raise DataError(
            f"{where}: genre {row['genre']!r}, {column} {row[column]!r}; "
            f"expected a genre and {expected}"
        )
    return Place(genre=genre, fold=[*PARTS].index(said) if are_parts else int(said))  # type: ignore[arg-type]
