"""Teaching: from a folder of songs to a model that tells their genres, judged and explained.

Conventions
-----------
What stands beside the run (``<RUN>.corpus``, ``<RUN>.trials``) belongs to it and makes the
same command quick when it is run again: songs that were analyzed stay analyzed, folds that
were trained stay trained. A recording that cannot be read is named, and the rest goes on.

The folder is what is learned from: a song that is no longer in it is forgotten.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genrelab.errors import DataError, UsageError
from genrelab.judging.drawing import require_matplotlib
from genrelab.judging.explanations import cautions, find_doubts, out_of_100, span_of_100
from genrelab.judging.reports import Report
from genrelab.learning.pools import MIN_GROUPS
from genrelab.learning.recipes import Recipe
from genrelab.learning.run_directory import run_at
from genrelab.learning.runs import Run, load_run
from genrelab.learning.samples import Plan, plan_sample
from genrelab.music.corpus import Corpus
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.progress import Progress, silent
from genrelab.sources.collecting import collect
from genrelab.sources.folder import FolderSource, GenreFrom, existing_folder
from genrelab.tables import Table
from genrelab.workflows.corpus_analyses import analyze_corpus
from genrelab.workflows.experiments import has_content, plans_of_folds, train
from genrelab.workflows.judgments import judge_run
from genrelab.workflows.lesson_page import Trial, doubts_table, write_lesson_page
from genrelab.workflows.lesson_recipes import Census, Choice, choose_recipes, take_census
from genrelab.workflows.writing import writing_to

CORPUS_ENDING = ".corpus"
EARLIER = ".earlier"  # ends the name of the run that another one has replaced


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
        sure = self.report.intervals().accuracy
        return (
            f"of 100 songs it has not heard, the model gives {out_of_100(self.report.accuracy)} "
            f"their right genre (probably {span_of_100(sure)}); always answering "
            f"{self.report.majority} gives {out_of_100(self.report.majority_accuracy)}"
        )

    def tables(self) -> list[Table]:
        """Scores, genres, confusion and the songs that the model would question."""
        return [*self.report.tables(), *([self.doubts] if self.doubts.rows else [])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Music:
    """Where the songs are, and what says their genres; see `FolderSource`."""

    folder: Path
    labels: Path | None = None
    genre_from: GenreFrom | None = None
    genres: tuple[str, ...] = ()
    table: GenreTable = SHIPPED_GENRES


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
        genres=tuple(genres),
        table=table,
    )
    knobs = {**({"genres": music.genres} if music.genres else {}), **(settings or {})}
    path = _checked_place(Path(out), recipe, knobs)
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with Corpus(path.with_name(f"{path.name}{CORPUS_ENDING}"), "write") as corpus:
        failures = [*_gather(music, corpus, progress)]
        hoped = take_census(corpus, analyzed=False)
        _refuse_hopeless(hoped, choose_recipes(hoped, recipe=recipe, settings=knobs), folder)
        failures += _analyze(corpus, jobs, progress)
        census = take_census(corpus)
        choice = choose_recipes(census, recipe=recipe, settings=knobs)
        _refuse_hopeless(census, choice, folder)
        run, trials = _train_best(corpus, choice, path, again=again, progress=progress)
        report = judge_run(run)
        remarks = (*cautions(report), *_artist_remarks(census, run), *run.info.remarks)
        page = write_lesson_page(
            run,
            corpus,
            report,
            why=choice.why,
            trials=trials,
            remarks=remarks,
            failures=failures,
            progress=progress,
        )
        tracks = {track.id: track for track in corpus.tracks()}
        doubts = doubts_table(find_doubts(run.predictions("test")), tracks)
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
    require_matplotlib()
    return out


def _gather(music: Music, corpus: Corpus, progress: Progress) -> Iterator[str]:
    """Bring the folder's songs into the corpus; yield what cannot be read."""
    _refuse_other_folder(music.folder, corpus)
    source = FolderSource(
        music.folder,
        labels=music.labels,
        genre_from=music.genre_from,
        table=music.table,
        progress=progress,
    )
    summary = collect(source, corpus, table=music.table, genres=music.genres, progress=progress)
    yield from summary.faults
    if summary.n_faults > len(summary.faults):
        yield f"{summary.n_faults - len(summary.faults)} more recordings cannot be read"
    _forget_absent(corpus)
    if summary.absent_genres:
        there = ", ".join(corpus.genre_counts()) or "none"
        raise UsageError(
            f"--genres: no song is {summary.absent_genres[0]!r}; the genres found are {there}"
        )


def _refuse_other_folder(folder: Path, corpus: Corpus) -> None:
    inside = folder.absolute()
    for track in corpus.tracks():
        path = Path(track.audio_path or "")
        if not path.is_relative_to(inside) and path.exists():
            raise UsageError(
                f"{corpus.path}: holds songs of another folder ({path}); choose another -o"
            )


def _forget_absent(corpus: Corpus) -> None:
    """Take out songs that are no longer in the folder; should they return, they are read anew."""
    absent = [t.id for t in corpus.tracks() if not Path(t.audio_path or "").exists()]
    if not absent:
        return
    with corpus.transaction():
        for track_id in absent:
            stored = corpus.stored(track_id)
            if stored and stored.import_id is not None:
                corpus.journal.forget(stored.import_id)
            corpus.remove(track_id)


def _refuse_hopeless(census: Census, choice: Choice, folder: str | Path) -> None:
    """Stop before an hour of analyzing where nothing could be learned from the result."""
    recipe = choice.recipes[0]
    if not census.tracks:
        raise DataError(
            f"{folder}: no song has a genre and can be heard; put songs into folders named by "
            "their genre, or say the genres with --labels CSV or --genre-from tags"
        )
    if len(census.tracks) == 1:
        [(genre, n)] = census.tracks.items()
        raise DataError(
            f"{folder}: {'the only song' if n == 1 else f'all {n} songs'} with a genre "
            f"{'is' if n == 1 else 'are'} {genre}; telling genres apart needs at least two"
        )
    n_artists = MIN_GROUPS if recipe.group == "artist" else 0
    enough = [
        genre
        for genre, n in census.tracks.items()
        if n >= recipe.min_tracks and census.artists[genre] >= n_artists
    ]
    if len(enough) < 2 and not recipe.split:
        there = ", ".join(
            f"{genre}: {n} by {census.artists[genre]}" for genre, n in census.tracks.most_common()
        )
        raise DataError(
            f"{folder}: {f'{enough[0]} alone' if enough else 'no genre'} has at least "
            f"{recipe.min_tracks} songs by {MIN_GROUPS} artists, and telling genres apart needs "
            f"two such genres; add songs (songs by artists are {there})"
        )


def _analyze(corpus: Corpus, jobs: int | None, progress: Progress) -> Iterator[str]:
    """Analyze what is not analyzed yet; yield what cannot be."""
    for outcome in analyze_corpus(corpus, jobs=jobs, progress=progress):
        if outcome.status == "failed" and outcome.sentence:
            yield outcome.sentence


def _train_best(
    corpus: Corpus, choice: Choice, out: Path, *, again: bool, progress: Progress
) -> tuple[Run, Sequence[Trial]]:
    """Train every recipe of a choice and keep the run that does best on validation tracks."""
    trials = out.with_name(f"{out.name}.trials")
    plans = [plan_sample(corpus, recipe, progress=progress) for recipe in choice.recipes]
    run = _finished(out, choice.recipes, plans, again=again)
    if run is None and len(choice.recipes) == 1:
        run = _train(corpus, choice.recipes[0], plans[0], out, progress)
    if run is None:
        tried = [
            _train(corpus, recipe, plan, trials / recipe.name, progress)
            for recipe, plan in zip(choice.recipes, plans, strict=True)
        ]
        best = max(tried, key=lambda one: one.info.scores["valid"]["balanced_accuracy"])
        best.path.replace(out)
        run = load_run(out)
    others = [run_at(trials / recipe.name) for recipe in choice.recipes if recipe != run.recipe]
    return run, [Trial.from_run(one) for one in (run, *others) if one]


def _finished(
    out: Path, recipes: Sequence[Recipe], plans: Sequence[Plan], *, again: bool
) -> Run | None:
    """Return the run that is there, if it is what would be trained now."""
    run = run_at(out)
    if run is None:
        return None
    for recipe, plan in zip(recipes, plans, strict=True):
        if run.recipe == recipe and has_content(run, plan):
            return run
    if not again:
        what = "with other settings" if run.recipe not in recipes else "on other songs or genres"
        raise UsageError(
            f"{out}: is a finished run that was trained {what} than there are now; choose "
            f"another -o, or --again to train anew (the earlier run is kept as {out}{EARLIER})"
        )
    earlier = out.with_name(f"{out.name}{EARLIER}")
    if run_at(earlier):
        shutil.rmtree(earlier)
    out.replace(earlier)
    return None


def _train(corpus: Corpus, recipe: Recipe, plan: Plan, out: Path, progress: Progress) -> Run:
    """Train a recipe, or go on with it where it was interrupted on this very music."""
    partial = out.with_name(f"{out.name}.partial")
    for fold, of_fold in enumerate(plans_of_folds(plan)):
        done = run_at(partial / f"fold-{fold}") if (partial / f"fold-{fold}").exists() else None
        if done and not (done.recipe == recipe and has_content(done, of_fold)):
            shutil.rmtree(partial)
            break
    return train(corpus, recipe, out, progress=progress)


def _artist_remarks(census: Census, run: Run) -> Iterator[str]:
    """Say where artists cannot be kept apart because nobody knows them."""
    n, unknown = sum(census.tracks.values()), census.without_artist
    if not unknown or run.recipe.group != "artist":
        return
    many = "No song's artist is known" if unknown == n else f"The artist of {unknown} of {n} songs"
    many += "" if unknown == n else " is unknown"
    yield (
        f"{many}, so songs by one artist may have been both learned from and tested on, which "
        "makes a model look better than it is: give artists in --labels or in the files' tags."
    )
