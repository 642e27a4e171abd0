"""Lesson page: what a model has learned of one's own music, for those who know the music.

Conventions
-----------
No word of statistics goes unexplained. All figures are those of test songs, which the
model that judged them had not heard. The page is written whole or not at all, into the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from genrelab import __version__
from genrelab.judging.explanations import (
    Doubt,
    cautions,
    confidence_bands,
    find_doubts,
    main_confusions,
    out_of_100,
    selections,
    span_of_100,
)
from genrelab.judging.figures import draw_confusion, draw_recall, draw_reliability
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
from genrelab.judging.scores import Range
from genrelab.learning.runs import Predictions, Run
from genrelab.music.corpus import Corpus
from genrelab.music.tracks import Track
from genrelab.progress import Progress, silent
from genrelab.tables import Cell, Table
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A recipe that was tried, and how it did on validation songs."""

    name: str
    accuracy: float
    balanced_accuracy: float

    @classmethod
    def from_run(cls, run: Run) -> Trial:
        """Take the validation scores of a finished run."""
        scores = run.info.scores["valid"]
        return cls(
            name=run.recipe.name,
            accuracy=scores["accuracy"],
            balanced_accuracy=scores["balanced_accuracy"],
        )


def write_lesson_page(
    run: Run,
    corpus: Corpus,
    report: Report,
    *,
    why: str,
    trials: Sequence[Trial],
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
    trials : sequence of Trial
        What was tried; the first was kept.
    remarks, failures : sequences of str
    """
    progress("writing the report", 0, None)
    test = run.predictions("test")
    tracks = {track.id: track for track in corpus.tracks()}
    page = Page(
        f"{len(run.classes)} genres, learned from {_n_songs(run)} songs",
        [
            _in_short(run, report),
            _how_sure(run, test),
            _confusions(report),
            _by_genre(report),
            _questions(find_doubts(test), tracks),
            _left_out(run, failures),
            _making(run, why, trials, remarks),
            _going_on(run, corpus),
        ],
        notices=[Notice(sentence, "warning") for sentence in cautions(report)],
        footer=f"genrelab {__version__}; {run.name}; {run.info.started[:10]}",
    )
    path = run.path / "report.html"
    write_whole(path, lambda file: file.write_text(render_page(page), encoding="utf-8"))
    return path


def _n_songs(run: Run) -> int:
    return sum(run.info.n_tracks.values())


def _in_short(run: Run, report: Report) -> Section:
    sure = report.intervals()
    names = f"{', '.join(run.classes[:-1])} and {run.classes[-1]}"
    n = len(run.classes)
    right = (
        f"The model tells {names} apart. Of 100 songs that it has not heard, it gives "
        f"{out_of_100(report.accuracy)} their right genre; with other songs of the same kind it "
        f"would probably be {span_of_100(sure.accuracy)}."
    )
    beside = (
        f"Beside that: always answering {report.majority}, the largest genre, would be right for "
        f"{out_of_100(report.majority_accuracy)} of 100, and guessing blindly for "
        f"{out_of_100(1 / n)}."
    )
    alike = (
        f"If every genre had as many songs, it would be right for "
        f"{out_of_100(report.balanced_accuracy)} of 100 ({span_of_100(sure.balanced_accuracy)}); "
        f"always answering one genre then gives {out_of_100(1 / n)}."
    )
    apart = (
        "None of these songs was heard by the model that judged it, nor was any other song by its "
        "artist."
        if run.recipe.group == "artist"
        else "None of these songs was heard by the model that judged it; others by its artist were."
    )
    return Section("In short", [Paragraph(right), Points([beside, alike, apart])])


def _how_sure(run: Run, test: Predictions) -> Section:
    bands = confidence_bands(test.truth, test.probabilities)
    said = Table(
        "How often it is right, by how sure it says it is",
        ["the model says", "songs", "it was right for"],
        [
            [
                f"{out_of_100(b.low)} to {out_of_100(b.high)} % sure",
                b.n,
                f"{b.n_right} ({out_of_100(b.n_right / b.n)} of 100)",
            ]
            for b in bands
        ],
    )
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
    report = Report.from_predictions(test.classes, test.truth, test.probabilities)
    picture = picture_from_figure(
        draw_reliability(report, title="How sure, and how often right"),
        alt="How often the model was right, by how sure it was",
        caption="On the dashed line the model is as sure as it should be; below it, too sure. "
        "Bars: how many songs.",
    )
    chosen = selections(test.truth, test.probabilities, run.info.abstention)
    blocks: list[Block] = [Paragraph(text), said]
    if chosen:
        blocks += [
            Paragraph(
                "A model may also keep silent where it is not sure enough. The thresholds were "
                "chosen on other songs than those counted here."
            ),
            Table(
                "Answering only when sure enough",
                ["to be right for", "answer from", "answers", "and is right for"],
                [
                    [
                        f"{out_of_100(one.aim)} of 100",
                        f"{out_of_100(one.threshold)} % sure",
                        f"{out_of_100(one.n / one.of)} of 100 songs",
                        f"{out_of_100(one.n_right / one.n)} of 100 of them",
                    ]
                    for one in chosen
                ],
            ),
        ]
    return Section("How sure it is", [*blocks, picture])


def _confusions(report: Report) -> Section:
    pairs = [str(pair) for pair in main_confusions(report)]
    picture = picture_from_figure(
        draw_confusion(report, title="What songs were taken for"),
        alt="How many songs of each genre were taken for which",
        caption="A row is what the songs are, a column what they were taken for. A dark "
        "diagonal is good.",
    )
    said: list[Block] = (
        [Points(pairs)] if pairs else [Paragraph("No genre was taken for another twice or more.")]
    )
    return Section("Which genres are confused", [*said, picture])


def _by_genre(report: Report) -> Section:
    sure = report.intervals()
    told = report.confusion.sum(axis=0).tolist()
    rows: list[list[Cell]] = [
        [
            genre,
            int(report.support[i]),
            f"{out_of_100(report.recall[i])} of 100",
            span_of_100(Range(low=sure.recall[i, 0], high=sure.recall[i, 1])),
            int(told[i]),
            f"{out_of_100(report.precision[i])} of 100" if told[i] else "",
        ]
        for i, genre in enumerate(report.classes)
    ]
    columns = ["genre", "songs", "found", "probably", "answers", "answers that are right"]
    text = (
        "Found: of 100 songs of the genre, so many were recognized; with other songs it would "
        "probably be between the two numbers beside it. Answers: how often the model said "
        "the genre, whether right or not."
    )
    picture = picture_from_figure(
        draw_recall(report, title="Songs found of each genre"),
        alt="Share of each genre's songs that were recognized",
        caption="Points: the share that was recognized. Lines: where it would probably be with "
        "other songs.",
    )
    return Section("Genre by genre", [Paragraph(text), Table("", columns, rows), picture])


def doubts_table(doubts: Iterable[Doubt], tracks: Mapping[str, Track]) -> Table:
    """List songs whose label the model would question."""
    rows: list[list[Cell]] = []
    for doubt in doubts:
        track = tracks[doubt.track_id]
        rows.append(
            [
                track.title,
                track.artist,
                doubt.genre,
                doubt.suggestion,
                f"{out_of_100(doubt.suggested_probability)} %",
                track.audio_path,
            ]
        )
    columns = ["title", "artist", "it stands under", "the model says", "sure", "file"]
    return Table("Songs that the model would question", columns, rows)


def _questions(doubts: Sequence[Doubt], tracks: Mapping[str, Track]) -> Section:
    text = (
        "These songs stand under a genre that the model finds improbable, and it is rather sure "
        "of another. Each was judged by a model that had not learned from it. Some of them may "
        "be filed wrongly, some really lie between genres, and with some the model is wrong: "
        "listen to them again."
        if doubts
        else "There is no song whose genre the model would question."
    )
    blocks: list[Block] = [Paragraph(text)]
    return Section(
        "Songs to listen to again", [*blocks, *([doubts_table(doubts, tracks)] if doubts else [])]
    )


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
