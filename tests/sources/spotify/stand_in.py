"""Stand-in: a real server that speaks Spotify's Web API, and fails as it is told to.

Conventions
-----------
``api_url`` and ``accounts_url`` are on loopback. Every switch may be turned while the server runs.
Times are seconds. Credentials are invented, and no secret is in the log.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

if __name__ == "__main__":  # as a script it finds its neighbors from the project's root
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.sources.spotify.accounts import Accounts, Token, unauthorized
from tests.sources.spotify.catalog import Catalog
from tests.sources.spotify.faults import Fault, Faults, Pace
from tests.sources.spotify.http_server import Server
from tests.sources.spotify.messages import Answer, Exchange, Request, refusal
from tests.sources.spotify.published_api import Judge, find_document, read_published_api
from tests.sources.spotify.synthetic_catalog import GENRES, add_oddities, synthetic_catalog
from tests.sources.spotify.web_api import WebApi

CLIENT_ID = "0123456789abcdef0123456789abcdef"
CLIENT_SECRET = "fedcba9876543210fedcba9876543210"
DOCUMENT = find_document()
MESSAGES = {
    401: "The access token expired",
    403: "Forbidden",
    404: "Resource not found",
    429: "API rate limit exceeded",
    500: "Server error.",
    502: "Bad gateway.",
    503: "Service unavailable",
    504: "Gateway timeout",
}


class StandIn:
    """Spotify's Web API and accounts service on loopback.

    Its ``accounts`` (`Accounts`) and ``web_api`` (`WebApi`) have switches of their own.

    Parameters
    ----------
    catalog : Catalog
        What is served.
    latency_s : float
        How long every answer takes at least.
    client_id, client_secret : str
        The one app that is known.
    document : path-like, optional
        The OpenAPI document that every answer is judged by; by default where development data
        lie, and where there are none, nothing is judged.
    switches
        `WebApi`'s fields: ``route``, ``shape``, ``analysis``, ``batches``, ``only_own``, ...

    Raises
    ------
    AssertionError
        On leaving, if an answer was not what the document allows.
    """

    def __init__(
        self,
        catalog: Catalog,
        *,
        latency_s: float = 0.0,
        client_id: str = CLIENT_ID,
        client_secret: str = CLIENT_SECRET,
        document: Path | None = DOCUMENT,
        **switches: Any,
    ) -> None:
        self.catalog = catalog
        self.document = document
        self.latency_s = latency_s
        self.accounts = Accounts(client_id=client_id, client_secret=client_secret)
        self.pace = Pace()
        self.requests: list[Exchange] = []
        self._faults = Faults()
        self._in_flight = 0
        self._expire_in: int | None = None
        self._lock = threading.Lock()
        self._server = Server(self._respond)
        self.web_api = WebApi(catalog=catalog, api_url=self.api_url, **switches)
        self._judge = Judge(document and read_published_api(document), self._server.url)
        self._redirect_port = _free_port()

    def __enter__(self) -> Self:
        self._server.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        if error is None and self._server.errors:
            raise self._server.errors[0]
        if error is None and self.violations:
            raise AssertionError("\n".join(self.violations))

    @property
    def api_url(self) -> str:
        """Where the Web API is, in place of ``https://api.spotify.com/v1``."""
        return f"{self._server.url}/v1"

    @property
    def accounts_url(self) -> str:
        """Where the accounts service is, in place of ``https://accounts.spotify.com``."""
        return self._server.url

    @property
    def environment(self) -> dict[str, str]:
        """spotipy's own variables, for a process that is to ask this server."""
        return {
            "SPOTIPY_CLIENT_ID": self.accounts.client_id,
            "SPOTIPY_CLIENT_SECRET": self.accounts.client_secret,
            "SPOTIPY_REDIRECT_URI": f"http://127.0.0.1:{self._redirect_port}/callback",
        }

    @property
    def clock_skew_s(self) -> float:
        """How far the server's ``Date`` is ahead of the true time."""
        return self._server.clock_skew_s

    @clock_skew_s.setter
    def clock_skew_s(self, seconds: float) -> None:
        self._server.clock_skew_s = seconds

    @property
    def asked_too_early(self) -> list[float]:
        """Seconds that were left of the wait, for every request that came during one."""
        return self.pace.asked_too_early

    @property
    def violations(self) -> list[str]:
        """What was answered against the OpenAPI document; judged when this is read."""
        return self._judge.violations()

    @property
    def checked(self) -> int:
        """How many answers the document was asked about."""
        return self._judge.checked

    def requests_to(self, pattern: str) -> list[Exchange]:
        """Return the log's lines whose path matches a regular expression."""
        return [line for line in list(self.requests) if re.search(pattern, line.path)]

    def summary(self) -> dict[str, Any]:
        """Count what was asked: requests by status, how many at once, refusals, impatience."""
        lines = list(self.requests)
        return {
            "requests": len(lines),
            "by_status": Counter(line.status for line in lines),
            "max_in_flight": max((line.in_flight for line in lines), default=0),
            "refused_for_pace": self.pace.refused,
            "asked_too_early": len(self.asked_too_early),
        }

    def fail(self, pattern: str, **fault: Any) -> Fault:
        """Plan a fault for paths that match; `Fault` has the parameters."""
        return self._faults.plan(Fault(pattern=pattern, **fault))

    def mend(self) -> None:
        """Take back every planned fault."""
        self._faults.forget()

    def limit_rate(
        self,
        requests: int | None,
        *,
        window_s: float = 30.0,
        penalty_s: float = 1.0,
        grace_s: float = 0.1,
    ) -> None:
        """Allow so many requests in a rolling window (`Pace`); None: as many as one likes."""
        self.pace.limit(requests, window_s=window_s, penalty_s=penalty_s, grace_s=grace_s)

    def expire_tokens(self, *, after: int = 0) -> None:
        """End the life of every access token, now or with the n-th further request to the API."""
        if after == 0:
            self.accounts.expire()
        with self._lock:
            self._expire_in = after or None

    def _respond(self, request: Request, send: Any) -> None:
        line = self._arrived(request)
        try:
            answer = self._answer(request)
            if answer.manner != "reset":
                line.status = answer.status
            if request.path.startswith("/v1/"):
                self._judge.note(request, answer)
            send(answer)
        finally:
            with self._lock:
                self._in_flight -= 1
            line.ended = time.monotonic()

    def _arrived(self, request: Request) -> Exchange:
        with self._lock:
            self._in_flight += 1
            line = Exchange(
                method=request.method,
                path=request.path,
                query=request.query,
                started=time.monotonic(),
                in_flight=self._in_flight,
            )
            self.requests.append(line)
        return line

    def _answer(self, request: Request) -> Answer:
        of_api = request.path.startswith("/v1/")
        wait = self.pace.seconds_to_wait(self.latency_s) if of_api else None
        self._server.closing.wait(self.latency_s)
        if wait is not None:
            return refusal(429, MESSAGES[429]).with_headers(Retry_After=str(wait))
        fault = self._faults.striking(request.path)
        if fault is not None and fault.status is not None:
            return self._refuse(fault)
        answer = self._of_api(request) if of_api else self.accounts.answer(request)
        return answer if fault is None else fault.applied_to(answer)

    def _refuse(self, fault: Fault) -> Answer:
        message = MESSAGES.get(fault.status, "Error")
        answer = unauthorized(message) if fault.status == 401 else refusal(fault.status, message)
        if fault.retry_after is not None:
            answer = answer.with_headers(Retry_After=fault.retry_after)
            if fault.retry_after.isdecimal():
                self.pace.announce(int(fault.retry_after))
        return fault.applied_to(answer)

    def _of_api(self, request: Request) -> Answer:
        with self._lock:
            if self._expire_in is not None:
                self._expire_in -= 1
                if self._expire_in <= 0:
                    self._expire_in = None
                    self.accounts.expire()
        token = self.accounts.token_of(request)
        if not isinstance(token, Token):
            return token
        return self.web_api.answer(request, of_user=token.of_user)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve a synthetic catalog until terminated, then print what was asked as one JSON line.

    The first line has the Web API's address and the accounts service's, the next ones spotipy's
    variables.
    """
    options = _parser().parse_args(arguments)
    catalog = synthetic_catalog(
        options.tracks,
        genres=GENRES[: options.genres],
        playlists_per_genre=options.playlists,
        segments=options.segments,
    )
    if options.oddities:
        add_oddities(catalog, market=options.market)
    if options.playlist_file:
        catalog.write_playlist_file(options.playlist_file, market=options.market)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    names = ("route", "shape", "analysis")
    switches = {name: getattr(options, name) for name in names}
    document = DOCUMENT if options.check else None
    with StandIn(catalog, latency_s=options.latency, document=document, **switches) as api:
        api.limit_rate(options.rate, window_s=options.window)
        variables = [f"{name}={value}" for name, value in api.environment.items()]
        _say(f"{api.api_url} {api.accounts_url}", *variables)
        stopped.wait()
    _say(json.dumps(api.summary()))


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(main.__doc__ or "").partition("\n")[0])
    parser.add_argument("--tracks", type=int, default=96)
    parser.add_argument("--genres", type=int, default=len(GENRES), help="2 to 8")
    parser.add_argument("--playlists", type=int, default=2, help="of every genre")
    parser.add_argument("--segments", type=int, default=600, help="of an analysis")
    parser.add_argument("--oddities", action="store_true", help="also what is no playable track")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--rate", type=int, metavar="REQUESTS", help="allowed in a window")
    parser.add_argument("--window", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--route", choices=["items", "tracks", "both"], default="items")
    parser.add_argument("--shape", choices=["item", "track", "both"], default="item")
    parser.add_argument("--analysis", choices=["open", "closed"], default="open")
    parser.add_argument("--market", default="DE")
    parser.add_argument("--playlist-file", type=Path, metavar="FILE", help="written at the start")
    parser.add_argument("--check", action="store_true", help="judge the answers at the end")
    return parser


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
