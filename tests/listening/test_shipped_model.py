"""The model that ships: whole, of nine genres, and right about music that it was not built on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tests.listening.answers import probabilities_of

from genrelab.learning.recipes import load_recipe
from genrelab.listening.models import SHIPPED, shipped_model
from genrelab.music.segments import Segments
from genrelab.workflows.predictions import predict

GENRES = ("Blues", "Classical", "Country", "Electronic", "Hip-Hop", "Jazz", "Metal", "Pop", "Rock")
LARGEST_MB = 5.0


def test_it_is_the_recipe_that_ships_and_knows_nine_genres() -> None:
    model = shipped_model()
    assert model.classes == GENRES and model.run.recipe == load_recipe("nine-genres")
    assert model.run.info.calibrated and model.run.info.whole
    assert {one.precision for one in model.run.info.abstention} >= {0.7, 0.8, 0.9}
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < LARGEST_MB * 1e6


def test_it_answers_any_segments(make_segments: Callable[..., Segments]) -> None:
    answers = probabilities_of(shipped_model(), [make_segments(n) for n in (1, 5, 400)])
    assert answers.shape == (3, 9) and np.allclose(answers.sum(axis=1), 1)


def test_the_card_gives_the_figures_of_the_run() -> None:
    card = (SHIPPED / "MODEL_CARD.md").read_text(encoding="utf-8")
    scores = shipped_model().run.info.scores["test"]
    for score in ("accuracy", "balanced_accuracy", "macro_f1"):
        assert f"{scores[score]:.3f}" in card
    for genre in GENRES:
        assert re.search(rf"^\| {genre} \|", card, flags=re.MULTILINE)
    assert "one artist" in card and "CC BY-NC 4.0" in card


def test_real_songs_of_the_pairs_are_told_by_their_sound(data_dir: Path) -> None:
    """Songs by artists that it has not learned from."""
    expected = {"big_iron": "Country", "come_together": "Rock", "gymnopedie": "Classical"}
    files = [next((data_dir / "pairs" / name).glob("audio.*")) for name in expected]
    assert [one.genre for one in predict(files)] == list(expected.values())
