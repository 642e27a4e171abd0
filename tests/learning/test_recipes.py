"""Recipes: the nine that ship, every knob through TOML and back, wrong ones in a sentence."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrelab.errors import UsageError
from genrelab.learning.inputs import INPUTS, SEQUENCE_NAMES
from genrelab.learning.networks import NETWORKS
from genrelab.learning.recipes import (
    FITTING_INPUTS,
    KNOBS,
    SAMPLES,
    Grouping,
    Recipe,
    load_recipe,
    override_recipe,
    shipped_recipes,
)

MINIMAL = 'sample = "balanced"\ninput = "timbre"\nnetwork = "c1m1"\n'
PAPER = {  # network, dropout on the balanced sample, batch, most epochs
    "timbre": ("c1m1", 0.25, 32, 100),
    "pitch": ("c1m2", 0.25, 32, 75),
    "mixed": ("c2m1", 0.35, 64, 75),
}


CLASSICAL = ("nine-genres", "profile-kernel", "statistics-knn", "statistics-svm")
NINE = sorted(f"{sample}-{name}" for sample in SAMPLES for name in SEQUENCE_NAMES)


def test_the_papers_nine_recipes_ship_and_four_classical_ones() -> None:
    assert shipped_recipes() == sorted([*NINE, *CLASSICAL])


@pytest.mark.parametrize("name", CLASSICAL)
def test_a_classical_recipe_learns_from_a_summary_and_is_calibrated(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name and recipe.is_classical and recipe.calibrate and recipe.refit
    assert len(INPUTS[recipe.input].shape(recipe.segments)) == 1
    assert recipe.sample == "unbalanced" and recipe.group == "artist"


@pytest.mark.parametrize("name", NINE)
def test_a_shipped_recipe_has_the_papers_values(name: str) -> None:
    recipe = load_recipe(name)
    network, dropout, batch_size, max_epochs = PAPER[recipe.input]
    assert recipe.name == name == f"{recipe.sample}-{recipe.input}"
    assert recipe.network == network and network in NETWORKS
    assert recipe.dropout == (dropout if recipe.sample == "balanced" else 0.4)
    assert (recipe.batch_size, recipe.max_epochs) == (batch_size, max_epochs)
    assert (recipe.learning_rate, recipe.beta_1, recipe.beta_2) == (0.001, 0.9, 0.999)
    assert recipe.epsilon == 1e-7
    assert (recipe.patience, recipe.min_delta) == (8, 0.01)
    assert recipe.segments == 512
    assert not recipe.normalize and not recipe.restore_best
    assert (recipe.min_tracks, recipe.group, recipe.folds, recipe.split) == (40, "artist", 0, "")


def test_keys_left_out_have_their_defaults_and_the_name_is_the_files(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(MINIMAL)
    expected = Recipe(name="mine", sample="balanced", input="timbre", network="c1m1")
    assert load_recipe(file) == load_recipe(str(file)) == expected


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
fitting = [(network, one) for network, inputs in FITTING_INPUTS.items() for one in inputs]
recipes = st.builds(
    lambda pair, **knobs: Recipe(network=pair[0], input=pair[1], **knobs),
    pair=st.sampled_from(fitting),
    name=text,
    sample=st.sampled_from(SAMPLES),
    genres=st.lists(text, max_size=4, unique=True).map(tuple),
    min_tracks=st.integers(1, 1 << 53),
    tracks_per_genre=st.integers(0, 1 << 53),
    group=st.sampled_from(get_args(Grouping)),
    folds=st.just(0),  # a split file brings folds of its own
    split=text,
    split_seed=st.integers(0, 1 << 53),
    segments=st.integers(24, 100_000),
    normalize=st.booleans(),
    dropout=st.floats(0, 0.95),
    batch_size=st.integers(1, 1_000_000),
    max_epochs=st.integers(1, 1_000_000),
    learning_rate=st.floats(1e-9, 10),
    beta_1=st.floats(0, 0.999999),
    beta_2=st.floats(0, 0.9999999),
    epsilon=st.floats(1e-16, 1),
    patience=st.integers(1, 1_000_000),
    min_delta=st.floats(0, 1),
    restore_best=st.booleans(),
    seed=st.integers(0, (1 << 32) - 1),
)


@given(recipe=recipes)
@settings(deadline=None)
def test_every_recipe_survives_toml(
    tmp_path_factory: pytest.TempPathFactory, recipe: Recipe
) -> None:
    file = tmp_path_factory.getbasetemp() / "round-trip.toml"
    file.write_text(recipe.to_toml(), encoding="utf-8")
    assert load_recipe(file) == recipe


def test_toml_holds_every_knob_in_order() -> None:
    lines = load_recipe("balanced-timbre").to_toml().splitlines()
    assert [line.partition(" = ")[0] for line in lines] == [f.name for f in fields(Recipe)]
    assert tuple(f.name for f in fields(Recipe)) == KNOBS


@pytest.mark.parametrize(
    ("setting", "knob", "value"),
    [
        ("dropout=.3", "dropout", 0.3),
        ("dropout=0", "dropout", 0.0),
        ("dropout = 0.5 ", "dropout", 0.5),
        ("learning_rate=1e-4", "learning_rate", 1e-4),
        ("batch_size=16", "batch_size", 16),
        ("normalize=true", "normalize", True),
        ("restore_best=false", "restore_best", False),
        ("sample=unbalanced", "sample", "unbalanced"),
        ("genres=Rock, Hip-Hop,", "genres", ("Rock", "Hip-Hop")),
        ("genres=", "genres", ()),
        ("split=a=b.csv", "split", "a=b.csv"),
        ("split=../folds.csv", "split", "../folds.csv"),
        ("split=.hidden/folds.csv", "split", ".hidden/folds.csv"),
        ("name=007", "name", "007"),
    ],
)
def test_settings_as_a_command_line_gives_them(setting: str, knob: str, value: Any) -> None:
    recipe = load_recipe("balanced-timbre", [setting])
    assert getattr(recipe, knob) == value and type(getattr(recipe, knob)) is type(value)
    assert override_recipe(load_recipe("balanced-timbre"), {knob: value}) == recipe


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("dropuot=.3", "--set: a recipe has no knob 'dropuot'; did you mean 'dropout'?"),
        ("xyzzy=1", f"--set: a recipe has no knob 'xyzzy'; the knobs are {', '.join(KNOBS)}"),
        ("dropout", "--set dropout: expected knob=value, for example dropout=.25"),
        ("dropout=1", "recipe 'balanced-timbre': dropout is 1.0; expected 0 to 0.95"),
        ("dropout=nan", "recipe 'balanced-timbre': dropout is nan; expected 0 to 0.95"),
        ("segments=23", "recipe 'balanced-timbre': segments is 23; expected 24 to 100000"),
        (
            "network=c3m1",
            "--set: network is 'c3m1'; expected one of c1m1, c1m2, c2m1, knn, svm, kernel-logistic",
        ),
        ("group=album", "--set: group is 'album'; expected one of artist, track"),
        ("seed=-1", "recipe 'balanced-timbre': seed is -1; expected 0 to 4294967295"),
        ("genres=Rock,Rock", "recipe 'balanced-timbre': a genre is named twice in genres"),
    ],
)
def test_a_wrong_setting_is_one_sentence(setting: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_recipe("balanced-timbre", [setting])
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("setting", "start"),
    [
        ("dropout=much", "--set: dropout is 'much'; expected "),
        ("batch_size=3.5", "--set: batch_size is '3.5'; expected "),
        ("normalize=perhaps", "--set: normalize is 'perhaps'; expected "),
        ("folds=2", "recipe 'balanced-timbre': folds is 2; expected 0 (one split) or at least 3"),
    ],
)
def test_a_wrong_value_names_its_knob(setting: str, start: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_recipe("balanced-timbre", [setting])
    assert str(caught.value).startswith(start)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("colour = 1\n" + MINIMAL, "a recipe has no knob 'colour'"),
        ("dropout = 'much'\n" + MINIMAL, "dropout is 'much'; expected "),
        ("genres = 'Rock'\n" + MINIMAL, "genres is 'Rock'; expected "),
        ("genres = [1]\n" + MINIMAL, "genres is [1]; expected "),
        ('sample = "balanced"\ninput = "timbre"\n', "recipe without 'network'"),
        ("dropout = \n" + MINIMAL, "not TOML (Invalid value (at line 1, column 11))"),
        ("[knobs]\n" + MINIMAL, "a recipe has no knob 'knobs'"),
    ],
)
def test_a_wrong_file_is_one_sentence_with_its_name(
    tmp_path: Path, content: str, sentence: str
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(content)
    with pytest.raises(UsageError) as caught:
        load_recipe(file)
    assert str(caught.value).startswith(f"{file}: {sentence}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["absent.toml", "folder.toml", "", "recipe.txt"])
def test_an_unknown_recipe_names_those_that_ship(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.toml").mkdir()
    Path("recipe.txt").write_text(MINIMAL)
    with pytest.raises(UsageError, match=f"^recipe '{name}': neither .* balanced-timbre, "):
        load_recipe(name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("balanced-timbr", "did you mean 'balanced-timbre'"),
        ("music.corpus", "is a corpus; expected CORPUS first, then RECIPE"),
    ],
)
def test_a_slip_gets_a_hint(name: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        load_recipe(name)


def test_a_file_that_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(UsageError, match="not TOML"):
        load_recipe(file)


@pytest.mark.parametrize(
    ("name", "knob", "sentence"),
    [
        ("balanced-timbre", "network=svm", "input is timbre; network svm expects statistics or"),
        ("balanced-timbre", "input=profile", "input is profile; network c1m1 expects timbre or"),
        ("balanced-mixed", "input=pitch", "input is pitch; network c2m1 expects mixed$"),
    ],
)
def test_an_input_that_the_network_does_not_take_is_refused(
    name: str, knob: str, sentence: str
) -> None:
    with pytest.raises(UsageError, match=f"^recipe '{name}': {sentence}"):
        load_recipe(name, [knob])
    assert load_recipe("balanced-timbre", ["network=svm", "input=profile"]).is_classical


def test_folds_and_a_split_file_exclude_each_other() -> None:
    assert load_recipe("balanced-timbre", {"folds": 5}).folds == 5
    with pytest.raises(UsageError, match="give one of them"):
        load_recipe("balanced-timbre", {"folds": 5, "split": "folds.csv"})
