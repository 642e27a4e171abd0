"""Reproduction page: figures and tables of a reproduction as one HTML file.

Conventions
-----------
Figures carry the paper's numbers: 1 spectrogram and 2 MFCCs where the corpus has audio,
3 timbre, 4 chroma, 5 schematic, 6, 9 and 10 training curves, 7 and 8 confusion matrices.
Each stands in ``figures/`` as PNG and SVG too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from genrelab import __version__
from genrelab.judging.figures import (
    StudyPoint,
    draw_confusion,
    draw_forest,
    draw_network,
    draw_study,
    draw_training,
    save_figure,
)
from genrelab.judging.pages import (
    Block,
    Notice,
    Page,
    Paragraph,
    Picture,
    Points,
    Section,
    picture_from_figure,
    render_page,
)
from genrelab.learning.inputs import INPUTS
from genrelab.learning.networks import build_network, describe_layers
from genrelab.learning.recipes import NetworkName
from genrelab.music.corpus import Corpus
from genrelab.progress import Progress, silent
from genrelab.tables import Cell, Table, without_empty_columns
from genrelab.workflows import paper
from genrelab.workflows.arrays import Arrays
from genrelab.workflows.illustrations import choose_illustration, draw_illustration
from genrelab.workflows.paper_tables import Outcome, balanced_outcomes
from genrelab.workflows.studies import StudyName

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_CURVES: dict[NetworkName, int] = {"c1m1": 6, "c1m2": 9, "c2m1": 10}
_MATRICES: dict[NetworkName, str] = {"c1m1": "7a", "c1m2": "7b", "c2m1": "8"}

_CAUTION = (
    "Intervals are 95 %, from a bootstrap over test tracks. Tracks of one artist resemble one "
    "another, which the bootstrap does not know, so the truth is somewhat less certain than they "
    "say. The verdict on each pair of networks is McNemar's exact test, corrected after Holm."
)
_SEEDS = (
    "Table 2 and the summary give means over the seeds; intervals, Tables 3 and 4, figures, "
    "claims and pairs are those of the first seed, and studies have one seed."
)


class _Album:
    """Figures as they are drawn: saved under a name, and kept for the page."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.folder = folder
        self._progress = progress
        self._drawn = 0

    def add(self, name: str, figure: Figure, caption: str, *, wide: bool = False) -> Picture:
        self._drawn += 1
        self._progress("drawing figures", self._drawn, None)
        save_figure(figure, self.folder / name)
        return picture_from_figure(figure, alt=caption, caption=caption, wide=wide)


def write_page(
    corpus: Corpus,
    out: Path,
    *,
    main: Sequence[Outcome],
    studies: Mapping[StudyName, Sequence[Outcome]],
    tables: Mapping[str, Table],
    arrays: Arrays,
    notice: str = "",
    progress: Progress = silent,
) -> Path:
    """Draw every figure and write ``report.html``; return its path."""
    album = _Album(out / "figures", progress)
    tables = {name: without_empty_columns(table) for name, table in tables.items()}
    first = {network: found[0] for network, found in balanced_outcomes(main).items()}
    sections = [
        _summary(main, tables, album),
        _data(corpus, arrays, album, first["c1m1"]),
        _networks(tables, first, album),
        _results(tables, first, album),
        *(_study(study, outcomes, tables[study], album) for study, outcomes in studies.items()),
        _claims(tables["claims"]),
        Section("Every run", [tables["results"]]),
    ]
    page = Page(
        "Music genre classification: the paper reproduced",
        sections,
        notices=[Notice(notice, "warning")] if notice else [],
        footer=f"genrelab {__version__}; corpus {corpus.path.name}; "
        f"{first['c1m1'].run.info.started[:10]}",
    )
    path = out / "report.html"
    partial = path.with_name("report.html.partial")
    partial.write_text(render_page(page), encoding="utf-8")
    partial.replace(path)
    return path


def _summary(main: Sequence[Outcome], tables: Mapping[str, Table], album: _Album) -> Section:
    seeds = len({outcome.run.recipe.seed for outcome in main})
    folds = main[0].run.info.folds
    judged = f"{folds} folds, their test tracks pooled" if folds else "one split 8:1:1"
    together = {
        "artist": "no artist stands on two sides",
        "track": "artists may stand on two sides",
    }
    text = (
        "Buchmüller and Gerloff (2020) trained three convolutional networks on the Echo Nest's "
        "timbre, pitch and both. Here are their experiments on another collection, their "
        f"numbers beside ours: three samples, three networks, {seeds} seed"
        f"{'s' if seeds > 1 else ''}; {judged}; {together[main[0].run.recipe.group]}."
    )
    forest = draw_forest(
        [
            replace(o.report, name=f"{o.run.recipe.sample} {o.run.recipe.network}")
            for o in main
            if o.run.recipe.seed == 0
        ],
        title="Test accuracy with 95 % intervals",
    )
    return Section(
        "In short",
        [
            Paragraph(text),
            Paragraph(_CAUTION if seeds == 1 else f"{_CAUTION} {_SEEDS}"),
            tables["table2"],
            album.add("accuracies", forest, "Test accuracy of the nine experiments", wide=True),
            tables["summary"],
        ],
    )


def _data(corpus: Corpus, arrays: Arrays, album: _Album, timbre: Outcome) -> Section:
    counts, left_out, remarks = arrays.tables()
    shown = choose_illustration(corpus, timbre.run.predictions("test").track_ids)
    pictures = [album.add(one.name, one.figure, one.caption) for one in draw_illustration(shown)]
    blocks: list[Block] = [_per_genre(counts), *([left_out] if left_out.rows else [])]
    if remarks.rows:
        blocks.append(Points([f"{sample}: {text}" for sample, text in remarks.rows]))
    missing = [Paragraph(shown.sentence)] if shown.sentence else []
    return Section("Data", [*blocks, *pictures, *missing])


def _per_genre(counts: Table) -> Table:
    """Turn the long count of tracks into one row a sample and part, one column a genre."""
    genres = list(dict.fromkeys(row[3] for row in counts.rows))
    wide: dict[tuple[Cell, Cell, Cell], dict[Cell, Cell]] = {}
    for sample, fold, part, genre, n in counts.rows:
        wide.setdefault((sample, fold, part), {})[genre] = n
    has_folds = any(fold is not None for _, fold, _ in wide)
    rows: list[tuple[Cell, ...]] = []
    for (sample, fold, part), found in wide.items():
        where = (sample, fold, part) if has_folds else (sample, part)
        n = sum(int(str(count)) for count in found.values())
        rows.append((*where, n, *(found[genre] for genre in genres)))
    place = ("sample", "fold", "part") if has_folds else ("sample", "part")
    return Table("Tracks", (*place, "all", *map(str, genres)), rows)


def _networks(
    tables: Mapping[str, Table], first: Mapping[NetworkName, Outcome], album: _Album
) -> Section:
    schematics = []
    for network, outcome in first.items():
        recipe = outcome.run.recipe
        shape = INPUTS[recipe.input].shape(recipe.segments)
        model = build_network(network, shape, len(outcome.run.classes), recipe.dropout)
        figure = draw_network(describe_layers(model), input_shape=shape, title=network)
        caption = f"Figure 5: schematic of {network}, {outcome.run.info.parameters:,} parameters"
        schematics.append(album.add(f"figure-5-{network}", figure, caption))
    curves = [
        album.add(
            f"figure-{_CURVES[network]}-training-{network}",
            draw_training([m.history() for m in outcome.run.members], title=network),
            f"Figure {_CURVES[network]}: training of {network} on the balanced sample; the paper's "
            f"best epoch was {paper.BEST_EPOCH[network]}",
            wide=True,
        )
        for network, outcome in first.items()
    ]
    return Section("Networks and training", [tables["table1"], *schematics, *curves])


def _results(
    tables: Mapping[str, Table], first: Mapping[NetworkName, Outcome], album: _Album
) -> Section:
    matrices = [
        album.add(
            f"figure-{_MATRICES[network]}-confusion-{network}",
            draw_confusion(outcome.report, title=network),
            f"Figure {_MATRICES[network]}: confusion of {network}, balanced sample",
        )
        for network, outcome in first.items()
    ]
    remarks = [
        f"{network}: {remark}" for network, o in first.items() for remark in o.report.remarks
    ]
    blocks: list[Block] = [*matrices, tables["table3"], tables["table4"], tables["comparison"]]
    return Section(
        "Results on the balanced sample", [*blocks, *([Points(remarks)] if remarks else [])]
    )


def _study(study: StudyName, outcomes: Sequence[Outcome], table: Table, album: _Album) -> Section:
    knob = "learning_rate" if study == "learning-rate" else "dropout"
    points = []
    for outcome in outcomes:
        recipe, report = outcome.run.recipe, outcome.report
        sure = report.intervals().accuracy
        points.append(
            StudyPoint(
                panel=recipe.sample,
                line=recipe.network,
                x=getattr(recipe, knob),
                value=report.accuracy,
                low=sure.low,
                high=sure.high,
            )
        )
    baselines: dict[str, float] = {
        o.run.recipe.sample: o.report.majority_accuracy for o in outcomes
    }
    figure = draw_study(points, x_label=knob.replace("_", " "), baselines=baselines)
    caption = f"Study {study}: test accuracy, 95 % intervals; dashed: always the majority class"
    return Section(
        f"Study: {study}", [album.add(f"study-{study}", figure, caption, wide=True), table]
    )


def _claims(claims: Table) -> Section:
    text = (
        "Every claim of the paper, judged by the same rule on its own confusion matrices and on "
        "our runs. A claim that needs more runs than were made is not measured."
    )
    return Section("Claims", [Paragraph(text), claims])
