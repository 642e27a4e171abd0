"""Training: a network, its rows and a recipe, to weights and a history.

Conventions
-----------
The same seed gives the same history, bit for bit, on the same machine with the
same number of threads: weights, dropout and the order of rows are seeded and
the back end's operations are made deterministic. Rows come in a fresh order
every epoch; it depends on the seed and the epoch alone, so every back end sees
the same one.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genrelab.learning.features import Features
from genrelab.learning.networks import build_network, import_keras
from genrelab.learning.recipes import Recipe
from genrelab.learning.splits import Ints
from genrelab.progress import Progress, silent

PREDICTION_BATCH = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """Loss and accuracy on the training and validation rows after one epoch (from 1)."""

    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A trained Keras model and how it got there."""

    model: Any
    history: tuple[Epoch, ...]
    backend: str
    backend_version: str
    threads: int


def fit_network(
    train: tuple[Features, Ints],
    valid: tuple[Features, Ints],
    *,
    n_classes: int,
    recipe: Recipe,
    progress: Progress = silent,
) -> Fitted:
    """Train a recipe's network (paper, section 2.4).

    Parameters
    ----------
    train, valid : (Features, int array [N])
        Inputs, already normalized where the recipe says so, and class indices.
    n_classes : int
    progress : Progress
        Told the epoch after each one.

    Notes
    -----
    Adam on sparse categorical cross-entropy; training ends when the validation
    accuracy has not risen by ``min_delta`` for ``patience`` epochs, and keeps
    the last weights (as the paper's notebooks do) unless ``restore_best``.
    """
    keras = import_keras()
    threads = pin_backend(keras)
    keras.utils.clear_session(free_memory=True)
    keras.utils.set_random_seed(recipe.seed)
    model = build_network(recipe.neural_network, train[0].x.shape[1:], n_classes, recipe.dropout)
    model.compile(
        optimizer=keras.optimizers.Adam(
            learning_rate=recipe.learning_rate,
            beta_1=recipe.beta_1,
            beta_2=recipe.beta_2,
            epsilon=recipe.epsilon,
        ),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    history = _run_epochs(model, train, valid, recipe, progress)
    return Fitted(
        model=model,
        history=history,
        backend=keras.backend.backend(),
        backend_version=_backend_version(keras.backend.backend()),
        threads=threads,
    )


def _run_epochs(
    model: Any,
    train: tuple[Features, Ints],
    valid: tuple[Features, Ints],
    recipe: Recipe,
    progress: Progress,
) -> tuple[Epoch, ...]:
    """Train until the recipe says stop.

    The loop over batches is our own: under a fixed seed ``model.fit`` shuffles
    arrays into the same order in every epoch, and a data set that does better
    costs 20 % more time and is never freed by TensorFlow.
    """
    x, y = train[0].x, train[1]
    history: list[Epoch] = []
    risen, best, best_weights = Best(), Best(), None
    for number in range(1, recipe.max_epochs + 1):
        order = np.random.default_rng([recipe.seed, number]).permutation(len(x))
        model.reset_metrics()
        logs: Mapping[str, float] = {}
        for rows in _batches(order, recipe.batch_size):
            logs = model.train_on_batch(x[rows], y[rows], return_dict=True)
        measured = _evaluate(model, *valid)
        history.append(
            Epoch(
                epoch=number,
                loss=float(logs["loss"]),
                accuracy=float(logs["accuracy"]),
                val_loss=float(measured["loss"]),
                val_accuracy=float(measured["accuracy"]),
            )
        )
        progress(f"training {recipe.name}", number, recipe.max_epochs)
        # A rise too small to go on for may still be the best epoch.
        if best.improved_by(history[-1], 0) and recipe.restore_best:
            best_weights = model.get_weights()
        risen.improved_by(history[-1], recipe.min_delta)
        if number - risen.epoch >= recipe.patience:
            break
    if best_weights is not None:
        model.set_weights(best_weights)
    return tuple(history)


@dataclass(slots=True)
class Best:
    """The best epoch so far, as early stopping counts it (Keras' ``EarlyStopping``)."""

    epoch: int = 0
    val_accuracy: float = -math.inf

    def improved_by(self, epoch: Epoch, min_delta: float) -> bool:
        """Take an epoch that is better by more than ``min_delta``; tell whether it was."""
        if epoch.val_accuracy - min_delta <= self.val_accuracy:
            return False
        self.epoch, self.val_accuracy = epoch.epoch, epoch.val_accuracy
        return True


def _batches(rows: Ints, size: int) -> Iterator[Ints]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _evaluate(model: Any, features: Features, labels: Ints) -> Mapping[str, float]:
    model.reset_metrics()
    logs: Mapping[str, float] = {}
    for rows in _batches(np.arange(len(labels)), PREDICTION_BATCH):
        logs = model.test_on_batch(features.x[rows], labels[rows], return_dict=True)
    return logs


def predict_network(model: Any, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return a Keras model's probabilities, float32 [N, K]."""
    parts = [
        model.predict_on_batch(x[rows]) for rows in _batches(np.arange(len(x)), PREDICTION_BATCH)
    ]
    return np.concatenate(parts).astype(np.float32)


def pin_backend(keras: Any) -> int:
    """Make the back end deterministic on a fixed number of threads; return that number."""
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = threads or 1
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return _pin_tensorflow(threads)
    if backend == "torch":
        import torch

        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(True, warn_only=True)
    return threads


def _pin_tensorflow(threads: int) -> int:
    import tensorflow as tf

    threading = tf.config.threading
    if threading.get_intra_op_parallelism_threads() != threads:
        try:
            threading.set_intra_op_parallelism_threads(threads)
            threading.set_inter_op_parallelism_threads(threads)
        except RuntimeError:  # somebody has used TensorFlow before in this process
            threads = int(threading.get_intra_op_parallelism_threads()) or threads
    tf.config.experimental.enable_op_determinism()
    tf.get_logger().setLevel("ERROR")  # it warns of every model built after the fifth
    return threads


def _backend_version(backend: str) -> str:
    import importlib.metadata

    for distribution in (backend, f"{backend}-cpu"):
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "unknown"
