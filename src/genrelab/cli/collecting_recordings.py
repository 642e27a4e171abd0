"""Collecting recordings: ``collect folder``, ``collect gtzan`` and ``collect fma``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from genrelab.cli.imports import (
    GenreMapOption,
    GenresOption,
    OutputOption,
    run_import,
    run_linking,
)
from genrelab.cli.terminal import FormatOption, TableOption, chosen_format
from genrelab.errors import UsageError
from genrelab.progress import Progress

if TYPE_CHECKING:
    from genrelab.music.genres import GenreTable
    from genrelab.sources.findings import Source


def folder(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Recordings, in any folders.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="CORPUS",
            help="Where to; made if absent. Needed without --match.",
            show_default=False,
        ),
    ] = None,
    match: Annotated[
        Path | None,
        typer.Option(
            metavar="CORPUS",
            help="Make the recordings the audio of the tracks of CORPUS, told by ISRC or by "
            "artist, title and length.",
        ),
    ] = None,
    genre_from: Annotated[
        Literal["folders", "tags", "labels"] | None,
        typer.Option(
            help="Genre: the first folder level, the files' own tags, or --labels alone. "
            "[default: labels if given, else folders]",
            show_default=False,
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Columns path (within FOLDER), genre, artist, title, album, isrc; has the last "
            "word.",
        ),
    ] = None,
    genres: GenresOption = None,
    genre_map: GenreMapOption = None,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Import recordings; `genrelab analyze --corpus` then analyzes them.

    Artists, titles, albums and ISRCs come from the files' tags where the CSV has
    none. Files without genre are kept, rows of the CSV without a file counted.

    With --match, nothing is added: recordings become the audio of tracks that came
    without one, from playlists or an archive. Those that match no track are counted.

    \b
    Examples:
      genrelab collect folder music/ -o music.corpus
      genrelab collect folder music/ --genre-from tags -o music.corpus
      genrelab collect folder music/ --labels genres.csv --genres Rock,Jazz -o music.corpus
      genrelab collect folder music/ --match playlists.corpus
      genrelab analyze --corpus music.corpus
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    chosen = chosen_format(format, table)
    if match is not None:
        given = {
            "--genre-from": genre_from, "--labels": labels, "--genres": genres,
            "--genre-map": genre_map,
        }  # fmt: skip
        _check_linking(match, output, [name for name, value in given.items() if value is not None])
        run_linking(folder, match, chosen)
        return
    if output is None:
        raise UsageError(
            "collect folder: give -o CORPUS, where the recordings shall go, or --match CORPUS, "
            "whose tracks they are"
        )

    def source(names: GenreTable, progress: Progress) -> Source:
        from genrelab.sources.folder import FolderSource

        return FolderSource(
            folder, labels=labels, genre_from=genre_from, table=names, progress=progress
        )

    run_import(source, output, chosen, genres=genres, genre_map=genre_map)


def _check_linking(match: Path, output: Path | None, given: list[str]) -> None:
    """Refuse what makes no sense where recordings are linked to tracks that are there."""
    if given:
        raise UsageError(
            f"{given[0]} makes no sense with --match: the tracks of {match} keep the genres that "
            "they have; leave it out"
        )
    if output is not None and output.resolve() != match.resolve():
        raise UsageError(
            f"-o is {output}, but --match is {match}; recordings are linked to tracks in the "
            "corpus that has them: leave -o out"
        )


def gtzan(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder with blues/blues.00000.wav ...")
    ],
    output: OutputOption,
    split_lists: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The fault-filtered split: train_filtered.txt, valid_filtered.txt, "
            "test_filtered.txt.  [default: FOLDER, if they are there]",
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Artists and titles: columns path, artist, title ..."),
    ] = None,
    genres: GenresOption = None,
    genre_map: GenreMapOption = None,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Import the clips of GTZAN, with their part of the fault-filtered split.

    Clips that the lists leave out are kept and marked so. `train --split official`
    trains, validates and tests on the parts of the split.

    \b
    Examples:
      genrelab collect gtzan genres/ -o gtzan.corpus
      genrelab collect gtzan genres/ --split-lists lists/ --labels artists.csv -o gtzan.corpus
    """  # noqa: D301 - Typer's mark for lines that must stay as they are

    def source(names: GenreTable, progress: Progress) -> Source:
        from genrelab.sources.gtzan import GtzanSource

        return GtzanSource(
            folder, split_lists=split_lists, labels=labels, table=names, progress=progress
        )

    chosen = chosen_format(format, table)
    run_import(source, output, chosen, genres=genres, genre_map=genre_map)


def fma(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="The folder with 000/000002.mp3 ...")
    ],
    output: OutputOption,
    metadata: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="tracks.csv, genres.csv, echonest.csv.  [default: fma_metadata beside FOLDER]",
        ),
    ] = None,
    subset: Annotated[
        Literal["small", "medium", "large", "full"] | None,
        typer.Option(
            help="Which tracks.  [default: by FOLDER's name, else full]", show_default=False
        ),
    ] = None,
    genre_from: Annotated[
        Literal["top", "all"],
        typer.Option(help="genre_top, or the one top level of genres_all where that is empty."),
    ] = "top",
    genres: GenresOption = None,
    genre_map: GenreMapOption = None,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Import recordings of the Free Music Archive (FMA), with its split and subsets.

    Tracks whose recording is not there are counted. `train --split official`
    trains, validates and tests on the parts of its split.

    \b
    Examples:
      genrelab collect fma fma_small/ -o fma.corpus
      genrelab collect fma fma_large/ --metadata fma_metadata/ --subset medium -o fma.corpus
    """  # noqa: D301 - Typer's mark for lines that must stay as they are

    def source(names: GenreTable, progress: Progress) -> Source:
        from genrelab.sources.fma import FmaSource

        return FmaSource(
            folder,
            metadata=metadata,
            subset=subset,
            genre_from=genre_from,
            table=names,
            progress=progress,
        )

    chosen = chosen_format(format, table)
    run_import(source, output, chosen, genres=genres, genre_map=genre_map)
