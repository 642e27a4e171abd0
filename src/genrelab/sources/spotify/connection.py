"""Connection: one request to Spotify's server through spotipy, and what can come of it.

Conventions
-----------
Whatever goes wrong is an `HttpError` (the server says no, and says why) or a `NoAnswer`.
Answers are judged as they arrive, before spotipy reads them: it trips over errors of another
form than Spotify's own. Its retries are not used: they sleep as long as any Retry-After says,
unseen. Times are seconds.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec

from genrelab.errors import GenrelabError
from genrelab.sources.spotify.answer_forms import answer_form
from genrelab.sources.spotify.network_faults import network_fault, server_name
from genrelab.sources.spotify.pace import moment, retry_after
from genrelab.sources.spotify.spotipy_library import as_it_is, load_spotipy

CONNECT_S, SILENCE_S, ANSWER_S = 10.0, 30.0, 90.0  # time-outs: to connect, between bytes, in all
MAX_WORDS = 200  # characters of what a server says, in a sentence of ours
_CHUNK_BYTES = 1 << 16
_NEVER_CONNECTED = frozenset({"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"})


class _Said(msgspec.Struct):
    message: str | None = None


@answer_form
class _Refusal(msgspec.Struct):
    """Spotify's error object, or that of RFC 6749."""

    error: _Said | str | None = None
    error_description: str | None = None


class HttpError(Exception):
    """An answer that is a refusal, or a server's fault.

    Attributes
    ----------
    status : int
    message : str
        The server's own words.
    retry_after_s : float or None
    clock_skew_s : float
        How far the server's clock is ahead of this machine's; 0 where it does not say.
    """

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        super().__init__(status)
        self.status = status
        self.message = _words(body) or _phrase(status)
        self.retry_after_s = retry_after(headers.get("Retry-After"))
        self.clock_skew_s = _clock_skew(headers.get("Date"))


def _words(body: bytes) -> str:
    """Find the server's words in a refusal, on one line; none in what is not JSON."""
    try:
        refusal = msgspec.json.decode(body, type=_Refusal)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    said = refusal.error.message if isinstance(refusal.error, _Said) else refusal.error
    words = " ".join((refusal.error_description or said or "").split())
    return "".join(one for one in words if one.isprintable())[:MAX_WORDS]


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except RecursionError as error:  # a thousand brackets
        raise ValueError("JSON that is nested too deeply") from error


def _phrase(status: int) -> str:
    known = {one.value: one.phrase for one in HTTPStatus}
    return known.get(status, "no reason given")


class NoAnswer(Exception):  # noqa: N818 - it is what came, rather than what went wrong
    """Nothing that can be read.

    Attributes
    ----------
    of_all : GenrelabError or None
        What all requests would meet, where that is so: there is no way to the server.
    """

    def __init__(self, sentence: str, of_all: GenrelabError | None = None) -> None:
        super().__init__(sentence)
        self.of_all = of_all


class Connection:
    """A way to ask one server, from any thread.

    Parameters
    ----------
    url : str
        The API's address.

    Raises
    ------
    UsageError
        If the address is none.
    MissingExtraError
        If spotipy is not installed.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._host = server_name(url, "--api-url")
        self._spotipy = load_spotipy()
        import requests
        import urllib3

        self._requests, self._urllib3 = requests, urllib3
        self._of_thread = threading.local()
        self._sessions: list[Any] = []

    def close(self) -> None:
        """Close all connections to the server."""
        for session in self._sessions:
            session.close()

    def json(self, path: str, params: Mapping[str, Any], token: str) -> Any:
        """Return the JSON that stands at a path.

        Raises
        ------
        HttpError, NoAnswer
        """
        given = {name: value for name, value in params.items() if value is not None}
        query = f"?{urlencode(given)}" if given else ""
        client = self._client()
        client.set_auth(token)
        try:
            # `next` is spotipy's way to ask for any address: it has methods for some paths only,
            # and those of paths that Spotify calls deprecated warn at every call.
            answer = client.next({"next": f"{self._url}/{path}{query}"})
        except (self._requests.RequestException, self._urllib3.exceptions.HTTPError) as error:
            raise self._explained(error) from error
        if answer is None:  # spotipy's word for what cannot be decoded
            raise NoAnswer("an answer that is no JSON")
        return answer

    def _client(self) -> Any:
        """Return this thread's client, whose connection stays open."""
        client = getattr(self._of_thread, "client", None)
        if client is None:
            session = self._requests.Session()
            session.auth = as_it_is  # otherwise a ~/.netrc replaces the token
            session.hooks["response"].append(self._arrived)
            self._sessions.append(session)
            client = self._spotipy.Spotify(
                requests_session=session, requests_timeout=(CONNECT_S, SILENCE_S)
            )
            self._of_thread.client = client
        return client

    def _arrived(self, response: Any, **_: Any) -> None:
        """Read an answer whole, and let spotipy have it if it is one."""
        body = self._body(response)
        # No redirection is followed: whatever is there, it is not Spotify's answer.
        if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            raise HttpError(response.status_code, body, response.headers)
        response.raw = io.BytesIO(body)
        # Stricter than the standard library's, which takes NaN for a number, and faster.
        response.json = partial(_decoded, body)

    def _body(self, response: Any) -> bytes:
        """Read an answer to its end, which must come: time-outs only bound the silence."""
        deadline = time.monotonic() + ANSWER_S
        chunks = []
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            chunks.append(chunk)
            if time.monotonic() > deadline:
                response.raw.close()
                raise self._requests.exceptions.ReadTimeout
        return b"".join(chunks)

    def _explained(self, error: Exception) -> NoAnswer:
        """Say what came instead of an answer."""
        exceptions = self._requests.exceptions
        no_way = isinstance(error, exceptions.SSLError | exceptions.ProxyError) or any(
            type(one).__name__ in _NEVER_CONNECTED for one in _causes(error)
        )
        if no_way:
            return NoAnswer("no way to the server", network_fault(error, self._host))
        if isinstance(error, exceptions.Timeout | self._urllib3.exceptions.TimeoutError):
            return NoAnswer("an answer that does not come, or does not end")
        return NoAnswer("an answer that breaks off")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it came from, the deepest last."""
    seen: list[BaseException] = []
    todo: list[Any] = [error]
    while todo:
        one = todo.pop()
        if isinstance(one, BaseException) and one not in seen:
            seen.append(one)
            todo += [one.__context__, one.__cause__, getattr(one, "reason", None), *one.args]
    yield from seen


def _clock_skew(date: str | None) -> float:
    there = moment(date)
    return 0.0 if there is None else (there - datetime.now(UTC)).total_seconds()
