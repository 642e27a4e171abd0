"""Loudness: known levels, rises and fades come out as they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.analyzer.loudness import (
    LEVEL_DB,
    find_fades,
    segment_loudness,
    track_loudness,
)
from genrelab.analyzer.spectrum import FRAME_RATE, BandSpectrum
from genrelab.music.segments import Segments


def spectrum_of_level(level: np.ndarray) -> BandSpectrum:
    level = np.asarray(level, np.float32)
    return BandSpectrum(bands=np.tile(level[:, None], (1, 23)), level=level)


def segments_of(starts: np.ndarray, durations: np.ndarray, peaks: np.ndarray) -> Segments:
    n = len(starts)
    return Segments(
        start=starts, duration=durations, confidence=np.zeros(n),
        loudness_start=peaks, loudness_max=peaks, loudness_max_time=np.zeros(n),
        loudness_end=peaks, pitches=np.zeros((n, 12)), timbre=np.zeros((n, 12)),
    )  # fmt: skip


def test_peaks_and_starts_of_known_segments() -> None:
    level = np.full(60, 20.0)
    level[15], level[40], level[45] = 50, 60, 60
    found = segment_loudness(spectrum_of_level(level), np.array([0, 10, 35]))
    np.testing.assert_allclose(found.start, 20 + LEVEL_DB, atol=1e-4)
    np.testing.assert_allclose(found.maximum, np.array([20, 50, 60]) + LEVEL_DB, atol=1e-4)
    # Of equal peaks the first counts.
    np.testing.assert_allclose(found.maximum_time, np.array([0, 5, 5]) / FRAME_RATE, atol=1e-6)
    np.testing.assert_allclose(found.end, 20 + LEVEL_DB, atol=1e-4)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 90, width=32), min_size=1, max_size=80), st.integers(0, 999))
def test_any_level_gives_loudness_in_its_range(level: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    starts = np.unique(np.append(0, rng.integers(0, len(level), 5)))
    found = segment_loudness(spectrum_of_level(np.array(level)), starts)
    ends = np.append(starts[1:], len(level))
    assert (found.start >= -60).all() and (found.end >= -60).all()
    assert (found.start <= found.maximum).all()
    assert (found.maximum_time >= 0).all()
    assert (found.maximum_time < (ends - starts) / FRAME_RATE).all()


def test_a_steady_track_is_as_loud_as_its_segments() -> None:
    steady = segments_of(np.arange(10.0), np.ones(10), np.full(10, -12.0))
    assert track_loudness(steady) == pytest.approx(-12, abs=1)
    # A second of three at -6 and two at -60: 10 log10(1 / 3) below.
    loud = segments_of(np.array([0.0, 1.0]), np.array([1.0, 2.0]), np.array([-6.0, -60.0]))
    assert track_loudness(loud) == pytest.approx(track_loudness(steady) + 6 - 4.77, abs=0.01)


def test_fades_are_found_where_they_are() -> None:
    starts = np.arange(0, 60, 0.5)
    peaks = np.full(120, -8.0)
    peaks[starts < 2] = -60
    falling = starts >= 50
    peaks[falling] = -8 - 3 * (starts[falling] - 50)
    fades = find_fades(segments_of(starts, np.full(120, 0.5), peaks))
    assert fades.end_of_fade_in == pytest.approx(1.8, abs=0.3)
    assert fades.start_of_fade_out == pytest.approx(51.5, abs=1.5)


def test_without_fades_the_track_is_all_there() -> None:
    fades = find_fades(segments_of(np.arange(30.0), np.ones(30), np.full(30, -10.0)))
    assert (fades.end_of_fade_in, fades.start_of_fade_out) == (0, 30)


@pytest.mark.parametrize("duration", [0.0, 0.01, 0.3])
def test_one_silent_segment(duration: float) -> None:
    silent = segments_of(np.zeros(1), np.array([duration]), np.array([-60.0]))
    fades = find_fades(silent)
    assert np.isfinite(track_loudness(silent))
    assert 0 <= fades.end_of_fade_in <= fades.start_of_fade_out <= duration
