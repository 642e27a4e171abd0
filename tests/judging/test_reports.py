"""Reports: known answers by hand, agreement with scikit-learn, faulty input."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.errors import DataError
from genrelab.judging.reports import Report
from genrelab.judging.scores import confusion_from_estimates
from genrelab.tables import FORMATS, render

CLASSES = ("Blues", "Jazz", "Rock")
CONFUSION = np.array([[6, 2, 2], [1, 3, 0], [0, 0, 6]])


def _report(confusion: object = CONFUSION, **options: object) -> Report:
    return Report(classes=CLASSES, confusion=confusion, **options)  # type: ignore[arg-type]


def test_known_answers() -> None:
    report = _report(name="by hand")
    assert report.n == 20
    assert report.accuracy == 15 / 20
    assert report.support.tolist() == [10, 4, 6]
    assert report.recall.tolist() == [0.6, 0.75, 1.0]
    assert report.precision.tolist() == [6 / 7, 3 / 5, 6 / 8]
    assert report.f1.tolist() == pytest.approx([12 / 17, 6 / 9, 12 / 14])
    assert report.balanced_accuracy == pytest.approx((0.6 + 0.75 + 1) / 3)
    assert report.macro.recall == pytest.approx(report.balanced_accuracy)
    assert report.weighted.recall == pytest.approx(report.accuracy)
    assert report.macro_f1 == pytest.approx((12 / 17 + 6 / 9 + 12 / 14) / 3)


def test_majority_baseline_is_of_the_most_frequent_class_or_the_one_given() -> None:
    assert _report().majority == "Blues"
    assert _report().majority_accuracy == 0.5
    assert _report().baseline.balanced_accuracy == pytest.approx(1 / 3)
    assert _report().baseline.macro_f1 == pytest.approx(2 * 10 / 30 / 3)
    assert _report(majority="Jazz").majority_accuracy == 0.2


def test_a_class_without_tracks_or_estimates_scores_zero_and_is_said() -> None:
    report = _report([[0, 0, 0], [0, 15, 5], [0, 12, 18]])
    assert report.recall[0] == report.precision[0] == report.f1[0] == 0
    assert report.balanced_accuracy == pytest.approx((0.75 + 0.6) / 2)
    assert report.remarks == ["No track here is truly Blues: recall cannot be measured there."]


def test_remarks_tell_a_constant_estimate() -> None:
    report = _report([[0, 0, 10], [0, 0, 20], [0, 0, 30]])
    assert report.remarks == [
        "Blues was never told, so its precision, recall and F1 are 0.",
        "Jazz was never told, so its precision, recall and F1 are 0.",
        "Rock was told for every track: the estimate is a constant.",
        "The accuracy, 0.500, is not above that of always saying Rock, 0.500.",
    ]


def test_remarks_tell_genres_of_few_tracks() -> None:
    assert _report().remarks == [
        "Fewer than 10 tracks, too few to judge a genre by: Jazz (4) and Rock (6)."
    ]


def test_probabilities_known_answers() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.3, 0.5, 0.2]])
    report = Report.from_predictions(CLASSES, np.array([0, 1, 2, 2]), probabilities)
    assert report.confusion.tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 1]]
    assert report.log_loss == pytest.approx(-np.log([0.7, 0.3, 0.7, 0.2]).mean())
    assert report.top_k_accuracy(1) == 0.5 == report.accuracy
    assert report.top_k_accuracy(2) == 0.75
    assert report.top_k_accuracy(3) == 1
    # confidences .7 (both right) fall in one bin, .5 (both wrong) in another
    assert report.calibration_error == pytest.approx((0.3 + 0.5) / 2)


def test_log_loss_of_a_certain_mistake_is_finite() -> None:
    report = Report.from_predictions(("a", "b"), np.array([1]), np.array([[1.0, 0.0]]))
    assert report.log_loss is not None
    assert math.isfinite(report.log_loss)


def test_without_probabilities_there_is_no_loss() -> None:
    report = _report()
    assert report.log_loss is None
    assert report.top_k_accuracy(2) is None
    assert report.calibration_error is None


def test_reliability_bins_hold_every_track_once() -> None:
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet(np.ones(4), 500)
    probabilities[0] = [1, 0, 0, 0]
    truth = np.array([rng.choice(4, p=p) for p in probabilities])
    bins = Report.from_predictions("abcd", truth, probabilities).reliability
    assert bins is not None
    assert bins.count.sum() == 500
    full = bins.count > 0
    assert (bins.confidence[full] <= bins.edges[1:][full]).all()
    assert (bins.confidence[full] > bins.edges[:-1][full]).all()
    assert bins.calibration_error < 0.06  # drawn from the probabilities themselves


def test_intervals_are_repeatable_and_hold_the_value() -> None:
    report = _report(CONFUSION * 10)
    first, again = report.intervals(), report.intervals()
    assert first.accuracy == again.accuracy
    assert first.macro_f1 != report.intervals(seed=1).macro_f1
    for score in ("accuracy", "balanced_accuracy", "macro_f1"):
        bounds = getattr(first, score)
        assert bounds.low < getattr(report, score) < bounds.high
    assert first.recall.shape == (3, 2)
    assert first.recall[2].tolist() == [1, 1]  # never missed in any resample


def test_interval_width_is_the_binomials() -> None:
    report = Report(classes=("a", "b"), confusion=np.array([[350, 150], [150, 350]]))
    bounds = report.intervals(n_resamples=4000).accuracy
    assert bounds.high - bounds.low == pytest.approx(2 * 1.96 * math.sqrt(0.7 * 0.3 / 1000), 0.08)
    narrow = report.intervals(confidence=0.5).accuracy
    assert narrow.high - narrow.low < bounds.high - bounds.low


@given(st.integers(2, 7), st.integers(1, 60), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_agrees_with_scikit_learn(n_classes: int, n: int, seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    truth = rng.integers(n_classes, size=n)
    estimate = np.where(rng.random(n) < 0.5, truth, rng.integers(n_classes, size=n))
    labels = list(range(n_classes))
    report = Report(
        classes=[f"g{i}" for i in labels],
        confusion=confusion_from_estimates(truth, estimate, n_classes),
    )
    assert (report.confusion == metrics.confusion_matrix(truth, estimate, labels=labels)).all()
    for average, ours in (("macro", report.macro), ("weighted", report.weighted)):
        theirs = metrics.precision_recall_fscore_support(
            truth, estimate, labels=labels, average=average, zero_division=0
        )
        assert [ours.precision, ours.recall, ours.f1] == pytest.approx(list(theirs[:3]))
    each = metrics.precision_recall_fscore_support(truth, estimate, labels=labels, zero_division=0)
    for ours_each, theirs_each in zip(
        (report.precision, report.recall, report.f1, report.support), each, strict=True
    ):
        assert ours_each == pytest.approx(theirs_each)
    assert report.accuracy == pytest.approx(metrics.accuracy_score(truth, estimate))
    supported = report.support > 0
    assert report.balanced_accuracy == pytest.approx(report.recall[supported].mean())


@given(st.integers(2, 6), st.integers(1, 40), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_probability_scores_agree_with_scikit_learn(n_classes: int, n: int, seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    truth, labels = rng.integers(n_classes, size=n), list(range(n_classes))
    probabilities = rng.dirichlet(np.ones(n_classes), n)
    report = Report.from_predictions([f"g{i}" for i in labels], truth, probabilities)
    assert report.log_loss == pytest.approx(metrics.log_loss(truth, probabilities, labels=labels))
    if n_classes > 2:
        theirs = metrics.top_k_accuracy_score(truth, probabilities, k=2, labels=labels)
        assert report.top_k_accuracy(2) == pytest.approx(theirs)


def test_to_dict_survives_json_and_from_dict() -> None:
    report = Report.from_predictions(
        CLASSES, np.array([0, 1, 2, 2]), np.full((4, 3), 1 / 3), name="r", majority="Rock"
    )
    values = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    again = Report.from_dict(values)
    assert again.confusion.tolist() == report.confusion.tolist()
    assert (again.name, again.majority, again.classes) == ("r", "Rock", CLASSES)
    assert values["genres"]["Blues"]["support"] == 1
    assert values["majority_baseline"]["accuracy"] == 0.5


def test_from_dict_refuses_what_does_not_fit() -> None:
    values = _report().to_dict()
    with pytest.raises(DataError, match=r"accuracy is 0.9, but its confusion matrix says 0.75"):
        Report.from_dict({**values, "accuracy": 0.9})
    with pytest.raises(DataError, match="no field 'classes'"):
        Report.from_dict({"accuracy": 1})
    with pytest.raises(DataError, match="accuracy is 'high'"):
        Report.from_dict({**values, "accuracy": "high"})


def test_tables_render_in_every_format() -> None:
    report = _report(name="run-1")
    text = render(report.genre_table(), "text")
    assert text.splitlines() == [
        "Genres: run-1",
        "",
        "genre         precision  recall     f1  support",
        "------------  ---------  ------  -----  -------",
        "Blues             0.857   0.600  0.706       10",
        "Jazz              0.600   0.750  0.667        4",
        "Rock              0.750   1.000  0.857        6",
        "accuracy          0.750   0.750  0.750       20",
        "macro avg         0.736   0.783  0.743       20",
        "weighted avg      0.774   0.750  0.743       20",
    ]
    assert "recall_low_95" in report.genre_table(intervals=True).columns
    assert json.loads(render(report.confusion_table(), "json"))[1] == {
        "truth \\ estimate": "Jazz",
        "Blues": 1,
        "Jazz": 3,
        "Rock": 0,
    }
    summary = {row[0]: row for row in report.summary_table().rows}
    assert summary["accuracy"][1] == 0.75
    assert summary["accuracy"][4] == 0.5
    assert all(render(report.tables(), form) for form in FORMATS)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"confusion": [[1, 2], [3, 4]]}, r"shape \(2, 2\); expected \(3, 3\)"),
        ({"confusion": -CONFUSION}, r"confusion\[0\]\[0\] is -6; expected a count"),
        ({"confusion": CONFUSION + 0.5}, r"confusion\[0\]\[0\] is 6.5; expected a count"),
        ({"confusion": CONFUSION * np.nan}, r"is nan; expected a count"),
        ({"confusion": CONFUSION * 0}, "counts no tracks"),
        ({"confusion": [["a"]]}, "no matrix of numbers"),
        ({"classes": ["Blues"]}, "at least two names"),
        ({"classes": ["Blues", "Jazz", "Blues"]}, "'Blues' stands twice"),
        ({"majority": "Pop"}, "majority is 'Pop'; expected one of Blues, Jazz, Rock"),
        ({"truth": np.zeros(20, int)}, "go together"),
        (
            {"truth": np.zeros(20, int), "probabilities": np.full((20, 3), 1 / 3)},
            "does not count the same tracks",
        ),
    ],
)
def test_faulty_reports_are_refused(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        Report(**{"classes": CLASSES, "confusion": CONFUSION, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("truth", "probabilities", "sentence"),
    [
        ([0, 3], np.full((2, 3), 1 / 3), r"truth\[1\] is 3; expected a class index, 0 to 2"),
        ([0.0, 1.0], np.full((2, 3), 1 / 3), "expected class indices"),
        ([0, 1], np.full((2, 2), 0.5), r"shape \(2, 2\); expected \(2, 3\)"),
        ([0, 1], np.full((2, 3), 0.5), r"probabilities\[0\] are no shares of 1"),
        ([0, 1], np.full((2, 3), np.nan), r"probabilities\[0\] are no shares of 1"),
    ],
)
def test_faulty_predictions_are_refused(
    truth: list[int], probabilities: np.ndarray, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        Report.from_predictions(CLASSES, np.array(truth), probabilities)
