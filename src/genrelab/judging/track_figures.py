"""Track figures: timbre and pitch of one track over its segments (the paper's 3 and 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from genrelab.errors import DataError
from genrelab.judging.row_figures import SPREADS, SPREADS_LABEL, draw_rows, standardize_rows
from genrelab.judging.time_axis import Stretch
from genrelab.music.segments import N_VALUES, PITCH_CLASSES, Segments

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Axis = Literal["segments", "time"]
NAMED_COMPONENTS = ("loudness", "brightness", "flatness", "attack")  # the later have no names
COMPONENTS = tuple(
    f"{NAMED_COMPONENTS[i]} {i + 1}" if i < len(NAMED_COMPONENTS) else str(i + 1)
    for i in range(N_VALUES)
)


def draw_timbre(
    segments: Segments, *, x: Axis = "segments", stretch: Stretch | None = None, title: str = ""
) -> Figure:
    """Draw the 12 timbre components as a pseudo-spectrogram.

    Each component is shown against its own median and in units of its own spread:
    in one scale for all, the first few would leave nothing to see of the others.
    Red is above, blue below.

    Parameters
    ----------
    segments : Segments
        At least one.
    x : {"segments", "time"}
        Whether every segment is equally wide, or as wide as it sounds.
    stretch : Stretch, optional
        What of the time axis is shown, the whole by default; colors stay those of the whole.
    title : str
    """
    _check(segments)
    return draw_rows(
        standardize_rows(segments.timbre), names=COMPONENTS, y="timbre component", title=title,
        color=SPREADS, color_label=SPREADS_LABEL, extend="both", **_placed(segments, x, stretch),
    )  # fmt: skip


def draw_chroma(
    segments: Segments, *, x: Axis = "segments", stretch: Stretch | None = None, title: str = ""
) -> Figure:
    """Draw the relative strength of the 12 pitch classes, C lowest; options as `draw_timbre`."""
    _check(segments)
    return draw_rows(
        segments.pitches, names=PITCH_CLASSES, y="pitch class", title=title,
        color={"cmap": "cividis", "vmin": 0.0, "vmax": 1.0}, color_label="relative strength",
        **_placed(segments, x, stretch),
    )  # fmt: skip


def segments_stretch(segments: Segments) -> Stretch:
    """Tell from when to when segments sound."""
    start = float(segments.start[0])
    end = float(segments.start[-1] + segments.duration[-1])
    return Stretch(start=start, stop=max(end, float(segments.start[-1]) + 1e-3))


def _check(segments: Segments) -> None:
    if len(segments) == 0:
        raise DataError("a track without segments cannot be drawn")


def _placed(segments: Segments, x: Axis, stretch: Stretch | None) -> dict[str, Any]:
    """Where `draw_rows` puts each segment on the x axis."""
    if x == "segments":
        return {"edges": np.arange(len(segments) + 1.0), "stretch": None, "x": "segment"}
    whole = segments_stretch(segments)
    return {"edges": np.append(segments.start, whole.stop), "stretch": stretch or whole}
