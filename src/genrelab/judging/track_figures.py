"""Track figures: timbre and pitch of one track over its segments (the paper's 3 and 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from genrelab.errors import DataError
from genrelab.judging import drawing
from genrelab.judging.drawing import new_figure, style_axes
from genrelab.music.segments import N_VALUES, PITCH_CLASSES, Float32, Float64, Segments

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Axis = Literal["segments", "time"]
_ROBUST = 98.0  # percentile of |timbre| that gets the full color: single peaks go beyond


def draw_timbre(segments: Segments, *, x: Axis = "segments", title: str = "") -> Figure:
    """Draw the 12 timbre components as a pseudo-spectrogram.

    Each component is shown against its own median, so the loudness (component
    1, always positive) does not drown in its offset; red is above, blue below.

    Parameters
    ----------
    segments : Segments
        At least one.
    x : {"segments", "time"}
        Whether every segment is equally wide, or as wide as it sounds.
    title : str
    """
    _check(segments)
    deviation = segments.timbre - np.median(segments.timbre, axis=0)
    full = float(np.percentile(np.abs(deviation), _ROBUST)) or 1.0
    return _draw_rows(
        segments, deviation, [str(i) for i in range(1, N_VALUES + 1)], x=x, title=title,
        y="timbre component", color={"cmap": "RdBu_r", "vmin": -full, "vmax": full},
        color_label="deviation from the median", extend="both",
    )  # fmt: skip


def draw_chroma(segments: Segments, *, x: Axis = "segments", title: str = "") -> Figure:
    """Draw the relative strength of the 12 pitch classes, C lowest; options as `draw_timbre`."""
    _check(segments)
    return _draw_rows(
        segments, segments.pitches, list(PITCH_CLASSES), x=x, title=title,
        y="pitch class", color={"cmap": "cividis", "vmin": 0.0, "vmax": 1.0},
        color_label="relative strength", extend="neither",
    )  # fmt: skip


def _check(segments: Segments) -> None:
    if len(segments) == 0:
        raise DataError("a track without segments cannot be drawn")


def _draw_rows(
    segments: Segments,
    values: Float32 | Float64,
    names: list[str],
    *,
    x: Axis,
    title: str,
    y: str,
    color: dict[str, Any],
    color_label: str,
    extend: Literal["neither", "both"],
) -> Figure:
    figure = new_figure(8.0, 3.8)
    axes = figure.add_subplot()
    edges = np.arange(len(segments) + 1.0)
    if x == "time":
        end = segments.start[-1] + segments.duration[-1]
        edges = np.append(segments.start, max(end, segments.start[-1] + 1e-3))
    rows = np.arange(N_VALUES + 1) + 0.5
    # rasterized: 9000 segments as vectors would make an SVG of many megabytes
    mesh = axes.pcolormesh(edges, rows, values.T, rasterized=True, **color)
    axes.set_yticks(range(1, N_VALUES + 1), names)
    style_axes(axes, title=title, x="seconds" if x == "time" else "segment", y=y)
    bar = figure.colorbar(mesh, ax=axes, pad=0.015, aspect=28, extend=extend)
    bar.set_label(color_label, fontsize=drawing.TEXT, color=drawing.INK)
    bar.ax.tick_params(labelsize=drawing.SMALL, colors=drawing.INK)
    bar.outline.set_visible(False)
    return figure
