"""FMA: the Free Music Archive's recordings with their metadata, splits and subsets.

Conventions
-----------
Recordings lie as ``000/000002.mp3`` in the folder (``fma_small``, ``fma_medium``...), what
is known of them in ``fma_metadata``: see `genrelab.sources.fma_tables`. A track's genre is
its ``genre_top``, which half of the whole collection lack; told to, the top level of all
its genres stands in where there is but one. Its part of the official split and its subset
stand in its tags, with its genres and its licence as they are written.

References
----------
Defferrard, M., Benzi, K., Vandergheynst, P. and Bresson, X. (2017). FMA: a dataset for
music analysis. arXiv:1612.01840.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from genrelab.errors import DataError, UsageError
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.music.tracks import SPLIT_TAG, track_id
from genrelab.progress import Progress, silent
from genrelab.sources.findings import Item
from genrelab.sources.fma_tables import (
    FmaGenre,
    FmaTrack,
    Subset,
    read_features,
    read_genres,
    read_tracks,
    top_genre,
)
from genrelab.sources.folder import existing_folder
from genrelab.sources.labels import Label
from genrelab.sources.recordings import (
    Description,
    item_of_absences,
    item_of_faults,
    item_of_recording,
)

FmaGenreFrom = Literal["top", "all"]
METADATA = "fma_metadata"  # the folder that the data set's own archive makes
_EACH_FOLDER = 1000  # tracks


class FmaSource:
    """Recordings of the Free Music Archive.

    Parameters
    ----------
    folder : path-like
        With folders 000, 001...
    metadata : path-like, optional
        The folder with ``tracks.csv``, ``genres.csv`` and perhaps ``echonest.csv``; by
        default ``fma_metadata`` beside or in the folder.
    subset : {"small", "medium", "large", "full"}, optional
        Which tracks; by default what the folder's name ends in (``fma_small``), else
        ``full``. The latter two are the same tracks, as clips and whole.
    genre_from : {"top", "all"}
        ``genre_top`` alone, or where that is empty the top level of all genres too, if
        there is but one.
    table : GenreTable
        Which names stand for which genre.
    progress : Progress

    Raises
    ------
    UsageError
        If it is no folder, or has no folder 000, 001... in it.
    DataError
        If there is nothing there, or the metadata cannot be read.
    """

    name = "fma"

    def __init__(
        self,
        folder: str | Path,
        *,
        metadata: str | Path | None = None,
        subset: Subset | None = None,
        genre_from: FmaGenreFrom = "top",
        table: GenreTable = SHIPPED_GENRES,
        progress: Progress = silent,
    ) -> None:
        self._folder = existing_folder(folder, "FMA's recordings")
        self._metadata = _metadata_folder(self._folder, metadata)
        if not any(self._folder.glob("[0-9][0-9][0-9]/")):
            raise UsageError(
                f"{folder}: no folder 000, 001... in it; expected the one with 000/000002.mp3 "
                "and so on, such as fma_small"
            )
        self._subset = subset or _subset_of(self._folder)
        self._takes_all = genre_from == "all"
        self._table = table
        self._progress = progress

    def items(self) -> Sequence[Item]:
        """Return an item a recording, and one each for absent ones and damaged rows."""
        genres = read_genres(self._metadata / "genres.csv")
        features = read_features(self._metadata / "echonest.csv")
        items, absent, faults = [], [], []
        self._progress("reading tracks.csv", 0, None)
        for row in read_tracks(self._metadata / "tracks.csv", self._subset):
            if isinstance(row, str):
                faults.append(row)
                continue
            place = f"{row.id // _EACH_FOLDER:03d}/{row.id:06d}.mp3"
            file = self._folder / place
            if file.exists():
                description = self._description(row, genres, features.get(row.id))
                items.append(
                    item_of_recording(file, description, source=self.name, table=self._table)
                )
            else:
                absent.append(f"no recording {place} in {self._folder}")
        where = self._metadata / "tracks.csv"
        name = f"{where.absolute()} for {self._folder.absolute()}"
        return [
            *items,
            item_of_absences(f"{name}: absent", absent, label=str(where)),
            item_of_faults(f"{name}: damaged", faults, label=str(where)),
        ]

    def _description(
        self, row: FmaTrack, genres: dict[int, FmaGenre], features: dict[str, float] | None
    ) -> Description:
        genre = row.genre_top or (top_genre(row.genres_all, genres) if self._takes_all else None)
        tags = {
            SPLIT_TAG: row.part,
            "subset": row.subset,
            "genres": [genres[number].title for number in row.genres if number in genres],
            "license": row.license,
            "date": row.date,
        }
        return Description(
            id=track_id(self.name, f"{row.id:06d}"),
            label=Label(
                genre=self._table.canonical(genre),
                artist=row.artist,
                artist_id=f"fma-{row.artist_id}" if row.artist_id else None,
                title=row.title,
                album=row.album,
            ),
            tags={name: value for name, value in tags.items() if value},
            audio_features=features,
        )


def _subset_of(folder: Path) -> Subset:
    """Tell the subset by the folder's name (``fma_small``); the whole where it has another."""
    subsets: tuple[Subset, ...] = get_args(Subset)
    named = folder.resolve().name.removeprefix("fma_")
    return next((subset for subset in subsets if subset == named), "full")


def _metadata_folder(folder: Path, given: str | Path | None) -> Path:
    if given is not None:
        return existing_folder(given, "tracks.csv and genres.csv")
    places = (folder.absolute().parent / METADATA, folder / METADATA)
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        raise DataError(
            f"{folder}: no {METADATA} beside it; give --metadata, the folder with tracks.csv"
        )
    return found
