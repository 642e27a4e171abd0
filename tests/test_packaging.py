"""What is shipped: both archives hold what they should, and work where nothing else is."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from tests.analyzer.sounds import tone, write_sound

from genrelab.sources.synthetic import synthesize_track

PROJECT = Path(__file__).resolve().parent.parent
NOT_IN_BASE = {"keras", "tensorflow", "tensorflow-cpu", "torch", "scikit-learn", "matplotlib",
               "h5py", "pyarrow", "onnx"}  # fmt: skip


def run(*command: str | Path, cwd: Path) -> str:
    result = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel that is built from it."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, PROJECT, cwd=out)
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return sdist, wheel


MODEL_FILES = ("MODEL_CARD.md", "model.onnx", "recipe.toml", "run.json")


@pytest.fixture(scope="module")
def clean_python(archives: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment that has the wheel, and of its extras none."""
    home = tmp_path_factory.mktemp("clean")
    venv.create(home / "env", with_pip=True)
    python = home / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    pip = (python, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "-c", PROJECT / "constraints.txt", archives[1], cwd=home)
    return python


def test_the_wheel_holds_the_package_and_nothing_else(archives):
    names = zipfile.ZipFile(archives[1]).namelist()
    assert "genrelab/py.typed" in names
    recipes = PROJECT / "src" / "genrelab" / "recipes"
    shipped = sorted(name for name in names if name.startswith("genrelab/recipes/"))
    there = [path.name for path in recipes.iterdir() if path.is_file()]
    assert [name.rpartition("/")[2] for name in shipped] == sorted(there)
    assert {f"genrelab/listening/model/{name}" for name in MODEL_FILES} <= set(names)
    assert "genrelab/sources/spotify/paper.toml" in names
    assert {name.split("/")[0] for name in names} == {"genrelab", "genrelab-0.1.0.dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    modules = {str(p.relative_to(PROJECT / "src")) for p in (PROJECT / "src").rglob("*.py")}
    assert modules <= set(names)


def test_the_sdist_builds_and_carries_no_tests_or_data(archives):
    with tarfile.open(archives[0]) as sdist:
        names = [name.partition("/")[2] for name in sdist.getnames()]
    assert {"pyproject.toml", "README.md", "LICENSE", "src/genrelab/py.typed"} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "docs/"))]
    assert not [name for name in names if name.endswith((".corpus", ".jsonl", ".gz", ".h5"))]


def test_base_installs_neither_tensorflow_nor_other_extras(clean_python):
    listed = json.loads(
        run(clean_python, "-m", "pip", "list", "--format", "json", cwd=clean_python.parent)
    )
    installed = {package["name"].lower().replace("_", "-") for package in listed}
    assert "genrelab" in installed
    assert not installed & NOT_IN_BASE


def test_base_shows_its_help(clean_python):
    said = run(clean_python.with_name("genrelab"), "--help", cwd=clean_python.parent)
    for verb in ("collect", "train", "evaluate", "compare", "reproduce", "predict", "corpus"):
        assert verb in said


def test_base_predicts_with_a_run_trained_elsewhere(clean_python, trained_run, tmp_path):
    track, analysis = synthesize_track("Metal", 1, seed=9)
    file = tmp_path / f"{track.id}.json"
    file.write_bytes(analysis.to_json())
    sound = write_sound(tmp_path / "tone.mp3", tone(3.0, 44_100, channels=2), 44_100)
    command = (clean_python.with_name("genrelab"), "predict", "--model", trained_run, file, sound)
    predictions = [json.loads(line) for line in run(*command, cwd=tmp_path).splitlines()]
    assert [one["file"] for one in predictions] == [str(file), str(sound)]
    for one in predictions:
        assert one["genre"] in one["probabilities"] and len(one["probabilities"]) == 8
        assert sum(one["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_base_analyzes_a_recording(clean_python, tmp_path):
    write_sound(tmp_path / "tone.mp3", tone(3.0, 44_100, channels=2), 44_100)
    command = (clean_python.with_name("genrelab"), "analyze", "tone.mp3", "-o", "tone.json")
    run(*command, cwd=tmp_path)
    analysis = json.loads((tmp_path / "tone.json").read_bytes())
    assert analysis["track"]["duration"] == pytest.approx(3.0, abs=0.1)
    assert max(analysis["segments"], key=lambda s: s["duration"])["pitches"][9] == 1  # A


def test_base_names_the_extra_that_training_needs(clean_python, synthetic_corpus, tmp_path):
    result = subprocess.run(
        [clean_python.with_name("genrelab"), "train", synthetic_corpus, "balanced-timbre",
         "-o", tmp_path / "run", "--set", "min_tracks=10"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 1
    assert "pip install 'genrelab[train]'" in result.stderr
    assert "Traceback" not in result.stderr
