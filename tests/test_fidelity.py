"""Fidelity: on real pairs, left out one by one, the analyzer reaches what it must."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "analyzer_fidelity.py"


def load_script():
    spec = importlib.util.spec_from_file_location("analyzer_fidelity", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


fidelity = load_script()


@pytest.fixture(scope="module")
def means(data_dir: Path) -> dict[str, float]:
    if not (data_dir / "pairs").is_dir():
        pytest.skip("there are no pairs of recordings and originals")
    judge = data_dir.parent / "checks" / "agreement.py"
    _, found = fidelity.judge_all(
        data_dir / "pairs",
        leave_one_out=True,
        agreement=judge if judge.is_file() else None,
        echonest=data_dir / "echonest",
    )
    return found


@pytest.mark.parametrize("row", [row for row in fidelity.ROWS if row.must], ids=lambda row: row.key)
def test_what_must_be_reached_is(row, means: dict[str, float]) -> None:
    if row.key not in means:
        pytest.skip("the script that asks two classifiers is absent")
    assert row.reaches(row.must, means[row.key]), means[row.key]


def test_a_bound_is_a_number_or_a_range() -> None:
    more, less = fidelity.Row("a", "a", must=".5"), fidelity.Row("b", "b", must=".5", smaller=True)
    assert more.reaches(".5", 0.5) and not more.reaches(".5", 0.4)
    assert less.reaches(".5", 0.4) and not less.reaches(".5", 0.6)
    assert more.reaches(".9-1.1", 1.0) and not more.reaches(".9-1.1", 1.2)


def test_starts_are_matched_to_the_nearest_that_is_close() -> None:
    wanted = np.array([True, True, True, False])
    match = fidelity.match_starts(
        np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.99, 1.03, 2.06, 3.0, 4.0]), wanted
    )
    assert match.reference.tolist() == [0, 2]
    assert match.estimate.tolist() == [0, 3]


def test_one_estimate_is_enough_to_match() -> None:
    match = fidelity.match_starts(np.array([1.0, 2.0]), np.array([2.01]), np.ones(2, bool))
    assert (match.reference.tolist(), match.estimate.tolist()) == ([1], [0])
