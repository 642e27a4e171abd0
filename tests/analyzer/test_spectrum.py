"""Spectrum: tones lie in their bands at their level, and chunks leave no trace."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.analyzer import spectrum as module
from genrelab.analyzer.spectrum import (
    DECAY_DB,
    FRAME_RATE,
    HOP_LENGTH,
    N_BANDS,
    SAMPLE_RATE,
    band_spectrum,
    bark_from_hz,
    power_frames,
)


def _tone(hz: float, seconds: float = 1.0, amplitude: float = 1.0) -> np.ndarray:
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (amplitude * np.sin(2 * np.pi * hz * t)).astype(np.float32)


@pytest.mark.parametrize("hz", [150.0, 440.0, 1000.0, 2900.0, 7000.0])
def test_a_tone_is_loudest_in_its_critical_band(hz: float) -> None:
    found = band_spectrum(_tone(hz)).bands[int(FRAME_RATE / 2)].argmax()
    assert found == int(bark_from_hz(np.array(hz)))


def test_a_tone_spreads_upward_and_farther_since_3_2_2() -> None:
    new, old = (
        band_spectrum(_tone(1000.0), dialect=dialect).bands[80] for dialect in ("spotify", "msd")
    )
    assert new[8] == pytest.approx(old[8], abs=1)
    assert (new[9:] > old[9:]).all()
    # Schroeder's spreading falls by 10 dB a Bark upward, by 25 downward; here half of that.
    assert new[14] - new[18] == pytest.approx(4 * 5, abs=2.5)
    assert new[6] - new[5] == pytest.approx(12, abs=3)


def test_half_the_amplitude_is_6_db_less() -> None:
    loud, soft = (band_spectrum(_tone(1000.0, amplitude=a)).bands[80, 8] for a in (0.8, 0.4))
    assert loud - soft == pytest.approx(20 * np.log10(2), abs=0.01)


def test_silence_lies_at_the_floor() -> None:
    spectrum = band_spectrum(np.zeros(SAMPLE_RATE, np.float32))
    assert spectrum.bands.shape == (SAMPLE_RATE // HOP_LENGTH, N_BANDS)
    assert not spectrum.bands.any()
    assert not spectrum.level.any()


def test_a_tone_that_stops_fades_by_60_db_in_200_ms() -> None:
    samples = _tone(1000.0, 0.5)
    spectrum = band_spectrum(np.concatenate([samples, np.zeros(SAMPLE_RATE, np.float32)]))
    after = spectrum.bands[int(0.52 * FRAME_RATE) : int(0.6 * FRAME_RATE), 8]
    np.testing.assert_allclose(np.diff(after), -DECAY_DB, atol=1e-3)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 3000), st.integers(1, 40))
def test_any_chunk_gives_what_a_plain_loop_gives(n_samples: int, chunk: int) -> None:
    samples = np.random.default_rng(n_samples).normal(0, 0.1, n_samples).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", chunk)
        spectrum = band_spectrum(samples)
    np.testing.assert_allclose(spectrum.bands, _plain_bands(samples), atol=2e-3)
    np.testing.assert_allclose(spectrum.level, spectrum.bands.mean(axis=1), atol=1e-4)


def _plain_bands(samples: np.ndarray) -> np.ndarray:
    window, half = module._window(), module.WINDOW_LENGTH // 2
    padded = np.pad(samples, (half, module.WINDOW_LENGTH + HOP_LENGTH))
    before, rows = np.zeros(N_BANDS), []
    for i in range(max(1, len(samples) // HOP_LENGTH)):
        frame = padded[i * HOP_LENGTH :][: module.WINDOW_LENGTH]
        power = np.abs(np.fft.rfft(frame * window, module.N_FFT)) ** 2
        # The strongest of what reaches a band, nearly: a sum of cubes.
        weights = module._band_weights(module.SPREAD["spotify"]).astype(float)
        level = 10 / 3 * np.log10((power + 1e-3) ** 3 @ weights)
        before = np.maximum(np.maximum(level, 0), before - DECAY_DB)
        rows.append(before)
    return np.array(rows)


def test_frames_beyond_both_ends_are_silent() -> None:
    frames = power_frames(
        np.ones(10, np.float32), np.ones(8, np.float32), n_fft=8, hop_length=8, start=0, stop=4
    )
    # Frame 0 sees samples 0 to 3, frame 1 samples 4 to 9, the others none.
    assert frames[:, 0].tolist() == [16.0, 36.0, 0.0, 0.0]
