"""Rendering: pieces that last as long as asked, differ, and are heard for what they are."""

from __future__ import annotations

import numpy as np
import pytest
from tests.sources.synthetic.spectra import SR, rms, share

from genrelab.analyzer.pipeline import analyze_samples
from genrelab.errors import UsageError
from genrelab.music.genres import PAPER_GENRES
from genrelab.sources.synthetic.drums import Kit
from genrelab.sources.synthetic.grooves import GROOVES
from genrelab.sources.synthetic.instruments import INSTRUMENTS
from genrelab.sources.synthetic.rendering import PEAK, drum_track, pitched_track, render_piece
from genrelab.sources.synthetic.scores import Note
from genrelab.sources.synthetic.songs import MAX_TRACKS_PER_ARTIST

NUMBERS = (1, 4)


@pytest.fixture(scope="module")
def pieces():
    return {(g, k): render_piece(g, k, seed=5) for g in PAPER_GENRES for k in NUMBERS}


@pytest.fixture(scope="module")
def analyses(pieces):
    return {key: analyze_samples(piece.samples, piece.sr) for key, piece in pieces.items()}


def test_a_piece_is_sound_and_nothing_else(pieces):
    for piece in pieces.values():
        assert piece.samples.dtype == np.float32
        assert piece.samples.shape == (20 * SR,)
        assert np.isfinite(piece.samples).all()
        assert np.abs(piece.samples).max() <= PEAK
        assert abs(piece.samples.mean()) < 3e-3
        seconds = piece.samples.reshape(20, SR)
        assert min(rms(second) for second in seconds) > 0.005, piece.title


def test_levels_are_a_recordings_and_vary(pieces):
    levels = np.array([20 * np.log10(rms(piece.samples)) for piece in pieces.values()])
    assert ((levels > -25) & (levels < -9)).all()
    assert levels.mean() == pytest.approx(-16.5, abs=1.5)
    assert levels.std() > 0.7


@pytest.mark.parametrize(("duration", "sr"), [(1.0, 22_050), (2.345, 44_100), (3.7, 16_000)])
def test_a_piece_lasts_as_long_as_asked(duration, sr):
    piece = render_piece("Pop", 2, duration=duration, sr=sr)
    assert (len(piece.samples), piece.sr) == (round(duration * sr), sr)
    assert np.isfinite(piece.samples).all()


def test_a_piece_is_the_same_whatever_was_rendered_before(pieces):
    for genre in ("Metal", "Hip-Hop", "Classical"):
        again = render_piece(genre, 4, seed=5)
        np.testing.assert_array_equal(again.samples, pieces[genre, 4].samples)


def test_another_number_or_seed_is_another_piece(pieces):
    piece = pieces["Jazz", 1]
    others = [pieces["Jazz", 4], render_piece("Jazz", 2, seed=5), render_piece("Jazz", 1, seed=6)]
    for other in others:
        assert other.title != piece.title
        assert abs(np.corrcoef(piece.samples, other.samples)[0, 1]) < 0.1


def test_names_say_synthetic_and_artists_have_a_few_pieces_each(pieces):
    for (genre, number), piece in pieces.items():
        assert piece.genre == genre
        assert piece.title == f"Synthetic {genre} 5.{number}"
        assert piece.artist.startswith(f"Synthetic {genre} Artist 5.")
    artists = [render_piece("Blues", k, duration=1.0).artist for k in range(1, 16)]
    counts = [artists.count(artist) for artist in artists[:-MAX_TRACKS_PER_ARTIST]]
    assert set(counts) <= set(range(1, MAX_TRACKS_PER_ARTIST + 1))
    assert len(set(counts)) > 1


def test_the_analyzer_hears_the_tempo(pieces, analyses):
    with_drums = [key for key in pieces if GROOVES[key[0]]]
    ratios = np.array([analyses[key].track.tempo / pieces[key].tempo for key in with_drums])
    octave = np.any([np.abs(ratios / factor - 1) < 0.04 for factor in (0.5, 1, 2)], axis=0)
    assert np.mean(octave) > 0.85
    assert np.mean(np.abs(ratios - 1) < 0.04) > 0.5


def test_the_analyzer_hears_the_key(pieces, analyses):
    right = [analyses[key].track.key == piece.key for key, piece in pieces.items()]
    assert np.mean(right) > 0.8


def test_styles_differ_where_they_should(pieces):
    def mean(genre, low, high):
        return np.mean([share(pieces[genre, k].samples, low, high) for k in NUMBERS])

    assert mean("Hip-Hop", 0, 150) > 2 * mean("Country", 0, 150)
    assert mean("Classical", 4000, 11_000) < 0.2 * mean("Metal", 4000, 11_000)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_a_note_ends_without_a_click(name):
    instrument = INSTRUMENTS[name]
    note = Note(start=0.1, duration=0.2, velocity=1.0, pitches=(instrument.lowest + 7,))
    rng = np.random.default_rng(0)
    track = pitched_track([note], instrument, SR, SR, brightness=0.5, rng=rng)
    end = round((0.3 + instrument.release) * SR)
    assert np.abs(track[end:]).max() == 0
    steps = np.abs(np.diff(track, 2))
    assert steps[end - 20 : end + 20].max() < 0.1 * steps.max()


def test_notes_are_laid_where_they_start_and_as_loud_as_they_are():
    notes = [
        Note(start=0.25, duration=0.0, velocity=0.5, drum="kick"),
        Note(start=0.75, duration=0.0, velocity=1.0, drum="kick"),
        Note(start=0.99, duration=0.0, velocity=1.0, drum="crash"),
    ]
    track = drum_track(notes, Kit(kick_s=0.03), SR, SR, np.random.default_rng(0))
    first, second = round(0.25 * SR), round(0.75 * SR)
    assert np.abs(track[:first]).max() == 0
    length = round(0.1 * SR)
    np.testing.assert_allclose(
        2 * track[first : first + length], track[second : second + length], atol=1e-12
    )
    assert np.abs(track[round(0.99 * SR) :]).max() > 0  # cut off at the end of the piece


@pytest.mark.parametrize(
    ("genre", "number", "options", "said"),
    [
        ("Polka", 1, {}, "no synthetic style for 'Polka'; choose from Blues"),
        ("Rock", 0, {}, "number is 0; expected at least 1"),
        ("Rock", 1, {"seed": -1}, "seed is -1; expected 0 or more"),
        ("Rock", 1, {"duration": 0.5}, "a piece of 0.5 s; expected 1 to 600"),
        ("Rock", 1, {"duration": float("nan")}, "expected 1 to 600"),
        ("Rock", 1, {"sr": 8000}, "a sample rate of 8000 Hz; expected at least 16000"),
    ],
)
def test_what_cannot_be_played_is_refused(genre, number, options, said):
    with pytest.raises(UsageError, match=said):
        render_piece(genre, number, **options)
