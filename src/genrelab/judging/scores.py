"""Scores: everything that follows from a confusion matrix, for one matrix or thousands.

Conventions
-----------
A confusion matrix [K, K] counts tracks, rows truth, columns estimate. A ratio
whose denominator is 0 is 0 (a genre never predicted has precision 0), as in
scikit-learn with ``zero_division=0``. The functions take any leading axes, so
the bootstrap judges all its resamples by the same lines as the matrix itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """The scores of one confusion matrix, or of a stack of them.

    Attributes
    ----------
    precision, recall, f1 : float64 array [..., K]
    accuracy : float64 array [...]
        Share of the tracks that were told right.
    balanced_accuracy : float64 array [...]
        Mean recall of the classes that have tracks.
    macro_f1 : float64 array [...]
        Mean F1 of all K classes.
    """

    precision: Float64
    recall: Float64
    f1: Float64
    accuracy: Float64
    balanced_accuracy: Float64
    macro_f1: Float64


def confusion_from_estimates(truth: Int64, estimate: Int64, n_classes: int) -> Int64:
    """Count tracks by truth (rows) and estimate (columns), both class indices [n]."""
    cells = np.bincount(truth * n_classes + estimate, minlength=n_classes * n_classes)
    return cells.reshape(n_classes, n_classes).astype(np.int64)


def _ratio(numerator: Int64, denominator: Int64) -> Float64:
    result: Float64 = numerator / np.maximum(denominator, 1)
    return np.where(denominator > 0, result, 0.0)


def scores_from_confusion(confusion: Int64) -> Scores:
    """Score confusion matrices.

    Parameters
    ----------
    confusion : int64 array [..., K, K]
        Rows truth, columns estimate; at least one track in each matrix.
    """
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    support, predicted = confusion.sum(axis=-1), confusion.sum(axis=-2)
    recall = _ratio(right, support)
    f1 = _ratio(2 * right, support + predicted)
    return Scores(
        precision=_ratio(right, predicted),
        recall=recall,
        f1=f1,
        accuracy=_ratio(right.sum(axis=-1), support.sum(axis=-1)),
        balanced_accuracy=recall.sum(axis=-1) / np.maximum((support > 0).sum(axis=-1), 1),
        macro_f1=f1.mean(axis=-1),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A confidence interval: lower and upper bound."""

    low: float
    high: float


def share_interval(right: Int64, n: Int64) -> Range:
    """Tell where a share, or the mean of several, probably lies (95 %).

    Two of each four added tracks are taken to be right (Agresti and Coull 1998), so that the
    interval holds where all or none were right too, of which the bootstrap makes a point.

    Parameters
    ----------
    right, n : int64 arrays [K]
        Tracks told right, and how many there are, of each share.

    Examples
    --------
    >>> sure = share_interval(np.array([30]), np.array([30]))
    >>> round(sure.low, 2), round(sure.high, 2)
    (0.86, 1.0)
    """
    shares = (right + 2) / (n + 4)
    spread = 1.96 * np.sqrt((shares * (1 - shares) / (n + 4)).sum()) / len(n)
    middle = shares.mean()
    return Range(low=max(0.0, float(middle - spread)), high=min(1.0, float(middle + spread)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Intervals:
    """Bootstrap intervals of a report's scores (percentiles over resampled tracks).

    Attributes
    ----------
    confidence : float
        .95 for 95 %.
    accuracy, balanced_accuracy, macro_f1 : Range
    precision, recall, f1 : float64 array [K, 2]
        Lower and upper bounds a class, in class order.
    """

    confidence: float
    accuracy: Range
    balanced_accuracy: Range
    macro_f1: Range
    precision: Float64
    recall: Float64
    f1: Float64


def bootstrap_intervals(
    confusion: Int64, *, confidence: float = 0.95, n_resamples: int = 2000, seed: int = 0
) -> Intervals:
    """Draw the tracks anew, with replacement, and see how far the scores move.

    Drawing n tracks with replacement is drawing the n counts of the confusion
    matrix from a multinomial with its shares, so no track is touched.

    Parameters
    ----------
    confusion : int64 array [K, K]
    confidence : float
        Share of the resamples inside the interval.
    n_resamples : int
    seed : int
        The same seed gives the same intervals.
    """
    n_classes = len(confusion)
    cells = np.flatnonzero(confusion)  # empty cells stay empty: most of a large matrix
    n = int(confusion.sum())
    rng = np.random.default_rng(seed)
    resampled = np.zeros((n_resamples, n_classes * n_classes), np.int64)
    resampled[:, cells] = rng.multinomial(n, confusion.ravel()[cells] / n, n_resamples)
    scores = scores_from_confusion(resampled.reshape(n_resamples, n_classes, n_classes))
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]

    def bounds(values: Float64) -> Float64:
        return np.quantile(values, tails, axis=0).T

    def one(values: Float64) -> Range:
        low, high = bounds(values).tolist()
        return Range(low=low, high=high)

    return Intervals(
        confidence=confidence,
        accuracy=one(scores.accuracy),
        balanced_accuracy=one(scores.balanced_accuracy),
        macro_f1=one(scores.macro_f1),
        precision=bounds(scores.precision),
        recall=bounds(scores.recall),
        f1=bounds(scores.f1),
    )
