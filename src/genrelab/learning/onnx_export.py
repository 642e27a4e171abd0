"""ONNX export: a trained network as a file that needs no Keras.

Conventions
-----------
The embedding is what goes into the last layer. Keras has channels last, ONNX first: the
axes are swapped at the input and back before the dense layers. Building the graph
ourselves serves every back end alike, where Keras' own export needs another package for
each.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from genrelab.learning.onnx_graph import INPUT, OnnxGraph


class _Chain:
    """Layer behind layer; ``last`` is the output so far."""

    def __init__(self) -> None:
        self.graph = OnnxGraph()
        self.last = INPUT
        self.channels_first = False
        self._n_weights = 0

    def add(self, operator: str, *weights: Any, **attributes: Any) -> None:
        names = []
        for values in weights:
            self._n_weights += 1
            names.append(self.graph.constant(f"weight_{self._n_weights}", values))
        self.last = self.graph.add(operator, self.last, *names, **attributes)

    def swap_channels(self, n_axes: int, *, first: bool) -> None:
        if self.channels_first != first:
            space = list(range(1, n_axes - 1))
            order = [0, n_axes - 1, *space] if first else [0, *[i + 1 for i in space], 1]
            self.add("Transpose", perm=order)
            self.channels_first = first


def _convolution(chain: _Chain, layer: Any) -> None:
    kernel, bias = (np.asarray(weights) for weights in layer.get_weights())
    n_axes = kernel.ndim
    chain.swap_channels(n_axes, first=True)
    sizes = list(layer.kernel_size)
    before = [(size - 1) // 2 if layer.padding == "same" else 0 for size in sizes]
    after = [size // 2 if layer.padding == "same" else 0 for size in sizes]
    moved = np.transpose(kernel, (n_axes - 1, n_axes - 2, *range(n_axes - 2)))
    chain.add("Conv", moved, bias, kernel_shape=sizes, pads=before + after)
    _activation(chain, layer)


def _pooling(chain: _Chain, layer: Any) -> None:
    sizes = list(layer.pool_size)
    chain.swap_channels(len(sizes) + 2, first=True)
    chain.add("MaxPool", kernel_shape=sizes, strides=sizes)


def _flatten(chain: _Chain, layer: Any) -> None:
    chain.swap_channels(len(layer.input.shape), first=False)
    chain.add("Flatten", axis=1)


def _dense(chain: _Chain, layer: Any) -> None:
    kernel, bias = (np.asarray(weights) for weights in layer.get_weights())
    chain.add("Gemm", kernel, bias)
    _activation(chain, layer)


def _activation(chain: _Chain, layer: Any) -> None:
    operator = {"relu": "Relu", "softmax": "Softmax"}[layer.activation.__name__]
    chain.add(operator, **({"axis": -1} if operator == "Softmax" else {}))


def _nothing(chain: _Chain, layer: Any) -> None:
    """Dropout does nothing outside training."""


_TRANSLATIONS: dict[str, Callable[[_Chain, Any], None]] = {
    "Conv1D": _convolution,
    "Conv2D": _convolution,
    "MaxPooling1D": _pooling,
    "MaxPooling2D": _pooling,
    "Dropout": _nothing,
    "Flatten": _flatten,
    "Dense": _dense,
}


def export_onnx(model: Any, path: str | Path) -> None:
    """Write a trained sequential Keras model as ONNX.

    Raises
    ------
    MissingExtraError
        If the onnx package is missing.
    KeyError
        If the model has a layer or activation that has no translation.
    """
    chain, embedding = _Chain(), INPUT
    for layer in model.layers:
        embedding = chain.last
        _TRANSLATIONS[type(layer).__name__](chain, layer)
    last = model.layers[-1]
    chain.graph.write(
        path,
        name=model.name,
        row_shape=tuple(model.input_shape[1:]),
        outputs={
            "probabilities": (chain.last, last.units),
            "embedding": (embedding, last.input.shape[1]),
        },
    )
