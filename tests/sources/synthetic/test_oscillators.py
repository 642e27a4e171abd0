"""Oscillators: against the formulas they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.sources.synthetic.oscillators import (
    TABLE_SIZE,
    attack,
    decay,
    harmonics,
    noise,
    oscillate,
    ring,
    vibrato,
    waveform,
)

SR = 22_050


@given(
    n=st.integers(1, 5000),
    hz=st.lists(st.floats(20, 9900), min_size=1, max_size=4),
    life=st.floats(0.01, 5),
)
def test_a_ring_is_a_sum_of_damped_sines(n, hz, life):
    time = np.arange(n) / SR
    expected = sum(0.5 * np.exp(-time / life) * np.sin(2 * np.pi * f * time) for f in hz)
    np.testing.assert_allclose(ring(hz, 0.5, life, n, SR), expected, atol=1e-8)


def test_partials_too_high_for_the_rate_are_left_out():
    np.testing.assert_array_equal(ring([440, 15_000], 1, 1, 500, SR), ring(440, 1, 1, 500, SR))
    np.testing.assert_array_equal(ring(15_000, 1, 1, 500, SR), np.zeros(500))
    assert harmonics(3000, SR).tolist() == [1, 2, 3]
    assert harmonics(12_000, SR).tolist() == [1]


def test_a_waveform_holds_the_harmonics_that_it_is_made_of():
    phase = 2 * np.pi * np.arange(TABLE_SIZE) / TABLE_SIZE
    expected = 0.7 * np.sin(phase) + 0.2 * np.sin(3 * phase)
    np.testing.assert_allclose(waveform([0.7, 0, 0.2]), expected, atol=1e-12)


@given(hz=st.floats(20, 2000), n=st.integers(1, 3000))
def test_an_oscillator_at_one_pitch_is_a_sine(hz, n):
    expected = np.sin(2 * np.pi * hz * np.arange(n) / SR)
    np.testing.assert_allclose(oscillate(waveform([1.0]), hz, n, SR), expected, atol=1e-4)


def test_vibrato_sways_by_its_depth_and_begins_late():
    sway = vibrato(SR, SR, rate=5, depth=0.01, delay=0.2)
    assert sway.max() == pytest.approx(1.01, abs=1e-5)
    assert sway.min() == pytest.approx(0.99, abs=1e-5)
    assert np.abs(sway[: SR // 50] - 1).max() < 0.0011


def test_envelopes_rise_and_fall_in_the_time_they_say():
    rise = attack(1000, 1000, 0.1)
    assert (rise[0], rise[50], rise[100]) == pytest.approx((0, 0.5, 1))
    assert attack(5, 1000, 0.1)[-1] < 1  # cut off, not squeezed beyond its end
    assert decay(1000, 1000, 0.1)[100] == pytest.approx(np.exp(-1))


def test_noise_keeps_to_its_band():
    sound = noise(SR, SR, 1000, 3000, np.random.default_rng(0))
    hz, power = np.fft.rfftfreq(SR, 1 / SR), np.abs(np.fft.rfft(sound)) ** 2
    assert np.sqrt(np.mean(sound**2)) == pytest.approx(1)
    assert power[(hz > 700) & (hz < 4300)].sum() / power.sum() > 0.9


def test_noise_beyond_the_rate_is_as_high_as_can_be():
    sound = noise(4000, 16_000, 9000, 20_000, np.random.default_rng(0))
    assert np.isfinite(sound).all()
    assert np.sqrt(np.mean(sound**2)) == pytest.approx(1)
