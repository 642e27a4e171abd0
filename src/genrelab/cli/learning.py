"""Learning: ``learn``, from a folder of songs to a judged model."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from genrelab.cli.imports import GenreMapOption, asked_genres, genre_table
from genrelab.cli.terminal import (
    Bars,
    FormatOption,
    TableOption,
    chosen_format,
    say,
    write_tables,
)
from genrelab.errors import UsageError

if TYPE_CHECKING:
    from genrelab.workflows.teaching import Lesson

MAX_SAID = 20  # failures written out; the report has them all


def add_to(app: typer.Typer) -> None:
    """Add the family's commands."""
    app.command("learn")(learn)


def learn(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Songs, in folders named by their genre.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="RUN", help="Directory for the model.")
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Columns path (within FOLDER), genre, artist, title where known; has the last "
            "word.",
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
    genres: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...", help="Genres to tell apart.  [default: all with enough songs]"
        ),
    ] = None,
    genre_map: GenreMapOption = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="RECIPE", help="How to learn.  [default: what suits the amount of music]"
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            help="In how many rounds every song is tested; 0 for one split 8:1:1.  "
            "[default: 5, or 0 where there is much music]",
        ),
    ] = None,
    split_seed: Annotated[
        int | None, typer.Option(metavar="N", help="Seed of the splitting.  [default: 0]")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Seed of the learning.  [default: 0]")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KNOB=VALUE", help="Set any knob of the recipe; repeatable."),
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="Train anew where songs or settings differ from those of the finished RUN, "
            "which is kept as RUN.earlier.",
        ),
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Processes. [default: one a core]", show_default=False
        ),
    ] = None,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Learn to tell your own genres apart, from a folder of songs.

    Collects and analyzes the songs, trains a model, judges it on songs by artists
    it has not heard, and writes RUN/report.html, which explains how good it is.
    Analyses are kept in RUN.corpus; interrupted, the same command goes on from
    there. Ten songs a genre are a beginning, hundreds make a good model.

    \b
    Examples:
      genrelab learn music/ -o my-genres
      genrelab learn music/ --labels songs.csv --genres Rock,Jazz,Metal -o my-genres
      genrelab learn music/ --genre-from tags --genre-map names.csv -o my-genres
      genrelab predict --model my-genres song.mp3
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.workflows.teaching import learn as learn_folder

    chosen = chosen_format(format, table)
    knobs = _knobs(settings or (), {"folds": folds, "split_seed": split_seed, "seed": seed})
    warnings.simplefilter("ignore")
    with Bars() as progress:
        lesson = learn_folder(
            folder,
            output,
            labels=labels,
            genre_from=genre_from,
            genres=asked_genres(genres),
            table=genre_table(genre_map),
            recipe=recipe,
            settings=knobs,
            again=again,
            jobs=jobs,
            progress=progress,
        )
    write_tables(lesson.tables(), chosen)
    _tell(lesson, output)
    if lesson.failures:
        raise typer.Exit(1)


def _knobs(settings: list[str] | tuple[()], options: Mapping[str, Any]) -> dict[str, Any]:
    from genrelab.learning.recipes import parse_setting

    knobs = {knob: value for knob, value in options.items() if value is not None}
    for text in settings:
        knob, value = parse_setting(text)
        if knob in knobs:
            raise UsageError(
                f"{knob} is set twice (an option and --set count alike); keep one of them"
            )
        knobs[knob] = value
    return knobs


def _tell(lesson: Lesson, output: Path) -> None:
    for sentence in lesson.failures[:MAX_SAID]:
        say(f"error: {sentence}")
    if len(lesson.failures) > MAX_SAID:
        say(f"and {len(lesson.failures) - MAX_SAID} more; {lesson.page} names them")
    for sentence in lesson.remarks:
        say(f"note: {sentence}")
    say(lesson.in_short)
    say(f"the report, with all that in words and pictures: {lesson.page}")
    say(f"try it: genrelab predict --model {output} song.mp3")
