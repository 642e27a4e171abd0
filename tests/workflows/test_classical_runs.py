"""Classical runs: trained, judged and asked like networks, folds and all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.listening.answers import probabilities_of

from genrelab.errors import DataError
from genrelab.judging.calibration import with_temperature
from genrelab.learning.recipes import load_recipe
from genrelab.learning.runs import Run, load_run
from genrelab.listening.models import Model
from genrelab.music.corpus import Corpus
from genrelab.workflows.experiments import train

pytest.importorskip("sklearn", reason="learning needs the 'learn' extra")
RECIPES = ("profile-kernel", "statistics-knn", "statistics-svm")
SMALL = {"min_tracks": 10, "landmarks": 100}


@pytest.fixture(scope="module", params=RECIPES)
def folded(
    request: pytest.FixtureRequest, synthetic_corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    out = tmp_path_factory.mktemp("classical") / request.param
    with Corpus(synthetic_corpus) as corpus:
        return train(corpus, load_recipe(request.param, {**SMALL, "folds": 3}), out)


def test_a_run_of_folds_answers_with_one_model_that_heard_all(folded: Run) -> None:
    assert folded.info.folds == 3 and folded.info.whole
    assert folded.members == [folded] and (folded.path / "model.onnx").is_file()
    assert not (folded.path / "model.keras").exists() and not (folded.path / "history.csv").exists()
    assert {path.stem for path in (folded.path / "figures").iterdir()} == {
        *("confusion", "reliability"),
    }
    assert folded.info.backend == "scikit-learn" and folded.info.calibrated
    assert folded.info.onnx_max_difference is None


def test_each_fold_was_judged_by_the_file_that_it_left(folded: Run, synthetic_corpus: Path) -> None:
    fold = load_run(folded.path / "fold-1")
    test = fold.predictions("test")
    with Corpus(synthetic_corpus) as corpus:
        segments = [one for _, one in corpus.segments(test.track_ids)]
    assert np.abs(probabilities_of(Model(fold), segments) - test.probabilities).max() < 1e-6


def test_the_temperature_is_that_of_the_folds_and_precisions_hold(folded: Run) -> None:
    temperatures = [load_run(folded.path / f"fold-{k}").info.temperature for k in range(3)]
    assert folded.info.temperature == pytest.approx(float(np.prod(temperatures)) ** (1 / 3))
    valid = folded.predictions("valid")
    sure = valid.probabilities.max(axis=1)
    right = valid.probabilities.argmax(axis=1) == valid.truth
    for one in folded.info.abstention:
        assert right[sure >= one.threshold].mean() >= one.precision
    assert len(valid.track_ids) == len(set(valid.track_ids)) == 96


def test_windows_are_told_beside_the_track(folded: Run, synthetic_corpus: Path) -> None:
    with Corpus(synthetic_corpus) as corpus:
        [(_, segments)] = corpus.segments([next(iter(corpus.segment_counts()))])
    [answer] = Model(folded).answer([segments], windows=True)
    end = segments.start[-1] + segments.duration[-1]
    assert answer.windows[0].start == 0 and answer.windows[-1].stop == pytest.approx(end)
    for window in answer.windows:
        assert 0 <= window.start < window.stop <= end + 1e-6
        assert window.probabilities.sum() == pytest.approx(1)
    assert (len(answer.windows) > 1) == (folded.recipe.input == "profile")


def test_asking_for_windows_changes_no_answer(
    folded: Run, make_segments: Callable[..., object]
) -> None:
    segments = [make_segments(200, seed=i) for i in range(3)]
    model = Model(folded)
    plain, told = model.answer(segments), model.answer(segments, windows=True)
    for one, other in zip(plain, told, strict=True):
        assert np.array_equal(one.probabilities, other.probabilities)


def test_without_refit_and_calibration_a_run_is_as_its_folds(
    synthetic_corpus: Path, tmp_path: Path
) -> None:
    knobs = {**SMALL, "folds": 3, "refit": False, "calibrate": False}
    with Corpus(synthetic_corpus) as corpus:
        run = train(corpus, load_recipe("statistics-svm", knobs), tmp_path / "plain")
    assert not run.info.whole and len(run.members) == 3
    assert (run.info.temperature, run.info.calibrated, run.info.abstention) == (1, False, [])


def test_a_network_is_calibrated_where_its_recipe_says_so(
    synthetic_corpus: Path, tmp_path: Path
) -> None:
    pytest.importorskip("keras", reason="networks need the 'train' extra")
    knobs = {"min_tracks": 10, "segments": 24, "max_epochs": 1, "tracks_per_genre": 10}
    runs = {}
    for calibrate in (False, True):
        recipe = load_recipe("balanced-timbre", {**knobs, "calibrate": calibrate})
        with Corpus(synthetic_corpus) as corpus:
            runs[calibrate] = train(corpus, recipe, tmp_path / str(calibrate))
    raw, told = (runs[c].predictions("test").probabilities for c in (False, True))
    assert runs[True].info.calibrated and not runs[False].info.calibrated
    assert np.allclose(with_temperature(raw, runs[True].info.temperature), told, atol=1e-6)


def test_a_genre_without_training_tracks_is_one_sentence(
    synthetic_corpus: Path, tmp_path: Path
) -> None:
    split = tmp_path / "folds.csv"
    with Corpus(synthetic_corpus) as corpus:
        rows = [
            (track.id, track.genre) for track in corpus.tracks() if track.genre in ("Jazz", "Rock")
        ]
        lines = [
            f"{i},{genre},{number % 2 if genre == 'Rock' else number % 3}"
            for number, (i, genre) in enumerate(rows)
        ]
        split.write_text("\n".join(["track_id,genre,fold", *lines]))
        recipe = load_recipe("statistics-svm", {**SMALL, "split": str(split)})
        with pytest.raises(DataError, match="no Rock track among the training tracks of fold 0"):
            train(corpus, recipe, tmp_path / "run")
