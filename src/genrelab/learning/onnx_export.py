"""ONNX export: a trained network as a file that needs no Keras.

Conventions
-----------
The graph takes ``x`` float32 [N, ...] like the Keras model, for any N, and gives
``probabilities`` [N, K] and ``embedding`` [N, E], the values before the last
layer. Keras has channels last, ONNX first: the axes are swapped at the input
and back before the dense layers. Building the graph ourselves serves every back
end alike, where Keras' own export needs another package for each.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from genrelab.errors import MissingExtraError

OPSET = 17


class _Graph:
    """Nodes and weights while a graph grows; ``last`` is the output so far."""

    def __init__(self, onnx: Any) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.last = "x"
        self.channels_first = False

    def add(self, operator: str, *weights: tuple[str, Any], **attributes: Any) -> None:
        output = f"{operator.lower()}_{len(self.nodes)}"
        names = [f"{output}_{name}" for name, _ in weights]
        for name, (_, values) in zip(names, weights, strict=True):
            array = np.ascontiguousarray(values)
            self.weights.append(self.onnx.numpy_helper.from_array(array, name))
        self.nodes.append(
            self.onnx.helper.make_node(operator, [self.last, *names], [output], **attributes)
        )
        self.last = output

    def swap_channels(self, n_axes: int, *, first: bool) -> None:
        if self.channels_first != first:
            space = list(range(1, n_axes - 1))
            order = [0, n_axes - 1, *space] if first else [0, *[i + 1 for i in space], 1]
            self.add("Transpose", perm=order)
            self.channels_first = first


def _convolution(graph: _Graph, layer: Any) -> None:
    kernel, bias = (np.asarray(weights) for weights in layer.get_weights())
    n_axes = kernel.ndim
    graph.swap_channels(n_axes, first=True)
    sizes = list(layer.kernel_size)
    before = [(size - 1) // 2 if layer.padding == "same" else 0 for size in sizes]
    after = [size // 2 if layer.padding == "same" else 0 for size in sizes]
    moved = np.transpose(kernel, (n_axes - 1, n_axes - 2, *range(n_axes - 2)))
    graph.add("Conv", ("weight", moved), ("bias", bias), kernel_shape=sizes, pads=before + after)
    _activation(graph, layer)


def _pooling(graph: _Graph, layer: Any) -> None:
    sizes = list(layer.pool_size)
    graph.swap_channels(len(sizes) + 2, first=True)
    graph.add("MaxPool", kernel_shape=sizes, strides=sizes)


def _flatten(graph: _Graph, layer: Any) -> None:
    graph.swap_channels(len(layer.input.shape), first=False)
    graph.add("Flatten", axis=1)


def _dense(graph: _Graph, layer: Any) -> None:
    kernel, bias = (np.asarray(weights) for weights in layer.get_weights())
    graph.add("Gemm", ("weight", kernel), ("bias", bias))
    _activation(graph, layer)


def _activation(graph: _Graph, layer: Any) -> None:
    operator = {"relu": "Relu", "softmax": "Softmax"}[layer.activation.__name__]
    graph.add(operator, **({"axis": -1} if operator == "Softmax" else {}))


def _nothing(graph: _Graph, layer: Any) -> None:
    """Dropout does nothing outside training."""


_TRANSLATIONS: dict[str, Callable[[_Graph, Any], None]] = {
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
    try:
        onnx = importlib.import_module("onnx")
    except ImportError as error:
        raise MissingExtraError("exporting a network", "train") from error
    graph, embedding = _Graph(onnx), "x"
    for layer in model.layers:
        embedding = graph.last
        _TRANSLATIONS[type(layer).__name__](graph, layer)
    outputs = {"probabilities": graph.last, "embedding": embedding}
    graph.nodes += [
        onnx.helper.make_node("Identity", [inner], [name]) for name, inner in outputs.items()
    ]
    widths = {"probabilities": model.layers[-1].units, "embedding": model.layers[-1].input.shape[1]}

    def described(name: str, shape: tuple[Any, ...]) -> Any:
        return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)

    proto = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            model.name,
            [described("x", ("N", *model.input_shape[1:]))],
            [described(name, ("N", width)) for name, width in widths.items()],
            graph.weights,
        ),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=8,
        producer_name="genrelab",
    )
    onnx.checker.check_model(proto)
    Path(path).write_bytes(proto.SerializeToString())
