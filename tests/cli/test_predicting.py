"""The command ``predict``: every way in, every format out, and what cannot be heard."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.commands import FORMATS, assert_one_error, genrelab

from genrelab.cli import main
from genrelab.music.corpus import Corpus
from genrelab.sources.synthetic import synthesize_tracks

Captured = pytest.CaptureFixture[str]
GENRES = ("Jazz", "Metal", "Blues")


@pytest.fixture(scope="module")
def analyses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three analyses (c, a, b) and an archive of the same three."""
    folder = tmp_path_factory.mktemp("analyses")
    lines = []
    for name, (track, analysis) in zip("cab", synthesize_tracks(GENRES, tracks_per_genre=1),
                                       strict=True):  # fmt: skip
        raw = analysis.to_json()
        (folder / f"{name}.json").write_bytes(raw)
        record = {"track_id": track.id, "segments": json.loads(raw)["segments"]}
        lines.append(json.dumps(record) + "\n")
    (folder / "archive").mkdir()
    (folder / "archive" / "three.jsonl").write_text("".join(lines), "utf-8")
    return folder


def answers(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


def test_help_has_examples(capsys: Captured) -> None:
    assert main(["predict", "--help"]) == 0
    assert capsys.readouterr().out.count("\n    genrelab predict ") >= 3


def test_files_are_answered_in_the_order_given(trained_run: Path, analyses: Path) -> None:
    files = [analyses / f"{name}.json" for name in "bca"]
    result = genrelab("predict", "--model", trained_run, *files)
    assert (result.returncode, result.stderr) == (0, "")  # no library has a word either
    found = answers(result.stdout)
    assert [one["file"] for one in found] == [str(path) for path in files]
    for one in found:
        assert abs(sum(one["probabilities"].values()) - 1) < 1e-9
        assert one["genre"] == max(one["probabilities"], key=one["probabilities"].get)
        assert one["calibrated"] is False and one["remarks"] == []


def test_a_folder_and_an_archive_give_the_same_answers(
    trained_run: Path, analyses: Path, capsys: Captured
) -> None:
    assert main(["predict", "--model", str(trained_run), str(analyses / "archive")]) == 0
    archived = answers(capsys.readouterr().out)
    files = [str(analyses / f"{name}.json") for name in "cab"]
    assert main(["predict", "--model", str(trained_run), *files]) == 0
    single = answers(capsys.readouterr().out)
    assert [one["genre"] for one in archived] == [one["genre"] for one in single]
    assert len({one["track_id"] for one in archived}) == 3


@pytest.mark.parametrize("format", FORMATS)
def test_a_corpus_is_answered_track_by_track(
    format: str, trained_run: Path, synthetic_corpus: Path, capsys: Captured
) -> None:
    command = ["predict", "--model", str(trained_run), "--corpus", str(synthetic_corpus)]
    assert main([*command, "--format", format]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    with Corpus(synthetic_corpus) as corpus:
        ids = sorted(track.id for track in corpus.tracks())
    if format == "json":
        assert [one["track_id"] for one in answers(out)] == ids
        assert all("file" not in one for one in answers(out))
        return
    lines = out.splitlines()[{"text": 4, "csv": 1, "markdown": 4}[format] :]
    assert len(lines) == len(ids)
    assert all(track_id in line for track_id, line in zip(ids, lines, strict=True))


def test_tracks_of_one_archive_can_be_told_apart_in_a_table(
    trained_run: Path, analyses: Path, capsys: Captured
) -> None:
    archive = str(analyses / "archive" / "three.jsonl")
    assert main(["predict", "--model", str(trained_run), archive, "--format", "csv"]) == 0
    header, *rows = (line.split(",") for line in capsys.readouterr().out.splitlines())
    assert header[:3] == ["file", "track_id", "genre"]
    assert {row[0] for row in rows} == {archive} and len({row[1] for row in rows}) == 3


BAD = {
    "half.json": ('{"segments": [{"start": 0', "is not JSON"),
    "hello.json": ("hello", "begins with 'hello'"),
    "empty.json": ("", "is empty"),
    "none.json": ("[]", "holds no analysis"),
    "silent.json": ('{"segments": []}', "no segments to hear"),
    "text.txt": ("x", "not a sound file"),
    "absent.json": (None, "no such file"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_and_the_rest_goes_on(
    name: str, trained_run: Path, analyses: Path, tmp_path: Path, capsys: Captured
) -> None:
    content, sentence = BAD[name]
    if content is not None:
        (tmp_path / name).write_text(content, "utf-8")
    files = [str(analyses / "c.json"), str(tmp_path / name), str(analyses / "a.json")]
    assert main(["predict", "--model", str(trained_run), *files]) == 1
    out, err = capsys.readouterr()
    assert [one["file"] for one in answers(out)] == [files[0], files[2]]
    assert_one_error(err)
    assert err.startswith(f"error: {tmp_path / name}") and sentence in err


def test_a_bad_line_is_named_and_the_rest_goes_on(
    trained_run: Path, analyses: Path, tmp_path: Path, capsys: Captured
) -> None:
    lines = (analyses / "archive" / "three.jsonl").read_text("utf-8").splitlines()
    bad = tmp_path / "bad.jsonl"
    bad.write_text("\n".join([lines[0], '{"track_id"', *lines[1:]]) + "\n", "utf-8")
    assert main(["predict", "--model", str(trained_run), str(bad)]) == 1
    out, err = capsys.readouterr()
    assert len(answers(out)) == 3
    error, note = err.splitlines()
    assert error.startswith(f"error: {bad}: line 2: is not JSON")
    assert note.startswith("note: 3 of them: analysis of dialect unknown")


def test_another_dialect_is_noted_once(
    trained_run: Path, write_corpus, make_segments, tmp_path: Path, capsys: Captured
) -> None:
    tracks = [{"id": f"test-{i}", "segments": make_segments(), "dialect": "msd"} for i in range(3)]
    path = write_corpus(tmp_path / "old.corpus", tracks)
    assert main(["predict", "--model", str(trained_run), "--corpus", str(path)]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("note: 3 of them: analysis of dialect msd") and err.count("\n") == 1
    assert all(len(one["remarks"]) == 1 for one in answers(out))


def test_a_copied_run_predicts_elsewhere(
    trained_run: Path, analyses: Path, tmp_path: Path, capsys: Captured
) -> None:
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    for name in ("run.json", "recipe.toml", "model.onnx"):  # all that prediction needs
        shutil.copy(trained_run / name, copy)
    said = []
    for model in (trained_run, copy):
        assert main(["predict", "--model", str(model), str(analyses / "a.json")]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


DAMAGED = {
    "run.json": [None, "", "[]", '{"format_version": 99}', '{"format_version": 1}'],
    "recipe.toml": [None, 'name = "x', "frobnicate = 3"],
    "model.onnx": [None, "", "not a model"],
}


@pytest.mark.parametrize(
    ("name", "content"), [(name, c) for name, several in DAMAGED.items() for c in several]
)
def test_a_damaged_run_is_one_sentence(
    name: str, content: str | None, trained_run: Path, analyses: Path, tmp_path: Path,
    capsys: Captured,
) -> None:  # fmt: skip
    broken = shutil.copytree(trained_run, tmp_path / "broken")
    if content is None:
        (broken / name).unlink()
    else:
        (broken / name).write_text(content, "utf-8")
    assert main(["predict", "--model", str(broken), str(analyses / "a.json")]) == 1
    out, err = capsys.readouterr()
    assert out == "" and str(broken) in err
    assert_one_error(err)


WRONG_USE = [
    [],
    ["--model", "RUN"],
    ["--model", "RUN", "a.json", "--corpus", "x.corpus"],
    ["--model", "RUN", "a.json", "--format", "yaml"],
    ["--model", "RUN", "a.json", "--table", "--format", "csv"],
    ["--model", "RUN", "a.json", "--top", "0"],
    ["--model", "RUN", "a.json", "--jobs", "0"],
    ["--model", "RUN", "a.json", "--threshold", "1.5"],
    ["--model", "RUN", "a.json", "--precision", "0"],
    ["--model", "RUN", "a.json", "--precision", ".5"],  # of which this run knows nothing
    ["--model", "RUN", "a.json", "--precision", ".5", "--threshold", ".5"],
    ["--model", "RUN", "a.json", "--table", "-o", "a.jsonl"],
    ["--model", "RUN", ""],
    ["--model", "RUN", "https://example.org/a.mp3", "spotify:track:1"],
]


@pytest.mark.parametrize("args", WRONG_USE, ids=" ".join)
def test_wrong_use_is_one_sentence_and_status_2(
    args: list[str], trained_run: Path, capsys: Captured
) -> None:
    assert main(["predict", *(str(trained_run) if a == "RUN" else a for a in args)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert_one_error(err)


def test_what_is_no_model_or_no_corpus_is_status_1(
    trained_run: Path, analyses: Path, tmp_path: Path, capsys: Captured
) -> None:
    file = str(analyses / "a.json")
    for args in (
        ["--model", str(tmp_path), file],
        ["--model", file, file],
        ["--model", str(trained_run), "--corpus", str(tmp_path / "absent.corpus")],
        ["--model", str(trained_run), "--corpus", file],
    ):
        assert main(["predict", *args]) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert_one_error(err)


def test_a_closed_pipe_is_no_trouble(trained_run: Path, synthetic_corpus: Path) -> None:
    command = (
        f"'{sys.executable}' -m genrelab predict --model '{trained_run}' "
        f"--corpus '{synthetic_corpus}' | true"
    )
    result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert result.stderr == ""
