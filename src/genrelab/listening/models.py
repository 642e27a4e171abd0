"""Models: a run's trained networks, loaded once and asked often.

Conventions
-----------
Prediction runs on ONNX Runtime alone; Keras is not needed. A run of several
folds answers with the mean of its networks' probabilities.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from genrelab.errors import RunError
from genrelab.learning.runs import Run
from genrelab.music.segments import Segments

if TYPE_CHECKING:
    import onnxruntime

BATCH = 256  # tracks at a time, so that memory does not grow with the number of tracks
Probabilities = npt.NDArray[np.float64]


def open_network(path: str | Path, *, threads: int = 0) -> onnxruntime.InferenceSession:
    """Open a network's ONNX file.

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

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or os.cpu_count() or 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own errors share no public base class
        raise RunError(f"{path}: cannot be opened as an ONNX model ({error})") from error


def ask_network(session: onnxruntime.InferenceSession, x: npt.NDArray[np.float32]) -> Probabilities:
    """Return the probabilities [N, K] of any number of tracks; each row sums to 1."""
    if not len(x):
        return np.zeros((0, _n_classes(session)))
    parts: list[Any] = [
        session.run(["probabilities"], {"x": x[start : start + BATCH]})[0]
        for start in range(0, len(x), BATCH)
    ]
    probabilities: Probabilities = np.concatenate(parts).astype(np.float64)
    return np.asarray(probabilities / probabilities.sum(axis=1, keepdims=True))


def _n_classes(session: onnxruntime.InferenceSession) -> int:
    shapes = {output.name: output.shape for output in session.get_outputs()}
    return int(shapes["probabilities"][1])


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

    def predict(self, segments: Sequence[Segments]) -> Probabilities:
        """Return the probabilities [N, K] of several tracks."""
        answers = [
            ask_network(session, member.features(segments, len(segments)).x)
            for member, session in self._members
        ]
        return np.asarray(np.mean(answers, axis=0))


def _open_member(member: Run, threads: int) -> onnxruntime.InferenceSession:
    path = member.path / "model.onnx"
    session = open_network(path, threads=threads)
    if _n_classes(session) != len(member.classes):
        raise RunError(
            f"{path}: tells {_n_classes(session)} classes, but run.json {len(member.classes)}; "
            "the run is damaged, train it again"
        )
    return session
