"""Rendering: a synthetic piece as sound.

Conventions
-----------
Mono, float32 [n], peak below `PEAK`. Every different note of a part is made once and laid
down wherever it is played; parts are brought to their levels, then comes what happens
to a whole recording: the balance of low and high, the room, hiss, a soft limit. Nothing
was recorded: it is synthetic through and through, and its names say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.fft
from threadpoolctl import ThreadpoolController

from genrelab.errors import UsageError
from genrelab.music.segments import Float32, Float64
from genrelab.sources.synthetic.drums import DRUMS, Kit
from genrelab.sources.synthetic.ensembles import Ensemble, draw_ensemble
from genrelab.sources.synthetic.harmony import hz_of
from genrelab.sources.synthetic.instruments import INSTRUMENTS, Instrument
from genrelab.sources.synthetic.oscillators import filtered_by, noise
from genrelab.sources.synthetic.scores import Note, arrange
from genrelab.sources.synthetic.songs import Piece, check_request, draw_piece, random_of

SR = 22_050
DURATION = 20.0
PEAK = 0.9
LARGEST_LEAN = 0.06  # less than in analyses: instruments and mixes tell artists apart, too
SHORTEST, LONGEST = 1.0, 600.0  # seconds
LOWEST_SR = 16_000  # Hz, that cymbals have room
FADE_IN, FADE_OUT = 0.005, 0.05  # seconds: an excerpt starts and ends without a click
RUMBLE_HZ = 25.0  # below, nothing is recorded
TILT_HZ = 900.0  # between low and high
ROOM_HZ = (250.0, 5000.0)  # what a room gives back


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A synthetic piece that can be heard.

    Attributes
    ----------
    title, artist, genre : str
    tempo : float
        Beats a minute.
    key : int
        0 to 11, C to B.
    minor : bool
    beats_per_bar : int
    sr : int
    samples : float32 [n]
    """

    title: str
    artist: str
    genre: str
    tempo: float
    key: int
    minor: bool
    beats_per_bar: int
    sr: int
    samples: Float32


def render_piece(
    genre: str, number: int, *, seed: int = 0, duration: float = DURATION, sr: int = SR
) -> Rendering:
    """Play a synthetic piece.

    Parameters
    ----------
    genre : str
        One of the paper's eight.
    number : int
        From 1 on; each is another piece, and one to four in a row are of one artist.
    seed : int
        0 or more; another seed makes other artists and pieces.
    duration : float
        Seconds, 1 to 600.
    sr : int
        Sample rate in Hz, at least 16,000.

    Returns
    -------
    Rendering
        Of ``round(duration * sr)`` samples, the same every time on the same machine.

    Raises
    ------
    UsageError
        If the genre has no style, or a number is out of range.

    Examples
    --------
    >>> piece = render_piece("Jazz", 1, duration=1.0)
    >>> piece.artist, piece.samples.shape
    ('Synthetic Jazz Artist 0.1', (22050,))
    """
    check_request([genre], seed=seed, number=number)
    if not SHORTEST <= duration <= LONGEST:
        raise UsageError(f"a piece of {duration:g} s; expected {SHORTEST:g} to {LONGEST:g}")
    if sr < LOWEST_SR:
        raise UsageError(f"a sample rate of {sr} Hz; expected at least {LOWEST_SR}")
    piece = draw_piece(genre, number, seed=seed, largest_lean=LARGEST_LEAN)
    ensemble = draw_ensemble(
        genre, piece.artist, random_of(seed, genre, "ensemble", piece.artist.number)
    )
    song = piece.song
    with _blas().limit(limits=1):  # small products: threads only get in each other's way
        samples = _play(piece, ensemble, round(duration * sr), sr)
    return Rendering(
        title=piece.title,
        artist=piece.artist_name,
        genre=genre,
        tempo=song.tempo,
        key=song.key,
        minor=song.minor,
        beats_per_bar=song.style.beats_per_bar,
        sr=sr,
        samples=samples,
    )


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def _play(piece: Piece, ensemble: Ensemble, n: int, sr: int) -> Float32:
    parts = arrange(
        piece.song,
        ensemble.players,
        looseness=ensemble.looseness,
        duration=n / sr,
        rng=piece.rng,
    )
    mix = np.zeros(n)
    for role, notes in parts.items():
        if role == "drums":
            track = drum_track(notes, ensemble.kit, n, sr, piece.rng)
        else:
            instrument = INSTRUMENTS[ensemble.players[role]]
            track = pitched_track(
                notes, instrument, n, sr, brightness=ensemble.brightness[role], rng=piece.rng
            )
        mix += track * (10 ** (ensemble.levels[role] / 20) / max(_rms(track), 1e-9))
    return _produced(mix, ensemble, sr, piece.rng)


def drum_track(
    notes: Sequence[Note], kit: Kit, n: int, sr: int, rng: np.random.Generator
) -> Float64:
    """Play drums [n]: each is struck once, and that stroke repeated."""
    track = np.zeros(n)
    strokes = {drum: DRUMS[drum](kit, sr, rng) for drum in sorted({note.drum for note in notes})}
    for note in notes:
        _lay(track, strokes[note.drum], note, sr)
    return track


def pitched_track(
    notes: Sequence[Note],
    instrument: Instrument,
    n: int,
    sr: int,
    *,
    brightness: float,
    rng: np.random.Generator,
) -> Float64:
    """Play notes of an instrument [n]: each different one is made once."""
    track = np.zeros(n)
    made: dict[tuple[tuple[int, ...], int], Float64] = {}
    for note in notes:
        length = round(min(note.duration, n / sr) * sr)
        known = note.pitches, length
        if known not in made:
            made[known] = _sounded(note.pitches, length, instrument, sr, brightness, rng)
        _lay(track, made[known], note, sr)
    return track


def _sounded(
    pitches: tuple[int, ...],
    length: int,
    instrument: Instrument,
    sr: int,
    brightness: float,
    rng: np.random.Generator,
) -> Float64:
    """Make a note and let it end softly."""
    release = round(instrument.release * sr)
    hz = [hz_of(pitch) for pitch in pitches]
    sound = instrument.sound(hz, length + release, sr, brightness, rng)
    sound[-release:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, release + 1) / release)
    return sound


def _lay(track: Float64, sound: Float64, note: Note, sr: int) -> None:
    """Add a sound to a track where the note starts; what lies beyond its end is cut off."""
    start = round(note.start * sr)
    end = min(len(track), start + len(sound))
    track[start:end] += note.velocity * sound[: max(0, end - start)]


def _produced(mix: Float64, ensemble: Ensemble, sr: int, rng: np.random.Generator) -> Float32:
    """Turn a mix into a recording: balance, room, hiss, loudness, limit, fades."""
    sound = _tilted(filtered_by("high", RUMBLE_HZ, sr, mix), ensemble.tilt, sr)
    sound += ensemble.wet * _room(sound, ensemble.reverb, sr, rng)
    sound *= 10 ** (ensemble.loudness / 20) / max(_rms(sound), 1e-9)
    sound += 10 ** (ensemble.hiss / 20) * rng.standard_normal(len(sound))
    limited = PEAK * np.tanh(sound / PEAK)
    rise, fall = round(FADE_IN * sr), round(FADE_OUT * sr)
    limited[:rise] *= np.linspace(0, 1, rise)
    limited[-fall:] *= np.linspace(1, 0, fall)
    return limited.astype(np.float32)


def _tilted(sound: Float64, tilt: float, sr: int) -> Float64:
    """Make low sound louder and high sound softer by so many dB."""
    low = filtered_by("low", TILT_HZ, sr, sound)
    factor = 10 ** (tilt / 20)
    return low * factor + (sound - low) / factor


def _room(sound: Float64, seconds: float, sr: int, rng: np.random.Generator) -> Float64:
    """Return what a room gives back: an echo of noise that falls 60 dB in so many seconds."""
    n = round(seconds * sr)
    echo = noise(n, sr, *ROOM_HZ, rng) * 10 ** (-3 * np.arange(n) / n)
    echo /= np.sqrt(np.sum(echo**2))
    size = scipy.fft.next_fast_len(len(sound) + n, real=True)
    spectrum = scipy.fft.rfft(sound, size) * scipy.fft.rfft(echo, size)
    return np.asarray(scipy.fft.irfft(spectrum, size)[: len(sound)], dtype=np.float64)


def _rms(sound: Float64) -> float:
    return float(np.sqrt(np.mean(sound**2)))
