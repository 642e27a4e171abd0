"""Network figures: the layers of a built model, one below the other (the paper's Figure 5)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genrelab.errors import DataError
from genrelab.judging import drawing
from genrelab.judging.drawing import new_figure
from genrelab.learning.networks import LayerShape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLORS = {
    "Input": "#bbbbbb",
    "Conv": drawing.BLUE,
    "MaxPooling": drawing.SKY,
    "Flatten": "#bbbbbb",
    "Dense": drawing.ORANGE,
}
_ROW_IN = 0.44  # inches a layer takes
_BOX_X, _TEXT_X = 2.0, 4.15  # inches: middle of the boxes, start of the labels
_LONGEST_IN = 3.4  # inches of the longest box


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str
    label: str
    detail: str
    shape: tuple[int, ...]


def draw_network(
    layers: Sequence[LayerShape], *, input_shape: tuple[int, ...] | None = None, title: str = ""
) -> Figure:
    """Draw a model's layers from input to output.

    A box's length follows the logarithm of the layer's length (segments, or
    units), so halving is one step; its height follows the number of filters,
    its depth the values a segment still has.

    Parameters
    ----------
    layers : sequence of LayerShape
        As `genrelab.learning.networks.describe_layers` lists them.
    input_shape : tuple of int, optional
        Drawn above the first layer, (512, 12) for one.
    title : str

    Raises
    ------
    DataError
        If there are no layers.
    """
    if not layers:
        raise DataError("a network without layers cannot be drawn")
    rows = [_row_from_layer(layer) for layer in layers]
    if input_shape is not None:
        rows.insert(0, _Row("Input", "Input", "", tuple(input_shape)))
    height = _ROW_IN * len(rows) + 0.95
    figure = new_figure(8.0, height)
    figure.set_layout_engine("none")  # every position is given
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0, 8.0), ylim=(0, height))
    axes.set_axis_off()
    if title:
        _text(axes, 0.25, height - 0.22, title, drawing.LARGE, drawing.INK)
    longest = max(_length(row) for row in rows)
    for i, row in enumerate(rows):
        y = height - 0.72 - i * _ROW_IN
        _draw_row(axes, row, y, _LONGEST_IN * math.log(_length(row) + 1) / math.log(longest + 1))
    total = sum(layer.parameters for layer in layers)
    _text(axes, _TEXT_X, 0.17, f"{total:,} parameters in all", drawing.TEXT, drawing.INK)
    return figure


def _row_from_layer(layer: LayerShape) -> _Row:
    shape = tuple(size for size in layer.output_shape if size is not None)
    settings = f" {layer.settings}" if layer.settings else ""
    parameters = f"{layer.parameters:,} parameters" if layer.parameters else ""
    return _Row(layer.kind, f"{layer.kind}{settings}", parameters, shape)


def _length(row: _Row) -> int:
    return row.shape[0]


def _draw_row(axes: Axes, row: _Row, y: float, length: float) -> None:
    if row.kind == "Dropout":
        axes.plot(
            [_BOX_X - length / 2, _BOX_X + length / 2], [y, y],
            color=drawing.QUIET, linewidth=1.2, linestyle=(0, (1, 2)),
        )  # fmt: skip
        _text(axes, _TEXT_X, y, row.label, drawing.SMALL, drawing.QUIET)
        return
    _draw_box(axes, row, y, length)
    shape = " \N{MULTIPLICATION SIGN} ".join(map(str, row.shape))
    label = f"{row.label} \N{RIGHTWARDS ARROW} {shape}" if row.kind != "Input" else f"Input {shape}"
    _text(axes, _TEXT_X, y + (0.08 if row.detail else 0), label, drawing.TEXT, drawing.INK)
    if row.detail:
        _text(axes, _TEXT_X, y - 0.09, row.detail, drawing.SMALL, drawing.QUIET)


def _draw_box(axes: Axes, row: _Row, y: float, length: float) -> None:
    """Draw a box in perspective: front, top and right side."""
    from matplotlib.patches import Polygon

    channels = row.shape[-1] if len(row.shape) > 1 else 1
    height = 0.06 + 0.022 * math.sqrt(channels)
    depth = 0.03 + 0.02 * (row.shape[1] if len(row.shape) > 2 else 1)
    color = next((c for kind, c in _COLORS.items() if row.kind.startswith(kind)), drawing.PURPLE)
    x0, x1, y0, y1 = _BOX_X - length / 2, _BOX_X + length / 2, y - height / 2, y + height / 2
    top = [(x0, y1), (x1, y1), (x1 + depth, y1 + depth / 2), (x0 + depth, y1 + depth / 2)]
    side = [(x1, y0), (x1, y1), (x1 + depth, y1 + depth / 2), (x1 + depth, y0 + depth / 2)]
    front = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    for corners, shade in ((front, 1.0), (top, 0.55), (side, 0.75)):
        axes.add_patch(
            Polygon(corners, closed=True, facecolor=color, alpha=shade, edgecolor="white")
        )


def _text(axes: Axes, x: float, y: float, text: str, size: float, color: str) -> None:
    axes.text(x, y, text, fontsize=size, color=color, va="center")
