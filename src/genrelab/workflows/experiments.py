"""Experiments: a corpus and a recipe in, a judged run out.

Conventions
-----------
An experiment of several folds trains a run for each and pools their test
tracks. Whatever is finished is kept: the same command, run again after an
interruption, trains only what is missing.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from genrelab.judging.figures import (
    confusion_figure,
    network_figure,
    reliability_figure,
    save_figure,
    training_figure,
)
from genrelab.judging.reports import Report
from genrelab.learning.features import Features, Normalization
from genrelab.learning.networks import describe_layers
from genrelab.learning.onnx_export import export_onnx
from genrelab.learning.recipes import Recipe
from genrelab.learning.runs import (
    PREDICTED_PARTS,
    Predictions,
    Run,
    RunDirectory,
    RunInfo,
    Scale,
    find_run,
)
from genrelab.learning.samples import Plan, Samples, load_samples, plan_sample
from genrelab.learning.splits import Ints, Split
from genrelab.learning.training import Fitted, fit_network, predict_network
from genrelab.listening.models import ask_network, open_network
from genrelab.music.corpus import Corpus
from genrelab.progress import Progress, silent

Part = Literal["train", "valid", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Data:
    """Features and classes of each part of one split, ready for the network."""

    features: Mapping[str, Features]
    labels: Mapping[str, Ints]
    normalization: Normalization | None
    digest: str


def train(
    corpus: Corpus,
    recipe: Recipe,
    out: str | Path,
    *,
    progress: Progress = silent,
) -> Run:
    """Train a recipe on a corpus and judge the result.

    Parameters
    ----------
    corpus : Corpus
    recipe : Recipe
    out : path-like
        Directory of the run; must be free, or hold a run of the same recipe,
        which is then returned as it is.
    progress : Progress
        Told tracks read and epochs trained.

    Returns
    -------
    Run

    Raises
    ------
    DataError
        If the corpus has not what the recipe needs.
    UsageError
        If something else stands at ``out``.
    """
    found = find_run(out, recipe)
    if found:
        return found
    plan = plan_sample(corpus, recipe)
    samples = load_samples(corpus, plan, recipe.input, recipe.segments, progress=progress)
    if len(plan.splits) == 1:
        return _train_one(samples, plan, plan.splits[0], recipe, Path(out), progress)
    return _train_folds(samples, plan, recipe, Path(out), progress)


def _train_folds(
    samples: Samples, plan: Plan, recipe: Recipe, out: Path, progress: Progress
) -> Run:
    began, clock = _now(), time.monotonic()
    directory = RunDirectory(out)
    members = []
    for fold, split in enumerate(plan.splits):
        path = directory.partial / f"fold-{fold}"

        def tell(stage: str, done: int, total: int | None, fold: int = fold) -> None:
            progress(f"{stage}, fold {fold + 1} of {len(plan.splits)}", done, total)

        member = find_run(path, recipe)
        members.append(member or _train_one(samples, plan, split, recipe, path, tell))
    pooled = {
        part: Predictions.pooled([member.predictions(part) for member in members])
        for part in PREDICTED_PARTS
    }
    majority = _majority(plan, [i for split in plan.splits for i in split.train])
    report = _judge(pooled, directory, name=out.name, majority=majority)
    _draw(directory, report, [member.history() for member in members])
    directory.write_recipe(recipe)
    directory.write_splits(plan.splits, plan.groups)
    directory.write_predictions(pooled)
    return directory.finish(
        RunInfo(
            name=recipe.name,
            classes=plan.classes,
            dialect=plan.dialect,
            folds=len(members),
            normalization=None,
            data_digest=members[0].info.data_digest,
            split_digest=_digest(*(split.digest.encode() for split in plan.splits)),
            parameters=members[0].info.parameters,
            best_epoch=None,
            onnx_max_difference=max(m.info.onnx_max_difference or 0.0 for m in members),
            backend=members[0].info.backend,
            threads=members[0].info.threads,
            versions=members[0].info.versions,
            started=began,
            seconds=round(time.monotonic() - clock, 2),
            n_tracks={"all": len(plan.labels)},
            majority=majority,
            scores=_scores(pooled),
            left_out=dict(plan.left_out),
            remarks=[*plan.remarks, *report.remarks],
        )
    )


def _train_one(
    samples: Samples, plan: Plan, split: Split, recipe: Recipe, out: Path, progress: Progress
) -> Run:
    began, clock = _now(), time.monotonic()
    data = _prepare(samples, split, recipe)
    fitted = fit_network(
        (data.features["train"], data.labels["train"]),
        (data.features["valid"], data.labels["valid"]),
        n_classes=len(plan.classes),
        recipe=recipe,
        progress=progress,
    )
    directory = RunDirectory(out)
    difference = _write_model(directory, fitted, data)
    predictions = _predict(directory.partial / "model.onnx", data, split, plan)
    majority = _majority(plan, split.train)
    report = _judge(predictions, directory, name=out.name, majority=majority)
    directory.write_recipe(recipe)
    directory.write_splits([split], plan.groups)
    directory.write_history(fitted.history)
    directory.write_predictions(predictions)
    _draw(directory, report, [list(fitted.history)], fitted.model)
    scale = data.normalization
    return directory.finish(
        RunInfo(
            name=recipe.name,
            classes=plan.classes,
            dialect=plan.dialect,
            folds=0,
            normalization=Scale(mean=scale.mean.tolist(), std=scale.std.tolist())
            if scale
            else None,
            data_digest=data.digest,
            split_digest=split.digest,
            parameters=int(fitted.model.count_params()),
            best_epoch=max(fitted.history, key=lambda epoch: epoch.val_accuracy).epoch,
            onnx_max_difference=difference,
            backend=fitted.backend,
            threads=fitted.threads,
            versions=_versions(fitted),
            started=began,
            seconds=round(time.monotonic() - clock, 2),
            n_tracks={part: len(ids) for part, ids in _parts(split).items()},
            majority=majority,
            scores=_scores(predictions),
            left_out=dict(plan.left_out),
            remarks=[*plan.remarks, *report.remarks],
        )
    )


def _parts(split: Split) -> dict[Part, tuple[str, ...]]:
    return {"train": split.train, "valid": split.valid, "test": split.test}


def _prepare(samples: Samples, split: Split, recipe: Recipe) -> _Data:
    features = {part: samples.features(ids) for part, ids in _parts(split).items()}
    labels = {part: samples.y[samples.rows(ids)] for part, ids in _parts(split).items()}
    raw = [part.x for part in features.values()] + list(labels.values())
    normalization = Normalization.measure(features["train"]) if recipe.normalize else None
    if normalization:
        features = {part: normalization.apply(values) for part, values in features.items()}
    return _Data(
        features=features,
        labels=labels,
        normalization=normalization,
        digest=_digest(*(np.ascontiguousarray(array).data.cast("B") for array in raw)),
    )


def _digest(*content: bytes | memoryview) -> str:
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
    return float(np.abs(ask_network(open_network(path), x) - predict_network(fitted.model, x)).max())


def _predict(path: Path, data: _Data, split: Split, plan: Plan) -> dict[str, Predictions]:
    """Predict with the file that will be used later, so that it is what is judged."""
    network = open_network(path)
    predictions = {}
    for part in PREDICTED_PARTS:
        ids = _parts(split)[part]
        predictions[part] = Predictions(
            classes=plan.classes,
            track_ids=ids,
            truth=data.labels[part],
            probabilities=ask_network(network, data.features[part].x),
            fold=np.full(len(ids), split.fold or 0),
        )
    return predictions


def _majority(plan: Plan, train: Sequence[str]) -> str:
    counts = np.bincount([plan.labels[i] for i in train], minlength=len(plan.classes))
    return plan.classes[int(counts.argmax())]


def _judge(
    predictions: Mapping[str, Predictions], directory: RunDirectory, *, name: str, majority: str
) -> Report:
    """Judge the test tracks and write ``report.json``."""
    test = predictions["test"]
    report = Report.from_predictions(
        test.classes, test.truth, test.probabilities, name=name, majority=majority
    )
    text = msgspec.json.format(msgspec.json.encode(report.to_dict()), indent=1)
    (directory.partial / "report.json").write_bytes(text)
    return report


def _scores(predictions: Mapping[str, Predictions]) -> dict[str, dict[str, float]]:
    scores = {}
    for part, one in predictions.items():
        report = Report.from_predictions(one.classes, one.truth, one.probabilities)
        scores[part] = {
            "accuracy": report.accuracy,
            "balanced_accuracy": report.balanced_accuracy,
            "macro_f1": report.macro_f1,
            "log_loss": float(report.log_loss or 0.0),
        }
    return scores


def _draw(
    directory: RunDirectory, report: Report, histories: Sequence[Sequence[Any]], model: Any = None
) -> None:
    figures = directory.partial / "figures"
    figures.mkdir(exist_ok=True)
    save_figure(confusion_figure(report), figures / "confusion")
    save_figure(training_figure(histories), figures / "training")
    if report.reliability is not None:
        save_figure(reliability_figure(report), figures / "reliability")
    if model is not None:
        save_figure(network_figure(describe_layers(model)), figures / "network")


def _versions(fitted: Fitted) -> dict[str, str]:
    packages = ("genrelab", "keras", "numpy", "onnxruntime")
    return {
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in packages},
        fitted.backend: fitted.backend_version,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
