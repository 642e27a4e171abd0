"""Corpora: ``corpus info``, ``check``, ``duplicates`` and ``export``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrelab.cli.terminal import (
    Bars,
    FormatOption,
    TableOption,
    chosen_format,
    say,
    write_tables,
)
from genrelab.tables import Table

if TYPE_CHECKING:
    from genrelab.music.corpus import CorpusInfo
    from genrelab.music.duplicates import Duplicates
    from genrelab.music.tracks import Track

CorpusArgument = Annotated[Path, typer.Argument(metavar="CORPUS", help="A .corpus file.")]


def add_to(app: typer.Typer) -> None:
    """Add the family's commands."""
    family = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    family.command("info")(info)
    family.command("check")(check)
    family.command("duplicates")(duplicates)
    family.command("export")(export)
    app.add_typer(family, name="corpus", help="Look into a corpus, check it, export it.")


def info(
    corpus: CorpusArgument,
    left_out: Annotated[
        bool, typer.Option("--left-out", help="List every record left out, and why.")
    ] = False,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Count what a corpus holds, and what was left out.

    \b
    Examples:
      genrelab corpus info music.corpus
      genrelab corpus info music.corpus --left-out --format csv
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.music.corpus import Corpus

    chosen = chosen_format(format, table)
    with Corpus(corpus) as opened:
        if left_out:
            columns = ["item", "position", "track_id", "reason", "detail"]
            write_tables(Table("Left out", columns, list(opened.journal.drops())), chosen)
        else:
            write_tables(info_tables(opened.info()), chosen)


def info_tables(info: CorpusInfo) -> list[Table]:
    """Show a corpus' counts as tables."""
    facts: list[tuple[str, str | int]] = [
        ("path", info.path),
        ("format version", info.format_version),
        ("tracks", info.tracks),
        ("analyses", info.analyses),
        ("segments", info.segments),
        ("artists", info.artists),
        ("without genre", info.without_genre),
        ("without artist (each its own group)", info.without_artist),
        ("without analysis", info.without_analysis),
        ("unfinished imports", info.unfinished_imports),
        ("digest", info.digest),
    ]
    return [
        Table("Corpus", ["what", "value"], facts),
        Table("Genres", ["genre", "tracks"], list(info.genres.items())),
        Table("Dialects", ["dialect", "analyses"], list(info.dialects.items())),
        Table("Analyzers", ["analyzer", "analyses"], list(info.analyzers.items())),
        Table("Left out", ["reason", "records"], list(info.drops.items())),
    ]


def check(corpus: CorpusArgument) -> None:
    """Look for damage in a corpus; exit status 1 if there is any.

    \b
    Examples:
      genrelab corpus check music.corpus
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.music.corpus import Corpus

    with Corpus(corpus) as opened, Bars() as progress:
        found = opened.check(progress=progress)
    for sentence in found:
        say(f"error: {sentence}")
    if found:
        raise typer.Exit(1)
    say(f"{corpus}: no damage found")


def duplicates(
    corpus: CorpusArgument,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Find recordings that stand under several ids, and say which one is used.

    \b
    Examples:
      genrelab corpus duplicates music.corpus
      genrelab corpus duplicates music.corpus --format csv > duplicates.csv
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.music.corpus import Corpus
    from genrelab.music.duplicates import find_duplicates

    chosen = chosen_format(format, table)
    with Corpus(corpus) as opened, Bars() as progress:
        found = find_duplicates(opened, progress=progress)
        write_tables(duplicates_table(found, opened.tracks()), chosen)
    n, ambiguous = len(found.groups), sum(group.is_ambiguous for group in found.groups)
    what = "recording" if n == 1 else "recordings"
    say(f"{n} {what} under several ids, {ambiguous} of them in several genres")


def duplicates_table(found: Duplicates, tracks: Iterable[Track]) -> Table:
    """Show duplicates, a row a track."""
    described = {track.id: (track.genre, track.artist, track.title) for track in tracks}
    columns = ["group", "evidence", "kept", "track_id", "genre", "artist", "title"]
    rows = [
        (number, ", ".join(group.evidence), i == group.kept, i, *described[i])
        for number, group in enumerate(found.groups, 1)
        for i in group.track_ids
    ]
    return Table("Duplicates", columns, rows)


def export(
    corpus: CorpusArgument,
    parquet: Annotated[
        Path, typer.Option("--parquet", metavar="DIR", help="Folder for the Parquet files.")
    ],
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Write a corpus as Parquet files, for DuckDB, Polars, Spark or Ray.

    \b
    Examples:
      genrelab corpus export music.corpus --parquet music-parquet/
      duckdb -c "SELECT genre, count(*) FROM 'music-parquet/tracks.parquet' GROUP BY genre"
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.music.corpus import Corpus
    from genrelab.music.parquet import export_parquet

    chosen = chosen_format(format, table)
    with Corpus(corpus) as opened, Bars() as progress:
        rows = export_parquet(opened, parquet, progress)
    files = [(str(parquet / f"{name}.parquet"), count) for name, count in rows.items()]
    write_tables(Table("Export", ["file", "rows"], files), chosen)
