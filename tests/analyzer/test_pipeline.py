"""Pipeline: a recording becomes a whole analysis in Spotify's form, the same every time."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.analyzer.sounds import tone

from genrelab.analyzer.pipeline import analyze, analyze_samples, analyzer_name
from genrelab.analyzer.timbre import SHIPPED_BASIS, load_basis
from genrelab.errors import DataError, UsageError
from genrelab.music.analysis import Analysis, Interval, Section
from genrelab.music.corpus import Corpus
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.collecting import collect

RATE = 22_050
FINGERPRINTS = ("codestring", "echoprintstring", "synchstring", "rhythmstring")
VERSIONS = ("code_version", "echoprint_version", "synch_version", "rhythm_version")


def drums(seconds: float, bpm: float = 120.0) -> np.ndarray:
    """Noise bursts on every beat over a chord."""
    n = round(seconds * RATE)
    samples = sum(0.1 * tone(seconds, RATE, hz=hz)[:, 0] for hz in (262.0, 330.0, 392.0))
    noise = np.random.default_rng(0).normal(0, 0.5, 2000) * np.exp(-np.arange(2000) / 300)
    for start in range(0, n - len(noise), round(60 / bpm * RATE)):
        samples[start : start + len(noise)] += noise
    return samples.astype(np.float32)


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analyze_samples(drums(24.0), RATE)


def assert_contiguous(intervals: Sequence[Interval | Section]) -> None:
    for interval, following in itertools.pairwise(intervals):
        assert interval.start + interval.duration == pytest.approx(following.start, abs=1e-9)


def test_segments_and_sections_tile_the_track(analysis: Analysis) -> None:
    segments = analysis.segments
    ends = segments.start + segments.duration
    assert segments.start[0] == 0
    np.testing.assert_allclose(ends[:-1], segments.start[1:], atol=1e-9)
    assert ends[-1] == pytest.approx(24.0, abs=1e-5)
    assert_contiguous(analysis.sections)
    assert analysis.sections[0].start == 0
    last = analysis.sections[-1]
    assert last.start + last.duration == pytest.approx(24.0, abs=1e-5)


def test_bars_beats_and_tatums_are_contiguous_and_nest(analysis: Analysis) -> None:
    for larger, smaller in ((analysis.bars, analysis.beats), (analysis.beats, analysis.tatums)):
        assert_contiguous(larger)
        assert_contiguous(smaller)
        starts = {interval.start for interval in smaller}
        assert {interval.start for interval in larger} <= starts
    assert analysis.track.tempo == pytest.approx(120.0, rel=0.04)


def test_the_json_has_the_fields_of_spotify_s(analysis: Analysis, data_dir: Path) -> None:
    ours = json.loads(analysis.to_json())
    theirs = json.loads((data_dir / "spotify_json" / "audio_analysis_2.json").read_bytes())
    for name in (*FINGERPRINTS, *VERSIONS):
        del theirs["track"][name]
    assert list(ours) == list(theirs)
    assert list(ours["meta"]) == [*theirs["meta"], "dialect"]
    assert list(ours["track"]) == list(theirs["track"])
    for name, value in theirs["track"].items():
        kinds = (int, float) if isinstance(value, (int, float)) else type(value)
        assert isinstance(ours["track"][name], kinds), name
        if isinstance(value, int) and not name.endswith("_seconds"):
            assert isinstance(ours["track"][name], int), name
    for part in ("bars", "beats", "sections", "segments", "tatums"):
        assert list(ours[part][0]) == list(theirs[part][0]), part
    assert ours["track"]["num_samples"] == round(ours["track"]["duration"] * RATE)


def test_the_same_audio_gives_the_same_bytes(analysis: Analysis) -> None:
    def bare(one: Analysis) -> bytes:
        form = json.loads(one.to_json())
        del form["meta"]["timestamp"], form["meta"]["analysis_time"]
        return json.dumps(form).encode()

    assert bare(analyze_samples(drums(24.0), RATE)) == bare(analysis)


def test_what_is_written_is_read_as_it_was(analysis: Analysis) -> None:
    again = Analysis.from_json(analysis.to_json())
    assert (again.analyzer, again.dialect) == (analyzer_name(load_basis(), "spotify"), "spotify")
    np.testing.assert_allclose(again.segments.timbre, analysis.segments.timbre, atol=6e-4)
    assert again.to_json() == analysis.to_json()


def test_a_dialect_is_written_when_asked_for(analysis: Analysis) -> None:
    other = analyze_samples(drums(24.0), RATE, dialect="msd")
    assert other.dialect == "msd"
    assert len(other.segments) == pytest.approx(len(analysis.segments), rel=0.2)
    means = (one.segments.timbre.mean(axis=0) for one in (other, analysis))
    assert np.abs(np.subtract(*means)).max() > 5


def test_another_basis_makes_another_analyzer(data_dir: Path) -> None:
    basis = load_basis(data_dir / "reference" / "ENTimbreTJ.mat")
    names = {analyzer_name(basis, dialect) for dialect in ("spotify", "echonest", "msd")}
    assert len(names | {analyzer_name(load_basis(), "spotify")}) == 4  # each hears otherwise
    assert analyze_samples(drums(2.0), RATE, basis=basis).dialect == "unknown"


def test_a_nobody_s_basis_hears_as_the_dialect_asked_for(data_dir: Path) -> None:
    basis = load_basis(data_dir / "reference" / "ENTimbreTJ.mat")
    usual, other = (
        analyze_samples(drums(4.0), RATE, dialect=dialect, basis=basis)
        for dialect in ("spotify", "msd")
    )
    assert usual.dialect == other.dialect == "unknown"
    means = (one.segments.timbre.mean(axis=0) for one in (other, usual))
    assert np.abs(np.subtract(*means)).max() > 1


@pytest.mark.parametrize("dialect", ["klingon", "unknown"])
def test_a_dialect_of_no_original_is_refused(dialect) -> None:
    with pytest.raises(UsageError, match="expected one of spotify, echonest, msd"):
        analyze_samples(drums(1.0), RATE, dialect=dialect)


def test_a_dialect_the_basis_does_not_know_is_refused() -> None:
    shipped = load_basis()
    basis = replace(shipped, dialects=("echonest",), origins=shipped.origins[1:2])
    with pytest.raises(UsageError, match="does not know; ask for echonest"):
        analyze_samples(drums(1.0), RATE, dialect="msd", basis=basis)


def test_what_ships_is_small() -> None:
    assert sum(file.stat().st_size for file in SHIPPED_BASIS.parent.iterdir()) < 2_000_000


def test_a_file_that_is_no_sound_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    path.write_text("words")
    with pytest.raises(DataError, match=r"song\.wav"):
        analyze(path)


DIGEST = """
import hashlib, json, numpy as np
from genrelab import analyze_samples
rng = np.random.default_rng(1)
form = json.loads(analyze_samples(rng.normal(0, 0.1, 22050 * 20), 22050).to_json())
del form["meta"]
print(hashlib.sha256(json.dumps(form).encode()).hexdigest())
"""


def test_threads_do_not_change_a_bit() -> None:
    def digest(threads: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "OPENBLAS_NUM_THREADS": str(threads)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert digest(1) == digest(2)


def test_our_own_archive_importer_reads_it(analysis: Analysis, tmp_path: Path) -> None:
    (tmp_path / "song.json").write_bytes(analysis.to_json())
    with Corpus(tmp_path / "music.corpus", "write") as corpus:
        summary = collect(ArchiveSource([tmp_path / "song.json"]), corpus)
        assert (summary.stored, summary.faults) == (1, ())
        (track,) = corpus.tracks()
        kept = corpus.analysis(track.id)
    assert kept is not None
    assert kept.to_json() == Analysis.from_json(analysis.to_json()).to_json()
