"""Showing: ``show``."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated, Literal

import typer

from genrelab.cli.terminal import Bars, say
from genrelab.errors import UsageError


def add_to(app: typer.Typer) -> None:
    """Add the family's commands."""
    app.command("show")(show)


def show(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A recording, or an analysis in JSON."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR|FILE",
            help="Folder, or FILE.png or FILE.svg for one picture. [default: FILE-pictures]",
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PICTURE",
            help="One of waveform, spectrogram, mfcc, timbre, pitches, segments, components; "
            "repeatable. [default: all]",
            show_default=False,
        ),
    ] = None,
    start: Annotated[
        float | None,
        typer.Option("--from", metavar="SECONDS", help="Where the stretch to show begins."),
    ] = None,
    stop: Annotated[
        float | None, typer.Option("--to", metavar="SECONDS", help="Where it ends.")
    ] = None,
    format: Annotated[
        Literal["png", "svg"] | None, typer.Option(help="How to write pictures.")
    ] = None,
    timbre_basis: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Another timbre basis: .npz of ours, or LabROSA's .mat."),
    ] = None,
) -> None:
    """Draw a recording and what the analyzer heard in it; print the pictures' paths.

    waveform: how it was cut into sections, bars, beats and segments, whole and
    closely. spectrogram, mfcc: what the ear gets. timbre, pitches: the values
    of every segment. segments: a few as heard and as their timbre has them.
    components: what each of the twelve timbre values stands for (needs no FILE).

    \b
    Examples:
      genrelab show song.mp3
      genrelab show song.mp3 --from 60 --to 75 -o pictures/
      genrelab show song.mp3 --only waveform -o waveform.svg
      genrelab show analysis.json
      genrelab show --only components
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.workflows.showing import show as show_file
    from genrelab.workflows.showing import show_components

    warnings.simplefilter("ignore")  # a title may have letters that the font has not
    if file is None:
        if only != ["components"]:
            raise UsageError("show needs a FILE; `--only components` alone can do without")
        if start is not None or stop is not None:
            raise UsageError("--from and --to are parts of a FILE; name one")
        shown = show_components(output, format=format, timbre_basis=timbre_basis)
    else:
        with Bars() as progress:
            shown = show_file(
                file,
                output,
                only=only or (),
                start=start,
                stop=stop,
                format=format,
                timbre_basis=timbre_basis,
                progress=progress,
            )
    for remark in shown.remarks:
        say(f"note: {remark}")
    for path in shown.paths:
        sys.stdout.write(f"{path}\n")
