"""Timbre figures: rows made comparable, components and surfaces as pictures."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.analyzer.spectrum import N_BANDS
from genrelab.analyzer.timbre import N_COLUMNS
from genrelab.errors import DataError
from genrelab.judging.drawing import write_svg
from genrelab.judging.row_figures import standardize_rows
from genrelab.judging.timbre_figures import draw_components, draw_surfaces
from genrelab.judging.time_axis import Stretch
from genrelab.judging.track_figures import draw_timbre

pytest.importorskip("matplotlib")


def words(figure: Any) -> str:
    file = io.BytesIO()
    write_svg(figure, file)
    return " ".join(re.findall(r">([^<>]+)</(?:text|tspan)>", file.getvalue().decode()))


@given(st.floats(1e-3, 1e3), st.floats(-1e3, 1e3), st.integers(3, 200))
def test_rows_are_comparable_whatever_their_size_and_offset(
    scale: float, offset: float, n: int
) -> None:
    values = np.random.default_rng(n).normal(size=n)
    both = standardize_rows(np.stack([values, scale * values + offset], axis=1))
    assert np.allclose(both[:, 0], both[:, 1], atol=1e-4)
    assert abs(float(np.median(both[:, 0]))) < 1e-9


def test_normal_values_get_their_standard_deviation_as_spread() -> None:
    values = np.random.default_rng(0).normal(0, 50, (20_000, 1))
    assert standardize_rows(values).std() == pytest.approx(1, abs=0.03)


def test_single_peaks_do_not_move_the_spread() -> None:
    values = np.random.default_rng(0).normal(0, 1, (1000, 1))
    peaked = values.copy()
    peaked[:5] = 1e4
    rest = slice(5, None)
    assert np.allclose(standardize_rows(values)[rest], standardize_rows(peaked)[rest], atol=0.15)


def test_what_never_changes_and_what_changes_once_can_be_standardized() -> None:
    values = np.zeros((100, 2))
    values[0, 1] = 5
    found = standardize_rows(values)
    assert not found[:, 0].any()
    assert np.isfinite(found).all() and found[0, 1] > 3
    assert standardize_rows(np.ones((1, 3))).tolist() == [[0, 0, 0]]


def test_the_timbre_picture_says_its_scale_and_shows_a_stretch(make_segments: Any) -> None:
    segments = make_segments(40)
    said = words(draw_timbre(segments, x="time", stretch=Stretch(start=2, stop=4)))
    assert "row's own spread" in said and "brightness 2" in said
    assert "3.50 3.75 4.00 seconds" in said and "1.75" not in said


def test_every_component_has_its_picture() -> None:
    shapes = np.random.default_rng(0).normal(size=(12, N_BANDS, N_COLUMNS)).astype(np.float32)
    figure = draw_components(shapes, title="components")
    said = words(figure)
    assert len(figure.axes) == 13  # and the color bar
    for text in ("1 loudness", "2 brightness", "3 flatness", "4 attack", "12", "58 ms", "5k"):
        assert text in said


def test_the_lowest_band_is_drawn_at_the_bottom_and_the_onset_at_the_left() -> None:
    surface = np.zeros((1, N_BANDS, N_COLUMNS), np.float32)
    surface[0, 0, 0] = 60
    figure = draw_surfaces({"heard": surface}, ["segment 1"])
    axes = figure.axes[0]
    mesh = axes.collections[0]
    assert np.argmax(mesh.get_array()) == 0
    assert axes.get_ylim()[0] < axes.get_ylim()[1]


@pytest.mark.parametrize("n", [1, 3, 5])
def test_surfaces_stand_beside_one_another(n: int) -> None:
    surfaces = np.random.default_rng(0).random((n, N_BANDS, N_COLUMNS)).astype(np.float32)
    names = [f"segment {i}" for i in range(n)]
    figure = draw_surfaces({"heard": surfaces, "from 12 values": surfaces}, names)
    said = words(figure)
    assert len(figure.axes) == 2 * n + 1
    assert all(name in said for name in (*names, "heard", "from 12 values"))


def test_no_segments_are_said() -> None:
    with pytest.raises(DataError, match="no segments"):
        draw_surfaces({"heard": np.empty((0, N_BANDS, N_COLUMNS), np.float32)}, [])
