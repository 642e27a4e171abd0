"""Timbre files: what a basis' file holds, ours (``.npz``) or LabROSA's (``.mat``).

Conventions
-----------
Errors say what a file lacks; its name is for the caller to add. Nothing in a file is
ever run: arrays that are pickled are refused.

References
----------
D. P. W. Ellis, ``MSongsDB`` (LabROSA): ``ENTimbreTJ.mat``, the original's basis.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any
from zipfile import BadZipFile, is_zipfile

import numpy as np

from genrelab.errors import DataError
from genrelab.music.segments import Float64

_EXPECTED = "expected the .npz of `genrelab fit timbre-basis`, or LabROSA's .mat"
LABROSA_STRUCT = "ENTimbreTJ"  # the one variable in LabROSA's file


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabrosaBasis:
    """A mean surface and the components that are added to it.

    Attributes
    ----------
    mean : float64 array [bands, columns]
    components : float64 array [n, bands, columns]
    """

    mean: Float64
    components: Float64


def _open(path: Path) -> None:
    """Let the system say why a file cannot be read."""
    try:
        path.open("rb").close()
    except FileNotFoundError as error:
        raise DataError(f"no such file; {_EXPECTED}") from error
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error}); {_EXPECTED}") from error


def read_npz(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Read the fields of a `genrelab.analyzer.timbre.TimbreBasis`.

    Raises
    ------
    DataError
        If the file cannot be read or lacks one of the names.
    """
    _open(path)
    if not is_zipfile(path):  # of which NumPy would think that it is pickled
        raise DataError(f"not a timbre basis; {_EXPECTED}")
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, BadZipFile, TokenError, zlib.error) as error:
        raise DataError(f"damaged, or not a timbre basis; {_EXPECTED}") from error
    if not set(names) & set(found):
        raise DataError(f"not a timbre basis; {_EXPECTED}")
    missing = [name for name in names if name not in found]
    if missing:
        raise DataError(f"holds no {missing[0]!r}; expected {', '.join(names)}")
    return {
        **{name: found[name] for name in names},
        "dialects": tuple(str(name) for name in np.atleast_1d(found["dialects"])),
        "fitted_on": str(found["fitted_on"]),
    }


def read_labrosa(path: Path, *, shape: tuple[int, ...], n: int) -> LabrosaBasis:
    """Read LabROSA's file.

    Parameters
    ----------
    path : Path
    shape : (int, int)
        Expected of the mean.
    n : int
        Expected number of components.

    Raises
    ------
    DataError
        If the file cannot be read, or holds something else.
    """
    import scipy.io

    _open(path)
    unreadable = (OSError, ValueError, TypeError, LookupError, NotImplementedError, zlib.error)
    try:
        struct = scipy.io.loadmat(path)[LABROSA_STRUCT][0, 0]
        mean, bases = np.asarray(struct["mean"], float), np.asarray(struct["bases"], float)
    except (*unreadable, scipy.io.matlab.MatReadError) as error:
        raise DataError(
            f"not a timbre basis: holds no struct {LABROSA_STRUCT} with mean and bases; {_EXPECTED}"
        ) from error
    if mean.shape != shape or bases.shape != (*shape, n):
        by = "x".join(map(str, shape))
        raise DataError(f"mean is {mean.shape} and bases {bases.shape}; expected {by}, {by}x{n}")
    return LabrosaBasis(mean=mean, components=bases.transpose(2, 0, 1))
