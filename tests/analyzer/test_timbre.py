"""Timbre: surfaces of known sounds, and bases that weigh and draw them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.analyzer import spectrum as spectrum_module
from genrelab.analyzer.spectrum import N_BANDS, BandSpectrum
from genrelab.analyzer.timbre import (
    N_COLUMNS,
    N_ONSET_FRAMES,
    SHIPPED_BASIS,
    TimbreBasis,
    basis_from_components,
    surfaces,
)
from genrelab.errors import DataError, UsageError
from genrelab.music.analysis import Dialect


def spectrum_of(bands: np.ndarray) -> BandSpectrum:
    bands = np.asarray(bands, np.float32)
    return BandSpectrum(bands=bands, level=bands.mean(axis=1))


def random_spectrum(n: int, seed: int = 0) -> BandSpectrum:
    return spectrum_of(np.random.default_rng(seed).uniform(0, 80, (n, N_BANDS)))


def plain_surface(bands: np.ndarray, start: int, end: int) -> np.ndarray:
    """The surface of one segment, by adding up frames one after another."""
    n = len(bands)
    columns = [bands[min(start + t, n - 1)] for t in range(N_ONSET_FRAMES)]
    width = max(end - start - N_ONSET_FRAMES, 0.5) / 10
    for k in range(10):
        left = start + N_ONSET_FRAMES + k * width
        total = np.zeros(N_BANDS)
        for frame in range(int(left), int(left + width) + 2):
            overlap = min(left + width, frame + 1) - max(left, frame)
            total += max(overlap, 0) * bands[min(frame, n - 1)]
        columns.append(total / width)
    return np.array(columns).T


@pytest.fixture(scope="module")
def shipped() -> TimbreBasis:
    return TimbreBasis.load(SHIPPED_BASIS)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 120), st.integers(0, 20), st.integers(1, 50), st.integers(0, 99))
def test_surfaces_are_what_a_plain_loop_gives(n: int, cuts: int, chunk: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    starts = np.unique(np.append(rng.integers(0, n, cuts), 0)).astype(np.int64)
    spectrum = random_spectrum(n, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spectrum_module, "_CHUNK", chunk)
        found = surfaces(spectrum, starts)
    ends = np.append(starts[1:], n)
    expected = [plain_surface(spectrum.bands, a, b) for a, b in zip(starts, ends, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_surface_is_ten_frames_and_ten_equal_parts_of_the_rest() -> None:
    ramp = np.tile(np.arange(50.0)[:, None], (1, N_BANDS))
    surface = surfaces(spectrum_of(ramp), np.array([0, 30]))[0, 0]
    np.testing.assert_allclose(surface[:10], np.arange(10))
    np.testing.assert_allclose(surface[10:], 10.5 + 2 * np.arange(10))


def test_two_hours_lose_no_precision() -> None:
    n = 60_000
    bands = np.full((n, N_BANDS), 70, np.float32)
    bands[-40:] = np.float32(1.25)
    found = surfaces(spectrum_of(bands), np.array([0, n - 40]))
    np.testing.assert_allclose(found[1], 1.25, atol=1e-6)
    np.testing.assert_allclose(found[0], 70, atol=1e-4)


def test_an_even_sound_moves_the_level_alone() -> None:
    rng = np.random.default_rng(0)
    components = np.linalg.qr(rng.normal(size=(N_BANDS * N_COLUMNS, 11)))[0]
    basis = basis_from_components(
        np.zeros((N_BANDS, N_COLUMNS)), components.T.reshape(11, N_BANDS, N_COLUMNS)
    )
    even = surfaces(spectrum_of(np.full((40, N_BANDS), 33)), np.array([0]))
    np.testing.assert_allclose(basis.timbre(even), [[33] + [0] * 11], atol=1e-3)
    assert (basis.dialect, basis.origin("unknown").tolist()) == ("unknown", [0] * 12)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-300, 300), min_size=12, max_size=12))
def test_a_drawn_surface_has_its_timbre(values: list[float]) -> None:
    basis = TimbreBasis.load(SHIPPED_BASIS)
    wanted = np.array([values], np.float32)
    for dialect in basis.dialects:
        drawn = basis.surfaces(wanted, dialect=dialect)
        np.testing.assert_allclose(basis.timbre(drawn, dialect=dialect), wanted, atol=0.02)


def test_the_shipped_basis_knows_three_dialects(shipped: TimbreBasis) -> None:
    assert shipped.dialects == ("spotify", "echonest", "msd")
    assert shipped.fitted_on
    found = surfaces(random_spectrum(60), np.array([0, 20]))
    difference = shipped.timbre(found, dialect="msd") - shipped.timbre(found)
    np.testing.assert_allclose(
        difference, np.tile(shipped.origin("msd") - shipped.origin(), (2, 1)), atol=1e-3
    )


def test_louder_is_the_first_coordinate_and_hardly_another(shipped: TimbreBasis) -> None:
    surface = np.maximum(shipped.surfaces(shipped.origins[:1]), 0)
    louder = shipped.timbre(surface + 6) - shipped.timbre(surface)
    assert louder[0, 0] == pytest.approx(6, abs=0.6)


def test_a_basis_survives_its_file(shipped: TimbreBasis, tmp_path: Path) -> None:
    first, again = tmp_path / "a.npz", tmp_path / "b.npz"
    shipped.save(first)
    loaded = TimbreBasis.load(first)
    loaded.save(again)
    assert first.read_bytes() == again.read_bytes()
    assert (loaded.dialects, loaded.fitted_on) == (shipped.dialects, shipped.fitted_on)
    np.testing.assert_array_equal(loaded.weights, shipped.weights)


def test_an_unknown_dialect_is_refused(shipped: TimbreBasis) -> None:
    with pytest.raises(DataError, match="dialect is 'unknown'; expected one of spotify"):
        shipped.origin("unknown")


def basis_of(shipped: TimbreBasis, *dialects: Dialect) -> TimbreBasis:
    """Give the shipped basis other dialects."""
    return replace(shipped, dialects=dialects, origins=shipped.origins[: len(dialects)])


def test_a_basis_speaks_what_it_knows_or_nobody_s_dialect(shipped: TimbreBasis) -> None:
    assert [shipped.spoken(d) for d in ("spotify", "msd")] == ["spotify", "msd"]
    nobody_s = basis_of(shipped, "unknown")
    assert (nobody_s.spoken("msd"), nobody_s.usual) == ("unknown", "spotify")
    other = basis_of(shipped, "echonest", "msd")
    assert (other.spoken("msd"), other.usual) == ("msd", "echonest")
    with pytest.raises(UsageError, match=r"'spotify', .* know; ask for echonest or msd"):
        other.spoken("spotify")


@pytest.mark.parametrize("dialect", ["klingon", "unknown"])
def test_only_an_original_s_dialect_can_be_asked_for(shipped: TimbreBasis, dialect) -> None:
    for basis in (shipped, basis_of(shipped, "unknown")):
        with pytest.raises(UsageError, match="expected one of spotify, echonest, msd"):
            basis.spoken(dialect)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("none.npz", None, "no such file; expected the .npz of"),
        ("none.mat", None, "no such file; expected the .npz of"),
        ("text.npz", b"no basis", "not a timbre basis; expected the .npz of"),
        ("song.mp3", b"ID3" + bytes(999), "not a timbre basis; expected the .npz of"),
        ("cut.npz", b"PK\x03\x04" + bytes(99), "not a timbre basis; expected the .npz of"),
        ("text.mat", b"no basis", "holds no struct ENTimbreTJ"),
    ],
)
def test_a_file_that_is_no_basis(
    name: str, content: bytes | None, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=sentence) as error:
        TimbreBasis.load(path)
    assert str(path) in str(error.value)


def test_a_basis_that_lacks_or_garbles_something(shipped: TimbreBasis, tmp_path: Path) -> None:
    path = tmp_path / "part.npz"
    np.savez(path, mean=shipped.mean)
    with pytest.raises(DataError, match="holds no 'weights'"):
        TimbreBasis.load(path)
    parts = {name: getattr(shipped, name) for name in ("mean", "weights", "pictures", "origins")}
    with pytest.raises(DataError, match="pictures do not invert"):
        TimbreBasis(**{**parts, "pictures": parts["pictures"] * 2}, dialects=shipped.dialects)
    with pytest.raises(DataError, match=r"mean has shape \(3,\)"):
        TimbreBasis(**{**parts, "mean": np.zeros(3)}, dialects=shipped.dialects)
    with pytest.raises(DataError, match="weights is not finite"):
        TimbreBasis(**{**parts, "weights": parts["weights"] * np.nan}, dialects=shipped.dialects)
    with pytest.raises(DataError, match="dialects are"):
        TimbreBasis(**{**parts, "origins": np.zeros((1, 12))}, dialects=("klingon",))


def test_labrosas_file_is_read(data_dir: Path) -> None:
    path = data_dir / "reference" / "ENTimbreTJ.mat"
    if not path.is_file():
        pytest.skip(f"LabROSA's basis is absent: no file {path}")
    basis = TimbreBasis.load(path)
    even = np.full((1, N_BANDS, N_COLUMNS), 20, np.float32)
    assert basis.timbre(even)[0, 0] == pytest.approx(20, abs=0.01)
    # Its components are orthonormal, so that they are their own inverse.
    np.testing.assert_allclose(basis.pictures[1:], basis.weights[1:], atol=1e-5)
    wanted = np.random.default_rng(0).normal(0, 50, (3, 12)).astype(np.float32)
    np.testing.assert_allclose(basis.timbre(basis.surfaces(wanted)), wanted, atol=0.01)
