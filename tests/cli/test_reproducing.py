"""The commands ``reproduce`` and ``demo``: help and wrong use; tests/workflows runs them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.commands import assert_one_error

from genrelab.cli import main

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize("command", ["reproduce", "demo"])
def test_help_has_examples(command: str, capsys: Captured) -> None:
    assert main([command, "--help"]) == 0
    assert capsys.readouterr().out.count(f"\n    genrelab {command}") >= 2


WRONG_USE = [
    (["--study", "foo"], "--study is 'foo'; expected one of imbalance, learning-rate"),
    (["--seeds", "0"], "--seeds is 0; expected at least 1"),
    (["--seeds", "few"], "--seeds"),
    (["--set", "seed=3"], "--set seed: expected --seeds N"),
    (["--set", "sample=balanced"], "each of the nine experiments has its own"),
    (["--set", "dropout=7"], "dropout is 7.0; expected 0 to 0.95"),
    (["--genres", "Rock,Jaz"], "no analyzed track is 'Jaz'"),
    (["--genres", ","], "names none"),
    (["--folds", "2"], "folds is 2"),
    (["--segments", "5"], "segments is 5"),
    (["--format", "yaml"], "--format"),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG_USE, ids=lambda value: str(value)[:40])
def test_wrong_use_is_one_sentence_and_status_2(
    options: list[str], sentence: str, synthetic_corpus: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["reproduce", str(synthetic_corpus), "-o", str(tmp_path / "out"), *options]) == 2
    out, err = capsys.readouterr()
    assert out == "" and sentence in err
    assert_one_error(err)
    assert not list(tmp_path.rglob("*.npz"))


def test_a_place_that_is_a_file_is_wrong_use(
    synthetic_corpus: Path, tmp_path: Path, capsys: Captured
) -> None:
    place = tmp_path / "file"
    place.write_text("x")
    given = ["--min-tracks", "10"]
    for command in (
        ["reproduce", str(synthetic_corpus), "-o", str(place), *given],
        ["reproduce", str(synthetic_corpus), "-o", str(place / "under"), *given],
        ["demo", "-o", str(place)],
    ):
        assert main(command) == 2
        err = capsys.readouterr().err
        assert_one_error(err)
        assert "choose another -o" in err
    assert place.read_text() == "x"
