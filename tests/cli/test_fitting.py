"""The commands ``fit``: parts of the analyzer, learned from small made-up pairs."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import soundfile
from tests.analyzer.fitting.imitations import colored_noise, imitated_pair, write_pairs
from tests.cli.commands import assert_one_error

from genrelab.analyzer.parts import SHIPPED, TIMBRE
from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.analyzer.timbre import TimbreBasis
from genrelab.cli import main
from genrelab.workflows import analyzer_parts

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    known = TimbreBasis.load(SHIPPED / TIMBRE)
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


def test_all_parts_are_fitted_but_to_the_pair_left_out(
    pairs: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def fit_segmenter(kept, *, seed, progress):
        seen.append([pair.name for pair in kept])
        return SimpleNamespace(write=lambda path: Path(path).write_bytes(b"segmenter"))

    monkeypatch.setattr(analyzer_parts, "fit_segmenter", fit_segmenter)
    out = tmp_path / "parts"
    command = ["fit", "analyzer", str(pairs), "-o", str(out), "--without", "noise-1"]
    assert main(command) == 0
    assert seen == [["noise-0", "noise-2"]]
    assert capsys.readouterr().out.split() == [
        str(out / "timbre.npz"),
        str(out / "segmentation.onnx"),
    ]
    assert TimbreBasis.load(out / "timbre.npz").fitted_on == "noise-0, noise-2"
    assert sorted(path.name for path in out.iterdir()) == ["segmentation.onnx", "timbre.npz"]


def test_a_pair_that_is_not_there_cannot_be_left_out(pairs: Path, capsys: Captured) -> None:
    assert main(["fit", "analyzer", str(pairs), "-o", "parts", "--without", "abba"]) == 2
    err = capsys.readouterr().err
    assert_one_error(err)
    assert "noise-0, noise-1, noise-2" in err


def test_a_folder_without_pairs(tmp_path: Path, capsys: Captured) -> None:
    assert main(["fit", "analyzer", str(tmp_path), "-o", str(tmp_path / "parts")]) == 1
    assert_one_error(capsys.readouterr().err)
