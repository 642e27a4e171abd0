"""Paper tables: its Tables 1 to 4 with our numbers beside its own, and those it lacks.

Conventions
-----------
Scores are shares in [0, 1], accuracies of Table 2 percent, as the paper prints
them. Where there are several seeds, Table 2 gives their mean and standard
deviation and the per-genre tables show the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from genrelab.judging.reports import Report
from genrelab.learning.inputs import INPUTS
from genrelab.learning.networks import build_network, describe_layers
from genrelab.learning.recipes import SAMPLES, NetworkName
from genrelab.learning.runs import Run
from genrelab.tables import Cell, Table
from genrelab.workflows import paper

_MEASURES = ("precision", "recall", "f1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A finished run and the judgment of its test tracks."""

    run: Run
    report: Report

    @property
    def best_epochs(self) -> list[int]:
        """Epoch of the highest validation accuracy of each network trained."""
        return [member.info.best_epoch or 0 for member in self.run.members]


def balanced_outcomes(main: Sequence[Outcome]) -> dict[NetworkName, list[Outcome]]:
    """Pick the runs on the balanced sample, by network, in order of the seeds."""
    balanced: dict[NetworkName, list[Outcome]] = {}
    for outcome in main:
        if outcome.run.recipe.sample == "balanced":
            balanced.setdefault(outcome.run.recipe.neural_network, []).append(outcome)
    return balanced


def table_1(outcome: Outcome) -> Table:
    """List the layers of c1m1, the paper's parameters beside those of the built model."""
    recipe = outcome.run.recipe
    shape = INPUTS[recipe.input].shape(recipe.segments)
    network = build_network(recipe.neural_network, shape, len(outcome.run.classes), recipe.dropout)
    rows = []
    for layer, (name, output, parameters) in zip(
        describe_layers(network), paper.TABLE_1, strict=True
    ):
        ours = " x ".join(str(size) for size in layer.output_shape[1:])
        theirs = " x ".join(str(size) for size in output)
        rows.append((name, theirs, ours, parameters, layer.parameters))
    columns = ("layer", "paper_shape", "our_shape", "paper_parameters", "our_parameters")
    return Table("Table 1: layers of c1m1", columns, rows)


def table_2(balanced: Mapping[NetworkName, Sequence[Outcome]]) -> Table:
    """Give validation and test accuracy in percent, the paper's beside ours.

    Ours are means over the seeds; the 95 % interval is that of the first seed's run.
    """
    rows: list[tuple[Cell, ...]] = []
    for model, outcomes in balanced.items():
        valid = [100 * outcome.run.info.scores["valid"]["accuracy"] for outcome in outcomes]
        test = [100 * outcome.report.accuracy for outcome in outcomes]
        sure = outcomes[0].report.intervals().accuracy
        rows.append(
            (
                f"{model} ({INPUTS[outcomes[0].run.recipe.input].name})",
                *(paper.VALIDATION_ACCURACY[model], fmean(valid)),
                *(paper.TEST_ACCURACY[model], fmean(test), stdev(test) if len(test) > 1 else None),
                *(100 * sure.low, 100 * sure.high, outcomes[0].report.n),
                100 * outcomes[0].report.majority_accuracy,
            )
        )
    columns = (
        *("model", "paper_validation", "our_validation", "paper_test", "our_test"),
        *("our_test_sd", "seed_0_low", "seed_0_high", "our_test_tracks", "our_majority"),
    )
    return Table("Table 2: accuracy on the balanced sample, percent", columns, rows)


def table_3(balanced: Mapping[NetworkName, Sequence[Outcome]]) -> Table:
    """Give precision, recall and F1 a genre of c1m1 and c1m2, the paper's beside ours."""
    models: tuple[NetworkName, ...] = ("c1m1", "c1m2")
    reports = {model: balanced[model][0].report for model in models}
    rows = []
    for genre in _genres(reports["c1m1"]):
        row: list[Cell] = [genre]
        for model in models:
            row += _both(paper.TABLE_3[model].get(genre), reports[model], genre)
        rows.append(row)
    columns = [
        f"{model}_{who}_{measure}"
        for model in models
        for measure in _MEASURES
        for who in ("paper", "our")
    ]
    return Table("Table 3: reports of c1m1 and c1m2", ("genre", *columns), rows)


def table_4(balanced: Mapping[NetworkName, Sequence[Outcome]]) -> Table:
    """Give the report of c2m1 with its averages, the paper's beside ours."""
    report = balanced["c2m1"][0].report
    rows: list[tuple[Cell, ...]] = []
    for genre in _genres(report):
        theirs = paper.TABLE_4.get(genre)
        there = genre in report.classes
        support = int(report.support[list(report.classes).index(genre)]) if there else None
        both = _both(theirs, report, genre)
        rows.append((genre, *both, int(theirs[3]) if theirs else None, support))
    accuracy = [paper.TABLE_4["accuracy"][0], report.accuracy]
    rows.append(("accuracy", *(accuracy * 3), None, None))
    averages = {"macro avg": report.macro, "weighted avg": report.weighted}
    for name, average in averages.items():
        row = [
            value
            for measure, theirs in zip(_MEASURES, paper.TABLE_4[name], strict=False)
            for value in (theirs, float(getattr(average, measure)))
        ]
        rows.append((name, *row, int(paper.TABLE_4[name][3]), report.n))
    columns = [f"{who}_{m}" for m in (*_MEASURES, "support") for who in ("paper", "our")]
    return Table("Table 4: report of c2m1", ("genre", *columns), rows)


def _genres(report: Report) -> list[str]:
    """List the paper's genres and ours, each once."""
    return sorted({*paper.GENRES, *report.classes})


def _both(theirs: Sequence[float] | None, report: Report, genre: str) -> list[Cell]:
    """Put the paper's and our precision, recall and F1 of a genre side by side."""
    k = list(report.classes).index(genre) if genre in report.classes else None
    cells: list[Cell] = []
    for i, measure in enumerate(_MEASURES):
        cells.append(theirs[i] if theirs else None)
        cells.append(None if k is None else float(getattr(report, measure)[k]))
    return cells


def results_table(outcomes: Sequence[Outcome], title: str = "Results") -> Table:
    """Give plain and weighted scores of every run, with intervals and the baseline."""
    rows = []
    for outcome in outcomes:
        recipe, report = outcome.run.recipe, outcome.report
        sure = report.intervals()
        rows.append(
            (
                *(recipe.sample, recipe.network, recipe.dropout, recipe.learning_rate, recipe.seed),
                *(report.n, report.accuracy, sure.accuracy.low, sure.accuracy.high),
                *(report.balanced_accuracy, report.majority_accuracy),
                *(report.macro.precision, report.macro.recall, report.macro_f1),
                *(sure.macro_f1.low, sure.macro_f1.high),
                *(report.weighted.precision, report.weighted.recall, report.weighted.f1),
                fmean(outcome.best_epochs),
            )
        )
    columns = (
        *("sample", "network", "dropout", "learning_rate", "seed", "test_tracks"),
        *("accuracy", "low", "high", "balanced_accuracy", "majority_accuracy"),
        *("macro_precision", "macro_recall", "macro_f1", "macro_f1_low", "macro_f1_high"),
        *("weighted_precision", "weighted_recall", "weighted_f1", "best_epoch"),
    )
    return Table(title, columns, rows)


def summary_table(outcomes: Sequence[Outcome]) -> Table:
    """Give mean and standard deviation over the seeds of each sample and network."""
    rows: list[tuple[Cell, ...]] = []
    networks = list(dict.fromkeys(outcome.run.recipe.network for outcome in outcomes))
    for sample in SAMPLES:
        for network in networks:
            reports = [
                outcome.report
                for outcome in outcomes
                if (outcome.run.recipe.sample, outcome.run.recipe.network) == (sample, network)
            ]
            scores = [
                [report.accuracy for report in reports],
                [report.balanced_accuracy for report in reports],
                [report.macro_f1 for report in reports],
                [report.weighted.f1 for report in reports],
            ]
            cells: list[Cell] = []
            for values in scores:
                cells += [fmean(values), stdev(values) if len(values) > 1 else None]
            rows.append((sample, network, len(reports), *cells, reports[0].majority_accuracy))
    measures = ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1")
    columns = [name for measure in measures for name in (measure, f"{measure}_sd")]
    return Table(
        "Mean over seeds", ("sample", "network", "seeds", *columns, "majority_accuracy"), rows
    )
