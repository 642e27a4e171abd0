"""Networks: the paper's shapes and parameter counts, and wrong input in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from genrelab.errors import DataError
from genrelab.learning.inputs import INPUTS
from genrelab.learning.networks import (
    NETWORKS,
    build_network,
    describe_layers,
    import_keras,
)
from genrelab.learning.recipes import (
    FITTING_INPUTS,
    InputName,
    NetworkName,
    load_recipe,
    shipped_recipes,
)
from genrelab.workflows.paper import PARAMETERS, TABLE_1

pytest.importorskip("keras", reason="networks need the 'train' extra")
INPUT_OF: dict[NetworkName, InputName] = {"c1m1": "timbre", "c1m2": "pitch", "c2m1": "mixed"}
ENDS = {"c1m1": [64, 8], "c1m2": [64, 32, 16, 8], "c2m1": [64, 8]}


def test_every_network_is_tested_here() -> None:
    assert set(NETWORKS) == set(INPUT_OF) == set(PARAMETERS)


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_are_the_papers(name: NetworkName) -> None:
    model = build_network(name, INPUTS[INPUT_OF[name]].shape(512), 8, 0.25)
    assert model.count_params() == PARAMETERS[name]
    layers = describe_layers(model)
    assert sum(layer.parameters for layer in layers) == PARAMETERS[name]
    dense = [layer for layer in layers if layer.kind == "Dense"]
    assert [layer.output_shape[-1] for layer in dense] == ENDS[name]
    assert [layer.output_shape for layer in layers if layer.kind == "Flatten"] == [(None, 4032)]
    assert [
        layer.activation.__name__ for layer in model.layers if hasattr(layer, "activation")
    ] == [
        *["relu"] * (3 + len(dense) - 1),
        "softmax",
    ]


def test_layers_of_c1m1_are_table_1() -> None:
    layers = describe_layers(build_network("c1m1", (512, 12), 8, 0.25))
    found = [(layer.kind, layer.output_shape[1:], layer.parameters) for layer in layers]
    expected = [
        (kind.partition("(")[2].rstrip(")"), shape, parameters)
        for kind, shape, parameters in TABLE_1
    ]
    assert found == expected
    assert [layer.settings for layer in layers if layer.kind == "Conv1D"] == [
        "48 filters of 5, valid",
        "64 filters of 5, same",
        "64 filters of 5, same",
    ]


def test_convolutions_of_c2m1_are_two_dimensional() -> None:
    layers = describe_layers(build_network("c2m1", (512, 12, 2), 8, 0.35))
    shapes = [layer.output_shape[1:] for layer in layers if layer.kind.startswith(("Conv", "Max"))]
    assert shapes == [
        *[(508, 8, 48), (254, 4, 48)],
        *[(254, 4, 64), (127, 2, 64)],
        *[(127, 2, 64), (63, 1, 64)],
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_dropout_goes_to_every_dropout_layer(name: NetworkName) -> None:
    model = build_network(name, INPUTS[INPUT_OF[name]].shape(24), 3, 0.4)
    rates = [layer.rate for layer in model.layers if type(layer).__name__ == "Dropout"]
    assert rates == [0.4] * 4
    assert model.output_shape == (None, 3)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("input_name", INPUTS)
def test_wrong_input_is_one_sentence(name: NetworkName, input_name: InputName) -> None:
    shape = INPUTS[input_name].shape(24)
    if input_name in FITTING_INPUTS[name]:
        assert build_network(name, shape, 2, 0).count_params() > 0
    else:
        fitting = "mixed" if name == "c2m1" else "timbre or pitch"
        with pytest.raises(DataError, match=f"^network {name} takes {fitting} input, not tracks"):
            build_network(name, shape, 2, 0)


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_network_that_ships_in_a_recipe_can_be_built(name: str) -> None:
    recipe = load_recipe(name)
    shape = INPUTS[recipe.input].shape(recipe.segments)
    if not recipe.is_classical:
        model = build_network(recipe.neural_network, shape, 8, recipe.dropout)
        assert model.count_params() == PARAMETERS[recipe.neural_network]


def test_keras_is_imported_once() -> None:
    assert import_keras() is import_keras()


def _import_keras_elsewhere(program: str, **environment: str) -> str:
    program += "\nfrom genrelab.learning.networks import import_keras\nimport_keras()"
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stderr.strip().splitlines()[-1]


def test_no_keras_names_the_extra() -> None:
    hide = """
import importlib.util as util
find = util.find_spec
util.find_spec = lambda name, *more: None if name == "keras" else find(name, *more)"""
    assert _import_keras_elsewhere(hide) == (
        "genrelab.errors.MissingExtraError: training a network needs the 'train' extra: "
        "pip install 'genrelab[train]'"
    )


def test_no_back_end_names_the_extra() -> None:
    hide = """
import importlib.util as util
find = util.find_spec
ends = ("tensorflow", "torch", "jax")
util.find_spec = lambda name, *more: None if name in ends else find(name, *more)"""
    assert _import_keras_elsewhere(hide).endswith("pip install 'genrelab[train]'")


@pytest.mark.parametrize("backend", ["jax", "theano"])
def test_a_back_end_that_is_not_installed_is_one_sentence(backend: str) -> None:
    hide = f"""
import importlib.util as util
find = util.find_spec
util.find_spec = lambda name, *more: None if name == {backend!r} else find(name, *more)"""
    assert _import_keras_elsewhere(hide, KERAS_BACKEND=backend).startswith(
        f"genrelab.errors.UsageError: KERAS_BACKEND is {backend!r}, which "
    )
