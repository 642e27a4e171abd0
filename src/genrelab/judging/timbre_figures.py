"""Timbre figures: what the twelve numbers of a segment stand for, as pictures.

Conventions
-----------
Surfaces are those of `genrelab.analyzer.timbre`. Low bands are drawn at the bottom, time
runs to the right; a dotted line parts the onset's frames from the rest of the segment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from genrelab.analyzer.spectrum import FRAME_RATE, N_BANDS, bark_from_hz
from genrelab.analyzer.timbre import N_COLUMNS, N_ONSET_FRAMES
from genrelab.errors import DataError
from genrelab.judging import drawing
from genrelab.judging.drawing import new_figure, style_axes
from genrelab.judging.track_figures import NAMED_COMPONENTS
from genrelab.music.segments import N_VALUES, Float32

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SEGMENTS = 5  # side by side
_TICKS_HZ = {100: "100", 500: "500", 1000: "1k", 2000: "2k", 5000: "5k", 10_000: "10k"}
_SOFTEST_TOP_DB = 30.0  # above the floor: silence stays dark
_ACROSS = 4  # components in a row of the picture


def draw_components(shapes: Float32, *, title: str = "") -> Figure:
    """Draw what each of the twelve timbre components adds to a segment's surface.

    Red is where the sound gets stronger as the component grows, blue where it gets
    weaker. Each has the full color at its own strongest place.

    Parameters
    ----------
    shapes : float32 array [12, 23, 20]
        What one more of each component adds: the pictures of a timbre basis.
    title : str
    """
    n_rows = -(-N_VALUES // _ACROSS)
    figure = new_figure(8.0, 2.35 * n_rows)
    grid = figure.subplots(n_rows, _ACROSS, sharex=True, sharey=True)
    for i, (axes, shape) in enumerate(zip(grid.flat, shapes, strict=True)):
        full = float(np.abs(shape).max()) or 1.0
        mesh = _draw_surface(axes, shape / full, {"cmap": "RdBu_r", "vmin": -1, "vmax": 1})
        name = NAMED_COMPONENTS[i] if i < len(NAMED_COMPONENTS) else ""
        axes.set_title(f"{i + 1} {name}".strip(), fontsize=drawing.TEXT, color=drawing.INK)
    for axes in grid[:, 0]:
        axes.set_ylabel("frequency, Hz", fontsize=drawing.TEXT)
    bar = figure.colorbar(mesh, ax=grid, aspect=40, pad=0.015, ticks=[-1, 0, 1])
    bar.ax.set_yticklabels(["weaker", "same", "stronger"])
    _finish(figure, bar, "as the component grows", title)
    return figure


def draw_surfaces(
    surfaces: Mapping[str, Float32], names: Sequence[str], *, title: str = ""
) -> Figure:
    """Draw surfaces of a few segments: as heard, say, and as drawn from their timbre.

    Parameters
    ----------
    surfaces : mapping of str to float32 array [s, 23, 20]
        A row of the picture each; dB above the floor.
    names : sequence of s str
        Of the segments, at most `MOST_SEGMENTS`.
    title : str

    Raises
    ------
    DataError
        If there are no segments.
    """
    if not surfaces or not names:
        raise DataError("there are no segments whose timbre can be drawn")
    figure = new_figure(max(8.0, 1.9 + 1.6 * len(names)), 1.1 + 2.1 * len(surfaces))
    grid = figure.subplots(len(surfaces), len(names), sharex=True, sharey=True, squeeze=False)
    loudest = max(_SOFTEST_TOP_DB, *(float(of_row.max()) for of_row in surfaces.values()))
    color = {"cmap": "magma", "vmin": 0.0, "vmax": loudest}
    for axes, name in zip(grid[0], names, strict=True):
        axes.set_title(name, fontsize=drawing.TEXT, color=drawing.INK)
    for axes_row, (label, of_row) in zip(grid, surfaces.items(), strict=True):
        for axes, surface in zip(axes_row, of_row, strict=True):
            mesh = _draw_surface(axes, surface, color)
        axes_row[0].set_ylabel(f"{label}\nfrequency, Hz", fontsize=drawing.TEXT)
    bar = figure.colorbar(mesh, ax=grid, aspect=30, pad=0.015)
    _finish(figure, bar, "dB above the floor", title)
    return figure


def _draw_surface(axes: Axes, surface: Any, color: dict[str, Any]) -> Any:
    edges = np.arange(N_COLUMNS + 1), np.arange(N_BANDS + 1)
    mesh = axes.pcolormesh(*edges, surface, rasterized=True, **color)
    axes.axvline(N_ONSET_FRAMES, color=drawing.INK, linewidth=0.6, linestyle=":")
    style_axes(axes)
    ticks = bark_from_hz(np.array(list(_TICKS_HZ), np.float64))
    axes.set_yticks(ticks, list(_TICKS_HZ.values()))
    onset_ms = 1000 * N_ONSET_FRAMES / FRAME_RATE
    axes.set_xticks([0, N_ONSET_FRAMES, N_COLUMNS], ["0", f"{onset_ms:.0f} ms", "end"])
    axes.tick_params(labelsize=drawing.SMALL)
    return mesh


def _finish(figure: Figure, bar: Any, label: str, title: str) -> None:
    bar.set_label(label, fontsize=drawing.TEXT, color=drawing.INK)
    bar.ax.tick_params(labelsize=drawing.SMALL, colors=drawing.INK)
    bar.outline.set_visible(False)
    figure.suptitle(title, fontsize=drawing.LARGE, color=drawing.INK, x=0.01, ha="left",
                    parse_math=False)  # fmt: skip
