"""Prediction forms: how predictions are written, as lines for programs or rows for people.

Conventions
-----------
A line is written as soon as there is something to say. A table waits until all is there,
since its columns are as wide as what is widest in them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from genrelab.tables import Cell, Format, Table, without_empty_columns

if TYPE_CHECKING:
    from genrelab.listening.prediction import Prediction

IN_TABLE = 2  # genres that a row tells unless it is said how many


def line_writer(top: int | None) -> Callable[[Prediction], None]:
    """Return what writes a prediction to stdout as a JSON line."""
    import msgspec

    def write(prediction: Prediction) -> None:
        line = prediction.to_dict(top=top)
        sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
        sys.stdout.flush()  # for whoever waits for the first of many

    return write


@dataclass(slots=True, kw_only=True)
class Rows:
    """A table that grows: a row a prediction, or with windows a row each of its windows."""

    top: int
    windows: bool
    has_threshold: bool
    rows: list[tuple[Cell, ...]] = field(default_factory=list)

    def add(self, prediction: Prediction) -> None:
        """Add the rows of a prediction."""
        who = (prediction.file, prediction.track_id)
        if self.windows:
            self.rows += [
                (*who, one.start, one.stop, *self._ranked(one.probabilities))
                for one in prediction.windows
            ]
            return
        named = (prediction.genre,) if self.has_threshold else ()
        self.rows.append((*who, *named, *self._ranked(prediction.probabilities)))

    def _ranked(self, probabilities: Mapping[str, float]) -> list[Cell]:
        from genrelab.listening.prediction import ranked

        cells: list[Cell] = []
        for genre, probability in ranked(probabilities, self.top):
            cells += [genre, probability]
        return cells

    def table(self, format: Format) -> Table:
        """Return the table; one for people is without the columns that are empty."""
        columns = ["file", "track_id"]
        columns += ["start", "stop"] if self.windows else []
        is_split = self.has_threshold and not self.windows
        columns += ["genre", "most_probable"] if is_split else ["genre"]
        columns.append("probability")
        for k in range(2, self.top + 1):
            columns += [f"genre_{k}", f"probability_{k}"]
        table = Table("Predictions", columns, self.rows)
        return table if format == "csv" else without_empty_columns(table)
