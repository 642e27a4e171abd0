"""Claims: what the paper concluded, held against its own tables and against our data.

Conventions
-----------
A claim is a sentence and a function that looks for it in evidence. The same
function judges the paper's own confusion matrices and our runs, so neither is
read more kindly. Evidence that was not gathered gives "not measured", with the
option that gathers it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import fmean
from types import MappingProxyType

import numpy as np

from genrelab.judging.reports import Report
from genrelab.judging.significance import mcnemar
from genrelab.learning.inputs import InputName
from genrelab.learning.recipes import NetworkName, Sample
from genrelab.learning.training import Epoch
from genrelab.tables import Table

HARD_GENRES = ("Blues", "Country", "Pop", "Rock")
FEW = 0.1  # a share of false positives that deserves "almost none"
NEAR = 0.01  # accuracies that differ by less are called equal
COSTS = 0.03  # of accuracy or F1, from which on a difference is called significant
LEVEL = 0.05
EPOCHS = 2.5  # by which "about" and ranges of epochs may be missed
INPUT_OF: Mapping[NetworkName, InputName] = MappingProxyType(
    {"c1m1": "timbre", "c1m2": "pitch", "c2m1": "mixed"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What claims are judged on.

    Attributes
    ----------
    reports : mapping
        Test report of each network on the balanced sample.
    best_epochs : mapping
        Epochs of the highest validation accuracy, one a training run.
    dropouts : mapping
        Test report by (sample, network, dropout); empty without the imbalance study.
    learning_rates : mapping
        Test accuracy of c1m1 by learning rate; empty without its study.
    overtrained : sequence of Epoch
        History of c1m1 without early stopping; empty without its study.
    can_be_studied : bool
        Whether more evidence could be gathered; not so for the printed paper.
    """

    reports: Mapping[NetworkName, Report]
    best_epochs: Mapping[NetworkName, Sequence[int]]
    dropouts: Mapping[tuple[Sample, NetworkName, float], Report] = field(default_factory=dict)
    learning_rates: Mapping[float, float] = field(default_factory=dict)
    overtrained: Sequence[Epoch] = ()
    can_be_studied: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What the evidence says, and whether the claim holds in it (None: not measured)."""

    says: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of the paper and how to look for it."""

    number: str
    text: str
    judge: Callable[[Evidence], Finding]


def judge_claims(paper: Evidence, ours: Evidence) -> Table:
    """Judge every claim on the paper's evidence and on ours, as ``claims.csv``."""
    rows = []
    for claim in CLAIMS:
        theirs, own = claim.judge(paper), claim.judge(ours)
        rows.append(
            (
                *(claim.number, claim.text),
                *(theirs.says, _verdict(theirs.holds)),
                *(own.says, _verdict(own.holds)),
            )
        )
    columns = ("number", "claim", "paper_says", "holds_in_paper", "our_data_say", "holds_in_ours")
    return Table("Claims", columns, rows)


def _verdict(holds: bool | None) -> str:
    return {True: "yes", False: "no", None: "not measured"}[holds]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _recall_by_genre(report: Report) -> dict[str, float]:
    return dict(zip(report.classes, report.recall.tolist(), strict=True))


def _f1_by_genre(report: Report) -> dict[str, float]:
    return dict(zip(report.classes, report.f1.tolist(), strict=True))


def _absent(evidence: Evidence, *genres: str) -> Finding | None:
    """Say so where a claim is about genres that the evidence does not have."""
    missing = [genre for genre in genres if genre not in evidence.reports["c1m1"].classes]
    return Finding(f"no {' or '.join(missing)} in this sample", None) if missing else None


def _not_gathered(evidence: Evidence, study: str) -> Finding:
    says = f"add --study {study}" if evidence.can_be_studied else "no table or matrix of this"
    return Finding(says, None)


@dataclass(frozen=True, slots=True)
class _Gap:
    """A difference between two accuracies, and whether chance explains it."""

    points: float
    chance: bool
    says: str


def _gap(evidence: Evidence, a: NetworkName, b: NetworkName) -> _Gap:
    """Compare two networks: on the same tracks where these are known, else as two samples."""
    of_a, of_b = evidence.reports[a], evidence.reports[b]
    points = 100 * (of_a.accuracy - of_b.accuracy)
    names = f"{INPUT_OF[a]} - {INPUT_OF[b]} {points:+.1f} points"
    if of_a.truth is not None and of_a.probabilities is not None and of_b.probabilities is not None:
        test = mcnemar(
            of_a.truth, of_a.probabilities.argmax(axis=1), of_b.probabilities.argmax(axis=1)
        )
        return _Gap(points, test.p_value >= LEVEL, f"{names} (McNemar p {test.p_value:.3f})")
    rng = np.random.default_rng(0)
    draws = [rng.binomial(report.n, report.accuracy, 20_000) / report.n for report in (of_a, of_b)]
    low, high = 100 * np.quantile(draws[0] - draws[1], (LEVEL / 2, 1 - LEVEL / 2))
    says = f"{names} (as two samples 95 % {low:+.1f} to {high:+.1f})"
    return _Gap(points, bool(low <= 0 <= high), says)


def _timbre_beats_pitch(evidence: Evidence) -> Finding:
    gap = _gap(evidence, "c1m1", "c1m2")
    return Finding(gap.says, gap.points > 0)


def _timbre_is_best(evidence: Evidence) -> Finding:
    gaps = [_gap(evidence, "c1m1", "c1m2"), _gap(evidence, "c1m1", "c2m1")]
    return Finding("; ".join(gap.says for gap in gaps), all(gap.points >= 0 for gap in gaps))


def _similarly_good(evidence: Evidence) -> Finding:
    gaps = [_gap(evidence, a, b) for a, b in combinations(evidence.reports, 2)]
    return Finding("; ".join(gap.says for gap in gaps), all(gap.chance for gap in gaps))


def _hard_genres(evidence: Evidence) -> Finding:
    absent = _absent(evidence, *HARD_GENRES)
    if absent:
        return absent
    f1 = np.mean([report.f1 for report in evidence.reports.values()], axis=0)
    classes = evidence.reports["c1m1"].classes
    hardest = [classes[k] for k in np.argsort(f1)[: len(HARD_GENRES)]]
    described = ", ".join(f"{genre} {f1[list(classes).index(genre)]:.2f}" for genre in hardest)
    return Finding(f"lowest mean F1: {described}", set(hardest) == set(HARD_GENRES))


def _classical_is_easy(evidence: Evidence) -> Finding:
    absent = _absent(evidence, "Classical")
    if absent:
        return absent
    described, worst = [], 0.0
    for name, report in evidence.reports.items():
        k = list(report.classes).index("Classical")
        called = report.confusion[:, k]
        wrong, others = int(called.sum() - called[k]), int(report.n - report.support[k])
        described.append(f"{name} {wrong} of {called.sum()} so called, of {others} other tracks")
        worst = max(worst, wrong / max(int(called.sum()), 1))
    return Finding(f"wrongly called Classical: {', '.join(described)}", worst <= FEW)


def _timbre_beats_pitch_on_hard(evidence: Evidence) -> Finding:
    absent = _absent(evidence, *HARD_GENRES)
    if absent:
        return absent
    timbre, pitch = (_f1_by_genre(evidence.reports[name]) for name in ("c1m1", "c1m2"))
    better = [genre for genre in HARD_GENRES if timbre[genre] > pitch[genre]]
    worse = [genre for genre in timbre if timbre[genre] <= pitch[genre]]
    return Finding(
        f"timbre has the higher F1 in {', '.join(better) or 'none'} of the four; "
        f"pitch is as good or better in {', '.join(worse) or 'no genre'}",
        len(better) > len(HARD_GENRES) / 2 and set(HARD_GENRES) - set(better) <= {"Pop"},
    )


def _pitch_has_most_false_positives(evidence: Evidence) -> Finding:
    wrong = {
        name: int(report.n - np.trace(report.confusion))
        for name, report in evidence.reports.items()
    }
    described = ", ".join(f"{name} {n}" for name, n in wrong.items())
    return Finding(f"tracks misclassified: {described}", wrong["c1m2"] >= max(wrong.values()))


def _pitch_decreases_accuracy(evidence: Evidence) -> Finding:
    absent = _absent(evidence, "Hip-Hop", "Blues")
    if absent:
        return absent
    timbre, mixed = (_recall_by_genre(evidence.reports[name]) for name in ("c1m1", "c2m1"))
    rises = [genre for genre in timbre if mixed[genre] > timbre[genre]]
    falls = [genre for genre in timbre if mixed[genre] < timbre[genre]]
    return Finding(
        f"with pitch added, recall rises in {len(rises)} ({', '.join(rises) or 'none'}) and "
        f"falls in {len(falls)} ({', '.join(falls) or 'none'}) of {len(timbre)} genres",
        len(falls) > len(timbre) / 2 and set(rises) == {"Hip-Hop", "Blues"},
    )


def _mixed_lies_between(evidence: Evidence) -> Finding:
    absent = _absent(evidence, "Hip-Hop")
    if absent:
        return absent
    timbre, pitch, mixed = (
        _f1_by_genre(evidence.reports[name]) for name in ("c1m1", "c1m2", "c2m1")
    )
    beats = [genre for genre in mixed if mixed[genre] > max(timbre[genre], pitch[genre])]
    below = [genre for genre in mixed if mixed[genre] < min(timbre[genre], pitch[genre])]
    return Finding(
        f"mixed beats both in {', '.join(beats) or 'none'} and is below both in "
        f"{', '.join(below) or 'none'}",
        beats == ["Hip-Hop"] and not below,
    )


def _called_pop(evidence: Evidence) -> Finding:
    absent = _absent(evidence, "Pop")
    if absent:
        return absent
    report = evidence.reports["c1m1"]
    k = list(report.classes).index("Pop")
    precision, recall = float(report.precision[k]), float(report.recall[k])
    return Finding(
        f"c1m1 on Pop: precision (Pop among tracks called Pop) {precision:.3f}, "
        f"recall (Pop tracks found) {recall:.3f}",
        abs(precision - 0.355) < 0.0005,
    )


def _peak(evidence: Evidence, name: NetworkName) -> str:
    epochs = evidence.best_epochs[name]
    if len(epochs) == 1:
        return f"{name} epoch {epochs[0]}"
    span = f"{min(epochs)} to {max(epochs)}"
    return f"{name} epochs {span} (mean {fmean(epochs):.1f}, {len(epochs)} runs)"


def _lead(epochs: float) -> str:
    return f"{abs(epochs):.1f} {'earlier' if epochs > 0 else 'later'}"


def _timbre_peaks(evidence: Evidence) -> Finding:
    epochs = evidence.best_epochs["c1m1"]
    return Finding(_peak(evidence, "c1m1"), min(epochs) >= 19 and max(epochs) <= 29)


def _pitch_peaks_earlier(evidence: Evidence) -> Finding:
    earlier = fmean(evidence.best_epochs["c1m1"]) - fmean(evidence.best_epochs["c1m2"])
    return Finding(
        f"{_peak(evidence, 'c1m1')}, {_peak(evidence, 'c1m2')}: {_lead(earlier)}",
        5 - EPOCHS <= earlier <= 5 + EPOCHS,
    )


def _mixed_peaks_later(evidence: Evidence) -> Finding:
    later = fmean(evidence.best_epochs["c2m1"]) - fmean(evidence.best_epochs["c1m1"])
    return Finding(
        f"{_peak(evidence, 'c1m1')}, {_peak(evidence, 'c2m1')}: {_lead(-later)}",
        5 - EPOCHS <= later <= 10 + EPOCHS,
    )


def _overtraining(evidence: Evidence) -> Finding:
    if not evidence.overtrained:
        return _not_gathered(evidence, "overtraining")
    last = evidence.overtrained[-1]
    best = max(epoch.val_accuracy for epoch in evidence.overtrained)
    return Finding(
        f"after {last.epoch} epochs: training {_percent(last.accuracy)}, validation "
        f"{_percent(last.val_accuracy)} (best {_percent(best)})",
        last.accuracy > 0.9 and best - last.val_accuracy < 0.05,
    )


def _accuracies(
    evidence: Evidence, sample: Sample, networks: Sequence[NetworkName]
) -> dict[float, float]:
    """Mean test accuracy by dropout."""
    found: dict[float, list[float]] = {}
    for (of, network, dropout), report in evidence.dropouts.items():
        if of == sample and network in networks:
            found.setdefault(dropout, []).append(report.accuracy)
    return {dropout: fmean(values) for dropout, values in sorted(found.items())}


def _by_dropout(accuracies: Mapping[float, float]) -> str:
    return ", ".join(f"{dropout:g}: {_percent(share)}" for dropout, share in accuracies.items())


def _weak_dropout_is_best(evidence: Evidence) -> Finding:
    accuracies = _accuracies(evidence, "balanced", ("c1m1", "c1m2"))
    if not accuracies:
        return _not_gathered(evidence, "imbalance")
    best = max(accuracies.values())
    return Finding(
        f"balanced sample, mean of c1m1 and c1m2 by dropout: {_by_dropout(accuracies)}",
        accuracies.get(0.25, 0.0) >= best,
    )


def _strong_dropout_costs_nothing(evidence: Evidence) -> Finding:
    described, costs = [], []
    for sample in ("unbalanced", "semi-balanced"):
        for network in INPUT_OF:
            accuracies = _accuracies(evidence, sample, (network,))
            if not accuracies:
                return _not_gathered(evidence, "imbalance")
            described.append(f"{sample} {network} by dropout: {_by_dropout(accuracies)}")
            costs.append(max(accuracies.values()) - min(accuracies.values()))
    return Finding("; ".join(described), max(costs) < COSTS)


def _unbalanced_is_similar(evidence: Evidence) -> Finding:
    found = {
        sample: [r for (of, _, _), r in evidence.dropouts.items() if of == sample]
        for sample in ("balanced", "unbalanced")
    }
    if not all(found.values()):
        return _not_gathered(evidence, "imbalance")
    macro = {sample: fmean(r.macro_f1 for r in reports) for sample, reports in found.items()}
    weighted = {sample: fmean(r.weighted.f1 for r in reports) for sample, reports in found.items()}
    gaps = [abs(scores["balanced"] - scores["unbalanced"]) for scores in (macro, weighted)]
    return Finding(
        f"mean F1, weighted: balanced {weighted['balanced']:.3f}, unbalanced "
        f"{weighted['unbalanced']:.3f}; plain: {macro['balanced']:.3f}, {macro['unbalanced']:.3f}",
        max(gaps) < COSTS,
    )


def _default_rate_is_best(evidence: Evidence) -> Finding:
    if not evidence.learning_rates:
        return _not_gathered(evidence, "learning-rate")
    rates = evidence.learning_rates
    described = ", ".join(f"{rate:g}: {_percent(share)}" for rate, share in sorted(rates.items()))
    return Finding(
        f"c1m1 by learning rate: {described}", rates[0.001] >= max(rates.values()) - NEAR
    )


CLAIMS: tuple[Claim, ...] = (
    Claim("1a", "Timbre is the better of the two single inputs.", _timbre_beats_pitch),
    Claim("1b", "The timbre model performs best overall.", _timbre_is_best),
    Claim("1c", "All three inputs perform similarly well.", _similarly_good),
    Claim("2a", "Blues, Country, Pop and Rock are the hard genres.", _hard_genres),
    Claim(
        "2b",
        "Classical is easily distinguished with almost no false positives by all models.",
        _classical_is_easy,
    ),
    Claim(
        "3a",
        "The timbre model does better than pitch on most hard genres, except Pop/Hip-Hop.",
        _timbre_beats_pitch_on_hard,
    ),
    Claim("3b", "The pitch model has most false positives.", _pitch_has_most_false_positives),
    Claim(
        "4",
        "For most genres the addition of pitch decreases accuracy, except for Hip-Hop and Blues.",
        _pitch_decreases_accuracy,
    ),
    Claim(
        "5",
        "Mixed F1 lies between timbre and pitch, except for Hip-Hop, where it beats both.",
        _mixed_lies_between,
    ),
    Claim("6", "Of all tracks classified as Pop only 35.5 % were Pop.", _called_pop),
    Claim("7a", "Validation accuracy of timbre peaks between epoch 19 and 29.", _timbre_peaks),
    Claim("7b", "Pitch peaks about 5 epochs earlier.", _pitch_peaks_earlier),
    Claim("7c", "Mixed peaks 5 to 10 epochs later.", _mixed_peaks_later),
    Claim(
        "7d",
        "Trained on, training accuracy passes 90 % while validation stays about where it was.",
        _overtraining,
    ),
    Claim("8a", "Dropout .25 is best on the balanced sample.", _weak_dropout_is_best),
    Claim(
        "8b",
        "On unbalanced samples dropout .3 to .5 does not affect performance significantly.",
        _strong_dropout_costs_nothing,
    ),
    Claim(
        "8c",
        "Unbalanced samples give similar accuracies; weighted averages make them comparable.",
        _unbalanced_is_similar,
    ),
    Claim("9", "The default learning rate .001 is the best of those tried.", _default_rate_is_best),
)
