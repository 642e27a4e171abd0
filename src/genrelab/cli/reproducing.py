"""Reproducing: ``reproduce`` and ``demo``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from genrelab.cli.corpora import CorpusArgument
from genrelab.cli.recipe_options import takes_knobs
from genrelab.cli.terminal import (
    Bars,
    FormatOption,
    TableOption,
    chosen_format,
    say,
    write_tables,
)


def add_to(app: typer.Typer) -> None:
    """Add the family's commands."""
    app.command("reproduce")(reproduce)
    app.command("demo")(demo)


@takes_knobs
def reproduce(
    corpus: CorpusArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for everything.")
    ],
    knobs: Mapping[str, Any],
    seeds: Annotated[
        int, typer.Option(metavar="N", help="Train everything with seeds 0 to N - 1.")
    ] = 1,
    study: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STUDY", help="Add imbalance, learning-rate or overtraining; repeatable."
        ),
    ] = None,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Reproduce the paper on a corpus: arrays, networks, tables, figures, claims, one page.

    Run again after an interruption, it trains only what is missing.

    \b
    Examples:
      genrelab reproduce music.corpus -o paper/
      genrelab reproduce music.corpus -o paper/ --split folds.csv --seeds 5
      genrelab reproduce music.corpus -o paper/ --study imbalance --study learning-rate
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.music.corpus import Corpus
    from genrelab.workflows.reproduction import reproduce as reproduce_paper
    from genrelab.workflows.studies import chosen_studies

    chosen = chosen_format(format, table)
    with Corpus(corpus) as opened, Bars() as progress:
        found = reproduce_paper(
            opened,
            output,
            knobs,
            seeds=seeds,
            studies=chosen_studies(study or []),
            progress=progress,
        )
    names = ("table2", "summary", "comparison", "claims")
    write_tables([found.tables[name] for name in names], chosen)
    say(f"the report lies in {found.page}")


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for everything.")
    ] = Path("genrelab-demo"),
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Show the whole way on music that genrelab plays itself, in about three minutes.

    It renders eight synthetic styles as sound files, learns their genres as `genrelab
    learn` does, and predicts pieces by artists that it has not heard.

    \b
    Examples:
      genrelab demo
      genrelab demo -o /tmp/demo --format json
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.workflows.demo import NOTICE
    from genrelab.workflows.demo import demo as run_demo

    chosen = chosen_format(format, table)
    with Bars() as progress:
        found = run_demo(output, progress=progress)
    write_tables(found.lesson.tables(), chosen)
    say(NOTICE)
    say(
        f"{found.n_right} of {len(found.truth)} synthetic pieces by artists it never heard were "
        "told right"
    )
    say(f"the report lies in {found.page}")
