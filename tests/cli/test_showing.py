"""The command ``show``: pictures of recordings and analyses, and what it says otherwise."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.cli.commands import assert_one_error

from genrelab.analyzer.spectrum import N_BANDS, SAMPLE_RATE
from genrelab.analyzer.timbre import N_COLUMNS, TimbreBasis, basis_from_components
from genrelab.cli import main
from genrelab.music.analysis import Analysis
from genrelab.sources.synthetic import synthesize_tracks

pytest.importorskip("matplotlib")

Captured = pytest.CaptureFixture[str]
ALL = ["waveform", "spectrogram", "mfcc", "timbre", "pitches", "segments", "components"]
OF_ANALYSIS = ["timbre", "pitches", "segments", "components"]


def synthetic_analysis() -> Analysis:
    [(_, analysis)] = synthesize_tracks(("Jazz",), tracks_per_genre=1)
    return analysis


def random_basis() -> TimbreBasis:
    rng = np.random.default_rng(0)
    components, _ = np.linalg.qr(rng.normal(size=(N_BANDS * N_COLUMNS, 11)))
    basis = basis_from_components(
        rng.normal(20, 5, (N_BANDS, N_COLUMNS)), components.T.reshape(11, N_BANDS, N_COLUMNS)
    )
    return replace(basis, dialects=(synthetic_analysis().dialect,))


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a recording, an analysis and a basis of the shipped one's form."""
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(0).normal(0, 0.1, 12 * SAMPLE_RATE)
    soundfile.write("song.wav", noise, SAMPLE_RATE)
    raw = synthetic_analysis().to_json()
    Path("song.json").write_bytes(raw)
    random_basis().save("basis.npz")
    return tmp_path


def show(capsys: Captured, *args: str) -> tuple[list[str], str]:
    assert main(["show", *args]) == 0
    out, err = capsys.readouterr()
    assert all(Path(path).stat().st_size > 1000 for path in out.split())
    assert not list(Path().rglob("*.partial"))
    return out.split(), err


def test_help_has_examples(capsys: Captured) -> None:
    assert main(["show", "--help"]) == 0
    assert capsys.readouterr().out.count("\n    genrelab show ") >= 4


def test_a_recording_gives_all_pictures_in_a_folder_named_after_it(capsys: Captured) -> None:
    paths, err = show(capsys, "song.wav")
    assert paths == [f"song-pictures/{name}.png" for name in ALL]
    assert all(Path(path).read_bytes().startswith(b"\x89PNG") for path in paths)
    assert err == ""


def test_an_analysis_gives_what_needs_no_sound_and_says_the_rest(capsys: Captured) -> None:
    paths, err = show(capsys, "song.json", "-o", "new/folder", "--format", "svg")
    assert paths == [f"new/folder/{name}.svg" for name in OF_ANALYSIS]
    [note] = err.splitlines()
    assert note == (
        "note: song.json is an analysis without sound: no waveform, spectrogram and mfcc"
    )


def test_the_first_of_several_analyses_is_shown(capsys: Captured) -> None:
    records = [
        {"track_id": f"t{i}", **json.loads(Path("song.json").read_bytes())} for i in range(3)
    ]
    Path("songs.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    paths, err = show(capsys, "songs.jsonl", "--only", "timbre")
    assert paths == ["songs-pictures/timbre.png"]
    assert "note: songs.jsonl holds several analyses; the first" in err


def test_a_dialect_that_the_basis_does_not_know_is_said(capsys: Captured) -> None:
    foreign = replace(synthetic_analysis(), dialect="unknown", meta={})
    Path("foreign.json").write_bytes(foreign.to_json())
    _, err = show(capsys, "foreign.json", "--only", "segments")
    assert "the timbre basis does not know its dialect (unknown)" in err
    assert show(capsys, "foreign.json", "--only", "timbre")[1] == ""


def test_one_picture_goes_into_a_file_of_its_own(capsys: Captured) -> None:
    paths, _ = show(capsys, "song.wav", "--only", "mfcc", "-o", "here/it-is.svg")
    assert paths == ["here/it-is.svg"]
    assert b"<svg" in Path(paths[0]).read_bytes()


def test_a_stretch_is_shown(capsys: Captured) -> None:
    only = ["--only", "timbre", "--only", "waveform", "--format", "svg"]
    paths, _ = show(capsys, "song.wav", "--from", "5", "--to", "7", *only)
    assert [Path(path).stem for path in paths] == ["waveform", "timbre"]
    for path in paths:
        assert ">6.75<" in Path(path).read_text(encoding="utf-8")
    show(capsys, "song.wav", "--from", "11.9", *only)  # until the end
    show(capsys, "song.wav", "--to", "1000", *only)  # which is earlier


def test_the_components_need_no_file(capsys: Captured) -> None:
    paths, err = show(capsys, "--only", "components")
    assert (paths, err) == (["components.png"], "")
    assert show(capsys, "--only", "components", "-o", "basis.svg")[0] == ["basis.svg"]


def test_strange_names_are_titles_too(capsys: Captured) -> None:
    name = "Ke$ha - 日本 $x_^ {" + 90 * "y" + "}.wav"
    Path("song.wav").rename(name)
    assert main(["show", name, "--only", "spectrogram", "-o", "one.svg"]) == 0
    assert capsys.readouterr() == ("one.svg\n", "")
    assert "Ke$ha - 日本" in Path("one.svg").read_text(encoding="utf-8")


WRONG_USE = [
    ([], "show needs a FILE"),
    (["--only", "timbre"], "show needs a FILE"),
    (["--only", "components", "--from", "3"], "--from and --to"),
    (["."], ".: a folder"),
    (["song.wav", "--only", "picture"], "--only is 'picture'; expected some of waveform"),
    (["song.json", "--only", "waveform"], "name the recording for waveform"),
    (["song.wav", "-o", "one.png"], "-o one.png is one file, but there are 7 pictures"),
    (["song.wav", "-o", "song.json"], "song.json: a file"),
    (["song.wav", "-o", "a.png", "--only", "mfcc", "--format", "svg"], "is no svg"),
    (["song.wav", "-o", "song.json/below", "--only", "mfcc"], "choose another -o"),
    (["song.wav", "--format", "gif"], "--format"),
    (["song.wav", "--from", "12"], "from 12 s to the end is no part of its 12.0 s"),
    (["song.wav", "--from", "5", "--to", "5"], "expected 0 <= from < to"),
    (["song.wav", "--from", "-1"], "expected 0 <= from < to"),
    (["song.wav", "--from", "nan"], "expected 0 <= from < to"),
]


@pytest.mark.parametrize(("args", "sentence"), WRONG_USE, ids=lambda value: str(value)[:40])
def test_wrong_use_is_one_sentence_and_status_2(
    args: list[str], sentence: str, capsys: Captured
) -> None:
    before = sorted(Path().iterdir())
    assert main(["show", *args]) == 2
    out, err = capsys.readouterr()
    assert out == "" and sentence in err
    assert_one_error(err)
    assert sorted(Path().iterdir()) == before


BAD = {
    "text.mp3": (b"no sound at all", "text.mp3"),
    "empty.wav": (b"", "empty"),
    "half.json": (b'{"segments": [{"start": 0', "half.json"),
    "none.json": (b"[]", "holds no analysis"),
    "silent.json": (b'{"segments": []}', "no segments to show"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_neither_is_one_sentence_and_status_1(name: str, capsys: Captured) -> None:
    content, sentence = BAD[name]
    Path(name).write_bytes(content)
    assert main(["show", name]) == 1
    out, err = capsys.readouterr()
    assert out == "" and sentence in err
    assert_one_error(err)
    assert not list(Path().glob("*-pictures"))


def test_missing_matplotlib_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["show", "song.wav"]) == 1
    err = capsys.readouterr().err
    assert "pip install 'genrelab[figures]'" in err
    assert_one_error(err)
