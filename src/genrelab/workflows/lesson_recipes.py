"""Lesson recipes: what is to be tried, by how much music there is.

Conventions
-----------
Kernel logistic regression on profiles needs few tracks, and has beaten the paper's
networks wherever both were measured; with very much music a network is tried beside it.
Which is kept, validation tracks decide.

Every track tests once, in folds, until one part in ten is enough to judge by. A genre of
three artists can be told in five folds as well as in three: two folds are held out at a
time, so one of its artists is always learned from.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from genrelab.learning.recipes import Recipe, load_recipe
from genrelab.workflows.lesson_music import Census

CLASSICAL, NETWORK = "profile-kernel", "unbalanced-mixed"
NETWORK_SETTINGS = {"normalize": True, "calibrate": True, "restore_best": True}
FEWEST_TRACKS = 8  # of a genre: with fewer, a fold would have one or none
FOLDS = 5
MUCH = 2000  # tracks from which one part in ten is enough to judge by, and a network can learn
MUCH_OF_A_GENRE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The recipes to try, and why these, in one sentence."""

    recipes: tuple[Recipe, ...]
    why: str


def choose_recipes(
    census: Census,
    *,
    recipe: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Choice:
    """Choose what to try by how much music there is.

    Parameters
    ----------
    census : Census
    recipe : str, optional
        A recipe that was asked for; it alone is tried.
    settings : mapping, optional
        Knobs that were asked for, which have the last word.

    Raises
    ------
    UsageError
        If there is no such recipe, or a knob does not fit.
    """
    large = {genre: n for genre, n in census.tracks.items() if n >= FEWEST_TRACKS}
    n = sum(large.values())
    is_much = n >= MUCH and min(large.values()) >= MUCH_OF_A_GENRE
    given = dict(settings or {})
    defaults: dict[str, Any] = {"min_tracks": FEWEST_TRACKS}
    if "split" not in given:
        defaults["folds"] = 0 if is_much else FOLDS
    knobs = {**defaults, **given}
    if recipe is not None:
        return Choice(recipes=(load_recipe(recipe, knobs),), why=f"{recipe} was asked for.")
    classical = load_recipe(CLASSICAL, knobs)
    if not is_much:
        return Choice(recipes=(classical,), why=_why_folds(n, classical.folds))
    if not importlib.util.find_spec("keras"):
        return Choice(
            recipes=(classical,),
            why=f"{n} songs would do for a network too; that needs pip install 'genrelab[train]'.",
        )
    network = load_recipe(NETWORK, {**NETWORK_SETTINGS, **knobs})
    return Choice(
        recipes=(classical, network),
        why=f"{n} songs are enough for a network to learn from, so one was tried as well.",
    )


def _why_folds(n: int, folds: int) -> str:
    if not folds:
        return f"{n} songs were split once, as was asked for."
    return (
        f"{n} songs are too few to set some aside for judging alone, so each takes its turn: "
        f"in {folds} rounds a model learns from the others and is tested on these."
    )
