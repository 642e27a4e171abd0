"""Report forms: a report as sentences, tables and plain values."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from genrelab.judging.scores import Intervals, Range
from genrelab.tables import Cell, Table

if TYPE_CHECKING:
    from genrelab.judging.reports import Report

FEW_TRACKS = 10  # below this a genre's own scores say next to nothing
TOP_K = 3
_SCORES = ("precision", "recall", "f1")


def remarks_of(report: Report) -> list[str]:
    """Say what a reader of the numbers must know; often nothing."""
    found = []
    support, predicted = report.support, report.confusion.sum(axis=0)
    for i, name in enumerate(report.classes):
        if predicted[i] == report.n:
            found.append(f"{name} was told for every track: the estimate is a constant.")
        elif predicted[i] == 0 and support[i] > 0:
            found.append(f"{name} was never told, so its precision, recall and F1 are 0.")
    without = [name for name, n in zip(report.classes, support, strict=True) if n == 0]
    if without:
        found.append(f"No track here is truly {_or(without)}: recall cannot be measured there.")
    few = [
        f"{name} ({n})"
        for name, n in zip(report.classes, support.tolist(), strict=True)
        if 0 < n < FEW_TRACKS
    ]
    if few:
        found.append(f"Fewer than {FEW_TRACKS} tracks, too few to judge a genre by: {_and(few)}.")
    if report.accuracy <= report.majority_accuracy:
        found.append(
            f"The accuracy, {report.accuracy:.3f}, is not above that of always saying "
            f"{report.majority}, {report.majority_accuracy:.3f}."
        )
    return found


def _or(names: list[str]) -> str:
    return _joined(names, "or")


def _and(names: list[str]) -> str:
    return _joined(names, "and")


def _joined(names: list[str], word: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def _title(report: Report, what: str) -> str:
    return f"{what}: {report.name}" if report.name else what


def summary_table(report: Report) -> Table:
    """The overall scores, their 95 % intervals, the majority baseline's beside them."""
    intervals, baseline = report.intervals(), report.baseline

    def row(measure: str, ours: float | None, theirs: float | None, sure: Range | None) -> None:
        if ours is not None:
            bounds = (None, None) if sure is None else (sure.low, sure.high)
            rows.append([measure, ours, *bounds, theirs])

    rows: list[list[Cell]] = []
    balanced = intervals.balanced_accuracy
    row("accuracy", report.accuracy, baseline.accuracy, intervals.accuracy)
    row("balanced accuracy", report.balanced_accuracy, baseline.balanced_accuracy, balanced)
    row("macro precision", report.macro.precision, baseline.macro.precision, None)
    row("macro recall", report.macro.recall, baseline.macro.recall, None)
    row("macro F1", report.macro_f1, baseline.macro_f1, intervals.macro_f1)
    row("weighted F1", report.weighted.f1, baseline.weighted.f1, None)
    row(f"top-{TOP_K} accuracy", report.top_k_accuracy(TOP_K), None, None)
    row("log loss", report.log_loss, None, None)
    row("calibration error", report.calibration_error, None, None)
    rows.append(["tracks", report.n, None, None, None])
    columns = ["measure", "value", "low_95", "high_95", f"always {report.majority}"]
    return Table(_title(report, "Summary"), columns, rows)


def genre_table(report: Report, intervals: Intervals | None) -> Table:
    """Precision, recall, F1 and support a genre, then accuracy and averages."""
    bounds = [] if intervals is None else [getattr(intervals, score) for score in _SCORES]
    names = [f"{score}_{end}_95" for score in _SCORES for end in ("low", "high")]
    columns = ["genre", *_SCORES, "support", *(names if bounds else [])]
    rows: list[list[Cell]] = [
        [
            name,
            *(float(getattr(report, score)[i]) for score in _SCORES),
            int(report.support[i]),
            *(float(end) for ends in bounds for end in ends[i]),
        ]
        for i, name in enumerate(report.classes)
    ]
    padding: list[Cell] = [None] * (len(columns) - 5)
    rows.append(["accuracy", *[report.accuracy] * 3, report.n, *padding])
    for label, mean in (("macro avg", report.macro), ("weighted avg", report.weighted)):
        rows.append([label, mean.precision, mean.recall, mean.f1, report.n, *padding])
    return Table(_title(report, "Genres"), columns, rows)


def confusion_table(report: Report) -> Table:
    """The confusion matrix, a row a true genre, a column a told one."""
    counts = report.confusion.tolist()
    rows = [[name, *row] for name, row in zip(report.classes, counts, strict=True)]
    title = _title(report, "Confusion (rows truth, columns estimate)")
    return Table(title, ["truth \\ estimate", *report.classes], rows)


def dict_from_report(report: Report) -> dict[str, Any]:
    """Everything a report knows but the probabilities, as values JSON can write."""
    intervals = report.intervals()
    genres = {
        name: {
            **{score: float(getattr(report, score)[i]) for score in _SCORES},
            "support": int(report.support[i]),
            **{f"{score}_95": getattr(intervals, score)[i].tolist() for score in _SCORES},
        }
        for i, name in enumerate(report.classes)
    }
    overall = ("accuracy", "balanced_accuracy", "macro_f1")
    baseline = {score: getattr(report.baseline, score) for score in overall}
    return {
        "name": report.name,
        "n": report.n,
        "classes": list(report.classes),
        **{score: getattr(report, score) for score in overall},
        **{f"{score}_95": _ends(getattr(intervals, score)) for score in overall},
        "macro": asdict(report.macro),
        "weighted": asdict(report.weighted),
        "log_loss": report.log_loss,
        f"top_{TOP_K}_accuracy": report.top_k_accuracy(TOP_K),
        "calibration_error": report.calibration_error,
        "majority": report.majority,
        "majority_baseline": baseline,
        "genres": genres,
        "confusion": np.asarray(report.confusion).tolist(),
        "remarks": report.remarks,
    }


def _ends(bounds: Range) -> list[float]:
    return [bounds.low, bounds.high]
