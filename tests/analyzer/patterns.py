"""Patterns: clicks, drums and chords of known tempo, meter and key, 22,050 Hz mono."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.music.segments import Segments

FIRST_BEAT_S = 0.5
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """Sound, and where its beats lie, in seconds."""

    samples: Samples
    beats: npt.NDArray[np.float64]


def clicks(bpm: float, *, seconds: float = 30.0) -> Pattern:
    """A metronome."""
    time = np.arange(400) / SAMPLE_RATE
    click = np.sin(2 * np.pi * 1000 * time) * np.exp(-150 * time)
    beats = np.arange(FIRST_BEAT_S, seconds - 0.1, 60 / bpm)
    return Pattern(samples=_mix(seconds, [(beat, click) for beat in beats]), beats=beats)


def drums(bpm: float, *, meter: int = 4, seconds: float = 30.0) -> Pattern:
    """A bass drum on 1 (and 3 of 4), a snare on the other beats, a hi-hat on every eighth."""
    rng = np.random.default_rng(0)
    time = np.arange(4000) / SAMPLE_RATE
    kick = np.sin(2 * np.pi * (50 * time + 1.3 * (1 - np.exp(-30 * time)))) * np.exp(-18 * time)
    snare = (0.3 * rng.normal(size=4000) + 0.3 * np.sin(380 * np.pi * time)) * np.exp(-25 * time)
    hat = 0.1 * np.diff(rng.normal(size=4001)) * np.exp(-90 * time)
    beats = np.arange(FIRST_BEAT_S, seconds - 0.1, 60 / bpm)
    kicks = (0, 2) if meter == 4 else (0,)
    hits = [(beat, kick if i % meter in kicks else snare) for i, beat in enumerate(beats)]
    hits += [(beat + offset, hat) for beat in beats for offset in (0, 30 / bpm)]
    return Pattern(samples=_mix(seconds, hits), beats=beats)


def chords(tonic: int, scale: tuple[int, ...], *, bpm: float = 120.0, meter: int = 4) -> Pattern:
    """I IV V I in triads, struck on every beat, another one every bar."""
    bars = 3 * (0, 3, 4, 0)
    beats = FIRST_BEAT_S + np.arange(len(bars) * meter) * 60 / bpm
    time = np.arange(round(60 / bpm * SAMPLE_RATE)) / SAMPLE_RATE
    hits = []
    for i, beat in enumerate(beats):
        notes = [bars[i // meter] + third for third in (0, 2, 4)]
        midi = [48 + tonic + scale[note % 7] + 12 * (note // 7) for note in notes]
        tones = [
            np.sin(2 * np.pi * 440 * 2 ** ((m - 69) / 12) * h * time) / h
            for m in midi
            for h in (1, 2, 3)
        ]
        hits.append((beat, np.sum(tones, axis=0) * np.exp(-3 * time)))
    return Pattern(samples=_mix(beats[-1] + 60 / bpm, hits), beats=beats)


def one_segment(seconds: float) -> Segments:
    """A recording that nothing is known of but its length."""
    return plain_segments(np.zeros(1), seconds)


def plain_segments(
    start: npt.ArrayLike,
    seconds: float,
    *,
    pitches: npt.ArrayLike = 1.0,
    timbre: npt.ArrayLike = 0.0,
) -> Segments:
    """Segments that end where the next starts, with given pitches and timbre [n, 12]."""
    start = np.asarray(start, float)
    level = np.full(len(start), -20.0)
    return Segments(
        start=start,
        duration=np.diff(start, append=seconds),
        confidence=np.zeros(len(start)),
        loudness_start=level,
        loudness_max=level,
        loudness_max_time=np.zeros(len(start)),
        loudness_end=level,
        pitches=np.broadcast_to(pitches, (len(start), 12)),
        timbre=np.broadcast_to(timbre, (len(start), 12)),
    )


def _mix(seconds: float, hits: list[tuple[float, npt.NDArray[np.float64]]]) -> Samples:
    samples = 1e-4 * np.random.default_rng(1).normal(size=round(seconds * SAMPLE_RATE))
    for at, sound in hits:
        first = round(at * SAMPLE_RATE)
        part = sound[: max(0, len(samples) - first)]
        samples[first : first + len(part)] += part
    return (0.5 * samples / np.abs(samples).max()).astype(np.float32)
