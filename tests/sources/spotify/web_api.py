"""Web API: what `/v1` answers, as a function of the request and of the catalog.

Conventions
-----------
Paths are those of Spotify's OpenAPI document. Whoever asks has been let in already. Refusals are
400 for what is malformed, 403 for what is closed, 404 for what is not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from tests.sources.spotify.catalog import Catalog, Playlist
from tests.sources.spotify.fields import select
from tests.sources.spotify.json_objects import (
    MARKETS,
    Shape,
    element_object,
    features_object,
    page_object,
    playlist_object,
    track_object,
)
from tests.sources.spotify.messages import Answer, Request, as_json, refusal

Route = Literal["items", "tracks", "both"]
PAGE = 50
BATCH = 100


class RefusedError(Exception):
    """A request that gets an error object for an answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.answer = refusal(status, message)


@dataclass(slots=True, kw_only=True)
class WebApi:
    """The documented paths; its fields are switches that may be changed while it runs.

    ``route``: under which names a playlist's items are found. ``shape``: under which name an
    element holds its item. ``closed_route_status``: what the other route answers. ``analysis``:
    open, or closed to this app (403) as since November 2024. ``batches``: whether features can be
    had for many tracks at once. ``only_own``: items only of the user's own playlists, as since
    February 2026. ``user_country``: whose market goes before the one that is asked for.
    """

    catalog: Catalog
    api_url: str
    route: Route = "items"
    shape: Shape = "item"
    closed_route_status: int = 404
    analysis: Literal["open", "closed"] = "open"
    batches: Literal["open", "closed"] = "open"
    only_own: bool = False
    user: str = "listener"
    user_country: str | None = None

    def answer(self, request: Request, *, of_user: bool) -> Answer:
        """Answer one request."""
        if request.method != "GET":
            return refusal(405, "Method not allowed")
        try:
            for pattern, respond in ROUTES:
                if match := re.fullmatch(f"/v1/{pattern}", request.path):
                    return respond(self, request, of_user, *match.groups())
        except RefusedError as refused:
            return refused.answer
        return refusal(404, "Service not found")

    def _playlist(self, request: Request, of_user: bool, id_: str) -> Answer:
        playlist, market = self._find(id_), self._market(request, of_user)
        page = self._page_of(playlist, market, 0, BATCH)
        names = {"item": ("items",), "track": ("tracks",), "both": ("items", "tracks")}[self.shape]
        body = playlist_object(playlist, dict.fromkeys(names, page), self.api_url)
        return _filtered(body, request)

    def _items(self, request: Request, of_user: bool, id_: str, route: str) -> Answer:
        if self.route not in {route, "both"}:
            raise RefusedError(self.closed_route_status, "Service not found")
        playlist, market = self._find(id_), self._market(request, of_user)
        if self.only_own and not (of_user and playlist.owner == self.user):
            raise RefusedError(403, "Forbidden")
        limit = _whole_number(request, "limit", 20, 1, PAGE)
        offset = _whole_number(request, "offset", 0, 0, 100_000)
        page = self._page_of(playlist, market, offset, limit, request, route)
        answer = _filtered(page, request)
        playlist.served_page()
        return answer

    def _page_of(
        self,
        playlist: Playlist,
        market: str | None,
        offset: int,
        limit: int,
        request: Request | None = None,
        route: str | None = None,
    ) -> dict[str, Any]:
        items = playlist.items  # an edit replaces the list, so this one holds still
        shown = items[offset : offset + limit]
        self.catalog.know(shown)
        elements = [
            element_object(item, place, shape=self.shape, market=market, api_url=self.api_url)
            for place, item in enumerate(shown, offset)
        ]
        asked = {} if request is None else request.query
        kept = {name: word for name, word in asked.items() if name not in {"limit", "offset"}}
        query = f"{urlencode(kept)}&" if kept else ""
        name = route or ("tracks" if self.route == "tracks" else "items")
        address = f"{self.api_url}/playlists/{playlist.id}/{name}?{query}"
        return page_object(elements, address=address, offset=offset, limit=limit, total=len(items))

    def _track(self, request: Request, of_user: bool, id_: str) -> Answer:
        market = self._market(request, of_user)
        song = self.catalog.songs.get(_checked(id_))
        if song is None:
            raise RefusedError(404, "Resource not found")
        return as_json(track_object(song, market, self.api_url))

    def _features_of_many(self, request: Request, of_user: bool) -> Answer:  # noqa: ARG002
        if "closed" in {self.analysis, self.batches}:
            raise RefusedError(403, "Forbidden")
        ids = [id_ for id_ in request.query.get("ids", "").split(",") if id_]
        if not ids:
            raise RefusedError(400, "ids is missing")
        if len(ids) > BATCH:
            raise RefusedError(400, "Too many ids requested")
        songs = [self.catalog.songs.get(_checked(id_)) for id_ in ids]
        features = [song and features_object(song, self.api_url) for song in songs]
        return as_json({"audio_features": features})

    def _features(self, request: Request, of_user: bool, id_: str) -> Answer:  # noqa: ARG002
        self._check_open()
        song = self.catalog.songs.get(_checked(id_))
        features = song and features_object(song, self.api_url)
        if features is None:
            raise RefusedError(404, "analysis not found")
        return as_json(features)

    def _analysis(self, request: Request, of_user: bool, id_: str) -> Answer:  # noqa: ARG002
        self._check_open()
        body = self.catalog.analysis_of(id_) if _checked(id_) in self.catalog.songs else None
        if body is None:
            raise RefusedError(404, "analysis not found")
        return as_json(body)

    def _check_open(self) -> None:
        if self.analysis == "closed":
            raise RefusedError(403, "Forbidden")

    def _find(self, id_: str) -> Playlist:
        playlist = self.catalog.playlists.get(_checked(id_))
        if playlist is None:
            raise RefusedError(404, "Resource not found")
        return playlist

    def _market(self, request: Request, of_user: bool) -> str | None:
        market = request.query.get("market")
        if market is not None and market not in MARKETS:
            raise RefusedError(400, "Invalid market code")
        return self.user_country if of_user and self.user_country else market


ROUTES: tuple[tuple[str, Callable[..., Answer]], ...] = (
    (r"playlists/([^/]+)", WebApi._playlist),
    (r"playlists/([^/]+)/(items|tracks)", WebApi._items),
    (r"tracks/([^/]+)", WebApi._track),
    (r"audio-features", WebApi._features_of_many),
    (r"audio-features/([^/]+)", WebApi._features),
    (r"audio-analysis/([^/]+)", WebApi._analysis),
)


def _filtered(body: dict[str, Any], request: Request) -> Answer:
    fields = request.query.get("fields")
    try:
        return as_json(body if fields is None else select(body, fields))
    except ValueError as error:
        raise RefusedError(400, str(error)) from error


def _checked(id_: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z]{22}", id_):
        raise RefusedError(400, "Invalid base62 id")
    return id_


def _whole_number(request: Request, name: str, default: int, least: int, most: int) -> int:
    word = request.query.get(name, str(default))
    if not word.isdecimal() or not least <= int(word) <= most:
        raise RefusedError(400, f"Invalid {name}")
    return int(word)
