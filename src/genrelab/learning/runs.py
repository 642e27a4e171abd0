"""Runs: what an experiment leaves behind, complete or absent.

Conventions
-----------
A run is a directory: ``run.json`` (written last), ``recipe.toml`` (every knob),
``split.json``, ``predictions.csv`` (validation and test tracks with their
probabilities), ``model.onnx``, ``report.json`` and ``figures/``; a network's has
``history.csv`` (one row an epoch) and ``model.keras`` too. A run of several folds
holds a run for each in ``fold-0`` ... and its own files pool them; it may have a
model of its own, trained on all tracks once the folds were judged. While it is being made
it stands under ``<name>.partial``, so a run that has its name is whole.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
import numpy as np
import numpy.typing as npt

from genrelab.errors import RunError, UsageError
from genrelab.learning.features import Normalization
from genrelab.learning.recipes import Recipe, load_recipe
from genrelab.learning.splits import Ints
from genrelab.learning.training import Epoch
from genrelab.music.analysis import Dialect

FORMAT_VERSION = 1
PredictedPart = Literal["valid", "test"]
PREDICTED_PARTS: tuple[PredictedPart, ...] = get_args(PredictedPart)


class Scale(msgspec.Struct, frozen=True):
    """A normalization as it lies in ``run.json``."""

    mean: list[Any]
    std: list[Any]


class Abstention(msgspec.Struct, frozen=True, kw_only=True):
    """What is gained by not answering where confidence is low.

    Attributes
    ----------
    precision : float
        The share of the answers that was to be right, and was, on validation tracks.
    threshold : float
        The confidence (largest probability) from which an answer is given.
    coverage : float
        The share of the tracks that are answered.
    n : int
        How many those were.
    """

    precision: float
    threshold: float
    coverage: float
    n: int


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What ``run.json`` holds: all that prediction needs, and where the run came from.

    Attributes
    ----------
    classes : tuple of str
        In index order.
    folds : int
        0 for a run of its own, else how many runs it pools.
    normalization : Scale or None
        Applied to the input's valid segments, where the recipe asked for it.
    data_digest, split_digest, labels_digest, analyses_digest : str
        SHA-256 over the arrays, over the tracks of each part, over their genres,
        and over what the corpus held of them.
    scores : dict
        Accuracy, balanced accuracy and macro F1 by part.
    majority : str
        The most frequent class of the training tracks.
    calibrated : bool
        Whether the probabilities were calibrated on validation tracks.
    temperature : float
        By which they are divided, as logarithms; 1 where they were not.
    abstention : list of Abstention
        By rising precision, measured on validation tracks; empty where it was not.
    whole : bool
        Whether a run of several folds has a model that was trained on all tracks.
    onnx_max_difference : float or None
        Largest difference between the two model files' probabilities.
    """

    format_version: int = FORMAT_VERSION
    name: str
    classes: tuple[str, ...]
    dialect: Dialect
    folds: int = 0
    normalization: Scale | None = None
    data_digest: str
    split_digest: str
    labels_digest: str
    analyses_digest: str
    parameters: int | None
    best_epoch: int | None = None
    onnx_max_difference: float | None
    backend: str
    threads: int
    versions: dict[str, str]
    started: str
    seconds: float
    n_tracks: dict[str, int]
    majority: str
    scores: dict[str, dict[str, float]]
    calibrated: bool = False
    temperature: float = 1.0
    abstention: list[Abstention] = []
    whole: bool = False
    left_out: dict[str, int] = {}
    remarks: list[str] = []


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predictions:
    """Probabilities of several tracks, with their truth.

    Attributes
    ----------
    classes, track_ids : tuples of str
    truth : int array [n], index into ``classes``
    probabilities : float array [n, K], rows sum to 1
    fold : int array [n]
        Which fold's model spoke; 0 where there is one model.
    """

    classes: tuple[str, ...]
    track_ids: tuple[str, ...]
    truth: Ints
    probabilities: npt.NDArray[np.float64]
    fold: Ints

    @classmethod
    def pooled(cls, several: Sequence[Predictions]) -> Predictions:
        """Put the predictions of several folds one behind the other."""
        return cls(
            classes=several[0].classes,
            track_ids=tuple(track_id for one in several for track_id in one.track_ids),
            truth=np.concatenate([one.truth for one in several]),
            probabilities=np.concatenate([one.probabilities for one in several]),
            fold=np.concatenate([one.fold for one in several]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A complete run on disk; its parts are read when asked for."""

    path: Path
    info: RunInfo
    recipe: Recipe

    @property
    def name(self) -> str:
        """The run's name: its directory's."""
        return self.path.name

    @property
    def classes(self) -> tuple[str, ...]:
        """Genres in index order."""
        return self.info.classes

    @property
    def members(self) -> list[Run]:
        """The runs whose models answer together: this one, or one a fold."""
        if not self.info.folds or self.info.whole:
            return [self]
        return [load_run(self.path / f"fold-{fold}") for fold in range(self.info.folds)]

    @property
    def normalization(self) -> Normalization | None:
        """The scaling of the input, None where there is none."""
        if self.info.normalization is None:
            return None
        scale = self.info.normalization
        return Normalization(
            mean=np.array(scale.mean, np.float32), std=np.array(scale.std, np.float32)
        )

    def history(self) -> list[Epoch]:
        """Read a network's training history; a pooled run has none of its own."""
        path = self.path / "history.csv"
        with _readable(path):
            return [
                Epoch(epoch=int(row["epoch"]), **{k: float(row[k]) for k in CURVES})
                for row in _read_csv(path)
            ]

    def split(self) -> dict[str, Any]:
        """Read ``split.json``."""
        path = self.path / "split.json"
        with _readable(path):
            return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])

    def predictions(self, part: PredictedPart = "test") -> Predictions:
        """Read the probabilities that the run gave to its validation or test tracks."""
        path = self.path / "predictions.csv"
        index = {genre: k for k, genre in enumerate(self.classes)}
        with _readable(path):
            rows = [row for row in _read_csv(path) if row["part"] == part]
            return Predictions(
                classes=self.classes,
                track_ids=tuple(row["track_id"] for row in rows),
                truth=np.array([index[row["genre"]] for row in rows], dtype=np.int64),
                probabilities=np.array(
                    [[float(row[genre]) for genre in self.classes] for row in rows]
                ).reshape(len(rows), len(self.classes)),
                fold=np.array([int(row["fold"]) for row in rows], dtype=np.int64),
            )


CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn whatever is wrong with a file of a run into one sentence."""
    try:
        yield
    except OSError as error:
        raise RunError(
            f"{path}: part of a run, but cannot be read ({error.strerror}); train it again"
        ) from error
    except (ValueError, KeyError, TypeError, csv.Error, msgspec.MsgspecError) as error:
        raise RunError(f"{path}: part of a run, but damaged ({error}); train it again") from error


def _read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _read_recipe(path: Path) -> Recipe:
    with _readable(path):
        path.stat()  # a recipe that is not there would be looked for among those that ship
    try:
        return load_recipe(path)
    except UsageError as error:
        problem = str(error).removeprefix(f"{path}: ")
        raise RunError(f"{path}: part of a run, but damaged ({problem}); train it again") from error


def load_run(path: str | Path) -> Run:
    """Open a run.

    Raises
    ------
    RunError
        If the directory is no complete run, or of a newer format.
    """
    path = Path(path)
    file = path / "run.json"
    if not file.is_file():
        partial = path.with_name(f"{path.name}.partial")
        hint = (
            "its training was interrupted: run the same command again"
            if partial.is_dir()
            else ("train one with `genrelab train CORPUS RECIPE -o RUN`")
        )
        raise RunError(f"{path}: no complete run (there is no run.json); {hint}")
    try:
        raw = file.read_bytes()
        version = msgspec.json.decode(raw, type=dict[str, Any]).get("format_version")
        if not isinstance(version, int) or version > FORMAT_VERSION:
            raise RunError(
                f"{file}: run format {version} is not one this genrelab reads "
                f"({FORMAT_VERSION}); upgrade with pip install -U genrelab"
            )
        info = msgspec.json.decode(raw, type=RunInfo)
    except (OSError, msgspec.MsgspecError) as error:
        raise RunError(f"{file}: damaged ({error}); train the run again") from error
    return Run(path=path, info=info, recipe=_read_recipe(path / "recipe.toml"))
