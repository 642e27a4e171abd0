"""Offsets say how dialects differ on the same sound: what they hear, and where they cut it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.analyzer.fitting.imitations import imitated_pair

from genrelab.analyzer.fitting.dialects import fit_dialects
from genrelab.analyzer.fitting.pairs import Pair, load_pairs
from genrelab.analyzer.pipeline import analyze_samples
from genrelab.analyzer.segmentation import DELAY
from genrelab.analyzer.spectrum import FRAME_RATE, SAMPLE_RATE, band_spectrum
from genrelab.analyzer.timbre import TimbreBasis, load_basis, surfaces
from genrelab.music.analysis import Dialect
from genrelab.music.dialects import dialect_table

CONSTANT = 20.0  # by which the imitated original of one dialect differs
PRESENT = 4  # recordings of each dialect


@pytest.fixture(scope="module")
def known() -> TimbreBasis:
    return load_basis()


@pytest.fixture(scope="module")
def pairs(known: TimbreBasis) -> list[Pair]:
    plain = [imitated_pair(known, seed) for seed in range(PRESENT)]
    return [
        *plain,
        *(imitated_pair(known, 9 + i, dialect="msd", offset=CONSTANT) for i in range(PRESENT)),
    ]


def mean_timbre(pair: Pair, basis: TimbreBasis, dialect: Dialect) -> np.ndarray:
    """Mean of all segments but the last, which the audio may not hold wholly."""
    later = DELAY[dialect] - DELAY[pair.original.dialect]
    starts = np.rint(pair.starts * FRAME_RATE).astype(np.int64) + later
    cut = surfaces(band_spectrum(pair.samples, dialect=dialect), np.maximum(starts, 0))
    return basis.timbre(cut)[:-1].mean(axis=0, dtype=np.float64)


def test_each_dialect_is_heard_and_cut_in_its_own_way(
    known: TimbreBasis, pairs: list[Pair]
) -> None:
    found = fit_dialects(pairs, known).offsets["msd"].timbre
    heard = [mean_timbre(p, known, "msd") - mean_timbre(p, known, "spotify") for p in pairs]
    np.testing.assert_allclose(np.subtract(found, CONSTANT), np.mean(heard, axis=0), atol=0.1)


def test_estimates_that_disagree_are_less_sure(known: TimbreBasis, pairs: list[Pair]) -> None:
    rng = np.random.default_rng(0)
    alone = fit_dialects(pairs, known).offsets["msd"]

    def error_beside(difference: np.ndarray) -> np.ndarray:
        collections = {
            "spotify": rng.normal(0, 10, (400, 12)),
            "msd": difference + rng.normal(0, 10, (400, 12)),
        }
        table = fit_dialects(pairs, known, collections=collections)
        return np.array(table.offsets["msd"].timbre_error)

    agreeing = error_beside(np.array(alone.timbre))
    disagreeing = error_beside(np.array(alone.timbre) + 30)
    assert (agreeing[1:] <= np.array(alone.timbre_error[1:]) + 1e-3).all()
    assert (disagreeing[1:] > 3 * agreeing[1:]).all()
    assert disagreeing[0] == agreeing[0] == alone.timbre_error[0]


@pytest.mark.slow
def test_converting_agrees_with_asking_for_the_dialect(data_dir: Path) -> None:
    if not (data_dir / "pairs").is_dir():
        pytest.skip(f"real pairs are absent: no folder {data_dir / 'pairs'}")
    differences = []
    for pair in load_pairs(data_dir / "pairs"):
        asked, usual = (
            analyze_samples(pair.samples, SAMPLE_RATE, dialect=dialect)
            for dialect in ("msd", "spotify")
        )
        converted = usual.in_dialect("msd")
        differences.append(asked.segments.timbre.mean(0) - converted.segments.timbre.mean(0))
    # The constants of asking rest on pairs alone, those of converting on collections, too.
    error = np.array(dialect_table().offsets["msd"].timbre_error)
    assert (np.abs(np.mean(differences, axis=0)) < 2 * error).all()
