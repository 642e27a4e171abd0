"""Tiny training: a script that trains a small network twice and exports it.

Run with ``python tiny_training.py FOLDER``: writes ``facts.json`` and ``model.onnx``.
The tests start it in another process, or on another back end.
"""

from __future__ import annotations

import json
import sys
from dataclasses import astuple
from pathlib import Path

import numpy as np

from genrelab.learning.features import Features
from genrelab.learning.onnx_export import export_onnx
from genrelab.learning.recipes import Recipe
from genrelab.learning.training import fit_network, predict_network
from genrelab.listening.models import ask_network, open_network

RECIPE = Recipe(
    name="tiny",
    sample="unbalanced",
    input="timbre",
    network="c1m1",
    segments=24,
    max_epochs=2,
    batch_size=16,
    seed=3,
)


def make_part(n: int, seed: int) -> tuple[Features, np.ndarray]:
    """Make rows of three classes that a network can learn to tell apart."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    x = rng.normal(0, 1, (n, 24, 12)) + y[:, None, None] / 2
    return Features.one_row_a_track(x=x.astype(np.float32), n_valid=np.full(n, 24)), y


def main(folder: Path) -> None:
    train, valid = make_part(50, 0), make_part(20, 1)
    fits = [fit_network(train, valid, n_classes=3, recipe=RECIPE) for _ in range(2)]
    export_onnx(fits[1].model, folder / "model.onnx")
    answers = ask_network(open_network(folder / "model.onnx"), valid[0].x)
    difference = np.abs(answers - predict_network(fits[1].model, valid[0].x)).max()
    facts = {
        "backend": fits[0].backend,
        "version": fits[0].backend_version,
        "threads": fits[0].threads,
        "histories": [[list(astuple(epoch)) for epoch in fit.history] for fit in fits],
        "difference": float(difference),
    }
    (folder / "facts.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
