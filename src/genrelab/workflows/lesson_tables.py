"""Lesson tables: what a model has learned, in rows that need no statistics to be read.

Conventions
-----------
Shares are told as so many of 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from genrelab.judging.explanations import (
    Selection,
    confidence_bands,
    find_doubts,
    out_of_100,
    recall_interval,
    span_of_100,
)
from genrelab.judging.reports import Report
from genrelab.learning.runs import Predictions, Run
from genrelab.music.corpus import Corpus
from genrelab.music.file_names import readable
from genrelab.tables import Cell, Table


def bands_table(test: Predictions) -> Table:
    """Tell how often answers are right, by how sure they were."""
    rows: list[list[Cell]] = [
        [
            f"{out_of_100(band.low)} to {out_of_100(band.high)} %",
            band.n,
            band.n_right,
            f"{out_of_100(band.n_right / band.n)} of 100",
        ]
        for band in confidence_bands(test.truth, test.probabilities)
    ]
    columns = ["it says it is sure by", "songs", "right", "that is"]
    return Table("How often it is right, by how sure it is", columns, rows)


def selection_table(found: Sequence[Selection]) -> Table:
    """Tell what comes of answering only when sure enough."""
    rows: list[list[Cell]] = [
        [
            f"{out_of_100(one.aim)} of 100",
            f"{out_of_100(one.n / one.of)} of 100",
            f"{out_of_100(one.n_right / one.n)} of 100",
        ]
        for one in found
    ]
    columns = ["aim: right", "songs answered", "answers that were right"]
    return Table("Answering only when sure enough", columns, rows)


def genres_table(report: Report) -> Table:
    """Tell how many songs of each genre were found, and how many answers were right."""
    told = report.confusion.sum(axis=0).tolist()
    rows: list[list[Cell]] = [
        [
            genre,
            int(report.support[i]),
            f"{out_of_100(report.recall[i])} of 100",
            span_of_100(recall_interval(report, genre)),
            int(told[i]),
            f"{out_of_100(report.precision[i])} of 100" if told[i] else "",
        ]
        for i, genre in enumerate(report.classes)
    ]
    columns = ["genre", "songs", "found", "probably", "answers", "right answers"]
    return Table("Genre by genre", columns, rows)


def doubts_table(run: Run, corpus: Corpus, folder: Path) -> Table:
    """List the songs whose label the model would question, their files within the folder."""
    tracks = {track.id: track for track in corpus.tracks()}
    rows: list[list[Cell]] = []
    for doubt in find_doubts(run.predictions("test")):
        track = tracks[doubt.track_id]
        file = Path(track.audio_path or "")
        inside = file.is_relative_to(folder.absolute())
        rows.append(
            [
                track.title,
                track.artist,
                doubt.genre,
                doubt.suggestion,
                f"{out_of_100(doubt.suggested_probability)} %",
                readable(str(file.relative_to(folder.absolute()) if inside else file)),
            ]
        )
    columns = ["title", "artist", "its genre", "the model says", "sure", "file"]
    return Table("Songs that the model would question", columns, rows)
