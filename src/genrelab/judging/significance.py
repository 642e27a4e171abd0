"""Significance: whether a difference on the same tracks is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from genrelab.errors import DataError
from genrelab.judging.scores import Int64


@dataclass(frozen=True, slots=True, kw_only=True)
class McNemar:
    """McNemar's test: do two estimates fail on equally many tracks?

    Attributes
    ----------
    only_a, only_b : int
        Tracks that only the one, or only the other, told right.
    p_value : float
        Probability of a split at least as uneven if both were equally good.
    """

    only_a: int
    only_b: int
    p_value: float


def mcnemar(truth: Int64, estimate_a: Int64, estimate_b: Int64) -> McNemar:
    """Test two estimates on the same tracks, exactly (binomial, two-sided).

    Parameters
    ----------
    truth, estimate_a, estimate_b : int array [n]
        Class indices of the same tracks in the same order.

    Raises
    ------
    DataError
        If the arrays differ in length.
    """
    if not len(truth) == len(estimate_a) == len(estimate_b):
        raise DataError(
            f"truth and estimates have {len(truth)}, {len(estimate_a)} and {len(estimate_b)} "
            "tracks; McNemar's test needs the same tracks"
        )
    right_a, right_b = estimate_a == truth, estimate_b == truth
    only_a = int((right_a & ~right_b).sum())
    only_b = int((right_b & ~right_a).sum())
    tail = float(bdtr(min(only_a, only_b), only_a + only_b, 0.5))
    return McNemar(only_a=only_a, only_b=only_b, p_value=min(1.0, 2 * tail))


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for their number (Holm 1979): as strict as Bonferroni, more often right.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order.tolist()):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = highest
    return corrected
