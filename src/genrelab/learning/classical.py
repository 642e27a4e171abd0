"""Classical learners: kNN, an RBF-SVM, and kernel logistic regression, on summaries.

Conventions
-----------
``LEARNERS`` is the registry. A learner takes rows float32 [R, F], scales them by mean and
deviation of the training rows, and gives probabilities [R, K]. What it has learned are
arrays, written as an ONNX graph of plain operators; scikit-learn finds them (extra
``learn``). Genres count alike, however many tracks each has; the rows of a track count by
their share in its answer. kNN knows no weights.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from genrelab.errors import MissingExtraError
from genrelab.learning.features import Features
from genrelab.learning.onnx_graph import INPUT, OnnxGraph
from genrelab.learning.recipes import ClassicalName, Recipe
from genrelab.music.segments import Float64, Int64

FARTHEST = 8.0  # deviations from the mean: what lies beyond is noise, and ruins distances
MOST_STEPS = 1000  # of an optimizer that needs a hundred or two
PAIR_STEEPNESS = 8.0  # of an SVM's decision between two genres, as a probability


class _Head(Protocol):
    """What comes behind the scaling of the rows."""

    @property
    def n_numbers(self) -> int:
        """How many numbers were learned."""

    def add_to(self, graph: OnnxGraph, rows: str) -> str:
        """Add the nodes that turn scaled rows into probabilities [N, K]; return their name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Classical:
    """A trained classical learner.

    Attributes
    ----------
    mean, deviation : float64 array [F]
        Of the training rows; a value that does not vary has deviation 1.
    n_classes : int
    """

    name: ClassicalName
    mean: Float64
    deviation: Float64
    n_classes: int
    head: _Head

    @property
    def n_parameters(self) -> int:
        """How many numbers were learned, the scaling among them."""
        return self.head.n_numbers + 2 * len(self.mean)

    def export(self, path: str | Path) -> None:
        """Write the learner as ONNX; the embedding are the scaled rows.

        Raises
        ------
        MissingExtraError
            If the onnx package is missing.
        """
        graph = OnnxGraph()
        centered = graph.add("Sub", INPUT, graph.constant("mean", self.mean))
        scaled = graph.add("Div", centered, graph.constant("deviation", self.deviation))
        limits = (graph.constant("lowest", -FARTHEST), graph.constant("highest", FARTHEST))
        rows = graph.add("Clip", scaled, *limits)
        width = len(self.mean)
        graph.write(
            path,
            name=self.name,
            row_shape=(width,),
            outputs={
                "probabilities": (self.head.add_to(graph, rows), self.n_classes),
                "embedding": (rows, width),
            },
        )


def _add_square_distances(graph: OnnxGraph, rows: str, others: Float64) -> str:
    """Add the squared distances [N, M] of rows to fixed rows [M, F], never below 0."""
    axes = graph.constant("axes", np.array([1]))
    own = graph.add("ReduceSum", graph.add("Mul", rows, rows), axes, keepdims=1)
    products = graph.add("MatMul", rows, graph.constant("minus_twice", -2 * others.T))
    squares = graph.constant("squares", np.square(others).sum(axis=1)[None])
    return graph.add("Relu", graph.add("Add", graph.add("Add", own, products), squares))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Neighbors:
    """kNN: the shares of the genres among the nearest rows, each genre granted one K-th."""

    rows: Float64
    one_hot: Float64
    k: int

    @property
    def n_numbers(self) -> int:
        return self.rows.size + len(self.rows)

    def add_to(self, graph: OnnxGraph, rows: str) -> str:
        distances = _add_square_distances(graph, rows, self.rows)
        k = graph.constant("k", np.array([self.k]))
        nearest = graph.add("TopK", distances, k, n_outputs=2, axis=1, largest=0)
        genres = graph.add("Gather", graph.constant("genres", self.one_hot), nearest, axis=0)
        counts = graph.add("ReduceSum", genres, graph.constant("middle", np.array([1])), keepdims=0)
        granted = graph.constant("granted", 1.0 / self.one_hot.shape[1])
        total = graph.constant("total", self.k + 1.0)
        return graph.add("Div", graph.add("Add", counts, granted), total)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _KernelMachine:
    """A radial kernel to fixed rows, and a linear map of it: scores, or decisions in pairs.

    Attributes
    ----------
    rows : float64 array [M, F]
    gamma : float
    weights, bias : float64 arrays [M, P], [P]
        P is K, or K (K - 1) / 2 where each pair of genres is decided by itself.
    pairs : int array [P, 2] or None
        The genres of each decision, the one that speaks for positive values first.
    """

    rows: Float64
    gamma: float
    weights: Float64
    bias: Float64
    pairs: Int64 | None = None

    @property
    def n_numbers(self) -> int:
        return self.rows.size + self.weights.size + self.bias.size

    def add_to(self, graph: OnnxGraph, rows: str) -> str:
        distances = _add_square_distances(graph, rows, self.rows)
        scale = graph.constant("minus_gamma", -self.gamma)
        kernel = graph.add("Exp", graph.add("Mul", distances, scale))
        weights, bias = graph.constant("weights", self.weights), graph.constant("bias", self.bias)
        scores = graph.add("Gemm", kernel, weights, bias)
        if self.pairs is not None:
            scores = self._add_coupling(graph, scores, self.pairs)
        return graph.add("Softmax", scores, axis=-1)

    def _add_coupling(self, graph: OnnxGraph, decisions: str, pairs: Int64) -> str:
        """Sum the log probabilities of winning that a genre has in its pairs."""
        n_classes = int(pairs.max()) + 1
        steepness = graph.constant("steepness", PAIR_STEEPNESS)
        steep = graph.add("Mul", decisions, steepness)
        first, second = (np.eye(n_classes)[pairs[:, side]] for side in (0, 1))
        lost = graph.add("Softplus", graph.add("Neg", steep))  # -log sigmoid of the decision
        won = graph.add("Softplus", steep)
        for_first = graph.add("MatMul", lost, graph.constant("first", -first))
        for_second = graph.add("MatMul", won, graph.constant("second", -second))
        return graph.add("Add", for_first, for_second)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """Scaled training rows, the genre of each and how much it counts."""

    x: Float64
    genre: Int64
    weight: Float64
    n_classes: int


def fit_classical(
    features: Features,
    labels: Int64,
    *,
    n_classes: int,
    recipe: Recipe,
    track_weights: Float64 | None = None,
) -> Classical:
    """Train a classical learner.

    Parameters
    ----------
    features : Features
        Of a summary input.
    labels : int array [N]
        Class index of each track; every class has at least one.
    n_classes : int
        K.
    recipe : Recipe
        Says which learner, and its settings.
    track_weights : float64 array [N], optional
        How much each track counts within its genre; all alike by default.

    Raises
    ------
    MissingExtraError
        If scikit-learn is missing.
    """
    genre = labels[features.track]
    of_track = np.ones(len(labels)) if track_weights is None else track_weights
    of_genre = np.bincount(labels, weights=of_track, minlength=n_classes)
    weight = features.share * (of_track / of_genre[labels])[features.track]
    x = features.x.astype(np.float64)
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    deviation = np.where(deviation > 1e-6 * np.maximum(np.abs(mean), 1e-6), deviation, 1.0)
    rows = _Rows(
        x=np.clip((x - mean) / deviation, -FARTHEST, FARTHEST),
        genre=genre,
        weight=weight * len(weight) / weight.sum(),
        n_classes=n_classes,
    )
    name = recipe.classical_learner
    # Threads would cost more than they bring at these sizes, and change the last digits.
    with threadpool_limits(limits=1, user_api="blas"):
        head = LEARNERS[name](rows, recipe)
    return Classical(
        name=name,
        mean=mean,
        deviation=deviation,
        n_classes=n_classes,
        head=head,
    )


def source_weights(track_ids: Sequence[str], labels: Int64) -> Float64:
    """Let the tracks of each source and genre count by the square root of their number.

    A track's source is what its id begins with. With 350 and 89 tracks of a genre the
    larger source speaks with two thirds, where by number it would with four fifths.
    """
    sources = np.unique([i.partition("-")[0] for i in track_ids], return_inverse=True)[1]
    cells = sources * (int(labels.max()) + 1) + labels
    return np.asarray(1 / np.sqrt(np.bincount(cells)[cells]))


def _sklearn(module: str) -> Any:
    try:
        return importlib.import_module(f"sklearn.{module}")
    except ImportError as error:
        raise MissingExtraError("learning genres", "learn") from error


def _fit_neighbors(rows: _Rows, recipe: Recipe) -> _Neighbors:
    # There is nothing to find: the rows are the model.
    return _Neighbors(
        rows=rows.x,
        one_hot=np.eye(rows.n_classes)[rows.genre],
        k=min(recipe.neighbors, len(rows.x)),
    )


def _fit_svm(rows: _Rows, recipe: Recipe) -> _KernelMachine:
    """C-SVMs with a radial kernel, one a pair of genres (Cortes and Vapnik 1995)."""
    gamma = recipe.kernel_width / rows.x.shape[1]
    svm = _sklearn("svm").SVC(C=recipe.regularization, gamma=gamma)
    svm.fit(rows.x, rows.genre, sample_weight=rows.weight)
    pairs = np.array([(i, j) for i in range(rows.n_classes) for j in range(i + 1, rows.n_classes)])
    return _KernelMachine(
        rows=svm.support_vectors_,
        gamma=gamma,
        weights=_pair_weights(svm.dual_coef_, svm.n_support_, pairs),
        bias=_pair_bias(svm.intercept_),
        pairs=pairs,
    )


def _pair_bias(intercept: Float64) -> Float64:
    # With two classes scikit-learn turns the sign round: there the second one is positive.
    return -intercept if len(intercept) == 1 else intercept


def _pair_weights(dual: Float64, n_support: Int64, pairs: Int64) -> Float64:
    """Unfold libsvm's dual coefficients [K - 1, M] into one column a pair, [M, P].

    Row ``j - 1`` of a vector of class i < j, and row ``i`` of one of class j, are its
    coefficients in the decision between i and j.
    """
    ends = np.cumsum(n_support)
    starts = ends - n_support
    weights = np.zeros((dual.shape[1], len(pairs)))
    for column, (i, j) in enumerate(pairs):
        weights[starts[i] : ends[i], column] = dual[j - 1, starts[i] : ends[i]]
        weights[starts[j] : ends[j], column] = dual[i, starts[j] : ends[j]]
    return -weights if len(pairs) == 1 else weights


def _fit_kernel_logistic(rows: _Rows, recipe: Recipe) -> _KernelMachine:
    """Multinomial logistic regression on a radial kernel to landmarks.

    The landmarks are training rows drawn at random; the kernel is whitened on them, so
    that the penalty is that of the full kernel's space (Williams and Seeger, "Using the
    Nystroem method to speed up kernel machines", 2001). In the place of an intercept stands
    the mean kernel: what is like nothing that was heard, where the kernel is 0, gets all
    genres alike, and not the one that an intercept prefers.
    """
    gamma = recipe.kernel_width / rows.x.shape[1]
    nystroem = _sklearn("kernel_approximation").Nystroem(
        gamma=gamma, n_components=min(recipe.landmarks, len(rows.x)), random_state=recipe.seed
    )
    whitened = nystroem.fit_transform(rows.x)
    level = (
        _sklearn("metrics.pairwise").rbf_kernel(rows.x, nystroem.components_, gamma).mean(axis=1)
    )
    scale = 1 / level.mean()
    logistic = _sklearn("linear_model").LogisticRegression(
        C=recipe.regularization, max_iter=MOST_STEPS, fit_intercept=False
    )
    values = np.column_stack([whitened, scale * level])
    logistic.fit(values, rows.genre, sample_weight=rows.weight)
    coefficients = logistic.coef_
    if rows.n_classes == 2:  # scikit-learn keeps one column, of the second class
        coefficients = np.vstack([-coefficients, coefficients]) / 2
    return _KernelMachine(
        rows=nystroem.components_,
        gamma=gamma,
        weights=nystroem.normalization_.T @ coefficients[:, :-1].T
        + scale / len(nystroem.components_) * coefficients[:, -1],
        bias=np.zeros(rows.n_classes),
    )


LEARNERS: Mapping[ClassicalName, Callable[[_Rows, Recipe], _Head]] = MappingProxyType(
    {"knn": _fit_neighbors, "svm": _fit_svm, "kernel-logistic": _fit_kernel_logistic}
)
