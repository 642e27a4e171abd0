"""Fitting rhythm: what was put into made-up choices is found again."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.patterns import plain_segments

from genrelab.analyzer.fitting.rhythm import (
    TempoExamples,
    draw_spectrum,
    fit_downbeats,
    fit_sections,
    fit_tempo,
    tempo_examples,
)
from genrelab.analyzer.spectrum import FRAME_RATE
from genrelab.analyzer.tempo import RATIOS, tempo_grid
from genrelab.analyzer.timbre import TimbreBasis, load_basis
from genrelab.errors import DataError
from genrelab.music.analysis import Analysis, Interval, Section, TrackLevel


@pytest.fixture(scope="module")
def basis() -> TimbreBasis:
    return load_basis()


def made_up(basis: TimbreBasis, *, seed: int = 0) -> Analysis:
    """Two minutes in 4/4 at 120: chords change on downbeats, the sound every 16 s, and silence
    comes before.
    """
    rng = np.random.default_rng(seed)
    starts = 1 + np.arange(0, 120, 0.5)
    beat = np.arange(len(starts))
    timbre = basis.origin() + rng.normal(0, 5, (len(starts), 12))
    timbre[:, 1:] += 60 * rng.normal(size=(8, 11))[beat // 32]
    pitches = np.eye(12)[rng.integers(0, 12, 60)[beat // 4]]
    beats = [Interval(start=s, duration=0.5, confidence=1.0) for s in starts.tolist()]
    bars = [Interval(start=s, duration=2.0, confidence=1.0) for s in starts[::4].tolist()]
    sections = [Section(start=s, duration=16.0, confidence=1.0) for s in starts[::32].tolist()]
    return Analysis(
        segments=plain_segments(starts, 121.0, pitches=pitches, timbre=timbre),
        track=TrackLevel(duration=121.0, tempo=120.0),
        bars=tuple(bars),
        beats=tuple(beats),
        sections=tuple(sections),
        analyzer="made up",
        dialect=basis.dialect,
    )


def test_a_drawn_spectrum_has_the_segments_surfaces(basis: TimbreBasis) -> None:
    analysis = made_up(basis)
    spectrum = draw_spectrum(analysis, basis)
    assert len(spectrum) == pytest.approx(121 * FRAME_RATE, abs=1)
    assert not spectrum.bands[: int(FRAME_RATE) - 1].any()
    surface = np.maximum(basis.surfaces(analysis.segments.timbre[3:4])[0], 0)
    first = round(analysis.segments.start[3] * FRAME_RATE)
    np.testing.assert_allclose(spectrum.bands[first : first + 10], surface[:, :10].T, atol=1e-4)


def test_the_drawn_tempo_is_heard(basis: TimbreBasis) -> None:
    examples = tempo_examples([made_up(basis)], basis)
    at_beat = examples.evidence[0, :, RATIOS.index(1.0)]
    assert at_beat[np.abs(tempo_grid() - 120).argmin()] > 0.8 * at_beat.max()


def test_a_tempo_model_recovers_choices() -> None:
    rng = np.random.default_rng(0)
    evidence = 0.1 * rng.normal(size=(300, len(tempo_grid()), len(RATIOS)))
    chosen = rng.uniform(70, 180, 300)
    octaves = np.log2(tempo_grid() / chosen[:, None])
    evidence[:, :, RATIOS.index(1.0)] += np.exp(-0.5 * (octaves / 0.02) ** 2)
    model = fit_tempo(TempoExamples(evidence=evidence, bpm=chosen))
    assert model.weights[1] > 5 * np.abs(model.weights[[0, 2]]).max()
    right = np.abs(np.log2(model.choose(evidence) / chosen)) < 0.03
    assert right.mean() > 0.8


def test_weights_point_where_bars_and_sections_start(basis: TimbreBasis) -> None:
    analyses = [made_up(basis, seed=seed) for seed in range(3)]
    downbeats = fit_downbeats(analyses, basis)
    assert downbeats[:2].max() > 0.5
    assert fit_sections(analyses).sum() > 0.5


def test_analyses_without_what_is_fitted_are_refused(basis: TimbreBasis) -> None:
    with pytest.raises(DataError, match="no analysis has a tempo"):
        tempo_examples([], basis)
    with pytest.raises(DataError, match="expected one"):
        fit_sections([])
