"""Figures: what was learned and how well, as pictures.

Conventions
-----------
Every function returns a Matplotlib ``Figure`` that belongs to nobody else;
`save_figure` writes it as PNG and SVG. Matplotlib is loaded by the first call
(extra ``figures``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genrelab.errors import DataError
from genrelab.judging import drawing
from genrelab.judging.drawing import new_figure, save_figure, style_axes
from genrelab.judging.network_figures import draw_network
from genrelab.judging.reports import Report
from genrelab.judging.track_figures import draw_chroma, draw_timbre
from genrelab.judging.training_figures import draw_training

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "StudyPoint",
    "draw_chroma",
    "draw_confusion",
    "draw_forest",
    "draw_network",
    "draw_reliability",
    "draw_study",
    "draw_timbre",
    "draw_training",
    "save_figure",
]

FEWEST_IN_BIN = 5  # tracks from which a bin's accuracy is more than luck
_WITH_SHARES = 12  # with more classes than this a cell has room for its count alone
_DARK = 0.55  # share above which a cell is so dark that its text must be white


# --- confusion -------------------------------------------------------------------------------


def draw_confusion(report: Report, *, title: str | None = None) -> Figure:
    """Draw a confusion matrix (the paper's Figures 7 and 8).

    Rows are the truth. A cell shows how many tracks, and their share of the
    row, which is also its shade.

    Parameters
    ----------
    report : Report
        Up to some 20 classes stay readable.
    title : str, optional
        Default: the report's name.
    """
    n_classes = len(report.classes)
    size = min(9.0, max(4.6, 2.6 + 0.52 * n_classes))
    figure = new_figure(size, size)
    axes = figure.add_subplot()
    shares = report.confusion / np.maximum(report.support, 1)[:, None]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="equal")
    ticks = range(n_classes)
    axes.set_xticks(ticks, report.classes, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(ticks, report.classes)
    style_axes(axes, title=report.name if title is None else title, x="estimate", y="truth")
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xticks(np.arange(1, n_classes) - 0.5, minor=True)
    axes.set_yticks(np.arange(1, n_classes) - 0.5, minor=True)
    axes.grid(visible=True, which="minor", color="white", linewidth=1)
    axes.tick_params(which="minor", length=0)
    large = n_classes <= _WITH_SHARES
    for row, column in np.ndindex(n_classes, n_classes):
        count, share = int(report.confusion[row, column]), float(shares[row, column])
        if count or large:  # in a large matrix zeros would only hide the rest
            _write_cell(axes, row, column, count, share, large)
    return figure


def _write_cell(axes: Axes, row: int, column: int, count: int, share: float, large: bool) -> None:
    color = drawing.INK if count else "#aaaaaa"
    if share > _DARK:
        color = "white"
    lines = [(str(count), drawing.TEXT if large else drawing.SMALL, 0)]
    if large and count:
        lines = [(str(count), drawing.TEXT, 5), (f"{100 * share:.0f} %", 7.5, -8)]
    for text, size, above in lines:
        axes.annotate(
            text, (column, row), (0, above), textcoords="offset points",
            ha="center", va="center", fontsize=size, color=color,
        )  # fmt: skip


# --- probabilities ---------------------------------------------------------------------------


def draw_reliability(report: Report, *, title: str | None = None) -> Figure:
    """Draw confidence against accuracy; a calibrated estimate lies on the diagonal.

    Bins of few tracks are hollow, and no line leads to them.

    Raises
    ------
    DataError
        If the report has no probabilities.
    """
    bins = report.reliability
    if bins is None:
        raise DataError("a report without probabilities has no reliability to draw")
    figure = new_figure(6.0, 6.0)
    axes, counts = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    full = bins.count >= FEWEST_IN_BIN
    few = (bins.count > 0) & ~full
    axes.plot([0, 1], [0, 1], color=drawing.QUIET, linewidth=1, linestyle="--", label="calibrated")
    axes.plot(
        bins.confidence[full], bins.accuracy[full],
        color=drawing.BLUE, marker="o", linewidth=1.6, label="measured",
    )  # fmt: skip
    if few.any():
        axes.plot(
            bins.confidence[few], bins.accuracy[few], "o",
            color=drawing.BLUE, fillstyle="none", label=f"fewer than {FEWEST_IN_BIN}",
        )  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    style_axes(axes, title=report.name if title is None else title, y="accuracy", grid="both")
    axes.legend(loc="upper left", fontsize=drawing.TEXT, frameon=False)
    axes.text(
        0.98, 0.04, f"expected calibration error {bins.calibration_error:.3f}",
        ha="right", fontsize=drawing.TEXT, color=drawing.INK, transform=axes.transAxes,
    )  # fmt: skip
    width = bins.edges[1] - bins.edges[0]
    counts.bar(bins.edges[:-1], bins.count, width=0.9 * width, align="edge", color=drawing.SKY)
    style_axes(counts, x="confidence", y="tracks", grid="y")
    return figure


# --- several runs ----------------------------------------------------------------------------


def draw_forest(reports: Sequence[Report], *, title: str = "Accuracy") -> Figure:
    """Draw the accuracies of several reports with their 95 % intervals, one below the other.

    A thin upright stroke in each row marks the accuracy of always answering the class
    that is most frequent there.
    """
    if not reports:
        raise DataError("there are no reports to draw")
    longest = max(len(report.name) for report in reports)
    figure = new_figure(min(9.0, 5.5 + 0.06 * longest), 1.3 + 0.38 * len(reports))
    axes = figure.add_subplot()
    for i, report in enumerate(reports):
        sure = report.intervals().accuracy
        axes.plot([sure.low, sure.high], [i, i], color=drawing.BLUE, linewidth=2.2)
        axes.plot(report.accuracy, i, "o", color=drawing.BLUE, markersize=6)
        axes.annotate(
            f"{report.accuracy:.3f}", (sure.high, i), (6, 0), textcoords="offset points",
            va="center", fontsize=drawing.SMALL, color=drawing.INK,
        )  # fmt: skip
        majority = report.majority_accuracy
        axes.plot([majority] * 2, [i - 0.3, i + 0.3], color=drawing.VERMILION, linewidth=1.6)
    axes.annotate(
        "always the most frequent class", (reports[0].majority_accuracy, -0.35), (4, 4),
        textcoords="offset points", fontsize=drawing.SMALL, color=drawing.VERMILION,
    )  # fmt: skip
    axes.set_yticks(range(len(reports)), [report.name for report in reports])
    axes.set_ylim(len(reports) - 0.5, -1.0)
    axes.margins(x=0.12)
    style_axes(axes, title=title, x="accuracy, 95 % interval", grid="x")
    return figure


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPoint:
    """One measurement of a study.

    Attributes
    ----------
    panel, line : str
        Where it is drawn: the sample, the network.
    x : float
        The knob: the dropout.
    value, low, high : float
        The score and its interval.
    """

    panel: str
    line: str
    x: float
    value: float
    low: float
    high: float


def draw_study(
    points: Sequence[StudyPoint],
    *,
    x_label: str = "dropout",
    y_label: str = "accuracy",
    baselines: Mapping[str, float] | None = None,
) -> Figure:
    """Draw a study: one panel a sample, one line a network, bars for the intervals.

    Parameters
    ----------
    points : sequence of StudyPoint
        Panels and lines appear in the order of their first point; the knob's values
        stand at equal distances, whatever their scale.
    baselines : mapping of panel to score, optional
        Drawn as a dashed line: what always answering the majority scores.
    """
    if not points:
        raise DataError("there are no points of a study to draw")
    panels = list(dict.fromkeys(point.panel for point in points))
    lines = list(dict.fromkeys(point.line for point in points))
    knobs = sorted({point.x for point in points})
    figure = new_figure(max(5.0, 3.0 * len(panels)), 4.2)
    grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, panel in zip(grid, panels, strict=True):
        if baselines and panel in baselines:
            axes.axhline(baselines[panel], color=drawing.QUIET, linestyle="--", label="majority")
        for i, line in enumerate(lines):
            chosen = sorted(
                (p for p in points if (p.panel, p.line) == (panel, line)), key=lambda p: p.x
            )
            aside = 0.1 * (i - (len(lines) - 1) / 2)  # bars of one knob stand side by side
            axes.errorbar(
                [knobs.index(p.x) + aside for p in chosen],
                [p.value for p in chosen],
                yerr=[[p.value - p.low for p in chosen], [p.high - p.value for p in chosen]],
                color=drawing.PALETTE[i % len(drawing.PALETTE)],
                marker=drawing.MARKERS[i % len(drawing.MARKERS)],
                markersize=5, linewidth=1.6, elinewidth=1.1, capsize=2.5, label=line,
            )  # fmt: skip
        axes.set_xticks(range(len(knobs)), [f"{knob:g}" for knob in knobs])
        axes.margins(x=0.08)
        first = y_label if panel == panels[0] else ""
        style_axes(axes, title=panel, x=x_label, y=first, grid="y")
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center",
        ncols=len(labels), fontsize=drawing.TEXT, frameon=False,
    )  # fmt: skip
    return figure
