"""Demo: the whole way, from tracks to predictions, on a collection that genrelab makes itself.

Conventions
-----------
The collection is synthetic and called so wherever it shows: the figures say that
everything works together, nothing about real music. Tracks are shorter and heard
for fewer segments than the paper's, so that nine networks train in minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from genrelab.listening.hearing import Heard
from genrelab.listening.models import Model
from genrelab.listening.prediction import Prediction, predict_heard
from genrelab.music.corpus import Corpus
from genrelab.progress import Progress, silent
from genrelab.sources.collecting import collect
from genrelab.sources.synthetic import SyntheticSource, synthesize_tracks
from genrelab.workflows.paper_tables import balanced_outcomes
from genrelab.workflows.reproduction import Reproduction, reproduce
from genrelab.workflows.writing import writing_to

DEFAULT_FOLDER = "genrelab-demo"
TRACKS_PER_GENRE = 60
SETTINGS = {"segments": 128, "max_epochs": 50}
UNHEARD_SEED = 1  # another seed makes other artists and pieces
NOTICE = (
    "Synthetic data: these tracks were made by a program, not by musicians. The figures show "
    "that the pipeline works, and nothing about real music."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What the demo left behind.

    Attributes
    ----------
    corpus : Path
    reproduction : Reproduction
    truth : sequence of str
        Genre of each piece that the model had not heard.
    predictions : sequence of Prediction
        What the timbre network of the balanced sample said of them.
    """

    corpus: Path
    reproduction: Reproduction
    truth: Sequence[str]
    predictions: Sequence[Prediction]

    @property
    def page(self) -> Path:
        """The report."""
        return self.reproduction.page

    @property
    def n_right(self) -> int:
        """Pieces whose genre was found."""
        return sum(p.genre == t for p, t in zip(self.predictions, self.truth, strict=True))


def demo(out: str | Path = DEFAULT_FOLDER, *, progress: Progress = silent) -> Demo:
    """Make a synthetic collection, reproduce the paper on it, predict pieces it never saw.

    Run again, it goes on where it stopped.
    """
    out = Path(out)
    with writing_to(out):
        out.mkdir(parents=True, exist_ok=True)
    path = out / "synthetic.corpus"
    with Corpus(path, "write") as corpus:
        collect(SyntheticSource(tracks_per_genre=TRACKS_PER_GENRE), corpus, progress=progress)
        reproduction = reproduce(corpus, out, SETTINGS, notice=NOTICE, progress=progress)
    unheard = list(synthesize_tracks(tracks_per_genre=2, seed=UNHEARD_SEED))
    model = Model(balanced_outcomes(reproduction.main)["c1m1"][0].run)
    predictions = list(
        predict_heard(
            model,
            [
                Heard(segments=analysis.segments, dialect=analysis.dialect, track_id=track.id)
                for track, analysis in unheard
            ],
        )
    )
    lines = b"".join(msgspec.json.encode(p.to_dict()) + b"\n" for p in predictions)
    (out / "predictions.jsonl").write_bytes(lines)
    return Demo(
        corpus=path,
        reproduction=reproduction,
        truth=[str(track.genre) for track, _ in unheard],
        predictions=predictions,
    )
