"""Demo: the whole way, from sound files to predictions, on music that genrelab plays itself.

Conventions
-----------
The music is synthetic and called so wherever it shows: the figures say that everything
works together, nothing about real music. The pieces that are predicted are by other
artists than those that were learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from genrelab.errors import DataError
from genrelab.listening.prediction import Prediction
from genrelab.progress import Progress, silent
from genrelab.workflows.predictions import predict
from genrelab.workflows.synthetic_music import render_collection
from genrelab.workflows.teaching import Lesson, learn
from genrelab.workflows.writing import write_whole, writing_to

DEFAULT_FOLDER = "genrelab-demo"
PIECES_PER_GENRE = 20
UNHEARD_PER_GENRE = 2
UNHEARD_SEED = 1  # another seed makes other artists and pieces
NOTICE = (
    "Synthetic music: these pieces were played by a program, not by musicians. The figures show "
    "that the pipeline works, and nothing about real music."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What the demo left behind.

    Attributes
    ----------
    lesson : Lesson
        What was learned from the pieces, and how well.
    truth : sequence of str
        Genre of each piece that the model had not heard.
    predictions : sequence of Prediction
        What the model said of them.
    """

    lesson: Lesson
    truth: Sequence[str]
    predictions: Sequence[Prediction]

    @property
    def page(self) -> Path:
        """The report."""
        return self.lesson.page

    @property
    def n_right(self) -> int:
        """Pieces whose genre was found."""
        return sum(p.genre == t for p, t in zip(self.predictions, self.truth, strict=True))


def demo(
    out: str | Path = DEFAULT_FOLDER,
    *,
    pieces_per_genre: int = PIECES_PER_GENRE,
    progress: Progress = silent,
) -> Demo:
    """Play a synthetic collection, learn its genres, predict pieces that were never heard.

    Run again, it goes on where it stopped.

    Parameters
    ----------
    out : path-like
        Folder for the music, the model and its report, and the predictions.
    pieces_per_genre : int
    progress : Progress

    Raises
    ------
    DataError
        If a piece cannot be read again, as on a failing disk.
    """
    out = Path(out)
    with writing_to(out):
        out.mkdir(parents=True, exist_ok=True)
    music, unheard = out / "music", out / "unheard"
    render_collection(music, pieces_per_genre=pieces_per_genre, progress=progress)
    lesson = learn(music, out / "model", notice=NOTICE, progress=progress)
    paths = render_collection(
        unheard, pieces_per_genre=UNHEARD_PER_GENRE, seed=UNHEARD_SEED, progress=progress
    )
    predictions = []
    for answer in predict(paths, model=lesson.run, progress=progress):
        if not isinstance(answer, Prediction):
            raise DataError(answer.sentence)
        predictions.append(answer)
    lines = b"".join(msgspec.json.encode(p.to_dict()) + b"\n" for p in predictions)
    write_whole(out / "predictions.jsonl", lambda path: path.write_bytes(lines))
    return Demo(
        lesson=lesson,
        truth=[path.parent.name for path in paths],
        predictions=predictions,
    )
