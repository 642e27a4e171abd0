"""Accounts: who may ask, as Spotify's accounts service decides it.

Three grants: client credentials (with the app's secret), the authorization code (with PKCE, or
with the secret) and the refresh token. The rules are those of RFC 6749 and RFC 7636 as Spotify
documents them; its OpenAPI document names the two addresses and says no more.

Conventions
-----------
A wrong request is 400 with ``error`` and ``error_description``, as RFC 6749 has it; the Web API's
own refusals are 401 with its error object. Lives are seconds.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from tests.sources.spotify.messages import Answer, Request, as_json, refusal


@dataclass(slots=True, kw_only=True)
class Token:
    """An access token: until when it holds (monotonic), and whether a user stands behind it."""

    expires: float
    of_user: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What an authorization code was given for."""

    redirect_uri: str
    challenge: str | None
    scope: str


@dataclass(slots=True, kw_only=True)
class Accounts:
    """The accounts service; its public fields are switches that may be changed while it runs.

    ``new_refresh_token``: a refresh also replaces the refresh token, and the old one dies.
    ``refuse_tokens``: every access token is answered 401, however fresh.
    ``refuse_refresh``: every refresh token is revoked. ``user_says_no``: consent is denied.
    """

    client_id: str
    client_secret: str = field(repr=False)
    token_life_s: float = 3600
    new_refresh_token: bool = True
    refuse_tokens: bool = False
    refuse_refresh: bool = False
    user_says_no: bool = False
    issued: int = 0
    _tokens: dict[str, Token] = field(default_factory=dict, repr=False)
    _codes: dict[str, Consent] = field(default_factory=dict, repr=False)
    _refresh_scopes: dict[str, str] = field(default_factory=dict, repr=False)
    _numbers: itertools.count[int] = field(default_factory=itertools.count, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def answer(self, request: Request) -> Answer:
        """Answer ``GET /authorize`` and ``POST /api/token``."""
        with self._lock:
            if (request.method, request.path) == ("GET", "/authorize"):
                return self._authorize(request)
            if (request.method, request.path) == ("POST", "/api/token"):
                return self._grant(request)
        return Answer(status=404, body=b"Not found")

    def token_of(self, request: Request) -> Token | Answer:
        """Return the token that a request to the Web API bears, or the refusal it gets."""
        scheme, _, word = request.authorization.partition(" ")
        if not word:
            return unauthorized("No token provided")
        if scheme != "Bearer":
            return refusal(400, "Only valid bearer authentication supported")
        with self._lock:
            token = self._tokens.get(word)
        if token is None or self.refuse_tokens:
            return unauthorized("Invalid access token")
        if time.monotonic() >= token.expires:
            return unauthorized("The access token expired")
        return token

    def expire(self) -> None:
        """End the life of every access token given so far."""
        with self._lock:
            for token in self._tokens.values():
                token.expires = 0.0

    def _authorize(self, request: Request) -> Answer:
        asked = request.query
        redirect_uri = asked.get("redirect_uri", "")
        if asked.get("client_id") != self.client_id:
            return Answer(status=400, body=b"INVALID_CLIENT: Invalid client")
        if not _is_allowed(redirect_uri):
            return Answer(status=400, body=b"INVALID_CLIENT: Insecure redirect URI")
        if asked.get("response_type") != "code":
            return Answer(status=400, body=b"response_type must be code")
        if asked.get("code_challenge_method", "S256") != "S256":
            return Answer(status=400, body=b"code_challenge_method must be S256")
        state = {"state": asked["state"]} if "state" in asked else {}
        if self.user_says_no:
            return _redirect(redirect_uri, {"error": "access_denied", **state})
        code = f"code-{next(self._numbers)}"
        self._codes[code] = Consent(
            redirect_uri=redirect_uri,
            challenge=asked.get("code_challenge"),
            scope=asked.get("scope", ""),
        )
        return _redirect(redirect_uri, {"code": code, **state})

    def _grant(self, request: Request) -> Answer:
        grants = {
            "client_credentials": self._grant_to_client,
            "authorization_code": self._grant_for_code,
            "refresh_token": self._grant_for_refresh_token,
        }
        grant = grants.get(request.form.get("grant_type", ""))
        if grant is None:
            return _wrong("unsupported_grant_type", "grant_type parameter is missing or unknown")
        return grant(request)

    def _grant_to_client(self, request: Request) -> Answer:
        if not self._knows_secret(request):
            return _wrong("invalid_client", "Invalid client secret")
        return as_json(self._new_token(of_user=False))

    def _grant_for_code(self, request: Request) -> Answer:
        form = request.form
        # A code is spent by being shown, right or wrong (RFC 6749, 4.1.2).
        consent = self._codes.pop(form.get("code", ""), None)
        if consent is None:
            return _wrong("invalid_grant", "Invalid authorization code")
        if form.get("redirect_uri") != consent.redirect_uri:
            return _wrong("invalid_grant", "Invalid redirect URI")
        if consent.challenge is None:
            if not self._knows_secret(request):
                return _wrong("invalid_client", "Invalid client secret")
        elif form.get("client_id") != self.client_id:
            return _wrong("invalid_client", "Invalid client")
        elif _challenge_of(form.get("code_verifier", "")) != consent.challenge:
            return _wrong("invalid_grant", "code_verifier was incorrect")
        token = self._new_token(of_user=True)
        return as_json({**token, "refresh_token": self._new_refresh(consent.scope),
                        "scope": consent.scope})  # fmt: skip

    def _grant_for_refresh_token(self, request: Request) -> Answer:
        form = request.form
        if form.get("client_id") != self.client_id and not self._knows_secret(request):
            return _wrong("invalid_client", "Invalid client")
        old = form.get("refresh_token", "")
        if self.refuse_refresh or old not in self._refresh_scopes:
            return _wrong("invalid_grant", "Refresh token revoked")
        scope = self._refresh_scopes[old]
        answer = {**self._new_token(of_user=True), "scope": scope}
        if self.new_refresh_token:
            del self._refresh_scopes[old]
            answer["refresh_token"] = self._new_refresh(scope)
        return as_json(answer)

    def _new_token(self, *, of_user: bool) -> dict[str, str | int]:
        word = f"access-{next(self._numbers)}-of-the-stand-in"
        self._tokens[word] = Token(expires=time.monotonic() + self.token_life_s, of_user=of_user)
        self.issued += 1
        return {"access_token": word, "token_type": "Bearer", "expires_in": int(self.token_life_s)}

    def _new_refresh(self, scope: str) -> str:
        word = f"refresh-{next(self._numbers)}-of-the-stand-in"
        self._refresh_scopes[word] = scope
        return word

    def _knows_secret(self, request: Request) -> bool:
        scheme, _, word = request.authorization.partition(" ")
        try:
            said = base64.b64decode(word, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        return scheme == "Basic" and said == f"{self.client_id}:{self.client_secret}"


def unauthorized(message: str) -> Answer:
    """Answer as the Web API does where a token is not good enough (RFC 6750, 3)."""
    challenge = f'Bearer realm="spotify", error="invalid_token", error_description="{message}"'
    return refusal(401, message).with_headers(WWW_Authenticate=challenge)


def _wrong(error: str, description: str) -> Answer:
    return as_json({"error": error, "error_description": description}, 400)


def _redirect(uri: str, values: dict[str, str]) -> Answer:
    joint = "&" if urlsplit(uri).query else "?"
    return Answer(status=302, headers={"Location": f"{uri}{joint}{urlencode(values)}"})


def _is_allowed(uri: str) -> bool:
    """Say whether Spotify takes a redirect URI: https, or the loopback's address with any port."""
    parts = urlsplit(uri)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1"}
    )


def _challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
