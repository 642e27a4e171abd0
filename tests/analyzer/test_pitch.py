"""The pitch spectrum and the tuning, on tones of known pitch."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from genrelab.analyzer.pitch import (
    FRAME_RATE,
    N_BINS,
    PitchSpectrum,
    estimate_tuning,
    midi_of_bins,
    pitch_spectrum,
)
from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.music.segments import Float32

CHORDS = [48, 55, 60, 64, 67, 72, 76]  # C major


def make_tones(
    notes: list[float], *, seconds: float = 2.0, harmonics: int = 1, rate: int = SAMPLE_RATE
) -> Float32:
    t = np.arange(int(seconds * rate)) / rate
    hz = [440 * 2 ** ((note - 69) / 12) for note in notes]
    tones = [np.sin(2 * np.pi * f * k * t) / k for f in hz for k in range(1, harmonics + 1)]
    return np.asarray(np.sum(tones, axis=0), np.float32)


@pytest.mark.parametrize("note", [30, 36, 45, 57, 60, 69.3333, 81, 93, 98])
def test_a_sine_of_amplitude_one_is_one_in_its_bin(note: float) -> None:
    middle = pitch_spectrum(make_tones([note])).values[len(make_tones([note])) // 2048]
    assert abs(midi_of_bins()[middle.argmax()] - note) < 0.01
    assert middle.max() == pytest.approx(1, abs=0.01)
    far = np.abs(midi_of_bins() - note) > 6
    assert middle[far].max() < 0.05


def test_frames_lie_where_they_say() -> None:
    samples = np.zeros(4 * SAMPLE_RATE, np.float32)
    samples[2 * SAMPLE_RATE : 3 * SAMPLE_RATE] = make_tones([69], seconds=1)
    energy = pitch_spectrum(samples).values.sum(axis=1)
    center = (energy * np.arange(len(energy))).sum() / energy.sum() / FRAME_RATE
    assert center == pytest.approx(2.5, abs=0.01)


@pytest.mark.parametrize("tuning", [-0.45, -0.3, -0.1, 0.0, 0.2, 0.4])
def test_tuning_is_found(tuning: float) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * SAMPLE_RATE)
    sound = make_tones([note + tuning for note in CHORDS], harmonics=4) + noise
    assert estimate_tuning(pitch_spectrum(sound.astype(np.float32))) == pytest.approx(
        tuning, abs=0.04
    )


def test_tuning_does_not_depend_on_the_level() -> None:
    spectrum = pitch_spectrum(make_tones([note + 0.2 for note in CHORDS], harmonics=3))
    quiet = PitchSpectrum(values=np.asarray(spectrum.values * 1e-4, np.float32))
    assert estimate_tuning(quiet) == pytest.approx(estimate_tuning(spectrum), abs=1e-4)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_the_rate_of_the_file_does_not_matter(rate: int) -> None:
    heard = soxr.resample(make_tones([45, 60.2, 64], harmonics=5, rate=rate), rate, SAMPLE_RATE)
    expected = pitch_spectrum(make_tones([45, 60.2, 64], harmonics=5)).values
    np.testing.assert_allclose(
        pitch_spectrum(heard).values[2 : len(expected) - 2], expected[2:-2], atol=0.01
    )


@pytest.mark.parametrize("n", [0, 1, 5, 440, 4096])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_hardly_any_sound_gives_a_valid_spectrum(n: int, value: float) -> None:
    spectrum = pitch_spectrum(np.full(n, value, np.float32))
    assert len(spectrum) >= 1
    assert spectrum.values.shape[1] == N_BINS
    assert np.isfinite(spectrum.values).all()
    assert (spectrum.values >= 0).all()
    assert -0.5 <= estimate_tuning(spectrum) < 0.5


def test_silence_is_in_tune() -> None:
    assert estimate_tuning(pitch_spectrum(np.zeros(SAMPLE_RATE, np.float32))) == 0
