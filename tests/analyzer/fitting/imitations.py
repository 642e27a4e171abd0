"""Imitations: pairs whose original speaks a basis that the tests know."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import soundfile

from genrelab.analyzer.fitting.pairs import Pair
from genrelab.analyzer.spectrum import FRAME_RATE, SAMPLE_RATE, band_spectrum
from genrelab.analyzer.timbre import TimbreBasis, surfaces
from genrelab.music.analysis import Analysis, Dialect
from genrelab.music.segments import Segments

ANALYZER = {"spotify": "4.0.0", "echonest": "3.2.2", "msd": "MSD record"}
SECONDS = 20.0


def colored_noise(seed: int, seconds: float = SECONDS) -> np.ndarray:
    """Bursts of noise whose color and decay change from one to the next."""
    rng = np.random.default_rng(seed)
    n = round(seconds * SAMPLE_RATE)
    samples = np.zeros(n, np.float32)
    start = 0
    while start < n:
        length = min(round(rng.uniform(0.1, 0.5) * SAMPLE_RATE), n - start)
        spectrum = np.fft.rfft(rng.standard_normal(length))
        hz = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
        spectrum *= (1 + hz / 200) ** rng.uniform(-2, 0.3) / (1 + np.abs(hz - 900) / 500)
        burst = np.fft.irfft(spectrum, length)
        burst *= np.exp(-rng.uniform(0, 12) * np.arange(length) / SAMPLE_RATE)
        samples[start : start + length] = 0.3 * burst / (np.abs(burst).max() + 1e-9)
        start += length
    return samples


def imitated_pair(
    basis: TimbreBasis, seed: int, *, dialect: Dialect = "spotify", offset: float = 0.0
) -> Pair:
    """Noise, and what an original that speaks the basis would say of it."""
    samples = colored_noise(seed)
    spectrum = band_spectrum(samples, dialect=dialect)
    rng = np.random.default_rng(seed + 1000)
    starts = np.cumsum(rng.integers(15, 60, 200))
    starts = np.append(0, starts[starts < len(spectrum) - 15])
    bounds = np.append(starts, len(spectrum)) / FRAME_RATE
    n = len(starts)
    segments = Segments(
        start=bounds[:-1],
        duration=np.diff(bounds),
        confidence=np.ones(n),
        loudness_start=np.full(n, -40.0),
        loudness_max=np.full(n, -10.0),
        loudness_max_time=np.full(n, 0.01),
        loudness_end=np.full(n, np.nan),
        pitches=np.ones((n, 12)),
        timbre=basis.timbre(surfaces(spectrum, starts)) + offset,
    )
    return Pair(
        name=f"noise-{seed}",
        original=Analysis(analyzer=ANALYZER[dialect], dialect=dialect, segments=segments),
        knots=np.array([[0.0, 0.0], [SECONDS, SECONDS]]),
        samples=samples,
        duration=len(samples) / SAMPLE_RATE,
    )


def write_pairs(folder: Path, pairs: list[Pair]) -> Path:
    """Write pairs in the form that `load_pairs` reads."""
    folder.mkdir()
    with (folder / "pairs.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["name", "analyzer"])
        table.writerows([pair.name, pair.original.analyzer] for pair in pairs)
    for pair in pairs:
        place = folder / pair.name
        place.mkdir()
        soundfile.write(place / "audio.wav", pair.samples, SAMPLE_RATE, subtype="FLOAT")
        (place / "analysis.json.gz").write_bytes(gzip.compress(pair.original.to_json()))
        rows = "\n".join(f"{a},{b}" for a, b in pair.knots)
        (place / "alignment.csv").write_text(f"analysis_s,audio_s\n{rows}\n")
    return folder
