"""Performances: a song's plan played out as an analysis.

Conventions
-----------
Segments start on tatums and tile the track; bars, beats and tatums nest. Times
in seconds, loudness in dB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genrelab.music.analysis import Analysis, Interval, Section, TrackLevel
from genrelab.music.segments import N_VALUES, Float32, Float64, Int64, Segments
from genrelab.sources.synthetic.songs import Song
from genrelab.sources.synthetic.styles import chord_strengths

ANALYZER = "genrelab synthetic"
SR = 22_050  # Hz, the rate an analyzer would have worked at
LOWEST_DB = -60.0
LOUDNESS_ABOVE_TIMBRE = (
    -56.3
)  # dB: what real analyses have, on average, of loudness_max - timbre[0]

TIMBRE_SD = np.array([7.4, 59, 51, 40, 36, 32, 27, 24, 22, 19, 17, 18])
"""Standard deviation of each timbre coordinate over the segments of real analyses."""
TIMBRE_MEAN = np.array([45.0, 8, 4, 2, 6, -8, -5, 0, -2, 1, -3, 0])

# Where timbre's spread within a track comes from, in standard deviations of the coordinate.
SECTION_SPREAD = 0.25
CHORD_SPREAD = 0.25
NOISE_SPREAD = 0.65
NEIGHBOR_SHARE = 0.4  # how much of the noise before lives on in a segment


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """Where the segments of a song start: seconds, and the tatum each stands on."""

    start: Float64
    duration: Float64
    tatum: Int64


def perform(song: Song, n_segments: int, rng: np.random.Generator) -> Analysis:
    """Play a song for so many segments and return its analysis."""
    grid = _lay_out(song, n_segments, rng)
    return _analysis(song, grid, _segments(song, grid, rng))


def _lay_out(song: Song, n_segments: int, rng: np.random.Generator) -> _Grid:
    """Choose the tatums on which segments start: every beat, and some between."""
    per_beat = song.style.tatums_per_beat
    n_tatums = n_segments * per_beat + 1  # enough even if only beats sounded
    index = np.arange(n_tatums)
    sounds = (index % per_beat == 0) | (rng.random(n_tatums) < song.offbeat)
    tatum = index[sounds][: n_segments + 1]
    edges = tatum * song.tatum_s + np.clip(rng.normal(0, 0.008, len(tatum)), -0.02, 0.02)
    edges[0] = 0.0
    edges = np.round(edges, 5)
    return _Grid(start=edges[:-1], duration=np.diff(edges), tatum=tatum[:-1])


def _segments(song: Song, grid: _Grid, rng: np.random.Generator) -> Segments:
    n = len(grid.start)
    accent = _accents(song, grid)
    timbre = TIMBRE_MEAN + TIMBRE_SD * _timbre(song, grid, accent, rng)
    timbre[:, 0] = np.clip(timbre[:, 0], 1, 60)
    loudness_max = np.minimum(timbre[:, 0] + LOUDNESS_ABOVE_TIMBRE + rng.normal(0, 2.3, n), 0)
    rise = rng.lognormal(np.log(5.5) + 0.4 * accent, 0.5)
    loudness_start = np.maximum(loudness_max - rise, LOWEST_DB)
    peak_time = np.minimum(rng.lognormal(np.log(0.04), 0.5, n), 0.8 * grid.duration)
    return Segments(
        start=grid.start,
        duration=grid.duration,
        confidence=_rounded(1 - np.exp(-rise / 9), 3),
        loudness_start=_rounded(loudness_start, 3),
        loudness_max=_rounded(loudness_max, 3),
        loudness_max_time=_rounded(peak_time, 5),
        loudness_end=_rounded(np.append(loudness_start[1:], LOWEST_DB), 3),
        pitches=_rounded(_pitches(song, grid, accent, rng), 3),
        timbre=_rounded(timbre, 3),
    )


def _rounded(values: Float64, decimals: int) -> Float32:
    """Keep the decimals that an analysis' written form has."""
    return np.round(values, decimals).astype(np.float32)


def _accents(song: Song, grid: _Grid) -> Float64:
    """Return how strongly the beat is felt in each segment [n]: 0 between beats."""
    beat, within = np.divmod(grid.tatum, song.style.tatums_per_beat)
    accents = np.array(song.style.accents)[beat % song.style.beats_per_bar]
    return np.where(within == 0, accents, 0.0)


def _timbre(song: Song, grid: _Grid, accent: Float64, rng: np.random.Generator) -> Float64:
    """Return timbre in standard deviations from `TIMBRE_MEAN` [n, 12]."""
    section = grid.tatum // song.tatums_per_section
    chord = _chord_indices(song, grid)
    of_section = rng.normal(0, SECTION_SPREAD, (section[-1] + 1, N_VALUES))
    of_chord = rng.normal(0, CHORD_SPREAD, (chord.max() + 1, N_VALUES))
    noise = rng.normal(0, 1, (len(accent) + 1, N_VALUES))
    neighbors_alike = (noise[1:] + NEIGHBOR_SHARE * noise[:-1]) / np.hypot(1, NEIGHBOR_SHARE)
    beaten = accent[:, None] - np.mean(accent)
    timbre: Float64 = song.timbre + beaten * song.pulse + NOISE_SPREAD * neighbors_alike
    return timbre + of_section[section] + of_chord[chord]


def _chord_indices(song: Song, grid: _Grid) -> Int64:
    """Number the chord that sounds in each segment [n] within its progression."""
    chord = grid.tatum // (song.style.tatums_per_beat * song.style.chord_beats)
    section = grid.tatum // song.tatums_per_section
    lengths = np.array([len(progression) for progression in song.style.progressions])
    return np.asarray(chord % lengths[section % len(lengths)], dtype=np.int64)


def _pitches(song: Song, grid: _Grid, accent: Float64, rng: np.random.Generator) -> Float64:
    """Return pitch strengths [n, 12], the strongest of each segment 1."""
    tables = [
        np.array([chord_strengths(chord, minor=song.minor) for chord in progression])
        for progression in song.style.progressions
    ]
    section = grid.tatum // song.tatums_per_section
    chord = _chord_indices(song, grid)
    tones = np.empty((len(accent), N_VALUES))
    for i, table in enumerate(tables):
        here = section % len(tables) == i
        tones[here] = table[chord[here]]
    tones = np.roll(tones, song.key, axis=1)
    spilled = tones + 0.15 * (np.roll(tones, 1, axis=1) + np.roll(tones, -1, axis=1))
    played = spilled * rng.uniform(0.2, 1.0, tones.shape)
    unpitched = np.clip(song.noise * (0.7 + 0.6 * accent), 0, 0.95)[:, None]
    mixed = (1 - unpitched) * played + unpitched * rng.uniform(0.1, 0.9, tones.shape)
    return np.asarray(mixed / mixed.max(axis=1, keepdims=True), dtype=np.float64)


def _analysis(song: Song, grid: _Grid, segments: Segments) -> Analysis:
    duration = float(grid.start[-1] + grid.duration[-1])
    beat_s = song.tatum_s * song.style.tatums_per_beat
    loudness = float(np.mean(segments.loudness_max))
    return Analysis(
        analyzer=ANALYZER,
        dialect="spotify",
        segments=segments,
        track=TrackLevel(
            num_samples=round(duration * SR),
            duration=round(duration, 5),
            analysis_sample_rate=SR,
            analysis_channels=1,
            end_of_fade_in=0.0,
            start_of_fade_out=round(duration, 5),
            loudness=round(loudness, 3),
            tempo=round(song.tempo, 3),
            tempo_confidence=0.8,
            time_signature=song.style.beats_per_bar,
            time_signature_confidence=0.9,
            key=song.key,
            key_confidence=0.7,
            mode=int(not song.minor),
            mode_confidence=0.7,
        ),
        bars=_intervals(beat_s * song.style.beats_per_bar, duration),
        beats=_intervals(beat_s, duration),
        tatums=_intervals(song.tatum_s, duration),
        sections=_sections(song, grid, segments, duration),
    )


def _intervals(length_s: float, duration: float) -> list[Interval]:
    """Cut the track into equal parts; the last is what remains."""
    edges = np.append(np.arange(0, duration - 0.01, length_s), duration).round(5)
    return [
        Interval(start=start, duration=length, confidence=0.8)
        for start, length in zip(edges[:-1].tolist(), np.diff(edges).round(5).tolist(), strict=True)
    ]


def _sections(song: Song, grid: _Grid, segments: Segments, duration: float) -> list[Section]:
    section = grid.tatum // song.tatums_per_section
    loudness = np.bincount(section, segments.loudness_max) / np.maximum(np.bincount(section), 1)
    return [
        Section(
            start=interval.start,
            duration=interval.duration,
            confidence=interval.confidence,
            loudness=round(float(level), 3),
            tempo=round(song.tempo, 3),
            key=song.key,
            mode=int(not song.minor),
            time_signature=song.style.beats_per_bar,
        )
        for interval, level in zip(
            _intervals(song.tatum_s * song.tatums_per_section, duration), loudness, strict=False
        )
    ]
