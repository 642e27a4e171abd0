"""Scores: patterns that can be played, and what they come to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from genrelab.music.genres import PAPER_GENRES
from genrelab.sources.synthetic.arrangements import ARRANGEMENTS, ROLES
from genrelab.sources.synthetic.drums import DRUMS, KITS
from genrelab.sources.synthetic.ensembles import draw_ensemble
from genrelab.sources.synthetic.grooves import FILLS, GROOVES, steps_of
from genrelab.sources.synthetic.harmony import chord_at, chord_pitches, hz_of, tone_pitch
from genrelab.sources.synthetic.instruments import INSTRUMENTS
from genrelab.sources.synthetic.scores import MELODY_RANGE, STROKES, arrange
from genrelab.sources.synthetic.songs import draw_piece
from genrelab.sources.synthetic.styles import STYLES

PITCHED = set(ROLES) - {"drums"}
DURATION = 20.0


def score_of(genre, *, seed=1, looseness=0.0, **song_values):
    piece = draw_piece(genre, 1, seed=0, largest_lean=0.0)
    song = replace(piece.song, **song_values)
    players = draw_ensemble(genre, piece.artist, np.random.default_rng(0)).players
    rng = np.random.default_rng(seed)
    parts = arrange(song, players, looseness=looseness, duration=DURATION, rng=rng)
    return song, players, parts


@pytest.mark.parametrize("genre", PAPER_GENRES)
def test_every_pattern_can_be_played(genre):
    meter = STYLES[genre].beats_per_bar
    arrangement = ARRANGEMENTS[genre]
    assert set(arrangement.patterns) == set(arrangement.levels) - {"drums"} == PITCHED
    for role, patterns in arrangement.patterns.items():
        symbols = "n_." if role == "lead" else "rtfsocma_."
        for pattern in patterns:
            assert set(pattern) <= set(symbols), pattern
            assert len(pattern) % meter == 0, pattern
            assert pattern[0] != "_", pattern
    for groove in GROOVES[genre]:
        assert set(groove) <= set(DRUMS)
        for pattern in groove.values():
            assert set(pattern) <= {*STROKES, "."}
            assert len(pattern) % meter == 0


def test_every_player_can_be_hired_and_every_fill_played():
    for arrangement in ARRANGEMENTS.values():
        assert set(arrangement.players) == PITCHED | {"kits"}
        assert set(arrangement.players["kits"]) <= set(KITS)
        for role in PITCHED:
            assert set(arrangement.players[role]) <= set(INSTRUMENTS)
    for steps, patterns in FILLS.items():
        for pattern in patterns:
            assert set(pattern) <= {*STROKES, "."}
            assert len(pattern) == steps


@pytest.mark.parametrize("genre", PAPER_GENRES)
def test_notes_lie_within_the_excerpt_and_the_instruments(genre):
    _, players, parts = score_of(genre, looseness=0.01)
    assert {"bass", "comp"} <= set(parts) <= set(ROLES)
    assert ("drums" in parts) == bool(GROOVES[genre])
    for role, notes in parts.items():
        assert len(notes) >= 5
        for note in notes:
            assert 0 <= note.start < DURATION
            assert 0 < note.velocity <= 1
            if role == "drums":
                assert note.drum in DRUMS
                continue
            lowest = INSTRUMENTS[players[role]].lowest
            assert note.duration > 0
            assert lowest - 1 <= min(note.pitches)
            assert max(note.pitches) <= lowest + 23
            if role == "lead":
                assert max(note.pitches) <= lowest + MELODY_RANGE + 6


@pytest.mark.parametrize(("genre", "per_beat"), [("Rock", 4), ("Pop", 4), ("Blues", 3)])
def test_a_steady_beat_stands_on_its_grid(genre, per_beat):
    song, _, parts = score_of(genre)
    for notes in parts.values():
        steps = np.array([note.start for note in notes]) * song.tempo / 60 * per_beat
        np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)


def test_hip_hop_swings():
    song, _, parts = score_of("Hip-Hop")
    sixteenths = np.array([note.start for note in parts["drums"]]) * song.tempo / 60 * 4
    late = {round(float(step % 2), 6) for step in sixteenths}
    assert late == {0.0, 1 + ARRANGEMENTS["Hip-Hop"].swing}


def test_four_on_the_floor_kicks_on_every_beat():
    song, _, parts = score_of("Pop")
    kicks = {
        round(note.start * song.tempo / 60, 6) for note in parts["drums"] if note.drum == "kick"
    }
    beats = {float(beat) for beat in range(int(DURATION * song.tempo / 60))}
    assert len(beats - kicks) < len(beats) / 2  # all but a beat of three in one of the grooves
    assert {beat for beat in beats if beat % 4 == 0} <= kicks


def test_metal_plays_no_thirds_on_distorted_guitars():
    _, players, parts = score_of("Metal")
    assert players["comp"] == "distorted guitar"
    chords = [note.pitches for note in parts["comp"] if len(note.pitches) > 1]
    assert chords
    assert {tuple(np.diff(chord)) for chord in chords} == {(7, 5)}


@pytest.mark.parametrize("minor", [False, True])
def test_a_melody_keeps_to_its_key(minor):
    arrangement = ARRANGEMENTS["Classical"]
    scale = arrangement.minor_scale if minor else arrangement.scale
    degrees = [
        (note.pitches[0] - 2) % 12
        for seed in range(6)
        for note in score_of("Classical", seed=seed, minor=minor, key=2)[2].get("lead", [])
    ]
    assert len(degrees) > 80
    assert np.mean(np.isin(degrees, scale)) > 0.9  # the rest are tones of a chord


def test_fills_fit_the_meter():
    assert steps_of(GROOVES["Blues"][0]) == 12
    assert {steps_of(groove) for g in ("Country", "Rock") for groove in GROOVES[g]} == {16}


def test_chords_have_their_tones():
    assert chord_pitches((0, "major"), key=0, lowest=60) == (60, 64, 67)
    assert chord_pitches((9, "minor"), key=0, lowest=60) == (60, 64, 69)
    assert chord_pitches((7, "seventh"), key=2, lowest=57) == (57, 61, 64, 67)
    assert chord_pitches((0, "major"), key=4, lowest=40, power=True) == (40, 47, 52)


def test_tones_of_a_chord_are_found_by_name():
    for chord, above in (
        ((0, "major"), (0, 4, 7, 9, 12)),
        ((0, "minor seventh"), (0, 3, 7, 10, 12)),
        ((0, "major seventh"), (0, 4, 7, 11, 12)),
        ((0, "power"), (0, 7, 7, 9, 12)),
    ):
        assert tuple(tone_pitch(chord, tone, 0, 36) - 36 for tone in "rtfso") == above


def test_the_home_chord_tells_major_from_minor():
    for genre in set(PAPER_GENRES) - {"Metal"}:
        for minor in (False, True):
            song = replace(draw_piece(genre, 1, seed=0).song, home=genre, minor=minor)
            chords = {chord_at(song, beat) for beat in range(200)}
            home = {quality for root, quality in chords if root == 0}
            assert home, genre
            assert all(("minor" in quality) == minor for quality in home), (genre, minor, home)


def test_a_blues_has_twelve_bars():
    song = replace(draw_piece("Blues", 1, seed=0).song, home="Blues", minor=False)
    roots = [chord_at(song, 4 * bar)[0] for bar in range(8)]
    assert roots == [0, 0, 0, 0, 5, 5, 0, 0]


def test_pitches_are_tuned_to_440_hz():
    assert (hz_of(69), hz_of(57), hz_of(60)) == pytest.approx((440, 220, 261.6256))
