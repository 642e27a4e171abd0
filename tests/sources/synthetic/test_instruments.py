"""Instruments: in tune, well behaved, and each as its kind sounds."""

from __future__ import annotations

import numpy as np
import pytest
from tests.sources.synthetic.spectra import SR, centroid, rms, share, spectrum, strongest

from genrelab.sources.synthetic.harmony import hz_of
from genrelab.sources.synthetic.instruments import INSTRUMENTS
from genrelab.sources.synthetic.tones import overdriven, pluck, sing

A4 = 440.0
SPEECH = {"rapping", "shouting"}  # which glide


def play(name, pitches, *, seconds=1.0, brightness=0.5):
    rng = np.random.default_rng(0)
    return INSTRUMENTS[name].sound(pitches, round(seconds * SR), SR, brightness, rng)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_an_instrument_plays_what_it_is_given(name):
    lowest = hz_of(INSTRUMENTS[name].lowest)
    for pitches, seconds in (([lowest], 0.05), ([lowest, 1.5 * lowest], 0.3), ([A4], 1.0)):
        for brightness in (0.0, 1.0):
            sound = play(name, pitches, seconds=seconds, brightness=brightness)
            assert sound.shape == (round(seconds * SR),)
            assert np.isfinite(sound).all()
            assert rms(sound) > 0.01
            assert abs(sound[0]) < 0.05 * np.abs(sound).max()


@pytest.mark.parametrize("name", sorted(set(INSTRUMENTS) - SPEECH))
def test_an_instrument_is_in_tune(name):
    # A comb of a quarter tone about the harmonics of 220 Hz holds nearly all of its sound;
    # an organ sounds an octave below as well.
    fundamental = 110 if name == "organ" else 220
    hz, power = spectrum(play(name, [220.0])[SR // 5 :])
    harmonic = fundamental * np.maximum(np.round(hz / fundamental), 1)
    comb = np.abs(hz - harmonic) < np.maximum(harmonic * 0.03, 10)
    assert power[comb].sum() / power.sum() > 0.85


@pytest.mark.parametrize("name", sorted(set(INSTRUMENTS) - {"rapping", "shouting", "singing"}))
def test_a_bright_player_sounds_brighter(name):
    dull, bright = (play(name, [220.0], brightness=b) for b in (0.1, 0.9))
    assert centroid(bright) > 1.02 * centroid(dull)


@pytest.mark.parametrize("name", ["nylon guitar", "steel guitar", "piano", "flute", "organ"])
def test_a4_is_440_hz(name):
    assert strongest(play(name, [A4])) == pytest.approx(A4, abs=3)


def test_a_plucked_string_fades_and_loses_its_brightness():
    sound = pluck([220.0], 2 * SR, SR, 0.5, np.random.default_rng(0))
    early, late = sound[: SR // 4], sound[SR : SR + SR // 4]
    assert rms(late) < 0.5 * rms(early)
    assert centroid(late) < centroid(early)


def test_a_string_plucked_in_its_middle_has_no_even_harmonics():
    sound = pluck([220.0], SR, SR, 0.5, np.random.default_rng(0), place=0.5, pick=0.0)
    assert share(sound, 420, 460) < 1e-4 < share(sound, 640, 680)


def test_a_bow_takes_its_time_and_a_pluck_does_not():
    first, later = slice(0, SR // 50), slice(SR // 4, SR // 2)
    strings, guitar = play("strings", [A4]), play("steel guitar", [A4])
    assert rms(strings[first]) < 0.2 * rms(strings[later])
    assert rms(guitar[first]) > rms(guitar[later])


def test_a_turned_up_amplifier_adds_what_the_strings_do_not_play():
    # Of 220 and 330 Hz, the difference: 110 Hz.
    rng = np.random.default_rng(0)
    clean = pluck([220.0, 330.0], SR, SR, 0.7, rng)
    growling = overdriven([220.0, 330.0], SR, SR, 0.7, rng, gain=10.0)
    assert share(clean, 100, 120) < 1e-6
    assert share(growling, 100, 120) > 1e-3
    assert rms(growling[SR // 2 :]) / rms(growling) > rms(clean[SR // 2 :]) / rms(clean)


def test_a_sub_bass_is_felt_more_than_heard():
    assert share(play("sub bass", [hz_of(33)], brightness=0.2)[SR // 5 :], 0, 120) > 0.9


def test_speech_falls_and_hisses():
    said = sing([120.0], SR, SR, 0.5, np.random.default_rng(1), speaking=True)
    sung = sing([120.0], SR, SR, 0.5, np.random.default_rng(1))
    start = slice(0, SR // 50)
    assert share(said[start], 1500, 11_000) > 1.5 * share(sung[start], 1500, 11_000)
