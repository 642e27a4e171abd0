"""Golden analysis: what the analyzer says of a made-up piece, and the script that writes it down.

Run with ``python -m tests.analyzer.golden`` when the analysis of the same recording is meant to
change, and raise ``REVISION`` in `genrelab.analyzer.pipeline` with it.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from genrelab.analyzer.pipeline import analyze_samples

RATE = 22_050
FILE = Path(__file__).with_name("golden.json")


def piece(seconds: float = 12.0) -> np.ndarray:
    """Four chords in turn under a drum on every beat, 100 beats a minute; the same every time."""
    n = round(seconds * RATE)
    time = np.arange(n) / RATE
    beat = np.arange(0, n, round(0.6 * RATE))
    roots = np.array([0, 9, 5, 7])[(np.arange(len(beat)) // 4) % 4]
    samples = np.zeros(n)
    noise = np.random.default_rng(0).normal(0, 0.3, 3000) * np.exp(-np.arange(3000) / 500)
    for start, root in zip(beat, roots, strict=True):
        since = time[start:] - time[start]
        for semitones in (0, 4, 7):
            hz = 261.63 * 2 ** ((root + semitones) / 12)
            samples[start:] += 0.1 * np.exp(-4 * since) * np.sin(2 * np.pi * hz * since)
        stretch = samples[start : start + len(noise)]
        stretch += noise[: len(stretch)]
    return samples.astype(np.float32)


def golden() -> dict[str, object]:
    """Analyze the piece, and keep what tells a change."""
    analysis = analyze_samples(piece(), RATE)
    form = json.loads(analysis.to_json())
    return {
        "analyzer": analysis.analyzer,
        "track": {k: v for k, v in form["track"].items() if k != "sample_md5"},
        "starts": [segment["start"] for segment in form["segments"]],
        "segments": form["segments"][1:4],
        "beats": [beat["start"] for beat in form["beats"]],
        "sections": form["sections"],
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(golden(), indent=1) + "\n", encoding="utf-8")
