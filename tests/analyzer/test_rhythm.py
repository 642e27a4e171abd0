"""Rhythm: tempo, beats and bars of sounds whose rhythm is known, and what always holds."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import mir_eval
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analyzer.patterns import (
    MAJOR,
    Pattern,
    chords,
    clicks,
    drums,
    one_segment,
    plain_segments,
)

from genrelab.analyzer.beats import beat_strength, find_beats
from genrelab.analyzer.onsets import ONSET_RATE, onset_strength, strength_at
from genrelab.analyzer.rhythm import NO_RHYTHM, TATUMS_PER_BEAT, Rhythm, find_rhythm
from genrelab.analyzer.spectrum import FRAME_RATE, SAMPLE_RATE, BandSpectrum, band_spectrum
from genrelab.analyzer.tempo import Tempo, find_tempo
from genrelab.music.analysis import Interval


def rhythm_of(pattern: Pattern) -> Rhythm:
    seconds = len(pattern.samples) / SAMPLE_RATE
    return find_rhythm(band_spectrum(pattern.samples), one_segment(seconds))


def f_measure(pattern: Pattern, rhythm: Rhythm) -> float:
    starts = np.array([beat.start for beat in rhythm.beats])
    return mir_eval.beat.f_measure(pattern.beats, starts, f_measure_threshold=0.035)


@pytest.mark.parametrize("bpm", [60, 87, 120, 144, 173, 200])
def test_clicks_are_the_beats(bpm: int) -> None:
    pattern = clicks(bpm)
    rhythm = rhythm_of(pattern)
    assert rhythm.tempo == pytest.approx(bpm, rel=0.01)
    assert f_measure(pattern, rhythm) > 0.97


@pytest.mark.parametrize("bpm", [80, 97, 120, 150, 173, 200])
@pytest.mark.parametrize("meter", [3, 4])
def test_drums_give_tempo_beats_and_meter(bpm: int, meter: int) -> None:
    pattern = drums(bpm, meter=meter)
    rhythm = rhythm_of(pattern)
    assert rhythm.tempo == pytest.approx(bpm, rel=0.01)
    assert f_measure(pattern, rhythm) > 0.97
    assert rhythm.time_signature == meter


def test_slow_drums_are_heard_in_eighths_at_worst() -> None:
    tempi = [rhythm_of(drums(bpm)).tempo / bpm for bpm in (60, 70)]
    assert all(min(abs(ratio - 1), abs(ratio - 2)) < 0.01 for ratio in tempi)


@pytest.mark.parametrize("meter", [3, 4])
def test_bars_start_where_chords_change(meter: int) -> None:
    pattern = chords(0, MAJOR, meter=meter)
    pitches = np.eye(12)[np.arange(len(pattern.beats)) // meter * 5 % 12]
    starts = np.append(0, pattern.beats)
    segments = plain_segments(
        starts, len(pattern.samples) / SAMPLE_RATE, pitches=np.vstack([pitches[:1], pitches])
    )
    rhythm = find_rhythm(band_spectrum(pattern.samples), segments)
    assert rhythm.time_signature == meter
    bars = np.array([bar.start for bar in rhythm.bars])
    offsets = np.abs(bars[:, None] - pattern.beats[::meter]).min(axis=1)
    assert len(bars) >= 10 and np.median(offsets) < 0.05


def test_tempo_may_drift() -> None:
    beats = np.cumsum(np.linspace(60 / 110, 60 / 125, 100))
    onsets = np.zeros(int(beats[-1] * ONSET_RATE) + 50, np.float32)
    onsets[np.round(beats * ONSET_RATE).astype(int)] = 1
    tempo = find_tempo(onsets)
    assert 60 / tempo.periods[0] == pytest.approx(110, rel=0.03)
    assert 60 / tempo.periods[-1] == pytest.approx(125, rel=0.03)
    assert mir_eval.beat.f_measure(beats, find_beats(onsets, tempo)) > 0.97


def steady(bpm: float) -> Tempo:
    return Tempo(bpm=bpm, confidence=1.0, times=np.zeros(1), periods=np.array([60 / bpm]))


def test_a_break_on_the_off_beat_does_not_turn_the_beat_around() -> None:
    halves = np.arange(0.5, 59.5, 0.25)
    on_beat = np.arange(len(halves)) % 2 == 0
    in_break = (halves > 28) & (halves < 32)
    strength = np.zeros(round(60 * ONSET_RATE), np.float32)
    steps = np.round(halves * ONSET_RATE).astype(int)
    strength[steps[on_beat != in_break]] = 1
    beats = find_beats(strength, steady(120))
    assert mir_eval.beat.f_measure(halves[on_beat], beats, f_measure_threshold=0.03) > 0.98


def test_beats_keep_their_count_where_the_phase_runs_past_a_whole_beat() -> None:
    reference = np.arange(1, 118) / 2 * 1.012 + 0.4
    strength = np.zeros(round(61 * ONSET_RATE), np.float32)
    strength[np.round(reference * ONSET_RATE).astype(int)] = 1
    beats = find_beats(strength, steady(120))
    assert abs(len(beats) - len(reference)) <= 1
    assert np.diff(beats).min() > 0.45 and np.diff(beats).max() < 0.56


def test_beat_strength_rises_with_the_loudness() -> None:
    bands = np.zeros((400, 23), np.float32)
    bands[200:] = 40
    spectrum = BandSpectrum(bands=bands, level=bands.mean(axis=1))
    strength = beat_strength(spectrum, onset_strength(spectrum))
    assert abs(int(strength.argmax()) - 100) <= 3
    assert strength.min() >= 0 and len(strength) == 200


def test_a_beat_without_an_onset_is_less_sure() -> None:
    pattern = clicks(120)
    samples = pattern.samples.copy()
    samples[int(10.4 * SAMPLE_RATE) : int(14.4 * SAMPLE_RATE)] = 0
    rhythm = rhythm_of(Pattern(samples=samples, beats=pattern.beats))
    inside = [beat.confidence for beat in rhythm.beats if 10.7 < beat.start < 14.2]
    outside = [beat.confidence for beat in rhythm.beats if beat.start < 10 or beat.start > 15]
    assert len(inside) >= 6
    assert max(inside) < 0.1
    assert min(outside) > 0.2


def test_regular_clicks_are_surer_than_noise() -> None:
    noise = np.random.default_rng(3).normal(0, 0.1, 30 * SAMPLE_RATE).astype(np.float32)
    of_noise = rhythm_of(Pattern(samples=noise, beats=np.zeros(0)))
    assert rhythm_of(clicks(120)).tempo_confidence > 0.9 > of_noise.tempo_confidence


@pytest.mark.parametrize("n", [1, 2, 50, 400, 4000])
def test_silence_has_no_rhythm(n: int) -> None:
    bands = np.zeros((n, 23), np.float32)
    spectrum = BandSpectrum(bands=bands, level=bands.mean(axis=1))
    assert find_rhythm(spectrum, one_segment(n / FRAME_RATE)) == NO_RHYTHM


def test_music_has_beats_only_where_it_sounds() -> None:
    samples = np.concatenate([np.zeros(10 * SAMPLE_RATE, np.float32), clicks(120).samples])
    rhythm = rhythm_of(Pattern(samples=samples, beats=np.zeros(0)))
    assert rhythm.beats[0].start == pytest.approx(10.5, abs=0.6)


def test_onsets_are_read_nearby() -> None:
    onsets = np.zeros(100, np.float32)
    onsets[50] = 2.0
    times = np.array([48, 50, 53, -9, 400]) / ONSET_RATE
    assert strength_at(onsets, times, within=2 / ONSET_RATE).tolist() == [2, 2, 0, 0, 0]


def test_no_tempo_means_no_beats() -> None:
    still = Tempo(bpm=0.0, confidence=0.0, times=np.zeros(1), periods=np.zeros(1))
    assert len(find_beats(np.zeros(50, np.float32), still)) == 0


@cache
def loud_noise(n: int, seed: int) -> BandSpectrum:
    rng = np.random.default_rng(seed)
    bands = rng.uniform(0, 60, (n, 23)).astype(np.float32) * (rng.random((n, 1)) < 0.1)
    return BandSpectrum(bands=bands.astype(np.float32), level=bands.mean(axis=1))


def assert_tiles(intervals: tuple[Interval, ...], bounds: set[float] | None, until: float) -> None:
    for left, right in pairwise(intervals):
        assert left.start + left.duration == pytest.approx(right.start, abs=1e-9)
    for interval in intervals:
        assert interval.start >= 0 and interval.duration > 0
        assert interval.start + interval.duration <= until + 1e-5
        assert 0 <= interval.confidence <= 1
        assert bounds is None or interval.start in bounds


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 6000), seed=st.integers(0, 5))
def test_intervals_are_contiguous_and_nest(n: int, seed: int) -> None:
    seconds = n / FRAME_RATE
    rhythm = find_rhythm(loud_noise(n, seed), one_segment(seconds))
    assert_tiles(rhythm.tatums, None, seconds)
    assert_tiles(rhythm.beats, {tatum.start for tatum in rhythm.tatums}, seconds)
    assert_tiles(rhythm.bars, {beat.start for beat in rhythm.beats}, seconds)
    assert len(rhythm.tatums) == TATUMS_PER_BEAT * len(rhythm.beats)
    assert rhythm.time_signature in {0, 1, 3, 4}
    assert 0 <= rhythm.tempo_confidence <= 1 and 0 <= rhythm.time_signature_confidence <= 1
    assert (rhythm.tempo > 0) == bool(rhythm.beats) == (rhythm.time_signature > 0)


def test_the_quietest_band_does_not_matter_most() -> None:
    bands = np.zeros((400, 23), np.float32)
    bands[100::40] += 30
    bands[:, 22] = 0
    bands[215, 22] = 1
    onsets = onset_strength(BandSpectrum(bands=bands, level=bands.mean(axis=1)))
    assert onsets[50] > 10 * onsets[108]
