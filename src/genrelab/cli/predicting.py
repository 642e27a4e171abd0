"""Predicting: ``predict``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
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
from genrelab.errors import UsageError
from genrelab.tables import Cell, Table

if TYPE_CHECKING:
    from genrelab.listening.prediction import Heard, Prediction
    from genrelab.progress import Progress


def add_to(app: typer.Typer) -> None:
    """Add the family's commands."""
    app.command("predict")(predict)


def predict(
    model: Annotated[
        Path, typer.Option("--model", metavar="RUN", help="The run whose network answers.")
    ],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Analyses as `collect archive` reads them."),
    ] = None,
    corpus: Annotated[
        Path | None, typer.Option(metavar="CORPUS", help="Every analyzed track of a corpus.")
    ] = None,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Predict the genre of analyses; one JSON line each, in the order given.

    \b
    Examples:
      genrelab predict --model runs/timbre analysis.json
      genrelab predict --model runs/timbre analyses/ --table
      genrelab predict --model runs/timbre --corpus music.corpus > genres.jsonl
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.learning.runs import load_run
    from genrelab.listening.models import Model
    from genrelab.listening.prediction import predict as predict_heard

    if bool(files) == (corpus is not None):
        raise UsageError("predict needs either files or --corpus")
    # JSON here means one object a line, so that long outputs can be read as they come.
    chosen = chosen_format(format, table, default="json")
    failures: list[str] = []
    remarks: dict[str, int] = {}
    rows = []
    loaded = Model(load_run(model))
    with Bars() as progress:
        heard = (
            _hear_corpus(corpus, progress)
            if corpus
            else _hear_files(files or [], failures, progress)
        )
        for prediction in predict_heard(loaded, heard):
            for remark in prediction.remarks:
                remarks[remark] = remarks.get(remark, 0) + 1
            if chosen == "json":
                _write_line(prediction)
            else:
                rows.append(_row(prediction))
    if chosen != "json":
        columns = ("file", "track_id", "genre", "probability", "second", "second_probability")
        write_tables(Table("Predictions", columns, rows), chosen)
    for remark, n in remarks.items():
        say(f"note: {n} of them: {remark}")
    if failures:
        raise typer.Exit(1)


def _write_line(prediction: Prediction) -> None:
    import msgspec

    sys.stdout.write(msgspec.json.encode(prediction.to_dict()).decode() + "\n")


def _row(prediction: Prediction) -> tuple[Cell, ...]:
    first, second = prediction.top(2)
    return (prediction.file, prediction.track_id, *first, *second)


def _hear_corpus(corpus: Path, progress: Progress) -> Iterator[Heard]:
    from genrelab.listening.prediction import hear_corpus
    from genrelab.music.corpus import Corpus

    with Corpus(corpus) as opened:
        yield from hear_corpus(opened, progress=progress)


def _hear_files(files: list[Path], failures: list[str], progress: Progress) -> Iterator[Heard]:
    """Yield every analysis of the files; what cannot be read is said and the rest goes on."""
    from genrelab.listening.prediction import Unheard, hear_files

    for heard in hear_files(files, progress=progress):
        if isinstance(heard, Unheard):
            failures.append(heard.sentence)
            say(f"error: {heard.sentence}")
        else:
            yield heard
