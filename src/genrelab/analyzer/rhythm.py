"""Rhythm: tempo, beats, bars and tatums of a recording.

Conventions
-----------
Times in seconds. Beats, bars and tatums are each contiguous; bars start and end on
beats, and a beat is `TATUMS_PER_BEAT` tatums, which is what the original analyzer gives
(every one of 21,142 beats in 51 analyses but one, as ``benchmarks/original_analyses.py``
counts): its tatums share their beat's confidence.

References
----------
See `genrelab.analyzer.onsets`, `tempo`, `beats` and `meter`, a step each. T. Jehan and
D. DesRoches, *Analyzer Documentation*, The Echo Nest 2014: what the fields mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genrelab.analyzer.beats import beat_strength, find_beats
from genrelab.analyzer.meter import bar_confidences, find_meter
from genrelab.analyzer.onsets import onset_strength, strength_at
from genrelab.analyzer.spectrum import BandSpectrum
from genrelab.analyzer.tempo import find_tempo
from genrelab.music.analysis import Interval
from genrelab.music.segments import TIME_DIGITS, Float32, Float64, Segments

TATUMS_PER_BEAT = 2
ON_BEAT_S = 0.035  # an onset so near to a beat is on it
_TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """A recording's rhythm.

    Attributes
    ----------
    tempo : float
        Beats a minute, 0 where there are no beats.
    tempo_confidence, time_signature_confidence : float
        0 to 1.
    time_signature : int
        Beats a bar: 3 or 4; 1 where the beats are too few to tell, 0 where there are none.
    beats, bars, tatums : tuple of Interval
    """

    tempo: float
    tempo_confidence: float
    time_signature: int
    time_signature_confidence: float
    beats: tuple[Interval, ...]
    bars: tuple[Interval, ...]
    tatums: tuple[Interval, ...]


NO_RHYTHM = Rhythm(
    tempo=0.0,
    tempo_confidence=0.0,
    time_signature=0,
    time_signature_confidence=0.0,
    beats=(),
    bars=(),
    tatums=(),
)


def find_rhythm(spectrum: BandSpectrum, segments: Segments) -> Rhythm:
    """Find tempo, beats, bars and tatums.

    Parameters
    ----------
    spectrum : BandSpectrum
    segments : Segments
        Of the same recording: their pitches tell where chords change.

    Returns
    -------
    Rhythm
        `NO_RHYTHM` where nothing begins, or less than two beats are found.
    """
    onsets = onset_strength(spectrum)
    duration = float(segments.start[-1] + segments.duration[-1])
    tempo = find_tempo(onsets)
    bounds = beat_bounds(find_beats(beat_strength(spectrum, onsets), tempo), duration)
    if len(bounds) < 2:
        return NO_RHYTHM
    meter = find_meter(spectrum, segments, bounds)
    confidences = _beat_confidences(onsets, bounds[:-1])
    bars = np.append(meter.downbeats, len(bounds) - 1)
    whole = np.diff(bars) >= meter.time_signature
    n_bars = len(whole) if not len(whole) or whole[-1] else len(whole) - 1
    tatums = np.interp(
        np.arange((len(bounds) - 1) * TATUMS_PER_BEAT + 1) / TATUMS_PER_BEAT,
        np.arange(len(bounds)),
        bounds,
    )
    return Rhythm(
        tempo=tempo_of_beats(bounds),
        tempo_confidence=tempo.confidence,
        time_signature=meter.time_signature,
        time_signature_confidence=meter.confidence,
        beats=_intervals(bounds, confidences),
        bars=_intervals(bounds[bars[: n_bars + 1]], bar_confidences(meter)[:n_bars]),
        tatums=_intervals(tatums, np.repeat(confidences, TATUMS_PER_BEAT)),
    )


def beat_bounds(beats: Float64, duration: float) -> Float64:
    """Close the last beat: as long as the one before, but no longer than the recording.

    Parameters
    ----------
    beats : float64 array [n]
        Seconds.
    duration : float

    Returns
    -------
    float64 array [n + 1] or [0]
    """
    beats = np.round(beats, TIME_DIGITS)
    beats = beats[(beats >= 0) & (beats < duration)]
    if len(beats) < 2:
        return np.zeros(0)
    last = beats[-1] - beats[-2]
    if beats[-1] + last / 2 > duration:
        return beats
    return np.append(beats, round(min(beats[-1] + last, duration), TIME_DIGITS))


def tempo_of_beats(bounds: Float64) -> float:
    """Compute the tempo of beats, boundaries [n + 1], leaving out their odd intervals.

    >>> round(tempo_of_beats(np.array([0.0, 0.5, 1.0, 1.5, 2.1])))
    120
    """
    intervals = np.sort(np.diff(bounds))
    quarter = len(intervals) // 4
    return float(60 / intervals[quarter : len(intervals) - quarter].mean())


def _beat_confidences(onsets: Float32, beats: Float64) -> Float64:
    """Tell how strong an onset each beat has: 0 for none, .5 for the usual, 1 at most."""
    strength = strength_at(onsets, beats, within=ON_BEAT_S) ** 2
    return np.asarray(strength / (strength + np.median(strength) + _TINY))


def _intervals(bounds: Float64, confidences: Float64) -> tuple[Interval, ...]:
    bounds = np.round(bounds, TIME_DIGITS)
    return tuple(
        Interval(start=start, duration=duration, confidence=confidence)
        for start, duration, confidence in zip(
            bounds[:-1].tolist(),
            np.round(np.diff(bounds), TIME_DIGITS).tolist(),
            np.round(confidences, 3).tolist(),
            strict=True,
        )
    )
