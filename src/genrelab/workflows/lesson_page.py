"""Lesson page: what a model has learned of one's own music, for those who know the music.

Conventions
-----------
No word of statistics goes unexplained. All figures are those of test songs, which the
model that judged them had not heard. The page is written whole or not at all, into the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from genrelab import __version__
from genrelab.judging.explanations import (
    accuracy_interval,
    cautions,
    main_confusions,
    out_of_100,
    recall_interval,
    selections,
    span_of_100,
)
from genrelab.judging.figures import draw_confusion, draw_reliability
from genrelab.judging.lesson_figures import draw_recall, draw_selection
from genrelab.judging.pages import (
    Block,
    Code,
    Notice,
    Page,
    Paragraph,
    Points,
    Section,
    picture_from_figure,
    render_page,
)
from genrelab.judging.reports import Report
from genrelab.learning.runs import Predictions, Run, load_run
from genrelab.music.corpus import Corpus
from genrelab.progress import Progress, silent
from genrelab.tables import Cell, Table
from genrelab.workflows.lesson_tables import bands_table, genres_table, selection_table
from genrelab.workflows.lesson_training import Trial
from genrelab.workflows.writing import write_whole

REASONS = {
    "duplicate": "the same recording is there already",
    "one recording under two genres": "the same recording stands under two genres",
    "genre too small": "their genre has too few songs, or songs by too few artists",
    "genre not asked for": "their genre was not asked for",
    "no genre": "nothing says their genre",
    "no analysis": "they could not be analyzed",
}
LEARNERS = {"kernel-logistic": "kernel logistic regression", "svm": "an SVM", "knn": "kNN"}


def write_lesson_page(
    run: Run,
    corpus: Corpus,
    report: Report,
    *,
    why: str,
    notice: str,
    trials: Sequence[Trial],
    doubts: Table,
    remarks: Sequence[str],
    failures: Sequence[str],
    progress: Progress = silent,
) -> Path:
    """Draw and write ``report.html`` of a run; return its path.

    Parameters
    ----------
    run : Run
    corpus : Corpus
        That it was trained on.
    report : Report
        On its test songs.
    why : str
        How its recipe was chosen.
    notice : str
        What must not be overlooked; may be empty.
    trials : sequence of Trial
        What was tried; the first was kept.
    doubts : Table
        Songs whose label the model would question.
    remarks, failures : sequences of str
    """
    progress("writing the report", 0, None)
    test = run.predictions("test")
    page = Page(
        f"{len(run.classes)} genres, learned from {_n_songs(run)} songs",
        [
            _in_short(run, report),
            _how_sure(run, report, test),
            _confusions(report),
            _by_genre(report),
            _questions(doubts),
            _left_out(run, failures),
            _making(run, why, trials, remarks),
            _going_on(run, corpus),
        ],
        notices=[
            Notice(sentence, "warning") for sentence in (notice, *cautions(report)) if sentence
        ],
        footer=f"genrelab {__version__}; {run.name}; {run.info.started[:10]}",
    )
    path = run.path / "report.html"
    write_whole(path, lambda file: file.write_text(render_page(page), encoding="utf-8"))
    return path


def _n_songs(run: Run) -> int:
    return sum(run.info.n_tracks.values())


def _in_short(run: Run, report: Report) -> Section:
    names = f"{', '.join(run.classes[:-1])} and {run.classes[-1]}"
    n = len(run.classes)
    right = (
        f"The model chooses between {names}. Of 100 songs that it has not heard, it gives "
        f"{out_of_100(report.accuracy)} their right genre; with other songs of the same kind it "
        f"would probably be {span_of_100(accuracy_interval(report))}."
    )
    beside = (
        f"Beside that: always answering {report.majority}, the largest genre, would be right for "
        f"{out_of_100(report.majority_accuracy)} of 100, and guessing blindly for "
        f"{out_of_100(1 / n)}."
    )
    alike = (
        f"If every genre had as many songs, it would be right for "
        f"{out_of_100(report.balanced_accuracy)} of 100 ({span_of_100(recall_interval(report))}); "
        f"always answering one genre then gives {out_of_100(1 / n)}."
    )
    apart = (
        "None of these songs was heard by the model that judged it, nor, as far as artists are "
        "known, was any other song by its artist."
        if run.recipe.group == "artist"
        else "None of these songs was heard by the model that judged it; others by its artist were."
    )
    return Section("In short", [Paragraph(right), Points([beside, alike, apart])])


def _how_sure(run: Run, report: Report, test: Predictions) -> Section:
    text = (
        "With each answer the model says how sure it is. If it is honest, it is right for 80 of "
        "100 songs for which it says 80 %. "
    )
    text += (
        "How sure it may be was set on songs that it had not learned from, and is measured here "
        "on others."
        if run.info.calibrated
        else "This model was not calibrated: what it says may be too much or too little."
    )
    blocks: list[Block] = [Paragraph(text), bands_table(test)]
    members = range(run.info.folds)
    chosen = [load_run(run.path / f"fold-{k}").info.abstention for k in members]
    found = selections(test, chosen or [run.info.abstention])
    if found:
        blocks += [
            Paragraph(
                "A model may also keep silent where it is not sure enough. How sure that is, was "
                "chosen on other songs than those counted here. This makes it aim at 80 right ones "
                "of 100 answers:"
            ),
            Code(f"genrelab predict --model {run.path} --precision .8 song.mp3"),
            selection_table(found),
        ]
    pictures = [
        picture_from_figure(
            draw_reliability(report, title="How sure, and how often right"),
            alt="How often the model was right, by how sure it was",
            caption="Across: how sure the model said it was (confidence). Up: how often it was "
            "right (accuracy). On the dashed line it is as sure as it should be; below, too sure.",
        ),
        picture_from_figure(
            draw_selection(report),
            alt="How often answers are right if only the surest are given",
            caption="At the right end every song gets an answer; further left only those that the "
            "model is surest of.",
        ),
    ]
    return Section("How sure it is", [*blocks, *pictures])


def _confusions(report: Report) -> Section:
    pairs = [str(pair) for pair in main_confusions(report)]
    pictures = [
        picture_from_figure(
            draw_confusion(report, title="What songs were taken for"),
            alt="How many songs of each genre were taken for which",
            caption="A row is what the songs are (truth), a column what they were taken for "
            "(estimate). A dark diagonal is good.",
        ),
        picture_from_figure(
            draw_recall(report),
            alt="Share of each genre's songs that were recognized",
            caption="Points: the share that was recognized. Lines: where it would probably be "
            "with other songs.",
        ),
    ]
    said: list[Block] = (
        [Points(pairs)] if pairs else [Paragraph("No genre was taken for another twice or more.")]
    )
    return Section("Which genres are confused", [*said, *pictures])


def _by_genre(report: Report) -> Section:
    text = (
        "Found: of 100 songs of the genre, so many were recognized; with other songs it would "
        "probably be between the two numbers beside it. Answers: how often the model said "
        "the genre, and how many of 100 such answers were right."
    )
    table = genres_table(report)
    return Section("Genre by genre", [Paragraph(text), Table("", table.columns, table.rows)])


def _questions(doubts: Table) -> Section:
    text = (
        "These songs stand under a genre that the model finds improbable, and it is rather sure "
        "of another. Each was judged by a model that had not learned from it. Some of them may "
        "be filed wrongly, some really lie between genres, and with some the model is wrong: "
        "listen to them again."
        if doubts.rows
        else "There is no song whose genre the model would question."
    )
    table = [Table("", doubts.columns, doubts.rows)] if doubts.rows else []
    return Section("Songs to listen to again", [Paragraph(text), *table])


def _left_out(run: Run, failures: Sequence[str]) -> Section:
    rows: list[list[Cell]] = [
        [n, REASONS.get(reason, reason)] for reason, n in run.info.left_out.items()
    ]
    notes = [r.removeprefix("left out: ") for r in run.info.remarks if r.startswith("left out: ")]
    blocks: list[Block] = []
    if rows:
        blocks.append(Table("", ["songs", "left out because"], rows))
    if notes:
        blocks.append(Points(notes))
    if failures:
        blocks += [Paragraph("These files could not be used:"), Points(failures)]
    return Section("What was left out", blocks or [Paragraph("Nothing.")])


def _making(run: Run, why: str, trials: Sequence[Trial], remarks: Sequence[str]) -> Section:
    recipe, said = run.recipe, set(run.info.remarks)
    learner = LEARNERS.get(recipe.network, f"the network {recipe.network}")
    how = (
        f"Every song was analyzed: what it sounds like from moment to moment, its timbre and its "
        f"notes. From summaries of that {learner} learned the genres (recipe {recipe.name})."
        if recipe.is_classical
        else f"Every song was analyzed: what it sounds like from moment to moment, its timbre and "
        f"its notes. From its first {recipe.segments} moments {learner} learned the genres "
        f"(recipe {recipe.name})."
    )
    tested = (
        f"{why} The songs that a model is tested on chose nothing: neither the recipe nor its "
        "settings nor how sure it says it is."
    )
    whole = (
        "The model that is kept for use has learned from all songs, the tested ones too, so it "
        "should be no worse than what was measured."
        if run.info.whole
        else ""
    )
    blocks: list[Block] = [Paragraph("\n\n".join(part for part in (how, tested, whole) if part))]
    if len(trials) > 1:
        blocks.append(
            Table(
                "What was tried, on songs that are neither learned from nor tested; the first is "
                "kept",
                ["recipe", "right of 100", "right of 100 if genres were equal"],
                [[t.name, out_of_100(t.accuracy), out_of_100(t.balanced_accuracy)] for t in trials],
            )
        )
    artists = [r for r in remarks if r not in said and "artist" in r]
    if artists:
        blocks.append(Points(artists))
    return Section("How it was made", blocks)


def _going_on(run: Run, corpus: Corpus) -> Section:
    return Section(
        "What to do with it",
        [
            Paragraph("Ask the model about a song, or about a whole folder:"),
            Code(
                f"genrelab predict --model {run.path} song.mp3\n"
                f"genrelab predict --model {run.path} more-music/ --table"
            ),
            Paragraph("See these figures as numbers, and what lies behind them:"),
            Code(f"genrelab evaluate {run.path}\ngenrelab corpus info {corpus.path}"),
        ],
    )
