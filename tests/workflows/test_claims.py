"""Claims: the paper's own evidence judged as PAPER.md does, and any evidence of ours."""

from __future__ import annotations

import numpy as np
import pytest

from genrelab.judging.reports import Report
from genrelab.learning.training import Epoch
from genrelab.workflows.claims import CLAIMS, Evidence, judge_claims
from genrelab.workflows.reproduction import _paper_evidence

NETWORKS = ("c1m1", "c1m2", "c2m1")
VERDICTS = {
    "1a": "yes",
    "1b": "yes",
    "1c": "no",
    "2a": "yes",
    "2b": "no",
    "3a": "yes",
    "3b": "yes",
    "4": "no",
    "5": "no",
    "6": "no",
    "7a": "yes",
    "7b": "yes",
    "7c": "yes",  # 25 to 29 is four epochs, within the tolerance of 2.5
    "7d": "not measured",
    "8a": "not measured",
    "8b": "not measured",
    "8c": "not measured",
    "9": "not measured",
}


def random_report(genres: tuple[str, ...], seed: int) -> Report:
    confusion = np.random.default_rng(seed).integers(0, 30, (len(genres), len(genres)))
    return Report(classes=genres, confusion=confusion)


def evidence_of(genres: tuple[str, ...], *, studied: bool = False) -> Evidence:
    reports = {name: random_report(genres, seed) for seed, name in enumerate(NETWORKS)}
    plain = Evidence(reports=reports, best_epochs={name: [3, 5] for name in NETWORKS})
    if not studied:
        return plain
    dropouts = {
        (sample, name, dropout): random_report(genres, 7)
        for sample in ("unbalanced", "semi-balanced", "balanced")
        for name in NETWORKS
        for dropout in (0.25, 0.5)
    }
    return Evidence(
        reports=reports,
        best_epochs=plain.best_epochs,
        dropouts=dropouts,
        learning_rates={0.001: 0.5, 0.01: 0.3},
        overtrained=[Epoch(epoch=9, loss=0.1, accuracy=0.95, val_loss=2, val_accuracy=0.6)],
    )


def paper_rows() -> dict[str, dict[str, object]]:
    table = judge_claims(_paper_evidence(), evidence_of(("Jazz", "Rock")))
    return {str(row[0]): dict(zip(table.columns, row, strict=True)) for row in table.rows}


def test_the_paper_is_judged_as_its_own_tables_say() -> None:
    assert {number: row["holds_in_paper"] for number, row in paper_rows().items()} == VERDICTS


SAYS = {
    "1a": "timbre - pitch +5.6 points",
    "1b": "timbre - mixed +0.3 points (as two samples 95 % -4.1 to +4.5)",
    "4": "rises in 4 (Blues, Hip-Hop, Metal, Pop) and falls in 3 (Country, Jazz, Rock)",
    "5": "mixed beats both in Blues, Country, Hip-Hop",
    "6": "precision (Pop among tracks called Pop) 0.684, recall (Pop tracks found) 0.355",
    "2b": "c1m1 17 of 121 so called, of 770 other tracks",
    "7d": "no table or matrix of this",
}


@pytest.mark.parametrize("number", SAYS)
def test_the_sentence_names_the_paper_s_numbers(number: str) -> None:
    assert SAYS[number] in str(paper_rows()[number]["paper_says"])


def test_on_the_same_tracks_networks_are_compared_by_mcnemar() -> None:
    truth = np.repeat([0, 1], 20)
    right, wrong = np.eye(2)[truth], np.eye(2)[1 - truth]
    half = np.where(np.arange(40)[:, None] % 2 == 0, right, wrong)

    def report(probabilities: np.ndarray) -> Report:
        return Report.from_predictions(("Jazz", "Rock"), truth, probabilities)

    def claim(number: str, pitch: np.ndarray) -> str:
        reports = {"c1m1": report(right), "c1m2": report(pitch), "c2m1": report(right)}
        evidence = Evidence(reports=reports, best_epochs={name: [3] for name in NETWORKS})
        finding = next(claim for claim in CLAIMS if claim.number == number).judge(evidence)
        return f"{finding.holds}: {finding.says}"

    assert claim("1c", half).startswith("False: timbre - pitch +50.0 points (McNemar p 0.000)")
    assert claim("1c", right).startswith("True: timbre - pitch +0.0 points (McNemar p 1.000)")


GENRES = [
    ("Jazz", "Rock"),
    ("Classical", "Pop"),
    ("Blues", "Country", "Pop", "Rock"),
    ("Blues", "Classical", "Country", "Hip-Hop", "Jazz", "Metal", "Pop", "Rock"),
    ("Electronic", "Polka", "R&B"),
]


@pytest.mark.parametrize("studied", [False, True])
@pytest.mark.parametrize("genres", GENRES, ids=" ".join)
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.number)
def test_every_claim_has_a_sentence_and_a_verdict(claim, genres, studied) -> None:
    finding = claim.judge(evidence_of(genres, studied=studied))
    assert finding.says and "nan" not in finding.says
    assert finding.holds in (True, False, None)
    assert studied is False or claim.number[0] not in "789" or finding.holds is not None


def test_a_genre_that_is_missing_is_named() -> None:
    found = {c.number: c.judge(evidence_of(("Jazz", "Rock"))) for c in CLAIMS}
    assert found["2b"].says == "no Classical in this sample" and found["2b"].holds is None
    assert found["2a"].says == "no Blues or Country or Pop in this sample"


def test_what_was_not_studied_says_how_to() -> None:
    found = {c.number: c.judge(evidence_of(GENRES[0])).says for c in CLAIMS}
    assert found["7d"] == "add --study overtraining"
    assert found["8a"] == found["8b"] == found["8c"] == "add --study imbalance"
    assert found["9"] == "add --study learning-rate"


def test_numbers_are_unique_and_the_table_has_its_columns() -> None:
    table = judge_claims(_paper_evidence(), evidence_of(GENRES[0]))
    assert list(table.columns) == [
        *("number", "claim", "paper_says", "holds_in_paper", "our_data_say", "holds_in_ours")
    ]
    assert len({row[0] for row in table.rows}) == len(CLAIMS) == len(VERDICTS)
