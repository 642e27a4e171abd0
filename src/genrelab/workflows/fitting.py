"""Fitting: one learner on one split, its model files and what it predicts.

Conventions
-----------
Validation tracks choose the temperature, test tracks nothing. What is judged is the file
that will be used later, not the object it was written from.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genrelab import __version__
from genrelab.errors import DataError
from genrelab.judging.calibration import abstention_curve, fit_temperature, with_temperature
from genrelab.learning.classical import fit_classical, source_weights
from genrelab.learning.features import Features, Normalization
from genrelab.learning.onnx_export import export_onnx
from genrelab.learning.recipes import Recipe
from genrelab.learning.run_directory import RunDirectory
from genrelab.learning.runs import PredictedPart, Predictions, Run, Scale
from genrelab.learning.samples import Samples
from genrelab.learning.splits import Ints, Split
from genrelab.learning.training import Epoch, Fitted, fit_network, predict_network
from genrelab.listening.models import Probabilities, ask_about_tracks, ask_network, open_network
from genrelab.progress import Progress

MODEL = "model.onnx"
Facts = Mapping[str, Any]  # what ``run.json`` says of a model


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What a model just trained predicts, and what ``run.json`` says of it.

    Attributes
    ----------
    history : tuple of Epoch
        Empty where there are no epochs.
    """

    predictions: Mapping[PredictedPart, Predictions]
    facts: Facts
    history: tuple[Epoch, ...] = ()


def train_member(
    samples: Samples, split: Split, recipe: Recipe, directory: RunDirectory, progress: Progress
) -> Trained:
    """Train a recipe's learner on one split and write its model files.

    Raises
    ------
    DataError
        If a genre has no track to train on.
    """
    _refuse_absent_genres(samples, split)
    path = directory.partial / MODEL
    history: tuple[Epoch, ...]
    normalization: Normalization | None
    if recipe.is_classical:
        progress(f"training {recipe.name}", 0, None)
        facts = fit_on_tracks(samples, split.train, recipe, path)
        history, normalization = (), None
    else:
        facts, history, normalization = _fit_network(samples, split, recipe, directory, progress)
    valid = _ask(path, samples, split.valid, normalization)
    truth = _truth(samples, split.valid)
    temperature = fit_temperature(truth, valid) if recipe.calibrate else 1.0
    if recipe.is_classical and recipe.refit:
        facts = fit_on_tracks(samples, (*split.train, *split.valid), recipe, path)
    test = _ask(path, samples, split.test, normalization)
    asked: tuple[tuple[PredictedPart, tuple[str, ...], Probabilities], ...] = (
        ("valid", split.valid, valid),
        ("test", split.test, test),
    )
    predictions = {
        part: Predictions(
            classes=samples.classes,
            track_ids=ids,
            truth=_truth(samples, ids),
            probabilities=with_temperature(probabilities, temperature),
            fold=np.full(len(ids), split.fold or 0),
        )
        for part, ids, probabilities in asked
    }
    facts = {
        **facts,
        "data_digest": _data_digest(samples, split),
        **calibration_facts(recipe, predictions["valid"], temperature),
    }
    return Trained(predictions=predictions, facts=facts, history=history)


def fit_on_tracks(samples: Samples, track_ids: Sequence[str], recipe: Recipe, path: Path) -> Facts:
    """Train a classical learner on some tracks and write its model file."""
    labels = _truth(samples, track_ids)
    learner = fit_classical(
        samples.features(track_ids),
        labels,
        n_classes=len(samples.classes),
        recipe=recipe,
        track_weights=source_weights(track_ids, labels) if recipe.balance_sources else None,
    )
    learner.export(path)
    backend = "scikit-learn"
    return {
        "parameters": learner.n_parameters,
        "onnx_max_difference": None,  # there is one file alone
        "backend": backend,
        "threads": 1,
        "versions": _versions(backend, importlib.metadata.version(backend)),
    }


def calibration_facts(recipe: Recipe, valid: Predictions, temperature: float) -> Facts:
    """Tell how far answers can be believed, from what was said of the validation tracks."""
    if not recipe.calibrate:
        return {}
    return {
        "calibrated": True,
        "temperature": temperature,
        "abstention": abstention_curve(valid.truth, valid.probabilities),
    }


def mean_temperature(members: Sequence[Run]) -> float:
    """Return the temperature for a model that was trained on all folds: their geometric mean."""
    return float(np.exp(np.mean([np.log(member.info.temperature) for member in members])))


def _refuse_absent_genres(samples: Samples, split: Split) -> None:
    there = set(_truth(samples, split.train).tolist())
    absent = [genre for k, genre in enumerate(samples.classes) if k not in there]
    if absent:
        where = "" if split.fold is None else f" of fold {split.fold}"
        raise DataError(
            f"no {absent[0]} track among the training tracks{where}: its {split.group}s are too "
            "few to stand in every part; add tracks, leave it out of --genres or use more --folds"
        )


def _fit_network(
    samples: Samples, split: Split, recipe: Recipe, directory: RunDirectory, progress: Progress
) -> tuple[Facts, tuple[Epoch, ...], Normalization | None]:
    train, valid = samples.features(split.train), samples.features(split.valid)
    normalization = Normalization.measure(train) if recipe.normalize else None
    if normalization:
        train, valid = normalization.apply(train), normalization.apply(valid)
    fitted = fit_network(
        (train, _truth(samples, split.train)),
        (valid, _truth(samples, split.valid)),
        n_classes=len(samples.classes),
        recipe=recipe,
        progress=progress,
    )
    scale = normalization
    facts = {
        "normalization": Scale(mean=scale.mean.tolist(), std=scale.std.tolist()) if scale else None,
        "parameters": int(fitted.model.count_params()),
        "best_epoch": max(fitted.history, key=lambda epoch: epoch.val_accuracy).epoch,
        "onnx_max_difference": _write_network(directory, fitted, valid),
        "backend": fitted.backend,
        "threads": fitted.threads,
        "versions": {
            **_versions(fitted.backend, fitted.backend_version),
            "keras": importlib.metadata.version("keras"),
        },
    }
    return facts, fitted.history, normalization


def _write_network(directory: RunDirectory, fitted: Fitted, valid: Features) -> float:
    """Write both model files; return how far their probabilities lie apart at most."""
    fitted.model.save(directory.partial / "model.keras")
    path = directory.partial / MODEL
    export_onnx(fitted.model, path)
    of_file = ask_network(open_network(path), valid.x)
    return float(np.abs(of_file - predict_network(fitted.model, valid.x)).max())


def _ask(
    path: Path, samples: Samples, track_ids: Sequence[str], normalization: Normalization | None
) -> Probabilities:
    features = samples.features(track_ids)
    if normalization:
        features = normalization.apply(features)
    return ask_about_tracks(open_network(path), features)


def _truth(samples: Samples, track_ids: Sequence[str]) -> Ints:
    truth: Ints = samples.y[samples.rows(track_ids)]
    return truth


def _data_digest(samples: Samples, split: Split) -> str:
    inputs = [samples.features(ids).x for ids in split.parts.values()]
    labels = [_truth(samples, ids) for ids in split.parts.values()]
    return digest_of(*(np.ascontiguousarray(a).data.cast("B") for a in [*inputs, *labels]))


def digest_of(*content: bytes | memoryview) -> str:
    """SHA-256 over several pieces, one behind the other."""
    digest = hashlib.sha256()
    for part in content:
        digest.update(part)
    return digest.hexdigest()


def _versions(backend: str, backend_version: str) -> dict[str, str]:
    return {
        "genrelab": __version__,
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in ("numpy", "onnxruntime")},
        backend: backend_version,
    }
