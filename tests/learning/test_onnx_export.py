"""ONNX export: the same answers as Keras from a file that needs no Keras."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genrelab.errors import MissingExtraError
from genrelab.learning.features import Features
from genrelab.learning.inputs import INPUTS
from genrelab.learning.onnx_export import export_onnx
from genrelab.learning.recipes import InputName, NetworkName, Recipe
from genrelab.learning.training import fit_network, predict_network
from genrelab.listening.models import ask_network, open_network

pytest.importorskip("keras", reason="export needs the 'train' extra")
CASES: list[tuple[NetworkName, InputName, int]] = [
    ("c1m1", "timbre", 24),
    ("c1m1", "timbre", 512),
    ("c1m2", "pitch", 61),
    ("c2m1", "mixed", 24),
    ("c2m1", "mixed", 131),
]
WIDTHS = {"c1m1": 64, "c1m2": 16, "c2m1": 64}
Exported = tuple[NetworkName, Any, Path]


def _rows(input_name: InputName, n_segments: int, n: int, seed: int) -> Features:
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 50, (n, *INPUTS[input_name].shape(n_segments)))
    if input_name == "pitch":
        x = rng.random(x.shape)
    elif input_name == "mixed":
        x[..., 1] = rng.random(x.shape[:-1])
    return Features.one_row_a_track(x=x.astype(np.float32), n_valid=np.full(n, n_segments))


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[2]}")
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    name, input_name, n_segments = request.param
    recipe = Recipe(
        name=name,
        sample="unbalanced",
        input=input_name,
        network=name,
        segments=n_segments,
        max_epochs=2,
    )
    train, valid = (_rows(input_name, n_segments, n, seed) for n, seed in ((64, 0), (8, 1)))
    for part in (train, valid):
        part.x[1::2] *= 0.5
    model = fit_network(
        (train, np.arange(64) % 2), (valid, np.arange(8) % 2), n_classes=2, recipe=recipe
    ).model
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    export_onnx(model, path)
    return name, model, path


@pytest.mark.parametrize("n", [1, 2, 7, 300])
def test_answers_equal_those_of_keras(exported: Exported, n: int) -> None:
    name, model, path = exported
    x = _rows(
        {"c1m1": "timbre", "c1m2": "pitch", "c2m1": "mixed"}[name],  # type: ignore[arg-type]
        model.input_shape[1],
        n,
        seed=n,
    ).x
    x[:, 20:] = 0
    answers = ask_network(open_network(path), x)
    assert answers.shape == (n, 2)
    assert np.abs(answers - predict_network(model, x)).max() <= 1e-5


def test_the_embedding_is_what_the_last_layer_sees(exported: Exported) -> None:
    name, model, path = exported
    session = open_network(path)
    shapes = {output.name: output.shape for output in session.get_outputs()}
    assert shapes == {"probabilities": ["N", 2], "embedding": ["N", WIDTHS[name]]}
    assert [(one.name, one.shape[1:]) for one in session.get_inputs()] == [
        ("x", list(model.input_shape[1:]))
    ]
    x = np.random.default_rng(5).random((3, *model.input_shape[1:]), dtype=np.float32)
    probabilities, embedding = session.run(["probabilities", "embedding"], {"x": x})
    assert embedding.shape == (3, WIDTHS[name])
    kernel, bias = model.layers[-1].get_weights()
    scores = np.exp(embedding @ kernel + bias)
    assert np.allclose(scores / scores.sum(axis=1, keepdims=True), probabilities, atol=1e-5)


def test_the_file_needs_no_keras(exported: Exported) -> None:
    _, model, path = exported
    program = f"""
import sys
import numpy as np
from genrelab.listening.models import ask_network, open_network
x = np.zeros((2, *{tuple(model.input_shape[1:])}), np.float32)
assert ask_network(open_network({str(path)!r}), x).shape == (2, 2)
assert not {{"keras", "tensorflow", "torch", "onnx"}} & set(sys.modules)"""
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_without_onnx_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, exported: Exported, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError, match="writing a model needs the 'learn' extra"):
        export_onnx(exported[1], tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
