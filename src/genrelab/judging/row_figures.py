"""Row figures: values over time, a row a component (timbre, pitches, MFCCs).

Conventions
-----------
Components of very different size are made comparable by `standardize_rows`: every row
against its own median, in units of its own spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from genrelab.judging import drawing
from genrelab.judging.drawing import new_figure, style_axes
from genrelab.judging.time_axis import Stretch, style_time_axis
from genrelab.music.segments import Float32, Float64

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FULL_COLOR = 3.0  # spreads that get the full color: single peaks go beyond
SPREADS: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -FULL_COLOR, "vmax": FULL_COLOR}
SPREADS_LABEL = "deviation from the row's median,\nin units of the row's own spread"
_SPREAD_PERCENTILES = (16.0, 84.0)  # of normal values: one standard deviation to each side


def standardize_rows(values: Float32 | Float64) -> Float64:
    """Express each component as its deviation from its median, in units of its spread.

    The spread is half the distance of the 16th and 84th percentile, which single peaks do
    not move; the standard deviation where those two are equal. A component that never
    changes is 0 throughout.

    Parameters
    ----------
    values : array [n, k]
        At least one row of k components.

    Examples
    --------
    >>> standardize_rows(np.array([[0.0, 7.0], [1.0, 7.0], [2.0, 7.0]])).T.round(1).tolist()
    [[-1.5, 0.0, 1.5], [0.0, 0.0, 0.0]]
    """
    deviation = values.astype(np.float64) - np.median(values, axis=0)
    low, high = np.percentile(deviation, _SPREAD_PERCENTILES, axis=0)
    spread = (high - low) / 2
    spread = np.where(spread > 0, spread, deviation.std(axis=0))
    result: Float64 = deviation / np.where(spread > 0, spread, 1.0)
    return result


def draw_rows(
    values: Float32 | Float64,
    edges: Float64,
    names: Sequence[str],
    *,
    rows: Float64 | None = None,
    stretch: Stretch | None,
    x: str = "",
    y: str = "",
    title: str = "",
    color: dict[str, Any],
    color_label: str,
    extend: Literal["neither", "both", "min"] = "neither",
) -> Figure:
    """Draw values as a picture, the first component lowest.

    Parameters
    ----------
    values : array [n, k]
    edges : array [n + 1]
        Where the columns begin and end on the x axis.
    names : sequence of k str
    rows : array [k + 1], optional
        Where the rows begin and end on a y axis of numbers, which then has no names.
    stretch : Stretch or None
        What of a time axis is shown; None where x is no time.
    color : dict
        What Matplotlib's ``pcolormesh`` takes: ``cmap``, ``vmin``, ``vmax``.
    """
    figure = new_figure(8.0, 3.8)
    axes = figure.add_subplot()
    if rows is None:
        rows = np.arange(len(names) + 1.0) + 0.5
        axes.set_yticks(range(1, len(names) + 1), names)
    # rasterized: 9000 segments as vectors would make an SVG of many megabytes
    mesh = axes.pcolormesh(edges, rows, values.T, rasterized=True, **color)
    style_axes(axes, title=title, x=x, y=y)
    if stretch is not None:
        style_time_axis(axes, stretch)
    bar = figure.colorbar(mesh, ax=axes, pad=0.015, aspect=28, extend=extend)
    bar.set_label(color_label, fontsize=drawing.TEXT, color=drawing.INK)
    bar.ax.tick_params(labelsize=drawing.SMALL, colors=drawing.INK)
    bar.outline.set_visible(False)
    return figure
