"""Studies: which runs they need, and which of them the main table shares."""

from __future__ import annotations

import pytest

from genrelab.errors import UsageError
from genrelab.learning.inputs import SEQUENCE_NAMES
from genrelab.learning.recipes import SAMPLES
from genrelab.workflows.studies import STUDIES, STUDY_NAMES, chosen_studies, plan_experiment

SETTINGS = {"segments": 24, "max_epochs": 1}


def planned(study: str) -> dict[str, object]:
    return {
        one.name: one.recipe
        for one in (plan_experiment(name, SETTINGS, knobs, 0) for name, knobs in STUDIES[study])
    }


def main_table() -> dict[str, object]:
    return {
        one.name: one.recipe
        for one in (
            plan_experiment(f"{sample}-{input_name}", SETTINGS, {}, 0)
            for sample in SAMPLES
            for input_name in SEQUENCE_NAMES
        )
    }


def test_the_imbalance_study_is_three_networks_three_samples_four_dropouts() -> None:
    recipes = planned("imbalance").values()
    assert len(recipes) == 36
    assert {recipe.dropout for recipe in recipes} == {0.25, 0.3, 0.4, 0.5}
    assert {recipe.network for recipe in recipes} == {"c1m1", "c1m2", "c2m1"}
    assert {recipe.sample for recipe in recipes} == set(SAMPLES)


def test_runs_are_shared_with_the_main_table() -> None:
    shared = planned("imbalance").keys() & main_table().keys()
    # .25 and .4 are in the study; balanced-mixed has .35, which is not.
    assert main_table().keys() - shared == {"balanced-mixed-dropout-0.35-seed-0"}
    assert "balanced-timbre-dropout-0.25-seed-0" in planned("learning-rate")


def test_equal_names_mean_equal_recipes() -> None:
    known: dict[str, object] = main_table()
    for study in STUDY_NAMES:
        for name, recipe in planned(study).items():
            assert known.setdefault(name, recipe) == recipe


def test_settings_hold_everywhere_and_seeds_tell_runs_apart() -> None:
    for study in STUDY_NAMES:
        assert {recipe.segments for recipe in planned(study).values()} == {24}
    names = {plan_experiment("balanced-pitch", {}, {}, seed).name for seed in range(5)}
    assert len(names) == 5


def test_a_dropout_set_for_all_is_in_the_name() -> None:
    one = plan_experiment("balanced-timbre", {"dropout": "0.5"}, {}, 0)
    assert one.name == "balanced-timbre-dropout-0.5-seed-0" and one.recipe.dropout == 0.5


def test_overtraining_never_stops_early() -> None:
    [recipe] = planned("overtraining").values()
    assert recipe.patience >= 1_000_000


def test_studies_by_name_each_once() -> None:
    assert chosen_studies(["learning-rate", "imbalance", "imbalance"]) == [
        "imbalance",
        "learning-rate",
    ]
    assert chosen_studies([]) == []
    with pytest.raises(UsageError, match="'foo'; expected one of imbalance, learning-rate"):
        chosen_studies(["imbalance", "foo"])
