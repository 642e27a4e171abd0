"""Sightings: what stands at the places of a playlist, read from Spotify's pages.

Conventions
-----------
A page holds its elements in either of two shapes: ``item`` since February 2026, ``track``
before. What cannot be read is a sighting too, so that one odd element costs no other.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec

from genrelab.sources.spotify.answer_forms import answer_form

Kind = Literal["track", "local file", "podcast", "removed", "not in the market", "unreadable"]


class Sighting(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands at one place of a playlist, as far as it matters.

    ``artists`` are pairs of name and id; ``fault`` says what cannot be read.
    """

    kind: Kind
    id: str | None = None
    title: str | None = None
    artists: list[tuple[str | None, str | None]] = []
    album: str | None = None
    release_date: str | None = None
    isrc: str | None = None
    duration_ms: int | None = None
    explicit: bool | None = None
    added_at: str | None = None
    linked_from: str | None = None
    fault: str | None = None


class _Named(msgspec.Struct):
    name: str | None = None
    id: str | None = None
    release_date: str | None = None


class _Content(msgspec.Struct):
    """A track or an episode."""

    type: str | None = None
    id: str | None = None
    name: str | None = None
    artists: list[_Named | None] | None = None
    album: _Named | None = None
    external_ids: dict[str, Any] | None = None
    duration_ms: float | None = None
    explicit: bool | None = None
    is_local: bool | None = None
    is_playable: bool | None = None
    restrictions: dict[str, Any] | None = None
    linked_from: _Named | None = None


@answer_form
class _Element(msgspec.Struct):
    """An element of a page: ``item`` since February 2026, ``track`` before."""

    item: _Content | None = None
    track: _Content | None = None
    is_local: bool | None = None
    added_at: str | None = None


@answer_form
class _Page(msgspec.Struct):
    items: list[Any]
    total: int


def sightings_in(page: Any) -> list[Sighting]:
    """Read a page of a playlist, in either of Spotify's two shapes.

    Raises
    ------
    msgspec.ValidationError
        If it is no such page; a single element of another form is a sighting of its own kind.
    """
    return [_sighting(one) for one in msgspec.convert(page, _Page).items]


def _sighting(given: Any) -> Sighting:
    if given is None:
        return Sighting("removed")
    try:
        element = msgspec.convert(given, _Element)
    except msgspec.ValidationError as error:
        return Sighting("unreadable", fault=str(error))
    content = element.item or element.track
    if content is None:
        return Sighting("removed")
    artists = [(one.name, one.id) for one in content.artists or () if one]
    isrc = (content.external_ids or {}).get("isrc")
    return Sighting(
        kind=_kind(element, content),
        id=content.id,
        title=content.name,
        artists=artists,
        album=content.album.name if content.album else None,
        release_date=content.album.release_date if content.album else None,
        isrc=isrc if isinstance(isrc, str) else None,
        duration_ms=_whole(content.duration_ms),
        explicit=content.explicit,
        added_at=element.added_at,
        linked_from=content.linked_from.id if content.linked_from else None,
    )


def _whole(number: float | None) -> int | None:
    return round(number) if number is not None and math.isfinite(number) else None


def _kind(element: _Element, content: _Content) -> Kind:
    if element.is_local or content.is_local:
        return "local file"
    if content.type not in (None, "track"):
        return "podcast"
    if not content.id:
        return "removed"
    if content.is_playable is False or content.restrictions:
        return "not in the market"
    return "track"
