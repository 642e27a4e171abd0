"""Recipe options: the knobs that `sample`, `train` and `reproduce` share.

Conventions
-----------
Each option is a knob of the recipe under the name people expect; ``--set``
reaches every other one. What is not given stays as the recipe has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from genrelab.errors import UsageError

GenresOption = Annotated[
    str | None,
    typer.Option(metavar="A,B,...", help="Genres to tell apart.  [default: all large enough]"),
]
MinTracksOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="Leave out genres with fewer tracks.  [default: 40]"),
]
TracksPerGenreOption = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="For balanced samples.  [default: as many as the smallest genre has]"
    ),
]
SegmentsOption = Annotated[
    int | None, typer.Option(metavar="S", help="Segments heard of each track.  [default: 512]")
]
GroupOption = Annotated[
    Literal["artist", "track"] | None,
    typer.Option(
        help="What stays on one side of a split; track is the paper's way.  [default: artist]",
        show_default=False,
    ),
]
FoldsOption = Annotated[
    int | None,
    typer.Option(metavar="K", help="Pooled folds instead of one split 8:1:1, at least 3."),
]
SplitOption = Annotated[
    Path | None,
    typer.Option(
        metavar="CSV", help="Folds from a file of track_id,genre,fold: k tests, k+1 validates."
    ),
]
SplitSeedOption = Annotated[
    int | None, typer.Option(metavar="N", help="Seed of drawing and splitting.  [default: 0]")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KNOB=VALUE", help="Set any knob of the recipe; repeatable."),
]


def gather_settings(
    *,
    settings: Sequence[str] | None,
    genres: str | None = None,
    split: Path | None = None,
    **knobs: Any,
) -> Mapping[str, Any]:
    """Put the options that were given together, by knob.

    Raises
    ------
    UsageError
        If a knob is set twice, or the split file does not exist.
    """
    from genrelab.learning.recipes import parse_setting

    given = {knob: value for knob, value in knobs.items() if value is not None}
    if genres is not None:
        given["genres"] = tuple(name.strip() for name in genres.split(",") if name.strip())
    if split is not None:
        if not split.is_file():
            raise UsageError(f"--split {split}: no such file; expected track_id,genre,fold")
        given["split"] = str(split)
    for text in settings or ():
        knob, value = parse_setting(text)
        if knob in given:
            raise UsageError(f"{knob} is set twice, by its option and by --set; keep one of them")
        given[knob] = value
    return given
