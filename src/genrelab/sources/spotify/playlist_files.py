"""Playlist files: which Spotify playlists stand for which genre, in TOML.

Conventions
-----------
``[genres.NAME]`` holds ``playlists``, a list of ids or addresses, and may hold ``limit``,
the most tracks of that genre; ``market`` at the top, where given, is the country whose
catalog is asked (ISO 3166-1 alpha-2). Names of genres are kept as written. A file is named
by its path, one that ships by its name (``paper``). What does not fit is said with the
line it stands on.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from genrelab.errors import DataError, UsageError
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.sources.csv_files import read_text
from genrelab.sources.spotify.playlist_ids import playlist_id_from, shown
from genrelab.sources.spotify.toml_lines import KeyPath, lines_of

EXPECTED_MARKET = "a country's two capital letters (ISO 3166-1), such as 'DE'"
_FIELDS = ("market", "genres")
_GENRE_FIELDS = ("playlists", "limit")
_EXPECTED_FILE = "a TOML file of playlists"


@dataclass(frozen=True, slots=True, kw_only=True)
class GenrePlaylists:
    """A genre and its playlists.

    Attributes
    ----------
    genre : str
        As written.
    playlists : tuple of str
        Ids, in the file's order, each once.
    limit : int or None
        The most tracks of this genre; None for all.
    """

    genre: str
    playlists: tuple[str, ...]
    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistFile:
    """The content of a playlist file.

    Attributes
    ----------
    name : str
        The name of one that ships, otherwise the file's, without its ending.
    market : str or None
        ISO 3166-1 alpha-2, such as ``DE``.
    genres : tuple of GenrePlaylists
        In the file's order.
    repeated : tuple of str
        A sentence on each id that stands twice under a genre.
    """

    name: str
    market: str | None
    genres: tuple[GenrePlaylists, ...]
    repeated: tuple[str, ...]

    @property
    def playlists(self) -> tuple[str, ...]:
        """Every playlist's id once, in order of first mention."""
        return tuple(dict.fromkeys(one for genre in self.genres for one in genre.playlists))

    def genres_of(self, playlist_id: str, table: GenreTable = SHIPPED_GENRES) -> tuple[str, ...]:
        """Name the genres that a playlist stands under, as a table calls them."""
        names = (one.genre for one in self.genres if playlist_id in one.playlists)
        return tuple(dict.fromkeys(table.canonical(name) or name for name in names))


def shipped_playlist_files() -> list[str]:
    """Name the playlist files that ship with the package, in alphabetical order."""
    folder = resources.files("genrelab.sources.spotify")
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )


def load_playlist_file(name_or_path: str | Path) -> PlaylistFile:
    """Load a playlist file by name or path.

    Parameters
    ----------
    name_or_path : str or path-like
        The name of one that ships, or a TOML file.

    Raises
    ------
    UsageError
        If there is no such file, or naming the line and field that does not fit.

    Examples
    --------
    >>> len(load_playlist_file("paper").genres)
    8
    """
    where = str(name_or_path)
    if where in shipped_playlist_files():
        file = resources.files("genrelab.sources.spotify").joinpath(f"{where}.toml")
        return parse_playlist_file(file.read_text(encoding="utf-8"), where)
    return parse_playlist_file(_text_of(Path(name_or_path), where), where)


def parse_playlist_file(text: str, where: str) -> PlaylistFile:
    """Read a playlist file's text; ``where`` is what its errors call it.

    Raises
    ------
    UsageError
        Naming the line and field that does not fit.
    """
    values, source = _read_toml(text, where)
    source.check_fields(values, (), _FIELDS)
    market, genres = values.get("market"), values.get("genres")
    if market is not None and not is_market(market):
        raise source.error(("market",), f"is {shown(market)}; expected {EXPECTED_MARKET}")
    if not genres and genres in (None, {}):
        raise source.error(
            ("genres",), 'names no genre; expected [genres.NAME] with playlists = ["ID", ...]'
        )
    source.check_table(genres, ("genres",))
    repeated: list[str] = []
    read = tuple(_genre(name, value, source, repeated) for name, value in genres.items())
    _check_limits(read, source)
    return PlaylistFile(name=Path(where).stem, market=market, genres=read, repeated=tuple(repeated))


def is_market(value: object) -> bool:
    """Whether a value has the form of a market, two capital letters."""
    return isinstance(value, str) and re.fullmatch("[A-Z]{2}", value) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Says where in which file something does not fit."""

    where: str
    lines: Mapping[KeyPath, int]

    def place(self, path: KeyPath) -> str:
        """Name file, line and field; an element of a list by the list it stands in."""
        line = self.lines.get(path)
        field = ".".join(_quoted(name) for name in path if isinstance(name, str))
        return f"{self.where}, line {line}: {field}" if line else f"{self.where}: {field}"

    def error(self, path: KeyPath, says: str) -> UsageError:
        return UsageError(f"{self.place(path)}: {says}")

    def check_table(self, value: object, path: KeyPath) -> None:
        if not isinstance(value, dict):
            raise self.error(path, f"is {shown(value)}; expected a table")

    def check_fields(self, table: Mapping[str, Any], path: KeyPath, known: Sequence[str]) -> None:
        for name in table:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"expected {' or '.join(known)}"
                raise self.error((*path, name), f"no such field; {hint}")


def _genre(name: str, value: Any, source: _Source, repeated: list[str]) -> GenrePlaylists:
    path: KeyPath = ("genres", name)
    if not name.strip():
        raise source.error(path, "is no name; expected a genre's, such as [genres.Rock]")
    source.check_table(value, path)
    source.check_fields(value, path, _GENRE_FIELDS)
    if "playlists" not in value:
        raise source.error(path, 'no playlists; expected playlists = ["ID", ...]')
    limit = value.get("limit")
    if limit is not None and (not isinstance(limit, int) or limit is True or limit < 1):
        raise source.error(
            (*path, "limit"), f"is {shown(limit)}; expected a whole number, at least 1"
        )
    playlists = _ids(value["playlists"], (*path, "playlists"), source, repeated)
    return GenrePlaylists(genre=name, playlists=playlists, limit=limit)


def _check_limits(genres: Sequence[GenrePlaylists], source: _Source) -> None:
    """Refuse two limits of one genre, which may stand there under two names."""
    firsts: dict[str, GenrePlaylists] = {}
    for one in genres:
        genre = SHIPPED_GENRES.canonical(one.genre) or one.genre
        first = firsts.setdefault(genre, one)
        if first.limit != one.limit:
            raise source.error(
                ("genres", one.genre),
                f"is {genre} as genres.{_quoted(first.genre)} is, which has another limit; put "
                "the playlists of one genre under one name, or give both the same limit",
            )


def _ids(value: Any, path: KeyPath, source: _Source, repeated: list[str]) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise source.error(path, f'is {shown(value)}; expected a list, such as ["ID", ...]')
    if not value:
        raise source.error(path, "is empty; expected at least one playlist's id or address")
    ids: dict[str, None] = {}
    for number, text in enumerate(value):
        place = (*path, number)
        if not isinstance(text, str):
            raise source.error(place, f"{shown(text)} is no text; expected a playlist's id")
        try:
            found = playlist_id_from(text)
        except ValueError as error:
            raise source.error(place, str(error)) from error
        if found in ids:
            repeated.append(f"{source.place(place)}: {found} stands there twice; it is read once")
        ids[found] = None
    return tuple(ids)


def _text_of(path: Path, where: str) -> str:
    try:
        if path.suffix == ".corpus":
            raise UsageError(f"{where}: is a corpus; expected PLAYLISTS.toml first, -o CORPUS then")
        if not where.endswith(".toml") and not path.exists():
            raise UsageError(f"{where}: neither a file nor playlists that ship{_hint(where)}")
        return read_text(path, _EXPECTED_FILE)[0]
    except DataError as error:
        raise UsageError(str(error)) from error
    except (OSError, ValueError) as error:  # a name too long, or with a NUL in it
        raise UsageError(f"{shown(where)}: is no file's name; expected {_EXPECTED_FILE}") from error


def _hint(name: str) -> str:
    shipped = shipped_playlist_files()
    close = difflib.get_close_matches(name, shipped, n=1)
    return f"; did you mean {close[0]!r}?" if close else f" ({', '.join(shipped)})"


def _read_toml(text: str, where: str) -> tuple[dict[str, Any], _Source]:
    try:
        return tomllib.loads(text), _Source(where=where, lines=lines_of(text))
    except tomllib.TOMLDecodeError as error:
        if text.lstrip().startswith(("{", "[{")) or where.endswith((".json", ".jsonl")):
            raise UsageError(f"{where}: is JSON; expected {_EXPECTED_FILE}") from error
        at = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        line, column = at.groups() if at else (text.rstrip("\n").count("\n") + 1, "")
        said = str(error).removesuffix(at[0] if at else " (at end of document)")
        place = f"line {line}, column {column}" if column else f"line {line}"
        raise UsageError(f"{where}, {place}: is no TOML ({said})") from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, 1,000 brackets
        raise UsageError(f"{where}: is no playlist file; expected {_EXPECTED_FILE}") from error


def _quoted(name: str) -> str:
    if re.fullmatch("[A-Za-z0-9_-]+", name):
        return name
    return json.dumps(name, ensure_ascii=not name.isprintable())
