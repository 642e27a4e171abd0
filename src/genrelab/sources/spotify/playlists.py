"""Playlists: what stands in them, asked for page by page.

Conventions
-----------
A playlist's ``snapshot_id`` is asked for before its pages and after: where the two differ the
pages may be of several versions and are read again. What cannot be read is told in a
sentence, and read by the next run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

import msgspec

from genrelab.errors import UsageError
from genrelab.progress import Progress, silent
from genrelab.sources.spotify.answer_forms import answer_form
from genrelab.sources.spotify.playlist_store import PlaylistStore
from genrelab.sources.spotify.settlement import PAGE, Playlist, settle
from genrelab.sources.spotify.sightings import Sighting, sightings_in
from genrelab.sources.spotify.web_api import Refused, Request, Unanswered, WebApi

MAX_READINGS = 5  # of a playlist that changes while it is read
MOST_PLACES = 1_000_000  # of a playlist that is believed; Spotify's take some 10,000
ROUTES = ("items", "tracks")  # since February 2026, and before
_MARKET = re.compile(r"market|country", re.IGNORECASE)
_APP = re.compile(r"premium|registered|dashboard", re.IGNORECASE)

T = TypeVar("T")
_Count = Annotated[int, msgspec.Meta(ge=0, le=MOST_PLACES)]


class _Total(msgspec.Struct):
    total: _Count | None = None


@answer_form
class _KnownTotal(msgspec.Struct):
    total: _Count


@answer_form
class _HeadForm(msgspec.Struct):
    """What Spotify says of a playlist: one of the two totals, or none if it is not one's own."""

    snapshot_id: str
    name: str | None = None
    tracks: _Total | None = None
    items: _Total | None = None

    @property
    def total(self) -> int | None:
        """How many places it has."""
        said = (part.total for part in (self.items, self.tracks) if part)
        return next((total for total in said if total is not None), None)


@dataclass(frozen=True, slots=True)
class Head:
    """A playlist's name and version, and how many places it has."""

    name: str
    snapshot_id: str
    total: int


class PlaylistReader:
    """Reads playlists into a corpus' store.

    Parameters
    ----------
    api : WebApi
    store : PlaylistStore
    progress : Progress
        Told how many places of all playlists have been read.

    Attributes
    ----------
    current : dict
        By id, the newest version of every playlist that Spotify gives.
    problems : dict
        By id, in a sentence, what cannot be read.
    """

    def __init__(self, api: WebApi, store: PlaylistStore, *, progress: Progress = silent) -> None:
        self._api = api
        self._store = store
        self._progress = progress
        self._route = ROUTES[0]
        self._refused: dict[str, Refused] = {}
        self.current: dict[str, Playlist] = {}
        self.problems: dict[str, str] = {}

    def read(self) -> None:
        """Read what is missing of all playlists.

        Raises
        ------
        TemporaryError, DataError
            As `WebApi.answers` does; what was read until then is stored.
        UsageError
            If Spotify knows no such market.
        """
        versions: Counter[str] = Counter()
        unsure = list(self._store.genres)
        while unsure:
            for playlist_id, head in self._heads(unsure).items():
                known = self.current.get(playlist_id)
                if known is not None and known.snapshot_id == head.snapshot_id:
                    self._store.finish(known)
                    if known.given_up:
                        self.problems[playlist_id] = _incomplete(known)
                    continue
                versions[playlist_id] += 1
                if versions[playlist_id] > MAX_READINGS:
                    self.problems[playlist_id] = "changes whenever it is read; try again later"
                    continue
                if known is not None:
                    self._store.forget(known)
                self.current[playlist_id] = self._store.begin(
                    playlist_id, name=head.name, snapshot_id=head.snapshot_id, total=head.total
                )
            self._read_pages()
            unsure = [
                playlist.id
                for playlist in self.current.values()
                if playlist.id not in self.problems and not self._store.is_whole(playlist)
            ]

    def _heads(self, playlist_ids: Sequence[str]) -> dict[str, Head]:
        """Ask which version each playlist has now."""
        heads: dict[str, Head] = {}
        jobs = ((one, partial(self._head, one)) for one in playlist_ids)
        for answers in self._api.answers(jobs):
            for playlist_id, answer in answers:
                if isinstance(answer, Head):
                    heads[playlist_id] = answer
                else:
                    self.problems[playlist_id] = _explained(answer)
            n_done = len(heads) + len(self.problems.keys() & set(playlist_ids))
            self._progress("asking for playlists", n_done, len(playlist_ids))
        return {one: heads[one] for one in playlist_ids if one in heads}

    def _head(self, playlist_id: str) -> Head | Refused | Unanswered:
        fields = "name,snapshot_id,tracks.total,items.total"
        params = {"fields": fields, "market": self._store.market}
        form = self._api.ask(Request(f"playlists/{playlist_id}", _head_form, params))
        if not isinstance(form, _HeadForm):
            return self._unless_market(form)
        total: int | Refused | Unanswered | None = form.total
        if total is None:
            total = self._page(playlist_id, _total, offset=0, limit=1)
        if not isinstance(total, int):
            return total
        return Head(form.name or playlist_id, form.snapshot_id, total)

    def _unless_market(self, answer: Refused | Unanswered) -> Refused | Unanswered:
        """Return a refusal, unless the market is what is refused."""
        if (
            isinstance(answer, Refused)
            and answer.status == HTTPStatus.BAD_REQUEST
            and self._store.market is not None
            and _MARKET.search(answer.message)
        ):
            raise UsageError(
                f"market {self._store.market!r}: Spotify knows no such market; expected a "
                "country's two letters, such as 'DE'"
            )
        return answer

    def _read_pages(self) -> None:
        """Read the pages that are missing, until nothing more is missing."""
        while True:
            playlists = [self.current[one] for one in self._store.genres if one in self.current]
            missing = settle(playlists, self._store.limits).missing
            if not missing:
                return
            n_places = sum(playlist.total for playlist in playlists)
            jobs = (
                ((playlist, offset), partial(self._page, playlist.id, sightings_in, offset=offset))
                for playlist, offset in missing
            )
            for answers in self._api.answers(jobs):
                self._keep(answers)
                n_read = sum(len(page) for one in playlists for page in one.pages.values())
                self._progress("reading playlists", n_read, n_places)

    def _keep(
        self, answers: Sequence[tuple[tuple[Playlist, int], list[Sighting] | Refused | Unanswered]]
    ) -> None:
        pages = []
        for (playlist, offset), answer in answers:
            if isinstance(answer, list):
                pages.append((playlist, offset, answer))
            else:
                playlist.given_up.add(offset)
                is_all = isinstance(answer, Refused) and not playlist.pages
                where = "" if is_all else f"{_places_given_up(playlist)}: "
                self.problems[playlist.id] = f"{where}{_explained(answer)}"
        self._store.add(pages)
        for playlist, offset, _ in pages:
            if playlist.lacking(offset):  # which may be since the playlist has just changed
                playlist.given_up.add(offset)

    def _page(
        self, playlist_id: str, read: Callable[[Any], T], *, offset: int, limit: int = PAGE
    ) -> T | Refused | Unanswered:
        """Ask for a page by the route that served last, or else by the other one.

        Where both refuse one page of a playlist, they are not asked for the others.
        """
        if playlist_id in self._refused:
            return self._refused[playlist_id]
        params = {
            "offset": offset,
            "limit": limit,
            "additional_types": "track,episode",
            "market": self._store.market,
        }
        route = self._route
        answer = self._api.ask(Request(f"playlists/{playlist_id}/{route}", read, params))
        if isinstance(answer, Refused) and answer.status in (
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
        ):
            other = next(one for one in ROUTES if one != route)
            second = self._api.ask(Request(f"playlists/{playlist_id}/{other}", read, params))
            if isinstance(second, Unanswered):
                return second  # which may be well again later; that the first route is gone, not
            if not isinstance(second, Refused):
                self._route = other
                return second
            self._refused[playlist_id] = answer
        return answer


def _head_form(answer: Any) -> _HeadForm:
    return msgspec.convert(answer, _HeadForm)


def _total(answer: Any) -> int:
    return msgspec.convert(answer, _KnownTotal).total


def _places_given_up(playlist: Playlist) -> str:
    """Name the places of the pages that cannot be had, or not whole."""
    spans: list[list[int]] = []
    for offset in sorted(playlist.given_up):
        end = offset + playlist.size(offset)
        if spans and spans[-1][1] == offset:
            spans[-1][1] = end
        else:
            spans.append([offset, end])
    said = [f"{first + 1} to {end}" if end > first + 1 else f"{end}" for first, end in spans]
    n_places = sum(end - first for first, end in spans)
    return f"{'place' if n_places == 1 else 'places'} {', '.join(said)}"


def _incomplete(playlist: Playlist) -> str:
    n_lacking = sum(playlist.lacking(offset) for offset in playlist.given_up)
    return (
        f"{_places_given_up(playlist)}: Spotify counts {n_lacking} more than it gives; run the "
        "same command again later"
    )


def _explained(answer: Refused | Unanswered) -> str:
    """Say why something of a playlist cannot be read, and what to do."""
    if isinstance(answer, Unanswered):
        return f"{answer.sentence}; run the same command again later"
    said = answer.sentence
    if answer.status == HTTPStatus.NOT_FOUND:
        return (
            f"not given by Spotify ({said}): since 27 November 2024 its own editorial playlists "
            "are closed to new apps; else the id is wrong, or it is a private playlist, which "
            "--as-user may read"
        )
    if answer.status == HTTPStatus.FORBIDDEN and _APP.search(answer.message):
        return (
            f"Spotify gives this app nothing ({said}); see to the app and its users at "
            "developer.spotify.com/dashboard"
        )
    if answer.status == HTTPStatus.FORBIDDEN:
        return (
            f"items not given by Spotify ({said}): since February 2026 only owners and "
            "collaborators get them; log in as one of them with --as-user, or copy the tracks "
            "into a playlist of your own"
        )
    return f"not given by Spotify ({said})"
