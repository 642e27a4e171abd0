"""Fitting: ``fit timbre-basis``, ``fit dialects`` and ``fit rhythm``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genrelab.cli.terminal import Bars, say
from genrelab.errors import UsageError

PairsArgument = Annotated[
    Path, typer.Argument(metavar="PAIRS", help="A folder of pairs: recordings and originals.")
]
ENOUGH_RECORDINGS = 40  # with fewer, or fewer segments, a user is told what is needed
ENOUGH_SEGMENTS = 4_000
SeedOption = Annotated[int, typer.Option(min=0, help="The same seed learns the same.")]


def add_to(app: typer.Typer) -> None:
    """Add the family's commands."""
    family = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    family.command("timbre-basis")(timbre_basis)
    family.command("dialects")(dialects)
    family.command("rhythm")(rhythm)
    app.add_typer(family, name="fit", help="Learn the analyzer's parts anew.")


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
    from genrelab.workflows.analyzer_fitting import fit_dialect_table

    with Bars() as progress:
        table = fit_dialect_table(pairs, output, collections=collections or (), progress=progress)
    say(f"fitted on {table.fitted_on}")
    typer.echo(output)


def rhythm(
    archives: Annotated[
        list[Path],
        typer.Argument(metavar="ARCHIVE", help="Analyses of the original's, in JSON files."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The .json to write, not stdout."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Leave a track out: its id, or ARTIST - TITLE."),
    ] = None,
    timbre_basis: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Another timbre basis than ours.")
    ] = None,
) -> None:
    """Fit what speaks for a tempo, a downbeat and a section, and print the weights.

    No audio is needed: the analyses' timbre is drawn as a spectrum again. The weights
    are constants of genrelab.analyzer.tempo, meter and sections.

    \b
    Examples:
      genrelab fit rhythm echonest/ spotify.jsonl.gz
      genrelab fit rhythm spotify.jsonl.gz --without "Marty Robbins - Big Iron"
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.workflows.rhythm_fitting import fit_rhythm_weights

    with Bars() as progress:
        fitted = fit_rhythm_weights(
            archives, output, without=without or (), timbre_basis=timbre_basis, progress=progress
        )
    for sentence in fitted.faults:
        say(f"error: {sentence}")
    typer.echo(fitted.to_json().decode().rstrip() if output is None else output)
    if fitted.faults:
        raise typer.Exit(1)


def timbre_basis(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The .npz to write.")
    ],
    inputs: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Recordings, and folders of them.")
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(metavar="PAIRS", help="A folder of pairs: recordings and originals."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Leave a pair out, to judge the basis on it."),
    ] = None,
    per_recording: Annotated[
        int, typer.Option(metavar="N", min=1, help="Segments drawn from each FILE, at most.")
    ] = 100,
    seed: SeedOption = 0,
) -> None:
    """Learn a timbre basis, from recordings alone or from pairs.

    Recordings alone: some fifty, as varied as can be. Pairs are recordings whose
    original analysis is known: pairs.csv and, in a folder a recording, audio.*,
    analysis.json.gz and alignment.csv; the basis that ships was fitted so.

    \b
    Examples:
      genrelab fit timbre-basis music/ -o basis.npz
      genrelab analyze song.mp3 --timbre-basis basis.npz -o song.json
      genrelab fit timbre-basis --pairs pairs/ --without lambada -o basis.npz
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    if bool(inputs) == (pairs is not None):
        raise UsageError("fit timbre-basis needs either recordings or --pairs")
    if without and pairs is None:
        raise UsageError("--without names a pair; give --pairs, too")
    if pairs is not None:
        _fit_to_pairs(pairs, output, without or [], seed)
    else:
        _learn_from_recordings(inputs or [], output, per_recording, seed)


def _fit_to_pairs(pairs: Path, output: Path, without: list[str], seed: int) -> None:
    from genrelab.workflows.analyzer_fitting import fit_timbre_basis

    with Bars() as progress:
        fit_timbre_basis(pairs, output, without=without, seed=seed, progress=progress)
    typer.echo(output)


def _learn_from_recordings(inputs: list[Path], output: Path, per_recording: int, seed: int) -> None:
    from genrelab.workflows.analyzer_fitting import learn_timbre_basis

    with Bars(unit="recordings") as progress:
        learned = learn_timbre_basis(
            inputs, output, per_recording=per_recording, seed=seed, progress=progress
        )
    for sentence in learned.faults:
        say(f"error: {sentence}")
    say(f"learned from {learned.n_segments} segments of {learned.n_recordings} recordings")
    if learned.n_recordings < ENOUGH_RECORDINGS or learned.n_segments < ENOUGH_SEGMENTS:
        say("note: a good basis needs about 5,000 segments of some fifty varied recordings")
    typer.echo(output)
    if learned.faults:
        raise typer.Exit(1)
