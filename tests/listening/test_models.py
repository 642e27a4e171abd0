"""Models: the mean of a run's networks, any number of tracks, damaged files in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.listening.answers import probabilities_of

from genrelab.errors import RunError
from genrelab.learning.features import Normalization, extract_features
from genrelab.learning.recipes import Recipe
from genrelab.learning.run_directory import RunDirectory
from genrelab.learning.runs import Run, RunInfo, Scale
from genrelab.listening import models
from genrelab.listening.models import Model, ask_network, open_network
from genrelab.music.segments import Segments

RECIPE = Recipe(name="tiny", sample="balanced", input="timbre", network="c1m1", segments=24)


def _write_network(path: Path, weights: np.ndarray) -> None:
    """Write softmax(mean over segments of x, times weights): a network with known answers."""
    onnx = pytest.importorskip("onnx", reason="making a network needs the 'train' extra")
    helper, numbers = onnx.helper, onnx.numpy_helper
    float32 = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["x"], ["embedding"], axes=[1], keepdims=0),
            helper.make_node("MatMul", ["embedding", "weights"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=-1),
        ],
        "known",
        [helper.make_tensor_value_info("x", float32, ("N", 24, 12))],
        [
            helper.make_tensor_value_info("probabilities", float32, ("N", weights.shape[1])),
            helper.make_tensor_value_info("embedding", float32, ("N", 12)),
        ],
        [numbers.from_array(weights.astype(np.float32), "weights")],
    )
    opsets = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    path.write_bytes(model.SerializeToString())


def _info(**facts: Any) -> RunInfo:
    values: dict[str, Any] = {
        "name": "tiny",
        "classes": ("Jazz", "Rock"),
        "dialect": "spotify",
        "data_digest": "",
        "split_digest": "",
        "labels_digest": "",
        "analyses_digest": "",
        "parameters": 24,
        "onnx_max_difference": 0.0,
        "backend": "none",
        "threads": 1,
        "versions": {},
        "started": "",
        "seconds": 0.0,
        "n_tracks": {},
        "majority": "Jazz",
        "scores": {},
    }
    return RunInfo(**{**values, **facts})


def _weights(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.05, (12, 2))


@pytest.fixture
def single(tmp_path: Path) -> Run:
    directory = RunDirectory(tmp_path / "single")
    directory.write_recipe(RECIPE)
    _write_network(directory.partial / "model.onnx", _weights(0))
    return directory.finish(_info())


@pytest.fixture
def folded(tmp_path: Path) -> Run:
    """Three members, each with a network and a normalization of its own."""
    outer = RunDirectory(tmp_path / "folded")
    for fold in range(3):
        directory = RunDirectory(outer.partial / f"fold-{fold}")
        directory.write_recipe(RECIPE)
        _write_network(directory.partial / "model.onnx", _weights(fold))
        scale = Scale(mean=[float(fold)] * 12, std=[1.0 + fold] * 12)
        directory.finish(_info(normalization=scale))
    outer.write_recipe(RECIPE)
    return outer.finish(_info(folds=3))


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def test_answers_are_known(single: Run, make_segments: Callable[..., Segments]) -> None:
    segments = [make_segments(n, seed=n) for n in (5, 24, 60)]
    padded = np.stack([np.resize(np.zeros(12), (24, 12)) for _ in segments])
    for row, one in enumerate(segments):
        padded[row, : min(24, len(one))] = one.timbre[:24]
    answers = probabilities_of(Model(single), segments)
    assert np.allclose(answers, _softmax(padded.mean(axis=1) @ _weights(0)), atol=1e-5)
    assert np.abs(answers.sum(axis=1) - 1).max() < 1e-12 and answers.dtype == np.float64


def test_folds_answer_with_the_mean_of_their_networks(
    folded: Run, make_segments: Callable[..., Segments]
) -> None:
    segments = [make_segments(n, seed=n) for n in (5, 24, 60)]
    members = []
    for fold, member in enumerate(folded.members):
        scale = member.normalization
        assert isinstance(scale, Normalization) and scale.mean[0] == fold
        features = extract_features(segments, 3, "timbre", RECIPE.hearing)
        x = member.normalization.apply(features).x if member.normalization else features.x
        assert (x[0, 5:] == 0).all(), "padding stays 0"
        members.append(_softmax(x.mean(axis=1) @ _weights(fold)))
    assert not np.allclose(members[0], members[1])
    answers = probabilities_of(Model(folded), segments)
    assert np.allclose(answers, np.mean(members, axis=0), atol=1e-5)
    assert Model(folded).classes == ("Jazz", "Rock")


@pytest.mark.parametrize("n", [0, 1, 2, 255, 256, 257, 600])
def test_any_number_of_tracks(single: Run, n: int) -> None:
    x = np.random.default_rng(n).normal(0, 10, (n, 24, 12)).astype(np.float32)
    answers = ask_network(open_network(single.path / "model.onnx", threads=1), x)
    assert answers.shape == (n, 2)
    assert np.allclose(answers, _softmax(x.mean(axis=1) @ _weights(0)), atol=1e-5)


def test_no_tracks_no_answers(folded: Run) -> None:
    assert Model(folded).answer([]) == []


@pytest.mark.parametrize("content", [None, b"", b"no network", b"\x08\x08"])
def test_a_damaged_network_is_one_sentence(single: Run, content: bytes | None) -> None:
    file = single.path / "model.onnx"
    whole = file.read_bytes()
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    for _ in range(2):
        with pytest.raises(RunError, match=r"the run is damaged, train it again$") as caught:
            Model(single)
        assert str(caught.value).startswith(f"{file}: no ") and "\n" not in str(caught.value)
        assert "[ONNXRuntimeError]" not in str(caught.value)
        file.write_bytes(whole[: len(whole) // 2])


def test_a_network_of_another_shape_is_one_sentence(single: Run) -> None:
    _write_network(single.path / "model.onnx", np.ones((12, 5)))
    with pytest.raises(RunError, match=r"model.onnx: tells 5 classes, .*run.json 2"):
        Model(single)


def test_a_fold_that_is_missing_is_one_sentence(folded: Run) -> None:
    (folded.path / "fold-1" / "run.json").unlink()
    with pytest.raises(RunError, match="fold-1: no complete run"):
        Model(folded)


def test_the_shipped_model_is_a_run_or_its_absence_one_sentence(
    single: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "SHIPPED", single.path)
    assert models.shipped_model().classes == single.classes
    monkeypatch.setattr(models, "SHIPPED", tmp_path / "absent")
    with pytest.raises(RunError, match="no model ships with this genrelab; name a run"):
        models.shipped_model()
