"""Lesson figures: what they show is read back from what was drawn."""

from __future__ import annotations

import numpy as np
import pytest

from genrelab.errors import DataError
from genrelab.judging.lesson_figures import draw_recall, draw_selection
from genrelab.judging.reports import Report

pytest.importorskip("matplotlib")


def test_each_genre_s_recall_lies_within_its_interval():
    report = Report(classes=("A", "B", "C"), confusion=np.array([[8, 2, 0], [0, 5, 5], [0, 0, 9]]))
    [axes] = draw_recall(report).axes
    spans, points = axes.lines[0:6:2], axes.lines[1:6:2]
    assert [point.get_xdata()[0] for point in points] == [80, 50, 100]
    for span, point in zip(spans, points, strict=True):
        low, high = span.get_xdata()
        assert low < point.get_xdata()[0] <= high
    assert [label.get_text() for label in axes.get_yticklabels()] == ["A", "B", "C"]


def test_selection_ends_at_the_accuracy_and_begins_with_ten_answers():
    rng = np.random.default_rng(0)
    truth = np.arange(60) % 3
    report = Report.from_predictions("ABC", truth, rng.dirichlet(np.ones(3), 60))
    [axes] = draw_selection(report).axes
    curve = axes.lines[0]
    assert curve.get_xdata()[0] == pytest.approx(100 * 10 / 60)
    assert curve.get_xdata()[-1] == 100
    assert curve.get_ydata()[-1] == pytest.approx(100 * report.accuracy)
    with pytest.raises(DataError, match="without probabilities"):
        draw_selection(Report(classes="AB", confusion=np.eye(2, dtype=int)))
