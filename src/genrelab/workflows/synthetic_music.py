"""Synthetic music: a small labelled collection of sound files that genrelab plays itself.

Conventions
-----------
``FOLDER/<Genre>/<nn artist - title>.flac``, 16 bits, mono, with title, artist, genre, album
and comment in its tags, and ``FOLDER/labels.csv`` (path, genre, artist, title), which
``genrelab collect folder FOLDER --labels FOLDER/labels.csv`` takes. Names, album and
comment say that it is synthetic. A file is complete or absent; one that stands and was
made in the same way is left as it is. The labels are those of the last call's pieces.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from genrelab.music.genres import PAPER_GENRES
from genrelab.progress import Progress, silent
from genrelab.sources.synthetic.rendering import DURATION, SR, Rendering, render_piece
from genrelab.sources.synthetic.songs import Piece, check_request, draw_piece
from genrelab.tables import Table, render
from genrelab.workflows.writing import write_whole, writing_to

LABELS_FILE = "labels.csv"
ALBUM = "genrelab synthetic"
_VERSION = 1  # of the pieces: a higher one replaces what an older one wrote


def render_collection(
    folder: str | Path,
    *,
    genres: Sequence[str] = PAPER_GENRES,
    pieces_per_genre: int = 12,
    seed: int = 0,
    duration: float = DURATION,
    progress: Progress = silent,
) -> list[Path]:
    """Play synthetic pieces of every genre into a folder; run again, go on where it stopped.

    Parameters
    ----------
    folder : path-like
        Made if it is not there. What else lies in it is left alone.
    genres : sequence of str
        Some of the paper's eight.
    pieces_per_genre : int
    seed : int
        0 or more; another seed makes other artists and pieces under other names.
    duration : float
        Seconds of each piece, 1 to 600.
    progress : Progress
        In pieces.

    Returns
    -------
    list of Path
        The sound files, genre by genre.

    Raises
    ------
    UsageError
        If a genre has no style, a number is out of range, or nothing can be written there.
    GenrelabError
        If the disk is full or failing.
    """
    folder = Path(folder)
    check_request(genres, seed=seed, pieces_per_genre=pieces_per_genre)
    pieces = [
        (number, draw_piece(genre, number, seed=seed))
        for genre in genres
        for number in range(1, pieces_per_genre + 1)
    ]
    paths = [folder / piece.genre / _file_name(number, piece) for number, piece in pieces]
    comment = f"{ALBUM}, version {_VERSION}, {duration:g} s: made by a program, not by musicians"
    for done, ((number, piece), path) in enumerate(zip(pieces, paths, strict=True)):
        progress("rendering", done, len(pieces))
        if _comment(path) != comment:
            rendering = render_piece(piece.genre, number, seed=seed, duration=duration)
            with writing_to(path):
                path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, partial(_write_flac, rendering, comment))
    _write_labels(folder, [piece for _, piece in pieces], paths)
    progress("rendering", len(pieces), len(pieces))
    return paths


def _file_name(number: int, piece: Piece) -> str:
    return f"{number:02d} {piece.artist_name} - {piece.title}.flac"


def _comment(path: Path) -> str | None:
    """Return how a file that stands was made, None for one that is absent or not ours."""
    import soundfile

    if not path.is_file():
        return None
    try:
        with soundfile.SoundFile(path) as file:
            return str(file.comment)
    except soundfile.LibsndfileError:
        return None


def _write_flac(rendering: Rendering, comment: str, path: Path) -> None:
    import soundfile

    encoded = io.BytesIO()  # since libsndfile does not say what is wrong with a path or a disk
    with soundfile.SoundFile(encoded, "w", SR, 1, format="FLAC", subtype="PCM_16") as file:
        file.title, file.artist = rendering.title, rendering.artist
        file.genre, file.album, file.comment = rendering.genre, ALBUM, comment
        file.write(rendering.samples)
    path.write_bytes(encoded.getvalue())


def _write_labels(folder: Path, pieces: Sequence[Piece], paths: Sequence[Path]) -> None:
    rows = [
        (path.relative_to(folder).as_posix(), piece.genre, piece.artist_name, piece.title)
        for piece, path in zip(pieces, paths, strict=True)
    ]
    table = Table(title="labels", columns=("path", "genre", "artist", "title"), rows=rows)
    text = render(table, "csv")
    write_whole(folder / LABELS_FILE, lambda path: path.write_text(text, encoding="utf-8"))
