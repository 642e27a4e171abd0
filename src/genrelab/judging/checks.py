"""Checks: what a report is given must fit together, said in one sentence where it does not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from genrelab.errors import DataError
from genrelab.judging.scores import Float64, Int64

_SUM_TOLERANCE = 1e-2  # of probabilities, which may come from 16-bit arithmetic


def checked_classes(classes: Sequence[str]) -> tuple[str, ...]:
    """Return the class names as a tuple; at least two, each once, else DataError."""
    names = tuple(classes)
    if len(names) < 2:
        raise DataError(f"classes are {list(names)}; expected at least two names")
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise DataError(f"class {twice!r} stands twice; expected each name once")
    return names


def checked_confusion(confusion: npt.ArrayLike, n_classes: int) -> Int64:
    """Return the confusion matrix as int64 array [K, K] of counts, else DataError."""
    try:
        values = np.asarray(confusion, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"the confusion matrix is no matrix of numbers ({error})") from error
    if values.shape != (n_classes, n_classes):
        raise DataError(
            f"the confusion matrix has shape {values.shape}; "
            f"expected {(n_classes, n_classes)}, a row and a column a class"
        )
    wrong = np.argwhere(~np.isfinite(values) | (values < 0) | (values != np.floor(values)))
    if len(wrong):
        row, column = wrong[0].tolist()
        raise DataError(
            f"confusion[{row}][{column}] is {values[row, column]:g}; expected a count of tracks"
        )
    if values.sum() == 0:
        raise DataError("the confusion matrix counts no tracks; expected at least one")
    return values.astype(np.int64)


def checked_truth(truth: npt.ArrayLike, n_classes: int) -> Int64:
    """Return true classes as int64 array [n] of indices below K, else DataError."""
    values = np.asarray(truth)
    if values.ndim != 1 or len(values) == 0 or not np.issubdtype(values.dtype, np.integer):
        raise DataError(
            f"truth is an array of {values.dtype} of shape {values.shape}; "
            "expected class indices, one a track"
        )
    wrong = np.flatnonzero((values < 0) | (values >= n_classes))
    if len(wrong):
        raise DataError(
            f"truth[{wrong[0]}] is {values[wrong[0]]}; expected a class index, 0 to {n_classes - 1}"
        )
    return values.astype(np.int64)


def checked_probabilities(probabilities: npt.ArrayLike, n: int, n_classes: int) -> Float64:
    """Return probabilities as float64 array [n, K] whose rows sum to 1, else DataError."""
    values = np.asarray(probabilities, dtype=np.float64)
    if values.shape != (n, n_classes):
        raise DataError(f"probabilities have shape {values.shape}; expected {(n, n_classes)}")
    sums = values.sum(axis=1)
    fine = (values >= 0).all(axis=1) & (np.abs(sums - 1) <= _SUM_TOLERANCE)
    if not fine.all():
        row = int(np.flatnonzero(~fine)[0])
        raise DataError(
            f"probabilities[{row}] are no shares of 1 (lowest {values[row].min():g}, "
            f"sum {sums[row]:g})"
        )
    return values
