"""Timbre: the shape of each segment's sound, as twelve coordinates.

Conventions
-----------
A segment's *surface* is what it sounds like in `N_BANDS` critical bands (lowest
first) by `N_COLUMNS` columns of time, in dB above the spectrum's floor: the first
`N_ONSET_FRAMES` are single frames from the segment's start, the other `N_REST_BINS`
share what remains of it equally. A *basis* weighs surfaces into timbre and
draws a surface from a timbre vector again::

    timbre[k]  = origin[k] + sum((surface - mean) * weights[k])
    surface'   = mean + sum over k of (timbre[k] - origin[k]) * pictures[k]

``origin`` depends on the dialect, which the rest does not: see `genrelab.music.dialects`.
The first coordinate is the level, then brightness, flatness, attack and finer shapes.
Drawing a surface and weighing it returns the timbre exactly.

References
----------
T. Jehan, *Creating Music by Listening*, PhD thesis, MIT 2005. T. Jehan and
D. DesRoches, *Analyzer Documentation*, The Echo Nest 2014, section "timbre".
D. P. W. Ellis, ``MSongsDB`` (LabROSA): the original's basis as a file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np

from genrelab.analyzer.spectrum import N_BANDS, BandSpectrum, sums_until
from genrelab.analyzer.timbre_files import read_labrosa, read_npz
from genrelab.errors import DataError, UsageError
from genrelab.music.analysis import DIALECTS, Dialect
from genrelab.music.dialects import ORIGINAL_DIALECTS, OriginalDialect
from genrelab.music.segments import N_VALUES, Float32, Float64, Int64

SHIPPED_BASIS = Path(__file__).parent / "models" / "timbre.npz"  # see MODELS.md beside it
N_ONSET_FRAMES = 10  # the attack, frame by frame: 58 ms
N_REST_BINS = 10  # equal parts of the rest
N_COLUMNS = N_ONSET_FRAMES + N_REST_BINS
SHORTEST_REST = 0.5  # frames shared by the bins of a segment that has no rest
_SHAPES: dict[str, tuple[int, ...]] = {
    "mean": (N_BANDS, N_COLUMNS),
    "weights": (N_VALUES, N_BANDS, N_COLUMNS),
    "pictures": (N_VALUES, N_BANDS, N_COLUMNS),
}
_INVERSE_TOLERANCE = 1e-3  # of a picture's own weight, after rounding to float32


def surfaces(spectrum: BandSpectrum, starts: Int64) -> Float32:
    """Cut the surface of every segment out of a spectrum.

    Parameters
    ----------
    spectrum : BandSpectrum
    starts : int64 array [s]
        Frames, strictly increasing, within the spectrum; a segment ends where the
        next starts, the last one with the spectrum. Frames of a segment shorter than
        `N_ONSET_FRAMES` run on into the next, those beyond the end repeat the last.

    Returns
    -------
    float32 array [s, N_BANDS, N_COLUMNS]
        dB above the floor.
    """
    bands, n = spectrum.bands, len(spectrum)
    result = np.empty((len(starts), N_BANDS, N_COLUMNS), np.float32)
    onset = np.minimum(starts[:, None] + np.arange(N_ONSET_FRAMES), n - 1)
    result[:, :, :N_ONSET_FRAMES] = bands[onset].transpose(0, 2, 1)
    rest = np.append(starts[1:], n) - starts - N_ONSET_FRAMES
    bin_width = np.maximum(rest, SHORTEST_REST) / N_REST_BINS
    edges = (starts + N_ONSET_FRAMES)[:, None] + bin_width[:, None] * np.arange(N_REST_BINS + 1)
    sums = sums_until(bands, edges.ravel()).reshape(*edges.shape, N_BANDS)
    means = np.diff(sums, axis=1) / bin_width[:, None, None]
    result[:, :, N_ONSET_FRAMES:] = means.transpose(0, 2, 1)
    return result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TimbreBasis:
    """What turns surfaces into timbre and back.

    Attributes
    ----------
    mean : float32 array [N_BANDS, N_COLUMNS]
        The surface that is drawn for ``origin``, dB above the floor.
    weights : float32 array [12, N_BANDS, N_COLUMNS]
        Of each coordinate.
    pictures : float32 array [12, N_BANDS, N_COLUMNS]
        What one more of each coordinate adds to a surface; the inverse of ``weights``.
    dialects : tuple of {"spotify", "echonest", "msd", "unknown"}
        Whose timbre it knows; what nobody's analyzer computes is of an unknown one.
    origins : float32 array [d, 12]
        The timbre of ``mean`` in each dialect.
    fitted_on : str
        A sentence; empty where the file does not say.

    Raises
    ------
    DataError
        If a shape does not fit, a value is not finite, or ``pictures`` do not invert.
    """

    mean: Float32
    weights: Float32
    pictures: Float32
    dialects: tuple[Dialect, ...]
    origins: Float32
    fitted_on: str = ""

    def __post_init__(self) -> None:
        shapes = {**_SHAPES, "origins": (len(self.dialects), N_VALUES)}
        for name, shape in shapes.items():
            values = np.ascontiguousarray(getattr(self, name), np.float32)
            if values.shape != shape:
                raise DataError(f"timbre basis: {name} has shape {values.shape}; expected {shape}")
            if not np.isfinite(values).all():
                raise DataError(f"timbre basis: {name} is not finite; expected numbers only")
            object.__setattr__(self, name, values)
        if not self.dialects or not set(self.dialects) <= set(DIALECTS):
            known = ", ".join(DIALECTS)
            raise DataError(f"timbre basis: dialects are {self.dialects}; expected some of {known}")
        product = np.tensordot(self.pictures, self.weights, ([1, 2], [1, 2]))
        if np.abs(product - np.eye(N_VALUES)).max() > _INVERSE_TOLERANCE:
            raise DataError("timbre basis: its pictures do not invert its weights")

    @property
    def dialect(self) -> Dialect:
        """The dialect it speaks unless it is asked for another."""
        return self.dialects[0]

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that another basis would not have."""
        content = hashlib.sha256(",".join(self.dialects).encode())
        for name in (*_SHAPES, "origins"):
            content.update(getattr(self, name).tobytes())
        return content.hexdigest()[:8]

    @property
    def usual(self) -> OriginalDialect:
        """The dialect to ask it for where nobody wants another."""
        return "spotify" if self.dialect == "unknown" else self.dialect

    def spoken(self, dialect: OriginalDialect) -> Dialect:
        """Name the dialect of its timbre where one is asked for.

        That is the one asked for, or unknown where nobody knows whose timbre it is: then
        the sound is still heard and cut as the dialect asked for does.

        Raises
        ------
        UsageError
            If there is no such dialect, or the basis knows others only.
        """
        if dialect not in ORIGINAL_DIALECTS:
            known = ", ".join(ORIGINAL_DIALECTS)
            raise UsageError(f"dialect is {dialect!r}; expected one of {known}")
        if dialect in self.dialects:
            return dialect
        if "unknown" in self.dialects:
            return "unknown"
        known = " or ".join(self.dialects)
        raise UsageError(
            f"dialect is {dialect!r}, which the timbre basis does not know; ask for {known}"
        )

    def origin(self, dialect: Dialect | None = None) -> Float32:
        """Return the timbre of ``mean`` in a dialect, by default the first.

        Raises
        ------
        DataError
            If the basis does not know the dialect.
        """
        if dialect is not None and dialect not in self.dialects:
            known = ", ".join(self.dialects)
            raise DataError(f"timbre basis: dialect is {dialect!r}; expected one of {known}")
        return np.asarray(self.origins[0 if dialect is None else self.dialects.index(dialect)])

    def timbre(self, surfaces: Float32, *, dialect: Dialect | None = None) -> Float32:
        """Weigh surfaces.

        Parameters
        ----------
        surfaces : float32 array [s, N_BANDS, N_COLUMNS]
            Of a spectrum that spreads as the dialect's does.
        dialect : str, optional
            One of ``dialects``, by default the first.

        Returns
        -------
        float32 array [s, 12]
        """
        weights = self.weights.reshape(N_VALUES, -1)
        constant = self.origin(dialect) - weights @ self.mean.ravel()
        return np.asarray(surfaces.reshape(len(surfaces), -1) @ weights.T + constant, np.float32)

    def surfaces(self, timbre: Float32, *, dialect: Dialect | None = None) -> Float32:
        """Draw surfaces: the likeliest of those that have a given timbre.

        Parameters
        ----------
        timbre : float32 array [s, 12]
        dialect : str, optional
            Whose timbre it is, by default the first of ``dialects``.

        Returns
        -------
        float32 array [s, N_BANDS, N_COLUMNS]
            dB above the floor; may fall below 0 where the timbre is extreme.
        """
        drawn = np.tensordot(timbre - self.origin(dialect), self.pictures, 1) + self.mean
        return np.asarray(drawn, np.float32)

    def save(self, path: str | Path) -> None:
        """Write the basis as ``.npz``."""
        with Path(path).open("wb") as file:
            np.savez(file, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: str | Path) -> TimbreBasis:
        """Read a basis: an ``.npz`` of ours, or LabROSA's ``.mat``.

        Raises
        ------
        DataError
            Naming the file and what it lacks.
        """
        path = Path(path)
        try:
            if path.suffix == ".mat":
                found = read_labrosa(path, shape=_SHAPES["mean"], n=N_VALUES - 1)
                return basis_from_components(found.mean, found.components)
            return cls(**read_npz(path, [field.name for field in fields(cls)]))
        except DataError as error:
            raise DataError(f"{path}: {error}") from error


@cache
def load_basis(path: str | Path | None = None) -> TimbreBasis:
    """Load a basis once: a file's, or the one that ships.

    Raises
    ------
    DataError
        Naming the file and what it lacks.
    """
    return TimbreBasis.load(SHIPPED_BASIS if path is None else path)


def _invert_weights(weights: Float64) -> Float64:
    """Find the smallest pictures that invert some weights (Moore-Penrose).

    Both are arrays [12, N_BANDS, N_COLUMNS].
    """
    inverse = np.linalg.pinv(weights.reshape(len(weights), -1))
    return np.asarray(inverse.T.reshape(weights.shape), np.float64)


def basis_from_components(
    mean: Float64, components: Float64, *, fitted_on: str = ""
) -> TimbreBasis:
    """Build the basis of a level and orthonormal components, as the original has it.

    Parameters
    ----------
    mean : float array [N_BANDS, N_COLUMNS]
        The mean of surfaces whose own level was taken away.
    components : float array [11, N_BANDS, N_COLUMNS]
        Each is freed of its mean, so that a surface's level moves the first coordinate only.
    """
    shapes = components - components.mean(axis=(1, 2), keepdims=True)
    level = np.full((1, *mean.shape), 1 / mean.size)
    weights = np.concatenate([level, shapes])
    return TimbreBasis(
        mean=(mean - mean.mean()).astype(np.float32),
        weights=weights.astype(np.float32),
        pictures=_invert_weights(weights).astype(np.float32),
        dialects=("unknown",),
        origins=np.zeros((1, N_VALUES), np.float32),
        fitted_on=fitted_on,
    )
