"""Predicting: ``predict``."""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrelab.cli.prediction_forms import IN_TABLE, Rows, line_writer
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
    from genrelab.learning.runs import Run
    from genrelab.listening.hearing import Unheard
    from genrelab.listening.prediction import Prediction
    from genrelab.workflows.kept_answers import Keeping, Left
    from genrelab.workflows.predictions import Asking

    Answers = Iterator[Prediction | Unheard | Left]

UNIT = "tracks"
STDIN = "-"
N_NAMED = 3  # tracks that one line names


def add_to(app: typer.Typer) -> None:
    """Add the family's commands."""
    app.command("predict")(predict)


def predict(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE",
            help="Recordings, JSON archives of analyses, and folders; - reads their names from "
            "standard input.",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            metavar="RUN",
            help="The run that answers. [default: the model that ships with genrelab]",
            show_default=False,
        ),
    ] = None,
    names: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="LIST",
            help="A file of names, one a line or separated by null bytes; - is standard input.",
        ),
    ] = None,
    corpus: Annotated[
        Path | None, typer.Option(metavar="CORPUS", help="Every analyzed track of a corpus.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Add JSON lines to a file; run again, what it answers is not done again.",
        ),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(metavar="K", min=1, help="List the K most probable genres only."),
    ] = None,
    windows: Annotated[
        bool, typer.Option("--windows", help="Tell the probabilities over time, too.")
    ] = False,
    precision: Annotated[
        float | None,
        typer.Option(
            metavar="P",
            help="Name a genre only where, of validation tracks this sure, a share P was right.",
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(metavar="T", help="Name a genre only where its probability is at least T."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Processes that analyze. [default: one a core]",
            show_default=False,
        ),
    ] = None,
    format: FormatOption = None,
    table: TableOption = False,
) -> None:
    """Predict the genre of recordings; a JSON line each, in the order given.

    Recordings are analyzed on the way. In a folder and below, those are taken that
    end as recordings do, or where there are none, its archives of analyses. What
    cannot be predicted is named, and the rest goes on. Addresses are not fetched.

    \b
    Examples:
      genrelab predict song.mp3
      genrelab predict music/ --table --top 3
      genrelab predict music/ -o genres.jsonl
      genrelab predict song.mp3 --windows --table
      genrelab predict --precision .9 music/ > genres.jsonl
      find . -name '*.flac' -print0 | genrelab predict --model runs/timbre -
      genrelab predict --model runs/timbre --corpus music.corpus
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.workflows.kept_answers import Keeping
    from genrelab.workflows.predictions import Asking, choose_threshold, open_model

    # JSON here means one object a line, so that long outputs can be read as they come.
    chosen = chosen_format(format, table, default="json")
    if output is not None and chosen != "json":
        raise UsageError("-o holds JSON lines; leave out --table and --format")
    wanted = _named(inputs or [], names)
    if bool(wanted) == (corpus is not None):
        raise UsageError("predict needs either files or --corpus")
    warnings.simplefilter("ignore")
    with Bars(unit=UNIT) as progress:
        loaded = open_model(model)
        asking = Asking(
            model=loaded,
            threshold=choose_threshold(loaded.run, precision=precision, threshold=threshold),
            windows=windows,
            jobs=jobs,
            progress=progress,
        )
        keeping = Keeping(path=output, top=top) if output is not None else None
        answers = (
            _from_corpus(corpus, asking, keeping)
            if corpus is not None
            else _from_files(wanted, asking, keeping)
        )
        rows = Rows(
            top=min(top or IN_TABLE, len(loaded.classes)),
            windows=windows,
            has_threshold=asking.threshold > 0,
        )
        if keeping is not None:
            tally = _tell(answers, lambda _: None)
        elif chosen == "json":
            tally = _tell(answers, line_writer(top))
        else:
            tally = _tell(answers, rows.add)
    if keeping is None and chosen != "json":
        write_tables(rows.table(chosen), chosen)
    _say_remarks(tally, loaded.run, asking.threshold, precision)
    if output is not None:
        say(_summary(tally))
    if tally.failed:
        raise typer.Exit(1)


def _named(inputs: list[str], names: str | None) -> list[str]:
    """Put the names that lists hold where the lists are named."""
    from genrelab.workflows.questions import read_list

    wanted = []
    for one in inputs:
        if one == STDIN:
            wanted += read_list(sys.stdin.buffer, "standard input")
        else:
            wanted.append(one)
    if names == STDIN:
        wanted += read_list(sys.stdin.buffer, "standard input")
    elif names is not None:
        with Path(names).open("rb") as file:
            wanted += read_list(file, names)
    return wanted


def _from_files(wanted: list[str], asking: Asking, keeping: Keeping | None) -> Answers:
    from genrelab.workflows.kept_answers import keep_answers
    from genrelab.workflows.predictions import predict_questions
    from genrelab.workflows.questions import find_questions

    questions = find_questions(wanted)
    if keeping is not None:
        return keep_answers(questions, asking, keeping)
    return predict_questions(questions, asking)


def _from_corpus(path: Path, asking: Asking, keeping: Keeping | None) -> Answers:
    from genrelab.music.corpus import Corpus
    from genrelab.workflows.kept_answers import keep_corpus_answers
    from genrelab.workflows.predictions import predict_corpus

    with Corpus(path) as corpus:
        if keeping is not None:
            yield from keep_corpus_answers(corpus, asking, keeping)
        else:
            yield from predict_corpus(corpus, asking)
        analyzed = corpus.dialects().keys()
        missing = [track.id for track in corpus.tracks() if track.id not in analyzed]
    if missing:
        more = ", ..." if len(missing) > N_NAMED else ""
        say(
            f"note: {len(missing)} of its tracks have no analysis and were left out "
            f"({', '.join(missing[:N_NAMED])}{more}); `genrelab analyze --corpus {path}` analyzes "
            "those that have a recording"
        )


@dataclass(slots=True)
class _Tally:
    """What became of all that was asked."""

    answered: int = 0
    left: int = 0
    failed: int = 0
    unsure: int = 0
    remarks: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)  # of the first that has a remark


def _tell(answers: Answers, write: Callable[[Prediction], None]) -> _Tally:
    """Write what is predicted, say what is not, and count."""
    from genrelab.listening.hearing import Unheard
    from genrelab.workflows.kept_answers import Left

    tally = _Tally()
    for answer in answers:
        if isinstance(answer, Unheard):
            tally.failed += 1
            say(f"error: {answer.sentence}")
        elif isinstance(answer, Left):
            tally.left += answer.n
        else:
            tally.answered += 1
            tally.unsure += answer.genre is None
            for remark in answer.remarks:
                tally.remarks[remark] += 1
                tally.names.setdefault(remark, answer.file or answer.track_id or "")
            write(answer)
    return tally


def _say_remarks(tally: _Tally, run: Run, threshold: float, precision: float | None) -> None:
    from genrelab.listening.abstention import find_abstention
    from genrelab.listening.prediction import unsure_remark

    for remark, n in tally.remarks.items():
        if remark != unsure_remark(threshold):
            who = f"{n} of them" if n > 1 else tally.names[remark]
            say(f"note: {who}: {remark}")
    if not threshold:
        return
    said = f"note: threshold {threshold:.3f}"
    if precision is not None:
        known = find_abstention(run, precision)
        said += (
            f" ({known.coverage:.0%} of the validation tracks were this sure, {known.n} of them, "
            f"and at least {known.precision:.0%} of those right)"
        ).replace("%", " %")
    say(f"{said}: {tally.unsure} of {tally.answered} have no genre")


def _summary(tally: _Tally) -> str:
    parts = [f"{tally.answered} answered"]
    if tally.left:
        parts.append(f"{tally.left} were answered before")
    if tally.failed:
        parts.append(f"{tally.failed} failed")
    return ", ".join(parts)
