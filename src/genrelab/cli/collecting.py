"""Collecting: the family ``collect``, and those of its commands that bring analyses.

Conventions
-----------
A command makes its source and leaves the rest to `genrelab.cli.imports`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from genrelab.cli.collecting_recordings import fma, folder, gtzan
from genrelab.cli.collecting_spotify import spotify
from genrelab.cli.imports import GenreMapOption, GenresOption, OutputOption, run_import
from genrelab.cli.terminal import FormatOption, TableOption, chosen_format
from genrelab.progress import Progress

if TYPE_CHECKING:
    from genrelab.music.genres import GenreTable
    from genrelab.sources.findings import Source


def add_to(app: typer.Typer) -> None:
    """Add the family's commands."""
    family = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    for command in (folder, archive, gtzan, fma, msd, spotify):
        family.command(command.__name__)(command)
    family.command("with")(with_own)
    app.add_typer(family, name="collect", help="Bring tracks and analyses into a corpus.")


def archive(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH", help="Files (.json, .jsonl, .ndjson; .gz, .zst) or folders."
        ),
    ],
    output: OutputOption,
    dialect: Annotated[
        Literal["spotify", "echonest", "msd", "unknown"] | None,
        typer.Option(
            help="Which analyzer made those that do not say. "
            "[default: msd for Million Song ids, else unknown]",
            show_default=False,
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Genres: columns genre and file or track_id; artist, title, ... where known.",
        ),
    ] = None,
    genres: GenresOption = None,
    genre_map: GenreMapOption = None,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Import analyses that lie in JSON files.

    Reads a record a line, one big list, {track_id: analysis} objects, single
    analyses (Spotify's audio-analysis), and {track, audio_features,
    audio_analysis} records. Run again, it goes on where it stood.

    \b
    Examples:
      genrelab collect archive tracks.jsonl.gz -o music.corpus
      genrelab collect archive analyses/ --labels genres.csv -o music.corpus
      genrelab collect archive tracks.json --dialect spotify -o music.corpus
    """  # noqa: D301 - Typer's mark for lines that must stay as they are

    def source(names: GenreTable, progress: Progress) -> Source:
        from genrelab.sources.archive import ArchiveSource

        return ArchiveSource(paths, dialect=dialect, labels=labels, table=names, progress=progress)

    chosen = chosen_format(format, table)
    run_import(source, output, chosen, genres=genres, genre_map=genre_map)


def msd(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder with A/B/C/*.h5.")],
    output: OutputOption,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="CLS", help="Genres: lines of track id, tab, genre (tagtraum)."),
    ] = None,
    genres: GenresOption = None,
    genre_map: GenreMapOption = None,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Import files of the Million Song Dataset (HDF5).

    \b
    Examples:
      genrelab collect msd MillionSongSubset/ -o music.corpus
      genrelab collect msd MillionSongSubset/ --labels msd_tagtraum_cd2.cls -o music.corpus
    """  # noqa: D301 - Typer's mark for lines that must stay as they are

    def source(names: GenreTable, progress: Progress) -> Source:
        from genrelab.sources.msd import MsdSource

        return MsdSource(folder, labels=labels, table=names, progress=progress)

    chosen = chosen_format(format, table)
    run_import(source, output, chosen, genres=genres, genre_map=genre_map)


def with_own(
    file: Annotated[
        Path, typer.Argument(metavar="SOURCE.py", help="A Python file with one class of a source.")
    ],
    path: Annotated[Path, typer.Argument(metavar="PATH", help="What the source reads.")],
    output: OutputOption,
    genres: GenresOption = None,
    genre_map: GenreMapOption = None,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Import from a source of your own: a class with `name` and `items()`.

    \b
    Examples:
      genrelab collect with radio.py stations.csv -o radio.corpus
    """  # noqa: D301 - Typer's mark for lines that must stay as they are

    def source(_: GenreTable, __: Progress) -> Source:
        from genrelab.sources.own_sources import load_source

        return load_source(file, path)

    chosen = chosen_format(format, table)
    run_import(source, output, chosen, genres=genres, genre_map=genre_map)
