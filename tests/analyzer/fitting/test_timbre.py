"""A basis fitted to an original that speaks a known one says what that says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.analyzer.fitting.imitations import imitated_pair

from genrelab.analyzer.fitting import timbre as module
from genrelab.analyzer.fitting.basis import MIN_SURFACES, gather_surfaces, learn_basis
from genrelab.analyzer.fitting.dialects import fit_dialects
from genrelab.analyzer.fitting.pairs import Pair, load_pairs
from genrelab.analyzer.fitting.timbre import (
    TimbreExample,
    estimate_origins,
    fit_basis,
    fit_timbre,
    timbre_example,
)
from genrelab.analyzer.spectrum import N_BANDS
from genrelab.analyzer.timbre import N_COLUMNS, TimbreBasis, load_basis
from genrelab.errors import DataError
from genrelab.music.analysis import Dialect


@pytest.fixture(scope="module")
def known() -> TimbreBasis:
    return load_basis()


@pytest.fixture(scope="module")
def pairs(known: TimbreBasis) -> list[Pair]:
    plain = [imitated_pair(known, seed) for seed in range(5)]
    return [*plain, *(imitated_pair(known, 5 + i, dialect="msd", offset=20) for i in range(2))]


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.mean([np.corrcoef(a[:, k], b[:, k])[0, 1] for k in range(12)]))


def test_an_unheard_recording_is_timbred_as_the_original_does(
    known: TimbreBasis, pairs: list[Pair]
) -> None:
    basis = fit_timbre(pairs)
    unheard = timbre_example(imitated_pair(known, 99))
    found = basis.timbre(unheard.surfaces)
    assert correlation(found, unheard.timbre) > 0.95
    # Ridge regression alone would shrink the spread.
    np.testing.assert_allclose(found.std(0) / unheard.timbre.std(0), 1, atol=0.25)
    bias = (found - unheard.timbre).mean(axis=0) / unheard.timbre.std(axis=0)
    assert np.abs(bias).mean() < 0.2


def test_a_dialect_keeps_its_constant(known: TimbreBasis, pairs: list[Pair]) -> None:
    basis = fit_timbre(pairs)
    assert basis.dialects == ("spotify", "msd")
    assert np.mean(basis.origin("msd") - basis.origin("spotify")) == pytest.approx(20, abs=3)
    unheard = timbre_example(imitated_pair(known, 98, dialect="msd", offset=20))
    found = basis.timbre(unheard.surfaces, dialect="msd")
    assert np.abs((found - unheard.timbre).mean(axis=0)).mean() < 5


def test_the_same_pairs_give_the_same_basis(pairs: list[Pair], tmp_path: Path) -> None:
    for name in ("a", "b"):
        fit_timbre(pairs[:2], seed=3).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_louder_or_darker_master_changes_no_direction(pairs: list[Pair]) -> None:
    """A constant on all of a recording's surfaces is centered away."""
    examples = [timbre_example(pair) for pair in pairs[:3]]
    tilt = np.linspace(-8, 8, N_BANDS, dtype=np.float32)[:, None]
    first = replace(
        examples[0], surfaces=examples[0].surfaces + tilt, moved=examples[0].moved + tilt
    )
    a, b = fit_basis(examples), fit_basis([first, *examples[1:]])
    np.testing.assert_allclose(a.weights, b.weights, rtol=1e-2, atol=1e-5)


def test_only_what_audio_and_analysis_share_is_compared(known: TimbreBasis) -> None:
    pair = imitated_pair(known, 3)
    whole = timbre_example(pair)
    later = replace(pair, knots=np.add(pair.knots, [0.0, 5.0]))
    shifted = timbre_example(later)
    assert 0 < len(shifted.timbre) < len(whole.timbre)
    np.testing.assert_array_equal(shifted.timbre, whole.timbre[: len(shifted.timbre)])
    away = replace(pair, knots=np.add(pair.knots, [0.0, 500.0]))
    with pytest.raises(DataError, match="noise-3: audio and analysis share 0 segments"):
        timbre_example(away)


def test_nothing_to_fit_to() -> None:
    with pytest.raises(DataError, match="no pair to fit to"):
        fit_timbre([])


def _example(dialect: Dialect, constant: float, seed: int) -> TimbreExample:
    surfaces = np.zeros((5, N_BANDS, N_COLUMNS), np.float32)
    timbre = np.random.default_rng(seed).normal(0, 1, (1, 12)) + constant + np.zeros((5, 1))
    return TimbreExample(
        name=str(seed), dialect=dialect, surfaces=surfaces, moved=surfaces,
        timbre=timbre.astype(np.float32),
    )  # fmt: skip


def _origins_of(values: Sequence[tuple[Dialect, float]]) -> module.Origins:
    examples = [_example(dialect, value, i) for i, (dialect, value) in enumerate(values)]
    return estimate_origins(examples, np.zeros(460), np.zeros((460, 12)))


def test_few_recordings_are_drawn_to_the_first_dialect() -> None:
    near = _origins_of([*[("spotify", 0.0)] * 8, *[("echonest", 0.0)] * 2])
    means = [_example("echonest", 0, i).timbre.mean(axis=0) for i in (8, 9)]
    raw = np.mean(means, axis=0) - near.values[0]
    shrunk = near.values[1] - near.values[0]
    assert (np.abs(shrunk) <= np.abs(raw) + 1e-6).all() and np.abs(shrunk).mean() < 0.4
    far = _origins_of([*[("spotify", 0.0)] * 8, *[("echonest", 50.0)] * 2])
    np.testing.assert_allclose(far.values[1] - far.values[0], 50, atol=2)
    assert (far.errors[1] > far.errors[0]).all()
    assert (far.dialects, far.n_recordings) == (("spotify", "echonest"), (8, 2))


def test_the_dialects_offsets_are_those_that_were_put_in(pairs: list[Pair]) -> None:
    table = fit_dialects(pairs, fit_timbre(pairs))
    assert list(table.offsets) == ["spotify", "msd"]
    assert not any(table.offsets["spotify"].timbre_error)
    offset = table.offsets["msd"]
    assert offset.loudness == offset.timbre[0]
    assert min(offset.timbre_error) > 0 and offset.n_recordings == 2
    collections = {
        "spotify": np.random.default_rng(0).normal(0, 0.01, (50, 12)),
        "msd": np.random.default_rng(1).normal(-40, 0.01, (50, 12)),
    }
    both = fit_dialects(pairs, fit_timbre(pairs), collections=collections)
    # Two large, even collections have the last word, but on the level.
    np.testing.assert_allclose(both.offsets["msd"].timbre[1:], -40, atol=1)
    assert both.offsets["msd"].timbre[0] == offset.timbre[0]
    with pytest.raises(DataError, match="no pair of dialect spotify"):
        fit_dialects(pairs[5:], fit_timbre(pairs))


def test_a_learned_basis_is_orthonormal_and_knows_its_level() -> None:
    rng = np.random.default_rng(0)
    # Smooth spectra that change smoothly in time, some shapes louder than others.
    bands, columns = (np.cos(np.pi * np.outer(np.arange(k), (np.arange(n) + 0.5) / n))
                      for k, n in ((9, N_BANDS), (6, N_COLUMNS)))  # fmt: skip
    strength = np.outer(0.75 ** np.arange(9), 0.7 ** np.arange(6))
    mixed = rng.normal(0, 10, (2000, 9, 6)) * strength
    drawn = np.einsum("nij,ib,jt->nbt", mixed, bands, columns).astype(np.float32) + 40
    basis = learn_basis(drawn, fitted_on="cosines")
    shapes = basis.weights[1:].reshape(11, -1)
    np.testing.assert_allclose(shapes @ shapes.T, np.eye(11), atol=1e-4)
    np.testing.assert_allclose(shapes.sum(axis=1), 0, atol=1e-4)
    found = basis.timbre(drawn)
    np.testing.assert_allclose(found[:, 0], drawn.mean(axis=(1, 2)), atol=1e-2)
    # The second coordinate is the first spectral shape, the fourth the first temporal one.
    assert abs(np.corrcoef(found[:, 1], mixed[:, 1, 0])[0, 1]) > 0.95
    assert abs(np.corrcoef(found[:, 3], mixed[:, 0, 1])[0, 1]) > 0.9
    assert (basis.dialect, basis.fitted_on) == ("unknown", "cosines")


def test_too_little_to_learn_from() -> None:
    few = np.zeros((MIN_SURFACES - 1, N_BANDS, N_COLUMNS), np.float32)
    with pytest.raises(DataError, match="99 segments are too few"):
        learn_basis(few)
    with pytest.raises(DataError, match="sound alike or are silent"):
        learn_basis(np.zeros((MIN_SURFACES, N_BANDS, N_COLUMNS), np.float32))


def test_surfaces_are_drawn_evenly_from_recordings() -> None:
    recordings = [np.full((n, N_BANDS, N_COLUMNS), n, np.float32) for n in (3, 50)]
    drawn = gather_surfaces(recordings, per_recording=10)
    assert drawn[:, 0, 0].tolist() == [3.0] * 3 + [50.0] * 10
    assert gather_surfaces([], per_recording=10).shape == (0, N_BANDS, N_COLUMNS)


@pytest.mark.slow
def test_real_pairs_left_out_are_timbred_as_the_original_does(data_dir: Path) -> None:
    if not (data_dir / "pairs").is_dir():
        pytest.skip(f"real pairs are absent: no folder {data_dir / 'pairs'}")
    names = ["come_together", "human_nature", "twit_journalist", "crawling"]
    examples = [timbre_example(pair) for pair in load_pairs(data_dir / "pairs", names=names)]
    for left_out in examples:
        basis = fit_basis([example for example in examples if example is not left_out])
        dialect = left_out.dialect if left_out.dialect in basis.dialects else None
        found = basis.timbre(left_out.surfaces, dialect=dialect)
        assert correlation(found, left_out.timbre) > 0.94, left_out.name
