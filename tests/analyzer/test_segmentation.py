"""Segments start where sounds do, tile the recording, and stay when it gets quieter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.analyzer.segmentation import MIN_SEGMENT, RuleSegmenter, keep_apart
from genrelab.analyzer.spectrum import FRAME_RATE, N_BANDS, SAMPLE_RATE, BandSpectrum, band_spectrum

SEGMENTERS = [RuleSegmenter()]
each_segmenter = pytest.mark.parametrize("segmenter", SEGMENTERS, ids=lambda s: type(s).__name__)


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


@each_segmenter
@pytest.mark.parametrize("n_frames", [1, 2, 3, 9, 10, 11, 40, 700])
@pytest.mark.parametrize("level", [0.0, 37.5])
def test_silence_and_a_steady_sound_are_one_segment(segmenter, n_frames, level) -> None:
    starts = segmenter.starts(spectrum_of(np.full((n_frames, N_BANDS), level)))
    assert starts.tolist() == [0]


@each_segmenter
def test_every_tone_starts_a_segment_shortly_before_it_is_heard(segmenter) -> None:
    onsets = [0.7, 1.2, 1.6, 2.4, 2.75, 3.5]
    starts = segmenter.starts(band_spectrum(tones(onsets, seconds=5))) / FRAME_RATE
    for onset in onsets:
        ahead = onset - starts
        assert ((ahead > -0.02) & (ahead < 0.09)).sum() == 1, (onset, starts)
    assert len(starts) <= len(onsets) + 3


@each_segmenter
def test_a_quieter_recording_is_cut_at_the_same_places(segmenter) -> None:
    onsets = list(np.cumsum(np.random.default_rng(2).uniform(0.2, 0.6, 20)))
    loud, soft = (
        segmenter.starts(band_spectrum(tones(onsets, seconds=10, gain=gain)))
        for gain in (0.5, 0.25)
    )
    same = np.abs(loud[:, None] - soft[None]).min(axis=1) <= 2
    assert same.mean() > 0.9


@each_segmenter
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**16), n_frames=st.integers(1, 900), scale=st.sampled_from([0.1, 5, 60])
)
def test_any_spectrum_is_tiled(segmenter, seed, n_frames, scale) -> None:
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, scale, (n_frames, N_BANDS))
    bands = np.clip(np.cumsum(steps, axis=0) if seed % 2 else steps, 0, 100)
    starts = segmenter.starts(spectrum_of(bands))
    assert_is_segmentation(starts, n_frames)
    assert len(starts) == 1 or n_frames > MIN_SEGMENT
    np.testing.assert_array_equal(starts, segmenter.starts(spectrum_of(bands)))


def test_candidates_too_close_to_the_one_before_are_dropped() -> None:
    near, far = MIN_SEGMENT - 1, MIN_SEGMENT
    assert keep_apart([near, far, far + near, 3 * far]).tolist() == [0, far, 3 * far]
    assert keep_apart([]).tolist() == [0]
