"""Analyses: files beside files, complete or absent; what fails is named, the rest goes on."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.analyzer.sounds import tone, write_sound
from tests.workflows.stand_in import ANALYZER, StandIn

from genrelab.analyzer.timbre import load_basis
from genrelab.errors import GenrelabError, UsageError
from genrelab.music.analysis import Analysis
from genrelab.workflows import analyses
from genrelab.workflows.analyses import Settings, analyze_files
from genrelab.workflows.sound_files import find_sound_files


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    (folder / "Rock").mkdir(parents=True)
    for number, name in enumerate(("Rock/a.wav", "Rock/b.flac", "c.wav")):
        write_sound(folder / name, tone(0.2 + number / 10, 8_000), 8_000)
    return folder


def run(music, out, *, jobs=1, again=False, settings=None, **kwargs):
    sounds = find_sound_files([music] if isinstance(music, Path) else music, out)
    settings = settings or StandIn()
    return list(analyze_files(sounds, settings=settings, jobs=jobs, again=again, **kwargs))


def statuses(outcomes):
    return sorted(o.status for o in outcomes)


def test_what_no_recording_could_be_analyzed_with_is_said_once(music, tmp_path):
    shipped = load_basis()
    basis = tmp_path / "msd.npz"
    replace(shipped, dialects=("msd",), origins=shipped.origins[2:]).save(basis)
    wrong = [
        (Settings(timbre_basis=basis), "'spotify', which the timbre basis does not know"),
        (Settings(dialect="klingon"), "expected one of spotify, echonest, msd"),
        (Settings(dialect="unknown"), "expected one of spotify, echonest, msd"),
    ]
    for settings, sentence in wrong:
        with pytest.raises(UsageError, match=sentence):
            run(music, tmp_path / "out", settings=settings)
    Settings(dialect="msd", timbre_basis=basis).check()


def test_every_recording_gets_a_file(music, tmp_path):
    seen = []
    out = tmp_path / "out"
    outcomes = run(music, out, progress=lambda *step: seen.append(step))
    assert statuses(outcomes) == ["analyzed"] * 3
    assert seen[0] == ("analyzing", 0, 3) and seen[-1] == ("analyzing", 3, 3)
    files = sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    assert files == ["Rock/a.wav.json", "Rock/b.flac.json", "c.wav.json"]
    raw = (out / "Rock" / "b.flac.json").read_bytes()
    assert Analysis.from_json(raw).track.duration == pytest.approx(0.3, abs=1e-4)
    assert raw.endswith(b"}\n") and raw.count(b"\n") == 1


def test_a_second_run_does_what_is_missing(music, tmp_path):
    out = tmp_path / "out"
    run(music, out)
    assert statuses(run(music, out)) == ["left"] * 3
    (out / "c.wav.json").unlink()
    (out / "Rock" / "a.wav.json").write_bytes(b'{"meta": {')
    assert statuses(run(music, out)) == ["analyzed", "analyzed", "left"]
    assert statuses(run(music, out, again=True)) == ["analyzed"] * 3


def test_newer_recordings_other_analyzers_and_dialects_are_not_left(music, tmp_path):
    out = tmp_path / "out"
    run(music, out)
    later = (out / "c.wav.json").stat().st_mtime + 10
    os.utime(music / "c.wav", (later, later))
    assert statuses(run(music, out)) == ["analyzed", "left", "left"]
    os.utime(music / "c.wav", (1, 1))
    other = StandIn(version="genrelab/next")
    assert statuses(run(music, out, settings=other)) == ["analyzed"] * 3
    assert statuses(run(music, out, settings=StandIn(dialect="msd"))) == ["analyzed"] * 3
    assert statuses(run(music, out, settings=StandIn(dialect="msd"))) == ["left"] * 3


def test_what_fails_is_named_and_the_rest_goes_on(music, tmp_path, capfd):
    (music / "text.mp3").write_text("no music\n" * 99)
    write_sound(music / "a bug.wav", tone(0.1, 8_000), 8_000)
    write_sound(music / "a warning.wav", tone(0.1, 8_000), 8_000)
    write_sound(music / "crash.wav", tone(0.1, 8_000), 8_000)
    (music / "empty").mkdir()
    outcomes = run([music, music / "absent.mp3", music / "empty"], tmp_path / "out")
    assert statuses(outcomes) == ["analyzed"] * 4 + ["failed"] * 5
    failed = {str(o.path): o.sentence for o in outcomes if o.status == "failed"}
    assert "no recording in this folder" in failed.pop("None")
    assert all(sentence.startswith(f"{path}: ") for path, sentence in failed.items())
    sentences = {Path(path).name: sentence for path, sentence in failed.items()}
    assert "no such file" in sentences["absent.mp3"]
    assert "(ValueError: oh no); please report this" in sentences["a bug.wav"]
    assert "the process that analyzed it was ended by SIGKILL" in sentences["crash.wav"]
    assert "not a sound file" in sentences["text.mp3"]
    assert not list((tmp_path / "out").rglob("*.partial"))
    assert capfd.readouterr() == ("", "")


def test_what_is_not_as_it_should_be_is_said(music, tmp_path):
    samples = tone(0.1, 8_000)
    samples[5] = np.nan
    path = write_sound(tmp_path / "n.wav", samples, 8_000, "float.wav")
    (outcome,) = run(path, None)
    assert outcome.status == "analyzed"
    assert outcome.sentence.startswith("1 values that are no numbers")


def test_without_output_analyses_come_in_the_order_given(music):
    write_sound(music / "slow.wav", tone(0.1, 8_000), 8_000)
    order = [music / name for name in ("slow.wav", "c.wav", "absent.wav", "Rock/a.wav")]
    outcomes = run(order, None)
    assert [o.path for o in outcomes] == order
    assert [o.raw is None for o in outcomes] == [False, False, True, False]
    meta = msgspec.json.decode(outcomes[0].raw)["meta"]
    assert (meta["analyzer_version"], meta["dialect"]) == (ANALYZER, "spotify")


def test_an_analysis_belongs_to_its_recording(music, tmp_path):
    one = tmp_path / "one.json"
    run(music / "c.wav", one)
    assert statuses(run(music / "c.wav", one)) == ["left"]
    assert statuses(run(music / "Rock" / "a.wav", one)) == ["analyzed"]
    assert Analysis.from_json(one.read_bytes()).track.duration == pytest.approx(0.2, abs=1e-4)
    out = tmp_path / "out"
    run(music, out)
    other = write_sound(tmp_path / "c.wav", tone(0.4, 8_000, hz=300), 8_000)
    assert other.stat().st_size == (music / "c.wav").stat().st_size
    shutil.copy(other, music / "c.wav")
    os.utime(music / "c.wav", (1, 1))  # as `cp -p` of an old file does
    assert statuses(run(music, out)) == ["analyzed", "left", "left"]
    assert len(Analysis.from_json((out / "c.wav.json").read_bytes()).meta["recording"]) == 16


def test_what_is_no_analysis_stays(music, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    foreign = out / "c.wav.json"
    foreign.write_text('{"id": "c"}')
    (out / "Rock").mkdir()
    (out / "Rock" / "a.wav.json").mkdir()
    outcomes = run(music, out)
    assert statuses(outcomes) == ["analyzed", "failed", "failed"]
    failed = {o.path.name: o.sentence for o in outcomes if o.status == "failed"}
    assert failed["c.wav"].startswith(f"{foreign}: exists and is no analysis")
    assert failed["a.wav"].startswith(f"{out}/Rock/a.wav.json: a folder stands")
    assert statuses(run(music, out, again=True)) == ["analyzed", "failed", "failed"]
    assert foreign.read_text() == '{"id": "c"}'


def test_a_folder_that_cannot_be_made_stops_nothing_else(music, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "Rock").touch()
    outcomes = run(music, out)
    assert statuses(outcomes) == ["analyzed", "failed", "failed"]
    assert all(f"{out}/Rock: cannot be written" in o.sentence for o in outcomes if o.sentence)


def test_a_name_that_is_too_long_stops_nothing_else(music, tmp_path):
    write_sound(music / f"{'l' * 246}.wav", tone(0.1, 8_000), 8_000)
    outcomes = run(music, tmp_path / "out")
    assert statuses(outcomes) == ["analyzed"] * 3 + ["failed"]
    (sentence,) = (o.sentence for o in outcomes if o.sentence)
    assert "too long" in sentence and ".partial" not in sentence


def test_wrong_use(music, tmp_path):
    with pytest.raises(UsageError, match="jobs is 0"):
        run(music, None, jobs=0)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        run(music, tmp_path / "file" / "out")


def test_a_full_disk_ends_the_run(music, tmp_path, monkeypatch):
    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(GenrelabError, match="the disk is full"):
        run(music / "c.wav", tmp_path / "c.json")
    assert not (tmp_path / "c.json").exists()
    assert analyses.STAGE == "analyzing"
