"""Analyzing: ``analyze``."""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from genrelab.cli.terminal import Bars, say
from genrelab.errors import UsageError

if TYPE_CHECKING:
    from genrelab.progress import Progress
    from genrelab.workflows.analyses import Outcome, Settings

UNIT = "tracks"
OUTDATED = "outdated"  # counted besides what became of each recording


def add_to(app: typer.Typer) -> None:
    """Add the family's commands."""
    app.command("analyze")(analyze)


def analyze(
    inputs: Annotated[
        list[str] | None,  # as they are: a path of no letters is the current folder
        typer.Argument(metavar="FILE", help="Recordings, and folders of them."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|DIR",
            help="Where to. A folder if it is one, ends in /, or there are several recordings.",
        ),
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(metavar="CORPUS", help="Analyze the tracks of a corpus that lack it."),
    ] = None,
    dialect: Annotated[
        Literal["spotify", "echonest", "msd"],
        typer.Option(help="Which original analyzer's values to give."),
    ] = "spotify",
    timbre_basis: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Another timbre basis: .npz of ours, or LabROSA's .mat."),
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="Also what is there; in a corpus, what genrelab analyzed in another version "
            "or dialect.",
        ),
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Processes. [default: one a core]", show_default=False
        ),
    ] = None,
) -> None:
    """Analyze recordings: Spotify's audio-analysis JSON of any sound file.

    Without -o the analysis goes to stdout; those of several recordings as a JSON
    line each, in the order given, with the file's name as "file". In a folder,
    files are told by their endings, and an analysis is named by its recording's
    path within the inputs' common folder with .json appended. Run again, it
    leaves what is finished.

    \b
    Examples:
      genrelab analyze song.mp3 -o song.json
      genrelab analyze music/ more/song.flac -o analyses/
      genrelab analyze --corpus music.corpus
      genrelab analyze music/ --dialect msd > analyses.jsonl
    """  # noqa: D301 - Typer's mark for lines that must stay as they are
    from genrelab.workflows.analyses import Settings

    if not inputs and corpus is None:
        raise UsageError("analyze needs recordings or --corpus")
    if inputs and corpus is not None:
        raise UsageError("analyze takes recordings or --corpus, not both")
    if corpus is not None and output is not None:
        raise UsageError("--corpus keeps the analyses; leave out -o")
    warnings.simplefilter("ignore")
    settings = Settings(dialect=dialect, timbre_basis=timbre_basis)
    with Bars(unit=UNIT) as progress:
        outcomes = (
            _from_corpus(corpus, settings, jobs, again, progress)
            if corpus is not None
            else _from_files(inputs or [], output, settings, jobs, again, progress)
        )
        several = inputs is None or len(inputs) != 1 or Path(inputs[0]).is_dir()
        counts = _tell(outcomes, with_names=several)
    n_outdated = counts.pop(OUTDATED, 0)
    if sum(counts.values()) != 1 or counts["left"]:
        say(_summary(counts))
    if n_outdated:
        say(
            f"note: {n_outdated} of them in another dialect, or by another version or basis; "
            "--again makes them anew"
        )
    if counts["failed"]:
        raise typer.Exit(1)


def _from_files(
    inputs: list[str],
    output: str | None,
    settings: Settings,
    jobs: int | None,
    again: bool,
    progress: Progress,
) -> Iterator[Outcome]:
    from genrelab.workflows.analyses import analyze_files
    from genrelab.workflows.sound_files import find_sound_files

    sounds = find_sound_files(inputs, output)
    yield from analyze_files(sounds, settings=settings, jobs=jobs, again=again, progress=progress)


def _from_corpus(
    path: Path, settings: Settings, jobs: int | None, again: bool, progress: Progress
) -> Iterator[Outcome]:
    from genrelab.music.corpus import Corpus
    from genrelab.workflows.corpus_analyses import analyze_corpus

    with Corpus(path) as corpus:  # which must be there already
        corpus.track_count()
    with Corpus(path, "write") as corpus:
        yield from analyze_corpus(
            corpus, settings=settings, jobs=jobs, again=again, progress=progress
        )


def _tell(outcomes: Iterator[Outcome], *, with_names: bool) -> Counter[str]:
    """Say what failed or is noteworthy, write what goes to stdout, and count."""
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        counts[outcome.status] += 1
        counts[OUTDATED] += outcome.is_outdated
        if outcome.status == "failed" and outcome.sentence:
            say(f"error: {outcome.sentence}")
        elif outcome.sentence:
            say(f"note: {outcome.path}: {outcome.sentence}")
        if outcome.raw is not None:
            _write(outcome, with_names)
    return counts


def _write(outcome: Outcome, with_name: bool) -> None:
    import msgspec

    from genrelab.music.sounds import written_name

    raw = outcome.raw or b""
    if with_name:
        name = msgspec.json.encode(written_name(outcome.path or Path())).decode()
        raw = f'{{"file":{name},'.encode() + raw.removeprefix(b"{")
    sys.stdout.write(raw.decode())


def _summary(counts: Counter[str]) -> str:
    if not counts:
        return "nothing to analyze: no track of it has a recording"
    parts = [f"{counts['analyzed']} analyzed"]
    if counts["left"]:
        parts.append(f"{counts['left']} were analyzed before")
    if counts["failed"]:
        parts.append(f"{counts['failed']} failed")
    return ", ".join(parts)
