"""A graph computes what NumPy computes, for any length, and keeps its properties."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from genrelab.analyzer.fitting.onnx_graphs import Graph

RNG = np.random.default_rng(3)
X = RNG.normal(size=(2, 3, 17)).astype(np.float32)


def run(graph: Graph, end: str, path: Path, x: np.ndarray = X) -> np.ndarray:
    graph.write(path / "g.onnx", outputs={"y": (end, ("N", "c", "t"))})
    session = onnxruntime.InferenceSession(path / "g.onnx")
    return session.run(["y"], {"x": x})[0]


def convolve(x: np.ndarray, kernel: np.ndarray, *, stride: int, dilation: int) -> np.ndarray:
    """Cross-correlate [N, in, time] with [width, in, out], term by term."""
    reach = dilation * (len(kernel) - 1)
    times = range(0, x.shape[2] - reach, stride)
    columns = [
        sum(x[:, :, t + dilation * k] @ kernel[k] for k in range(len(kernel))) for t in times
    ]
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (1, 4), (2, 1), (3, 2)])
def test_a_valid_convolution(stride: int, dilation: int, tmp_path: Path) -> None:
    kernel, bias = RNG.normal(size=(3, 3, 5)), RNG.normal(size=5)
    graph = Graph("g", inputs={"x": ("N", 3, "t")})
    end = graph.convolve("x", kernel, bias, stride=stride, dilation=dilation)
    expected = convolve(X, kernel, stride=stride, dilation=dilation) + bias[:, None]
    np.testing.assert_allclose(run(graph, end, tmp_path), expected, atol=1e-4)


@pytest.mark.parametrize(("padding", "before"), [("same", 4), ("causal", 8)])
def test_a_padded_convolution(padding: str, before: int, tmp_path: Path) -> None:
    kernel = RNG.normal(size=(3, 3, 2))
    graph = Graph("g", inputs={"x": ("N", 3, "t")})
    end = graph.convolve("x", kernel, np.zeros(2), dilation=4, padding=padding)
    padded = np.pad(X, ((0, 0), (0, 0), (before, 8 - before)))
    expected = convolve(padded, kernel, stride=1, dilation=4)
    np.testing.assert_allclose(run(graph, end, tmp_path), expected, atol=1e-4)


def test_same_padding_refuses_a_stride() -> None:
    with pytest.raises(ValueError, match="stride of 1"):
        Graph("g", inputs={"x": ("N", 3, "t")}).convolve(
            "x", np.zeros((3, 3, 2)), np.zeros(2), stride=2, padding="same"
        )


def test_residuals_dense_layers_and_transposes(tmp_path: Path) -> None:
    kernel, bias = RNG.normal(size=(3, 3)), RNG.normal(size=3)
    graph = Graph("g", inputs={"x": ("N", 3, "t")})
    dense = graph.swap_axes(graph.multiply(graph.swap_axes("x"), kernel, bias))
    end = graph.add("Add", graph.add("Relu", dense), "x")
    expected = np.maximum(np.einsum("nit,io->not", X, kernel) + bias[:, None], 0) + X
    np.testing.assert_allclose(run(graph, end, tmp_path), expected, atol=1e-4)


def test_the_file_keeps_its_properties_and_takes_any_length(tmp_path: Path) -> None:
    graph = Graph("g", inputs={"x": ("N", 3, "t")})
    end = graph.add("Sigmoid", "x")
    graph.write(
        tmp_path / "g.onnx", outputs={"y": (end, ("N", 3, "t"))}, properties={"threshold": "0.25"}
    )
    session = onnxruntime.InferenceSession(tmp_path / "g.onnx")
    assert session.get_modelmeta().custom_metadata_map == {"threshold": "0.25"}
    for length in (1, 5, 1000):
        assert session.run(["y"], {"x": np.zeros((1, 3, length), np.float32)})[0].shape[2] == length
