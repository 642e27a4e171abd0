"""Networks: the paper's three convolutional networks, and what any of them looks like.

Conventions
-----------
``NETWORKS`` is the registry. A network takes float32 [N, S, 12] or
[N, S, 12, 2] and gives probabilities [N, K]. Keras 3 builds it on TensorFlow,
or on whatever ``KERAS_BACKEND`` says (``torch`` is tested too).
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from genrelab.errors import DataError, MissingExtraError, UsageError
from genrelab.learning.recipes import FITTING_INPUTS, NetworkName

BACKENDS = ("tensorflow", "torch", "jax")  # in the order in which they are looked for


@cache
def import_keras() -> Any:
    """Import Keras on the back end of ``KERAS_BACKEND``, or the first one installed.

    Raises
    ------
    MissingExtraError
        If Keras or every back end is missing.
    UsageError
        If ``KERAS_BACKEND`` names one that is not installed.
    """
    there = [name for name in BACKENDS if importlib.util.find_spec(name)]
    if importlib.util.find_spec("keras") is None or not there:
        raise MissingExtraError("training a network", "train")
    chosen = os.environ.setdefault("KERAS_BACKEND", there[0])
    if chosen not in there:
        problem = "is not installed" if chosen in BACKENDS else "genrelab does not use"
        raise UsageError(
            f"KERAS_BACKEND is {chosen!r}, which {problem}; set it to one that is installed "
            f"({', '.join(there)}), or to none"
        )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _silent_stderr():
        return importlib.import_module("keras")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerShape:
    """One layer of a built model: its name, kind, settings, output shape and parameters."""

    name: str
    kind: str
    settings: str
    output_shape: tuple[int | None, ...]
    parameters: int


def _convolutions_1d(layers: Any, dropout: float) -> list[Any]:
    """The paper's section 2.4: three convolutions over time, each pooled and dropped out."""
    return [
        layers.Conv1D(48, 5, activation="relu"),
        layers.MaxPooling1D(2),
        layers.Dropout(dropout),
        layers.Conv1D(64, 5, padding="same", activation="relu"),
        layers.MaxPooling1D(2),
        layers.Dropout(dropout),
        layers.Conv1D(64, 5, padding="same", activation="relu"),
        layers.MaxPooling1D(2),
        layers.Dropout(dropout),
        layers.Flatten(),
        layers.Dropout(dropout),
    ]


def _c1m1(layers: Any, dropout: float) -> list[Any]:
    return [*_convolutions_1d(layers, dropout), layers.Dense(64, activation="relu")]


def _c1m2(layers: Any, dropout: float) -> list[Any]:
    dense = [layers.Dense(units, activation="relu") for units in (64, 32, 16)]
    return [*_convolutions_1d(layers, dropout), *dense]


def _c2m1(layers: Any, dropout: float) -> list[Any]:
    return [
        layers.Conv2D(48, (5, 5), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Dropout(dropout),
        layers.Conv2D(64, (5, 5), padding="same", activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Dropout(dropout),
        layers.Conv2D(64, (5, 5), padding="same", activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Dropout(dropout),
        layers.Flatten(),
        layers.Dropout(dropout),
        layers.Dense(64, activation="relu"),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A named architecture: how many axes a track has, and the layers before the last one."""

    track_axes: int
    layers: Callable[[Any, float], list[Any]]


NETWORKS: Mapping[NetworkName, Network] = MappingProxyType(
    {
        "c1m1": Network(track_axes=2, layers=_c1m1),
        "c1m2": Network(track_axes=2, layers=_c1m2),
        "c2m1": Network(track_axes=3, layers=_c2m1),
    }
)


def build_network(
    name: NetworkName, input_shape: tuple[int, ...], n_classes: int, dropout: float
) -> Any:
    """Build an untrained network.

    Parameters
    ----------
    name : {"c1m1", "c1m2", "c2m1"}
    input_shape : tuple of int
        Of one track: (S, 12) for c1m1 and c1m2, (S, 12, 2) for c2m1.
    n_classes : int
        K, the width of the softmax.
    dropout : float
        The share that each of the four dropout layers drops.

    Returns
    -------
    keras.Sequential

    Raises
    ------
    DataError
        If the input does not fit the network.
    """
    if len(input_shape) != NETWORKS[name].track_axes:
        fitting = " or ".join(FITTING_INPUTS[name])
        raise DataError(f"network {name} takes {fitting} input, not tracks of shape {input_shape}")
    keras = import_keras()
    return keras.Sequential(
        [
            keras.Input(input_shape),
            *NETWORKS[name].layers(keras.layers, dropout),
            keras.layers.Dense(n_classes, activation="softmax"),
        ],
        name=name,
    )


def describe_layers(model: Any) -> list[LayerShape]:
    """List the layers of a built model, as the paper's Table 1 does."""
    return [
        LayerShape(
            name=layer.name,
            kind=type(layer).__name__,
            settings=_layer_settings(layer),
            output_shape=tuple(layer.output.shape),
            parameters=int(layer.count_params()),
        )
        for layer in model.layers
    ]


def _layer_settings(layer: Any) -> str:
    kind = type(layer).__name__
    if kind.startswith("Conv"):
        kernel = " x ".join(str(size) for size in layer.kernel_size)
        return f"{layer.filters} filters of {kernel}, {layer.padding}"
    if kind.startswith("MaxPooling"):
        return " x ".join(str(size) for size in layer.pool_size)
    if kind == "Dropout":
        return f"{layer.rate:g}"
    return f"{layer.units} units" if kind == "Dense" else ""
