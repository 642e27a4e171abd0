"""Sections: parts of a piece made to differ, and tiling that always holds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analyzer.patterns import one_segment, plain_segments

from genrelab.analyzer.rhythm import NO_RHYTHM, Rhythm, beat_bounds
from genrelab.analyzer.sections import SHORTEST_S, find_sections, section_loudness, section_novelty
from genrelab.analyzer.tonality import CHROMA_RATE
from genrelab.music.analysis import Interval
from genrelab.music.segments import Segments


def piece(*lengths: float, seed: int = 0) -> Segments:
    """Parts of so many seconds, each with a sound and a harmony of its own."""
    rng = np.random.default_rng(seed)
    starts = np.arange(0, sum(lengths), 0.5)
    part = np.searchsorted(np.cumsum(lengths), starts, side="right")
    timbre = 40 * rng.normal(size=(len(lengths), 12))[part] + 8 * rng.normal(size=(len(starts), 12))
    pitches = rng.random((len(lengths), 12))[part] ** 3
    return plain_segments(starts, sum(lengths), pitches=pitches, timbre=timbre)


def steady(bpm: float, seconds: float) -> Rhythm:
    bounds = beat_bounds(np.arange(0.25, seconds, 60 / bpm), seconds)
    beats = tuple(
        Interval(start=a, duration=b - a, confidence=0.5) for a, b in pairwise(bounds.tolist())
    )
    return Rhythm(
        tempo=bpm,
        tempo_confidence=0.8,
        time_signature=4,
        time_signature_confidence=0.7,
        beats=beats,
        bars=beats[::4],
        tatums=beats,
    )


def flat_chroma(seconds: float) -> np.ndarray:
    return np.tile(np.eye(12, dtype=np.float32)[:1], (int(seconds * CHROMA_RATE) + 1, 1))


LENGTHS = (30.0, 24.5, 18.0, 33.0, 20.0)


def test_sections_start_where_the_sound_changes() -> None:
    segments, rhythm = piece(*LENGTHS), steady(120, sum(LENGTHS))
    sections = find_sections(segments, rhythm, flat_chroma(sum(LENGTHS)))
    starts = np.array([section.start for section in sections])
    distances = np.abs(np.cumsum(LENGTHS)[:-1, None] - starts).min(axis=1)
    assert distances.max() <= 1
    assert set(starts[1:]) <= {beat.start for beat in rhythm.beats}
    assert sections[0].tempo == pytest.approx(120, rel=1e-3)
    assert sections[0].key == 0


def test_a_clear_change_is_surer() -> None:
    starts = np.arange(0, 120, 0.5)
    size = np.select([starts < 30, starts < 60, starts < 90], [0, 60, 66], 126)
    timbre = size[:, None] * np.eye(12)[1] + np.random.default_rng(0).normal(size=(len(starts), 12))
    segments = plain_segments(starts, 120.0, timbre=timbre)
    moments = np.arange(4, 116, 0.5)
    novelty = section_novelty(segments, moments)
    assert novelty[moments == 60] < min(novelty[moments == 30], novelty[moments == 90])


def test_loudness_is_that_of_the_loudest_segments() -> None:
    segments = one_segment(10.0)
    assert section_loudness(segments, 0, 10) == pytest.approx(-21.5)
    assert section_loudness(segments, 3, 4) == pytest.approx(-21.5)


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.floats(0.5, 60), min_size=1, max_size=6),
    with_beats=st.booleans(),
    seed=st.integers(0, 3),
)
def test_sections_tile_the_recording(lengths: list[float], with_beats: bool, seed: int) -> None:
    segments = piece(*lengths, seed=seed)
    seconds = float(segments.start[-1] + segments.duration[-1])
    rhythm = steady(100, seconds) if with_beats else NO_RHYTHM
    sections = find_sections(segments, rhythm, flat_chroma(seconds))
    assert sections[0].start == 0
    assert sections[-1].start + sections[-1].duration == pytest.approx(seconds, abs=1e-5)
    for left, right in pairwise(sections):
        assert left.start + left.duration == pytest.approx(right.start, abs=1e-9)
        assert right.duration >= SHORTEST_S / 2 - 1e-5
    assert all(0 <= section.confidence <= 1 for section in sections)


@pytest.mark.parametrize("seconds", [1 / 22_050, 0.02, 3.0])
def test_a_short_sound_is_one_section(seconds: float) -> None:
    (section,) = find_sections(one_segment(seconds), NO_RHYTHM, np.zeros((1, 12), np.float32))
    assert section.start == 0 and section.key == -1
    assert section.duration == pytest.approx(seconds, abs=1e-5)
