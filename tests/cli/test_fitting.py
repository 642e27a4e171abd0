"""The commands ``fit``: parts of the analyzer, learned from small made-up pairs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
from tests.analyzer.fitting.imitations import colored_noise, imitated_pair, write_pairs
from tests.analyzer.fitting.test_rhythm import made_up
from tests.cli.commands import assert_one_error

from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.analyzer.timbre import TimbreBasis, load_basis
from genrelab.cli import main
from genrelab.music.analysis import TrackLevel

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    known = load_basis()
    made = [imitated_pair(known, seed) for seed in range(2)]
    made.append(imitated_pair(known, 2, dialect="msd"))
    return write_pairs(tmp_path_factory.mktemp("fit") / "pairs", made)


def test_a_timbre_basis_is_learned_from_a_folder(tmp_path: Path, capsys: Captured) -> None:
    music = tmp_path / "music"
    music.mkdir()
    for seed in range(3):
        soundfile.write(music / f"{seed}.wav", colored_noise(seed), SAMPLE_RATE)
    out = tmp_path / "basis.npz"
    assert main(["fit", "timbre-basis", str(music), "-o", str(out)]) == 0
    written = capsys.readouterr()
    assert written.out == f"{out}\n" and "segments of 3 recordings" in written.err
    assert "needs about 5,000 segments of some fifty varied recordings" in written.err
    assert TimbreBasis.load(out).dialect == "unknown"
    first = out.read_bytes()
    (music / "no.wav").write_bytes(b"no sound")
    assert main(["fit", "timbre-basis", str(music), "-o", str(out)]) == 1
    assert "no.wav" in capsys.readouterr().err
    assert TimbreBasis.load(out).weights.tobytes() in first or out.read_bytes() == first


def test_too_few_segments_leave_no_file(tmp_path: Path, capsys: Captured) -> None:
    soundfile.write(tmp_path / "a.wav", colored_noise(0, 2.0), SAMPLE_RATE)
    out = tmp_path / "basis.npz"
    assert main(["fit", "timbre-basis", str(tmp_path / "a.wav"), "-o", str(out)]) == 1
    assert_one_error(capsys.readouterr().err)
    assert not out.exists()


def test_dialects_are_fitted(pairs: Path, tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "dialects.json"
    assert main(["fit", "dialects", str(pairs), "-o", str(out)]) == 0
    assert "fitted on 1 pairs of msd, 2 pairs of spotify" in capsys.readouterr().err
    table = json.loads(out.read_bytes())
    assert list(table["offsets"]) == ["spotify", "msd"]


def test_a_basis_is_fitted_but_to_the_pair_left_out(
    pairs: Path, tmp_path: Path, capsys: Captured
) -> None:
    out = tmp_path / "basis.npz"
    command = ["fit", "timbre-basis", "--pairs", str(pairs), "-o", str(out)]
    assert main([*command, "--without", "noise-1"]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    basis = TimbreBasis.load(out)
    assert basis.dialects == ("spotify", "msd")
    assert "noise-0" in basis.fitted_on and "noise-1" not in basis.fitted_on


def test_a_pair_that_is_not_there_cannot_be_left_out(pairs: Path, capsys: Captured) -> None:
    command = ["fit", "timbre-basis", "--pairs", str(pairs), "-o", "basis.npz"]
    assert main([*command, "--without", "abba"]) == 2
    err = capsys.readouterr().err
    assert_one_error(err)
    assert "noise-0, noise-1, noise-2" in err


def test_recordings_and_pairs_are_not_mixed(pairs: Path, capsys: Captured) -> None:
    for wrong in ([], ["song.wav", "--pairs", str(pairs)], ["song.wav", "--without", "abba"]):
        assert main(["fit", "timbre-basis", "-o", "basis.npz", *wrong]) == 2
        assert_one_error(capsys.readouterr().err)


def test_a_folder_without_pairs(tmp_path: Path, capsys: Captured) -> None:
    command = ["fit", "timbre-basis", "--pairs", str(tmp_path), "-o", str(tmp_path / "basis.npz")]
    assert main(command) == 1
    assert_one_error(capsys.readouterr().err)


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    """Three analyses with tempo, bars and sections, and one with nothing but segments."""
    folder = tmp_path / "originals"
    folder.mkdir()
    basis = load_basis()
    for seed, name in enumerate(("one", "two", "three")):
        (folder / f"{name}.json").write_bytes(made_up(basis, seed=seed).to_json())
    bare = made_up(basis)
    bare = replace(bare, track=TrackLevel(tempo=120.0), bars=(), beats=(), sections=())
    (folder / "bare.json").write_bytes(bare.to_json())
    return folder


def test_rhythm_weights_are_printed_with_what_they_rest_on(
    originals: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["fit", "rhythm", str(originals), "--without", "TWO"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [part["n_analyses"] for part in printed.values()] == [3, 2, 2]
    assert (len(printed["tempo"]["WEIGHTS"]), len(printed["tempo"]["PRIOR"])) == (3, 12)
    assert len(printed["meter"]["DOWNBEAT_WEIGHTS"]) == 3
    assert len(printed["sections"]["WEIGHTS"]) == 4
    out = tmp_path / "weights.json"
    command = ["fit", "rhythm", str(originals / "bare.json"), "-o", str(out)]
    assert main(command) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert list(json.loads(out.read_bytes())) == ["tempo"]


def test_a_track_that_is_not_there_cannot_be_left_out(originals: Path, capsys: Captured) -> None:
    assert main(["fit", "rhythm", str(originals), "--without", "ABBA - Waterloo"]) == 2
    err = capsys.readouterr().err
    assert_one_error(err)
    assert "ABBA - Waterloo" in err


def test_what_cannot_be_read_is_named_and_left_out(originals: Path, capsys: Captured) -> None:
    (originals / "broken.json").write_text("{")
    assert main(["fit", "rhythm", str(originals)]) == 1
    written = capsys.readouterr()
    assert "broken.json" in written.err
    assert json.loads(written.out)["tempo"]["n_analyses"] == 4
