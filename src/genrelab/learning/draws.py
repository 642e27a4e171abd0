"""Draws: which of a pool's tracks a sample has, and how they are split.

Conventions
-----------
Tracks are rows of the pool. A split is drawn 8:1:1, in folds, or is given (see
`genrelab.learning.given_splits`); all randomness comes from the recipe's ``split_seed``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from genrelab.errors import DataError
from genrelab.learning.pools import Pool
from genrelab.learning.recipes import Recipe
from genrelab.learning.splits import (
    HELD_OUT_SHARE,
    PARTS,
    Ints,
    Parts,
    assign_folds,
    draw_per_class,
    draw_per_class_and_fold,
    draw_per_class_and_part,
    parts_of_folds,
    split_at_random,
    split_evenly,
)


def tracks_per_genre(labels: Ints, recipe: Recipe) -> int:
    """Return how many tracks of each genre a balanced sample promises."""
    return recipe.tracks_per_genre or int(np.bincount(labels).min())


def draw_splits(pool: Pool, labels: Ints, groups: Sequence[str], recipe: Recipe) -> list[Parts]:
    """Draw an experiment's tracks and part them.

    Parameters
    ----------
    labels : int array [N]
        Classes 0..K-1 of the pool's tracks.
    groups : sequence of str [N]

    Returns
    -------
    list of Parts
        One split, or one a fold.

    Raises
    ------
    DataError
        If there are too few tracks, or a fold has none.
    """
    rng = np.random.default_rng(recipe.split_seed)
    per_class = tracks_per_genre(labels, recipe)
    if pool.given and pool.given.are_parts:
        return [_draw_parts(labels, np.array(pool.folds), recipe, per_class, rng)]
    if pool.given or recipe.folds:
        n_folds = pool.given.n_folds if pool.given else recipe.folds
        given = np.array(pool.folds) if pool.given else None
        folds = assign_folds(labels, groups, n_folds, rng) if given is None else given
        _refuse_poor_folds(folds, pool, n_folds, recipe)
        return _draw_folds(labels, folds, recipe, per_class, rng)
    smallest = len(labels)
    if recipe.sample != "unbalanced":
        smallest = per_class * (1 if recipe.sample == "balanced" else len(np.unique(labels)))
    if smallest < HELD_OUT_SHARE:
        raise DataError(
            f"{smallest} tracks{' a genre' if recipe.sample == 'balanced' else ''}: too few for a "
            f"split 8:1:1, which needs {HELD_OUT_SHARE}; add tracks or use --folds"
        )
    if recipe.sample == "balanced":
        return [split_evenly(labels, groups, per_class, rng)]
    rows = np.arange(len(labels))
    if recipe.sample == "semi-balanced":
        rows = draw_per_class(labels, per_class, rng)
    parts = split_at_random([groups[int(row)] for row in rows], rng)
    return [Parts(train=rows[parts.train], valid=rows[parts.valid], test=rows[parts.test])]


def _refuse_poor_folds(folds: Ints, pool: Pool, n_folds: int, recipe: Recipe) -> None:
    """Stop where a fold has no track, or one genre none of a balanced sample."""
    for fold in range(n_folds):
        there = {pool.genres[row] for row in np.flatnonzero(folds == fold)}
        absent = sorted(set(pool.genres) - there)
        if not there:
            raise DataError(
                f"fold {fold} of {n_folds} would be empty, with {len(set(pool.groups))} "
                f"{recipe.group}s: add tracks or use fewer --folds"
            )
        if absent and recipe.sample == "balanced":
            raise DataError(
                f"fold {fold} of {n_folds} has no {absent[0]} track, and a balanced sample needs "
                "some of each genre in each fold: add tracks, use fewer --folds or another sample"
            )


def _draw_folds(
    labels: Ints, folds: Ints, recipe: Recipe, per_class: int, rng: np.random.Generator
) -> list[Parts]:
    rows = np.arange(len(labels))
    if recipe.sample == "semi-balanced":
        rows = draw_per_class(labels, per_class, rng)
    elif recipe.sample == "balanced":
        rows = draw_per_class_and_fold(labels, folds, per_class, rng)
    return list(parts_of_folds(folds, rows))


def _draw_parts(
    labels: Ints, parts: Ints, recipe: Recipe, per_class: int, rng: np.random.Generator
) -> Parts:
    """Draw from parts that are given (as indices of `PARTS`), which stay what they are."""
    rows = np.arange(len(labels))
    if recipe.sample == "semi-balanced":
        rows = draw_per_class(labels, per_class, rng)
    elif recipe.sample == "balanced":
        rows = draw_per_class_and_part(labels, parts, recipe.tracks_per_genre, rng)
    train, valid, test = (rows[parts[rows] == index] for index in range(len(PARTS)))
    return Parts(train=train, valid=valid, test=test)
