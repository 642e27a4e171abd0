"""Fitting: one network on one split, its model files and what it predicts."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genrelab import __version__
from genrelab.learning.features import Features, Normalization
from genrelab.learning.onnx_export import export_onnx
from genrelab.learning.recipes import Recipe
from genrelab.learning.run_directory import RunDirectory
from genrelab.learning.runs import PREDICTED_PARTS, PredictedPart, Predictions, Scale
from genrelab.learning.samples import Samples
from genrelab.learning.splits import Ints, Part, Split
from genrelab.learning.training import Fitted, fit_network, predict_network
from genrelab.listening.models import ask_network, open_network
from genrelab.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class _Data:
    """Features and classes of each part of one split, ready for the network."""

    features: Mapping[Part, Features]
    labels: Mapping[Part, Ints]
    normalization: Normalization | None
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A network just trained, what it predicts, and what ``run.json`` says of it."""

    fitted: Fitted
    predictions: Mapping[PredictedPart, Predictions]
    facts: Mapping[str, Any]


def train_network(
    samples: Samples, split: Split, recipe: Recipe, directory: RunDirectory, progress: Progress
) -> Trained:
    """Train a recipe's network on one split and write its model files."""
    data = _prepare(samples, split, recipe)
    fitted = fit_network(
        (data.features["train"], data.labels["train"]),
        (data.features["valid"], data.labels["valid"]),
        n_classes=len(samples.classes),
        recipe=recipe,
        progress=progress,
    )
    difference = _write_model(directory, fitted, data)
    scale = data.normalization
    return Trained(
        fitted=fitted,
        predictions=_predict(directory.partial / "model.onnx", data, split, samples.classes),
        facts={
            "normalization": Scale(mean=scale.mean.tolist(), std=scale.std.tolist())
            if scale
            else None,
            "data_digest": data.digest,
            "parameters": int(fitted.model.count_params()),
            "best_epoch": max(fitted.history, key=lambda epoch: epoch.val_accuracy).epoch,
            "onnx_max_difference": difference,
            "backend": fitted.backend,
            "threads": fitted.threads,
            "versions": _versions(fitted),
        },
    )


def _prepare(samples: Samples, split: Split, recipe: Recipe) -> _Data:
    features = {part: samples.features(ids) for part, ids in split.parts.items()}
    labels = {part: samples.y[samples.rows(ids)] for part, ids in split.parts.items()}
    raw = [part.x for part in features.values()] + list(labels.values())
    normalization = Normalization.measure(features["train"]) if recipe.normalize else None
    if normalization:
        features = {part: normalization.apply(values) for part, values in features.items()}
    return _Data(
        features=features,
        labels=labels,
        normalization=normalization,
        digest=digest_of(*(np.ascontiguousarray(array).data.cast("B") for array in raw)),
    )


def digest_of(*content: bytes | memoryview) -> str:
    """SHA-256 over several pieces, one behind the other."""
    digest = hashlib.sha256()
    for part in content:
        digest.update(part)
    return digest.hexdigest()


def _write_model(directory: RunDirectory, fitted: Fitted, data: _Data) -> float:
    """Write both model files; return how far their probabilities lie apart at most."""
    fitted.model.save(directory.partial / "model.keras")
    path = directory.partial / "model.onnx"
    export_onnx(fitted.model, path)
    x = data.features["valid"].x
    return float(
        np.abs(ask_network(open_network(path), x) - predict_network(fitted.model, x)).max()
    )


def _predict(
    path: Path, data: _Data, split: Split, classes: tuple[str, ...]
) -> dict[PredictedPart, Predictions]:
    """Predict with the file that will be used later, so that it is what is judged."""
    network = open_network(path)
    predictions: dict[PredictedPart, Predictions] = {}
    for part in PREDICTED_PARTS:
        ids = split.parts[part]
        predictions[part] = Predictions(
            classes=classes,
            track_ids=ids,
            truth=data.labels[part],
            probabilities=ask_network(network, data.features[part].x),
            fold=np.full(len(ids), split.fold or 0),
        )
    return predictions


def _versions(fitted: Fitted) -> dict[str, str]:
    packages = ("keras", "numpy", "onnxruntime")
    return {
        "genrelab": __version__,
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in packages},
        fitted.backend: fitted.backend_version,
    }
