"""Training figures: how loss and accuracy went, epoch by epoch (the paper's 6, 9 and 10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genrelab.errors import DataError
from genrelab.judging import drawing
from genrelab.judging.drawing import new_figure, style_axes
from genrelab.judging.scores import Float64
from genrelab.learning.training import Epoch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_training(histories: Sequence[Sequence[Epoch]], *, title: str = "") -> Figure:
    """Draw loss and accuracy of training and validation against the epoch.

    A vertical line marks the lowest validation loss and the highest validation
    accuracy. Several histories (folds, seeds) are thin lines; their mean, over
    the epochs that all of them reached, is thick and bears the marks.

    Parameters
    ----------
    histories : sequence of sequence of Epoch
        One history a fold or seed.
    title : str

    Raises
    ------
    DataError
        If there is no history, or an empty one.
    """
    if not histories or not all(histories):
        raise DataError("a history without epochs cannot be drawn")
    figure = new_figure(8.0, 3.8)
    loss, accuracy = figure.subplots(1, 2)
    _draw_panel(loss, histories, "loss", np.argmin, "lowest")
    _draw_panel(accuracy, histories, "accuracy", np.argmax, "highest")
    if title:
        figure.suptitle(title, fontsize=drawing.LARGE, color=drawing.INK, x=0.01, ha="left")
    handles, labels = loss.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center",
        ncols=2, fontsize=drawing.TEXT, frameon=False,
    )  # fmt: skip
    return figure


def _draw_panel(
    axes: Axes,
    histories: Sequence[Sequence[Epoch]],
    score: str,
    best_of: Callable[[Float64], np.intp],
    word: str,
) -> None:
    from matplotlib.ticker import MaxNLocator

    mean = np.zeros(0)
    shared = min(map(len, histories))
    several = len(histories) > 1
    for field, name, color in (
        (score, "training", drawing.BLUE),
        (f"val_{score}", "validation", drawing.VERMILION),
    ):
        curves = [np.array([getattr(epoch, field) for epoch in h]) for h in histories]
        if several:
            for curve in curves:
                axes.plot(range(1, len(curve) + 1), curve, color=color, linewidth=0.7, alpha=0.35)
        mean = np.mean([curve[:shared] for curve in curves], axis=0)
        label = f"{name} (mean of {len(histories)})" if several else name
        axes.plot(range(1, shared + 1), mean, color=color, linewidth=2, label=label)
    _mark_epoch(axes, int(best_of(mean)) + 1, word, max(map(len, histories)))
    if score == "accuracy":
        axes.set_ylim(0, 1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    style_axes(axes, title=score, x="epoch", grid="y")


def _mark_epoch(axes: Axes, epoch: int, word: str, last: int) -> None:
    """Draw the line at an epoch, its label on the side where there is room."""
    axes.axvline(epoch, color=drawing.VERMILION, linewidth=1.1, linestyle="--")
    left = epoch > 0.5 * last
    axes.annotate(
        f"{word}: epoch {epoch}", (epoch, 1), (-4 if left else 4, -3),
        xycoords=("data", "axes fraction"), textcoords="offset points",
        ha="right" if left else "left", va="top", fontsize=drawing.SMALL, color=drawing.INK,
        bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1},
    )  # fmt: skip
