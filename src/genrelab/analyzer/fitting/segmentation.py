"""Fitting the segmenter: a network that learns where the original cuts.

Conventions
-----------
A member is a stack of dilated convolutions over the 23 bands without any
padding, so that what it says of a frame depends on `margin_of` frames to each side
and on nothing else. It takes two frames a step: half the cost, twice the reach.
Several small networks, taught from different beginnings, vote: on unseen recordings
their mean is better than a larger one.

References
----------
J. Schlueter and S. Boeck, "Improved musical onset detection with convolutional
neural networks", ICASSP 2014. F. Yu and V. Koltun, "Multi-scale context aggregation
by dilated convolutions", ICLR 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genrelab.analyzer.fitting.keras_backend import seed_keras
from genrelab.analyzer.fitting.onnx_graphs import Graph
from genrelab.analyzer.fitting.pairs import Pair
from genrelab.analyzer.fitting.segmentation_crops import Example, draw_crops, example_of
from genrelab.analyzer.segmentation import Segmenter, pick_starts
from genrelab.analyzer.spectrum import N_BANDS, BandSpectrum
from genrelab.errors import DataError
from genrelab.music.segments import Float32
from genrelab.progress import Progress, silent

FRAMES_A_STEP = 2
STEM_WIDTH = 6  # frames: those of the step and two to each side
BLOCK_WIDTH = 3  # steps
CENTER_DB, SCALE_DB = 30.0, 20.0  # bring the bands near 0 and 1
WARMUP_STEPS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmenterSettings:
    """How large the network is and how long it is taught.

    Attributes
    ----------
    members : int
        Networks that vote.
    channels : int
    dilations : tuple of int
        One block each, in steps.
    dropout : float
        Share of a block's channels left out, while teaching.
    steps : int
        Batches for each member.
    n_crops, n_frames : int
        Crops a batch, frames a crop; frames even.
    learning_rate, weight_decay : float
    averaging : float
        The weights kept are a running mean with this momentum.
    """

    members: int = 3
    channels: int = 24
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    dropout: float = 0.1
    steps: int = 1000
    n_crops: int = 8
    n_frames: int = 2048
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    averaging: float = 0.99


CHOSEN = SegmenterSettings()
Layer = tuple[Float32, Float32]  # kernel [width, in, out] and bias [out]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedSegmenter:
    """A segmenter as the content of its file.

    Attributes
    ----------
    content : bytes
        ONNX, with ``margin`` and ``threshold`` among its properties.
    loss : float
        Mean over the last batches.
    """

    content: bytes
    loss: float

    def open(self) -> Segmenter:
        """Open the segmenter."""
        return Segmenter.from_bytes(self.content)

    def write(self, path: str | Path) -> None:
        """Write the file that `Segmenter.load` opens."""
        Path(path).write_bytes(self.content)


def margin_of(settings: SegmenterSettings) -> int:
    """Return how many frames to each side the network looks at."""
    reach = sum(settings.dilations) * (BLOCK_WIDTH - 1) // 2
    return FRAMES_A_STEP * reach + (STEM_WIDTH - FRAMES_A_STEP) // 2


def fit_segmenter(
    pairs: Sequence[Pair],
    *,
    seed: int = 0,
    settings: SegmenterSettings = CHOSEN,
    progress: Progress = silent,
) -> FittedSegmenter:
    """Teach a segmenter where the original cut.

    The threshold is the one at which it cuts these recordings, on average, into as
    many segments as the original.

    Parameters
    ----------
    pairs : sequence of Pair
    seed : int
        The same seed gives the same segmenter.
    settings : SegmenterSettings
    progress : Progress
        Told the batch after each one.

    Raises
    ------
    DataError
        If there are no pairs.
    MissingExtraError
        If Keras or onnx is missing.
    """
    if not pairs:
        raise DataError("no pairs to fit a segmenter on; give at least one")
    examples = [example_of(pair) for pair in pairs]
    members, losses = [], []
    for member in range(settings.members):
        network, loss = _train(examples, settings, (seed, member), progress)
        members.append(layers_of(network))
        losses.append(loss)
    untuned = Segmenter.from_bytes(export_segmenter(members, settings, threshold=0.0))
    threshold = choose_threshold(untuned, examples)
    return FittedSegmenter(
        content=export_segmenter(members, settings, threshold=threshold),
        loss=float(np.mean(losses)),
    )


def build_network(keras: Any, settings: SegmenterSettings) -> Any:
    """Build the network: bands [B, time, 23] to two values a step (before the sigmoid)."""
    layers = keras.layers
    bands = layers.Input((None, N_BANDS))
    x = layers.Rescaling(1 / SCALE_DB, -CENTER_DB / SCALE_DB)(bands)
    x = layers.Conv1D(settings.channels, STEM_WIDTH, strides=FRAMES_A_STEP, activation="relu")(x)
    for dilation in settings.dilations:
        change = layers.Conv1D(
            settings.channels,
            BLOCK_WIDTH,
            dilation_rate=dilation,
            activation="relu",
        )(x)
        change = layers.SpatialDropout1D(settings.dropout)(change)
        x = layers.Add()([layers.Cropping1D(dilation * (BLOCK_WIDTH - 1) // 2)(x), change])
    return keras.Model(bands, layers.Conv1D(FRAMES_A_STEP, 1)(x))


def layers_of(network: Any) -> list[Layer]:
    """Return a network's convolutions from the first to the last."""
    layers = [layer.get_weights() for layer in network.layers if layer.get_weights()]
    return [(np.asarray(kernel), np.asarray(bias)) for kernel, bias in layers]


def export_segmenter(
    members: Sequence[Sequence[Layer]], settings: SegmenterSettings, *, threshold: float
) -> bytes:
    """Write networks as one of ONNX: ``bands`` [N, time, 23] to ``likelihood`` [N, time'].

    They lie side by side as groups of channels; the likelihood is the mean of theirs.
    """
    n_members = len(members)
    (kernel, bias), *blocks, head = (_side_by_side(layers) for layers in zip(*members, strict=True))
    graph = Graph("segmentation", inputs={"bands": ("N", "time", N_BANDS)})
    # The rescaling is a part of the stem: nothing is padded after it.
    bias = bias - kernel.sum(axis=(0, 1)) * np.float32(CENTER_DB / SCALE_DB)
    kernel = kernel / np.float32(SCALE_DB)
    bands = graph.swap_axes("bands")
    x = graph.add("Relu", graph.convolve(bands, kernel, bias, stride=FRAMES_A_STEP))
    for block, dilation in zip(blocks, settings.dilations, strict=True):
        change = graph.add("Relu", graph.convolve(x, *block, dilation=dilation, groups=n_members))
        crop = dilation * (BLOCK_WIDTH - 1) // 2
        kept = graph.add("Slice", x, np.array([crop]), np.array([-crop]), np.array([2]))
        x = graph.add("Add", kept, change)
    x = graph.add("Sigmoid", graph.convolve(x, *head, groups=n_members))
    x = graph.add("Reshape", x, np.array([0, n_members, FRAMES_A_STEP, -1]))
    x = graph.add("ReduceMean", x, axes=[1], keepdims=0)
    # [N, 2, steps] -> [N, steps, 2] -> [N, frames]
    x = graph.add("Flatten", graph.swap_axes(x), axis=1)
    return graph.to_bytes(
        outputs={"likelihood": (x, ("N", "frames"))},
        properties={"margin": str(margin_of(settings)), "threshold": repr(float(threshold))},
    )


def _side_by_side(layers: Sequence[Layer]) -> Layer:
    """Join the same layer of several networks along their output channels."""
    kernels, biases = zip(*layers, strict=True)
    return np.concatenate(kernels, axis=2), np.concatenate(biases)


def choose_threshold(segmenter: Segmenter, examples: Sequence[Example]) -> float:
    """Return the threshold at which recordings fall into as many segments as the original's.

    What counts is the mean over the recordings of the ratio of both numbers.
    """
    likelihoods = [segmenter.likelihood(_spectrum_of(example)) for example in examples]
    low, high = 0.0, 1.0
    for _ in range(12):  # the ratio falls as the threshold rises
        middle = (low + high) / 2
        ratios = [
            _count(pick_starts(likelihood, threshold=middle), example)
            / max(_count(example.starts, example), 1)
            for likelihood, example in zip(likelihoods, examples, strict=True)
        ]
        low, high = (middle, high) if np.mean(ratios) > 1 else (low, middle)
    return (low + high) / 2


def _spectrum_of(example: Example) -> BandSpectrum:
    bands = example.bands[1:-1]
    return BandSpectrum(bands=bands, level=bands.mean(axis=1))


def _count(starts: Any, example: Example) -> int:
    first, last = example.shared
    return int(np.count_nonzero((starts > first) & (starts < last)))


def _train(
    examples: Sequence[Example],
    settings: SegmenterSettings,
    seed: tuple[int, int],
    progress: Progress,
) -> tuple[Any, float]:
    """Teach a member (its number is the seed's second) by batches; return it and its last loss."""
    rng = np.random.default_rng(seed)
    keras = seed_keras(int(rng.integers(2**31)))
    before, total = seed[1] * settings.steps, settings.members * settings.steps
    model = build_network(keras, settings)
    model.compile(optimizer=_optimizer(keras, settings), loss=_weighted_loss(keras))
    losses = []
    for step in range(settings.steps):
        crops = draw_crops(
            examples,
            rng,
            n_crops=settings.n_crops,
            n_frames=settings.n_frames,
            margin=margin_of(settings),
        )
        told = np.concatenate([_by_step(crops.target), _by_step(crops.weight)], axis=2)
        losses.append(float(model.train_on_batch(crops.bands, told)))
        progress("fitting the segmenter", before + step + 1, total)
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return model, float(np.mean(losses[-100:]))


def _by_step(values: Float32) -> Float32:
    return values.reshape(len(values), -1, FRAMES_A_STEP)


def _optimizer(keras: Any, settings: SegmenterSettings) -> Any:
    """AdamW, warmed up and cooled down, that keeps a running mean of the weights."""
    rate = keras.optimizers.schedules.CosineDecay(
        settings.learning_rate / 20,
        max(settings.steps - WARMUP_STEPS, 1),
        alpha=0.02,
        warmup_target=settings.learning_rate,
        warmup_steps=WARMUP_STEPS,
    )
    return keras.optimizers.AdamW(
        rate,
        weight_decay=settings.weight_decay,
        global_clipnorm=1.0,
        use_ema=True,
        ema_momentum=settings.averaging,
    )


def _weighted_loss(keras: Any) -> Any:
    """Cross-entropy on the frames that count; targets come first, then weights."""

    def loss(told: Any, said: Any) -> Any:
        target, weight = told[..., :FRAMES_A_STEP], told[..., FRAMES_A_STEP:]
        entropy = keras.ops.softplus(said) - target * said
        return keras.ops.sum(weight * entropy) / (keras.ops.sum(weight) + 1e-6)

    return loss
