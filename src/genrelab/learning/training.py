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
    model = build_network(recipe.network, train[0].x.shape[1:], n_classes, recipe.dropout)
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
    stopping = keras.callbacks.EarlyStopping(
        monitor="val_accuracy",
        mode="max",
        min_delta=recipe.min_delta,
        patience=recipe.patience,
        restore_best_weights=recipe.restore_best,
    )
    history = model.fit(
        _shuffled_batches(keras, train[0].x, train[1], recipe),
        epochs=recipe.max_epochs,
        shuffle=False,
        verbose=0,
        validation_data=(valid[0].x, valid[1]),
        validation_batch_size=PREDICTION_BATCH,
        callbacks=[stopping, _epoch_reporter(keras, recipe, progress)],
    ).history
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    rows = zip(*(history[name] for name in names), strict=True)
    return Fitted(
        model=model,
        history=tuple(
            Epoch(epoch=i, **dict(zip(names, map(float, row), strict=True)))
            for i, row in enumerate(rows, 1)
        ),
        backend=keras.backend.backend(),
        backend_version=_backend_version(keras.backend.backend()),
        threads=threads,
    )


def predict_network(model: Any, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return a Keras model's probabilities, float32 [N, K]."""
    return np.asarray(model.predict(x, batch_size=PREDICTION_BATCH, verbose=0), dtype=np.float32)


def _shuffled_batches(keras: Any, x: npt.NDArray[np.float32], y: Ints, recipe: Recipe) -> Any:
    """Wrap arrays as a Keras data set with a fresh order of rows every epoch.

    Keras' own shuffling under a fixed seed repeats one order in every epoch.
    """

    class ShuffledBatches(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.epoch = 0
            self._shuffle()

        def _shuffle(self) -> None:
            self.order = np.random.default_rng([recipe.seed, self.epoch]).permutation(len(x))

        def __len__(self) -> int:
            return math.ceil(len(x) / recipe.batch_size)

        def __getitem__(self, batch: int) -> tuple[Any, Any]:
            rows = self.order[batch * recipe.batch_size : (batch + 1) * recipe.batch_size]
            return x[rows], y[rows]

        def on_epoch_end(self) -> None:
            self.epoch += 1
            self._shuffle()

    return ShuffledBatches()


def _epoch_reporter(keras: Any, recipe: Recipe, progress: Progress) -> Any:
    def report(epoch: int, _logs: dict[str, float] | None) -> None:
        progress(f"training {recipe.name}", epoch + 1, recipe.max_epochs)

    return keras.callbacks.LambdaCallback(on_epoch_end=report)


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
