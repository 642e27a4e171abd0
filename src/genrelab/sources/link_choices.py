"""Link choices: which track each recording is the audio of, by the headers of all of them.

Conventions
-----------
See `genrelab.music.matching` for what matches and who gets whom. A recording that gets no
track has a sentence that says what was looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from genrelab.music.file_names import readable
from genrelab.music.matching import (
    Candidate,
    TrackIndex,
    Traits,
    make_traits,
    pair_up,
    traits_of_name,
)
from genrelab.progress import Progress, silent
from genrelab.sources.sound_tags import SoundHeader, read_header


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The track that a recording is the audio of, or why it is none's.

    ``rival`` is the track that it might be, if that had not another recording.
    """

    track_id: str | None = None
    rival: str | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """What a recording's header was taken to say, and the tracks that it may be."""

    sought: str
    candidates: Sequence[Candidate]


def choose_tracks(
    paths: Sequence[str],
    index: TrackIndex,
    *,
    is_free: Callable[[str, str], bool],
    progress: Progress = silent,
) -> dict[str, Choice | OSError]:
    """Choose a track for each of some recordings, or say why there is none.

    Parameters
    ----------
    paths : sequence of str
    index : TrackIndex
        All tracks that may match.
    is_free : callable
        Given a track's id and a path, tells whether the one may get the other.
    progress : Progress
        Told the headers that are read.

    Returns
    -------
    dict
        By path; what kept a header from being read in a choice's place.
    """
    unread: dict[str, Choice | OSError] = {}
    heard: dict[str, _Heard] = {}
    for done, path in enumerate(paths):
        progress("reading tags", done, len(paths))
        try:
            with Path(path).open("rb") as file:
                heard[path] = _hear(read_header(file), Path(path), index)
        except OSError as error:
            unread[path] = error
    pairs = pair_up(
        {
            path: [one for one in found.candidates if is_free(one.track_id, path)]
            for path, found in heard.items()
        }
    )
    return unread | {path: _choice(found, pairs.get(path)) for path, found in heard.items()}


def _choice(heard: _Heard, track_id: str | None) -> Choice:
    if track_id is not None:
        return Choice(track_id=track_id)
    if not heard.candidates:
        return Choice(sentence=f"no track for {heard.sought}")
    rival = heard.candidates[0].track_id
    return Choice(rival=rival, sentence=f"{rival} has another recording than {heard.sought}")


def _hear(header: SoundHeader, path: Path, index: TrackIndex) -> _Heard:
    """Find the tracks that a recording may be by any reading, each by its best."""
    readings = _readings(header, path)
    ranked = sorted(
        (candidate for traits in readings for candidate in index.candidates(traits)),
        key=lambda candidate: candidate.rank,
    )
    best = {candidate.track_id: candidate for candidate in reversed(ranked)}
    candidates = sorted(best.values(), key=lambda candidate: candidate.rank)
    sought = _sought(header, path, readings)
    if not candidates:
        sought += _nearly(index, readings)
    return _Heard(sought=sought, candidates=candidates)


def _readings(header: SoundHeader, path: Path) -> list[Traits]:
    """Reduce what a file says of itself; where artist or title is missing, its name too."""
    tags = header.tags
    tagged = make_traits(
        artists=tags.artists, title=tags.title, isrc=tags.isrc, length_s=header.length_s
    )
    if tags.artists and tags.title:
        return [tagged]
    return [tagged, *traits_of_name(readable(path.stem), header.length_s)]


def _sought(header: SoundHeader, path: Path, readings: Sequence[Traits]) -> str:
    """Say what was looked for."""
    tags = header.tags
    parts = [f"ISRC {readings[0].isrc}"] if readings[0].isrc else []
    if tags.artists and tags.title:
        parts.append(f"{tags.title!r} by {', '.join(tags.artists)}")
    elif len(readings) > 1:
        parts.append(f"{readable(path.stem)!r}, which is its name")
    else:
        parts.append("a recording whose tags lack artist or title")
    return f"{', '.join(parts)}, {_length(header.length_s)}"


def _nearly(index: TrackIndex, readings: Iterable[Traits]) -> str:
    """Name the track that would match, were its length not another."""
    for traits in readings:
        track_id = index.namesake(traits)
        if track_id is not None:
            return f"; {track_id} is called so and is {_length(index.traits(track_id).length_s)}"
    return ""


def _length(length_s: float | None) -> str:
    if length_s is None:
        return "of unknown length"
    minutes, seconds = divmod(round(length_s), 60)
    return f"{minutes}:{seconds:02} long"
