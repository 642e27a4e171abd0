"""Model card: the figures of a run of several folds that its card gives.

Run with ``python benchmarks/model_card.py RUN``. It prints, from the test tracks of all
folds, accuracy, macro recall, calibration error and how often the right genre is among
the first two, for all tracks and for each source (what their ids begin with); then, for
some precisions, what each fold's thresholds, which its validation tracks chose, do on its
test tracks. Intervals are 95 %.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from genrelab.judging.reports import Report
from genrelab.learning.runs import Predictions, Run, load_run

PRECISIONS = (0.7, 0.8, 0.9, 0.95)


def say_scores(name: str, test: Predictions, rows: np.ndarray) -> None:
    report = Report.from_predictions(test.classes, test.truth[rows], test.probabilities[rows])
    sure = report.intervals()
    accuracy, recall = sure.accuracy, sure.balanced_accuracy
    print(
        f"| {name} | {len(rows)} | {report.accuracy:.3f} ({accuracy.low:.3f}-{accuracy.high:.3f}) "
        f"| {report.balanced_accuracy:.3f} ({recall.low:.3f}-{recall.high:.3f}) "
        f"| {report.calibration_error:.3f} | {report.top_k_accuracy(2):.3f} "
        f"| {report.majority_accuracy:.3f} |"
    )


def say_precision(precision: float, run: Run, folds: Sequence[Run]) -> None:
    n_answered = n_right = n_tracks = 0
    for fold in folds:
        test = fold.predictions("test")
        n_tracks += len(test.truth)
        for one in fold.info.abstention:
            if one.precision == precision:
                answered = test.probabilities.max(axis=1) >= one.threshold
                right = test.probabilities.argmax(axis=1) == test.truth
                n_answered, n_right = n_answered + answered.sum(), n_right + right[answered].sum()
    own = [one.threshold for one in run.info.abstention if one.precision == precision]
    print(
        f"| {precision:g} | {own[0] if own else float('nan'):.2f} | {n_answered / n_tracks:.2f} "
        f"| {n_right / max(n_answered, 1):.3f} |"
    )


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    run = load_run(sys.argv[1])
    test = run.predictions("test")
    sources = np.array([track_id.partition("-")[0] for track_id in test.track_ids])
    print("| | tracks | accuracy | macro recall | calibration error | first two | majority |")
    print("|---|---|---|---|---|---|---|")
    say_scores("all", test, np.arange(len(test.truth)))
    for source in sorted(set(sources.tolist())):
        say_scores(source, test, np.flatnonzero(sources == source))
    print("\n| precision asked for | threshold | answered | right, of those |\n|---|---|---|---|")
    folds = [load_run(run.path / f"fold-{fold}") for fold in range(run.info.folds)]
    for precision in PRECISIONS:
        say_precision(precision, run, folds)


if __name__ == "__main__":
    main()
