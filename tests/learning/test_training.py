"""Training: seeds, order of rows, early stopping, best weights, and the other back end."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genrelab.learning import training
from genrelab.learning.features import Features
from genrelab.learning.recipes import Recipe
from genrelab.learning.splits import Ints
from genrelab.learning.training import Fitted, fit_network, predict_network

pytest.importorskip("keras", reason="training needs the 'train' extra")
SCRIPT = Path(__file__).with_name("tiny_training.py")
Rows = tuple[Features, Ints]


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("tiny_training", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows(script: Any) -> tuple[Rows, Rows]:
    return script.make_part(50, 0), script.make_part(20, 1)


@pytest.fixture(scope="module")
def recipe(script: Any) -> Recipe:
    made: Recipe = script.RECIPE
    return made


@pytest.fixture(scope="module")
def fitted(rows: tuple[Rows, Rows], recipe: Recipe) -> Fitted:
    return fit_network(*rows, n_classes=3, recipe=recipe)


def _numbers(fitted: Fitted) -> list[list[float]]:
    return [list(astuple(epoch)) for epoch in fitted.history]


def _train_elsewhere(folder: Path, **environment: str) -> dict[str, Any]:
    result = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    facts: dict[str, Any] = json.loads((folder / "facts.json").read_text())
    return facts


def test_history_has_one_row_an_epoch(fitted: Fitted) -> None:
    assert [epoch.epoch for epoch in fitted.history] == [1, 2]
    assert all(np.isfinite(row).all() for row in _numbers(fitted))
    assert fitted.history[1].loss < fitted.history[0].loss
    assert fitted.threads >= 1 and fitted.backend_version[0].isdigit()


def test_history_is_that_of_the_model(fitted: Fitted, rows: tuple[Rows, Rows]) -> None:
    (_, (valid, y)) = rows
    probabilities = predict_network(fitted.model, valid.x)
    assert probabilities.shape == (20, 3) and probabilities.dtype == np.float32
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert fitted.history[-1].val_accuracy == pytest.approx((probabilities.argmax(1) == y).mean())
    loss = -np.log(probabilities[np.arange(20), y]).mean()
    assert fitted.history[-1].val_loss == pytest.approx(loss, rel=1e-5)


def test_the_same_seed_gives_the_same_bits_in_this_and_in_another_process(
    fitted: Fitted, rows: tuple[Rows, Rows], recipe: Recipe, tmp_path: Path
) -> None:
    again = fit_network(*rows, n_classes=3, recipe=recipe)
    assert again.history == fitted.history
    for one, other in zip(again.model.get_weights(), fitted.model.get_weights(), strict=True):
        assert np.array_equal(one, other)
    elsewhere = _train_elsewhere(tmp_path)
    assert elsewhere["histories"] == [_numbers(fitted)] * 2


@pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="torch is not installed; pip install torch==2.13.0",
)
def test_torch_trains_exports_and_repeats(fitted: Fitted, tmp_path: Path) -> None:
    facts = _train_elsewhere(tmp_path, KERAS_BACKEND="torch")
    assert facts["backend"] == "torch"
    assert facts["histories"][0] == facts["histories"][1]
    assert len(facts["histories"][0]) == 2
    assert facts["difference"] <= 1e-5
    assert facts["threads"] == fitted.threads


def test_another_seed_gives_another_history(
    fitted: Fitted, rows: tuple[Rows, Rows], recipe: Recipe
) -> None:
    other = fit_network(*rows, n_classes=3, recipe=replace(recipe, seed=4))
    assert other.history != fitted.history


def test_every_epoch_sees_every_row_once_in_a_fresh_order(
    monkeypatch: pytest.MonkeyPatch, rows: tuple[Rows, Rows], recipe: Recipe
) -> None:
    seen: list[list[int]] = []
    (train, y), valid = rows
    numbered = Features.one_row_a_track(x=train.x.copy(), n_valid=train.n_valid)
    numbered.x[:, 0, 0] = np.arange(50)
    build: Callable[..., Any] = training.build_network

    def watched(*args: Any) -> Any:
        model = build(*args)
        learn = model.train_on_batch

        def note(x: Any, labels: Any, **options: Any) -> Any:
            numbers = np.asarray(x)[:, 0, 0].astype(int)
            assert np.array_equal(labels, y[numbers]), "labels follow their rows"
            seen.append(numbers.tolist())
            return learn(x, labels, **options)

        model.train_on_batch = note
        return model

    monkeypatch.setattr(training, "build_network", watched)
    for _ in range(2):
        fit_network((numbered, y), valid, n_classes=3, recipe=replace(recipe, max_epochs=3))
    assert [len(batch) for batch in seen] == [16, 16, 16, 2] * 6
    orders = [[row for batch in seen[4 * e : 4 * e + 4] for row in batch] for e in range(6)]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert orders[0] != orders[1] and orders[1] != orders[2] and orders[0] != orders[2]
    assert orders[:3] == orders[3:], "the same seed gives the same orders"


def test_training_ends_when_nothing_rises_enough(rows: tuple[Rows, Rows], recipe: Recipe) -> None:
    told: list[tuple[str, int, int | None]] = []
    patient = replace(recipe, max_epochs=50, patience=3, min_delta=1.0)
    fitted = fit_network(
        *rows,
        n_classes=3,
        recipe=patient,
        progress=lambda *report: told.append(report),
    )
    assert len(fitted.history) == 1 + 3, "the first epoch counts as a rise"
    assert told == [("training tiny", epoch, 50) for epoch in (1, 2, 3, 4)]


def test_the_best_epochs_weights_are_kept_or_the_last_ones(
    rows: tuple[Rows, Rows], recipe: Recipe
) -> None:
    """A min_delta that no epoch reaches must not hide which one was best."""
    (train, (valid, y)) = rows
    long = replace(recipe, max_epochs=9, patience=8, min_delta=1.0, learning_rate=0.003)
    kept = {
        best: fit_network(train, (valid, y), n_classes=3, recipe=replace(long, restore_best=best))
        for best in (True, False)
    }
    history = kept[True].history
    assert history == kept[False].history
    accuracy = {
        best: (predict_network(one.model, valid.x).argmax(axis=1) == y).mean()
        for best, one in kept.items()
    }
    assert max(epoch.val_accuracy for epoch in history) > history[0].val_accuracy
    assert accuracy[True] == pytest.approx(max(epoch.val_accuracy for epoch in history))
    assert accuracy[False] == pytest.approx(history[-1].val_accuracy)


def test_the_best_of_several_equal_epochs_is_the_first(
    rows: tuple[Rows, Rows], recipe: Recipe
) -> None:
    """Without learning all epochs are equal: the first one's dropout leaves its weights."""
    (train, valid) = rows
    still = replace(recipe, learning_rate=1e-9, restore_best=True, max_epochs=3)
    fitted = fit_network(train, valid, n_classes=3, recipe=still)
    assert len({epoch.val_accuracy for epoch in fitted.history}) == 1
    once = fit_network(train, valid, n_classes=3, recipe=replace(still, max_epochs=1))
    for one, other in zip(fitted.model.get_weights(), once.model.get_weights(), strict=True):
        assert np.array_equal(one, other)
