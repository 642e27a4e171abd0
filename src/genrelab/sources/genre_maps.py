"""Genre maps: what a user's own names of genres stand for, in a CSV.

Conventions
-----------
The header is ``name,genre``; a row says that ``name`` stands for ``genre``. An empty
genre says that the name is none. These rows have the last word over the table that ships
(`genrelab.music.genres`).
"""

from __future__ import annotations

from pathlib import Path

from genrelab.errors import DataError
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.sources.csv_files import read_csv


def load_genre_map(path: str | Path) -> GenreTable:
    """Read a user's table and put it over the one that ships.

    Raises
    ------
    DataError
        If there is no such file, or naming the line, column or name that does not fit.
    """
    file = read_csv(Path(path), "a CSV of name,genre")
    if not {"name", "genre"} <= set(file.columns):
        raise DataError(
            f"{path}: its columns are {', '.join(file.columns) or 'none'}; expected name,genre"
        )
    rows: dict[str, str] = {}
    for line, row in file.rows:
        name, genre = row["name"], row["genre"]
        if not name:
            raise DataError(f"{path}, line {line}: no name; expected one that stands for {genre}")
        if rows.setdefault(name, genre) != genre:
            raise DataError(
                f"{path}, line {line}: {name!r} stands for {rows[name]!r} above; keep one"
            )
    try:
        return SHIPPED_GENRES.extended(rows)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
