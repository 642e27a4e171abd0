"""Lesson training: the recipes of a choice, trained, and the one that does best kept.

Conventions
-----------
Validation tracks choose. The runs that were not kept stay in ``<RUN>.trials``.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genrelab.errors import UsageError
from genrelab.learning.recipes import Recipe
from genrelab.learning.run_directory import run_at
from genrelab.learning.runs import Run, load_run
from genrelab.learning.samples import Plan, plan_sample
from genrelab.music.corpus import Corpus
from genrelab.progress import Progress
from genrelab.workflows.experiments import has_content, plans_of_folds, train

EARLIER = ".earlier"  # ends the name of the run that another one has replaced


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A recipe that was tried, and how it did on validation songs."""

    name: str
    accuracy: float
    balanced_accuracy: float

    @classmethod
    def from_run(cls, run: Run) -> Trial:
        """Take the validation scores of a finished run."""
        scores = run.info.scores["valid"]
        return cls(
            name=run.recipe.name,
            accuracy=scores["accuracy"],
            balanced_accuracy=scores["balanced_accuracy"],
        )


def train_best(
    corpus: Corpus, recipes: Sequence[Recipe], out: Path, *, again: bool, progress: Progress
) -> tuple[Run, Sequence[Trial]]:
    """Train every recipe of a choice and keep the run that does best on validation tracks."""
    trials = out.with_name(f"{out.name}.trials")
    plans = [plan_sample(corpus, recipe, progress=progress) for recipe in recipes]
    run = _finished(out, recipes, plans, again=again)
    if run is None and len(recipes) == 1:
        run = _train(corpus, recipes[0], plans[0], out, progress)
    if run is None:
        tried = [
            _train(corpus, recipe, plan, trials / recipe.name, progress)
            for recipe, plan in zip(recipes, plans, strict=True)
        ]
        best = max(tried, key=lambda one: one.info.scores["valid"]["balanced_accuracy"])
        best.path.replace(out)
        run = load_run(out)
    others = [run_at(trials / recipe.name) for recipe in recipes if recipe != run.recipe]
    return run, [Trial.from_run(one) for one in (run, *others) if one]


def _finished(
    out: Path, recipes: Sequence[Recipe], plans: Sequence[Plan], *, again: bool
) -> Run | None:
    """Return the run that is there, if it is what would be trained now."""
    run = run_at(out)
    if run is None:
        return None
    for recipe, plan in zip(recipes, plans, strict=True):
        if run.recipe == recipe and has_content(run, plan):
            return run
    if not again:
        what = "with other settings" if run.recipe not in recipes else "on other songs or genres"
        raise UsageError(
            f"{out}: is a finished run that was trained {what} than there are now; choose "
            f"another -o, or --again to train anew (the earlier run is kept as {out}{EARLIER})"
        )
    earlier = out.with_name(f"{out.name}{EARLIER}")
    if run_at(earlier):
        shutil.rmtree(earlier)
    out.replace(earlier)
    return None


def _train(corpus: Corpus, recipe: Recipe, plan: Plan, out: Path, progress: Progress) -> Run:
    """Train a recipe, or go on with it where it was interrupted on this very music."""
    partial = out.with_name(f"{out.name}.partial")
    for fold, of_fold in enumerate(plans_of_folds(plan)):
        done = run_at(partial / f"fold-{fold}") if (partial / f"fold-{fold}").exists() else None
        if done and not (done.recipe == recipe and has_content(done, of_fold)):
            shutil.rmtree(partial)
            break
    return train(corpus, recipe, out, progress=progress)
