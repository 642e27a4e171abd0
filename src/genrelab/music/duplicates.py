"""Duplicates: the same recording under several ids.

Conventions
-----------
Two tracks are the same recording where one of these says so: ``digest`` (their files have
the same content), ``isrc``, ``title`` (same artist and title, see `genrelab.music.titles`,
nearly the same length, and a sound that does not contradict) or ``sound`` (their analyses
agree, whatever the encoding and the dialect, or one is part of the other). What is the same
through a third track is the same. Nothing here depends on the order of tracks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Literal
from weakref import WeakKeyDictionary

from genrelab.errors import DataError
from genrelab.music.corpus import Corpus
from genrelab.music.fingerprint_matches import match_fingerprints, sound_different
from genrelab.music.fingerprints import Fingerprint, take_fingerprint
from genrelab.music.titles import plain_title
from genrelab.music.tracks import Track, joined_groups, plain_isrc, plain_name
from genrelab.progress import Progress, silent

Evidence = Literal["digest", "isrc", "title", "sound"]

NEAR_S = 3.0  # twice what one recording differed by at most between twelve pairs of copies
LONGEST_SONG_S = 900.0  # what is longer may be a mix or an album: no song is taken for its part


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two tracks that are the same recording, and what says so."""

    first: str
    second: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateGroup:
    """One recording under several ids.

    Attributes
    ----------
    track_ids : tuple of str
        At least two, sorted.
    evidence : tuple of str
        What joins them: some of ``digest``, ``isrc``, ``sound``, ``title``, sorted.
    genres : tuple of str
        Of those that have one, each once, sorted.
    kept : str
        The one to use: one with a genre before one without, then one with an analysis, then
        the longest, then the first id.

    Raises
    ------
    DataError
        If there are fewer than two ids, or the kept one is none of them.
    """

    track_ids: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    genres: tuple[str, ...]
    kept: str

    def __post_init__(self) -> None:
        if len(set(self.track_ids)) < 2 or self.kept not in self.track_ids:
            raise DataError(
                f"duplicates {', '.join(self.track_ids) or 'of nothing'}, {self.kept!r} kept; "
                "expected two ids or more, and one of them"
            )

    @property
    def is_ambiguous(self) -> bool:
        """Whether the recording stands under several genres."""
        return len(self.genres) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """All recordings of a corpus that stand under several ids, in the order of their ids."""

    groups: tuple[DuplicateGroup, ...]

    @property
    def group_of(self) -> dict[str, DuplicateGroup]:
        """The group of every track that is in one, by track id."""
        return {track_id: group for group in self.groups for track_id in group.track_ids}


_FOUND: WeakKeyDictionary[Corpus, tuple[tuple[int, int], Duplicates]] = WeakKeyDictionary()


def find_duplicates(corpus: Corpus, *, progress: Progress = silent) -> Duplicates:
    """Find the recordings that a corpus holds under several ids.

    Every analysis is read, one at a time, and its fingerprint (some 19 kB) kept meanwhile.
    An open corpus that has not changed remembers the answer.

    Parameters
    ----------
    progress : Progress
        Told the analyses read and the candidates compared.
    """
    state = corpus.state()
    known = _FOUND.get(corpus)
    if known and known[0] == state:
        return known[1]
    tracks = list(corpus.tracks())
    analyzed = sorted(track_id for track_id, n in corpus.segment_counts().items() if n)
    lengths: dict[str, float] = {}
    fingerprints: dict[str, Fingerprint] = {}
    for done, (track_id, segments) in enumerate(corpus.segments(analyzed)):
        progress("taking fingerprints", done, len(analyzed))
        lengths[track_id] = float(segments.start[-1] + segments.duration[-1])
        fingerprints[track_id] = take_fingerprint(segments)
    links = [
        *key_links(tracks),
        *title_links(tracks, fingerprints, lengths),
        *sound_links(fingerprints, lengths, progress=progress),
    ]
    found = join_duplicates(tracks, links, lengths)
    _FOUND[corpus] = state, found
    return found


def recording_keys(track: Track) -> tuple[str, ...]:
    """Name everything that tells a recording by itself: its file's digest and its ISRC."""
    keys = [f"digest {track.audio_digest}"] if track.audio_digest else []
    isrc = plain_isrc(track.isrc)
    if isrc:
        keys.append(f"isrc {isrc}")
    return tuple(keys)


def key_links(tracks: Iterable[Track]) -> Iterator[Link]:
    """Find the same recordings by their files' digests and by ISRC."""
    by_key: dict[str, list[str]] = defaultdict(list)
    for track in tracks:
        for key in recording_keys(track):
            by_key[key].append(track.id)
    for key, ids in by_key.items():
        evidence: Evidence = "digest" if key.startswith("digest ") else "isrc"
        for first, second in pairwise(sorted(ids)):
            yield Link(first=first, second=second, evidence=evidence)


def title_links(
    tracks: Iterable[Track],
    fingerprints: Mapping[str, Fingerprint],
    lengths: Mapping[str, float],
) -> Iterator[Link]:
    """Find the same recordings by artist and title: no more than `NEAR_S` apart in length.

    Two whose sound differs from beginning to end are two performances, or two parts of a
    work. Where the length of one is unknown, artist and title prove nothing.

    Parameters
    ----------
    fingerprints, lengths : mappings
        Of the analyzed tracks, by id; lengths in seconds.
    """
    by_title: dict[tuple[str, str], list[str]] = defaultdict(list)
    for track in tracks:
        title = plain_title(track.title or "")
        if track.artist and title and track.id in lengths:
            by_title[plain_name(track.artist), title].append(track.id)
    for ids in by_title.values():
        for first, second in combinations(sorted(ids), 2):
            prints = fingerprints[first], fingerprints[second]
            is_near = abs(lengths[first] - lengths[second]) <= NEAR_S
            if is_near and not sound_different(*prints, within_s=NEAR_S):
                yield Link(first=first, second=second, evidence="title")


def sound_links(
    fingerprints: Mapping[str, Fingerprint],
    lengths: Mapping[str, float],
    *,
    progress: Progress = silent,
) -> Iterator[Link]:
    """Find the same recordings by their fingerprints; lengths in seconds."""
    ids = sorted(fingerprints)
    for match in match_fingerprints([fingerprints[i] for i in ids], progress=progress):
        first, second = ids[match.first], ids[match.second]
        shorter, longer = sorted((lengths[first], lengths[second]))
        if longer <= LONGEST_SONG_S or longer - shorter <= NEAR_S:
            yield Link(first=first, second=second, evidence="sound")


def join_duplicates(
    tracks: Iterable[Track], links: Iterable[Link], lengths: Mapping[str, float]
) -> Duplicates:
    """Join linked tracks into groups and choose the one to keep of each.

    Parameters
    ----------
    lengths : mapping
        Seconds of every analyzed track, by id.
    """
    tracks, links = sorted(tracks, key=lambda track: track.id), list(links)
    pairs = [(link.first, link.second) for link in links]
    names = joined_groups([*pairs, *((track.id,) for track in tracks)])
    members: dict[str, list[Track]] = defaultdict(list)
    evidence: dict[str, set[Evidence]] = defaultdict(set)
    for name, link in zip(names, links, strict=False):  # the names of links stand first
        evidence[name].add(link.evidence)
    for name, track in zip(names[len(links) :], tracks, strict=True):
        members[name].append(track)
    return Duplicates(
        groups=tuple(
            _group(members[name], sorted(evidence[name]), lengths)
            for name in sorted(evidence, key=lambda name: members[name][0].id)
        )
    )


def _group(
    tracks: Sequence[Track], evidence: Sequence[Evidence], lengths: Mapping[str, float]
) -> DuplicateGroup:
    def preference(track: Track) -> tuple[bool, bool, float, str]:
        length = lengths.get(track.id)
        return track.genre is None, length is None, -(length or 0.0), track.id

    return DuplicateGroup(
        track_ids=tuple(track.id for track in tracks),
        evidence=tuple(evidence),
        genres=tuple(sorted({track.genre for track in tracks if track.genre})),
        kept=min(tracks, key=preference).id,
    )
