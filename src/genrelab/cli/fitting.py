"""Fitting: ``fit analyzer``, ``fit dialects`` and ``fit timbre-basis``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genrelab.cli.terminal import Bars, say

PairsArgument = Annotated[
    Path, typer.Argument(metavar="PAIRS", help="A folder of pairs: recordings and originals.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="The same seed learns the same.")]


def add_to(app: typer.Typer) -> None:
    """Add the family's commands."""
    family = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    family.command("analyzer")(analyzer)
    family.command("dialects")(dialects)
    family.command("timbre-basis")(timbre_basis)
    app.add_typer(family, name="fit", help="Learn the analyzer's parts anew.")


def analyzer(
    pairs: PairsArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder for the parts.")
    ],
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Leave a pair out, to judge the parts on it."),
    ] = None,
    seed: SeedOption = 0,
) -> None:
    """Fit the analyzer's parts to recordings whose original analysis is known.

    Writes timbre.npz and segmentation.onnx. PAIRS holds pairs.csv and, in a
    folder a recording, audio.*, analysis.json.gz and alignment.csv.

    \b
    Examples:
      genrelab fit analyzer pairs/ -o parts/
      genrelab fit analyzer pairs/ -o parts-without-lambada/ --without lambada
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.workflows.analyzer_parts import fit_parts

    with Bars() as progress:
        paths = fit_parts(pairs, output, without=without or (), seed=seed, progress=progress)
    for path in paths:
        typer.echo(path)


def dialects(
    pairs: PairsArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The .json to write.")
    ],
    collections: Annotated[
        list[Path] | None,
        typer.Option(
            "--collection",
            metavar="ARCHIVE",
            help="Analyses of the original's whose mean tracks count too; give two dialects.",
        ),
    ] = None,
) -> None:
    """Fit the offsets between the dialects of the original's versions.

    \b
    Examples:
      genrelab fit dialects pairs/ -o dialects.json
      genrelab fit dialects pairs/ -o dialects.json \\
        --collection echonest/ --collection spotify.jsonl.gz
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.workflows.analyzer_parts import fit_dialect_table

    with Bars() as progress:
        table = fit_dialect_table(pairs, output, collections=collections or (), progress=progress)
    say(f"fitted on {table.fitted_on}")
    typer.echo(output)


def timbre_basis(
    inputs: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Recordings, and folders of them.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The .npz to write.")
    ],
    per_recording: Annotated[
        int, typer.Option(metavar="N", min=1, help="Segments drawn from each recording, at most.")
    ] = 100,
    seed: SeedOption = 0,
) -> None:
    """Learn a timbre basis from recordings alone: some fifty, as varied as can be.

    The file serves `genrelab analyze --timbre-basis`.

    \b
    Examples:
      genrelab fit timbre-basis music/ -o basis.npz
      genrelab analyze song.mp3 --timbre-basis basis.npz -o song.json
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.workflows.analyzer_parts import learn_timbre_basis

    with Bars(unit="recordings") as progress:
        learned = learn_timbre_basis(
            inputs, output, per_recording=per_recording, seed=seed, progress=progress
        )
    for sentence in learned.faults:
        say(f"error: {sentence}")
    say(f"learned from {learned.n_segments} segments of {learned.n_recordings} recordings")
    typer.echo(output)
    if learned.faults:
        raise typer.Exit(1)
