"""Web API: what `/v1` answers, as a function of the request and of the catalog.

Conventions
-----------
Paths are those of Spotify's OpenAPI document. Whoever asks has been let in already.
"""

from __future__ import annotations

from tests.sources.spotify.messages import Answer, Request, refusal


class WebApi:
    """The documented paths."""

    def answer(self, request: Request, *, of_user: bool) -> Answer:  # noqa: ARG002
        """Answer one request."""
        return refusal(404, "Service not found")
