"""Stand-in model: the longer a recording's first segment, the more it is Rock."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from genrelab.learning.recipes import Recipe
from genrelab.learning.runs import Run, RunInfo
from genrelab.listening.models import Answer, Model, WindowAnswer
from genrelab.music.segments import Segments

CLASSES = ("Jazz", "Rock")


def make_run(folder: Path, **facts) -> Run:
    """A run in memory; ``run.json``, which tells it from others, lies in the folder."""
    values = {
        "name": "stand-in", "classes": CLASSES, "dialect": "spotify", "data_digest": "",
        "split_digest": "", "labels_digest": "", "analyses_digest": "", "parameters": 0,
        "onnx_max_difference": 0.0, "backend": "none", "threads": 1, "versions": {}, "started": "",
        "seconds": 0.0, "n_tracks": {}, "majority": "Jazz", "scores": {},
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(repr(facts))
    recipe = Recipe(name="stand-in", sample="balanced", input="timbre", network="c1m1")
    return Run(path=folder, info=RunInfo(**{**values, **facts}), recipe=recipe)


class StandInModel(Model):
    """Says Rock with the first segment's seconds as its probability, at most 1."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.asked: list[int] = []  # how many analyses at a time

    def answer(self, segments: Sequence[Segments], *, windows: bool = False) -> list[Answer]:
        self.asked.append(len(segments))
        rock = [min(float(one.duration[0]), 1.0) for one in segments]
        return [_answer(np.array([1 - one, one]), 2 * windows) for one in rock]


def _answer(row: np.ndarray, n_windows: int) -> Answer:
    windows = [WindowAnswer(start=i / 1, stop=i + 1.0, probabilities=row) for i in range(n_windows)]
    return Answer(probabilities=row, windows=windows)
