"""Matching: which recording is which track, by ISRC or by artist, title and length.

Conventions
-----------
Titles are the same where `genrelab.music.titles` says so: ``(Live)`` or ``- Radio Edit`` is
another recording, ``(2003 Remaster)`` and ``(feat. Somebody)`` are none. Artists are the same
where all that one side credits are credited on the other: files name guests as they please
(``A feat. B``, ``A & B``), catalogs often the first artist alone. Lengths are near within
`genrelab.music.duplicates.NEAR_S`: whole copies of ten recordings were up to 2.5 s longer or
shorter than those that a catalog's analyses were made from.

An ISRC that both have names the recording: neither another title nor another length parts
them, only both together, as where a whole album was tagged with one ISRC. ISRCs that differ
prove nothing, since releases of one recording get new ones.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from genrelab.music.duplicates import NEAR_S
from genrelab.music.titles import plain_title
from genrelab.music.tracks import Track, plain_isrc, plain_name

Evidence = Literal["isrc and title", "isrc", "title", "title, another isrc", "file name"]
"""What says that a recording is a track; the strongest first."""
_STRENGTH = {evidence: place for place, evidence in enumerate(get_args(Evidence))}

LONGEST_MS = 1e9  # of what a track may say; eleven days are no recording

_AND = re.compile(r"\s*[&+]\s*")
_BRACKET = re.compile(r"[()\[\]]")
_JOINT = re.compile(r"[;,/\0]|\s(?:and|x|vs\.?|with|feat\.?|ft\.?|featuring)\s", re.IGNORECASE)
_GUESTS = re.compile(
    r"\s(?:feat\.?|ft\.|featuring)\s[^()\[\]]*?(?=\s[-\u2013\u2014]\s|[(\[]|$)", re.IGNORECASE
)
_PLACE_IN_ALBUM = re.compile(r"\d{1,3}(?:\s*[-.)]\s*|\s+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What is known of a recording, reduced to what two spellings of it share.

    Attributes
    ----------
    isrc : str or None
    artist : str or None
        All artists, as one name.
    credited : frozenset of str
        Every single artist among them.
    title : str or None
    length_s : float or None
        Seconds.
    from_name : bool
        Whether artist and title are guessed from a file's name.
    """

    isrc: str | None = None
    artist: str | None = None
    credited: frozenset[str] = frozenset()
    title: str | None = None
    length_s: float | None = None
    from_name: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A track that a recording may be; ``apart_s`` (inf where unknown) parts their lengths."""

    track_id: str
    evidence: Evidence
    apart_s: float

    @property
    def rank(self) -> tuple[int, float, str]:
        """What orders candidates, the best first: evidence, then length, then id."""
        return _STRENGTH[self.evidence], self.apart_s, self.track_id


def make_traits(
    *,
    artists: Iterable[str] = (),
    title: str | None = None,
    isrc: str | None = None,
    length_s: float | None = None,
    from_name: bool = False,
) -> Traits:
    """Reduce names as they are written to traits.

    >>> make_traits(artists=["Florence + The Machine"], title="Song feat. B (Live)").title
    'songlive'
    """
    names = dict.fromkeys(name.strip() for name in artists if name.strip())
    written = [_BRACKET.sub(" ", _AND.sub(" and ", name)) for name in names]
    single = (part for name in written for part in _JOINT.split(f" {name} "))
    return Traits(
        isrc=plain_isrc(isrc),
        artist=plain_name(" and ".join(written)) if written else None,
        credited=frozenset(plain_name(name) for name in single if name.strip()),
        title=plain_title(_AND.sub(" and ", _GUESTS.sub("", title))) if title else None,
        length_s=length_s if length_s and math.isfinite(length_s) and length_s > 0 else None,
        from_name=from_name,
    )


def traits_of_track(track: Track) -> Traits:
    """Tell what is known of a track: its fields, its tags' ``artists`` and ``duration_ms``.

    Where the tags have no length, Spotify's track-level values may.
    """
    listed = track.tags.get("artists")
    names = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    features = track.audio_features or {}
    length_ms = track.tags.get("duration_ms", features.get("duration_ms"))
    is_length = isinstance(length_ms, int | float) and 0 < length_ms < LONGEST_MS
    return make_traits(
        artists=[*([track.artist] if track.artist else []), *names],
        title=track.title,
        isrc=track.isrc,
        length_s=length_ms / 1000 if is_length else None,
    )


def traits_of_name(stem: str, length_s: float | None) -> list[Traits]:
    """Guess artist and title from a file's name without its ending; empty where it tells none.

    ``Artist - Title`` it must be, perhaps behind its number on the album; where that may be
    a part of the artist (``50 Cent - Title``), both are guessed.

    >>> [one.artist for one in traits_of_name("50 Cent - Candy Shop", 209.0)]
    ['50cent', 'cent']
    """
    readings = dict.fromkeys([stem, _PLACE_IN_ALBUM.sub("", stem, count=1)])
    found = []
    for reading in readings:
        artist, dash, title = reading.replace("_", " ").partition(" - ")
        if dash and artist.strip() and not artist.strip().isdecimal():
            found.append(
                make_traits(artists=[artist], title=title, length_s=length_s, from_name=True)
            )
    return [traits for traits in found if traits.title]


class TrackIndex:
    """Tracks by what tells them.

    Parameters
    ----------
    tracks : iterable of Track
    """

    def __init__(self, tracks: Iterable[Track]) -> None:
        self._traits = {track.id: traits_of_track(track) for track in tracks}
        self._by_isrc: dict[str, list[str]] = defaultdict(list)
        self._by_title: dict[str, list[str]] = defaultdict(list)
        for track_id, traits in self._traits.items():
            if traits.isrc:
                self._by_isrc[traits.isrc].append(track_id)
            if traits.title:
                self._by_title[traits.title].append(track_id)

    @property
    def digest(self) -> str:
        """A short digest of all that can match; whether a track has a recording is no part."""
        content = hashlib.sha256()
        for track_id, traits in sorted(self._traits.items()):
            values = track_id, traits.isrc, traits.artist, sorted(traits.credited), traits.title
            content.update(repr((*values, traits.length_s)).encode())
        return content.hexdigest()[:16]

    def traits(self, track_id: str) -> Traits:
        """Return what is known of a track."""
        return self._traits[track_id]

    def candidates(self, traits: Traits) -> list[Candidate]:
        """Find the tracks that a recording may be, the best first."""
        ids = {
            *self._by_isrc.get(traits.isrc or "", ()),
            *self._by_title.get(traits.title or "", ()),
        }
        found = []
        for track_id in ids:
            known = self._traits[track_id]
            evidence = compare_traits(known, traits)
            if evidence:
                apart_s = _apart_s(known, traits)
                found.append(Candidate(track_id=track_id, evidence=evidence, apart_s=apart_s))
        return sorted(found, key=lambda candidate: candidate.rank)

    def namesake(self, traits: Traits) -> str | None:
        """Name the track of the same artist and title whose length is the nearest, if any."""
        named = [
            (_apart_s(self._traits[track_id], traits), track_id)
            for track_id in self._by_title.get(traits.title or "", ())
            if _same_artists(self._traits[track_id], traits)
        ]
        return min(named)[1] if named else None


def compare_traits(known: Traits, heard: Traits) -> Evidence | None:
    """Tell what says that a track and a recording are the same, None if nothing does."""
    apart_s = _apart_s(known, heard)
    is_titled = known.title is not None and known.title == heard.title
    is_named = is_titled and _same_artists(known, heard)
    if known.isrc and known.isrc == heard.isrc:
        has_other_title = known.title is not None and heard.title is not None and not is_titled
        if has_other_title and NEAR_S < apart_s < math.inf:
            return None
        return "isrc and title" if is_named else "isrc"
    if not is_named or apart_s > NEAR_S:
        return None
    if heard.from_name:
        return "file name"
    return "title, another isrc" if known.isrc and heard.isrc else "title"


def pair_up(candidates: Mapping[str, Sequence[Candidate]]) -> dict[str, str]:
    """Give every recording at most one track and every track at most one recording.

    The best pair of all is made first, then the best of the rest. So no pair depends on the
    order of recordings, and taking pairs away that were made leaves the others as they are.

    Parameters
    ----------
    candidates : mapping
        Of every recording, by any name that is its own.

    Returns
    -------
    dict
        Recording to id of its track.
    """
    ranked = sorted((one.rank, name) for name, those in candidates.items() for one in those)
    pairs: dict[str, str] = {}
    taken: set[str] = set()
    for (_, _, track_id), name in ranked:
        if name not in pairs and track_id not in taken:
            pairs[name] = track_id
            taken.add(track_id)
    return pairs


def _same_artists(known: Traits, heard: Traits) -> bool:
    if known.artist and known.artist == heard.artist:
        return True
    fewer, more = sorted((known.credited, heard.credited), key=len)
    return bool(fewer) and fewer <= more


def _apart_s(known: Traits, heard: Traits) -> float:
    if known.length_s is None or heard.length_s is None:
        return math.inf
    return abs(known.length_s - heard.length_s)
