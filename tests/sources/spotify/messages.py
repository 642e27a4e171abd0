"""Messages: what the stand-in is asked, what it answers, and what it remembers of both.

Conventions
-----------
Nothing that is a secret is remembered: no header, no form, no token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Manner = Literal["whole", "truncated", "broken", "empty", "slow", "drip", "reset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it arrived; ``path`` has no query and no slash at its end."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    authorization: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent back, and in which manner (`faults.Fault` says what each one is)."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = "whole"
    delay_s: float = 0.0

    def with_headers(self, **headers: str) -> Answer:
        """Add headers, ``Retry_After="2"`` for ``Retry-After: 2``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One line of the stand-in's log; times are ``time.monotonic()``.

    ``status`` is 0 until it is answered, and stays so where the connection was closed instead;
    ``in_flight`` counts the requests that were being answered when this one arrived, itself too.
    """

    method: str
    path: str
    query: Mapping[str, str]
    started: float
    in_flight: int
    status: int = 0
    ended: float | None = None


def as_json(value: Any, status: int = 200) -> Answer:
    """Answer with an object, or with bytes that already are JSON."""
    body = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return Answer(
        status=status, body=body, headers={"Content-Type": "application/json; charset=utf-8"}
    )


def refusal(status: int, message: str) -> Answer:
    """Answer with the Web API's error object."""
    return as_json({"error": {"status": status, "message": message}}, status)
