"""Run directory: a run while it is being made.

Conventions
-----------
Files go to ``<name>.partial`` until all are there; see `genrelab.learning.runs`
for what they are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from genrelab.errors import UsageError
from genrelab.learning.recipes import Recipe
from genrelab.learning.runs import CURVES, PredictedPart, Predictions, Run, RunInfo, load_run
from genrelab.learning.splits import Split
from genrelab.learning.training import Epoch


def find_run(path: str | Path, recipe: Recipe) -> Run | None:
    """Return the run that already stands at a path, None where the path is free.

    Raises
    ------
    UsageError
        If something else stands there: other files, or a run of another recipe.
    """
    run = run_at(path)
    if run and run.recipe != recipe:
        raise UsageError(f"{path}: holds a run of another recipe; choose another -o")
    return run


def run_at(path: str | Path) -> Run | None:
    """Return the run of whatever recipe that stands at a path, None where the path is free.

    Raises
    ------
    UsageError
        If something else stands there.
    """
    path = Path(path)
    if (path / "run.json").is_file():
        return load_run(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"{path}: exists and is no run; choose another -o")
    return None


class RunDirectory:
    """A run while it is being made: files go to ``<path>.partial`` until all are there."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.partial = self.path.with_name(f"{self.path.name}.partial")
        self.partial.mkdir(parents=True, exist_ok=True)

    def write_recipe(self, recipe: Recipe) -> None:
        """Write every knob."""
        (self.partial / "recipe.toml").write_text(recipe.to_toml(), encoding="utf-8")

    def write_splits(
        self,
        splits: Sequence[Split],
        artists: Mapping[str, Iterable[str]],
        recordings: Mapping[str, Iterable[str]],
    ) -> None:
        """Write the split(s), and what tells the artists and recordings that were learned from."""
        content: dict[str, Any] = (
            splits[0].to_dict()
            if len(splits) == 1
            else {"folds": [split.to_dict() for split in splits]}
        )
        learned = {i for split in splits for i in (*split.train, *split.valid)}
        content["artists"] = sorted({key for i in learned for key in artists[i]})
        content["recordings"] = sorted({key for i in learned for key in recordings[i]})
        self.write_json("split.json", content)

    def write_history(self, history: Sequence[Epoch]) -> None:
        """Write one row an epoch."""
        rows = [asdict(epoch) for epoch in history]
        self._write_csv("history.csv", ("epoch", *CURVES), [list(row.values()) for row in rows])

    def write_predictions(self, predictions: Mapping[PredictedPart, Predictions]) -> None:
        """Write the probabilities of each part (``valid``, ``test``)."""
        classes = next(iter(predictions.values())).classes
        rows = [
            [part, int(fold), track_id, classes[truth], *(repr(float(p)) for p in row)]
            for part, one in predictions.items()
            for fold, track_id, truth, row in zip(
                one.fold, one.track_ids, one.truth, one.probabilities, strict=True
            )
        ]
        self._write_csv("predictions.csv", ("part", "fold", "track_id", "genre", *classes), rows)

    def write_json(self, name: str, content: Any) -> None:
        """Write anything as indented JSON."""
        text = msgspec.json.format(msgspec.json.encode(content), indent=1)
        (self.partial / name).write_bytes(text)

    def _write_csv(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        with (self.partial / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)

    def finish(self, info: RunInfo) -> Run:
        """Write ``run.json`` and give the directory its name."""
        self.write_json("run.json", info)
        if self.path.is_dir():
            self.path.rmdir()  # only ever an empty one: `find_run` saw to that
        self.partial.replace(self.path)
        return load_run(self.path)
