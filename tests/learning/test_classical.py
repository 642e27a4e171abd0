"""Classical learners: the file answers as scikit-learn does, genres count alike."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from genrelab.errors import MissingExtraError
from genrelab.learning.classical import FARTHEST, LEARNERS, fit_classical, source_weights
from genrelab.learning.features import Features
from genrelab.learning.recipes import ClassicalName, Recipe
from genrelab.listening.models import ask_about_tracks, ask_network, open_network

sklearn = pytest.importorskip("sklearn", reason="learning needs the 'learn' extra")
WIDTH = 7


def _recipe(name: ClassicalName, **knobs: float) -> Recipe:
    return Recipe(name="t", sample="unbalanced", input="statistics", network=name, **knobs)  # type: ignore[arg-type]


def _tracks(n: int, n_classes: int, *, rows: int = 1, seed: int = 0) -> tuple[Features, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    x = rng.normal(0, 1, (n * rows, WIDTH)) * 30 + 5
    x[:, 0] += 40 * np.repeat(y, rows)
    x[:, 3] = 4.0  # what never varies must do no harm
    return Features(
        x=x.astype(np.float32),
        n_valid=np.ones(n * rows, np.int64),
        track=np.repeat(np.arange(n), rows),
        share=np.full(n * rows, 1 / rows),
    ), y


def _scaled(features: Features, train: Features) -> np.ndarray:
    mean, deviation = train.x.mean(axis=0, dtype=float), train.x.std(axis=0, dtype=float)
    deviation[deviation < 1e-6] = 1
    return np.clip((features.x - mean) / deviation, -FARTHEST, FARTHEST)


def _answers(name: ClassicalName, tmp_path: Path, n_classes: int, **knobs: float) -> np.ndarray:
    train, y = _tracks(90, n_classes)
    learner = fit_classical(train, y, n_classes=n_classes, recipe=_recipe(name, **knobs))
    learner.export(tmp_path / "model.onnx")
    return ask_network(open_network(tmp_path / "model.onnx"), _tracks(40, n_classes, seed=1)[0].x)


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_an_svm_decides_as_scikit_learn_does(tmp_path: Path, n_classes: int) -> None:
    from sklearn.svm import SVC

    (train, y), (test, _) = _tracks(90, n_classes), _tracks(40, n_classes, seed=1)
    svm = SVC(C=3, gamma=1 / WIDTH, class_weight="balanced", decision_function_shape="ovo")
    svm.fit(_scaled(train, train), y)
    expected = svm.predict(_scaled(test, train))
    answers = _answers("svm", tmp_path, n_classes, regularization=3)
    # Votes and coupled probabilities may differ where a track is torn between three genres.
    assert (answers.argmax(axis=1) == expected).mean() >= (1.0 if n_classes == 2 else 0.9)
    assert np.allclose(answers.sum(axis=1), 1)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_kernel_logistic_regression_answers_as_scikit_learn_does(
    tmp_path: Path, n_classes: int
) -> None:
    from sklearn.kernel_approximation import Nystroem
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics.pairwise import rbf_kernel

    (train, y), (test, _) = _tracks(90, n_classes), _tracks(40, n_classes, seed=1)
    kernel = Nystroem(gamma=0.5 / WIDTH, n_components=60, random_state=0)
    kernel.fit(_scaled(train, train))

    def values(features: Features) -> np.ndarray:
        rows = _scaled(features, train)
        level = rbf_kernel(rows, kernel.components_, 0.5 / WIDTH).mean(axis=1)
        return np.column_stack([kernel.transform(rows), level / levels_of_train])

    levels_of_train = 1.0
    levels_of_train = values(train)[:, -1].mean()
    logistic = LogisticRegression(C=2, max_iter=1000, class_weight="balanced", fit_intercept=False)
    expected = logistic.fit(values(train), y).predict_proba(values(test))
    knobs = {"regularization": 2, "kernel_width": 0.5, "landmarks": 60}
    answers = _answers("kernel-logistic", tmp_path, n_classes, **knobs)
    assert np.abs(answers - expected).max() < 1e-4


def test_what_is_like_nothing_that_was_heard_gets_all_genres_alike(tmp_path: Path) -> None:
    train, _ = _tracks(90, 3)
    y = np.repeat([0, 1, 2], [80, 5, 5])
    learner = fit_classical(train, y, n_classes=3, recipe=_recipe("kernel-logistic"))
    learner.export(tmp_path / "m.onnx")
    far = np.full((1, WIDTH), 1e6, np.float32)
    assert np.allclose(ask_network(open_network(tmp_path / "m.onnx"), far), 1 / 3, atol=1e-3)


def test_nearest_neighbors_answer_as_scikit_learn_does(tmp_path: Path) -> None:
    from sklearn.neighbors import KNeighborsClassifier

    (train, y), (test, _) = _tracks(90, 3), _tracks(40, 3, seed=1)
    nearest = KNeighborsClassifier(7).fit(_scaled(train, train), y)
    shares = nearest.predict_proba(_scaled(test, train))
    answers = _answers("knn", tmp_path, 3, neighbors=7)
    assert np.abs(answers - (7 * shares + 1 / 3) / 8).max() < 1e-6


@pytest.mark.parametrize("name", [name for name in LEARNERS if name != "knn"])
def test_genres_count_alike_whatever_their_number(tmp_path: Path, name: ClassicalName) -> None:
    """Two genres that overlap, nine tracks to one: half of those between are told as each."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [270, 30])
    x = rng.normal(0, 1, (300, WIDTH)) + 1.0 * y[:, None]
    features = Features.one_row_a_track(x.astype(np.float32), np.ones(300, np.int64))
    recipe = _recipe(name, regularization=0.3)
    fit_classical(features, y, n_classes=2, recipe=recipe).export(tmp_path / "m.onnx")
    between = rng.normal(0.5, 1, (400, WIDTH)).astype(np.float32)
    told = ask_network(open_network(tmp_path / "m.onnx"), between).argmax(axis=1).mean()
    assert 0.25 < told < 0.75


@pytest.mark.parametrize("name", LEARNERS)
def test_what_lies_far_out_or_never_varied_gives_probabilities_too(
    tmp_path: Path, name: ClassicalName
) -> None:
    train, y = _tracks(60, 3)
    fit_classical(train, y, n_classes=3, recipe=_recipe(name)).export(tmp_path / "m.onnx")
    session = open_network(tmp_path / "m.onnx")
    for value in (1e30, -1e30, 0.0):
        answers = ask_network(session, np.full((2, WIDTH), value, np.float32))
        assert np.isfinite(answers).all() and np.allclose(answers.sum(axis=1), 1)


def test_the_rows_of_a_track_count_by_their_share_and_answer_together(tmp_path: Path) -> None:
    train, y = _tracks(60, 3, rows=4)
    recipe = _recipe("kernel-logistic")
    fit_classical(train, y, n_classes=3, recipe=recipe).export(tmp_path / "m.onnx")
    test, truth = _tracks(40, 3, rows=4, seed=1)
    session = open_network(tmp_path / "m.onnx")
    pooled = ask_about_tracks(session, test)
    rows = np.log(ask_network(session, test.x)).reshape(40, 4, 3).mean(axis=1)
    expected = np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)
    assert np.abs(pooled - expected).max() < 1e-6
    alone = ask_network(session, test.x).argmax(axis=1) == np.repeat(truth, 4)
    assert (pooled.argmax(axis=1) == truth).mean() > alone.mean()


def test_a_source_counts_by_the_square_root_of_its_tracks() -> None:
    ids = [
        *(f"msd-{i}" for i in range(16)),
        *(f"folder-{i}" for i in range(4)),
        "msd-x",
        "folder-y",
    ]
    labels = np.array([0] * 20 + [1, 1])
    weights = source_weights(ids, labels)
    assert weights[:16].sum() == pytest.approx(4) and weights[16:20].sum() == pytest.approx(2)
    assert weights[20:].tolist() == [1, 1]


def test_a_track_without_weight_changes_nothing(tmp_path: Path) -> None:
    (train, y), (noise, other) = _tracks(60, 3), _tracks(60, 3, seed=9)
    both = Features(
        x=np.concatenate([train.x, noise.x]),
        n_valid=np.ones(120, np.int64),
        track=np.arange(120),
        share=np.ones(120),
    )
    weights = np.repeat([1.0, 0.0], 60)
    recipe, test = _recipe("svm"), _tracks(30, 3, seed=1)[0]
    answers = []
    for name, weight in (("with.onnx", weights), ("other.onnx", weights)):
        labels = np.concatenate([y, other if name == "with.onnx" else 2 - other])
        learner = fit_classical(both, labels, n_classes=3, recipe=recipe, track_weights=weight)
        learner.export(tmp_path / name)
        answers.append(ask_network(open_network(tmp_path / name), test.x))
    assert np.abs(answers[0] - answers[1]).max() < 1e-5


def test_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)
    train, y = _tracks(30, 3)
    with pytest.raises(MissingExtraError, match="learning genres needs the 'learn' extra"):
        fit_classical(train, y, n_classes=3, recipe=_recipe("svm"))
