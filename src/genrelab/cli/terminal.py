"""Terminal: progress bars and talk on stderr, tables on stdout.

Conventions
-----------
A bar appears when a stage has taken two seconds, with the time left. Where
stderr is no terminal, a line every ten seconds says the same.
"""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Annotated, Any

import typer

from genrelab.errors import UsageError
from genrelab.music.file_names import readable
from genrelab.tables import Format, Table, render

BAR_AFTER_S = 2.0
LINE_EVERY_S = 10.0

FormatOption = Annotated[
    Format | None, typer.Option("--format", help="How to write the result.", show_default=False)
]
TableOption = Annotated[bool, typer.Option("--table", help="The same as --format text.")]


def chosen_format(format: Format | None, table: bool, default: Format = "text") -> Format:
    """Tell which format ``--format`` and ``--table`` ask for together."""
    if table and format not in (None, "text"):
        raise UsageError(f"--table is --format text, but --format is {format}; give one of them")
    return "text" if table else format or default


def write_tables(tables: Table | Sequence[Table], format: Format) -> None:
    """Write tables to stdout."""
    sys.stdout.write(render(tables, format))


def say(sentence: str) -> None:
    """Tell the user something in one line, on stderr."""
    sys.stderr.write(f"{printable(sentence)}\n")
    sys.stderr.flush()


def printable(text: str) -> str:
    r"""Escape what a terminal might take for a command or a new line, as in a file's name.

    >>> printable("a\nb\x1b[2J.wav"), printable("caf\udce9 \u3000é.wav")
    ('a\\nb\\x1b[2J.wav', 'caf\\xe9 \u3000é.wav')
    """
    return "".join(
        letter
        if letter.isprintable() or unicodedata.category(letter) == "Zs"
        else letter.encode("unicode_escape").decode()
        for letter in readable(text)
    )


class Bars:
    """Progress bars: a context manager that is a `genrelab.progress.Progress`.

    Parameters
    ----------
    unit : str, optional
        What is counted ("tracks"), to say how many of it a second are done.

    Examples
    --------
    >>> with Bars() as progress:
    ...     progress("counting", 1, 2)
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, unit: str | None = None
    ) -> None:
        self._clock = clock
        self._unit = unit
        self._stage = ""
        self._began = 0.0
        self._first = 0  # done when the stage began, perhaps again after another one
        self._said = 0.0
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Bars:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._finish()

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Show how far a stage has come, once it has taken a while."""
        now = self._clock()
        if stage != self._stage:
            self._finish()
            self._stage, self._began, self._first, self._said = stage, now, done, now
        if now - self._began < BAR_AFTER_S:
            return
        if sys.stderr.isatty():
            self._draw(done, total, rate(done - self._first, now - self._began, self._unit))
        elif now - self._said >= LINE_EVERY_S:
            self._said = now
            elapsed_s = now - self._began
            say(progress_line(stage, done, total, elapsed_s, self._unit, first=self._first))

    def _draw(self, done: int, total: int | None, pace: str) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                Progress,
                TaskProgressColumn,
                TextColumn,
                TimeElapsedColumn,
                TimeRemainingColumn,
            )

            self._bar = Progress(
                *(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()),
                TextColumn("{task.fields[pace]}"),
                *(TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(
                self._stage, total=total, completed=self._first, pace=pace
            )
        self._bar.update(self._task, completed=done, total=total, pace=pace)

    def _finish(self) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._bar = None
        self._stage = ""


def rate(done: int, elapsed_s: float, unit: str | None) -> str:
    """Say how many of a unit are done a second; nothing where none is counted.

    >>> rate(25, 10.0, "tracks")
    '2.50 tracks/s'
    """
    return f"{done / elapsed_s:.2f} {unit}/s" if unit and elapsed_s > 0 else ""


def progress_line(
    stage: str,
    done: int,
    total: int | None,
    elapsed_s: float,
    unit: str | None = None,
    *,
    first: int = 0,
) -> str:
    """Say in words what a bar would show, of which ``first`` had been done before.

    >>> progress_line("importing", 25, 100, 10.0)
    'importing: 25 %, 30 s left'
    >>> progress_line("analyzing", 25, 100, 10.0, "tracks", first=15)
    'analyzing: 25 %, 1.00 tracks/s, 75 s left'
    """
    if not total:
        return f"{stage}: {done}"
    n_done = done - first
    left = f", {elapsed_s * (total - done) / n_done:.0f} s left" if n_done > 0 else ""
    pace = f", {rate(n_done, elapsed_s, unit)}" if unit else ""
    return f"{stage}: {done / total:.0%}{pace}{left}".replace("%", " %")
