"""Learning a basis: the twelve coordinates of timbre, from audio alone.

Conventions
-----------
A surface is its level, a mean shape and a mixture of eleven orthonormal shapes.
Principal components of real surfaces span the right space, but two that matter
equally swap or mix from one set of recordings to the next. So each is turned to the
product of one spectral and one temporal eigenvector that it stands for in the
original (`TYPES`), by an orthogonal Procrustes rotation, and given its direction
(`SIGNS`). About 5,000 segments of 50 varied recordings are needed.

References
----------
T. Jehan, *Creating Music by Listening*, PhD thesis, MIT 2005, section 3.5: principal
components of auditory surfaces. P. H. Schoenemann, "A generalized solution of the
orthogonal Procrustes problem", Psychometrika 31, 1966.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.optimize import linear_sum_assignment

from genrelab.analyzer.spectrum import N_BANDS
from genrelab.analyzer.timbre import N_COLUMNS, TimbreBasis, basis_from_components
from genrelab.errors import DataError
from genrelab.music.segments import Float32, Float64

# Of each component: which spectral and which temporal eigenvector; 0 is the constant.
TYPES = (
    *((1, 0), (2, 0), (0, 1), (3, 0), (0, 2), (4, 0)),
    *((1, 1), (5, 0), (1, 2), (0, 3), (6, 0)),
)
SIGNS = np.array([1, -1, -1, 1, -1, 1, 1, -1, 1, 1, -1.0])  # where the original's point
N_LEADING = 3  # components that stand out and are taken as they are
N_CANDIDATES = 6  # among which these are found
N_PRINCIPAL = 16  # that are turned to the types
MIN_SURFACES = 100


def learn_basis(surfaces: Float32, *, fitted_on: str = "") -> TimbreBasis:
    """Learn a basis from surfaces.

    Parameters
    ----------
    surfaces : float32 array [n, N_BANDS, N_COLUMNS]
    fitted_on : str
        A sentence that the basis' file keeps.

    Returns
    -------
    TimbreBasis
        Of an unknown dialect.

    Raises
    ------
    DataError
        If there are too few surfaces, or they are all alike.
    """
    if len(surfaces) < MIN_SURFACES:
        raise DataError(
            f"{len(surfaces)} segments are too few to learn a timbre basis from; expected "
            f"{MIN_SURFACES} at least, and about 5000 for a good one"
        )
    shapes = surfaces - surfaces.mean(axis=(1, 2), keepdims=True, dtype=np.float64)
    mean = shapes.mean(axis=0)
    clipped = _clip_norms(shapes - mean)
    spectral = _eigenvectors(np.tensordot(clipped, clipped, ([0, 2], [0, 2])), 6)
    temporal = _eigenvectors(np.tensordot(clipped, clipped, ([0, 1], [0, 1])), 3)
    products = [np.outer(spectral[i], temporal[j]).ravel() for i, j in TYPES]
    types = np.array(products) * SIGNS[:, None]
    flat = clipped.reshape(len(clipped), -1)
    components = _turn_to_types(_principal_components(flat.T @ flat), types)
    return basis_from_components(
        mean, components.reshape(len(TYPES), N_BANDS, N_COLUMNS), fitted_on=fitted_on
    )


def gather_surfaces(recordings: Iterable[Float32], *, per_recording: int, seed: int = 0) -> Float32:
    """Draw surfaces at random, the same number from every recording that has so many.

    Parameters
    ----------
    recordings : iterable of float32 array [s, N_BANDS, N_COLUMNS]
        The surfaces of each.
    per_recording, seed : int
    """
    rng = np.random.default_rng(seed)
    drawn = [found[np.sort(rng.permutation(len(found))[:per_recording])] for found in recordings]
    return np.concatenate([np.empty((0, N_BANDS, N_COLUMNS), np.float32), *drawn])


def _clip_norms(shapes: Float64) -> Float64:
    """Shorten every shape that is longer than the median one to its length."""
    norms = np.sqrt((shapes**2).sum(axis=(1, 2)))
    median = np.median(norms)
    if median < 1e-6:
        raise DataError("the segments sound alike or are silent; expected varied recordings")
    factors = np.minimum(1, median / np.maximum(norms, 1e-12))
    return np.asarray(shapes * factors[:, None, None])


def _eigenvectors(covariance: Float64, n: int) -> Float64:
    """The constant vector and the n leading eigenvectors orthogonal to it, as rows.

    Each points so that its last element is positive.
    """
    constant = np.full((1, len(covariance)), 1 / np.sqrt(len(covariance)))
    without = np.eye(len(covariance)) - constant.T @ constant
    _, vectors = np.linalg.eigh(without @ covariance @ without)
    leading = vectors[:, ::-1][:, :n].T
    signs = np.where(leading[:, -1:] < 0, -1, 1)
    return np.concatenate([constant, leading * signs])


def _principal_components(covariance: Float64) -> Float64:
    _, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors[:, ::-1][:, :N_PRINCIPAL].T)


def _turn_to_types(principal: Float64, types: Float64) -> Float64:
    """Pick the leading components, and rotate what remains to the other types."""
    likeness = principal[:N_CANDIDATES] @ types[:N_LEADING].T
    rows, columns = linear_sum_assignment(-np.abs(likeness))
    chosen = rows[np.argsort(columns)]
    signs = np.where(likeness[chosen, np.arange(N_LEADING)] < 0, -1, 1)
    leading = principal[chosen] * signs[:, None]
    rest = np.delete(principal, chosen, axis=0)
    left, _, right = np.linalg.svd(rest @ types[N_LEADING:].T, full_matrices=False)
    return np.concatenate([leading, (left @ right).T @ rest])
