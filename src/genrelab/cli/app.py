"""App: the tree of commands, and what becomes of errors.

Conventions
-----------
A family of commands is a module of this package with ``add_to(app)``, named in
`FAMILIES`. A command raises what it cannot do; `main` turns it into one line.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from genrelab import __version__
from genrelab.cli import (
    analyzing,
    collecting,
    corpora,
    fitting,
    learning,
    predicting,
    reproducing,
    showing,
    training,
)
from genrelab.cli.terminal import say
from genrelab.errors import GenrelabError

FAMILIES = (
    *(learning, collecting, analyzing, showing, corpora, training, predicting),
    *(reproducing, fitting),
)
WRONG_USE = 2
_OF_STREAMS = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO, errno.EBADF}
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"genrelab {__version__}")
        raise typer.Exit


def build_app() -> typer.Typer:
    """Put the commands of all families together."""
    app = typer.Typer(
        name="genrelab",
        no_args_is_help=True,
        rich_markup_mode=None,  # plain help starts faster and reads well in a pipe
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def genrelab(
        version: Annotated[
            bool, typer.Option("--version", help="Say which genrelab this is.", callback=_version)
        ] = False,
    ) -> None:
        """Hear what kind of music it is: collect analyses, learn genres, judge, predict."""

    for family in FAMILIES:
        family.add_to(app)
    return app


def main(args: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    Parameters
    ----------
    args : sequence of str, optional
        What follows the program's name; ``sys.argv`` by default.
    """
    _open_closed_streams()
    try:
        status = build_app()(
            args=None if args is None else list(args), prog_name="genrelab", standalone_mode=False
        )
        sys.stdout.flush()
    except GenrelabError as error:
        return _fail(str(error), error.exit_status)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        # Whoever read stdout has enough; Python must not complain about it at its end.
        _give_up_stdout()
        return 1
    except OSError as error:
        where = error.filename or "the system"
        if error.filename is None and error.errno in _OF_STREAMS:
            _give_up_stdout()
            where = "stdout"
        return _fail(f"{where}: {error.strerror or error}", 1)
    except Exception as error:
        # Typer's usage errors have no public name that all its versions share.
        if not hasattr(error, "format_message"):
            raise
        return _fail_usage(error)
    if status == INTERRUPTED:
        say("interrupted; what was finished is stored, the same command goes on from there")
    return status if isinstance(status, int) else 0


def _open_closed_streams() -> None:
    """Give what is written to a stream that the shell has closed (``>&-``) a place to go."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115


def _give_up_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(sentence: str, status: int) -> int:
    say(f"error: {sentence}")
    return status


def _fail_usage(error: Exception) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(f"{error}\n")  # the help
        return WRONG_USE
    path = context.command_path if context else "genrelab"
    sentence = " ".join(error.format_message().split()).rstrip(".")  # type: ignore[attr-defined]
    return _fail(f"{sentence}; see `{path} --help`", WRONG_USE)
