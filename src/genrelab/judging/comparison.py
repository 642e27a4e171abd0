"""Comparison: whether one estimate is really better than another on the same tracks.

Conventions
-----------
Estimates are compared track by track, never by their intervals alone: two
accuracies whose intervals overlap may still differ surely. A difference is
*a* minus *b*. With several pairs the p-values are corrected by Holm's method, so
that the chance of even one false "distinguishable" stays below 5 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

import numpy as np

from genrelab.errors import DataError, UsageError
from genrelab.judging.reports import Report
from genrelab.judging.scores import Float64, Int64, Range
from genrelab.judging.significance import McNemar, holm, mcnemar
from genrelab.tables import Cell, Table

__all__ = ["Comparison", "McNemar", "Pair", "Predicted", "compare", "holm", "mcnemar"]

LEVEL = 0.05  # of significance
N_RESAMPLES = 2000


class Predicted(Protocol):
    """What a comparison needs of predictions; `genrelab.learning.runs.Predictions` has it."""

    @property
    def track_ids(self) -> Sequence[str]:
        """Ids of the n tracks."""

    @property
    def truth(self) -> Int64:
        """Int array [n] of class indices."""

    @property
    def probabilities(self) -> Float64:
        """Float array [n, K]."""

    @property
    def classes(self) -> Sequence[str]:
        """Names of the K classes in index order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two estimates, one against the other.

    Attributes
    ----------
    difference : float
        Accuracy of ``a`` minus accuracy of ``b``.
    interval : Range
        Its 95 % interval, from tracks drawn in pairs.
    p_holm : float
        McNemar's p-value, corrected for the number of pairs.
    """

    a: str
    b: str
    difference: float
    interval: Range
    mcnemar: McNemar
    p_holm: float

    @property
    def distinguishable(self) -> bool:
        """Whether the corrected p-value is below 5 %."""
        return self.p_holm < LEVEL

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        p = f"p = {self.p_holm:.3f}" if self.p_holm >= 0.001 else "p < .001"
        if self.distinguishable:
            better, worse = (self.a, self.b) if self.difference > 0 else (self.b, self.a)
            return f"{better} is better than {worse}: distinguishable at 5 % ({p})."
        return f"{self.a} and {self.b} are not distinguishable at 5 % ({p})."


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Several estimates on the same tracks.

    Attributes
    ----------
    n : int
        Tracks that all of them were tested on.
    reports : tuple of Report
        One an estimate, of those tracks.
    pairs : tuple of Pair
    remarks : tuple of str
        Sentences on what was left out.
    """

    n: int
    reports: tuple[Report, ...]
    pairs: tuple[Pair, ...]
    remarks: tuple[str, ...]

    def runs_table(self) -> Table:
        """The overall scores, a row an estimate, with 95 % intervals; last the baseline."""
        scores = ("accuracy", "balanced_accuracy", "macro_f1")
        rows: list[list[Cell]] = []
        for report in self.reports:
            intervals = report.intervals()
            row: list[Cell] = [report.name, report.n]
            for score in scores:
                sure: Range = getattr(intervals, score)
                row += [getattr(report, score), sure.low, sure.high]
            rows.append([*row, report.weighted.f1])
        base = self.reports[0].baseline
        values = [v for score in scores for v in (getattr(base, score), None, None)]
        rows.append([base.name, base.n, *values, base.weighted.f1])
        columns = [
            f"{score}{end}".replace("balanced_accuracy", "balanced")
            for score in scores
            for end in ("", "_low", "_high")
        ]
        return Table("Runs", ["run", "tracks", *columns, "weighted_f1"], rows)

    def pairs_table(self) -> Table:
        """Each pair: difference of accuracy, its interval, McNemar's test, the verdict."""
        columns = ["a", "b", "difference", "low_95", "high_95", "only_a", "only_b"]
        rows: list[list[Cell]] = [
            [
                *(pair.a, pair.b, pair.difference, pair.interval.low, pair.interval.high),
                *(pair.mcnemar.only_a, pair.mcnemar.only_b, pair.mcnemar.p_value, pair.p_holm),
                "distinguishable" if pair.distinguishable else "not distinguishable",
            ]
            for pair in self.pairs
        ]
        return Table("Pairs (McNemar)", [*columns, "p", "p_holm", "at 5 %"], rows)

    def genres_table(self) -> Table:
        """F1 a genre, a column an estimate."""
        first = self.reports[0]
        rows: list[list[Cell]] = [
            [name, int(first.support[i]), *(float(report.f1[i]) for report in self.reports)]
            for i, name in enumerate(first.classes)
        ]
        columns = ["genre", "support", *(f"{report.name} F1" for report in self.reports)]
        return Table("F1 per genre", columns, rows)

    def tables(self) -> list[Table]:
        """Runs, pairs and genres."""
        return [self.runs_table(), self.pairs_table(), self.genres_table()]


def _paired_interval(test: McNemar, n: int, seed: int = 0) -> Range:
    """Bootstrap the difference of two accuracies over tracks, both estimates drawn together."""
    shares = np.array([test.only_a, test.only_b, n - test.only_a - test.only_b]) / n
    drawn = np.random.default_rng(seed).multinomial(n, shares, N_RESAMPLES)
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / n, [LEVEL / 2, 1 - LEVEL / 2]).tolist()
    return Range(low=low, high=high)


def compare(predictions: Mapping[str, Predicted], *, majority: str | None = None) -> Comparison:
    """Compare estimates on the tracks that all of them were tested on.

    Parameters
    ----------
    predictions : mapping of name to predictions
        At least two. Tracks are matched by id; where the sets of tracks differ,
        those in all of them are compared, and `Comparison.remarks` says so.
    majority : str, optional
        The class that the baseline always answers; default the most frequent one.

    Raises
    ------
    UsageError
        If there are fewer than two estimates, or they share no track.
    DataError
        If a track stands twice, or has two truths.
    """
    if len(predictions) < 2:
        raise UsageError(f"{len(predictions)} run to compare; give at least two")
    classes = tuple(dict.fromkeys(c for p in predictions.values() for c in p.classes))
    positions = {name: _positions(name, p) for name, p in predictions.items()}
    first = next(iter(positions.values()))
    shared = [track for track in first if all(track in rows for rows in positions.values())]
    if not shared:
        raise UsageError(f"{', '.join(predictions)} share no test track; compare runs of one split")
    reports = []
    for name, p in predictions.items():
        rows = np.array([positions[name][track] for track in shared])
        reports.append(_report_of_rows(name, p, rows, classes, majority))
    _check_same_truth(reports, shared)
    return Comparison(
        n=len(shared),
        reports=tuple(reports),
        pairs=_pairs(reports),
        remarks=_remarks(positions, len(shared)),
    )


def _positions(name: str, predictions: Predicted) -> dict[str, int]:
    rows = {track: row for row, track in enumerate(predictions.track_ids)}
    if len(rows) < len(predictions.track_ids):
        twice = next(t for i, t in enumerate(predictions.track_ids) if rows[t] != i)
        raise DataError(f"{name}: track {twice} was tested twice; expected each track once")
    return rows


def _report_of_rows(
    name: str, p: Predicted, rows: Int64, classes: Sequence[str], majority: str | None
) -> Report:
    """Report some of the tracks, in the class order of the comparison."""
    columns = np.array([classes.index(c) for c in p.classes])
    probabilities = np.zeros((len(rows), len(classes)))
    probabilities[:, columns] = np.asarray(p.probabilities)[rows]
    truth = columns[np.asarray(p.truth)[rows]]
    return Report.from_predictions(classes, truth, probabilities, name=name, majority=majority)


def _check_same_truth(reports: Sequence[Report], tracks: Sequence[str]) -> None:
    first = reports[0]
    for report in reports[1:]:
        other, ours = np.asarray(report.truth), np.asarray(first.truth)
        if (other != ours).any():
            i = int(np.flatnonzero(other != ours)[0])
            raise DataError(
                f"track {tracks[i]} is {first.classes[ours[i]]} in {first.name} but "
                f"{first.classes[other[i]]} in {report.name}; compare runs of the same labels"
            )


def _estimate(report: Report) -> Int64:
    estimate: Int64 = np.asarray(report.probabilities).argmax(axis=1)
    return estimate


def _pairs(reports: Sequence[Report]) -> tuple[Pair, ...]:
    truth, n = np.asarray(reports[0].truth), reports[0].n
    both = list(combinations(reports, 2))
    tests = [mcnemar(truth, _estimate(a), _estimate(b)) for a, b in both]
    corrected = holm([test.p_value for test in tests])
    return tuple(
        Pair(
            a=a.name,
            b=b.name,
            difference=(test.only_a - test.only_b) / n,
            interval=_paired_interval(test, n),
            mcnemar=test,
            p_holm=p,
        )
        for (a, b), test, p in zip(both, tests, corrected, strict=True)
    )


def _remarks(positions: Mapping[str, Mapping[str, int]], n: int) -> tuple[str, ...]:
    missing = [f"{len(rows) - n} of {name}" for name, rows in positions.items() if len(rows) > n]
    if not missing:
        return ()
    sentence = (
        f"The runs were tested on different tracks: compared on the {n} that all of them "
        f"share; left out: {', '.join(missing)}."
    )
    return (sentence,)
