"""Experiments: a corpus and a recipe in, a judged run out.

Conventions
-----------
An experiment of several folds trains a run for each and pools their test tracks; a
classical learner is then trained once more, on all of them, for use. Whatever is finished
is kept: the same command, run again after an interruption, trains only what is missing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from genrelab.errors import UsageError
from genrelab.judging.figures import (
    draw_confusion,
    draw_network,
    draw_reliability,
    draw_training,
    save_figure,
)
from genrelab.judging.reports import Report
from genrelab.learning.inputs import INPUTS
from genrelab.learning.networks import build_network, describe_layers
from genrelab.learning.recipes import Recipe
from genrelab.learning.run_directory import RunDirectory, find_run
from genrelab.learning.runs import PREDICTED_PARTS, PredictedPart, Predictions, Run, RunInfo
from genrelab.learning.samples import Plan, Samples, load_samples, plan_sample
from genrelab.learning.training import Epoch
from genrelab.music.corpus import Corpus
from genrelab.progress import Progress, silent
from genrelab.workflows.fitting import (
    MODEL,
    calibration_facts,
    digest_of,
    fit_on_tracks,
    mean_temperature,
    train_member,
)
from genrelab.workflows.writing import alone_in, writing_to

SAME_PROBABILITY = 1e-5  # by which a run's two model files may differ


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
        If something else stands at ``out``, or another process trains there.
    """
    plan = plan_sample(corpus, recipe, progress=progress)
    found = find_run(out, recipe)
    if found:
        _refuse_other_content(found, plan)
        return found
    samples = load_samples(corpus, plan, recipe.input, recipe.hearing, progress=progress)
    with writing_to(Path(out)), alone_in(RunDirectory(out).partial):
        made_meanwhile = find_run(out, recipe)
        return made_meanwhile or _train_planned(samples, plan, recipe, Path(out), progress)


def has_content(run: Run, plan: Plan) -> bool:
    """Tell whether a run was trained on a plan's very tracks, genres and analyses."""
    then = (run.info.split_digest, run.info.labels_digest, run.info.analyses_digest)
    return then == (plan.split_digest, plan.labels_digest, plan.analyses_digest)


def plans_of_folds(plan: Plan) -> list[Plan]:
    """Return the plan of each run that a run of this plan pools."""
    return [replace(plan, splits=(split,), remarks=()) for split in plan.splits]


def _refuse_other_content(run: Run, plan: Plan) -> None:
    if not has_content(run, plan):
        raise UsageError(
            f"{run.path}: was trained on other tracks, genres or analyses: the corpus or the split "
            "file has changed since; choose another -o"
        )


def _train_planned(
    samples: Samples,
    plan: Plan,
    recipe: Recipe,
    out: Path,
    progress: Progress,
    *,
    draw: bool = True,
) -> Run:
    """Train one model, or one a fold whose test tracks are then pooled and drawn."""
    directory = RunDirectory(out)
    clock = _Clock()
    if len(plan.splits) == 1:
        member = train_member(samples, plan.splits[0], recipe, directory, progress)
        if member.history:
            directory.write_history(member.history)
        if draw:
            _draw(directory, recipe, member.predictions, [member.history])
        return _complete(directory, plan, recipe, member.predictions, clock, **member.facts)
    members = _train_folds(samples, plan, recipe, directory, progress)
    pooled = {
        part: Predictions.pooled([member.predictions(part) for member in members])
        for part in PREDICTED_PARTS
    }
    histories = [] if recipe.is_classical else [member.history() for member in members]
    _draw(directory, recipe, pooled, histories)
    facts, temperature = _facts_of(members), 1.0
    if recipe.is_classical and recipe.refit:
        progress(f"training {recipe.name} on all tracks", 0, None)
        facts |= fit_on_tracks(samples, plan.track_ids, recipe, directory.partial / MODEL)
        facts["whole"] = True
        temperature = mean_temperature(members)
    facts |= calibration_facts(recipe, pooled["valid"], temperature)
    return _complete(directory, plan, recipe, pooled, clock, **facts)


def _train_folds(
    samples: Samples, plan: Plan, recipe: Recipe, directory: RunDirectory, progress: Progress
) -> list[Run]:
    """Train a run for each fold, but for those that stand there already."""
    members = []
    for fold, of_fold in enumerate(plans_of_folds(plan)):

        def tell(stage: str, done: int, total: int | None, fold: int = fold) -> None:
            progress(f"{stage}, fold {fold + 1} of {len(plan.splits)}", done, total)

        path = directory.partial / f"fold-{fold}"
        done = find_run(path, recipe)
        if done:
            _refuse_other_content(done, of_fold)
        members.append(done or _train_planned(samples, of_fold, recipe, path, tell, draw=False))
    return members


def _facts_of(members: Sequence[Run]) -> dict[str, Any]:
    """Tell of several folds what ``run.json`` tells of one."""
    first = members[0].info
    return {
        "folds": len(members),
        "data_digest": digest_of(*(member.info.data_digest.encode() for member in members)),
        "parameters": first.parameters,
        "onnx_max_difference": max(member.info.onnx_max_difference or 0.0 for member in members),
        "backend": first.backend,
        "threads": first.threads,
        "versions": first.versions,
    }


class _Clock:
    """When a run began, and how long it has taken."""

    def __init__(self) -> None:
        self.began = datetime.now(UTC).isoformat(timespec="seconds")
        self._start = time.monotonic()

    def seconds(self) -> float:
        return round(time.monotonic() - self._start, 2)


def _complete(
    directory: RunDirectory,
    plan: Plan,
    recipe: Recipe,
    predictions: Mapping[PredictedPart, Predictions],
    clock: _Clock,
    **facts: Any,
) -> Run:
    """Judge the test tracks, write what the run still lacks and give it its name."""
    majority = _majority(plan)
    report = _judge(predictions["test"], directory.path.name, majority)
    directory.write_json("report.json", report.to_dict())
    directory.write_recipe(recipe)
    directory.write_splits(plan.splits, plan.artist_keys, plan.recording_keys)
    directory.write_predictions(predictions)
    return directory.finish(
        RunInfo(
            name=recipe.name,
            classes=plan.classes,
            dialect=plan.dialect,
            split_digest=plan.split_digest,
            labels_digest=plan.labels_digest,
            analyses_digest=plan.analyses_digest,
            started=clock.began,
            seconds=clock.seconds(),
            n_tracks=_sizes(plan),
            majority=majority,
            scores=_scores(predictions),
            left_out=dict(plan.left_out),
            remarks=[*plan.remarks, *report.remarks, *_model_remarks(facts)],
            **facts,
        )
    )


def _model_remarks(facts: Mapping[str, Any]) -> list[str]:
    apart = float(facts["onnx_max_difference"] or 0)
    if apart <= SAME_PROBABILITY:
        return []
    return [f"model.keras and model.onnx differ by {apart:.1e} in a probability, which is too much"]


def _sizes(plan: Plan) -> dict[str, int]:
    if len(plan.splits) > 1:
        return {"all": len(plan.labels)}
    return {part: len(ids) for part, ids in plan.splits[0].parts.items()}


def _majority(plan: Plan) -> str:
    """Name the most frequent genre of the training tracks."""
    train = [plan.labels[i] for split in plan.splits for i in split.train]
    return plan.classes[int(np.bincount(train, minlength=len(plan.classes)).argmax())]


def _scores(predictions: Mapping[PredictedPart, Predictions]) -> dict[str, dict[str, float]]:
    scores: dict[str, dict[str, float]] = {}
    for part, one in predictions.items():
        report = _judge(one, part)
        scores[part] = {
            "accuracy": report.accuracy,
            "balanced_accuracy": report.balanced_accuracy,
            "macro_f1": report.macro_f1,
            "log_loss": float(report.log_loss or 0.0),
        }
    return scores


def _judge(predictions: Predictions, name: str, majority: str | None = None) -> Report:
    return Report.from_predictions(
        predictions.classes,
        predictions.truth,
        predictions.probabilities,
        name=name,
        majority=majority,
    )


def _draw(
    directory: RunDirectory,
    recipe: Recipe,
    predictions: Mapping[PredictedPart, Predictions],
    histories: Sequence[Sequence[Epoch]],
) -> None:
    folder = directory.partial / "figures"
    report = _judge(predictions["test"], directory.path.name)
    save_figure(draw_confusion(report), folder / "confusion")
    save_figure(draw_reliability(report), folder / "reliability")
    if recipe.is_classical:
        return
    shape = INPUTS[recipe.input].shape(recipe.segments)
    network = build_network(recipe.neural_network, shape, len(report.classes), recipe.dropout)
    save_figure(draw_training(histories, title=report.name), folder / "training")
    save_figure(
        draw_network(describe_layers(network), input_shape=shape, title=recipe.network),
        folder / "network",
    )
