"""Collecting: ``collect archive``, ``collect folder`` and ``collect msd``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from genrelab.cli.terminal import (
    Bars,
    FormatOption,
    TableOption,
    chosen_format,
    say,
    write_tables,
)
from genrelab.errors import UsageError
from genrelab.progress import Progress
from genrelab.tables import Format, Table

if TYPE_CHECKING:
    from genrelab.sources.collecting import CollectSummary
    from genrelab.sources.findings import Source

CORPUS_ENDING = ".corpus"
MAX_SAID = 20  # faults written out; the corpus has them all

OutputOption = Annotated[
    Path,
    typer.Option("--output", "-o", metavar="CORPUS", help="Where to; made if absent."),
]


def add_to(app: typer.Typer) -> None:
    """Add the family's commands."""
    family = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    family.command("archive")(archive)
    family.command("folder")(folder)
    family.command("msd")(msd)
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

    def source(progress: Progress) -> Source:
        from genrelab.sources.archive import ArchiveSource

        return ArchiveSource(paths, dialect=dialect, labels=labels, progress=progress)

    _collect(source, output, chosen_format(format, table))


def folder(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Recordings, in any folders.")],
    output: OutputOption,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Genres: columns path (within FOLDER) and genre; artist, title where known.",
        ),
    ] = None,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Import recordings; `genrelab analyze --corpus` then analyzes them.

    Files without a label are kept without genre, labels without a file counted.

    \b
    Examples:
      genrelab collect folder music/ --labels genres.csv -o music.corpus
      genrelab analyze --corpus music.corpus
    """  # noqa: D301 - Typer's mark for lines that must stay as they are

    def source(progress: Progress) -> Source:
        from genrelab.sources.folder import FolderSource

        return FolderSource(folder, labels=labels, progress=progress)

    _collect(source, output, chosen_format(format, table))


def msd(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder with A/B/C/*.h5.")],
    output: OutputOption,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="CLS", help="Genres: lines of track id, tab, genre (tagtraum)."),
    ] = None,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Import files of the Million Song Dataset (HDF5).

    \b
    Examples:
      genrelab collect msd MillionSongSubset/ -o music.corpus
      genrelab collect msd MillionSongSubset/ --labels msd_tagtraum_cd2.cls -o music.corpus
    """  # noqa: D301 - Typer's mark for lines that must stay as they are

    def source(progress: Progress) -> Source:
        from genrelab.sources.msd import MsdSource

        return MsdSource(folder, labels=labels, progress=progress)

    _collect(source, output, chosen_format(format, table))


def _collect(make_source: Callable[[Progress], Source], output: Path, format: Format) -> None:
    from genrelab.music.corpus import Corpus
    from genrelab.sources.collecting import collect

    if output.suffix != CORPUS_ENDING and not output.exists():
        raise UsageError(f"--output is {output}; expected a name ending in {CORPUS_ENDING}")
    with Bars() as progress:
        source = make_source(progress)
        with Corpus(output, "write") as corpus:
            summary = collect(source, corpus, progress=progress)
    for sentence in summary.faults[:MAX_SAID]:
        say(f"error: {sentence}")
    if summary.n_faults > MAX_SAID:
        say(f"and {summary.n_faults - MAX_SAID} more; `genrelab corpus info {output} --left-out`")
    if summary.items == summary.finished_before and not summary.read:
        say(f"nothing new: all of it was imported into {output} before")
    write_tables(summary_table(summary), format)
    if summary.n_faults or summary.unfinished:
        raise typer.Exit(1)


def summary_table(summary: CollectSummary) -> Table:
    """Show what an import did, a row a count."""
    rows: list[tuple[str, int]] = [
        ("files", summary.items),
        ("files imported before", summary.finished_before),
        ("files not read to their end", len(summary.unfinished)),
        ("records imported before", summary.skipped),
        ("records read", summary.read),
        ("tracks stored", summary.stored),
        ("tracks updated", summary.updated),
        ("tracks removed (two genres, or gone)", summary.removed),
        *((f"dropped: {reason}", count) for reason, count in summary.dropped.items()),
        ("without genre", summary.without_genre),
        ("without artist", summary.without_artist),
    ]
    return Table("Import", ["what", "count"], rows)
