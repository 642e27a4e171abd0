"""Judgments: a finished run against its own test tracks, or against another corpus.

Conventions
-----------
On another corpus no track, recording or artist is judged that the run learned from. A
recording is known by its file's digest and its ISRC, or under its artist's name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from genrelab.errors import DataError
from genrelab.judging.reports import Report
from genrelab.learning.runs import Run
from genrelab.listening.hearing import Heard
from genrelab.listening.models import Model
from genrelab.listening.prediction import predict_heard
from genrelab.music.corpus import Corpus
from genrelab.music.duplicates import recording_keys
from genrelab.music.tracks import artist_keys
from genrelab.progress import Progress, silent


def judge_run(run: Run, *, name: str | None = None) -> Report:
    """Judge a run on its test tracks, from the predictions it saved.

    Parameters
    ----------
    name : str, optional
        What the report calls the run; its directory's name by default.
    """
    test = run.predictions("test")
    return Report.from_predictions(
        test.classes,
        test.truth,
        test.probabilities,
        name=name or run.name,
        majority=run.info.majority,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignJudgment:
    """A report on another corpus, and how many of its tracks were not judged, by reason."""

    report: Report
    left_out: Mapping[str, int]


def judge_run_on(
    run: Run, corpus: Corpus, *, name: str | None = None, progress: Progress = silent
) -> ForeignJudgment:
    """Judge a run on another corpus' tracks.

    Parameters
    ----------
    name : str, optional
        What the report calls the run; its directory's name by default.

    Raises
    ------
    DataError
        If no track is left that may be judged.
    """
    split = run.split()
    parts = split.get("folds", [split])
    learned = {i for part in parts for name in ("train", "valid") for i in part[name]}
    # Older runs do not name their recordings.
    learned.update(split["artists"], split.get("recordings", ()))
    dialects, left_out = corpus.dialects(), Counter[str]()
    truth: dict[str, int] = {}
    for track in corpus.tracks():
        if track.genre not in run.classes:
            left_out["the run does not know their genre"] += 1
        elif track.id not in dialects:
            left_out["no analysis"] += 1
        elif not learned.isdisjoint((track.id, *artist_keys(track), *recording_keys(track))):
            left_out["the run learned from the track or its artist"] += 1
        else:
            truth[track.id] = run.classes.index(track.genre)
    if not truth:
        reasons = ", ".join(f"{reason} ({n})" for reason, n in left_out.items())
        raise DataError(f"{corpus.path}: no track to judge {run.path} on: {reasons}")

    def heard(done: int, track_id: str) -> Heard:
        [(_, segments)] = corpus.segments([track_id])
        progress("predicting", done, len(truth))
        return Heard(segments=segments, dialect=dialects[track_id], track_id=track_id)

    model = Model(run)
    predictions = predict_heard(model, (heard(i, track_id) for i, track_id in enumerate(truth, 1)))
    probabilities = np.array([list(found.probabilities.values()) for found in predictions])
    report = Report.from_predictions(
        run.classes,
        np.array(list(truth.values())),
        probabilities,
        name=f"{name or run.name} on {corpus.path.name}",
        majority=run.info.majority,
    )
    return ForeignJudgment(report=report, left_out=dict(left_out))
