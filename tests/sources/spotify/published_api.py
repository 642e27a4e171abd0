"""Published API: what Spotify's OpenAPI document says an answer may be.

An answer's status must be documented for its path, and its body must fit that response's schema.
The schemas are taken strictly: a property that they do not name is refused. Where the real API is
known to differ from its document, `DEVIATIONS` and `UNDOCUMENTED_STATUSES` say how and why.

Conventions
-----------
OpenAPI 3.0 is turned into JSON Schema 2020-12: references and ``allOf`` are merged into flat
objects, ``nullable`` into types, a discriminator into conditions.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.sources.spotify.messages import Answer, Request

PROJECT = Path(__file__).resolve().parents[3]
Schema = dict[str, Any]

ANNOTATIONS = frozenset(
    {"description", "example", "title", "deprecated", "format", "nullable", "discriminator"}
)
MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
# Of each kind of answer the first few different ones are checked, then one in so many; of a long
# list some elements, evenly spread.
FIRST, THEN_EVERY, ELEMENTS = 20, 25, 50

UNDOCUMENTED_STATUSES = {
    400: "the document has a BadRequest response, and names it for hardly any path",
    404: "the document has a NotFound response, and names it for hardly any path",
    **dict.fromkeys((500, 502, 503, 504), "a server's own faults need no documentation"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """Where the real API answers what its document does not allow."""

    where: tuple[str, ...]
    reason: str
    allow: Callable[[Schema], Schema]


def _or_null(schema: Schema) -> Schema:
    return {"if": {"type": "null"}, "else": schema}


def _null_elements(schema: Schema) -> Schema:
    return {**schema, "items": _or_null(schema["items"])}


def _or_local(schema: Schema) -> Schema:
    track = schema["variants"]["track"]
    local = {"required": ["is_local"], "properties": {"is_local": {"const": True}}}
    return {"if": local, "then": without_required(track, nullable=True), "else": schema}


def _any_meter(schema: Schema) -> Schema:
    return {**schema, "minimum": 0}


HELD = ("PlaylistTrackObject.item", "PlaylistTrackObject.track")
DEVIATIONS = (
    Deviation(
        where=HELD,
        reason="a local file is a track of which Spotify has no id, address or album: null",
        allow=_or_local,
    ),
    Deviation(
        where=HELD,
        reason="what was removed from the catalog stays in a playlist as null",
        allow=_or_null,
    ),
    Deviation(
        where=("PlaylistTrackObject.added_at", "PlaylistTrackObject.added_by"),
        reason="the property's own note: some very old playlists may return null",
        allow=_or_null,
    ),
    Deviation(
        where=("ManyAudioFeatures.audio_features",),
        reason="an id that is unknown, or has no features, is null in its place",
        allow=_null_elements,
    ),
    Deviation(
        where=tuple(
            f"{name}.time_signature"
            for name in ("AudioFeaturesObject", "AudioAnalysisObject", "SectionObject")
        ),
        reason="real answers also say 0 and 1, for what has no meter",
        allow=_any_meter,
    ),
)


class PublishedApi:
    """An OpenAPI document, able to judge answers."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._components = document["components"]
        self._paths = document["paths"]
        # "/tracks/{id}" comes after what has fewer holes, should both match.
        self._templates = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path)
            for path in sorted(self._paths, key=lambda path: path.count("{"))
        ]
        self._validators: dict[tuple[str, int, bool], Any] = {}
        self.judged: dict[tuple[str, int, bool, int], list[str]] = {}

    def template_of(self, path: str) -> str | None:
        """Return the document's name of a path, ``/tracks/{id}``, or None."""
        return next((name for form, name in self._templates if form.fullmatch(path)), None)

    def faults(self, template: str | None, status: int, body: Any, *, partial: bool) -> list[str]:
        """Say what is wrong with an answer; `partial` where ``fields`` left something out."""
        where = f"GET {template} {status}"
        if template is None and status != 404:
            return [f"{where}: the document has no such path"]
        if not self._is_known(template, status):
            return [f"{where}: the document has no such status there"]
        key = (template or "", status, partial)
        if key not in self._validators:
            self._validators[key] = _validator(self._schema_of(*key))
        errors = self._validators[key].iter_errors(_thinned(body))
        return [f"{where}: {error.json_path}: {error.message[:200]}" for error in errors]

    def _is_known(self, template: str | None, status: int) -> bool:
        if status in UNDOCUMENTED_STATUSES or template is None:
            return True
        return str(status) in self._paths[template]["get"]["responses"]

    def _schema_of(self, template: str, status: int, partial: bool) -> Schema:
        responses = self._paths[template]["get"]["responses"] if template else {}
        reference = responses.get(str(status), {"$ref": "#/components/responses/NotFound"})
        name = reference["$ref"].rpartition("/")[2]
        content = self._components["responses"][name]["content"]["application/json"]
        schema = self._flat(content["schema"], name)
        return without_required(schema) if partial else schema

    def _flat(self, schema: Schema, owner: str) -> Schema:
        """Turn a schema of the document into a strict one without references."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._flat(self._components["schemas"][name], name)
        if "oneOf" in schema:
            return _told_apart([self._flat(part, owner) for part in schema["oneOf"]])
        flat = {
            name: value
            for name, value in schema.items()
            if name not in ANNOTATIONS and not name.startswith("x-")
        }
        if schema.get("format") == "date-time":
            flat["pattern"] = MOMENT
        if "items" in flat:
            flat["items"] = self._flat(flat["items"], owner)
        if "properties" in flat:
            flat["properties"] = {
                name: _deviating(f"{owner}.{name}", self._flat(value, owner))
                for name, value in flat["properties"].items()
            }
            flat.setdefault("additionalProperties", False)
        for part in flat.pop("allOf", ()):
            flat = _merged(flat, self._flat(part, owner))
        return _nullable(flat) if schema.get("nullable") else flat


class Judge:
    """Collects one server's answers cheaply, and judges them when it is asked.

    Without a document everything passes, and ``checked`` stays 0.
    """

    def __init__(self, api: PublishedApi | None, base: str) -> None:
        self.checked = 0
        self._api = api
        self._base = base.encode()
        self._pending: list[tuple[str | None, int, bool, bytes]] = []
        self._seen: Counter[tuple[str | None, int]] = Counter()
        self._violations: list[str] = []

    def note(self, request: Request, answer: Answer) -> None:
        """Keep an answer for judgment, or leave it to others of its kind."""
        if self._api is None or request.method != "GET":
            return
        template = self._api.template_of(request.path.removeprefix("/v1"))
        kind = (template, answer.status)
        self._seen[kind] += 1
        if self._seen[kind] <= FIRST or self._seen[kind] % THEN_EVERY == 0:
            self._pending.append((*kind, "fields" in request.query, answer.body))

    def violations(self) -> list[str]:
        """Judge what is pending, and return all that was ever wrong."""
        while self._api is not None and self._pending:
            template, status, partial, body = self._pending.pop()
            key = (template or "", status, partial, hash(body.replace(self._base, b"")))
            if key not in self._api.judged:
                self._api.judged[key] = self._api.faults(
                    template, status, json.loads(body), partial=partial
                )
            self.checked += 1
            self._violations += self._api.judged[key]
        return self._violations


def find_document() -> Path | None:
    """Return where the OpenAPI document lies, or None where it is not at hand."""
    data = Path(os.environ.get("GENRELAB_DATA", PROJECT.parent / "shared" / "data"))
    document = data / "spotify-openapi.yml"
    return document if document.is_file() else None


@cache
def read_published_api(document: Path) -> PublishedApi:
    """Read the document, once a process."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return PublishedApi(yaml.load(document.read_bytes(), Loader=loader))


def without_required(schema: Any, *, nullable: bool = False) -> Any:
    """Let anything be absent, and on demand null, at every depth."""
    if isinstance(schema, list):
        return [without_required(part, nullable=nullable) for part in schema]
    if not isinstance(schema, dict):
        return schema
    loose = {
        name: without_required(part, nullable=nullable)
        for name, part in schema.items()
        if name != "required" or not isinstance(part, list)
    }
    return _nullable(loose) if nullable and "type" in loose else loose


def _deviating(where: str, schema: Schema) -> Schema:
    for deviation in DEVIATIONS:
        if where in deviation.where:
            schema = deviation.allow(schema)
    return schema


def _merged(one: Schema, other: Schema) -> Schema:
    merged = {**one, **other}
    for name in ("properties", "required"):
        if name in one and name in other:
            merged[name] = (
                {**one[name], **other[name]} if name == "properties" else one[name] + other[name]
            )
    return merged


def _told_apart(variants: Sequence[Schema]) -> Schema:
    """Choose among schemas by the ``type`` that each of them has."""
    named = {schema["properties"]["type"]["enum"][0]: schema for schema in variants}
    return {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": list(named)}},
        "allOf": [
            {"if": {"properties": {"type": {"const": name}}}, "then": schema}
            for name, schema in named.items()
        ],
        "variants": named,
    }


def _nullable(schema: Schema) -> Schema:
    # A property that is named "type" holds a schema, and is none of our business.
    if not isinstance(schema.get("type"), str):
        return schema
    loose = {**schema, "type": [schema["type"], "null"]}
    if "enum" in loose:
        loose["enum"] = [*loose["enum"], None]
    return loose


def _validator(schema: Schema) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema)


def _thinned(value: Any) -> Any:
    """Take some of a long list's elements, the first and the last among them."""
    if isinstance(value, dict):
        return {name: _thinned(part) for name, part in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) > ELEMENTS:
        step = (len(value) - 1) / (ELEMENTS - 1)
        value = [value[round(place * step)] for place in range(ELEMENTS)]
    return [_thinned(element) for element in value]
