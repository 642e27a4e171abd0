"""Reproduction: the whole paper on any corpus, in one resumable command.

Conventions
-----------
A folder holds ``arrays/`` (nine), ``runs/`` (one directory an experiment),
``tables/*.csv`` (Tables 1 to 4, results, claims...), ``figures/`` and
``report.html``, which needs no other file. Run again, it trains only what is
missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from genrelab.errors import UsageError
from genrelab.judging.comparison import compare
from genrelab.judging.reports import Report
from genrelab.learning.inputs import SEQUENCE_NAMES
from genrelab.learning.networks import NETWORKS
from genrelab.learning.recipes import SAMPLES, NetworkName
from genrelab.learning.run_directory import find_run
from genrelab.learning.runs import Run
from genrelab.music.corpus import Corpus
from genrelab.progress import Progress, silent
from genrelab.tables import Table, render
from genrelab.workflows import paper
from genrelab.workflows.arrays import OWN_KNOBS, Arrays, refuse_knobs, write_arrays
from genrelab.workflows.claims import Evidence, judge_claims
from genrelab.workflows.experiments import train
from genrelab.workflows.judgments import judge_run
from genrelab.workflows.paper_tables import (
    Outcome,
    balanced_outcomes,
    results_table,
    summary_table,
    table_1,
    table_2,
    table_3,
    table_4,
)
from genrelab.workflows.reproduction_page import write_page
from genrelab.workflows.studies import STUDIES, Experiment, StudyName, plan_experiment
from genrelab.workflows.writing import writing_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """What a reproduction found.

    Attributes
    ----------
    folder, page : Path
    arrays : Arrays
    main : sequence of Outcome
        Three networks on three samples, for every seed.
    studies : mapping
        Outcomes of each study that was asked for.
    tables : mapping
        By file name without ``.csv``.
    """

    folder: Path
    page: Path
    arrays: Arrays
    main: Sequence[Outcome]
    studies: Mapping[StudyName, Sequence[Outcome]]
    tables: Mapping[str, Table]


def reproduce(
    corpus: Corpus,
    out: str | Path,
    settings: Mapping[str, Any] | None = None,
    *,
    seeds: int = 1,
    studies: Sequence[StudyName] = (),
    notice: str = "",
    progress: Progress = silent,
) -> Reproduction:
    """Reproduce the paper: arrays, networks, tables, figures, claims, one page.

    Parameters
    ----------
    settings : mapping, optional
        Knobs set in all nine recipes (genres, segments, folds, split...).
    seeds : int
        How often each of the nine experiments is trained, with seeds 0, 1...
    studies : sequence of str
        ``imbalance`` (three networks, three samples, four dropouts),
        ``learning-rate``, ``overtraining``; each adds to the claims.
    notice : str
        A sentence above everything else on the page ("synthetic data").

    Raises
    ------
    UsageError
        If the folder holds runs of other settings or tracks, or a knob is not the
        user's to set. Nothing was changed then.
    """
    if seeds < 1:
        raise UsageError(f"--seeds is {seeds}; expected at least 1")
    out = Path(out)
    knobs = dict(settings or {})
    refuse_knobs(knobs, (*OWN_KNOBS, "seed"))
    experiments = [
        plan_experiment(f"{sample}-{input_name}", knobs, {}, seed)
        for seed in range(seeds)
        for sample in SAMPLES
        for input_name in SEQUENCE_NAMES
    ]
    of_studies = {
        study: [plan_experiment(name, knobs, turned, 0) for name, turned in STUDIES[study]]
        for study in studies
    }
    planned = [*experiments, *chain(*of_studies.values())]
    _refuse_other_work(corpus, planned, out / "runs")
    arrays = write_arrays(corpus, out / "arrays", knobs, progress=progress)
    runs = _train_all(corpus, planned, out / "runs", progress)
    outcomes = {name: Outcome(run=run, report=judge_run(run)) for name, run in runs.items()}
    main = [outcomes[experiment.name] for experiment in experiments]
    found = {
        study: [outcomes[experiment.name] for experiment in of_study]
        for study, of_study in of_studies.items()
    }
    tables = _make_tables(main, found)
    with writing_to(out):
        _write_tables(tables, arrays, out / "tables")
        page = write_page(
            corpus,
            out,
            main=main,
            studies=found,
            tables=tables,
            arrays=arrays,
            notice=notice,
            progress=progress,
        )
    return Reproduction(
        folder=out, page=page, arrays=arrays, main=main, studies=found, tables=tables
    )


def _refuse_other_work(corpus: Corpus, planned: Sequence[Experiment], folder: Path) -> None:
    """Stop, before anything is overwritten, where runs of other settings or tracks stand."""
    there = [one for one in planned if find_run(folder / one.name, one.recipe)]
    for one in there[:1]:  # all were made from one corpus, so one tells whether it has changed
        train(corpus, one.recipe, folder / one.name)


def _train_all(
    corpus: Corpus, experiments: Sequence[Experiment], folder: Path, progress: Progress
) -> dict[str, Run]:
    """Train each experiment once, however many tables it belongs to."""
    wanted = {experiment.name: experiment.recipe for experiment in experiments}
    runs = {}
    for i, (name, recipe) in enumerate(wanted.items(), 1):

        def tell(stage: str, done: int, total: int | None, i: int = i) -> None:
            progress(f"{i} of {len(wanted)}: {stage}", done, total)

        runs[name] = train(corpus, recipe, folder / name, progress=tell)
    return runs


def _make_tables(
    main: Sequence[Outcome], studies: Mapping[StudyName, Sequence[Outcome]]
) -> dict[str, Table]:
    balanced = balanced_outcomes(main)
    comparison = compare(
        {network: outcomes[0].run.predictions() for network, outcomes in balanced.items()}
    )
    tables = {
        "table1": table_1(balanced["c1m1"][0]),
        "table2": table_2(balanced),
        "table3": table_3(balanced),
        "table4": table_4(balanced),
        "summary": summary_table(main),
        "results": results_table(main),
        "comparison": comparison.pairs_table(),
        "claims": judge_claims(_paper_evidence(), _our_evidence(balanced, studies)),
    }
    for study, outcomes in studies.items():
        tables[study] = results_table(outcomes, f"Study: {study}")
    return tables


def _paper_evidence() -> Evidence:
    return Evidence(
        reports={
            model: Report(
                classes=paper.GENRES, confusion=np.array(paper.CONFUSION[model]), name=model
            )
            for model in NETWORKS
        },
        best_epochs={model: [paper.BEST_EPOCH[model]] for model in NETWORKS},
        can_be_studied=False,
    )


def _our_evidence(
    balanced: Mapping[NetworkName, Sequence[Outcome]],
    studies: Mapping[StudyName, Sequence[Outcome]],
) -> Evidence:
    overtrained = studies.get("overtraining")
    return Evidence(
        reports={network: outcomes[0].report for network, outcomes in balanced.items()},
        best_epochs={
            network: [epoch for outcome in outcomes for epoch in outcome.best_epochs]
            for network, outcomes in balanced.items()
        },
        dropouts={
            (o.run.recipe.sample, o.run.recipe.neural_network, o.run.recipe.dropout): o.report
            for o in studies.get("imbalance", ())
        },
        learning_rates={
            o.run.recipe.learning_rate: o.report.accuracy for o in studies.get("learning-rate", ())
        },
        overtrained=overtrained[0].run.members[0].history() if overtrained else (),
    )


def _write_tables(tables: Mapping[str, Table], arrays: Arrays, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    counted = dict(zip(("tracks", "left_out", "remarks"), arrays.tables(), strict=True))
    for name, table in {**tables, **counted}.items():
        (folder / f"{name}.csv").write_text(render(table, "csv"), encoding="utf-8")
