"""Features: arrays equal to a plain loop over the JSON, padding, normalization."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from genrelab.errors import DataError
from genrelab.learning.features import Features, Normalization, extract_features
from genrelab.learning.inputs import INPUTS, SEQUENCE_NAMES, Hearing, InputName
from genrelab.music.analysis import Analysis
from genrelab.music.segments import Segments

quick = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _plain_loop(texts: Sequence[str], input_name: str, n_segments: int) -> list[Any]:
    """What the paper did, without its memory that nobody had cleared."""
    arrays = []
    for text in texts:
        rows: list[Any] = []
        for segment in json.loads(text)["segments"][:n_segments]:
            if input_name == "timbre":
                rows.append(list(segment["timbre"]))
            elif input_name == "pitch":
                rows.append(list(segment["pitches"]))
            else:
                pairs = zip(segment["timbre"], segment["pitches"], strict=True)
                rows.append([list(pair) for pair in pairs])
        empty = [0.0] * 12 if input_name != "mixed" else [[0.0, 0.0]] * 12
        arrays.append(rows + [empty] * (n_segments - len(rows)))
    return arrays


def _json(segments: Segments) -> str:
    rows = [
        {"start": float(s), "duration": 0.25, "timbre": t.tolist(), "pitches": p.tolist()}
        for s, t, p in zip(segments.start, segments.timbre, segments.pitches, strict=True)
    ]
    return json.dumps({"segments": rows})


@pytest.mark.parametrize("input_name", SEQUENCE_NAMES)
@given(lengths=st.lists(st.integers(1, 40), max_size=5), n_segments=st.integers(1, 32))
@quick
def test_arrays_equal_a_plain_loop_over_the_json(
    make_segments: Callable[..., Segments],
    input_name: InputName,
    lengths: list[int],
    n_segments: int,
) -> None:
    texts = [_json(make_segments(n, seed=seed)) for seed, n in enumerate(lengths)]
    tracks = [Analysis.from_json(text.encode()).segments for text in texts]
    features = extract_features(iter(tracks), len(tracks), input_name, Hearing(segments=n_segments))
    assert features.x.dtype == np.float32
    assert features.x.shape == (len(lengths), *INPUTS[input_name].shape(n_segments))
    assert features.n_valid.tolist() == [min(n, n_segments) for n in lengths]
    expected = np.array(_plain_loop(texts, input_name, n_segments), dtype=np.float32)
    assert np.array_equal(features.x, expected.reshape(features.x.shape))


def test_padding_is_zero_and_silence_is_not_padding(
    make_segments: Callable[..., Segments],
) -> None:
    features = extract_features(
        [make_segments(3), make_segments(5, seed=1)], 2, "timbre", Hearing(segments=5)
    )
    assert features.n_valid.tolist() == [3, 5]
    assert (features.x[0, 3:] == 0).all()
    assert (features.x[0, :3] != 0).all() and (features.x[1] != 0).all()


def test_the_segments_themselves_stay_as_they_are(make_segments: Callable[..., Segments]) -> None:
    segments = make_segments(30)
    before = segments.timbre.copy()
    features = extract_features([segments], 1, "timbre", Hearing(segments=24))
    features.x[:] = 7
    assert np.array_equal(segments.timbre, before)


@pytest.mark.parametrize("announced", [1, 3])
def test_another_number_of_tracks_than_announced(
    make_segments: Callable[..., Segments], announced: int
) -> None:
    tracks = [make_segments(4), make_segments(4)]
    with pytest.raises(DataError, match=f"the {announced} that were announced"):
        extract_features(tracks, announced, "pitch", Hearing(segments=4))


@pytest.mark.parametrize("input_name", SEQUENCE_NAMES)
@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=5), shift=st.floats(-500, 500))
@quick
def test_normalization_measures_valid_segments_only(
    make_segments: Callable[..., Segments],
    input_name: InputName,
    lengths: list[int],
    shift: float,
) -> None:
    tracks = [make_segments(n, seed=i, shift=shift) for i, n in enumerate(lengths)]
    features = extract_features(tracks, len(tracks), input_name, Hearing(segments=20))
    measured = Normalization.measure(features)
    valid = [
        value.tolist()
        for track, n in zip(features.x, features.n_valid, strict=True)
        for value in track[:n]
    ]
    columns = np.array(valid).reshape(len(valid), -1).T.tolist()
    for mean, std, column in zip(
        measured.mean.ravel().tolist(), measured.std.ravel().tolist(), columns, strict=True
    ):
        plain_mean = math.fsum(column) / len(column)
        spread = math.sqrt(math.fsum((v - plain_mean) ** 2 for v in column) / len(column))
        assert mean == pytest.approx(plain_mean, rel=1e-5, abs=1e-5)
        assert std == pytest.approx(spread if len(column) > 1 else 1, rel=1e-4)


def test_normalized_training_rows_have_mean_0_and_deviation_1(
    make_segments: Callable[..., Segments],
) -> None:
    tracks = [make_segments(n, seed=n, shift=100) for n in (5, 40, 12)]
    features = extract_features(tracks, 3, "mixed", Hearing(segments=20))
    normalized = Normalization.measure(features).apply(features)
    valid = np.arange(20) < features.n_valid[:, None]
    assert np.allclose(normalized.x[valid].mean(axis=0), 0, atol=1e-5)
    assert np.allclose(normalized.x[valid].std(axis=0), 1, atol=1e-5)
    assert (normalized.x[~valid] == 0).all()
    assert np.array_equal(normalized.n_valid, features.n_valid)
    assert features.x[0, 0, 0, 0] == tracks[0].timbre[0, 0], "the original stays"


@given(value=st.floats(-1e4, 1e4, width=32), n=st.integers(1, 2000))
@example(value=np.float32(0.1), n=999)
@example(value=np.float32(123.456), n=999)
@settings(deadline=None)
def test_a_value_that_does_not_vary_is_left_at_its_scale(value: float, n: int) -> None:
    x = np.full((1, n, 12), value, dtype=np.float32)
    features = Features.one_row_a_track(x=x, n_valid=np.array([n]))
    measured = Normalization.measure(features)
    assert measured.std.tolist() == [1.0] * 12
    assert np.allclose(measured.apply(features).x, 0, atol=1e-2)


def test_a_small_deviation_beside_a_large_mean_is_still_measured() -> None:
    x = (1000 + np.random.default_rng(0).normal(0, 0.1, (1, 4000, 12))).astype(np.float32)
    measured = Normalization.measure(Features.one_row_a_track(x=x, n_valid=np.array([4000])))
    assert np.allclose(measured.std, x[0].astype(np.float64).std(axis=0), rtol=1e-4)


def test_normalization_without_any_valid_segment_changes_nothing() -> None:
    features = Features.one_row_a_track(
        x=np.zeros((2, 4, 12), np.float32), n_valid=np.zeros(2, np.int64)
    )
    measured = Normalization.measure(features)
    assert np.array_equal(measured.apply(features).x, features.x)
