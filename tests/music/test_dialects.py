"""Dialects: there and back again, and what cannot be converted says so."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.errors import DataError
from genrelab.music.analysis import Analysis, Dialect, Section, TrackLevel
from genrelab.music.dialects import convert_segments, dialect_table
from genrelab.music.segments import Segments

KNOWN: tuple[Dialect, ...] = ("spotify", "echonest", "msd")
MakeSegments = Callable[..., Segments]


@pytest.fixture
def analysis(make_segments: MakeSegments) -> Analysis:
    return Analysis(analyzer="test", dialect="spotify", segments=make_segments(30))


@pytest.mark.parametrize("source", KNOWN)
@pytest.mark.parametrize("target", KNOWN)
def test_there_and_back_again(
    source: Dialect, target: Dialect, make_segments: MakeSegments
) -> None:
    segments = make_segments(30)
    back = convert_segments(convert_segments(segments, source, target), target, source)
    np.testing.assert_allclose(back.timbre, segments.timbre, rtol=0, atol=1e-5)
    np.testing.assert_allclose(back.loudness_max, segments.loudness_max, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(back.pitches, segments.pitches)


@given(st.sampled_from(KNOWN), st.sampled_from(KNOWN), st.sampled_from(KNOWN))
def test_a_detour_changes_nothing(a: Dialect, b: Dialect, c: Dialect) -> None:
    offsets = dialect_table().offsets
    direct = np.subtract(offsets[c].timbre, offsets[a].timbre)
    detour = np.subtract(offsets[b].timbre, offsets[a].timbre) + np.subtract(
        offsets[c].timbre, offsets[b].timbre
    )
    np.testing.assert_allclose(direct, detour, atol=1e-9)


def test_every_segment_moves_by_the_same_vector(analysis: Analysis) -> None:
    other = analysis.in_dialect("msd")
    offset = dialect_table().offsets["msd"]
    moved = other.segments.timbre - analysis.segments.timbre
    np.testing.assert_allclose(moved, np.tile(offset.timbre, (30, 1)), atol=1e-4)
    louder = other.segments.loudness_max - analysis.segments.loudness_max
    np.testing.assert_allclose(louder, offset.loudness, atol=1e-4)
    assert (other.dialect, other.analyzer, other.track) == ("msd", "test", analysis.track)


def test_every_loudness_moves(make_segments: MakeSegments) -> None:
    sections = [
        Section(start=0.0, duration=1.0, confidence=1.0, loudness=-8.0, tempo=90.0),
        Section(start=1.0, duration=1.0, confidence=1.0),
    ]
    track = TrackLevel(loudness=-7.0, tempo=90.0)
    analysis = Analysis(
        analyzer="test", dialect="msd", segments=make_segments(3), track=track, sections=sections
    )
    other = analysis.in_dialect("spotify")
    louder = -dialect_table().offsets["msd"].loudness
    assert abs(louder) > 1
    assert other.track == TrackLevel(loudness=pytest.approx(louder - 7), tempo=90.0)
    assert other.sections[0].loudness == pytest.approx(louder - 8)
    assert other.sections[0].tempo == 90
    assert other.sections[1] == sections[1]
    np.testing.assert_allclose(
        other.segments.loudness_start - analysis.segments.loudness_start, louder, atol=1e-5
    )


def test_the_same_dialect_is_the_same_analysis(analysis: Analysis) -> None:
    assert analysis.in_dialect("spotify").segments is analysis.segments


@pytest.mark.parametrize(("source", "target"), [("unknown", "spotify"), ("spotify", "unknown")])
def test_an_unknown_dialect_cannot_be_converted(
    source: Dialect, target: Dialect, make_segments: MakeSegments
) -> None:
    analysis = Analysis(analyzer="test", dialect=source, segments=make_segments())
    with pytest.raises(DataError, match="'unknown' cannot be converted; expected one of spotify"):
        analysis.in_dialect(target)


def test_the_shipped_table_says_how_sure_it_is() -> None:
    table = dialect_table()
    assert tuple(table.offsets) == KNOWN
    assert not any(table.offsets["spotify"].timbre)
    assert "pairs" in table.fitted_on
    # Two recordings: less sure than the dialect of seven and of many tracks.
    few, many = table.offsets["echonest"], table.offsets["msd"]
    assert np.mean(few.timbre_error) > np.mean(many.timbre_error) > 0
