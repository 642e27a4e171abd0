"""Explanations: small reports whose words are known."""

from __future__ import annotations

import numpy as np
import pytest

from genrelab.judging.explanations import (
    accuracy_interval,
    cautions,
    confidence_bands,
    find_doubts,
    main_confusions,
    recall_interval,
    selections,
)
from genrelab.judging.reports import Report
from genrelab.judging.scores import share_interval
from genrelab.learning.runs import Abstention, Predictions

CLASSES = ("Blues", "Jazz", "Rock")


def predictions(truth: list[int], told: list[int], sure: list[float], fold=None) -> Predictions:
    probabilities = np.zeros((len(truth), len(CLASSES)))
    for row, (genre, most) in enumerate(zip(told, sure, strict=True)):
        probabilities[row] = (1 - most) / (len(CLASSES) - 1)
        probabilities[row, genre] = most
    return Predictions(
        classes=CLASSES,
        track_ids=tuple(f"test-{row}" for row in range(len(truth))),
        truth=np.array(truth),
        probabilities=probabilities,
        fold=np.array(fold if fold is not None else [0] * len(truth)),
    )


def test_confusions_come_by_their_share_of_the_genre_and_single_songs_are_no_pair():
    report = Report(classes=CLASSES, confusion=np.array([[2, 2, 0], [3, 20, 1], [0, 0, 9]]))
    assert [str(pair) for pair in main_confusions(report)] == [
        "Of 4 Blues songs, 2 were taken for Jazz.",
        "Of 24 Jazz songs, 3 were taken for Blues.",
    ]


def test_enough_good_answers_need_no_caution_and_few_or_poor_ones_do():
    good = Report(classes=("A", "B"), confusion=np.array([[90, 10], [10, 90]]))
    assert cautions(good) == []
    few = Report(classes=("A", "B"), confusion=np.array([[8, 2], [2, 8]]))
    [sentence] = cautions(few)
    assert sentence.startswith("Too little to judge: 20 songs leave open whether the model gets")
    poor = Report(classes=("A", "B"), confusion=np.array([[100, 100], [90, 110]]))
    [sentence] = cautions(poor)
    assert "always answering A would be right for 50 of 100" in sentence


def test_intervals_keep_a_width_where_all_were_right():
    report = Report(classes=("A", "B"), confusion=np.diag([10, 20]))
    assert report.intervals().accuracy.low == 1.0  # what the bootstrap says
    assert 0.8 < accuracy_interval(report).low < 0.9
    assert accuracy_interval(report).high == 1.0
    assert recall_interval(report, "A").low < recall_interval(report, "B").low < 0.9
    assert recall_interval(report).high <= 1.0


@pytest.mark.parametrize(("share", "n"), [(0.5, 40), (0.8, 40), (0.97, 100)])
def test_the_interval_holds_the_true_share_in_some_95_of_100_draws(share, n):
    drawn = np.random.default_rng(0).binomial(n, share, 2000)
    sure = [share_interval(np.array([k]), np.array([n])) for k in drawn]
    assert np.mean([s.low <= share <= s.high for s in sure]) >= 0.93


def test_bands_count_every_answer_once():
    asked = predictions([0, 0, 1, 1], [0, 1, 1, 2], [0.4, 0.41, 0.95, 1.0])
    bands = confidence_bands(asked.truth, asked.probabilities)
    assert [(b.low, b.high, b.n, b.n_right) for b in bands] == [
        (0.0, 0.4, 1, 1),
        (0.4, 0.6, 1, 0),
        (0.9, 1.0, 2, 1),
    ]


def test_a_fold_s_own_thresholds_judge_its_songs():
    def at(threshold: float) -> list[Abstention]:
        return [Abstention(precision=0.8, threshold=threshold, coverage=1, n=10)]

    asked = predictions([0, 0, 0, 0], [0, 1, 0, 1], [0.6, 0.6, 0.9, 0.9], fold=[0, 0, 1, 1])
    [strict] = selections(asked, [at(0.7), at(0.9)])
    assert (strict.aim, strict.n, strict.n_right, strict.of) == (0.8, 2, 1, 4)
    [half] = selections(asked, [at(0.5), []])
    assert (half.n, half.n_right) == (2, 1)
    assert selections(asked, [[], []]) == []


def test_only_songs_of_an_improbable_genre_are_doubted_the_surest_first():
    truth, told = [0, 1, 2, 0, 1], [1, 2, 2, 1, 0]
    doubts = find_doubts(predictions(truth, told, [0.7, 0.9, 0.99, 0.45, 0.9]))
    assert [(d.track_id, d.genre, d.suggestion) for d in doubts] == [
        ("test-1", "Jazz", "Rock"),
        ("test-4", "Jazz", "Blues"),
        ("test-0", "Blues", "Jazz"),
    ]
    assert doubts[0].probability == pytest.approx(0.05)
