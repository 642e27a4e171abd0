"""Calibration: temperatures of estimates whose overconfidence is known."""

from __future__ import annotations

import numpy as np
import pytest

from genrelab.judging.calibration import fit_temperature, with_temperature


def drawn(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth that follows the probabilities."""
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), n)
    truth = np.array([rng.choice(4, p=row) for row in probabilities])
    return truth, probabilities


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_temperature_that_distorted_an_estimate_is_found(temperature):
    truth, probabilities = drawn(4000)
    distorted = with_temperature(probabilities, 1 / temperature)
    assert fit_temperature(truth, distorted) == pytest.approx(temperature, rel=0.1)


def test_a_handful_of_right_answers_makes_nobody_sure_of_everything():
    probabilities = np.tile([0.6, 0.2, 0.2], (6, 1))
    temperature = fit_temperature(np.zeros(6, int), probabilities)
    assert 0.4 < temperature < 1
    assert fit_temperature(np.zeros(500, int), np.tile([0.6, 0.2, 0.2], (500, 1))) < 0.3
