"""Teaching: from a folder of songs to a model that tells their genres, judged and explained.

Conventions
-----------
What stands beside the run (``<RUN>.corpus``, ``<RUN>.trials``) belongs to it and makes the
same command quick when it is run again: songs that were analyzed stay analyzed, folds that
were trained stay trained. A recording that cannot be read is named, and the rest goes on.

The folder is what is learned from: a song that is no longer in it is forgotten.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genrelab.errors import MissingExtraError, UsageError
from genrelab.judging.explanations import accuracy_interval, cautions, out_of_100, span_of_100
from genrelab.judging.reports import Report
from genrelab.learning.run_directory import run_at
from genrelab.learning.runs import Run
from genrelab.music.corpus import Corpus
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.progress import Progress, silent
from genrelab.sources.folder import GenreFrom, existing_folder
from genrelab.tables import Table
from genrelab.workflows.judgments import judge_run
from genrelab.workflows.lesson_music import (
    Census,
    Music,
    analyze_songs,
    artist_remarks,
    gather_songs,
    refuse_hopeless,
    take_census,
)
from genrelab.workflows.lesson_page import write_lesson_page
from genrelab.workflows.lesson_recipes import choose_recipes
from genrelab.workflows.lesson_tables import doubts_table
from genrelab.workflows.lesson_training import train_best
from genrelab.workflows.writing import writing_to

CORPUS_ENDING = ".corpus"
NEEDED = ("sklearn", "onnx", "matplotlib")  # packages of the extra ``learn``


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What a folder has taught.

    Attributes
    ----------
    corpus : Path
        Tracks and analyses, for other commands.
    run : Run
    report : Report
        On test tracks.
    page : Path
        The report for people.
    why : str
        How the recipe was chosen.
    remarks : tuple of str
        What a reader of the result must know: too little to judge, artists unknown, what
        was left out.
    failures : tuple of str
        A sentence a recording that could not be read or analyzed.
    doubts : Table
        Songs whose label the model would question, most of all first.
    """

    corpus: Path
    run: Run
    report: Report
    page: Path
    why: str
    remarks: tuple[str, ...]
    failures: tuple[str, ...]
    doubts: Table

    @property
    def in_short(self) -> str:
        """How good the model is, in one sentence."""
        sure = accuracy_interval(self.report)
        return (
            f"of 100 songs it has not heard, the model gives {out_of_100(self.report.accuracy)} "
            f"their right genre (probably {span_of_100(sure)}); always answering "
            f"{self.report.majority} gives {out_of_100(self.report.majority_accuracy)}"
        )

    def tables(self) -> list[Table]:
        """Scores, genres, confusion and the songs that the model would question."""
        return [*self.report.tables(), *([self.doubts] if self.doubts.rows else [])]


def learn(
    folder: str | Path,
    out: str | Path,
    *,
    labels: str | Path | None = None,
    genre_from: GenreFrom | None = None,
    genres: Iterable[str] = (),
    table: GenreTable = SHIPPED_GENRES,
    recipe: str | None = None,
    settings: Mapping[str, Any] | None = None,
    again: bool = False,
    notice: str = "",
    jobs: int | None = None,
    progress: Progress = silent,
) -> Lesson:
    """Collect and analyze a folder's songs, learn their genres, judge and explain the result.

    Killed at any moment and run again, it goes on where it stopped and ends with the same.

    Parameters
    ----------
    folder : path-like
        Songs, by default in folders named by their genre.
    out : path-like
        Directory for the run; must be free, or hold what an earlier call made.
    labels, genre_from, table
        What says the genres, see `genrelab.sources.folder.FolderSource`.
    genres : iterable of str
        Genres to tell apart; by default all that have enough songs.
    recipe : str, optional
        By name or path; by default one that suits the amount of music.
    settings : mapping, optional
        Knobs of the recipe that are to differ, by name.
    again : bool
        Whether a run that was trained on other music, or otherwise, is replaced; it is kept
        as ``<out>.earlier``.
    notice : str, optional
        A sentence that stands above the report.
    jobs : int, optional
        Processes that analyze; by default as many as there are processor cores.
    progress : Progress

    Returns
    -------
    Lesson

    Raises
    ------
    DataError
        If the folder has not two genres of enough songs and artists.
    UsageError
        If the folder, an option or ``out`` does not fit, or the music has changed since
        the run at ``out`` was trained.
    MissingExtraError
        If the packages for learning are not installed.

    Examples
    --------
    >>> lesson = learn("music/", "my-genres")                     # doctest: +SKIP
    >>> lesson.report.accuracy, lesson.page                       # doctest: +SKIP
    """
    music = Music(
        folder=existing_folder(folder, "recordings"),
        labels=None if labels is None else Path(labels),
        genre_from=genre_from,
        genres=tuple(dict.fromkeys(table.canonical(name) or name for name in genres)),
        table=table,
    )
    knobs = {**({"genres": music.genres} if music.genres else {}), **(settings or {})}
    path = _checked_place(Path(out), recipe, knobs)
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with Corpus(path.with_name(f"{path.name}{CORPUS_ENDING}"), "write") as corpus:
        failures = [*gather_songs(music, corpus, progress)]
        hoped = take_census(corpus, analyzed=False)
        hope = choose_recipes(hoped, recipe=recipe, settings=knobs)
        refuse_hopeless(hoped, hope.recipes[0], music.folder, failures)
        failures += analyze_songs(corpus, jobs, progress)
        census = take_census(corpus)
        choice = choose_recipes(census, recipe=recipe, settings=knobs)
        refuse_hopeless(census, choice.recipes[0], music.folder, failures)
        run, trials = train_best(corpus, choice.recipes, path, again=again, progress=progress)
        report = judge_run(run)
        remarks = (*cautions(report), *artist_remarks(census, run), *run.info.remarks)
        doubts = doubts_table(run, corpus, music.folder)
        page = write_lesson_page(
            run,
            corpus,
            report,
            why=choice.why,
            notice=notice,
            trials=trials,
            doubts=doubts,
            remarks=remarks,
            failures=failures,
            progress=progress,
        )
    return Lesson(
        corpus=corpus.path,
        run=run,
        report=report,
        page=page,
        why=choice.why,
        remarks=remarks,
        failures=tuple(failures),
        doubts=doubts,
    )


def _checked_place(out: Path, recipe: str | None, knobs: Mapping[str, Any]) -> Path:
    """Find out before anything long is done whether its result could be made and written."""
    if not out.name:
        raise UsageError(f"-o {out}: names no directory of its own; expected for example my-genres")
    run_at(out)
    nothing = Census(tracks=Counter(), artists=Counter(), without_artist=0)
    choose_recipes(nothing, recipe=recipe, settings=knobs)
    if not all(map(importlib.util.find_spec, NEEDED)):
        raise MissingExtraError("learning genres", "learn")
    return out
