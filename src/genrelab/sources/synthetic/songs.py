"""Songs: the plan of one synthetic track, its genre's style bent by artist and chance.

Conventions
-----------
Timbre in standard deviations of each coordinate, tempo in beats a minute. A piece
depends on the seed, its genre and its number alone, whoever plays it out: as an
analysis (`performances`) or as sound (`rendering`).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genrelab.errors import UsageError
from genrelab.music.segments import N_VALUES, Float64
from genrelab.sources.synthetic.styles import STYLES, Style

MAX_TRACKS_PER_ARTIST = 4

# Where timbre's spread over tracks comes from, in standard deviations of the coordinate.
GENRE_SPREAD = 1.30  # times a style's timbre
ARTIST_SPREAD = 0.20
TRACK_SPREAD = 0.15
PULSE_SPREAD = 0.60  # times a style's pulse
LARGEST_LEAN = 0.25  # how far the most extreme artist stands towards a neighboring genre


@dataclass(frozen=True, slots=True, kw_only=True)
class Artist:
    """Who plays: a number within the genre, and what is theirs alone."""

    number: int
    neighbor: str
    lean: float
    timbre: Float64
    tempo_factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Song:
    """One track's plan: its style's values after artist and chance have bent them.

    Attributes
    ----------
    home : str
        The genre whose style it is in: mostly its own, sometimes the artist's neighbor.
    key : int
        0 to 11, C to B.
    """

    home: str
    tempo: float
    offbeat: float
    noise: float
    key: int
    minor: bool
    timbre: Float64
    pulse: Float64

    @property
    def style(self) -> Style:
        """How it moves and is harmonized."""
        return STYLES[self.home]

    @property
    def tatum_s(self) -> float:
        """Length of a tatum in seconds."""
        return 60 / self.tempo / self.style.tatums_per_beat

    @property
    def tatums_per_bar(self) -> int:
        """Length of a bar in tatums."""
        return self.style.tatums_per_beat * self.style.beats_per_bar

    @property
    def tatums_per_section(self) -> int:
        """Length of a section, eight bars, in tatums."""
        return 8 * self.tatums_per_bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One synthetic piece before anybody has played it.

    Attributes
    ----------
    rng : Generator
        What the one who plays it out draws from.
    """

    genre: str
    title: str
    artist: Artist
    artist_name: str
    song: Song
    rng: np.random.Generator


def check_request(genres: Sequence[str], *, seed: int, **counts: int) -> None:
    """Refuse what cannot be made.

    Raises
    ------
    UsageError
        If a genre has no style, a count is not at least 1, or the seed is below 0.
    """
    unknown = [genre for genre in genres if genre not in STYLES]
    if unknown:
        raise UsageError(f"no synthetic style for {unknown[0]!r}; choose from {', '.join(STYLES)}")
    for name, count in counts.items():
        if count < 1:
            raise UsageError(f"{name} is {count}; expected at least 1")
    if seed < 0:
        raise UsageError(f"seed is {seed}; expected 0 or more")


def draw_piece(genre: str, number: int, *, seed: int, largest_lean: float = LARGEST_LEAN) -> Piece:
    """Draw a piece of a genre, its artist and its song.

    Parameters
    ----------
    genre : str
    number : int
        From 1 on.
    seed : int
    largest_lean : float
        How far the most extreme artist stands towards a neighboring genre, 0 to 1.
    """
    rng = random_of(seed, genre, "track", number)
    artist_number = _artist_number(genre, number, seed)
    artist = draw_artist(
        genre, artist_number, random_of(seed, genre, "artist", artist_number), largest_lean
    )
    return Piece(
        genre=genre,
        title=f"Synthetic {genre} {seed}.{number}",
        artist=artist,
        artist_name=f"Synthetic {genre} Artist {seed}.{artist_number}",
        song=draw_song(genre, artist, rng),
        rng=rng,
    )


def random_of(seed: int, genre: str, what: str, number: int) -> np.random.Generator:
    """Return the random numbers that one thing of a genre is drawn from, always the same."""
    return np.random.default_rng(
        [seed, zlib.crc32(genre.encode()), zlib.crc32(what.encode()), number]
    )


def _artist_number(genre: str, track_number: int, seed: int) -> int:
    """Tell whose track it is: artists have one to four each, in a row."""
    n_tracks = random_of(seed, genre, "artists", 0).integers(
        1, MAX_TRACKS_PER_ARTIST + 1, size=track_number
    )
    return int(np.searchsorted(np.cumsum(n_tracks), track_number)) + 1


def draw_artist(
    genre: str, number: int, rng: np.random.Generator, largest_lean: float = LARGEST_LEAN
) -> Artist:
    """Draw the artist of that number in a genre."""
    return Artist(
        number=number,
        neighbor=str(rng.choice(STYLES[genre].neighbors)),
        lean=float(rng.uniform(0, largest_lean)),
        timbre=rng.normal(0, ARTIST_SPREAD, N_VALUES),
        tempo_factor=float(rng.normal(1, 0.05)),
    )


def draw_song(genre: str, artist: Artist, rng: np.random.Generator) -> Song:
    """Draw a song that an artist of a genre plays."""
    style, other, lean = STYLES[genre], STYLES[artist.neighbor], artist.lean

    def between(ours: float, theirs: float) -> float:
        return (1 - lean) * ours + lean * theirs

    tempo = rng.normal(between(style.tempo, other.tempo), style.tempo_spread)
    home = artist.neighbor if rng.random() < lean else genre
    mean, pulse = (
        (1 - lean) * np.array(getattr(style, name)) + lean * np.array(getattr(other, name))
        for name in ("timbre", "pulse")
    )
    return Song(
        home=home,
        tempo=float(np.clip(tempo * artist.tempo_factor, 60, 190)),
        offbeat=float(np.clip(rng.normal(between(style.offbeat, other.offbeat), 0.08), 0.1, 0.9)),
        noise=float(np.clip(rng.normal(between(style.noise, other.noise), 0.04), 0.02, 0.8)),
        key=int(rng.integers(12)),
        minor=bool(rng.random() < between(style.minor, other.minor)),
        timbre=GENRE_SPREAD * mean + artist.timbre + rng.normal(0, TRACK_SPREAD, N_VALUES),
        pulse=PULSE_SPREAD * pulse,
    )
