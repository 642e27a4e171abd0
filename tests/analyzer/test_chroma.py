"""A segment's pitches: known tones and chords, silence, and agreement with the originals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.analyzer.chroma import segment_pitches
from genrelab.analyzer.fitting.pairs import load_pairs
from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.music.segments import PITCH_CLASSES, Float32


def make_tones(
    *notes: float, seconds: float = 1.0, harmonics: int = 1, rate: int = SAMPLE_RATE
) -> Float32:
    """Sound MIDI notes together, each with harmonics of falling strength."""
    t = np.arange(int(seconds * rate)) / rate
    hz = [440 * 2 ** ((note - 69) / 12) for note in notes]
    tones = [np.sin(2 * np.pi * f * k * t) / k for f in hz for k in range(1, harmonics + 1)]
    return np.asarray(0.5 * np.sum(tones, axis=0) / len(notes), np.float32)


def pitches_of(samples: Float32, seconds: float | None = None) -> Float32:
    end = len(samples) / SAMPLE_RATE if seconds is None else seconds
    return np.asarray(segment_pitches(samples, np.zeros(1), np.array([end]))[0], np.float32)


@pytest.mark.parametrize("pitch_class", range(12))
@pytest.mark.parametrize("seconds", [0.06, 0.12, 0.25, 0.6, 2.0])
def test_a_sine_is_its_pitch_class_however_short(pitch_class: int, seconds: float) -> None:
    pitches = pitches_of(make_tones(72 + pitch_class, seconds=seconds))
    assert pitches.argmax() == pitch_class
    assert np.delete(pitches, pitch_class).max() < 0.75  # a short tone smears


@pytest.mark.parametrize("cents", [-40, 40])
def test_a_detuned_tone_is_still_its_pitch_class(cents: int) -> None:
    assert pitches_of(make_tones(60 + cents / 100, harmonics=5)).argmax() == 0


@pytest.mark.parametrize("octave", range(2, 8))
def test_octaves_are_one_class(octave: int) -> None:
    note = 12 * (octave + 1) + PITCH_CLASSES.index("F")
    assert PITCH_CLASSES[pitches_of(make_tones(note)).argmax()] == "F"


def test_a_chord_shows_its_three_notes() -> None:
    pitches = pitches_of(make_tones(57, 60, 64, harmonics=4))  # A minor
    assert {PITCH_CLASSES[i] for i in np.argsort(pitches)[-3:]} == {"A", "C", "E"}


def test_transposing_turns_the_classes() -> None:
    low = pitches_of(make_tones(60, 64, 67, harmonics=3))
    high = pitches_of(make_tones(63, 67, 70, harmonics=3))
    np.testing.assert_allclose(np.roll(low, 3), high, atol=0.05)


def test_louder_changes_nothing() -> None:
    tones = make_tones(50, 60, 65, harmonics=6)
    quiet = np.asarray(tones / 100, np.float32)
    np.testing.assert_allclose(pitches_of(tones), pitches_of(quiet), atol=1e-4)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_the_rate_of_the_file_does_not_matter(rate: int) -> None:
    notes = (48.2, 60, 64.1, 67)
    heard = soxr.resample(make_tones(*notes, harmonics=6, rate=rate), rate, SAMPLE_RATE)
    expected = pitches_of(make_tones(*notes, harmonics=6))
    np.testing.assert_allclose(pitches_of(heard), expected, atol=0.01)


def test_segments_do_not_see_each_other() -> None:
    samples = np.concatenate([make_tones(60, seconds=0.3), make_tones(66, seconds=0.5)])
    pitches = segment_pitches(samples, np.array([0, 0.3]), np.array([0.3, 0.8]))
    assert pitches.argmax(axis=1).tolist() == [0, 6]
    alone = pitches_of(make_tones(66, seconds=0.5))
    np.testing.assert_allclose(pitches[1], alone, atol=1e-3)


def test_silence_is_all_ones() -> None:
    assert (pitches_of(np.zeros(4096, np.float32)) == 1).all()


@pytest.mark.parametrize("n", [0, 1, 2, 440])
def test_hardly_any_samples_give_valid_pitches(n: int) -> None:
    pitches = segment_pitches(np.full(n, 0.5, np.float32), np.zeros(2), np.array([0.0, 1.0]))
    assert (pitches.max(axis=1) == 1).all()
    assert (pitches >= 0).all()


def test_no_segments_give_no_pitches() -> None:
    none = np.zeros(0)
    assert segment_pitches(np.zeros(100, np.float32), none, none).shape == (0, 12)


def test_a_very_long_segment_is_judged_by_its_start() -> None:
    tone = make_tones(62, seconds=30)
    assert pitches_of(tone).argmax() == 2
    np.testing.assert_array_equal(pitches_of(tone), pitches_of(tone[: 20 * SAMPLE_RATE]))


@given(
    seed=st.integers(0, 2**32 - 1),
    lengths=st.lists(st.integers(0, 9000), min_size=1, max_size=12),
    gain=st.sampled_from([1e-7, 1e-3, 1.0, 100.0]),
)
@settings(max_examples=40, deadline=None)
def test_pitches_are_always_valid(seed: int, lengths: list[int], gain: float) -> None:
    edges = np.cumsum([0, *lengths]) / SAMPLE_RATE
    samples = np.random.default_rng(seed).normal(0, gain, sum(lengths)).astype(np.float32)
    pitches = segment_pitches(samples, edges[:-1], edges[1:])
    assert pitches.shape == (len(lengths), 12)
    assert ((pitches >= 0) & (pitches <= 1)).all()
    assert (pitches.max(axis=1) == 1).all()


def test_pitches_are_the_originals(data_dir: Path) -> None:
    for pair in load_pairs(data_dir / "pairs", names=["gymnopedie", "twit_journalist"]):
        compared = pair.compared
        ours = segment_pitches(pair.samples, pair.starts[compared], pair.ends[compared])
        theirs = pair.original.segments.pitches[compared]
        assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.99
        assert (ours.argmax(axis=1) == theirs.argmax(axis=1)).mean() > 0.95
