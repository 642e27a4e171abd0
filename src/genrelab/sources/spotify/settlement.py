"""Settlement: which of the sightings in playlists become tracks.

Conventions
-----------
A playlist is read in pages of `PAGE` places. What becomes of a sighting depends on all the
others: a track under two genres is ambiguous, one that stands twice counts once, and a genre
may have a limit. So pages are only kept as they come, and `settle` says what follows from
them: always the same, however often the fetching was interrupted. Positions count from 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from genrelab.sources.findings import Reason
from genrelab.sources.spotify.sightings import Sighting

PAGE = 50  # the most that Spotify gives at once


@dataclass(slots=True, kw_only=True)
class Playlist:
    """A version of a playlist, as far as it has been read.

    Attributes
    ----------
    id, name, snapshot_id, market, date : str
        ``date`` is the day on which this version was first seen.
    genres : sequence of str
        Under which it stands.
    total : int
        How many places it has.
    pages : dict
        Sightings by the number of places before them; what stands behind the total does not
        count, since it is of another version.
    given_up : set
        Of the same kind: pages that cannot be had, or not whole.
    """

    id: str
    name: str
    snapshot_id: str
    market: str | None
    date: str
    genres: Sequence[str]
    total: int
    pages: dict[int, Sequence[Sighting]] = field(default_factory=dict)
    given_up: set[int] = field(default_factory=set)

    @property
    def offsets(self) -> range:
        """Where its pages begin."""
        return range(0, self.total, PAGE)

    def page(self, offset: int) -> Sequence[Sighting]:
        """Return the sightings of a page that count; none where it is missing."""
        return self.pages.get(offset, ())[: self.size(offset)]

    def size(self, offset: int) -> int:
        """Count the places of a page, whether or not they are known."""
        return min(PAGE, self.total - offset)

    def lacking(self, offset: int) -> int:
        """Count the places of a page that are not known."""
        return self.size(offset) - len(self.page(offset))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a sighting: a track if there is no ``reason`` against it."""

    playlist: Playlist
    position: int
    sighting: Sighting
    reason: Reason | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What follows from the pages.

    Attributes
    ----------
    decisions : sequence of Decision
        In the order of the playlists and of their places.
    missing : sequence of (playlist, offset)
        Pages without which no more can be said.
    unread : mapping
        By playlist id, why the other places are not read, and how many each.
    """

    decisions: Sequence[Decision]
    missing: Sequence[tuple[Playlist, int]] = ()
    unread: Mapping[str, Mapping[Reason, int]] = field(default_factory=dict)


def settle(
    playlists: Sequence[Playlist], limits: Mapping[str, int | None], *, as_is: bool = False
) -> Settlement:
    """Decide on all sightings, or say which pages are needed for it.

    Where a genre has a limit, its pages count one after another until it is reached;
    those behind do not count, whether or not they are there. With ``as_is`` pages that are
    missing are done without.
    """
    counted = dict.fromkeys((playlist.id for playlist in playlists), 0)
    while True:
        decisions = _decide(playlists, counted, limits)
        wanted = _wanted(playlists, counted, limits, decisions)
        missing = [
            (playlist, offset)
            for playlist, offset in wanted
            if not as_is and playlist.lacking(offset) and offset not in playlist.given_up
        ]
        if missing or not wanted:
            unread = {
                playlist.id: _unread(playlist, counted[playlist.id]) for playlist in playlists
            }
            return Settlement(decisions=decisions, missing=missing, unread=unread)
        for playlist, offset in wanted:
            counted[playlist.id] = max(counted[playlist.id], offset + PAGE)


def _decide(
    playlists: Sequence[Playlist], counted: Mapping[str, int], limits: Mapping[str, int | None]
) -> list[Decision]:
    """Decide on the sightings of the first places of each playlist."""
    seen = [
        (playlist, offset + 1 + i, sighting)
        for playlist in playlists
        for offset in playlist.offsets
        if offset < counted[playlist.id]
        for i, sighting in enumerate(playlist.page(offset))
    ]
    genres: dict[str, dict[str, None]] = {}
    for playlist, _, sighting in seen:
        if sighting.kind == "track" and sighting.id:
            genres.setdefault(sighting.id, {}).update(dict.fromkeys(playlist.genres))
    kept: dict[str, str] = {}  # where each track was first seen
    n_kept: Counter[str] = Counter()
    decisions = []
    for playlist, position, sighting in seen:
        reason, sentence = _against(sighting, genres.get(sighting.id or "", {}), kept)
        if reason is None and sighting.id:
            genre = playlist.genres[0]
            limit = limits.get(genre)
            if limit is not None and n_kept[genre] >= limit:
                reason, sentence = "over the limit", f"{genre} has its {limit} tracks"
            else:
                n_kept[genre] += 1
                kept[sighting.id] = f"place {position} of playlist {playlist.id}"
        decisions.append(
            Decision(
                playlist=playlist,
                position=position,
                sighting=sighting,
                reason=reason,
                sentence=sentence,
            )
        )
    return decisions


def _unread(playlist: Playlist, counted: int) -> Mapping[Reason, int]:
    """Count the places that nothing is decided about, by why that is so."""
    unread: Counter[Reason] = Counter()
    for offset in playlist.offsets:
        if offset >= counted:
            unread["over the limit"] += playlist.size(offset)
        else:
            unread["unreadable"] += playlist.lacking(offset)
    return +unread


def _against(
    sighting: Sighting, genres: Mapping[str, None], kept: Mapping[str, str]
) -> tuple[Reason | None, str]:
    """Say what there is against a sighting, apart from limits."""
    who = " - ".join(text for text in (*(name for name, _ in sighting.artists[:1]), sighting.title)
                     if text)  # fmt: skip
    if sighting.kind != "track":
        return sighting.kind, sighting.fault or who or "nothing is there any more"
    if len(genres) > 1:
        return "two genres", f"{who or sighting.id}: {' and '.join(genres)}"
    if sighting.id in kept:
        return "duplicate id", f"{who or sighting.id}: {kept[sighting.id or '']} has it too"
    return None, ""


def _wanted(
    playlists: Sequence[Playlist],
    counted: Mapping[str, int],
    limits: Mapping[str, int | None],
    decisions: Sequence[Decision],
) -> list[tuple[Playlist, int]]:
    """Name the pages that must count too, so that every genre has its tracks."""
    n_kept = Counter(one.playlist.genres[0] for one in decisions if one.reason is None)
    wanted: dict[tuple[str, int], Playlist] = {}
    for genre in dict.fromkeys(genre for playlist in playlists for genre in playlist.genres):
        limit = limits.get(genre)
        lacking = float("inf") if limit is None else limit - n_kept[genre]
        for playlist in playlists:
            if genre not in playlist.genres:
                continue
            for offset in playlist.offsets:
                if lacking > 0 and offset >= counted[playlist.id]:
                    wanted[playlist.id, offset] = playlist
                    lacking -= playlist.size(offset)
    return [(playlist, offset) for (_, offset), playlist in wanted.items()]
