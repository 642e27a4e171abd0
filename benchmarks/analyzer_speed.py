"""Analyzer: what analyzing costs beside decoding, and how it grows with cores and minutes.

Run with ``python benchmarks/analyzer_speed.py [FILE [ROUNDS]]``. Without a file it makes
a four-minute stereo MP3 of chords and drums. All that is compared is measured in turn in
the same run, so that a busy moment meets both sides; medians and their ratios are printed.

1. One more track in a run on one core: decoding, analysis and JSON, as a multiple of
   libsndfile decoding the same file (must be 3.5 at most, aim 2).
2. Tracks a second with two processes beside one (at least 1.8).
3. librosa's mfcc, chroma_stft, onset_detect and beat_track beside ours, where librosa is
   installed; both from decoded audio at 22,050 Hz, and from the file (at least 2.5).
4. One file from the shell, cold (under 2 s), beside Python's own start.
5. The most memory that analyzing the file takes (under 300 MB), and two hours of it, a
   WAV of 1.3 GB that is written beside (under 1.5 GB).
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy is loaded, and for every process started here

import numpy as np  # noqa: E402
import soundfile  # noqa: E402

SAMPLE_RATE = 44_100
SECONDS = 240
TWO_HOURS = 7200  # seconds
COPIES = 8  # of the file, for two processes beside one
LARGEST = """
import pathlib, resource, sys
from genrelab.analyzer.pipeline import analyze
analyze(sys.argv[1]).to_json()
status = pathlib.Path("/proc/self/status")  # getrusage counts the parent's memory, too, on Linux
lines = status.read_text().splitlines() if status.exists() else []
peak = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
print(*(peak or [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


def write_music(path: Path) -> None:
    """Write four minutes of chords and drums, a stereo MP3, in blocks of two seconds."""
    rng = np.random.default_rng(0)
    n = 2 * SAMPLE_RATE
    t = np.arange(n) / SAMPLE_RATE
    hits = sum(np.exp(-30 * (t - at)) * (t >= at) for at in np.arange(0, 2, 0.25))
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 2, format="MP3") as file:
        for _ in range(SECONDS // 2):
            block = rng.normal(0, 0.1, (n, 2)) * hits[:, None]
            for voice, semitone in enumerate(rng.integers(0, 24, 4)):
                sides = np.array([0.3 + 0.1 * voice, 0.7 - 0.1 * voice])
                for harmonic in range(1, 9):
                    hz = 110 * 2 ** (semitone / 12) * harmonic
                    tone = np.sin(2 * np.pi * hz * t) * np.exp(-t) / harmonic
                    block += 0.08 * tone[:, None] * sides
            file.write(block.clip(-0.99, 0.99))


def interleave(sides: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Run all sides in turn, forwards and backwards, once for nothing; medians in seconds."""
    for side in sides.values():
        side()
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides)[:: 1 if number % 2 == 0 else -1]:
            start = time.perf_counter()
            sides[name]()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def measure_one_more(path: Path, rounds: int) -> None:
    from genrelab.analyzer.pipeline import analyze

    s = interleave(
        {
            "decode": lambda: soundfile.read(path, dtype="float32"),
            "all": lambda: analyze(path).to_json(),
        },
        rounds,
    )
    ratio = s["all"] / s["decode"]
    print(f"1. one more track: {s['all']:.3f} s, libsndfile decodes it in {s['decode']:.3f} s:")
    print(f"   {ratio:.2f} times (at most 3.5, aim 2)")


def measure_cores(path: Path, rounds: int) -> None:
    """Compare two processes with one by the time that more files take, without the start."""
    if (os.cpu_count() or 1) < 2:
        print("2. two cores: this machine has one")
        return

    def run(jobs: int, copies: int) -> float:
        from genrelab.workflows.analyses import Settings, analyze_files
        from genrelab.workflows.sound_files import SoundFile, SoundFiles

        with tempfile.TemporaryDirectory() as folder:
            files = [
                SoundFile(path=path, output=Path(folder) / f"{number}.json")
                for number in range(copies)
            ]
            outcomes = analyze_files(
                SoundFiles(files=files, faults=()), settings=Settings(), jobs=jobs
            )
            times = []
            for outcome in outcomes:
                if outcome.status != "analyzed":
                    raise SystemExit(outcome.sentence)
                times.append(time.perf_counter())
        # From the first result of each process on: what starting takes is paid once a run.
        return (len(times) - jobs) / (times[-1] - times[jobs - 1])

    rates: dict[int, list[float]] = {1: [], 2: []}
    for number in range(max(3, rounds // 2)):
        for jobs in (1, 2) if number % 2 == 0 else (2, 1):
            rates[jobs].append(run(jobs, COPIES * jobs))
    one, two = (statistics.median(rates[jobs]) for jobs in (1, 2))
    print(
        f"2. two cores: {two:.2f} tracks/s beside {one:.2f}: {two / one:.2f} times (at least 1.8)"
    )


def measure_librosa(path: Path, rounds: int) -> None:
    if importlib.util.find_spec("librosa") is None:
        print("3. librosa: not installed (pip install librosa, then run this again)")
        return
    import librosa

    from genrelab.analyzer.audio import read_recording
    from genrelab.analyzer.pipeline import analyze, analyze_samples

    samples = read_recording(path).samples
    rate = 22_050

    def theirs(y: np.ndarray) -> None:
        librosa.feature.mfcc(y=y, sr=rate)
        librosa.feature.chroma_stft(y=y, sr=rate)
        librosa.onset.onset_detect(y=y, sr=rate)
        librosa.beat.beat_track(y=y, sr=rate)

    s = interleave(
        {
            "theirs": lambda: theirs(samples),
            "ours": lambda: analyze_samples(samples, rate),
            "theirs, file": lambda: theirs(librosa.load(path, sr=rate)[0]),
            "ours, file": lambda: analyze(path).to_json(),
        },
        rounds,
    )
    print(f"3. librosa {librosa.__version__}, mfcc + chroma_stft + onset_detect + beat_track:")
    for what, suffix in (("decoded audio", ""), ("the file, ours with JSON", ", file")):
        a, b = s[f"theirs{suffix}"], s[f"ours{suffix}"]
        print(f"   from {what}: {a:.3f} s beside our {b:.3f} s: {a / b:.2f} times (at least 2.5)")


def run_quietly(*command: object) -> str:
    words = [sys.executable, *map(str, command)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def measure_cold(path: Path, rounds: int) -> None:
    s = interleave(
        {
            "python": lambda: run_quietly("-c", "pass"),
            "analyze": lambda: run_quietly("-m", "genrelab", "analyze", path),
        },
        rounds,
    )
    print(
        f"4. one file from the shell, cold: {s['analyze']:.2f} s (under 2), "
        f"of it Python's own start {s['python']:.2f} s"
    )


def measure_memory(path: Path, folder: Path) -> None:
    print(f"5. most memory: {largest_mb(path):.0f} MB (under 300)")
    long = folder / "two hours.wav"
    write_again_and_again(path, long, seconds=TWO_HOURS)
    print(f"   two hours: {largest_mb(long):.0f} MB (under 1500)")


def largest_mb(path: Path) -> float:
    kilobytes = int(run_quietly("-c", LARGEST, path))
    return kilobytes / (1_024_000 if sys.platform == "darwin" else 1_000)


def write_again_and_again(path: Path, long: Path, *, seconds: int) -> None:
    samples, sample_rate = soundfile.read(path, dtype="int16", always_2d=True)
    with soundfile.SoundFile(long, "w", sample_rate, samples.shape[1], "PCM_16") as file:
        while file.frames < seconds * sample_rate:
            file.write(samples)


def main() -> None:
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) > 1:
            path = Path(sys.argv[1])
        else:
            path = Path(folder) / "music.mp3"
            write_music(path)
        print(f"{soundfile.info(path).duration:.0f} s of audio, {rounds} rounds, medians")
        measure_one_more(path, rounds)
        measure_cores(path, rounds)
        measure_librosa(path, rounds)
        measure_cold(path, rounds)
        measure_memory(path, Path(folder))


if __name__ == "__main__":
    main()
