"""ONNX graph: nodes and weights while a model file grows.

Conventions
-----------
Every graph takes ``x`` float32 [N, ...], for any N, and gives ``probabilities`` [N, K]
and ``embedding`` [N, E]. Values are named by what made them, so a file can be read.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from genrelab.errors import MissingExtraError

OPSET = 17
INPUT = "x"


class OnnxGraph:
    """A graph in the making.

    Raises
    ------
    MissingExtraError
        If the onnx package is missing.
    """

    def __init__(self) -> None:
        try:
            self._onnx = importlib.import_module("onnx")
        except ImportError as error:
            raise MissingExtraError("writing a model", "learn") from error
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def constant(self, name: str, values: npt.ArrayLike) -> str:
        """Store an array and return its name; floats as float32, other numbers as int64."""
        array = np.asarray(values)
        kind = np.float32 if array.dtype.kind == "f" else np.int64
        contiguous = np.ascontiguousarray(array, dtype=kind).reshape(array.shape)
        self._weights.append(self._onnx.numpy_helper.from_array(contiguous, name))
        return name

    def add(self, operator: str, *inputs: str, n_outputs: int = 1, **attributes: Any) -> str:
        """Add a node and return the name of its last output."""
        stem = f"{operator.lower()}_{len(self._nodes)}"
        outputs = [stem if i == n_outputs - 1 else f"{stem}_{i}" for i in range(n_outputs)]
        node = self._onnx.helper.make_node(operator, list(inputs), outputs, **attributes)
        self._nodes.append(node)
        return outputs[-1]

    def write(
        self,
        path: str | Path,
        *,
        name: str,
        row_shape: tuple[int, ...],
        outputs: Mapping[str, tuple[str, int]],
    ) -> None:
        """Check the graph and write it.

        Parameters
        ----------
        row_shape : tuple of int
            Of one row of ``x``.
        outputs : mapping
            For each output of the file the value that it shows and its width.
        """
        helper = self._onnx.helper
        shown = [
            helper.make_node("Identity", [inner], [out]) for out, (inner, _) in outputs.items()
        ]
        proto = helper.make_model(
            helper.make_graph(
                [*self._nodes, *shown],
                name,
                [self._described(INPUT, row_shape)],
                [self._described(out, (width,)) for out, (_, width) in outputs.items()],
                self._weights,
            ),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=8,
            producer_name="genrelab",
        )
        self._onnx.checker.check_model(proto)
        Path(path).write_bytes(proto.SerializeToString())

    def _described(self, name: str, row_shape: tuple[int, ...]) -> Any:
        kind = self._onnx.TensorProto.FLOAT
        return self._onnx.helper.make_tensor_value_info(name, kind, ("N", *row_shape))
