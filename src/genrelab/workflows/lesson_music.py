"""Lesson music: a folder's songs, brought into a corpus, analyzed and counted.

Conventions
-----------
The folder is what is learned from: a song that is no longer in it is forgotten. Whatever
cannot be read is told in a sentence, and the rest goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from genrelab.errors import DataError, UsageError
from genrelab.learning.pools import MIN_GROUPS
from genrelab.learning.recipes import Recipe
from genrelab.learning.runs import Run
from genrelab.music.corpus import Corpus
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.music.tracks import Track, artist_groups
from genrelab.progress import Progress
from genrelab.sources.collecting import collect, known_genres
from genrelab.sources.folder import FolderSource, GenreFrom
from genrelab.workflows.corpus_analyses import analyze_corpus

FEW_UNKNOWN = 0.05  # share of songs without artist that cannot change a result much


@dataclass(frozen=True, slots=True, kw_only=True)
class Music:
    """Where the songs are, and what says their genres; see `FolderSource`."""

    folder: Path
    labels: Path | None = None
    genre_from: GenreFrom | None = None
    genres: tuple[str, ...] = ()
    table: GenreTable = SHIPPED_GENRES


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """How much labelled and analyzed music there is.

    Attributes
    ----------
    tracks, artists : Counter
        How many a genre has; a track of an unknown artist counts as an artist of its own.
    without_artist : int
        Tracks whose artist is unknown.
    """

    tracks: Counter[str]
    artists: Counter[str]
    without_artist: int


def take_census(corpus: Corpus, *, analyzed: bool = True) -> Census:
    """Count the tracks that can be learned from, or that could be once they are analyzed."""
    has_segments = corpus.segment_counts()
    tracks = [
        track
        for track in corpus.tracks()
        if track.genre and (has_segments.get(track.id) or not analyzed)
    ]
    by_genre = {(track.genre, group) for track, group in _grouped(tracks)}
    return Census(
        tracks=Counter(str(track.genre) for track in tracks),
        artists=Counter(str(genre) for genre, _ in by_genre),
        without_artist=sum(not (track.artist or track.artist_id) for track in tracks),
    )


def _grouped(tracks: list[Track]) -> list[tuple[Track, str]]:
    return list(zip(tracks, artist_groups(tracks), strict=True))


def gather_songs(music: Music, corpus: Corpus, progress: Progress) -> Iterator[str]:
    """Bring the folder's songs into the corpus; yield what cannot be read."""
    _refuse_other_folder(music.folder, corpus)
    source = FolderSource(
        music.folder,
        labels=music.labels,
        genre_from=music.genre_from,
        table=music.table,
        progress=progress,
    )
    summary = collect(source, corpus, table=music.table, genres=music.genres, progress=progress)
    yield from summary.faults
    if summary.n_faults > len(summary.faults):
        yield f"{summary.n_faults - len(summary.faults)} more recordings cannot be read"
    _forget_absent(corpus)
    if summary.absent_genres:
        there = ", ".join(known_genres(corpus)) or "none"
        raise UsageError(
            f"--genres: no song is {summary.absent_genres[0]!r}; the genres found are {there}"
        )


def _refuse_other_folder(folder: Path, corpus: Corpus) -> None:
    inside = folder.absolute()
    for track in corpus.tracks():
        path = Path(track.audio_path or "")
        if not path.is_relative_to(inside) and not _is_gone(path):
            raise UsageError(
                f"{corpus.path}: holds songs of another folder ({path}); choose another -o"
            )


def _is_gone(path: Path) -> bool:
    """Tell whether a file is not there; one that may not be looked at is."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _forget_absent(corpus: Corpus) -> None:
    """Take out songs that are no longer in the folder; should they return, they are read anew."""
    absent = [t.id for t in corpus.tracks() if t.audio_path and _is_gone(Path(t.audio_path))]
    if not absent:
        return
    with corpus.transaction():
        for track_id in absent:
            stored = corpus.stored(track_id)
            corpus.remove(track_id)
            if stored and stored.import_id is not None:
                corpus.journal.forget(stored.import_id)


def refuse_hopeless(census: Census, recipe: Recipe, folder: Path, failures: Sequence[str]) -> None:
    """Stop before an hour of analyzing where nothing could be learned from the result.

    Parameters
    ----------
    failures : sequence of str
        What could not be read so far, which may be why.

    Raises
    ------
    DataError
        If there are not two genres of enough songs by enough artists.
    """
    unread = f"; {len(failures)} could not be read, the first: {failures[0]}" if failures else ""
    if not census.tracks:
        raise DataError(
            f"{folder}: no song has a genre and can be heard; put songs into folders named by "
            f"their genre, or say the genres with --labels CSV or --genre-from tags{unread}"
        )
    if len(census.tracks) == 1:
        [(genre, n)] = census.tracks.items()
        raise DataError(
            f"{folder}: {'the only song' if n == 1 else f'all {n} songs'} with a genre "
            f"{'is' if n == 1 else 'are'} {genre}; telling genres apart needs at least two{unread}"
        )
    n_artists = MIN_GROUPS if recipe.group == "artist" else 0
    enough = [
        genre
        for genre, n in census.tracks.items()
        if n >= recipe.min_tracks and census.artists[genre] >= n_artists
    ]
    if len(enough) < 2 and not recipe.split:
        there = ", ".join(
            f"{genre} {n} songs by {census.artists[genre]}"
            for genre, n in census.tracks.most_common()
        )
        raise DataError(
            f"{folder}: {f'{enough[0]} alone' if enough else 'no genre'} has at least "
            f"{recipe.min_tracks} songs by {MIN_GROUPS} artists, and telling genres apart needs "
            f"two such genres; add songs ({there} artists){unread}"
        )


def analyze_songs(corpus: Corpus, jobs: int | None, progress: Progress) -> Iterator[str]:
    """Analyze what is not analyzed yet; yield what cannot be."""
    for outcome in analyze_corpus(corpus, jobs=jobs, progress=progress):
        if outcome.status == "failed" and outcome.sentence:
            yield outcome.sentence


def artist_remarks(census: Census, run: Run) -> Iterator[str]:
    """Say where artists cannot be kept apart because nobody knows them."""
    n, unknown = sum(census.tracks.values()), census.without_artist
    if not unknown or run.recipe.group != "artist":
        return
    if unknown <= FEW_UNKNOWN * n:
        yield f"The artist of {unknown} of {n} songs is unknown; each counts as one of its own."
        return
    many = (
        "No song's artist is known"
        if unknown == n
        else f"The artist of {unknown} of {n} songs is unknown"
    )
    yield (
        f"{many}, so songs by one artist may have been both learned from and tested on, which "
        "makes a model look better than it is: give artists in --labels or in the files' tags."
    )
