"""Calibration: a known temperature is found again, abstention keeps what it promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.judging.calibration import (
    FEWEST_ANSWERS,
    abstention_curve,
    fit_temperature,
    log_loss,
    reliability,
    with_temperature,
)


def _drawn(n: int, seed: int, spread: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Draw truths from the very probabilities that are given: calibrated by construction."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, spread, (n, 4))
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    truth = (rng.random(n)[:, None] > np.cumsum(probabilities, axis=1)).sum(axis=1)
    return truth.astype(np.int64), probabilities


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_a_temperature_is_found_again(temperature: float) -> None:
    truth, calibrated = _drawn(20_000, 0)
    told = with_temperature(calibrated, 1 / temperature)
    found = fit_temperature(truth, told)
    assert found == pytest.approx(temperature, rel=0.05)
    mended = with_temperature(told, found)
    assert log_loss(truth, mended) <= log_loss(truth, told)
    assert reliability(truth, mended).calibration_error < 0.02


@given(st.integers(0, 1000), st.floats(0.05, 20))
@settings(max_examples=50, deadline=None)
def test_a_temperature_keeps_sums_and_order(seed: int, temperature: float) -> None:
    _, probabilities = _drawn(5, seed, spread=4)
    changed = with_temperature(probabilities, temperature)
    assert np.allclose(changed.sum(axis=1), 1)
    assert (changed.argmax(axis=1) == probabilities.argmax(axis=1)).all()
    if temperature >= 0.5:  # below, small probabilities become too small to be told from 0
        assert np.allclose(with_temperature(changed, 1 / temperature), probabilities, atol=1e-6)


def test_one_is_the_temperature_that_changes_nothing() -> None:
    _, probabilities = _drawn(5, 0)
    assert with_temperature(probabilities, 1.0) is probabilities


def test_a_probability_of_zero_does_no_harm() -> None:
    probabilities = np.array([[1.0, 0.0], [0.5, 0.5]])
    assert np.isfinite(with_temperature(probabilities, 3.0)).all()
    assert np.isfinite(fit_temperature(np.array([1, 0]), probabilities))


@given(st.integers(10, 300), st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_thresholds_keep_their_precision_and_answer_as_much_as_possible(n: int, seed: int) -> None:
    truth, probabilities = _drawn(n, seed)
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    curve = abstention_curve(truth, probabilities)
    for one in curve:
        answered = confidence >= one.threshold
        assert answered.sum() == one.n >= FEWEST_ANSWERS
        assert one.coverage == pytest.approx(answered.mean())
        assert right[answered].mean() >= one.precision
        assert confidence[answered].mean() >= one.precision
    assert [one.precision for one in curve] == sorted(one.precision for one in curve)
    assert [one.threshold for one in curve] == sorted(one.threshold for one in curve)


def test_a_precision_holds_on_other_tracks() -> None:
    """On average over many small collections, where the luckiest threshold would fall short."""
    for wanted in (0.7, 0.8, 0.9):
        right = answered = 0
        for seed in range(150):
            curve = abstention_curve(*_drawn(100, seed))
            truth, probabilities = _drawn(400, 1000 + seed)
            for one in curve:
                if one.precision == wanted:
                    kept = probabilities.max(axis=1) >= one.threshold
                    right += (probabilities.argmax(axis=1) == truth)[kept].sum()
                    answered += kept.sum()
        assert wanted <= right / answered < wanted + 0.05


def test_a_threshold_is_no_higher_than_it_has_to_be() -> None:
    """A tenth of the tracks is doubtful and wrong half the time; the others are right."""
    probabilities = np.repeat([[0.95, 0.05], [0.5, 0.5]], [900, 100], axis=0)
    probabilities[900:, 0] += 1e-3 * np.arange(100) / 100
    truth = np.repeat([0, 0, 1], [900, 50, 50])
    curve = {one.precision: one for one in abstention_curve(truth, probabilities)}
    assert curve[0.9].coverage == 1.0 and 0.99 not in curve  # the probabilities promise .95
    assert curve[0.95].coverage == pytest.approx(0.9)


def test_too_few_tracks_promise_nothing() -> None:
    truth, probabilities = _drawn(FEWEST_ANSWERS - 1, 0)
    assert abstention_curve(truth, probabilities) == []


def test_a_handful_of_right_answers_makes_nobody_sure_of_everything() -> None:
    probabilities = np.array([[0.6, 0.2, 0.2]])
    few, many = (
        fit_temperature(np.zeros(n, np.int64), probabilities.repeat(n, axis=0)) for n in (6, 500)
    )
    assert 0.4 < few < 1
    assert many < 0.3
