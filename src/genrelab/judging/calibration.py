"""Calibration: how far the probabilities of an estimate can be believed.

Conventions
-----------
``truth`` is an int array [n] of class indices, ``probabilities`` a float array
[n, K] whose rows sum to 1. Confidence is the probability of the class that was
chosen, the largest of its row. A temperature T turns probabilities p into p^(1/T), made
to sum to 1 again: above 1 they come closer together, and the order stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genrelab.judging.scores import Float64, Int64
from genrelab.learning.runs import Abstention

N_BINS = 15  # Guo et al. 2017
COLDEST, HOTTEST = 0.05, 20.0  # temperatures that are tried
USUAL_SPREAD = 0.5  # of a temperature's logarithm, before any track was asked
PRECISIONS = (*(round(0.5 + 0.05 * i, 2) for i in range(10)), 0.97, 0.99)
FEWEST_ANSWERS = 10  # from which a precision is more than luck
MARGIN = 0.5  # standard errors by which a precision must be exceeded where it was measured
_SMALLEST = np.finfo(np.float64).eps  # a probability of 0 would cost infinitely much


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reliability:
    """Confidence against accuracy, in bins of equal width.

    Attributes
    ----------
    edges : float64 array [bins + 1]
        Bin i holds the tracks with edges[i] < confidence <= edges[i + 1].
    count : int64 array [bins]
        Tracks in each bin.
    confidence, accuracy : float64 array [bins]
        Means of the bin; NaN where it is empty.
    """

    edges: Float64
    count: Int64
    confidence: Float64
    accuracy: Float64

    @property
    def calibration_error(self) -> float:
        """Expected calibration error: mean distance of confidence and accuracy.

        Weighted by the tracks of each bin; 0 is perfect (Guo et al., "On
        calibration of modern neural networks", ICML 2017, equation 3).
        """
        full = self.count > 0
        gaps = np.abs(self.accuracy - self.confidence)[full]
        return float(np.average(gaps, weights=self.count[full]))


def reliability(truth: Int64, probabilities: Float64, *, n_bins: int = N_BINS) -> Reliability:
    """Sort the tracks into bins of confidence."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    bins = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, n_bins - 1)
    count = np.bincount(bins, minlength=n_bins)
    divisor = np.where(count > 0, count, np.nan)
    return Reliability(
        edges=edges,
        count=count.astype(np.int64),
        confidence=np.bincount(bins, weights=confidence, minlength=n_bins) / divisor,
        accuracy=np.bincount(bins, weights=right, minlength=n_bins) / divisor,
    )


def log_loss(truth: Int64, probabilities: Float64) -> float:
    """Mean negative natural logarithm of the true class's probability (cross-entropy)."""
    of_truth = probabilities[np.arange(len(truth)), truth]
    return float(-np.log(np.clip(of_truth, _SMALLEST, 1.0)).mean())


def top_k_accuracy(truth: Int64, probabilities: Float64, k: int) -> float:
    """Share of the tracks whose true class is among the k most probable.

    Of classes with the same probability the earlier one counts as more probable.
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    return float((order == truth[:, None]).any(axis=1).mean())


def with_temperature(probabilities: Float64, temperature: float) -> Float64:
    """Return probabilities [n, K] at another temperature; 1 leaves them as they are."""
    if temperature == 1.0:
        return probabilities
    scores = np.log(np.maximum(probabilities, _SMALLEST)) / temperature
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def fit_temperature(truth: Int64, probabilities: Float64) -> float:
    """Find the temperature at which the truth is most probable (Guo et al. 2017, section 4.2).

    A handful of tracks that happen to be right would make an estimate as sure as can be, so
    temperatures far from 1 are taken to be rarer (a normal distribution of the logarithm,
    `USUAL_SPREAD`): of six tracks that counts, of a hundred no longer.

    Parameters
    ----------
    truth : int array [n], n >= 1
        Of tracks that the estimate has not learned from.
    probabilities : float array [n, K]
    """
    from scipy.optimize import minimize_scalar  # prediction does without

    def cost(log_temperature: float) -> float:
        rarity = 0.5 * (log_temperature / USUAL_SPREAD) ** 2 / len(truth)
        loss = log_loss(truth, with_temperature(probabilities, float(np.exp(log_temperature))))
        return loss + rarity

    bounds = (np.log(COLDEST), np.log(HOTTEST))
    return float(np.exp(minimize_scalar(cost, bounds=bounds, method="bounded").x))


def abstention_curve(truth: Int64, probabilities: Float64) -> list[Abstention]:
    """Find for each of `PRECISIONS` the lowest threshold that reaches it.

    The lowest of many thresholds is likely to be one that was lucky. So the share of right
    answers must be above the precision by half of its standard error, and the probabilities
    themselves must promise as much; without that, other tracks fall short by .02 to .06.

    Parameters
    ----------
    truth : int array [n]
        Of tracks that the estimate has not learned from.
    probabilities : float array [n, K]
        Calibrated.

    Returns
    -------
    list of Abstention
        By rising precision and threshold; without those that no threshold reaches on
        `FEWEST_ANSWERS` tracks.
    """
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    confidence = confidence[order]
    right = (probabilities.argmax(axis=1) == truth)[order]
    n_answered = np.arange(1, len(right) + 1)
    precision, promised = (np.cumsum(values) / n_answered for values in (right, confidence))
    # A threshold lets in all tracks of the same confidence.
    is_end = np.append(np.diff(confidence) != 0, True) & (n_answered >= FEWEST_ANSWERS)
    curve = []
    for wanted in PRECISIONS:
        margin = MARGIN * np.sqrt(wanted * (1 - wanted) / n_answered)
        reached = is_end & (precision - margin >= wanted) & (promised >= wanted)
        if reached.any():
            n = int(np.flatnonzero(reached)[-1]) + 1
            threshold = float(confidence[n - 1])
            curve.append(
                Abstention(precision=wanted, threshold=threshold, coverage=n / len(right), n=n)
            )
    return curve
