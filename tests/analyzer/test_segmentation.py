"""Segments start where sounds do, tile the recording, and stay when it gets quieter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.analyzer.segmentation import (
    DELAY,
    MIN_SEGMENT,
    STEEP_DB,
    _far_enough,
    felt_loudness,
    find_segments,
)
from genrelab.analyzer.spectrum import FRAME_RATE, N_BANDS, SAMPLE_RATE, BandSpectrum, band_spectrum


def spectrum_of(bands: np.ndarray) -> BandSpectrum:
    bands = np.asarray(bands, np.float32)
    return BandSpectrum(bands=bands, level=bands.mean(axis=1))


def tones(onsets: list[float], *, seconds: float, gain: float = 0.5) -> np.ndarray:
    """Tones of changing pitch that begin at once and die away within a second."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    samples = np.zeros(len(time))
    for place, onset in enumerate(onsets):
        since = time - onset
        hz = 220 * 2 ** (place % 7 / 4)
        tone = sum(np.sin(2 * np.pi * hz * k * since) / k for k in (1, 2, 3, 4))
        samples += gain * np.where(since >= 0, np.exp(-3 * np.maximum(since, 0)) * tone, 0)
    return (samples / 3).astype(np.float32)


def assert_is_segmentation(starts: np.ndarray, n_frames: int) -> None:
    assert starts.dtype == np.int64
    assert starts[0] == 0
    assert starts[-1] < n_frames
    assert (np.diff(starts) >= MIN_SEGMENT).all()


@pytest.mark.parametrize("n_frames", [1, 2, 3, 9, 10, 11, 40, 700])
@pytest.mark.parametrize("level", [0.0, 37.5])
def test_silence_and_a_steady_sound_are_one_segment(n_frames, level) -> None:
    starts = find_segments(spectrum_of(np.full((n_frames, N_BANDS), level))).starts
    assert starts.tolist() == [0]


def test_every_tone_starts_a_segment_shortly_before_it_is_heard() -> None:
    onsets = [0.7, 1.2, 1.6, 2.4, 2.75, 3.5]
    starts = find_segments(band_spectrum(tones(onsets, seconds=5))).starts / FRAME_RATE
    for onset in onsets:
        ahead = onset - starts
        assert ((ahead > -0.02) & (ahead < 0.09)).sum() == 1, (onset, starts)
    assert len(starts) <= len(onsets) + 3


def test_a_quieter_recording_is_cut_at_the_same_places() -> None:
    onsets = list(np.cumsum(np.random.default_rng(2).uniform(0.2, 0.6, 20)))
    loud, soft = (
        find_segments(band_spectrum(tones(onsets, seconds=10, gain=gain))).starts
        for gain in (0.5, 0.25)
    )
    same = np.abs(loud[:, None] - soft[None]).min(axis=1) <= 2
    assert same.mean() > 0.9


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**16), n_frames=st.integers(1, 900), scale=st.sampled_from([0.1, 5, 60])
)
def test_any_spectrum_is_tiled(seed, n_frames, scale) -> None:
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, scale, (n_frames, N_BANDS))
    bands = np.clip(np.cumsum(steps, axis=0) if seed % 2 else steps, 0, 100)
    starts = find_segments(spectrum_of(bands)).starts
    assert_is_segmentation(starts, n_frames)
    assert len(starts) == 1 or n_frames > MIN_SEGMENT
    np.testing.assert_array_equal(starts, find_segments(spectrum_of(bands)).starts)


def ramp(db_a_second: float, *, n_frames: int = 600) -> BandSpectrum:
    """A sound that fades until the middle and then rises."""
    since = np.arange(n_frames) - n_frames // 2
    level = 40 + np.where(since < 0, -20, db_a_second) * since / FRAME_RATE
    return spectrum_of(np.repeat(level[:, None], N_BANDS, axis=1))


def test_a_rise_starts_a_segment_where_it_is_steep_enough() -> None:
    assert find_segments(ramp(0.9 * STEEP_DB)).starts.tolist() == [0]
    starts = find_segments(ramp(1.5 * STEEP_DB)).starts
    assert starts[1] == pytest.approx(300, abs=5)  # at the dip, not where it rises fastest


def test_starts_of_the_million_song_dataset_lie_earlier() -> None:
    spectrum = band_spectrum(tones([0.7, 1.2, 1.6], seconds=3))
    late, early = (find_segments(spectrum, dialect=d).starts for d in ("spotify", "msd"))
    np.testing.assert_array_equal(late[1:] - early[1:], DELAY["spotify"] - DELAY["msd"])


def test_felt_loudness_is_the_level_where_nothing_changes_and_lags_behind_it() -> None:
    steady = spectrum_of(np.full((50, N_BANDS), 31.4))
    np.testing.assert_array_equal(felt_loudness(steady), steady.level)
    step = spectrum_of(np.repeat([[0.0], [30.0]], 25, axis=0) * np.ones(N_BANDS))
    felt = felt_loudness(step)
    assert (felt[:25] == 0).all()
    assert (np.diff(felt[25:]) >= -1e-5).all()
    assert 0 < felt[25] < 15
    assert felt[40] == pytest.approx(30)


def test_starts_too_close_to_the_one_before_are_dropped() -> None:
    near, far = MIN_SEGMENT - 1, MIN_SEGMENT
    assert _far_enough(np.array([near, far, far + near, 3 * far])) == [1, 3]
    assert _far_enough(np.array([far, far, 2 * far])) == [1, 2]  # the later rise from one dip
    assert _far_enough(np.array([], np.int64)) == []


def test_the_steeper_the_rise_the_surer() -> None:
    confidences = [find_segments(ramp(STEEP_DB * k)).confidence for k in (1.2, 2, 4, 8, 20)]
    assert all(confidence[0] == 0 for confidence in confidences)
    second = [float(confidence[1]) for confidence in confidences]
    assert second == sorted(second)
    assert 0 < second[0] < 0.2
    assert second[-1] == 1
