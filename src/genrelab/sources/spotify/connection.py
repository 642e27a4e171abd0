"""Connection: one request to Spotify's server through spotipy, and what can come of it.

Conventions
-----------
Whatever goes wrong is an `HttpError` (the server says no, and says why) or a `NoAnswer`.
spotipy's own retries are not used: they sleep as long as any Retry-After says, unseen.
Times are seconds.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from genrelab.errors import MissingExtraError
from genrelab.sources.spotify.pace import retry_after

CONNECT_S, SILENCE_S, ANSWER_S = 10.0, 30.0, 90.0  # time-outs: to connect, between bytes, in all
_CHUNK_BYTES = 1 << 16
_NEVER_CONNECTED = frozenset({"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"})


class HttpError(Exception):
    """An answer of another status than 200.

    Attributes
    ----------
    message : str
        Spotify's own words.
    retry_after_s : float or None
    clock_skew_s : float
        How far the server's clock is ahead of this machine's; 0 where it does not say.
    """

    def __init__(self, error: Any) -> None:
        super().__init__(error.http_status)
        self.status: int = error.http_status
        # spotipy gives "URL:\n words".
        self.message = str(error.msg).partition("\n")[2].strip() or "no reason given"
        self.retry_after_s = retry_after(error.headers.get("Retry-After"))
        self.clock_skew_s = _clock_skew(error.headers.get("Date"))


class NoAnswer(Exception):  # noqa: N818 - it is what came, rather than what went wrong
    """Nothing that can be read; ``unreachable`` where not even a connection came about."""

    def __init__(self, sentence: str, *, unreachable: bool = False) -> None:
        super().__init__(sentence)
        self.unreachable = unreachable


class Connection:
    """A way to ask one server, from any thread.

    Parameters
    ----------
    url : str
        The API's address.

    Raises
    ------
    MissingExtraError
        If spotipy is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            import requests
            import spotipy
            import urllib3
        except ImportError as error:
            raise MissingExtraError("collecting from Spotify", "spotify") from error
        self._requests, self._spotipy, self._urllib3 = requests, spotipy, urllib3
        self._url = url.rstrip("/")
        self._host = urlsplit(url).netloc
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
        except self._spotipy.SpotifyException as error:
            raise HttpError(error) from error
        except (self._requests.RequestException, self._urllib3.exceptions.HTTPError) as error:
            raise self._explained(error) from error
        if answer is None:
            raise NoAnswer("an answer that is no JSON")
        return answer

    def _client(self) -> Any:
        """Return this thread's client, whose connection stays open."""
        client = getattr(self._of_thread, "client", None)
        if client is None:
            session = self._requests.Session()
            session.hooks["response"].append(self._read_whole)
            self._sessions.append(session)
            client = self._spotipy.Spotify(
                requests_session=session, requests_timeout=(CONNECT_S, SILENCE_S)
            )
            self._of_thread.client = client
        return client

    def _read_whole(self, response: Any, **_: Any) -> None:
        """Read an answer to its end, which must come: time-outs only bound the silence."""
        deadline = time.monotonic() + ANSWER_S
        chunks = []
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            chunks.append(chunk)
            if time.monotonic() > deadline:
                response.raw.close()
                raise self._requests.exceptions.ReadTimeout
        response.raw = io.BytesIO(b"".join(chunks))

    def _explained(self, error: Exception) -> NoAnswer:
        """Say what came instead of an answer."""
        exceptions = self._requests.exceptions
        if isinstance(error, exceptions.SSLError):
            now = f"{datetime.now().astimezone():%Y-%m-%d %H:%M}"
            sentence = f"the certificate of {self._host} is not accepted; is this machine's clock "
            return NoAnswer(f"{sentence}right, {now}?", unreachable=True)
        causes = list(_causes(error))
        if any(type(one).__name__ in _NEVER_CONNECTED for one in causes):
            said = [one.strerror for one in causes if isinstance(one, OSError) and one.strerror]
            why = said[-1] if said else "no connection"
            return NoAnswer(f"{self._host} cannot be reached ({why})", unreachable=True)
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
    try:
        there = parsedate_to_datetime(date or "")
    except ValueError:
        return 0.0
    return (there - datetime.now(UTC)).total_seconds()
