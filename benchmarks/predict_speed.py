"""Prediction: what it costs from a file to its genre, cold, warm, and over many files.

Run with ``python benchmarks/predict_speed.py [FILE [ROUNDS [RUN]]]``. Without a file it makes
the four-minute stereo MP3 of ``analyzer_speed.py``; without a run the model that ships
answers. All that is compared is measured in turn in the same run; medians and their ratios
are printed.

1. One file from the shell, cold, on one core (must be under 2 s), beside Python's own start.
2. One more file in the same process, on one core, as a multiple of libsndfile decoding it
   (must be 4 at most), and what of that the model takes.
3. Files a second with two processes beside one.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analyzer_speed import COPIES, interleave, run_quietly, write_music

import soundfile  # isort: skip  (after the number of threads is set, by analyzer_speed)


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and those that it starts, on one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def measure_cold(path: Path, rounds: int, run: str | None) -> None:
    model = ["--model", run] if run else []
    with one_core():
        s = interleave(
            {
                "python": lambda: run_quietly("-c", "pass"),
                "predict": lambda: run_quietly("-m", "genrelab", "predict", *model, path),
            },
            rounds,
        )
    print(
        f"1. one file from the shell, cold, one core: {s['predict']:.2f} s (under 2), "
        f"of it Python's own start {s['python']:.2f} s"
    )


def measure_warm(path: Path, rounds: int, run: str | None) -> None:
    from genrelab.analyzer.pipeline import analyze
    from genrelab.listening.prediction import predict_analysis
    from genrelab.workflows.predictions import open_model, predict

    model, analysis = open_model(run), analyze(path)
    with one_core():
        s = interleave(
            {
                "decode": lambda: soundfile.read(path, dtype="float32"),
                "predict": lambda: predict(path, model=model),
                "model": lambda: predict_analysis(model, analysis),
            },
            rounds,
        )
    print(
        f"2. one more file, one core: {s['predict']:.3f} s, libsndfile decodes it in "
        f"{s['decode']:.3f} s: {s['predict'] / s['decode']:.2f} times (at most 4)"
    )
    print(f"   of it the model: {1000 * s['model']:.1f} ms")


def measure_many(path: Path, rounds: int, run: str | None) -> None:
    """Compare two processes with one by the time that more files take, without the start."""
    if (os.cpu_count() or 1) < 2:
        print("3. two processes: this machine has one core")
        return
    from genrelab.workflows.predictions import Asking, open_model, predict_questions
    from genrelab.workflows.questions import Question

    model = open_model(run)

    def rate(jobs: int) -> float:
        questions = [Question(path=path, kind="recording")] * (COPIES * jobs)
        times = [
            time.perf_counter()
            for _ in predict_questions(questions, Asking(model=model, jobs=jobs))
        ]
        return (len(times) - jobs) / (times[-1] - times[jobs - 1])

    rates: dict[int, list[float]] = {1: [], 2: []}
    for number in range(max(3, rounds // 2)):
        for jobs in (1, 2) if number % 2 == 0 else (2, 1):
            rates[jobs].append(rate(jobs))
    one, two = (statistics.median(rates[jobs]) for jobs in (1, 2))
    print(
        f"3. files a second: {one:.2f} with one process, {two:.2f} with two: {two / one:.2f} times"
    )


def main() -> None:
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    run = sys.argv[3] if len(sys.argv) > 3 else None
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) > 1:
            path = Path(sys.argv[1])
        else:
            path = Path(folder) / "music.mp3"
            write_music(path)
        print(f"{soundfile.info(path).duration:.0f} s of audio, {rounds} rounds, medians")
        measure_cold(path, rounds, run)
        measure_warm(path, rounds, run)
        measure_many(path, rounds, run)


if __name__ == "__main__":
    main()
