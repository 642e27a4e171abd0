"""Training: c1m1 as genrelab trains it beside a bare Keras script of the same network.

Run with ``python benchmarks/train_c1m1.py [PAIRS [EPOCHS]]``. Both sides train on the
same random arrays of the paper's sizes (7,040 and 880 tracks of 512 segments), in
turn and each in a process of its own, so that a busy moment meets both and neither
inherits the other's memory. What is timed is building, training and validating,
without the imports. Medians and their ratio are printed; aim: at most 1.10.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import numpy as np

N_TRAIN, N_VALID, N_SEGMENTS, N_CLASSES, BATCH = 7040, 880, 512, 8, 32
SIDES = ("bare", "genrelab")


def random_tracks(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, N_SEGMENTS, 12), dtype=np.float32)
    return x, rng.integers(0, N_CLASSES, n)


def train_bare(train: tuple, valid: tuple, epochs: int) -> float:
    import keras

    layers = keras.layers
    start = time.perf_counter()
    model = keras.Sequential(
        [
            keras.Input((N_SEGMENTS, 12)),
            layers.Conv1D(48, 5, activation="relu"),
            layers.MaxPooling1D(2),
            layers.Dropout(0.25),
            layers.Conv1D(64, 5, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.Dropout(0.25),
            layers.Conv1D(64, 5, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dropout(0.25),
            layers.Dense(64, activation="relu"),
            layers.Dense(N_CLASSES, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*train, batch_size=BATCH, epochs=epochs, validation_data=valid, verbose=0)
    return time.perf_counter() - start


def train_genrelab(train: tuple, valid: tuple, epochs: int) -> float:
    from genrelab.learning.features import Features
    from genrelab.learning.networks import import_keras
    from genrelab.learning.recipes import load_recipe
    from genrelab.learning.training import fit_network

    import_keras()
    settings = {"max_epochs": epochs, "patience": epochs, "batch_size": BATCH}
    recipe = load_recipe("balanced-timbre", settings)
    parts = [
        (Features.one_row_a_track(x=x, n_valid=np.full(len(x), N_SEGMENTS)), y)
        for x, y in (train, valid)
    ]
    start = time.perf_counter()
    fitted = fit_network(*parts, n_classes=N_CLASSES, recipe=recipe)
    seconds = time.perf_counter() - start
    if len(fitted.history) != epochs:
        raise SystemExit(f"{len(fitted.history)} epochs were trained instead of {epochs}")
    return seconds


def measure_side(side: str, epochs: int) -> float:
    """Train one side in a process of its own."""
    command = [sys.executable, __file__, side, str(epochs)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(result.stderr)
    return float(result.stdout)


def main() -> None:
    words = sys.argv[1:]
    if words and words[0] in SIDES:
        train, valid = random_tracks(N_TRAIN, 0), random_tracks(N_VALID, 1)
        side = train_bare if words[0] == "bare" else train_genrelab
        print(side(train, valid, int(words[1])))
        return
    pairs, epochs = (int(word) for word in (words + ["5", "5"][len(words) :])[:2])
    seconds: dict[str, list[float]] = {side: [] for side in SIDES}
    for pair in range(pairs):
        for side in SIDES if pair % 2 == 0 else SIDES[::-1]:
            seconds[side].append(measure_side(side, epochs))
            print(f"pair {pair + 1}, {side}: {seconds[side][-1]:.2f} s", flush=True)
    bare, ours = (statistics.median(seconds[side]) for side in SIDES)
    print(f"c1m1, {N_TRAIN:,} + {N_VALID} tracks, {epochs} epochs, {pairs} pairs: medians")
    print(f"bare Keras {bare:.2f} s, genrelab {ours:.2f} s, ratio {ours / bare:.3f} (aim 1.10)")


if __name__ == "__main__":
    main()
