"""Records: one JSON object of an archive, read as a track and its analysis.

Conventions
-----------
A record is an analysis (Spotify's or the Million Song Dataset's) with the
track's description beside it, or ``{track, audio_features, audio_analysis}`` as
Spotify's Web API gives the three. Field names of both worlds are understood
(``title`` or ``name``, ``Genre`` or ``genre``, ``artist`` or ``artists``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from genrelab.errors import DataError
from genrelab.music.analysis import Analysis, AnalysisForm, Dialect
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.music.json_forms import decode_json
from genrelab.music.tracks import Origin, Track, id_source, track_id
from genrelab.sources.findings import Drop, Entry, Fault, Found
from genrelab.sources.json_stream import Piece
from genrelab.sources.labels import Label, Labels

MSD_ANALYZER = "MSD record"


class _Named(msgspec.Struct, gc=False):
    """An artist or album as an object."""

    name: str | None = None
    id: str | None = None
    release_date: str | None = None


class _Description(msgspec.Struct):
    """What a record says of the track beside its analysis."""

    track_id: str | int | None = None
    id: str | int | None = None
    uri: str | None = None
    title: str | None = None
    name: str | None = None
    artist: str | _Named | None = None
    artists: list[str | _Named] | str | None = None
    artist_id: str | int | None = None
    album: str | _Named | None = None
    genre_upper: str | None = msgspec.field(default=None, name="Genre")
    genre: str | None = None
    genre_source: Any = None
    artist_terms: Any = None
    year: Any = None
    external_ids: dict[str, Any] | None = None
    isrc: str | None = None
    audio_features: dict[str, Any] | None = None
    danceability: float | None = None
    energy: float | None = None
    key: int | None = None
    loudness: float | None = None
    mode: int | None = None
    speechiness: float | None = None
    acousticness: float | None = None
    instrumentalness: float | None = None
    liveness: float | None = None
    valence: float | None = None
    tempo: float | None = None
    duration: float | None = None
    duration_ms: float | None = None
    time_signature: int | None = None


class _Wrapped(_Description):
    """The Web API's three answers about one track in one object."""

    track: _Description | None = None
    audio_analysis: AnalysisForm | None = None


_OWN_FEATURES = ("danceability", "energy", "speechiness", "acousticness", "instrumentalness",
                 "liveness", "valence")  # fmt: skip
_TRACK_LEVEL = ("key", "loudness", "mode", "tempo", "time_signature", "duration")
_ID_IN_TEXT = re.compile(rb'"(?:track_id|id)"\s*:\s*"([^"\\]{1,80})"')
_LEADING_BYTES = 2000  # where a broken record's id is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What holds for all records of a file.

    Attributes
    ----------
    file : str
        Its name without folder, for the tracks' origin.
    native_id : str
        The id of a record that has none (the second gets ``.2`` and so on).
    names : sequence of str
        By which names a label file may call it.
    dialect : str or None
        Of analyses that do not say theirs.
    table : GenreTable
        Which names stand for which genre.
    """

    file: str
    native_id: str
    names: Sequence[str]
    labels: Labels
    dialect: Dialect | None
    table: GenreTable = SHIPPED_GENRES


def found_in_piece(piece: Piece, reading: Reading, consumed: int) -> Found:
    """Read one record; what is wrong with it becomes a `Fault`, not an exception."""
    position = piece.position
    if piece.problem:
        return Fault(position, None, f"{piece.where}: {piece.problem}", consumed=consumed)
    try:
        description, form = _decoded(piece.raw)
        native_id = _native_id(description) or piece.key
        native_id = native_id or reading.native_id + (f".{position}" if position > 1 else "")
        source = id_source(native_id) or "archive"
        label = reading.labels.find(native_id, f"{source}-{native_id}", *reading.names)
        track = _track(description, form, label, track_id(source, native_id), reading, position)
        if label.conflict:
            sentence = f"{label.conflict} in {reading.labels.path}"
            return Drop(position, track.id, "two genres", sentence, consumed)
        return Entry(position, track, _analysis(form, source, reading.dialect), consumed)
    except DataError as error:
        native = _ID_IN_TEXT.search(piece.raw, 0, _LEADING_BYTES)
        name = native[1].decode("utf-8", "replace") if native else None
        who = f" ({name})" if name and not piece.key else ""
        return Fault(
            position,
            track_id(id_source(name) or "archive", name) if name else None,
            f"{piece.where}{who}: {error}",
            consumed=consumed,
        )


def _decoded(raw: bytes) -> tuple[_Description, AnalysisForm]:
    if b'"audio_analysis"' in raw:
        wrapped = decode_json(raw, _Wrapped)
        if wrapped.audio_analysis is not None:
            return _joined(wrapped, wrapped.track), wrapped.audio_analysis
    description = decode_json(raw, _Description)
    form = decode_json(raw, AnalysisForm)
    levels = {
        name: value
        for name in _TRACK_LEVEL
        if getattr(form.track, name) is None and (value := getattr(description, name)) is not None
    }
    if levels:
        form.track = replace(form.track, **levels)
    return description, form


def _joined(outer: _Description, inner: _Description | None) -> _Description:
    """Take the inner description's value where the outer one is silent."""
    if inner is not None:
        for name in _Description.__struct_fields__:
            if getattr(outer, name) is None:
                setattr(outer, name, getattr(inner, name))
    return outer


def _native_id(description: _Description) -> str | None:
    for value in (description.track_id, description.id):
        if value is not None and str(value).strip():
            return str(value).strip()
    return description.uri.rpartition(":")[2] if description.uri else None


def _track(
    description: _Description,
    form: AnalysisForm,
    label: Label,
    identity: str,
    reading: Reading,
    position: int,
) -> Track:
    names, artist_id = _artists(description)
    album = description.album
    written = description.genre_upper or description.genre
    genre = reading.table.canonical(written)
    meta = form.meta
    return Track(
        id=identity,
        title=_first(label.title, description.title, description.name, meta.get("title")),
        artist=_first(label.artist, *names[:1], meta.get("artist")),
        artist_id=_first(label.artist_id, artist_id),
        album=_first(
            label.album, album.name if isinstance(album, _Named) else album, meta.get("album")
        ),
        isrc=_first(label.isrc, description.isrc, (description.external_ids or {}).get("isrc")),
        genre=label.genre or genre,
        tags=_tags(description, names, written if genre != written else None),
        audio_features=_features(description),
        origin=Origin(source="archive", file=reading.file, position=position),
    )


def _first(*values: Any) -> str | None:
    """Return the first of these that is text with something in it."""
    return next((v.strip() for v in values if isinstance(v, str) and v.strip()), None)


def _artists(description: _Description) -> tuple[list[str], str | None]:
    """Return the artists' names, the first being the unit of grouping, and that one's id."""
    several = description.artists
    given: list[str | _Named] = [several] if isinstance(several, str) else list(several or ())
    if description.artist is not None:
        given = [description.artist, *given]
    names = [name for a in given if (name := _first(a.name if isinstance(a, _Named) else a))]
    identity = None if description.artist_id is None else str(description.artist_id)
    if identity is None and given and isinstance(given[0], _Named):
        identity = given[0].id
    return list(dict.fromkeys(names)), identity


def _tags(description: _Description, names: list[str], written: str | None) -> dict[str, Any]:
    album = description.album
    tags = {
        "genre": written,
        "genre_source": description.genre_source,
        "artist_terms": description.artist_terms,
        "year": description.year,
        "release_date": album.release_date if isinstance(album, _Named) else None,
        "artists": names if len(names) > 1 else None,
    }
    return {name: value for name, value in tags.items() if value}


def _features(description: _Description) -> dict[str, Any] | None:
    if description.audio_features:
        return description.audio_features
    if all(getattr(description, name) is None for name in _OWN_FEATURES):
        return None
    names = (*_OWN_FEATURES, *_TRACK_LEVEL[:-1], "duration_ms")
    values = {name: getattr(description, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _analysis(form: AnalysisForm, source: str, dialect: Dialect | None) -> Analysis:
    is_msd = source == "msd" and dialect in (None, "msd")
    return Analysis.from_form(form, analyzer=MSD_ANALYZER if is_msd else None, dialect=dialect)
