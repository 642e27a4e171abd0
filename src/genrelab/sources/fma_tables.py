"""FMA tables: tracks.csv, genres.csv and echonest.csv of the Free Music Archive's metadata.

Conventions
-----------
``tracks.csv`` has two rows of column names (group, then name: ``track,genre_top``) and a
third that names the index, ``echonest.csv`` three and a fourth. Values may hold line
breaks. Rows are read one at a time, since the whole file has 260 MB. Lists of genre ids
are written as Python lists (``[21, 10]``); an empty value is unknown.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from genrelab.errors import DataError
from genrelab.music.tracks import OfficialPart
from genrelab.sources.csv_files import read_csv

Subset = Literal["small", "medium", "large", "full"]
_PARTS: Mapping[str, OfficialPart] = {"training": "train", "validation": "valid", "test": "test"}
_MAX_FIELD = 1 << 26  # letters; biographies are longer than what Python's csv takes
_ID_ROW = "track_id"
_FEATURES = ("acousticness", "danceability", "energy", "instrumentalness", "liveness",
             "speechiness", "tempo", "valence")  # fmt: skip
_NEEDED = (
    *(("album", "date_released"), ("album", "title"), ("artist", "id"), ("artist", "name")),
    *(("set", "split"), ("set", "subset"), ("track", "genre_top"), ("track", "genres")),
    *(("track", "genres_all"), ("track", "license"), ("track", "title")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FmaTrack:
    """What a row of tracks.csv says, as far as it is used; None where it is silent.

    Attributes
    ----------
    genres, genres_all : tuple of int
        Ids of the genres that the artist chose, and of these with all above them.
    part : {"train", "valid", "test"} or None
        Of the official split.
    subset : str
        The smallest one that it is in.
    date : str or None
        The day on which the album came out.
    """

    id: int
    title: str | None
    artist: str | None
    artist_id: str | None
    album: str | None
    date: str | None
    license: str | None
    genre_top: str | None
    genres: tuple[int, ...]
    genres_all: tuple[int, ...]
    part: OfficialPart | None
    subset: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FmaGenre:
    """A row of genres.csv: its title and the id of the genre at the top of its branch."""

    title: str
    top_level: int


def read_tracks(path: Path, subset: Subset) -> Iterator[FmaTrack | str]:
    """Yield the tracks of a subset, and a sentence for each row that cannot be read.

    Raises
    ------
    DataError
        While iterating: if the file is absent, lacks a column or is no CSV.
    """
    wanted = get_args(Subset)[: get_args(Subset).index(subset) + 1]
    with _open_table(path, levels=2) as table:
        missing = [column for column in _NEEDED if column not in table.columns]
        if missing:
            raise DataError(
                f"{path}: no column {','.join(missing[0])}; expected FMA's own tracks.csv, with "
                "two rows of names"
            )
        for line, row in table.rows():
            if len(row) != table.width or not row[0].isdecimal():
                found = f"{row[0][:40]!r}, {len(row)} values"
                yield f"line {line}: {found}; expected a track id and {table.width - 1} values"
                continue
            track = _track(row, table.columns)
            if subset in ("large", "full") or track.subset in wanted:
                yield track


def _track(row: Sequence[str], columns: Mapping[tuple[str, ...], int]) -> FmaTrack:
    def value(group: str, name: str) -> str | None:
        return " ".join(row[columns[group, name]].split()) or None

    def ids(name: str) -> tuple[int, ...]:
        return tuple(int(number) for number in re.findall(r"\d+", value("track", name) or ""))

    return FmaTrack(
        id=int(row[0]),
        title=value("track", "title"),
        artist=value("artist", "name"),
        artist_id=value("artist", "id"),
        album=value("album", "title"),
        date=(value("album", "date_released") or "").partition(" ")[0] or None,
        license=value("track", "license"),
        genre_top=value("track", "genre_top"),
        genres=ids("genres"),
        genres_all=ids("genres_all"),
        part=_PARTS.get(value("set", "split") or ""),
        subset=value("set", "subset"),
    )


def read_genres(path: Path) -> dict[int, FmaGenre]:
    """Read the genres by id.

    Raises
    ------
    DataError
        If the file is absent, lacks a column, or naming the line that does not fit.
    """
    file = read_csv(path, "FMA's genres.csv")
    if not {"genre_id", "title", "top_level"} <= set(file.columns):
        raise DataError(
            f"{path}: its columns are {', '.join(file.columns) or 'none'}; "
            "expected genre_id, #tracks, parent, title, top_level"
        )
    genres = {}
    for line, row in file.rows:
        if not (row["genre_id"].isdecimal() and row["top_level"].isdecimal()):
            raise DataError(f"{path}, line {line}: expected whole numbers as genre_id, top_level")
        genres[int(row["genre_id"])] = FmaGenre(title=row["title"], top_level=int(row["top_level"]))
    return genres


def top_genre(genres_all: Sequence[int], genres: Mapping[int, FmaGenre]) -> str | None:
    """Return the genre at the top of all of these, None where there are several or none."""
    tops = {genres[number].top_level for number in genres_all if number in genres}
    titles = {genres[number].title for number in tops if number in genres}
    return titles.pop() if len(titles) == 1 else None


def read_features(path: Path) -> dict[int, dict[str, float]]:
    """Read the Echo Nest's track-level values by track id; empty where there is no such file.

    Raises
    ------
    DataError
        If the file lacks a column or is no CSV.
    """
    if not path.exists():
        return {}
    features: dict[int, dict[str, float]] = {}
    with _open_table(path, levels=3) as table:
        named = {name: table.columns.get(("echonest", "audio_features", name))
                 for name in _FEATURES}  # fmt: skip
        missing = [name for name, column in named.items() if column is None]
        if missing:
            raise DataError(
                f"{path}: no column echonest,audio_features,{missing[0]}; "
                "expected FMA's own echonest.csv, with three rows of names"
            )
        for _, row in table.rows():
            if row[0].isdecimal() and len(row) == table.width:
                values = {n: _number(row[column]) for n, column in named.items() if column}
                features[int(row[0])] = {n: v for n, v in values.items() if v is not None}
    return features


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


class _Table:
    """An open CSV with several rows of column names."""

    def __init__(self, path: Path, lines: Iterator[str], levels: int) -> None:
        self._path = path
        self._reader = csv.reader(lines)
        names = [next(self._reader, []) for _ in range(levels)]
        self.width = len(names[0])
        self.columns = {key: i for i, key in enumerate(zip(*names, strict=False))}

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line that a row ends on and its values, without the index's name."""
        for row in self._reader:
            if row and row[0] != _ID_ROW:
                yield self._reader.line_num, row


@contextmanager
def _open_table(path: Path, levels: int) -> Iterator[_Table]:
    limit = csv.field_size_limit(_MAX_FIELD)
    try:
        with path.open(newline="", encoding="utf-8-sig", errors="replace") as lines:
            yield _Table(path, lines, levels)
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise DataError(f"{path}: {reason}; expected FMA's {path.name}") from error
    except csv.Error as error:
        raise DataError(f"{path}: is no CSV ({error}); get it again") from error
    finally:
        csv.field_size_limit(limit)
