"""Keras: imported quietly, and made to give the same numbers every time.

Conventions
-----------
The analyzer's networks are small: one thread trains them best, and the same seed
then gives the same weights, bit for bit, on the same machine. (A sibling of
`genrelab.learning.networks`, which the analyzer may not import.)
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from genrelab.errors import MissingExtraError

BACKENDS = ("tensorflow", "torch", "jax")


@cache
def import_keras() -> Any:
    """Import Keras on the back end of ``KERAS_BACKEND``, or the first one installed.

    Raises
    ------
    MissingExtraError
        If Keras or every back end is missing.
    """
    there = [name for name in BACKENDS if importlib.util.find_spec(name)]
    if importlib.util.find_spec("keras") is None or not there:
        raise MissingExtraError("fitting a network", "train")
    os.environ.setdefault("KERAS_BACKEND", there[0])
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _silent_stderr():
        keras = importlib.import_module("keras")
        _pin_backend(keras.backend.backend())
    return keras


def seed_keras(seed: int) -> Any:
    """Import Keras, forget earlier networks, and seed what draws at random; return Keras."""
    keras = import_keras()
    keras.utils.clear_session(free_memory=True)
    keras.utils.set_random_seed(seed)
    return keras


def _pin_backend(backend: str) -> None:
    """Make operations deterministic, on one thread where nothing has run before."""
    if backend == "tensorflow":
        tf = importlib.import_module("tensorflow")
        # Somebody may have used TensorFlow before in this process: the number is then fixed.
        if tf.config.threading.get_intra_op_parallelism_threads() == 0:
            with suppress(RuntimeError):
                tf.config.threading.set_intra_op_parallelism_threads(1)
                tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
        tf.get_logger().setLevel("ERROR")  # it warns of every model built after the fifth
    elif backend == "torch":
        torch = importlib.import_module("torch")
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True, warn_only=True)


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Drop what TensorFlow's C++ code writes while it is imported; no log level stops it."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 (a device, not a path)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
