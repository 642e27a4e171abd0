"""ONNX graphs: a trained network as a file that needs no Keras.

Conventions
-----------
A `Graph` grows by one operator at a time; every operator takes and gives the
*name* of a value, and arrays become weights of the file. Weights come as Keras
keeps them (a convolution's kernel is [width, in, out]); values inside the graph
are as ONNX wants them, channels before time: [N, channels, time].

Examples
--------
>>> graph = Graph("loud", inputs={"x": ("N", 23, "time")})
>>> mean = graph.add("ReduceMean", "x", axes=[1], keepdims=1)
>>> loud = graph.add("Sigmoid", mean)
>>> graph.write("loud.onnx", outputs={"loud": (loud, ("N", 1, "time"))})  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from genrelab.errors import MissingExtraError

OPSET = 17
IR_VERSION = 8  # what ONNX Runtime 1.15 and later read

Shape = Sequence[int | str]  # a name stands for any length
Padding = Literal["same", "causal", "valid"]
Array = npt.NDArray[Any]


class Graph:
    """An ONNX graph while it grows.

    Parameters
    ----------
    name : str
    inputs : mapping of str to shape
        What the network is given, float32.

    Raises
    ------
    MissingExtraError
        If the onnx package is missing.
    """

    def __init__(self, name: str, *, inputs: Mapping[str, Shape]) -> None:
        try:
            self._onnx: Any = importlib.import_module("onnx")
        except ImportError as error:
            raise MissingExtraError("writing a network", "train") from error
        self._name = name
        self._inputs = dict(inputs)
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def add(self, operator: str, *inputs: str | Array, **attributes: Any) -> str:
        """Append an operator of ONNX and return the name of its output.

        Parameters
        ----------
        operator : str
            As ONNX calls it: ``Relu``, ``Add``, ``Transpose``, ...
        inputs : names of values, or arrays, which become weights
        attributes
            The operator's own, ``perm=[0, 2, 1]`` say.
        """
        output = f"{operator.lower()}_{len(self._nodes)}"
        names = [
            value if isinstance(value, str) else self._add_weight(value, f"{output}_{place}")
            for place, value in enumerate(inputs)
        ]
        self._nodes.append(self._onnx.helper.make_node(operator, names, [output], **attributes))
        return output

    def convolve(
        self,
        x: str,
        kernel: Array,
        bias: Array,
        *,
        stride: int = 1,
        dilation: int = 1,
        padding: Padding = "valid",
        groups: int = 1,
    ) -> str:
        """Append a convolution over time, as Keras' ``Conv1D`` computes it.

        Parameters
        ----------
        x : str
            A value [N, in, time].
        kernel : array [width, in // groups, out]
        bias : array [out]
        padding : {"same", "causal", "valid"}
            ``same`` only with a stride of 1: with a longer one Keras pads by
            the input's length, which a graph for any length cannot.
        """
        if padding == "same" and stride != 1:
            raise ValueError("padding 'same' needs a stride of 1; pad the input and use 'valid'")
        reach = dilation * (len(kernel) - 1)
        before = {"same": reach // 2, "causal": reach, "valid": 0}[padding]
        after = reach - before if padding == "same" else 0
        return self.add(
            "Conv",
            x,
            np.transpose(kernel, (2, 1, 0)),
            bias,
            kernel_shape=[len(kernel)],
            strides=[stride],
            dilations=[dilation],
            pads=[before, after],
            group=groups,
        )

    def multiply(self, x: str, kernel: Array, bias: Array) -> str:
        """Append a dense layer on the last axis: kernel [in, out], bias [out]."""
        return self.add("Add", self.add("MatMul", x, kernel), bias)

    def swap_axes(self, x: str) -> str:
        """Append what turns [N, time, channels] into [N, channels, time], or back."""
        return self.add("Transpose", x, perm=[0, 2, 1])

    def write(
        self,
        path: str | Path,
        *,
        outputs: Mapping[str, tuple[str, Shape]],
        properties: Mapping[str, str] | None = None,
    ) -> None:
        """Check the graph and write it to a file; see `to_bytes`."""
        Path(path).write_bytes(self.to_bytes(outputs=outputs, properties=properties))

    def to_bytes(
        self,
        *,
        outputs: Mapping[str, tuple[str, Shape]],
        properties: Mapping[str, str] | None = None,
    ) -> bytes:
        """Check the graph and return the content of its file.

        Parameters
        ----------
        outputs : mapping of str to (name of a value, shape)
            What the network gives, under these names.
        properties : mapping of str to str, optional
            What else whoever runs it must know; kept in the file, and read by
            ``session.get_modelmeta().custom_metadata_map``.
        """
        helper = self._onnx.helper
        ends = [
            helper.make_node("Identity", [inner], [name]) for name, (inner, _) in outputs.items()
        ]
        model = helper.make_model(
            helper.make_graph(
                [*self._nodes, *ends],
                self._name,
                [self._describe(name, shape) for name, shape in self._inputs.items()],
                [self._describe(name, shape) for name, (_, shape) in outputs.items()],
                self._weights,
            ),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="genrelab",
        )
        helper.set_model_props(model, dict(properties or {}))
        self._onnx.checker.check_model(model)
        return bytes(model.SerializeToString())

    def _add_weight(self, values: Array, name: str) -> str:
        array = np.ascontiguousarray(values)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        self._weights.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def _describe(self, name: str, shape: Shape) -> Any:
        return self._onnx.helper.make_tensor_value_info(
            name, self._onnx.TensorProto.FLOAT, list(shape)
        )
