"""Recipe options: the knobs that `sample`, `train` and `reproduce` share.

Conventions
-----------
Each option is a knob of the recipe under the name people expect; ``--set``
reaches every other one. What is not given stays as the recipe has it. A command
decorated with `takes_knobs` has all of them and gets ``knobs``, a mapping.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from genrelab.errors import UsageError


def gather_knobs(
    *,
    genres: Annotated[
        str | None,
        typer.Option(metavar="A,B,...", help="Genres to tell apart.  [default: all large enough]"),
    ] = None,
    min_tracks: Annotated[
        int | None,
        typer.Option(metavar="N", help="Leave out genres with fewer tracks.  [default: 40]"),
    ] = None,
    tracks_per_genre: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="For balanced samples.  [default: as many as the smallest genre has]"
        ),
    ] = None,
    segments: Annotated[
        int | None, typer.Option(metavar="S", help="Segments heard of each track.  [default: 512]")
    ] = None,
    group: Annotated[
        Literal["artist", "track"] | None,
        typer.Option(
            help="What stays on one side of a split; track is the paper's way.  [default: artist]",
            show_default=False,
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(metavar="K", help="Pooled folds instead of one split 8:1:1, at least 3."),
    ] = None,
    split: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV|official",
            help="Folds from a file of track_id,genre,fold (k tests, k+1 validates), parts from "
            "one of track_id,genre,part, or the official split that GTZAN or FMA came with.",
        ),
    ] = None,
    split_seed: Annotated[
        int | None, typer.Option(metavar="N", help="Seed of drawing and splitting.  [default: 0]")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KNOB=VALUE", help="Set any knob of the recipe; repeatable."),
    ] = None,
) -> dict[str, Any]:
    """Put the options that were given together, by knob; its signature is what commands show.

    Raises
    ------
    UsageError
        If a knob is set twice, no genre is named, or the split file does not exist.
    """
    from genrelab.learning.recipes import parse_setting

    plain = {
        "min_tracks": min_tracks,
        "tracks_per_genre": tracks_per_genre,
        "segments": segments,
        "group": group,
        "folds": folds,
        "split_seed": split_seed,
    }
    given: dict[str, Any] = {knob: value for knob, value in plain.items() if value is not None}
    if genres is not None:
        given["genres"] = tuple(name.strip() for name in genres.split(",") if name.strip())
        if not given["genres"]:
            raise UsageError(f"--genres {genres!r} names none; expected for example Rock,Jazz")
    if split is not None:
        if str(split) != "official" and not split.is_file():
            raise UsageError(
                f"--split {split}: no such file; expected track_id,genre,fold, or official"
            )
        given["split"] = str(split)
    for text in settings or ():
        knob, value = parse_setting(text)
        if knob in given:
            raise UsageError(
                f"{knob} is set twice (an option and --set count alike); keep one of them"
            )
        given[knob] = value
    return given


def takes_knobs(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `gather_knobs`, behind its own."""
    knobs = inspect.signature(gather_knobs, eval_str=True).parameters
    own = inspect.signature(command, eval_str=True).parameters

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        gathered = gather_knobs(**{name: given.pop(name) for name in knobs})
        command(**given, knobs=gathered)

    shown = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in [*own.values(), *knobs.values()]
        if parameter.name != "knobs"
    ]
    # Typer reads a command's options from these two.
    wrapped.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    return wrapped
