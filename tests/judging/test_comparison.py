"""Comparison: McNemar and Holm by hand and against SciPy, alignment, refusals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from genrelab.errors import DataError, UsageError
from genrelab.judging.comparison import compare, holm, mcnemar
from genrelab.tables import render


@dataclass
class Predictions:
    track_ids: list[str]
    truth: np.ndarray
    probabilities: np.ndarray
    classes: tuple[str, ...] = ("Blues", "Jazz")


def _predictions(told: str, truth: str, ids: str = "", classes: str = "BJ") -> Predictions:
    """Predictions from letters: the estimates, the truths and the ids, one a track."""
    rows = np.eye(len(classes))[[classes.index(c) for c in told]]
    return Predictions(
        track_ids=list(ids or map(str, range(len(told)))),
        truth=np.array([classes.index(c) for c in truth]),
        probabilities=rows,
        classes=tuple(classes),
    )


def test_mcnemar_known_answer() -> None:
    truth = np.zeros(20, int)
    a, b = truth.copy(), truth.copy()
    a[:1], b[1:9] = 1, 1
    test = mcnemar(truth, a, b)
    assert (test.only_a, test.only_b) == (8, 1)
    assert test.p_value == pytest.approx(2 * (1 + 9) / 2**9)


@given(st.integers(0, 80), st.integers(0, 80))
@settings(max_examples=40, deadline=None)
def test_mcnemar_agrees_with_scipy(only_a: int, only_b: int) -> None:
    truth = np.zeros(only_a + only_b + 3, int)
    a, b = truth.copy(), truth.copy()
    b[:only_a] = 1
    a[only_a : only_a + only_b] = 1
    expected = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert mcnemar(truth, a, b).p_value == pytest.approx(expected)


def test_mcnemar_needs_the_same_tracks() -> None:
    with pytest.raises(DataError, match="3, 3 and 2 tracks"):
        mcnemar(np.zeros(3, int), np.zeros(3, int), np.zeros(2, int))


def test_holm_known_answers() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_compare_matches_tracks_by_id_whatever_their_order() -> None:
    comparison = compare(
        {
            "a": _predictions("BBJJ", "BBJJ", "wxyz"),
            "b": _predictions("JBJB", "JJBB", "zyxw"),  # wrong on x and y
        }
    )
    (pair,) = comparison.pairs
    assert comparison.n == 4
    assert [r.accuracy for r in comparison.reports] == [1.0, 0.5]
    assert pair.difference == 0.5
    assert (pair.mcnemar.only_a, pair.mcnemar.only_b) == (2, 0)
    assert pair.interval.low <= 0.5 <= pair.interval.high
    assert pair.sentence == "a and b are not distinguishable at 5 % (p = 0.500)."
    assert comparison.remarks == ()


def test_compare_on_shared_tracks_says_what_is_left_out() -> None:
    comparison = compare(
        {"a": _predictions("BBJ", "BBJ", "xyz"), "b": _predictions("BJJB", "BJJB", "xwzv")}
    )
    assert comparison.n == 2
    (remark,) = comparison.remarks
    assert "compared on the 2 that all of them share" in remark
    assert remark.endswith("left out: 1 of a, 2 of b.")


def test_compare_matches_classes_by_name() -> None:
    comparison = compare(
        {"a": _predictions("BJJ", "BJB"), "b": _predictions("BJJ", "BJB", classes="JRB")}
    )
    assert comparison.reports[0].classes == ("B", "J", "R")
    assert [r.accuracy for r in comparison.reports] == [2 / 3, 2 / 3]
    assert comparison.pairs[0].mcnemar.p_value == 1


def test_clear_difference_is_distinguishable_and_names_the_better() -> None:
    truth = "B" * 40
    comparison = compare(
        {
            "worse": _predictions("B" * 20 + "J" * 20, truth),
            "good": _predictions("B" * 39 + "J", truth),
            "too": _predictions("B" * 38 + "JJ", truth),
        }
    )
    verdicts = [pair.sentence for pair in comparison.pairs]
    assert verdicts == [
        "good is better than worse: distinguishable at 5 % (p < .001).",
        "too is better than worse: distinguishable at 5 % (p < .001).",
        "good and too are not distinguishable at 5 % (p = 1.000).",
    ]
    text = render(comparison.tables(), "text")
    assert "not distinguishable" in text
    assert "always B" in text
    runs = comparison.runs_table().rows
    assert [row[0] for row in runs] == ["worse", "good", "too", "always B"]
    assert runs[1][2] == pytest.approx(39 / 40)


def test_refusals_name_what_is_wrong() -> None:
    one = _predictions("BJ", "BJ", "xy")
    with pytest.raises(UsageError, match="at least two"):
        compare({"a": one})
    with pytest.raises(UsageError, match="a, b share no test track"):
        compare({"a": one, "b": _predictions("BJ", "BJ", "vw")})
    with pytest.raises(DataError, match="track y is J in a but B in b"):
        compare({"a": one, "b": _predictions("BJ", "BB", "xy")})
    with pytest.raises(DataError, match="b: track x was tested twice"):
        compare({"a": one, "b": _predictions("BJ", "BJ", "xx")})
