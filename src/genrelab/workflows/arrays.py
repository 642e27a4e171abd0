"""Arrays: the paper's nine, three samples of three inputs, as ``.npz`` files.

Conventions
-----------
``<sample>-<input>.npz`` holds ``x`` float32 [N, S, 12] or [N, S, 12, 2] padded
with zeros, ``y`` [N] (index into ``classes``), ``n_valid`` [N] (segments before
the padding), ``track_ids``, ``groups``, ``classes``, and ``part`` [N]
(``train``, ``valid``, ``test``) or, with folds, ``fold`` [N]. ``arrays.json``
says how they were made; an array that is as it should be is not written again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from genrelab.errors import UsageError
from genrelab.learning.inputs import SEQUENCE_NAMES
from genrelab.learning.recipes import SAMPLES, Recipe, load_recipe
from genrelab.learning.samples import Plan, load_samples, plan_sample
from genrelab.learning.splits import PARTS
from genrelab.music.corpus import Corpus
from genrelab.progress import Progress, silent
from genrelab.tables import Table
from genrelab.workflows.writing import writing_to

OWN_KNOBS = ("name", "sample", "input", "network")  # what tells the nine from one another


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrays:
    """Nine files and the plan behind each sample.

    Attributes
    ----------
    folder : Path
    plans : mapping
        By sample.
    """

    folder: Path
    plans: Mapping[str, Plan]

    def tables(self) -> list[Table]:
        """Count the tracks of each sample by part and genre, and what was left out."""
        counts = [
            (sample, split.fold, part, genre, n)
            for sample, plan in self.plans.items()
            for split in plan.splits
            for part, genres in plan.counts(split).items()
            for genre, n in genres.items()
        ]
        left_out = [
            (sample, reason, n)
            for sample, plan in self.plans.items()
            for reason, n in plan.left_out.items()
        ]
        remarks = [(sample, text) for sample, plan in self.plans.items() for text in plan.remarks]
        return [
            Table("Tracks", ("sample", "fold", "part", "genre", "tracks"), counts),
            Table("Left out", ("sample", "reason", "tracks"), left_out),
            Table("Remarks", ("sample", "remark"), remarks),
        ]


def write_arrays(
    corpus: Corpus,
    folder: str | Path,
    settings: Mapping[str, Any] | None = None,
    *,
    progress: Progress = silent,
) -> Arrays:
    """Write the nine arrays.

    Parameters
    ----------
    settings : mapping, optional
        Knobs of a recipe (genres, segments, folds...) that hold for all nine.

    Raises
    ------
    UsageError
        If a knob is one that tells the nine from one another.
    """
    refuse_knobs(settings or {}, OWN_KNOBS)
    folder = Path(folder)
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "arrays.json"
    made = _read_manifest(manifest)
    plans: dict[str, Plan] = {}
    for sample in SAMPLES:
        plan = None
        for input_name in SEQUENCE_NAMES:
            recipe = load_recipe(f"{sample}-{input_name}", settings or {})
            plan = plan or plan_sample(corpus, recipe, progress=progress)
            path = folder / f"{sample}-{input_name}.npz"
            entry = _entry(plan, recipe)
            if made.get(path.name) != entry or not path.is_file():
                with writing_to(path):
                    _write(path, corpus, plan, recipe, progress)
                    made[path.name] = entry
                    _replace(manifest, msgspec.json.format(msgspec.json.encode(made), indent=1))
        if plan:
            plans[sample] = plan
    return Arrays(folder=folder, plans=plans)


def _read_manifest(path: Path) -> dict[str, Any]:
    """Read how the arrays that are there were made; a damaged list only means making them anew."""
    try:
        return dict(msgspec.json.decode(path.read_bytes()))
    except (FileNotFoundError, msgspec.DecodeError, TypeError, ValueError):
        return {}


def refuse_knobs(settings: Mapping[str, Any], fixed: Sequence[str]) -> None:
    """Stop where a setting is not the user's to make."""
    for knob in fixed:
        if knob in settings:
            raise UsageError(
                f"--set {knob}: each of the nine experiments has its own; leave it out"
                if knob in OWN_KNOBS
                else f"--set {knob}: expected --{knob}s N, which trains with several"
            )


def _entry(plan: Plan, recipe: Recipe) -> dict[str, Any]:
    """Describe an array, so that a later run can tell whether it is the same."""
    return {
        "analyses": plan.analyses_digest,
        "labels": plan.labels_digest,
        "splits": plan.split_digest,
        "segments": recipe.segments,
        "tracks": len(plan.labels),
        "classes": list(plan.classes),
        "dialect": plan.dialect,
        "remarks": list(plan.remarks),
    }


def _write(path: Path, corpus: Corpus, plan: Plan, recipe: Recipe, progress: Progress) -> None:
    samples = load_samples(corpus, plan, recipe.input, recipe.hearing, progress=progress)
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as file:
            np.savez(
                file,
                x=samples.inputs.x,
                y=samples.y,
                n_valid=samples.inputs.n_valid,
                track_ids=np.array(samples.track_ids),
                groups=np.array(samples.groups),
                classes=np.array(samples.classes),
                **_membership(plan),
            )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _membership(plan: Plan) -> dict[str, Any]:
    """Tell the part, or the fold that tests it, of every track of a plan."""
    if len(plan.splits) == 1:
        parts = {i: part for part in PARTS for i in getattr(plan.splits[0], part)}
        return {"part": np.array([parts[i] for i in plan.track_ids])}
    folds = {i: split.fold for split in plan.splits for i in split.test}
    return {"fold": np.array([folds[i] for i in plan.track_ids], dtype=np.int64)}


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)
