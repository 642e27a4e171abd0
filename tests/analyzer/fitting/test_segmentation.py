"""A small network learns to cut where the original did, and its file says the same as Keras."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genrelab.analyzer.fitting.keras_backend import seed_keras
from genrelab.analyzer.fitting.pairs import Pair
from genrelab.analyzer.fitting.segmentation import (
    SegmenterSettings,
    build_network,
    choose_threshold,
    export_segmenter,
    fit_segmenter,
    layers_of,
    margin_of,
)
from genrelab.analyzer.fitting.segmentation_crops import draw_crops, example_of, nearness
from genrelab.analyzer.segmentation import Segmenter
from genrelab.analyzer.spectrum import FRAME_RATE, N_BANDS, SAMPLE_RATE, BandSpectrum, band_spectrum
from genrelab.errors import DataError
from genrelab.music.analysis import Analysis
from genrelab.music.segments import Segments

TINY = SegmenterSettings(
    channels=8,
    dilations=(1, 2),
    steps=100,
    n_crops=4,
    n_frames=256,
    learning_rate=0.01,
    averaging=0.9,
)


def synthetic_pair(name: str, seed: int, seconds: float = 12.0) -> Pair:
    """Noise bursts that die away; the original's segments start where they do."""
    rng = np.random.default_rng(seed)
    onsets = np.concatenate([[0.0], np.cumsum(rng.uniform(0.15, 0.5, 200))])
    onsets = onsets[onsets < seconds - 0.2]
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    since = time - onsets[np.searchsorted(onsets, time, "right") - 1]
    samples = (0.3 * np.exp(-9 * since) * rng.standard_normal(len(time))).astype(np.float32)
    n = len(onsets)
    segments = Segments(
        start=onsets,
        duration=np.diff(onsets, append=seconds),
        confidence=np.ones(n),
        loudness_start=np.full(n, -40.0),
        loudness_max=np.full(n, -10.0),
        loudness_max_time=np.full(n, 0.01),
        loudness_end=np.full(n, np.nan),
        pitches=np.ones((n, 12)),
        timbre=np.zeros((n, 12)),
    )
    return Pair(
        name=name,
        original=Analysis(analyzer="test", dialect="spotify", segments=segments),
        knots=np.array([[0.0, 0.0], [seconds, seconds]]),
        samples=samples,
        duration=seconds,
    )


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return [synthetic_pair("a", 1), synthetic_pair("b", 2)]


def test_nearness_is_a_bell_around_each_start() -> None:
    near = nearness(np.array([10.0, 20.5]), np.arange(30.0))
    assert near.argmax() == 10
    assert near[10] == 1
    assert near[20] == near[21] < 1
    assert near[15] < 0.05
    assert not nearness(np.array([]), np.arange(5.0)).any()


def test_a_pair_is_heard_as_its_dialect_hears(pairs: list[Pair]) -> None:
    spotify = example_of(pairs[0]).bands
    msd = replace(pairs[0], original=replace(pairs[0].original, dialect="msd"))
    expected = band_spectrum(pairs[0].samples, dialect="msd").bands
    np.testing.assert_array_equal(example_of(msd).bands[1:-1], expected)
    assert not np.array_equal(spotify[1:-1], expected)


def test_crops_hold_what_they_say(pairs: list[Pair]) -> None:
    examples = [example_of(pair) for pair in pairs]
    draw = [
        draw_crops(examples, np.random.default_rng(5), n_crops=6, n_frames=100, margin=7)
        for _ in range(2)
    ]
    assert draw[0].bands.shape == (6, 114, N_BANDS)
    assert draw[0].target.shape == draw[0].weight.shape == (6, 100)
    assert (draw[0].bands >= 0).all()
    assert set(np.unique(draw[0].weight)) <= {0.0, 1.0}
    np.testing.assert_array_equal(draw[0].bands, draw[1].bands)


def test_crops_know_where_the_shared_stretch_ends(pairs: list[Pair]) -> None:
    example = example_of(pairs[0])
    crops = draw_crops([example], np.random.default_rng(0), n_crops=40, n_frames=1500, margin=4)
    silent = (crops.bands[:, 4:-4] == 0).all(axis=2)
    assert silent.any()
    assert not crops.weight[silent].any()


@pytest.fixture(scope="module")
def fitted(pairs: list[Pair], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fitted") / "segmentation.onnx"
    told: list[int] = []

    def progress(stage: str, done: int, total: int | None) -> None:
        told.append(done)

    fit_segmenter(pairs, settings=TINY, progress=progress).write(path)
    assert told == list(range(1, TINY.members * TINY.steps + 1))
    return path


def test_a_fitted_segmenter_cuts_an_unseen_recording_where_it_should(fitted: Path) -> None:
    unseen = synthetic_pair("c", 3)
    starts = Segmenter.load(fitted).starts(band_spectrum(unseen.samples)) / FRAME_RATE
    distance = np.abs(unseen.starts[:, None] - starts[None]).min(axis=1)
    assert (distance < 0.05).mean() > 0.9
    assert len(starts) == pytest.approx(len(unseen.starts), rel=0.15)


def test_the_threshold_gives_as_many_segments_as_the_original(
    fitted: Path, pairs: list[Pair]
) -> None:
    segmenter = Segmenter.load(fitted)
    examples = [example_of(pair) for pair in pairs]
    assert choose_threshold(segmenter, examples) == pytest.approx(segmenter.threshold, abs=1e-3)


def test_the_same_seed_gives_the_same_file(pairs: list[Pair]) -> None:
    settings = SegmenterSettings(
        members=2, channels=4, dilations=(1,), steps=3, n_crops=2, n_frames=64
    )
    first, second = (fit_segmenter(pairs, settings=settings).content for _ in range(2))
    assert first == second
    assert first != fit_segmenter(pairs, settings=settings, seed=1).content


def test_the_file_says_the_mean_of_what_its_members_say() -> None:
    keras = seed_keras(0)
    members = [build_network(keras, TINY) for _ in range(3)]
    content = export_segmenter([layers_of(member) for member in members], TINY, threshold=0.5)
    segmenter = Segmenter.from_bytes(content)
    assert segmenter.margin == margin_of(TINY)
    assert segmenter.threshold == 0.5
    bands = np.random.default_rng(0).uniform(0, 90, (500, N_BANDS)).astype(np.float32)
    padded = np.pad(bands, ((segmenter.margin, segmenter.margin), (0, 0)))[None]
    logits = [np.asarray(member(padded, training=False)).reshape(-1) for member in members]
    expected = np.mean([1 / (1 + np.exp(-said)) for said in logits], axis=0)
    found = segmenter.likelihood(BandSpectrum(bands=bands, level=bands.mean(axis=1)))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_no_pairs_is_an_error() -> None:
    with pytest.raises(DataError, match="at least one"):
        fit_segmenter([])
