"""Synthetic: a small labelled collection of analyses that genrelab makes itself.

Conventions
-----------
No recording stands behind any of it, and it says so wherever it shows: ids,
titles, artists, analyzer. A track follows its genre's style (`styles`), bent
by its artist, who leans towards a neighboring genre; bars, beats and
tatums nest, segments lie on tatums, chords follow a progression, timbre keeps
the spread that real analyses have. Every track depends on the seed, its genre
and its number alone, so it stays the same whatever else is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from genrelab.music.analysis import Analysis
from genrelab.music.genres import PAPER_GENRES
from genrelab.music.tracks import Origin, Track, track_id
from genrelab.sources.findings import Entry, Found, Item
from genrelab.sources.synthetic.performances import ANALYZER, perform
from genrelab.sources.synthetic.songs import check_request, draw_piece

__all__ = ["ANALYZER", "SyntheticSource", "synthesize_track", "synthesize_tracks"]

N_SEGMENTS = (300, 900)  # fewest and most of a track
_VERSION = 1  # of the tracks made: a higher one replaces what an older one stored


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticSource:
    """The synthetic collection as a source, one item a genre, for `collect`.

    The fields are the parameters of `synthesize_tracks`.
    """

    genres: Sequence[str] = PAPER_GENRES
    tracks_per_genre: int = 60
    seed: int = 0
    name: str = "synthetic"

    def items(self) -> list[Item]:
        """Return one item a genre, its size in tracks."""
        check_request(self.genres, seed=self.seed, tracks_per_genre=self.tracks_per_genre)
        return [
            Item(
                name=f"{genre}, seed {self.seed}",
                fingerprint=f"version {_VERSION}, {self.tracks_per_genre} tracks",
                size=self.tracks_per_genre,
                entries=partial(self._entries, genre),
            )
            for genre in self.genres
        ]

    def _entries(self, genre: str, done: int) -> Iterator[Found]:
        for number in range(done + 1, self.tracks_per_genre + 1):
            track, analysis = synthesize_track(genre, number, seed=self.seed)
            yield Entry(number, track, analysis, consumed=number)


def synthesize_tracks(
    genres: Sequence[str] = PAPER_GENRES, *, tracks_per_genre: int = 60, seed: int = 0
) -> Iterator[tuple[Track, Analysis]]:
    """Make labelled tracks and their analyses, genre by genre.

    Parameters
    ----------
    genres : sequence of str
        Some of the paper's eight genres.
    tracks_per_genre : int
    seed : int
        0 or more; another seed makes other tracks under other ids.

    Yields
    ------
    (Track, Analysis)
        300 to 900 segments that tile the track, dialect ``spotify``.

    Raises
    ------
    UsageError
        If a genre has no style, or a number is out of range.

    Examples
    --------
    >>> track, analysis = next(synthesize_tracks(["Rock"], tracks_per_genre=1))
    >>> track.id, track.genre, analysis.analyzer
    ('synthetic-rock.0.1', 'Rock', 'genrelab synthetic')
    """
    check_request(genres, seed=seed, tracks_per_genre=tracks_per_genre)
    return (
        synthesize_track(genre, number, seed=seed)
        for genre in genres
        for number in range(1, tracks_per_genre + 1)
    )


def synthesize_track(genre: str, number: int, *, seed: int = 0) -> tuple[Track, Analysis]:
    """Make one track of a genre and its analysis; ``number`` counts from 1."""
    piece = draw_piece(genre, number, seed=seed)
    n_segments = int(piece.rng.integers(N_SEGMENTS[0], N_SEGMENTS[1] + 1))
    track = Track(
        id=track_id("synthetic", f"{genre.lower()}.{seed}.{number}"),
        origin=Origin(source="synthetic", position=number),
        title=piece.title,
        artist=piece.artist_name,
        genre=genre,
    )
    return track, perform(piece.song, n_segments, piece.rng)
