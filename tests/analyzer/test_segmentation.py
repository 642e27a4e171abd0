"""Segments start where sounds do, tile the recording, and stay when it gets quieter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.analyzer import segmentation
from genrelab.analyzer.parts import SEGMENTATION, SHIPPED
from genrelab.analyzer.segmentation import (
    DELAY,
    MIN_SEGMENT,
    STEEP_DB,
    RuleSegmenter,
    Segmenter,
    felt_loudness,
    keep_apart,
    pick_starts,
)
from genrelab.analyzer.spectrum import FRAME_RATE, N_BANDS, SAMPLE_RATE, BandSpectrum, band_spectrum
from genrelab.errors import DataError

LEARNED = Segmenter.load(SHIPPED / SEGMENTATION)
SEGMENTERS = [RuleSegmenter(), LEARNED]
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


def ramp(db_a_second: float, *, n_frames: int = 600) -> BandSpectrum:
    """A sound that fades until the middle and then rises."""
    since = np.arange(n_frames) - n_frames // 2
    level = 40 + np.where(since < 0, -20, db_a_second) * since / FRAME_RATE
    return spectrum_of(np.repeat(level[:, None], N_BANDS, axis=1))


def test_a_rise_starts_a_segment_where_it_is_steep_enough() -> None:
    assert RuleSegmenter().starts(ramp(0.9 * STEEP_DB)).tolist() == [0]
    starts = RuleSegmenter().starts(ramp(1.5 * STEEP_DB))
    assert starts[1] == pytest.approx(300, abs=5)  # at the dip, not where it rises fastest


def test_starts_of_the_million_song_dataset_lie_earlier() -> None:
    spectrum = band_spectrum(tones([0.7, 1.2, 1.6], seconds=3))
    late, early = (RuleSegmenter(dialect=d).starts(spectrum) for d in ("spotify", "msd"))
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


def test_candidates_too_close_to_the_one_before_are_dropped() -> None:
    near, far = MIN_SEGMENT - 1, MIN_SEGMENT
    assert keep_apart([near, far, far + near, 3 * far]).tolist() == [0, far, 3 * far]
    assert keep_apart([]).tolist() == [0]


def test_starts_are_taken_where_likelihood_piles_up() -> None:
    likelihood = np.zeros(400, np.float32)
    likelihood[100] = 0.9  # sure, at one frame
    likelihood[190:211] = 0.2  # sure that there is one, not where
    likelihood[300] = 0.1
    assert pick_starts(likelihood, threshold=0.07).tolist() == [0, 100, 200]


def walk(n_frames: int) -> BandSpectrum:
    """Bands that wander, like music does."""
    steps = np.random.default_rng(7).normal(0, 6, (n_frames, N_BANDS))
    return spectrum_of(np.abs(np.cumsum(steps, axis=0)) % 80)


@pytest.mark.parametrize("chunk", [2, 100, 1024, 1 << 14])
def test_a_recording_in_chunks_is_cut_as_in_one(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    spectrum = walk(1500)
    whole = LEARNED.likelihood(spectrum), LEARNED.starts(spectrum)
    monkeypatch.setattr(segmentation, "CHUNK", chunk)
    np.testing.assert_allclose(LEARNED.likelihood(spectrum), whole[0], atol=1e-5)
    np.testing.assert_array_equal(LEARNED.starts(spectrum), whole[1])


def test_a_frame_knows_nothing_beyond_the_margin() -> None:
    spectrum = walk(1500)
    changed = spectrum.bands.copy()
    changed[: 700 - LEARNED.margin] = 0
    changed[702 + LEARNED.margin :] = 99  # frames 700 and 701 make a step
    same = LEARNED.likelihood(spectrum_of(changed))[700]
    assert same == pytest.approx(LEARNED.likelihood(spectrum)[700], abs=1e-5)


def test_a_likelihood_is_one_and_the_same_every_time() -> None:
    spectrum = walk(5000)
    likelihood = LEARNED.likelihood(spectrum)
    assert likelihood.min() >= 0
    assert likelihood.max() <= 1
    np.testing.assert_array_equal(likelihood, LEARNED.likelihood(spectrum))


def test_a_missing_or_foreign_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        Segmenter.load(tmp_path / "none.onnx")
    text = tmp_path / "text.onnx"
    text.write_text("not a network")
    with pytest.raises(DataError, match=r"text\.onnx: cannot be opened"):
        Segmenter.load(text)
    with pytest.raises(DataError, match="is no segmenter"):
        Segmenter.from_bytes(network_without_properties())


def network_without_properties() -> bytes:
    graph = pytest.importorskip("genrelab.analyzer.fitting.onnx_graphs").Graph(
        "g", inputs={"bands": ("N", "time", N_BANDS)}
    )
    return graph.to_bytes(outputs={"y": (graph.add("Relu", "bands"), ("N", "time", N_BANDS))})
