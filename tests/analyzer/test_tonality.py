"""Tonality: the key of cadences whose key is known, in and out of tune."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from tests.analyzer.patterns import MAJOR, MINOR, chords

from genrelab.analyzer.audio import read_recording
from genrelab.analyzer.pitch import N_BINS, PitchSpectrum, pitch_spectrum
from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.analyzer.tonality import (
    CHROMA_RATE,
    NO_TONALITY,
    find_tonality,
    key_correlations,
    tonal_chroma,
)


@pytest.mark.parametrize("tonic", range(0, 12, 2))
@pytest.mark.parametrize("mode", [0, 1])
def test_a_cadence_tells_its_key(tonic: int, mode: int) -> None:
    pattern = chords(tonic, MAJOR if mode else MINOR)
    tonality = find_tonality(tonal_chroma(pitch_spectrum(pattern.samples)))
    assert (tonality.key, tonality.mode) == (tonic, mode)
    assert 0 < tonality.key_confidence <= 1 and 0 < tonality.mode_confidence <= 1


@pytest.mark.parametrize("cents", [-40, 30])
def test_tuning_does_not_matter(cents: int) -> None:
    samples = chords(7, MAJOR).samples
    times = np.arange(int(len(samples) / 1.03)) * 2 ** (cents / 1200)
    retuned = np.interp(times, np.arange(len(samples)), samples).astype(np.float32)
    tonality = find_tonality(tonal_chroma(pitch_spectrum(retuned)))
    assert (tonality.key, tonality.mode) == (7, 1)


def test_loudness_does_not_matter() -> None:
    samples = chords(4, MINOR).samples
    loud = tonal_chroma(pitch_spectrum(samples))
    quiet = tonal_chroma(pitch_spectrum(samples * np.float32(0.1)))
    assert find_tonality(loud) == pytest.approx(find_tonality(loud))
    assert (find_tonality(quiet).key, find_tonality(quiet).mode) == (4, 0)
    assert loud.max() <= 1 and loud.min() >= 0


def test_a_stretch_has_a_key_of_its_own() -> None:
    first, second = chords(0, MAJOR).samples, chords(6, MAJOR).samples
    chroma = tonal_chroma(pitch_spectrum(np.concatenate([first, second])))
    middle = len(first) / SAMPLE_RATE
    assert find_tonality(chroma, end=middle).key == 0
    assert find_tonality(chroma, start=middle).key == 6
    assert find_tonality(chroma, start=1e6) is not None
    assert len(chroma) == pytest.approx(2 * middle * CHROMA_RATE, abs=2)


@pytest.mark.parametrize("frames", [1, 3, 100])
def test_silence_has_no_key(frames: int) -> None:
    silence = PitchSpectrum(values=np.zeros((frames, N_BINS), np.float32))
    assert find_tonality(tonal_chroma(silence)) == NO_TONALITY


def test_noise_is_less_sure_than_a_cadence() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 20 * SAMPLE_RATE).astype(np.float32)
    of_noise = find_tonality(tonal_chroma(pitch_spectrum(noise)))
    of_music = find_tonality(tonal_chroma(pitch_spectrum(chords(0, MAJOR).samples)))
    assert of_noise.key_confidence < of_music.key_confidence


def test_keys_turn_with_the_pitches() -> None:
    strengths = np.random.default_rng(0).random(12)
    turned = key_correlations(np.roll(strengths, 3))
    np.testing.assert_allclose(turned, np.roll(key_correlations(strengths), 3, axis=1))
    assert np.abs(turned).max() <= 1


def test_keys_of_real_clips(data_dir: Path) -> None:
    """librosa's chroma_stft with Krumhansl's profile names .39 of these keys."""
    with (data_dir / "gtzan" / "keys.csv").open(newline="") as file:
        labels = {row["clip"]: int(row["key"]) for row in csv.DictReader(file)}
    right = []
    for clip in sorted((data_dir / "audio" / "gtzan_mini").glob("*/*")):
        label = labels.get(clip.stem, -1)
        if label >= 0:
            tonality = find_tonality(tonal_chroma(pitch_spectrum(read_recording(clip).samples)))
            right.append((tonality.key, tonality.mode) == ((label + 9) % 12, int(label < 12)))
    assert len(right) >= 50
    assert np.mean(right) > 0.52
