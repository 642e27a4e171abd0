"""Lesson figures: how well genres are found, and what is gained by answering less often.

Conventions
-----------
As those of `genrelab.judging.figures`; their words are those of musicians.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genrelab.errors import DataError
from genrelab.judging import drawing
from genrelab.judging.drawing import new_figure, style_axes
from genrelab.judging.explanations import recall_interval
from genrelab.judging.reports import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST_ANSWERS = 10  # from which a share is drawn: of one answer it is 0 or 1


def draw_recall(report: Report, *, title: str = "Songs found of each genre") -> Figure:
    """Draw the share of each genre's tracks that were told right, with 95 % intervals.

    A dashed line marks what guessing blindly would find of every genre.
    """
    n_classes = len(report.classes)
    figure = new_figure(6.0, max(3.0, 1.4 + 0.36 * n_classes))
    axes = figure.add_subplot()
    for i, recall in enumerate(report.recall.tolist()):
        sure = recall_interval(report, report.classes[i])
        axes.plot([100 * sure.low, 100 * sure.high], [i, i], color=drawing.BLUE, linewidth=2.2)
        axes.plot(100 * recall, i, "o", color=drawing.BLUE, markersize=6)
    axes.axvline(100 / n_classes, color=drawing.VERMILION, linewidth=1.2, linestyle="--")
    axes.annotate(
        "guessing", (100 / n_classes, -0.75), (4, 0), textcoords="offset points",
        va="center", fontsize=drawing.SMALL, color=drawing.VERMILION,
    )  # fmt: skip
    axes.set_yticks(range(n_classes), report.classes)
    axes.set_ylim(n_classes - 0.5, -1.1)
    axes.set_xlim(-1, 102)
    style_axes(axes, title=title, x="found, of 100 songs of the genre", grid="x")
    return figure


def draw_selection(report: Report, *, title: str = "Answering less often") -> Figure:
    """Draw how often answers are right if only the surest so many are given.

    Raises
    ------
    DataError
        If the report has no probabilities.
    """
    if report.truth is None or report.probabilities is None:
        raise DataError("a report without probabilities has no selection to draw")
    order = np.argsort(-report.probabilities.max(axis=1), kind="stable")
    right = (report.probabilities.argmax(axis=1) == report.truth)[order]
    answered = np.arange(1, len(right) + 1)
    share = np.cumsum(right) / answered
    first = min(FEWEST_ANSWERS, len(right)) - 1
    figure = new_figure(6.0, 6.0)
    axes = figure.add_subplot()
    axes.plot(
        100 * answered[first:] / len(right), 100 * share[first:],
        color=drawing.BLUE, linewidth=1.8, label="the model",
    )  # fmt: skip
    axes.axhline(
        100 * report.majority_accuracy, color=drawing.VERMILION, linewidth=1.2, linestyle="--",
        label=f"always {report.majority}",
    )  # fmt: skip
    axes.set(xlim=(0, 101), ylim=(0, 101))
    x = "answers, of 100 songs: the surest first"
    style_axes(axes, title=title, x=x, y="right, of 100 answers", grid="both")
    axes.legend(loc="lower left", fontsize=drawing.TEXT, frameon=False)
    return figure
