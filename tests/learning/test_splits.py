"""Splits: properties that hold for every table of classes and groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from genrelab.errors import DataError
from genrelab.learning.splits import (
    PARTS,
    Ints,
    Parts,
    Split,
    assign_folds,
    draw_per_class,
    draw_per_class_and_fold,
    parts_of_folds,
    split_at_random,
    split_evenly,
)

Table = tuple[Ints, list[str]]


@st.composite
def tables(draw: st.DrawFn, n_classes: int = 4, alone: bool = False) -> Table:
    """A class and a group for each row; every class occurs, groups may mix classes."""
    classes = draw(st.integers(2, n_classes))
    rest = draw(st.lists(st.integers(0, classes - 1), min_size=5, max_size=120))
    labels = np.array([*range(classes), *rest])
    if alone:
        return labels, [f"track {row}" for row in range(len(labels))]
    n_groups = draw(st.integers(1, len(labels)))
    seed = draw(st.integers(0, 1000))
    chosen = np.random.default_rng(seed).integers(0, n_groups, len(labels))
    return labels, [f"artist {group}" for group in chosen]


seeds = st.integers(0, 1 << 32)


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _check_apart(parts: Parts, groups: Sequence[str]) -> None:
    rows = np.concatenate([getattr(parts, part) for part in PARTS]).tolist()
    assert len(set(rows)) == len(rows), "a row stands twice"
    sides = [{groups[row] for row in getattr(parts, part)} for part in PARTS]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]


def _same(one: Parts, other: Parts) -> bool:
    return all(np.array_equal(getattr(one, part), getattr(other, part)) for part in PARTS)


@given(table=tables(), seed=seeds)
@settings(deadline=None)
def test_random_split_keeps_groups_whole_and_uses_every_row(table: Table, seed: int) -> None:
    _, groups = table
    parts = split_at_random(groups, _rng(seed))
    _check_apart(parts, groups)
    assert len(parts.train) + len(parts.valid) + len(parts.test) == len(groups)
    assert max(len(parts.valid), len(parts.test)) <= len(groups) // 10
    assert _same(parts, split_at_random(groups, _rng(seed)))


@given(table=tables(alone=True), seed=seeds)
@settings(deadline=None)
def test_random_split_of_single_rows_is_exactly_8_1_1(table: Table, seed: int) -> None:
    _, groups = table
    parts = split_at_random(groups, _rng(seed))
    assert len(parts.valid) == len(parts.test) == len(groups) // 10


@given(table=tables(), seed=seeds, share=st.floats(0, 1))
@settings(deadline=None)
def test_even_split_keeps_groups_apart_and_never_exceeds_its_quota(
    table: Table, seed: int, share: float
) -> None:
    labels, groups = table
    per_class = max(1, int(share * np.bincount(labels).min()))
    parts = split_evenly(labels, groups, per_class, _rng(seed))
    _check_apart(parts, groups)
    held = per_class // 10
    for part, quota in (("train", per_class - 2 * held), ("valid", held), ("test", held)):
        counts = np.bincount(labels[getattr(parts, part)], minlength=labels.max() + 1)
        assert (counts <= quota).all()
        if part == "train":
            assert (counts == quota).all()
    assert _same(parts, split_evenly(labels, groups, per_class, _rng(seed)))


@given(
    sizes=st.lists(st.integers(10, 60), min_size=2, max_size=4),
    seed=seeds,
    spare=st.integers(0, 20),
)
@settings(deadline=None)
def test_even_split_of_single_rows_is_exact(sizes: list[int], seed: int, spare: int) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    groups = [f"track {row}" for row in range(len(labels))]
    per_class = max(10, min(sizes) - spare)
    parts = split_evenly(labels, groups, per_class, _rng(seed))
    for part, quota in (
        ("train", per_class - 2 * (per_class // 10)),
        ("valid", per_class // 10),
        ("test", per_class // 10),
    ):
        counts = np.bincount(labels[getattr(parts, part)], minlength=len(sizes))
        assert counts.tolist() == [quota] * len(sizes)


def test_even_split_gives_the_papers_sizes() -> None:
    labels = np.repeat(np.arange(8), [1414, 1404, 1363, 1259, 1213, 1208, 1153, 1101])
    rng = _rng(1)
    groups = [f"artist {k} {rng.integers(0, 300)}" for k in labels]
    parts = split_evenly(labels, groups, 1100, _rng(0))
    _check_apart(parts, groups)
    for part, quota in (("train", 880), ("valid", 110), ("test", 110)):
        assert np.bincount(labels[getattr(parts, part)]).tolist() == [quota] * 8


def test_a_large_group_gives_as_many_rows_as_are_missing() -> None:
    labels = np.repeat([0, 1], 40)
    groups = [f"artist {row // 8}" for row in range(80)]
    parts = split_evenly(labels, groups, 20, _rng(0))
    for part, quota in (("train", 16), ("valid", 2), ("test", 2)):
        assert np.bincount(labels[getattr(parts, part)]).tolist() == [quota] * 2
    _check_apart(parts, groups)


@given(table=tables(), seed=seeds, n_folds=st.integers(3, 6))
@settings(deadline=None)
def test_folds_partition_the_rows_and_keep_groups_whole(
    table: Table, seed: int, n_folds: int
) -> None:
    labels, groups = table
    folds = assign_folds(labels, groups, n_folds, _rng(seed))
    assert len(folds) == len(labels) and set(folds.tolist()) <= set(range(n_folds))
    by_group: dict[str, set[int]] = {}
    for group, fold in zip(groups, folds.tolist(), strict=True):
        by_group.setdefault(group, set()).add(fold)
    assert all(len(found) == 1 for found in by_group.values())
    assert np.array_equal(folds, assign_folds(labels, groups, n_folds, _rng(seed)))


@given(
    sizes=st.lists(st.integers(6, 40), min_size=2, max_size=4),
    seed=seeds,
    n_folds=st.integers(3, 6),
)
@settings(deadline=None)
def test_single_rows_are_spread_evenly_over_folds(
    sizes: list[int], seed: int, n_folds: int
) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    groups = [f"track {row}" for row in range(len(labels))]
    folds = assign_folds(labels, groups, n_folds, _rng(seed))
    for k in range(len(sizes)):
        counts = np.bincount(folds[labels == k], minlength=n_folds)
        assert counts.max() - counts.min() <= 1
    whole = np.bincount(folds, minlength=n_folds)
    assert whole.max() - whole.min() <= len(sizes)


@given(table=tables(), seed=seeds, n_folds=st.integers(3, 6))
@settings(deadline=None)
def test_fold_k_tests_and_the_next_validates(table: Table, seed: int, n_folds: int) -> None:
    labels, groups = table
    folds = assign_folds(labels, groups, n_folds, _rng(seed))
    assume(folds.max() == n_folds - 1)
    rows = np.arange(len(labels))
    splits = list(parts_of_folds(folds, rows))
    assert len(splits) == n_folds
    for k, parts in enumerate(splits):
        _check_apart(parts, groups)
        assert (folds[parts.test] == k).all()
        assert (folds[parts.valid] == (k + 1) % n_folds).all()
        assert len(parts.train) + len(parts.valid) + len(parts.test) == len(rows)
    tested = np.concatenate([parts.test for parts in splits])
    assert np.array_equal(np.sort(tested), rows), "every row is tested once"


@given(table=tables(), seed=seeds)
@settings(deadline=None)
def test_drawing_takes_the_same_number_of_each_class(table: Table, seed: int) -> None:
    labels, _ = table
    per_class = int(np.bincount(labels).min())
    rows = draw_per_class(labels, per_class, _rng(seed))
    assert np.bincount(labels[rows]).tolist() == [per_class] * (labels.max() + 1)
    assert len(set(rows.tolist())) == len(rows)
    assert np.array_equal(rows, draw_per_class(labels, per_class, _rng(seed)))


@given(table=tables(alone=True), seed=seeds, n_folds=st.integers(3, 5))
@settings(deadline=None)
def test_drawing_per_fold_takes_the_same_number_of_each_class_in_each_fold(
    table: Table, seed: int, n_folds: int
) -> None:
    labels, groups = table
    folds = assign_folds(labels, groups, n_folds, _rng(seed))
    assume(folds.max() == n_folds - 1)
    per_class = int(np.bincount(labels).min())
    rows = draw_per_class_and_fold(labels, folds, per_class, _rng(seed))
    counts = np.zeros((n_folds, labels.max() + 1), dtype=int)
    np.add.at(counts, (folds[rows], labels[rows]), 1)
    assert (counts == per_class // n_folds).all(), "single rows are spread evenly"


def test_another_seed_gives_another_split() -> None:
    groups = [f"track {row}" for row in range(100)]
    labels = np.arange(100) % 2
    assert not _same(split_at_random(groups, _rng(0)), split_at_random(groups, _rng(1)))
    one, other = (split_evenly(labels, groups, 40, _rng(seed)) for seed in (0, 1))
    assert not _same(one, other)


def test_largest_groups_are_spread_over_folds() -> None:
    groups = [f"artist {i}" for i, n in enumerate([9, 8, 7, 2, 2, 2, 1, 1, 1]) for _ in range(n)]
    folds = assign_folds(np.zeros(len(groups), dtype=int), groups, 3, _rng(0))
    assert Counter(folds.tolist()) == {0: 11, 1: 11, 2: 11}


def _split(**parts: tuple[str, ...]) -> Split:
    sides = {"train": ("a", "b"), "valid": ("c",), "test": ("d",), **parts}
    return Split(**sides, group="artist", seed=0)


def test_a_split_knows_its_tracks() -> None:
    split = _split()
    assert len(split) == 4
    assert split.track_ids == ("a", "b", "c", "d")
    assert split.to_dict()["digest"] == split.digest


def test_the_digest_is_of_the_parts_and_not_of_the_order() -> None:
    assert _split(train=("b", "a")).digest == _split().digest
    assert _split(valid=("d",), test=("c",)).digest != _split().digest
    assert _split(train=("a",), valid=("b", "c")).digest != _split().digest


@pytest.mark.parametrize("part", PARTS)
def test_a_split_without_a_part_is_refused(part: str) -> None:
    with pytest.raises(DataError, match=f"the {part} part of the split is empty"):
        _split(**{part: ()})


@pytest.mark.parametrize("test", [("a",), ("c",), ("d", "d")])
def test_a_track_that_stands_twice_is_refused(test: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match="stands twice"):
        _split(test=test)
