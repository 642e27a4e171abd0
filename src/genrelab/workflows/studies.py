"""Studies: the same experiment again and again, with some knobs turned.

Conventions
-----------
A study is a list of recipes and the knobs to set in each; runs that two studies
or the main table share are trained once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args

from genrelab.errors import UsageError
from genrelab.learning.inputs import SEQUENCE_NAMES
from genrelab.learning.recipes import SAMPLES, Recipe, load_recipe

StudyName = Literal["imbalance", "learning-rate", "overtraining"]
STUDY_NAMES: tuple[StudyName, ...] = get_args(StudyName)

DROPOUTS = (0.25, 0.3, 0.4, 0.5)
LEARNING_RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01)
NEVER = 1_000_000  # epochs of patience: no early stopping

STUDIES: Mapping[StudyName, list[tuple[str, dict[str, Any]]]] = MappingProxyType(
    {
        "imbalance": [
            (f"{sample}-{input_name}", {"dropout": dropout})
            for sample in SAMPLES
            for input_name in SEQUENCE_NAMES
            for dropout in DROPOUTS
        ],
        "learning-rate": [("balanced-timbre", {"learning_rate": rate}) for rate in LEARNING_RATES],
        "overtraining": [("balanced-timbre", {"patience": NEVER})],
    }
)


def chosen_studies(names: Sequence[str]) -> list[StudyName]:
    """Return studies by name, each once.

    Raises
    ------
    UsageError
        If there is no study of a name.
    """
    for name in names:
        if name not in STUDIES:
            raise UsageError(f"--study is {name!r}; expected one of {', '.join(STUDY_NAMES)}")
    return [study for study in STUDY_NAMES if study in names]


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A recipe and the name of its run; equal experiments have equal names."""

    name: str
    recipe: Recipe


def plan_experiment(
    recipe_name: str, settings: Mapping[str, Any], knobs: Mapping[str, Any], seed: int
) -> Experiment:
    """Name an experiment by what tells it from the others of a reproduction.

    >>> plan_experiment("balanced-timbre", {}, {"learning_rate": 0.01}, 3).name
    'balanced-timbre-dropout-0.25-learning_rate-0.01-seed-3'
    """
    shipped = load_recipe(recipe_name, settings)
    recipe = load_recipe(recipe_name, {**settings, **knobs, "seed": seed})
    turned = [
        f"{knob}-{getattr(recipe, knob):g}"
        for knob in sorted({"dropout", *knobs})
        if knob == "dropout" or getattr(recipe, knob) != getattr(shipped, knob)
    ]
    return Experiment(name="-".join([recipe_name, *turned, f"seed-{seed}"]), recipe=recipe)
