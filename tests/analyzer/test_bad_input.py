"""Bad input: anything that has samples becomes a whole analysis, and nobody hears a warning."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soxr
from tests.analyzer.sounds import tone, write_sound
from tests.cli.commands import assert_one_error

from genrelab.analyzer.pipeline import analyze, analyze_samples
from genrelab.music.analysis import Analysis

RATE = 22_050
RNG = np.random.default_rng(0)


def with_nan() -> np.ndarray:
    samples = tone(3.0, RATE)[:, 0]
    samples[1000:1100] = np.nan
    samples[2000] = np.inf
    return samples


ODD = {
    "silence": np.zeros(3 * RATE),
    "silence of one sample": np.zeros(1),
    "one sample": np.ones(1),
    "two samples": np.array([0.5, -0.5]),
    "20 ms": tone(0.02, RATE)[:, 0],
    "100 ms": tone(0.1, RATE)[:, 0],
    "one second": tone(1.0, RATE)[:, 0],
    "DC": np.full(3 * RATE, 0.7),
    "a click": np.eye(1, 2 * RATE, RATE)[0],
    "clipping": RNG.normal(0, 9, 3 * RATE).clip(-1, 1),
    "far over full scale": RNG.normal(0, 1e4, 3 * RATE),
    "hardly there": RNG.normal(0, 1e-20, 3 * RATE),
    "NaN": with_nan(),
    "all NaN": np.full(RATE, np.nan),
    "Nyquist": np.resize([1.0, -1.0], 3 * RATE),
    "6 channels": tone(2.0, RATE, channels=6),
    "music, then silence": np.concatenate([RNG.normal(0, 0.1, RATE), np.zeros(4 * RATE)]),
}


def assert_whole(analysis: Analysis) -> None:
    segments, track = analysis.segments, analysis.track
    assert len(segments) >= 1
    assert segments.start[0] == 0
    ends = segments.start + segments.duration
    assert np.allclose(ends[:-1], segments.start[1:], atol=1e-4)
    assert track.duration is not None and abs(ends[-1] - track.duration) < 1e-4
    assert analysis.sections and analysis.sections[0].start == 0
    raw = analysis.to_json()
    assert b"NaN" not in raw and b"Infinity" not in raw and b"null" not in raw
    again = Analysis.from_json(raw)
    assert len(again.segments) == len(segments)


@pytest.mark.parametrize("name", ODD)
def test_whatever_has_samples_is_analyzed(name, capfd):
    analysis = analyze_samples(ODD[name], RATE)
    assert_whole(analysis)
    assert capfd.readouterr() == ("", "")
    raw = json.loads(analysis.to_json())
    again = json.loads(analyze_samples(ODD[name], RATE).to_json())
    for meta in (raw["meta"], again["meta"]):
        assert meta.pop("timestamp") > 0 and meta.pop("analysis_time") >= 0
    assert raw == again


def run(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "genrelab", "analyze", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_from_the_shell(tmp_path: Path):
    """One odd file of each kind among good ones, and what is no recording at all."""
    music, out = tmp_path / "music", tmp_path / "out"
    music.mkdir()
    for kind in ("wav", "flac", "mp3", "m4a"):
        write_sound(music / f"good.{kind}", tone(1.0, 44_100, channels=2), 44_100)
    write_sound(music / "nan.wav", with_nan()[:, None], RATE, "float.wav")
    write_sound(music / "surround.wav", tone(0.5, 48_000, channels=6), 48_000)
    cut = write_sound(music / "cut.mp3", tone(5.0, 44_100), 44_100)
    cut.write_bytes(cut.read_bytes()[:15_000])
    (music / "text.mp3").write_text("no music at all\n" * 200)
    (music / "nothing.wav").touch()
    result = run(music, music / "absent.mp3", "-o", out)
    assert result.returncode == 1 and result.stdout == ""
    lines = sorted(result.stderr.splitlines())
    assert lines[0] == "7 analyzed, 3 failed"
    starts = [line.split(": ")[:2] for line in lines[1:]]
    assert starts == [
        *(["error", f"{music / name}"] for name in ("absent.mp3", "nothing.wav", "text.mp3")),
        *(["note", f"{music / name}"] for name in ("cut.mp3", "nan.wav")),
    ]
    for path in out.glob("*.json"):
        assert_whole(Analysis.from_json(path.read_bytes()))
    assert len(list(out.glob("*.json"))) == 7
    alone = run(music / "good.mp3")
    assert (alone.returncode, alone.stderr) == (0, "")
    # Alone or among others: the same analysis, but for the clock.
    a, b = json.loads(alone.stdout), json.loads((out / "good.mp3.json").read_bytes())
    for analysis in (a, b):
        del analysis["meta"]["timestamp"], analysis["meta"]["analysis_time"]
    assert a == b
    assert_one_error(run(music / "text.mp3").stderr)


def test_the_rate_of_the_file_makes_little_difference(tmp_path):
    """What is below 3.5 kHz is in every file; segments and pitches come out alike."""
    starts = np.arange(0, 4, 0.5)
    t = np.arange(4 * 96_000) / 96_000
    notes = sum(
        np.sin(2 * np.pi * 220 * 2 ** (i / 12) * t) * np.exp(-6 * (t - at)) * (t >= at)
        for i, at in enumerate(starts)
    )
    counts = {}
    for rate in (8_000, 16_000, 22_050, 44_100, 48_000, 96_000):
        samples = soxr.resample(notes * 0.3, 96_000, rate, quality="VHQ")
        path = write_sound(tmp_path / f"{rate}.wav", samples[:, None], rate, "float.wav")
        analysis = analyze(path)
        assert_whole(analysis)
        counts[rate] = len(analysis.segments)
        assert abs(analysis.track.duration - 4) < 1e-3
    assert max(counts.values()) - min(counts.values()) <= 1, counts
