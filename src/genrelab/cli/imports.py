"""Imports: what all ``collect`` commands share, from their options to the summary.

Conventions
-----------
A command says how its source is made, given the genre table and the progress bars;
`run_import` does the rest. Whatever was left out is counted on stdout and named on stderr.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrelab.cli.terminal import Bars, say, write_tables
from genrelab.errors import UsageError
from genrelab.progress import Progress
from genrelab.tables import Format, Table

if TYPE_CHECKING:
    from genrelab.music.genres import GenreTable
    from genrelab.sources.collecting import CollectSummary
    from genrelab.sources.findings import Source

CORPUS_ENDING = ".corpus"
MAX_SAID = 20  # faults written out; the corpus has them all

OutputOption = Annotated[
    Path,
    typer.Option("--output", "-o", metavar="CORPUS", help="Where to; made if absent."),
]
GenresOption = Annotated[
    str | None,
    typer.Option(metavar="A,B,...", help="Take these genres only; others are counted."),
]
GenreMapOption = Annotated[
    Path | None,
    typer.Option(
        metavar="CSV", help="What names stand for which genre: columns name,genre; no genre: none."
    ),
]


def run_import(
    make_source: Callable[[GenreTable, Progress], Source],
    output: Path,
    format: Format,
    *,
    genres: str | None = None,
    genre_map: Path | None = None,
) -> None:
    """Collect a source into a corpus and say what became of it.

    Raises
    ------
    UsageError
        If the corpus has another ending, or nothing has a genre that was asked for.
    """
    from genrelab.music.corpus import Corpus
    from genrelab.sources.collecting import collect, known_genres

    check_output(output)
    asked = asked_genres(genres)
    table = genre_table(genre_map)
    with Bars() as progress:
        source = make_source(table, progress)
        with Corpus(output, "write") as corpus:
            summary = collect(source, corpus, table=table, genres=asked, progress=progress)
            there = known_genres(corpus) if summary.absent_genres else []
    _say(summary, output)
    write_tables(summary_table(summary), format)
    if summary.absent_genres:
        absent = summary.absent_genres[0]
        found = ", ".join(there) or "none"
        raise UsageError(f"--genres: no track is {absent!r}; the genres found are {found}")
    if summary.n_faults or summary.unfinished:
        raise typer.Exit(1)


def run_linking(folder: Path, corpus: Path, format: Format) -> None:
    """Make a folder's recordings the audio of a corpus' tracks and say what became of them."""
    from genrelab.music.corpus import Corpus
    from genrelab.sources.collecting import collect
    from genrelab.sources.linking import LinkSource

    with Bars() as progress:
        source = LinkSource(folder, corpus, progress=progress)
        with Corpus(corpus, "write") as opened:
            summary = collect(source, opened, progress=progress)
            with_recording = [track.audio_path is not None for track in opened.tracks()]
    _say(summary, corpus)
    if summary.dropped.get("no match"):
        say(f"note: `genrelab corpus info {corpus} --left-out` lists what matched no track")
    write_tables(links_table(summary, with_recording), format)
    if summary.n_faults or summary.unfinished:
        raise typer.Exit(1)


def check_output(output: Path) -> None:
    """Refuse a name that a new corpus should not have.

    Raises
    ------
    UsageError
    """
    if output.suffix != CORPUS_ENDING and not output.exists():
        raise UsageError(f"--output is {output}; expected a name ending in {CORPUS_ENDING}")


def genre_table(genre_map: Path | None) -> GenreTable:
    """Return the table that ships, with what ``--genre-map`` gives over it."""
    from genrelab.music.genres import SHIPPED_GENRES
    from genrelab.sources.genre_maps import load_genre_map

    return SHIPPED_GENRES if genre_map is None else load_genre_map(genre_map)


def asked_genres(genres: str | None) -> list[str]:
    """Take the names that ``--genres`` gives apart.

    Raises
    ------
    UsageError
        If it gives none.
    """
    names = [name.strip() for name in (genres or "").split(",") if name.strip()]
    if genres is not None and not names:
        raise UsageError(f"--genres {genres!r} names none; expected for example Rock,Jazz")
    return names


def _say(summary: CollectSummary, output: Path) -> None:
    for sentence in summary.faults[:MAX_SAID]:
        say(f"error: {sentence}")
    if summary.n_faults > MAX_SAID:
        say(f"and {summary.n_faults - MAX_SAID} more; `genrelab corpus info {output} --left-out`")
    if summary.items == summary.finished_before and not summary.read:
        say(f"nothing new: all of it was imported into {output} before")
    if summary.unmapped:
        most = [f"{name} {n}" for name, n in summary.unmapped.items()]
        more = f" and {len(most) - MAX_SAID} more" if len(most) > MAX_SAID else ""
        say(
            f"note: no table knows the genres {', '.join(most[:MAX_SAID])}{more}; they stay as "
            "they are, --genre-map says what they stand for"
        )


def links_table(summary: CollectSummary, with_recording: Sequence[bool]) -> Table:
    """Show what became of recordings, and how many of a corpus' tracks have one."""
    rows: list[tuple[str, int]] = [
        ("recordings", summary.items),
        ("recordings looked at before", summary.finished_before),
        ("recordings not read", len(summary.unfinished)),
        ("recordings linked to a track", summary.updated),
        *((f"dropped: {reason}", count) for reason, count in summary.dropped.items()),
        ("tracks with a recording", sum(with_recording)),
        ("tracks without a recording", len(with_recording) - sum(with_recording)),
    ]
    return Table("Links", ["what", "count"], rows)


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
        ("tracks removed (two genres, gone, or not asked for)", summary.removed),
        *((f"dropped: {reason}", count) for reason, count in summary.dropped.items()),
        ("without genre", summary.without_genre),
        ("without artist", summary.without_artist),
        *((f"official split: {part}", count) for part, count in summary.split.items()),
        *((f"genre in no table: {genre}", count) for genre, count in summary.unmapped.items()),
    ]
    return Table("Import", ["what", "count"], rows)
