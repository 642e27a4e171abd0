"""Explanations: what a report means, for those who know music and not statistics.

Conventions
-----------
Shares are told as so many of 100 songs. Whatever is said follows from test tracks, which
the models that judged them had not heard, and chose nothing. Intervals are 95 % ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from genrelab.judging.reports import Report
from genrelab.judging.scores import Float64, Int64, Range, share_interval
from genrelab.learning.runs import Abstention, Predictions

WIDEST = 0.2  # an interval wider than this leaves open whether an estimate is good or poor
MOST_PAIRS = 8
FEWEST_IN_PAIR = 2  # one song alone may be mistaken for anything
MOST_DOUBTS = 20
DOUBTED, PREFERRED = 0.2, 0.5  # at most for a song's own genre, at least for another one
AIMS = (0.6, 0.7, 0.8, 0.9, 0.95)  # shares of right answers that thresholds are chosen for
CONFIDENCES = (0.0, 0.4, 0.6, 0.8, 0.9, 1.0)  # ends of the bands in which answers are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Tracks of one genre that were told as another."""

    genre: str
    told: str
    n: int
    of: int

    def __str__(self) -> str:
        return f"Of {self.of} {self.genre} songs, {self.n} were taken for {self.told}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """How often answers of some confidence are right.

    Attributes
    ----------
    low, high : float
        Answers with low < confidence <= high.
    n, n_right : int
    confidence : float
        Their mean.
    """

    low: float
    high: float
    n: int
    n_right: int
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What comes of answering only from some confidence on.

    Attributes
    ----------
    aim : float
        The share of right answers that validation tracks promised.
    n, n_right : int
        Of the test tracks, those answered and those told right.
    of : int
        All of them.
    """

    aim: float
    n: int
    n_right: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A track whose own genre a model finds improbable, and another one probable."""

    track_id: str
    genre: str
    probability: float
    suggestion: str
    suggested_probability: float


def out_of_100(share: float) -> str:
    """Write a share as so many of 100.

    >>> out_of_100(0.637), out_of_100(0.001), out_of_100(1.0)
    ('64', '0', '100')
    """
    return f"{100 * share:.0f}"


def span_of_100(bounds: Range) -> str:
    """Write an interval as so many to so many of 100.

    >>> span_of_100(Range(low=0.59, high=0.688))
    '59 to 69'
    """
    return f"{out_of_100(bounds.low)} to {out_of_100(bounds.high)}"


def accuracy_interval(report: Report) -> Range:
    """Tell where the share of right answers probably lies."""
    return share_interval(np.array([np.trace(report.confusion)]), np.array([report.n]))


def recall_interval(report: Report, genre: str | None = None) -> Range:
    """Tell where a genre's recall, or the mean of all, probably lies."""
    right, support = np.diag(report.confusion), report.support
    there = support > 0 if genre is None else np.array([name == genre for name in report.classes])
    return share_interval(right[there], support[there])


def cautions(report: Report) -> list[str]:
    """Say where there is too little to judge by; empty where there is enough."""
    sure = accuracy_interval(report)
    found = []
    if sure.high - sure.low > WIDEST:
        found.append(
            f"Too little to judge: {report.n} songs leave open whether the model gets "
            f"{out_of_100(sure.low)} or {out_of_100(sure.high)} of 100 songs right. "
            "More songs, by more artists, narrow that down."
        )
    if sure.low <= report.majority_accuracy:
        found.append(
            f"It is not certain that the model has learned anything: always answering "
            f"{report.majority} would be right for {out_of_100(report.majority_accuracy)} of "
            f"100 songs, and the model may be right for as few as {out_of_100(sure.low)}."
        )
    return found


def main_confusions(report: Report) -> list[Confusion]:
    """Name the pairs of genres that are mistaken most often, by their share of the genre."""
    support = report.support.tolist()
    pairs = [
        Confusion(genre=genre, told=told, n=int(report.confusion[i, j]), of=support[i])
        for i, genre in enumerate(report.classes)
        for j, told in enumerate(report.classes)
        if i != j and report.confusion[i, j] >= FEWEST_IN_PAIR
    ]
    return sorted(pairs, key=lambda pair: (-pair.n / pair.of, -pair.n, pair.genre))[:MOST_PAIRS]


def confidence_bands(truth: Int64, probabilities: Float64) -> list[Band]:
    """Count how often answers are right, by how sure they were; bands without any are left out.

    Parameters
    ----------
    truth : int array [n]
    probabilities : float array [n, K]
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bands = []
    for low, high in pairwise(CONFIDENCES):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            bands.append(
                Band(
                    low=low,
                    high=high,
                    n=int(inside.sum()),
                    n_right=int(right[inside].sum()),
                    confidence=float(confidence[inside].mean()),
                )
            )
    return bands


def selections(predictions: Predictions, chosen: Sequence[Sequence[Abstention]]) -> list[Selection]:
    """See on test tracks what thresholds do that validation tracks have chosen.

    Parameters
    ----------
    predictions : Predictions
        Of test tracks.
    chosen : sequence of sequences of Abstention
        What the validation tracks of each fold have chosen: a fold's own thresholds judge
        its own test tracks, so that no track is judged by what it has chosen.

    Returns
    -------
    list of Selection
        One an aim of `AIMS` at which anything is answered.
    """
    confidence = predictions.probabilities.max(axis=1)
    right = predictions.probabilities.argmax(axis=1) == predictions.truth
    found = []
    for aim in AIMS:
        by_fold = [
            next((one.threshold for one in fold if one.precision == aim), np.inf) for fold in chosen
        ]
        answered = confidence >= np.array(by_fold)[predictions.fold]
        found.append(
            Selection(
                aim=aim,
                n=int(answered.sum()),
                n_right=int(right[answered].sum()),
                of=len(right),
            )
        )
    return [selection for selection in found if selection.n]


def find_doubts(predictions: Predictions) -> list[Doubt]:
    """Find the tracks whose label a model that did not know it would question most."""
    rows = np.arange(len(predictions.truth))
    own = predictions.probabilities[rows, predictions.truth]
    told = predictions.probabilities.argmax(axis=1)
    most = predictions.probabilities[rows, told]
    doubted = np.flatnonzero((own <= DOUBTED) & (most >= PREFERRED) & (told != predictions.truth))
    order = doubted[np.argsort(own[doubted] - most[doubted], kind="stable")][:MOST_DOUBTS]
    return [
        Doubt(
            track_id=predictions.track_ids[row],
            genre=predictions.classes[predictions.truth[row]],
            probability=float(own[row]),
            suggestion=predictions.classes[told[row]],
            suggested_probability=float(most[row]),
        )
        for row in order.tolist()
    ]
