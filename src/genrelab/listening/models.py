"""Models: what a run has learned, loaded once and asked often.

Conventions
-----------
Prediction runs on ONNX Runtime alone; neither Keras nor scikit-learn is needed. A track
has one row or several (`genrelab.learning.inputs`): its answer is the mean of their log
probabilities by their shares, at the run's temperature. A run of several folds that has
no model of its own answers with the mean of its folds' probabilities.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from genrelab.errors import RunError
from genrelab.judging.calibration import with_temperature
from genrelab.learning.features import Features
from genrelab.learning.inputs import INPUTS, Rows
from genrelab.learning.runs import Run, load_run
from genrelab.music.segments import Float32, Float64, Segments

if TYPE_CHECKING:
    import onnxruntime

BATCH = 256  # rows at a time, so that memory does not grow with the number of tracks
Probabilities = npt.NDArray[np.float64]
SHIPPED = Path(__file__).with_name("model")  # a run, with a model card beside it
_BROKEN = "the run is damaged, train it again"
_SMALLEST = np.finfo(np.float32).tiny  # so that a probability of 0 has a logarithm


def open_network(path: str | Path, *, threads: int = 0) -> onnxruntime.InferenceSession:
    """Open a model's ONNX file.

    Parameters
    ----------
    threads : int
        0 for one a core.

    Raises
    ------
    RunError
        If the file is missing or damaged.
    """
    import onnxruntime

    if not Path(path).is_file():
        raise RunError(f"{path}: no such file; {_BROKEN}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or os.cpu_count() or 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own errors share no public base class
        what = " ".join(str(error).rpartition(":")[2].split()).rstrip(".")  # codes, path: what
        raise RunError(f"{path}: no ONNX model that can be read ({what}); {_BROKEN}") from error


def ask_network(session: onnxruntime.InferenceSession, x: Float32) -> Probabilities:
    """Return the probabilities [R, K] of any number of rows; each row sums to 1."""
    if not len(x):
        return np.zeros((0, _n_classes(session)))
    parts: list[Any] = [
        session.run(["probabilities"], {"x": x[start : start + BATCH]})[0]
        for start in range(0, len(x), BATCH)
    ]
    probabilities: Probabilities = np.concatenate(parts).astype(np.float64)
    return np.asarray(probabilities / probabilities.sum(axis=1, keepdims=True))


def ask_about_tracks(session: onnxruntime.InferenceSession, features: Features) -> Probabilities:
    """Return the probabilities [N, K] of tracks, from those of their rows."""
    return pool_rows(ask_network(session, features.x), features)


def pool_rows(probabilities: Probabilities, features: Features) -> Probabilities:
    """Put the rows' probabilities [R, K] together to their tracks' [N, K]."""
    if features.n_tracks == len(probabilities):
        return probabilities
    logarithms = np.log(np.maximum(probabilities, _SMALLEST)) * features.share[:, None]
    pooled = np.zeros((features.n_tracks, probabilities.shape[1]))
    np.add.at(pooled, features.track, logarithms)
    raised = np.exp(pooled - pooled.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _n_classes(session: onnxruntime.InferenceSession) -> int:
    shapes = {output.name: output.shape for output in session.get_outputs()}
    return int(shapes["probabilities"][1])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WindowAnswer:
    """The probabilities [K] of a stretch of a track, in seconds."""

    start: float
    stop: float
    probabilities: Float64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What a model says of a track.

    Attributes
    ----------
    probabilities : float64 array [K], sums to 1
    windows : sequence of WindowAnswer
        By their start; empty where they were not asked for.
    """

    probabilities: Float64
    windows: Sequence[WindowAnswer] = ()


class Model:
    """A run, ready to predict.

    Parameters
    ----------
    run : Run
    threads : int
        0 for one a core.
    """

    def __init__(self, run: Run, *, threads: int = 0) -> None:
        self.run = run
        self._members = [(member, _open_member(member, threads)) for member in run.members]

    @property
    def classes(self) -> tuple[str, ...]:
        """Genres in index order."""
        return self.run.classes

    def answer(self, segments: Sequence[Segments], *, windows: bool = False) -> list[Answer]:
        """Tell the genre of several tracks.

        Parameters
        ----------
        segments : sequence of Segments
            One a track, each with at least one segment, in the run's dialect.
        windows : bool
            Whether to tell it of the stretches of each track, too.
        """
        recipe = self.run.recipe
        chosen = INPUTS[recipe.input]
        listen = chosen.stretches if windows else chosen.rows
        heard = [listen(track, recipe.hearing) for track in segments]
        if not heard:
            return []
        features = _joined(heard)
        of_members = [_ask(member, session, features) for member, session in self._members]
        of_rows, of_tracks = (np.mean(several, axis=0) for several in zip(*of_members, strict=True))
        parts = np.split(of_rows, np.cumsum([len(rows.x) for rows in heard])[:-1])
        return [
            Answer(
                probabilities=probabilities,
                windows=_window_answers(rows, part) if windows else (),
            )
            for probabilities, rows, part in zip(of_tracks, heard, parts, strict=True)
        ]


def _ask(
    member: Run, session: onnxruntime.InferenceSession, features: Features
) -> tuple[Probabilities, Probabilities]:
    """Return a member's calibrated probabilities of the rows, and of their tracks."""
    scale, temperature = member.normalization, member.info.temperature
    answers = ask_network(session, (scale.apply(features) if scale else features).x)
    pooled = pool_rows(answers, features)
    return with_temperature(answers, temperature), with_temperature(pooled, temperature)


def _joined(heard: Sequence[Rows]) -> Features:
    return Features(
        x=np.concatenate([rows.x for rows in heard]),
        n_valid=np.concatenate([rows.n_valid for rows in heard]),
        track=np.repeat(np.arange(len(heard)), [len(rows.x) for rows in heard]),
        share=np.concatenate([rows.share for rows in heard]),
    )


def _window_answers(rows: Rows, probabilities: Probabilities) -> list[WindowAnswer]:
    """Keep the stretches; the whole track is one only where there is no other."""
    of_windows = range(len(rows.x))
    if len(rows.x) > 1 and rows.stop[0] >= rows.stop.max():
        of_windows = range(1, len(rows.x))
    return [
        WindowAnswer(
            start=float(rows.start[i]), stop=float(rows.stop[i]), probabilities=probabilities[i]
        )
        for i in of_windows
    ]


def _open_member(member: Run, threads: int) -> onnxruntime.InferenceSession:
    path = member.path / "model.onnx"
    session = open_network(path, threads=threads)
    if _n_classes(session) != len(member.classes):
        raise RunError(
            f"{path}: tells {_n_classes(session)} classes, but run.json {len(member.classes)}; "
            f"{_BROKEN}"
        )
    return session


def shipped_model() -> Model:
    """Open the model that ships with genrelab, in one thread.

    Raises
    ------
    RunError
        If none ships with this version, or it is damaged.
    """
    if not (SHIPPED / "run.json").is_file():
        raise RunError("no model ships with this genrelab; name a run of your own with --model RUN")
    return Model(load_run(SHIPPED), threads=1)
