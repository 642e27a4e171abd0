"""Folder: recordings that lie in a folder and below, of genres that folders, tags or a CSV tell.

Conventions
-----------
A track's id comes from its path within the folder. Its genre is the first folder level
below, or what its own tags say, or what a CSV says; a CSV of ``path`` (within the folder)
and ``genre``, ``artist``, ``title``, ``album``, ``isrc`` has the last word wherever it
gives a value. A file without genre is kept; a row without a file is left out as ``no
recording``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from genrelab.errors import DataError, UsageError
from genrelab.music.file_names import readable
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.music.sounds import SOUND_ENDINGS, find_sounds
from genrelab.music.tracks import track_id
from genrelab.progress import Progress, silent
from genrelab.sources.findings import Item, item_of_error
from genrelab.sources.labels import NO_LABELS, Label, labels_from_csv, path_key
from genrelab.sources.recordings import (
    Description,
    item_of_absences,
    item_of_recording,
)

GenreFrom = Literal["folders", "tags", "labels"]


class FolderSource:
    """Recordings in a folder and below.

    Parameters
    ----------
    folder : path-like
    labels : path-like, optional
        A CSV with ``path`` and perhaps ``genre``, ``artist``, ``title``, ``album``, ``isrc``.
    genre_from : {"folders", "tags", "labels"}, optional
        Where a genre comes from that the CSV does not give: the first folder level below
        (``folders``), the file's own tags, or nowhere else (``labels``). By default
        ``labels`` where there are some, else ``folders``.
    table : GenreTable
        Which names stand for which genre.
    progress : Progress

    Raises
    ------
    UsageError
        If it is no folder, has no recording in it, or genres shall come from labels and
        there are none.
    DataError
        If there is nothing there, or the labels cannot be read.
    """

    name = "folder"

    def __init__(
        self,
        folder: str | Path,
        *,
        labels: str | Path | None = None,
        genre_from: GenreFrom | None = None,
        table: GenreTable = SHIPPED_GENRES,
        progress: Progress = silent,
    ) -> None:
        self._folder = existing_folder(folder, "recordings")
        self._genre_from = genre_from or ("folders" if labels is None else "labels")
        if self._genre_from not in get_args(GenreFrom):
            raise UsageError(
                f"genre_from is {genre_from!r}; expected one of {', '.join(get_args(GenreFrom))}"
            )
        if self._genre_from == "labels" and labels is None:
            raise UsageError("genres shall come from labels, and there are none: give --labels CSV")
        self._table = table
        self._progress = progress
        self._errors: list[OSError] = []
        self._files = existing_sounds(self._folder, on_error=self._errors.append)
        self._labels = NO_LABELS
        if labels is not None:
            needs_genre = self._genre_from == "labels"
            self._labels = labels_from_csv(Path(labels), table=table, needs_genre=needs_genre)

    def items(self) -> Sequence[Item]:
        """Return an item a file, told apart by size, time and label; one for unused labels."""
        items = []
        for done, file in enumerate(self._files):
            self._progress("looking for changes", done, len(self._files))
            description = self._description(file.relative_to(self._folder))
            items.append(item_of_recording(file, description, source=self.name, table=self._table))
        items += [item_of_error(Path(error.filename), error) for error in self._errors]
        if self._labels is not NO_LABELS:
            items.append(self._unused_labels())
        return items

    def _description(self, relative: Path) -> Description:
        label = self._labels.find(path_key(relative.as_posix()))
        if self._genre_from == "folders" and not label.genre and len(relative.parts) > 1:
            genre = self._table.canonical(readable(relative.parts[0]))
            label = replace(label, genre=genre)
        return Description(
            id=track_id(self.name, relative.as_posix()),
            label=self._explained(label),
            genre_from_tags=self._genre_from == "tags",
            named_by_place=True,
        )

    def _explained(self, label: Label) -> Label:
        where = f"{label.conflict} in {self._labels.path}"
        return replace(label, conflict=where) if label.conflict else label

    def _unused_labels(self) -> Item:
        there = {path_key(file.relative_to(self._folder).as_posix()) for file in self._files}
        unused = sorted(self._labels.paths - there)
        return item_of_absences(
            f"labels of {self._folder.absolute()}",
            [f"no recording {key} in {self._folder}" for key in unused],
            label=self._labels.path,
        )


def existing_sounds(folder: Path, *, on_error: Callable[[OSError], None]) -> list[Path]:
    """List the recordings in a folder and below, in the order of their names.

    Parameters
    ----------
    folder : Path
    on_error : callable
        Given what kept a folder from being read, or a link from being followed.

    Raises
    ------
    UsageError
        If there is none, and nothing kept it from being found.
    """
    errors: list[OSError] = []
    files = find_sounds(folder, on_error=errors.append)
    if not files and not errors:
        raise UsageError(
            f"{folder}: no recording in this folder or below; "
            f"expected names ending in {', '.join(SOUND_ENDINGS)}"
        )
    for error in errors:
        on_error(error)
    return files


def existing_folder(folder: str | Path, content: str) -> Path:
    """Return the path of a folder that is there.

    Raises
    ------
    UsageError
        If it is no folder.
    DataError
        If there is nothing there.
    """
    path = Path(folder)
    if not path.exists():
        raise DataError(f"{folder}: no such folder; expected one with {content} in it")
    if not path.is_dir():
        raise UsageError(f"{folder}: a file; expected a folder with {content} in it")
    return path
