"""Training: ``sample``, ``train``, ``evaluate`` and ``compare``."""

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
from genrelab.errors import UsageError

RunsArgument = Annotated[list[Path], typer.Argument(metavar="RUN", help="Directories of runs.")]


def add_to(app: typer.Typer) -> None:
    """Add the family's commands."""
    for command in (sample, train, evaluate, compare):
        app.command(command.__name__)(command)


@takes_knobs
def sample(
    corpus: CorpusArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the arrays.")
    ],
    knobs: Mapping[str, Any],
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Write the paper's nine arrays (three samples, three inputs) as .npz files.

    \b
    Examples:
      genrelab sample music.corpus -o arrays/
      genrelab sample music.corpus -o arrays/ --genres Rock,Jazz --segments 256
      genrelab sample music.corpus -o arrays/ --group track --split-seed 7
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.music.corpus import Corpus
    from genrelab.workflows.arrays import write_arrays

    chosen = chosen_format(format, table)
    with Corpus(corpus) as opened, Bars() as progress:
        arrays = write_arrays(opened, output, knobs, progress=progress)
    write_tables([found for found in arrays.tables() if found.rows], chosen)
    say(f"nine arrays lie in {output}")


@takes_knobs
def train(
    corpus: CorpusArgument,
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE",
            help="A .toml file, or one that ships: {balanced,semi-balanced,unbalanced}"
            "-{timbre,pitch,mixed}, statistics-svm, statistics-knn, profile-kernel.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="RUN", help="Directory for the run.")
    ],
    knobs: Mapping[str, Any],
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", help="Seed of weights, dropout, order.  [default: 0]"),
    ] = None,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Train a recipe's network and judge it on tracks it has not seen.

    \b
    Examples:
      genrelab train music.corpus balanced-timbre -o runs/timbre
      genrelab train music.corpus unbalanced-mixed -o runs/mixed --folds 5 --seed 3
      genrelab train music.corpus balanced-timbre -o runs/plain --set dropout=.4 --group track
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.learning.recipes import load_recipe
    from genrelab.music.corpus import Corpus
    from genrelab.workflows.experiments import train as train_recipe
    from genrelab.workflows.judgments import judge_run

    chosen = chosen_format(format, table)
    loaded = load_recipe(recipe, {**knobs, **({} if seed is None else {"seed": seed})})
    with Corpus(corpus) as opened, Bars() as progress:
        run = train_recipe(opened, loaded, output, progress=progress)
    for remark in run.info.remarks:
        say(f"note: {remark}")
    write_tables(judge_run(run).tables(), chosen)
    say(f"the run lies in {output}")


def evaluate(
    runs: RunsArgument,
    corpus: Annotated[
        Path | None,
        typer.Option(
            metavar="CORPUS",
            help="Judge on this corpus' tracks instead, without artists the run learned from.",
        ),
    ] = None,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Judge runs on their test tracks: scores with 95 % intervals, genres, confusion.

    \b
    Examples:
      genrelab evaluate runs/timbre
      genrelab evaluate runs/timbre runs/mixed --format json
      genrelab evaluate runs/timbre --corpus other.corpus
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.learning.runs import load_run
    from genrelab.music.corpus import Corpus
    from genrelab.workflows.judgments import judge_run, judge_run_on

    chosen = chosen_format(format, table)
    tables = []
    for name, path in _names(runs).items():
        run = load_run(path)
        if corpus is None:
            report = judge_run(run, name=name)
        else:
            with Corpus(corpus) as opened, Bars() as progress:
                judged = judge_run_on(run, opened, name=name, progress=progress)
            report = judged.report
            for reason, n in judged.left_out.items():
                say(f"note: left out {n} tracks: {reason}")
        for remark in report.remarks:
            say(f"note: {path}: {remark}")
        tables += report.tables()
    write_tables(tables, chosen)


def compare(runs: RunsArgument, format: FormatOption = None, table: TableOption = False) -> None:
    """Compare runs side by side, with McNemar's test on the test tracks they share.

    \b
    Examples:
      genrelab compare runs/timbre runs/pitch runs/mixed
      genrelab compare runs/* --format markdown
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.judging.comparison import compare as compare_predictions
    from genrelab.learning.runs import load_run

    if len(runs) < 2:
        raise UsageError("compare needs at least two runs")
    predictions = {name: load_run(path).predictions() for name, path in _names(runs).items()}
    found = compare_predictions(predictions)
    for remark in found.remarks:
        say(f"note: {remark}")
    write_tables(found.tables(), chosen_format(format, table))
    for pair in found.pairs:
        say(pair.sentence)


def _names(runs: list[Path]) -> dict[str, Path]:
    """Call runs by their directories' names, by their paths where two have the same."""
    for path in runs:
        if sum(path.resolve() == other.resolve() for other in runs) > 1:
            raise UsageError(f"{path}: is given twice; name each run once")
    short = [path.resolve().name for path in runs]
    names = short if len(set(short)) == len(runs) else [str(path) for path in runs]
    return dict(zip(names, runs, strict=True))
