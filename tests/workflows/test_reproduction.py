"""Reproduction: killed in the middle, run again, complete; then nothing is trained twice."""

from __future__ import annotations

import csv
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.errors import UsageError
from genrelab.learning.inputs import SEQUENCE_NAMES
from genrelab.learning.recipes import SAMPLES
from genrelab.music.corpus import Corpus
from genrelab.workflows.reproduction import reproduce

SETTINGS = {
    "segments": 24,
    "max_epochs": 1,
    "min_tracks": 10,
    "genres": ("Blues", "Jazz", "Metal", "Rock"),
}
GIVEN = [
    *("--segments", "24", "--set", "max_epochs=1", "--min-tracks", "10"),
    *("--genres", "Blues,Jazz,Metal,Rock"),
]
COLUMNS = {
    "table1": {"layer", "paper_shape", "our_shape", "paper_parameters", "our_parameters"},
    "table2": {"model", "paper_validation", "our_validation", "paper_test", "our_test"},
    "table3": {"genre", "c1m1_paper_precision", "c1m1_our_precision", "c1m2_our_f1"},
    "table4": {"genre", "paper_precision", "our_precision", "paper_support", "our_support"},
    "summary": {"sample", "network", "seeds", "accuracy", "accuracy_sd", "weighted_f1"},
    "results": {"sample", "network", "dropout", "seed", "accuracy", "low", "high", "macro_f1"},
    "claims": {"number", "claim", "paper_says", "holds_in_paper", "our_data_say", "holds_in_ours"},
    "comparison": set(),
    "tracks": {"sample", "fold", "part", "genre", "tracks"},
    "left_out": {"sample", "reason", "tracks"},
    "remarks": {"sample", "remark"},
}


def command(corpus: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "genrelab", "reproduce", str(corpus), "-o", str(out), *GIVEN]


def run(corpus: Path, out: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(corpus, out), capture_output=True, text=True, check=False)


def state(folder: Path) -> dict[str, int]:
    """When each file of a folder was written."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }


def kill_after_two_runs(corpus: Path, out: Path) -> None:
    with subprocess.Popen(
        command(corpus, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and len(list(out.glob("runs/*/run.json"))) < 2:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


@pytest.fixture(scope="module")
def reproduced(
    synthetic_corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, int], str]:
    """The folder of a reproduction that was killed and run again, what stood there, its stderr."""
    if not hasattr(signal, "SIGKILL"):
        pytest.skip("signals are POSIX's")
    out = tmp_path_factory.mktemp("reproduced") / "paper"
    kill_after_two_runs(synthetic_corpus, out)
    finished = [path.parent for path in out.glob("runs/*/run.json") if ".partial" not in str(path)]
    before = {
        str(out / "runs" / one.name / k): v for one in finished for k, v in state(one).items()
    }
    assert 2 <= len(finished) < 9 and not (out / "report.html").exists()
    result = run(synthetic_corpus, out)
    assert result.returncode == 0, result.stderr
    return out, before, result.stderr


def test_a_killed_reproduction_completes_and_keeps_what_was_finished(reproduced) -> None:
    out, before, stderr = reproduced
    assert {path: Path(path).stat().st_mtime_ns for path in before} == before
    runs = {path.parent.name for path in out.glob("runs/*/run.json")}
    assert {re.sub("-dropout.*", "", name) for name in runs} == {
        f"{sample}-{name}" for sample in SAMPLES for name in SEQUENCE_NAMES
    }
    assert len(runs) == len(list((out / "runs").iterdir())) == 9
    assert not list(out.rglob("*.partial"))
    lines = [line for line in stderr.splitlines() if not re.search(r": \d+ %", line)]
    assert lines == [f"the report lies in {out / 'report.html'}"]  # no library has a word


def test_tables_have_their_columns(reproduced) -> None:
    out, _, _ = reproduced
    found = {path.stem: path for path in (out / "tables").glob("*.csv")}
    assert found.keys() == COLUMNS.keys()
    for name, columns in COLUMNS.items():
        with found[name].open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        if rows:
            assert columns <= rows[0].keys(), name
        if name in ("table1", "results", "claims"):
            assert len(rows) == {"table1": 13, "results": 9, "claims": 18}[name]


def test_figures_stand_beside_the_page(reproduced) -> None:
    out, _, _ = reproduced
    for number in ("3", "4", "5", "6", "7a", "7b", "8", "9", "10"):
        for ending in ("png", "svg"):
            assert list((out / "figures").glob(f"figure-{number}-*.{ending}")), number


def test_the_page_needs_nothing_else_and_shows_all_nine(reproduced) -> None:
    page = (reproduced[0] / "report.html").read_text(encoding="utf-8")
    resources = re.findall(r'(?:src|href)="(?!#)([^"]{0,40})', page)
    assert not [found for found in resources if found and not found.startswith("data:")]
    assert not re.search(r"<script[^>]+src|<link|@import|url\((?!['\"]?(?:data:|#))", page)
    assert page.count("<svg") + page.count("data:image") >= 9
    every_run = page[page.index("Every run") :]
    for sample in SAMPLES:
        for network in ("c1m1", "c1m2", "c2m1"):
            assert re.search(rf"<td[^>]*>{sample}</td>\s*<td[^>]*>{network}</td>", every_run)
    assert "Figures 1 (spectrogram) and 2 (MFCCs) need audio" in page


def test_a_second_call_trains_and_writes_nothing_twice(reproduced, synthetic_corpus: Path) -> None:
    out, _, _ = reproduced
    before = {**state(out / "runs"), **state(out / "arrays")}
    result = run(synthetic_corpus, out)
    assert result.returncode == 0, result.stderr
    assert {**state(out / "runs"), **state(out / "arrays")} == before


def test_a_corpus_with_audio_gets_figures_1_and_2(
    reproduced, synthetic_corpus: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(reproduced[0], tmp_path / "paper"))
    heard = shutil.copy(synthetic_corpus, tmp_path / "heard.corpus")
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "noise.wav", rng.normal(0, 0.1, 2 * SAMPLE_RATE), SAMPLE_RATE)
    with Corpus(heard, "write") as corpus, corpus.transaction():
        for track in [track for track in corpus.tracks() if track.genre == "Jazz"]:
            corpus.put(replace(track, audio_path="noise.wav"))
    with Corpus(heard) as corpus:
        page = reproduce(corpus, out, SETTINGS).page.read_text(encoding="utf-8")
    for number in ("1-spectrogram", "2-mfcc"):
        for ending in ("png", "svg"):
            assert (out / "figures" / f"figure-{number}.{ending}").stat().st_size > 1000
    drawn = re.findall(r"Figure \d: [^<]*?(synthetic-[\w.]+)", page)
    assert len(drawn) >= 4 and len(set(drawn)) == 1  # Figures 1 to 4 are of one track
    assert "need audio" not in page


OTHERS = [
    ({"segments": 32}, "holds a run of another recipe; choose another -o"),
    ({"genres": ("Blues", "Jazz")}, "holds a run of another recipe; choose another -o"),
    ({"sample": "balanced"}, "--set sample: each of the nine experiments has its own"),
    ({"seed": 3}, "--set seed: expected --seeds N"),
]


@pytest.mark.parametrize(("changed", "sentence"), OTHERS, ids=lambda value: str(value)[:20])
def test_other_settings_in_the_same_folder_change_nothing(
    reproduced, synthetic_corpus: Path, changed, sentence: str
) -> None:
    out, _, _ = reproduced
    before = state(out)
    with Corpus(synthetic_corpus) as corpus, pytest.raises(UsageError, match=re.escape(sentence)):
        reproduce(corpus, out, {**SETTINGS, **changed})
    assert state(out) == before


def test_another_corpus_in_the_same_folder_changes_nothing(
    reproduced, synthetic_corpus: Path, tmp_path: Path
) -> None:
    out, _, _ = reproduced
    before = state(out)
    other = shutil.copy(synthetic_corpus, tmp_path / "other.corpus")
    with Corpus(other, "write") as corpus, corpus.transaction():
        corpus.remove(next(t.id for t in corpus.tracks() if t.genre == "Jazz"))
    with Corpus(other) as corpus, pytest.raises(UsageError, match="was trained on other tracks"):
        reproduce(corpus, out, SETTINGS)
    assert state(out) == before


def test_no_seeds_is_wrong_use(synthetic_corpus: Path, tmp_path: Path) -> None:
    with Corpus(synthetic_corpus) as corpus, pytest.raises(UsageError, match="--seeds is 0"):
        reproduce(corpus, tmp_path / "out", SETTINGS, seeds=0)
    assert not list(tmp_path.iterdir())
