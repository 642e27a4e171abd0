"""Golden test: the paper's Tables 2 to 4 follow from its confusion matrices, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest

from genrelab.judging.reports import Report
from genrelab.workflows import paper


def _report(model: str) -> Report:
    return Report(classes=paper.GENRES, confusion=np.array(paper.CONFUSION[model]), name=model)


def _cells(model: str) -> dict[str, tuple[float, ...]]:
    """A report's genre table as {row: (precision, recall, f1, support)}, floats as printed."""
    return {
        str(row[0]): tuple(round(float(v), 3) for v in row[1:] if v is not None)
        for row in _report(model).genre_table().rows
    }


@pytest.mark.parametrize("model", paper.TABLE_3)
def test_table_3(model: str) -> None:
    ours = _cells(model)
    assert {genre: ours[genre][:3] for genre in paper.GENRES} == paper.TABLE_3[model]


def test_table_4() -> None:
    # Its accuracy row repeats the accuracy in the column of the support, where ours counts tracks.
    ours = _cells("c2m1")
    ours["accuracy"] = (*ours["accuracy"][:3], ours["accuracy"][0])
    assert ours == paper.TABLE_4


@pytest.mark.parametrize("model", paper.MODELS)
def test_table_2(model: str) -> None:
    report = _report(model)
    assert round(100 * report.accuracy, 2) == paper.TEST_ACCURACY[model]
    assert report.n == paper.N_TEST
    assert report.support.tolist() == [110] * 8


def test_cells_typed_from_the_paper_once_more() -> None:
    timbre, pitch, mixed = map(_report, paper.MODELS)
    assert np.round(timbre.f1, 3).tolist() == [0.608, 0.9, 0.662, 0.777, 0.719, 0.782, 0.467, 0.463]
    assert round(float(timbre.precision[6]), 3) == 0.684
    assert round(float(timbre.recall[6]), 3) == 0.355
    assert round(timbre.macro_f1, 3) == 0.672
    assert np.round(pitch.recall, 3).tolist() == [
        *(0.618, 0.873, 0.573, 0.645, 0.545, 0.782, 0.627, 0.345),
    ]
    assert round(mixed.macro.precision, 3) == 0.673
    assert round(mixed.accuracy, 3) == 0.678
    assert [round(100 * r.accuracy, 2) for r in (timbre, pitch, mixed)] == [68.18, 62.61, 67.84]


def test_table_1_adds_up() -> None:
    assert sum(parameters for _, _, parameters in paper.TABLE_1) == paper.PARAMETERS["c1m1"]
    assert sum(paper.TRACKS.values()) == 10_115


def test_balanced_test_set_makes_averages_equal() -> None:
    report = _report("c1m1")
    assert report.balanced_accuracy == pytest.approx(report.accuracy)
    assert report.macro.f1 == pytest.approx(report.weighted.f1)
    assert report.majority_accuracy == pytest.approx(0.125)


def test_interval_of_the_paper_is_about_three_points_wide() -> None:
    accuracy = _report("c1m1").intervals().accuracy
    assert accuracy.low == pytest.approx(0.6818 - 0.031, abs=0.004)
    assert accuracy.high == pytest.approx(0.6818 + 0.031, abs=0.004)
