"""Splits: which tracks train, which validate, which test, and no artist on two sides.

Conventions
-----------
Everything here works on row numbers of a table of tracks with a class (0..K-1)
and a group each. A group (an artist, or a track by itself) is never divided
between parts. Sizes are the paper's 8:1:1: valid and test take n // 10 each,
train the rest. All randomness comes from the generator that is passed in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from genrelab.errors import DataError

Part = Literal["train", "valid", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
HELD_OUT_SHARE = 10  # valid and test are each one in ten

Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The tracks of one experiment, by part.

    Attributes
    ----------
    train, valid, test : tuple of str
        Track ids, in the order in which they stand in the arrays.
    group : str
        What was kept together: ``artist`` or ``track``.
    seed : int
    fold : int or None
        Which of several folds tests here.

    Raises
    ------
    DataError
        If a part is empty or a track stands in two of them.
    """

    train: tuple[str, ...]
    valid: tuple[str, ...]
    test: tuple[str, ...]
    group: str
    seed: int
    fold: int | None = None

    def __post_init__(self) -> None:
        for part in PARTS:
            if not getattr(self, part):
                raise DataError(
                    f"the {part} part of the split is empty: there are too few tracks for three "
                    "parts; add tracks, lower --min-tracks or use --folds"
                )
        if len(set(self.train) | set(self.valid) | set(self.test)) != len(self):
            raise DataError("a track stands twice in the split")

    def __len__(self) -> int:
        return len(self.train) + len(self.valid) + len(self.test)

    @property
    def track_ids(self) -> tuple[str, ...]:
        """All tracks: train, then valid, then test."""
        return self.train + self.valid + self.test

    @property
    def parts(self) -> dict[Part, tuple[str, ...]]:
        """The track ids by part."""
        return {"train": self.train, "valid": self.valid, "test": self.test}

    @property
    def digest(self) -> str:
        """SHA-256 over the ids of each part, whatever their order."""
        text = "\n\n".join("\n".join(sorted(getattr(self, part))) for part in PARTS)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return what ``split.json`` holds."""
        return {**asdict(self), "digest": self.digest}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Row numbers of one split."""

    train: Rows
    valid: Rows
    test: Rows


def _class_counts(labels: Ints, rows: Rows, n_classes: int) -> Ints:
    return np.bincount(labels[rows], minlength=n_classes)


def _shuffled_groups(groups: Sequence[str], rng: np.random.Generator) -> list[Rows]:
    """List the rows of each group, the groups in random order."""
    _, codes = np.unique(np.asarray(groups), return_inverse=True)
    members = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    return [members[i] for i in rng.permutation(len(members))]


def _take_whole_groups(
    pending: list[Rows], need: Ints, labels: Ints
) -> tuple[list[Rows], list[Rows]]:
    """Take groups, in order, as long as each fits into what is still needed.

    ``need`` [K] is reduced in place by what was taken.
    """
    taken, left = [], []
    for rows in pending:
        counts = _class_counts(labels, rows, len(need))
        if need.any() and (counts <= need).all():
            need -= counts
            taken.append(rows)
        else:
            left.append(rows)
    return taken, left


def split_at_random(groups: Sequence[str], rng: np.random.Generator) -> Parts:
    """Split all rows 8:1:1 whatever their class (unbalanced and semi-balanced samples).

    Whole groups are taken in random order while they fit, so valid and test
    may end short of n // 10 where no group is small enough.
    """
    one_class = np.zeros(len(groups), dtype=np.int64)
    pending = _shuffled_groups(groups, rng)
    held_out = []
    for _ in range(2):
        need = np.array([len(groups) // HELD_OUT_SHARE])
        taken, pending = _take_whole_groups(pending, need, one_class)
        held_out.append(_joined(taken))
    return Parts(train=_joined(pending), valid=held_out[0], test=held_out[1])


def split_evenly(
    labels: Ints, groups: Sequence[str], per_class: int, rng: np.random.Generator
) -> Parts:
    """Draw and split so that each part has the same number of rows of each class.

    Parameters
    ----------
    labels : int array [N]
        Classes 0..K-1.
    groups : sequence of str [N]
    per_class : int
        Rows a class over all parts; valid and test get per_class // 10 each.

    Notes
    -----
    Whole groups are taken while they fit. Where none fits and a class has rows
    to spare, a larger group gives as many rows as are missing and its other
    rows are left out of the sample. What is still missing then, is missing.
    """
    n_classes = int(labels.max()) + 1
    spare = np.bincount(labels, minlength=n_classes) - per_class
    pending = _shuffled_groups(groups, rng)
    held_out = []
    for _ in range(2):
        need = np.full(n_classes, per_class // HELD_OUT_SHARE)
        taken, pending = _take_whole_groups(pending, need, labels)
        pending = _take_parts_of_groups(pending, need, spare, labels, taken)
        held_out.append(_joined(taken))
    rest = rng.permutation(_joined(pending))
    quota = per_class - 2 * (per_class // HELD_OUT_SHARE)
    train = [rest[labels[rest] == k][:quota] for k in range(n_classes)]
    return Parts(train=_joined(train), valid=held_out[0], test=held_out[1])


def _take_parts_of_groups(
    pending: list[Rows], need: Ints, spare: Ints, labels: Ints, taken: list[Rows]
) -> list[Rows]:
    """Fill what whole groups could not; appends to ``taken``, returns the groups left."""
    left = []
    for rows in pending:
        counts = _class_counts(labels, rows, len(need))
        used = np.minimum(counts, need)
        lost = counts - used
        if used.any() and (lost <= spare).all():
            need -= used
            spare -= lost
            taken.extend(rows[labels[rows] == k][: used[k]] for k in range(len(need)))
        else:
            left.append(rows)
    return left


def assign_folds(
    labels: Ints, groups: Sequence[str], n_folds: int, rng: np.random.Generator
) -> Ints:
    """Give each group to one of several folds so that every class is spread evenly.

    Largest groups first, each to the fold that has the fewest rows of the
    group's classes so far (relative to the class' size), as in scikit-learn's
    ``StratifiedGroupKFold``.

    Returns
    -------
    int array [N]
        The fold of each row, 0..n_folds-1.
    """
    n_classes = int(labels.max()) + 1
    class_sizes = np.maximum(np.bincount(labels, minlength=n_classes), 1)
    filled = np.zeros((n_folds, n_classes))
    folds = np.zeros(len(labels), dtype=np.int64)
    for rows in sorted(_shuffled_groups(groups, rng), key=len, reverse=True):
        counts = _class_counts(labels, rows, n_classes) / class_sizes
        crowded = (filled * counts).sum(axis=1)
        fold = int(np.lexsort((filled.sum(axis=1), crowded))[0])
        filled[fold] += counts
        folds[rows] = fold
    return folds


def draw_per_class(labels: Ints, per_class: int, rng: np.random.Generator) -> Rows:
    """Draw the same number of rows of each class, without replacement."""
    order = rng.permutation(len(labels))
    return np.sort(_joined([order[labels[order] == k][:per_class] for k in np.unique(labels)]))


def draw_per_class_and_fold(
    labels: Ints, folds: Ints, per_class: int, rng: np.random.Generator
) -> Rows:
    """Draw the same number of rows of each class in each fold.

    It is per_class // n_folds, or as many as the scarcest class has in its
    poorest fold where that is fewer.
    """
    n_folds = int(folds.max()) + 1
    table = np.zeros((n_folds, int(labels.max()) + 1), dtype=np.int64)
    np.add.at(table, (folds, labels), 1)
    quota = min(per_class // n_folds, int(table.min()))
    drawn = [
        np.flatnonzero(folds == fold)[draw_per_class(labels[folds == fold], quota, rng)]
        for fold in range(n_folds)
    ]
    return np.sort(_joined(drawn))


def draw_per_class_and_part(
    labels: Ints, parts: Ints, per_class: int, rng: np.random.Generator
) -> Rows:
    """Draw the same number of rows of each class in each part, as many as there are.

    With ``per_class`` rows a class over all parts, each part gives its share of all rows,
    rounded up; 0 is no limit. The scarcest class of a part is the limit of its others.
    """
    drawn = []
    for part in np.unique(parts):
        rows = np.flatnonzero(parts == part)
        quota = int(np.bincount(labels[rows], minlength=int(labels.max()) + 1).min())
        if per_class:
            quota = min(quota, -(-per_class * len(rows) // len(labels)))
        drawn.append(rows[draw_per_class(labels[rows], quota, rng)])
    return np.sort(_joined(drawn))


def parts_of_folds(folds: Ints, rows: Rows) -> Iterator[Parts]:
    """Yield one split a fold: fold k tests, k + 1 validates, the others train."""
    n_folds = int(folds.max()) + 1
    for fold in range(n_folds):
        after = (fold + 1) % n_folds
        held = np.isin(folds[rows], (fold, after))
        yield Parts(
            train=rows[~held], valid=rows[folds[rows] == after], test=rows[folds[rows] == fold]
        )


def _joined(rows: Sequence[Rows]) -> Rows:
    return np.concatenate([np.zeros(0, dtype=np.int64), *rows])
