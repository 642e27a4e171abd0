"""Reports: how well an estimate agrees with the truth, and how sure that is.

Conventions
-----------
Everything follows from the confusion matrix [K, K] (rows truth, columns
estimate, classes in index order) and, where given, the probabilities. Scores lie
in [0, 1]; arrays stand in class order. A ratio with denominator 0 is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from genrelab.errors import DataError
from genrelab.judging import calibration, report_forms
from genrelab.judging.calibration import Reliability
from genrelab.judging.checks import (
    checked_classes,
    checked_confusion,
    checked_probabilities,
    checked_truth,
)
from genrelab.judging.scores import (
    Float64,
    Int64,
    Intervals,
    Scores,
    bootstrap_intervals,
    confusion_from_estimates,
    scores_from_confusion,
)
from genrelab.tables import Table

ROUNDING = 1e-9  # by which a written score may differ from the one computed anew
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Average:
    """Precision, recall and F1 averaged over the classes."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """The judgment of one estimate on one set of tracks.

    Parameters
    ----------
    classes : sequence of str
        Names in index order, at least two, each once.
    confusion : int array [K, K]
        Tracks counted by truth (rows) and estimate (columns).
    name : str
        Whose estimate it is.
    majority : str, optional
        The class that the baseline always answers: the most frequent one of the
        training tracks. Default: the most frequent one here.
    truth : int array [n], optional
        Class indices; goes with ``probabilities``.
    probabilities : float array [n, K], optional
        Rows sum to 1; goes with ``truth``.

    Raises
    ------
    DataError
        Saying which part does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> report = Report(classes=("Jazz", "Rock"), confusion=np.array([[8, 2], [1, 9]]))
    >>> report.accuracy, report.recall.tolist()
    (0.85, [0.8, 0.9])
    """

    classes: Sequence[str]
    confusion: Int64
    name: str = ""
    majority: str | None = None
    truth: Int64 | None = None
    probabilities: Float64 | None = None

    def __post_init__(self) -> None:
        classes = checked_classes(self.classes)
        confusion = checked_confusion(self.confusion, len(classes))
        object.__setattr__(self, "classes", classes)
        object.__setattr__(self, "confusion", confusion)
        majority = self.majority or classes[int(confusion.sum(axis=1).argmax())]
        if majority not in classes:
            raise DataError(f"majority is {majority!r}; expected one of {', '.join(classes)}")
        object.__setattr__(self, "majority", majority)
        if (self.truth is None) != (self.probabilities is None):
            raise DataError("truth and probabilities go together; only one of them is given")
        if self.truth is not None and self.probabilities is not None:
            truth = checked_truth(self.truth, len(classes))
            if (np.bincount(truth, minlength=len(classes)) != confusion.sum(axis=1)).any():
                raise DataError("truth does not count the same tracks as the confusion matrix")
            object.__setattr__(self, "truth", truth)
            probabilities = checked_probabilities(self.probabilities, len(truth), len(classes))
            object.__setattr__(self, "probabilities", probabilities)

    @classmethod
    def from_predictions(
        cls,
        classes: Sequence[str],
        truth: Int64,
        probabilities: Float64,
        *,
        name: str = "",
        majority: str | None = None,
    ) -> Report:
        """Judge probabilities: the most probable class of each track is the estimate.

        Parameters
        ----------
        classes : sequence of str
        truth : int array [n]
            Class indices.
        probabilities : float array [n, K]
        name, majority : str, optional
            See `Report`.
        """
        truth = checked_truth(truth, len(classes))
        probabilities = checked_probabilities(probabilities, len(truth), len(classes))
        return cls(
            classes=classes,
            confusion=confusion_from_estimates(truth, probabilities.argmax(axis=1), len(classes)),
            name=name,
            majority=majority,
            truth=truth,
            probabilities=probabilities,
        )

    # --- scores ------------------------------------------------------------------------------

    @property
    def _scores(self) -> Scores:
        return scores_from_confusion(self.confusion)

    @property
    def n(self) -> int:
        """Number of tracks."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Share of the tracks that were told right."""
        return float(self._scores.accuracy)

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that have tracks here."""
        return float(self._scores.balanced_accuracy)

    @property
    def precision(self) -> Float64:
        """Float64 array [K]: of the tracks told as the class, the share that are it."""
        return self._scores.precision

    @property
    def recall(self) -> Float64:
        """Float64 array [K]: of the class's tracks, the share that were told as it."""
        return self._scores.recall

    @property
    def f1(self) -> Float64:
        """Float64 array [K]: harmonic mean of precision and recall."""
        return self._scores.f1

    @property
    def support(self) -> Int64:
        """Int64 array [K]: tracks of each class."""
        support: Int64 = self.confusion.sum(axis=1)
        return support

    @property
    def macro(self) -> Average:
        """Plain mean over all K classes."""
        return self._average(np.ones(len(self.classes)))

    @property
    def weighted(self) -> Average:
        """Mean over the classes weighted by their support."""
        return self._average(self.support.astype(np.float64))

    def _average(self, weights: Float64) -> Average:
        scores = self._scores
        precision, recall, f1 = (
            float(np.average(values, weights=weights))
            for values in (scores.precision, scores.recall, scores.f1)
        )
        return Average(precision=precision, recall=recall, f1=f1)

    @property
    def macro_f1(self) -> float:
        """Plain mean of the F1 of all K classes."""
        return float(self._scores.macro_f1)

    # --- baseline, probabilities, intervals --------------------------------------------------

    @property
    def baseline(self) -> Report:
        """The report of always answering ``majority``: the least to be better than."""
        confusion = np.zeros_like(self.confusion)
        confusion[:, self.classes.index(str(self.majority))] = self.support
        name = f"always {self.majority}"
        return Report(classes=self.classes, confusion=confusion, name=name, majority=self.majority)

    @property
    def majority_accuracy(self) -> float:
        """Accuracy of always answering ``majority``."""
        return self.baseline.accuracy

    def _of_probabilities(self, score: Callable[[Int64, Float64], _T]) -> _T | None:
        if self.truth is None or self.probabilities is None:
            return None
        return score(self.truth, self.probabilities)

    @property
    def log_loss(self) -> float | None:
        """Mean cross-entropy in nats; None without probabilities."""
        return self._of_probabilities(calibration.log_loss)

    def top_k_accuracy(self, k: int) -> float | None:
        """Share of tracks whose class is among the k most probable; None without them."""
        return self._of_probabilities(partial(calibration.top_k_accuracy, k=k))

    @property
    def reliability(self) -> Reliability | None:
        """Confidence against accuracy in 15 bins; None without probabilities."""
        return self._of_probabilities(calibration.reliability)

    @property
    def calibration_error(self) -> float | None:
        """Expected calibration error in 15 bins (Guo et al. 2017); None without probabilities."""
        bins = self.reliability
        return None if bins is None else bins.calibration_error

    def intervals(
        self, confidence: float = 0.95, n_resamples: int = 2000, seed: int = 0
    ) -> Intervals:
        """Bootstrap intervals of the scores over tracks.

        They say how far the scores would move with other test tracks, not with
        another training run.
        """
        return bootstrap_intervals(
            self.confusion, confidence=confidence, n_resamples=n_resamples, seed=seed
        )

    # --- words, tables, JSON -----------------------------------------------------------------

    @property
    def remarks(self) -> list[str]:
        """Sentences on what a reader of the numbers must know; often empty."""
        return report_forms.remarks_of(self)

    def summary_table(self) -> Table:
        """The overall scores, their 95 % intervals, the majority baseline's beside them."""
        return report_forms.summary_table(self)

    def genre_table(self, *, intervals: bool = False) -> Table:
        """Precision, recall, F1, support a genre, then averages (the paper's Table 4).

        ``intervals`` adds lower and upper bounds (95 %) of the three scores.
        """
        return report_forms.genre_table(self, self.intervals() if intervals else None)

    def confusion_table(self) -> Table:
        """The confusion matrix, a row a true genre."""
        return report_forms.confusion_table(self)

    def tables(self) -> list[Table]:
        """Summary, genres and confusion."""
        return [self.summary_table(), self.genre_table(), self.confusion_table()]

    def to_dict(self) -> dict[str, Any]:
        """Everything but the probabilities as plain values: the content of ``report.json``."""
        return report_forms.dict_from_report(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Report:
        """Rebuild a report from `to_dict`; the probabilities are not in it.

        Raises
        ------
        DataError
            If a field is missing, or the accuracy does not follow from the matrix.
        """
        missing = [f for f in ("classes", "confusion", "accuracy") if f not in values]
        if missing:
            raise DataError(f"a report has no field {missing[0]!r}; expected one from genrelab")
        report = cls(
            classes=values["classes"],
            confusion=values["confusion"],
            name=values.get("name", ""),
            majority=values.get("majority"),
        )
        stated = values["accuracy"]
        if not isinstance(stated, (int, float)) or abs(report.accuracy - stated) > ROUNDING:
            raise DataError(
                f"a report's accuracy is {stated!r}, but its confusion matrix "
                f"says {report.accuracy}; one of them was altered"
            )
        return report
