"""Statistics: known answers, the field's own definition, finite for any music."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import kurtosis, skew

from genrelab.learning.inputs import INPUTS, WHOLE_SHARE, WINDOW_S, Hearing
from genrelab.learning.statistics import (
    MODULATION_HZ,
    N_PROFILE,
    N_STATISTICS,
    VALUE_NAMES,
    profile,
    segment_values,
    track_statistics,
)
from genrelab.music.segments import Segments

MakeSegments = Callable[..., Segments]
quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_the_statistics_are_those_of_the_definition(make_segments: MakeSegments) -> None:
    values = segment_values(make_segments(200))
    expected = [
        *(values.mean(0), np.median(values, 0), values.var(0), values.min(0), values.max(0)),
        *(np.ptp(values, 0), skew(values[:, :24]), kurtosis(values[:, :24])),
        *(np.abs(np.diff(values, axis=0)).mean(0), np.cov(values[:, :12].T)[np.triu_indices(12)]),
    ]
    found = track_statistics(values)
    assert len(found) == N_STATISTICS == 330
    pieces = np.split(found, np.cumsum([28] * 9))
    for number, (one, other) in enumerate(zip(pieces, expected, strict=True)):
        n = 24 if number in (6, 7) else len(one)  # what does not vary there has no shape
        assert np.allclose(one[:n], other[:n]), number
        assert (one[n:] == 0).all()


@given(n=st.integers(1, 60), seed=st.integers(0, 99), steady=st.booleans())
@quick
def test_any_music_has_finite_numbers(
    make_segments: MakeSegments, n: int, seed: int, steady: bool
) -> None:
    values = segment_values(make_segments(n, seed=seed))
    if steady:
        values = np.repeat(values[:1], n, axis=0)
    assert track_statistics(values).shape == (N_STATISTICS,)
    assert profile(values).shape == (N_PROFILE,)
    assert np.isfinite(track_statistics(values)).all() and np.isfinite(profile(values)).all()


def test_a_loudness_that_is_unknown_counts_as_0(make_segments: MakeSegments) -> None:
    segments = make_segments(5)
    values = segment_values(segments)
    assert values.shape == (5, len(VALUE_NAMES)) == (5, 28)
    assert (values[:, VALUE_NAMES.index("loudness_max")] == -10).all()
    segments.loudness_max[:] = np.nan
    assert (segment_values(segments)[:, VALUE_NAMES.index("loudness_max")] == 0).all()


def test_timbre_that_swings_twice_a_second_moves_in_that_band() -> None:
    values = np.zeros((300, 28))
    values[:, -1] = 0.1  # seconds a segment
    values[:, 12:24] = 0.5
    values[:, 3] = np.sin(2 * np.pi * 2.0 * np.arange(300) * 0.1)
    first = 6 * 28 + 78 + 66
    bands = profile(values)[first : first + 72].reshape(len(MODULATION_HZ) - 1, 12)[:, 3]
    assert MODULATION_HZ[3] < 2.0 < MODULATION_HZ[4] and bands.argmax() == 3


def test_the_key_does_not_matter_to_the_intervals(make_segments: MakeSegments) -> None:
    values = segment_values(make_segments(80))
    moved = values.copy()
    moved[:, 12:24] = np.roll(values[:, 12:24], 5, axis=1)
    assert np.allclose(profile(values)[-41:], profile(moved)[-41:])
    assert not np.allclose(profile(values), profile(moved))


def test_windows_lie_in_the_track_and_share_half_of_the_answer(
    make_segments: MakeSegments,
) -> None:
    rows = INPUTS["profile"].rows(make_segments(200), Hearing(windows=6))  # 50 s
    assert rows.x.shape == (7, N_PROFILE)
    assert (rows.start[0], rows.stop[0]) == (0, 50)
    assert np.allclose(rows.stop[1:] - rows.start[1:], WINDOW_S, atol=0.5)
    assert rows.start[1] == 0 and rows.stop[-1] == pytest.approx(50)
    assert rows.share[0] == WHOLE_SHARE and rows.share.sum() == pytest.approx(1)
    short = INPUTS["profile"].rows(make_segments(20), Hearing())
    assert len(short.x) == 1 and short.share.tolist() == [1]
    assert len(INPUTS["statistics"].rows(make_segments(200), Hearing()).x) == 1


def test_a_sequence_is_heard_on_in_stretches_and_answers_with_the_first(
    make_segments: MakeSegments,
) -> None:
    segments = make_segments(60)
    rows = INPUTS["timbre"].stretches(segments, Hearing(segments=24))
    assert rows.x.shape == (3, 24, 12) and rows.n_valid.tolist() == [24, 24, 12]
    assert rows.share.tolist() == [1, 0, 0]
    assert rows.start.tolist() == [0, 6, 12] and rows.stop.tolist() == [6, 12, 15]
    assert np.array_equal(rows.x[2, :12], segments.timbre[48:]) and (rows.x[2, 12:] == 0).all()
