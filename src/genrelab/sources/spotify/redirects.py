"""Redirects: how a user's consent, given in a browser, comes back to this program.

Spotify sends the browser to the app's redirect address. Where that is a port of this
machine, this program listens there; anywhere else the user pastes the address.

Conventions
-----------
An answer counts if it bears the ``state`` that was sent out: what else knocks at the port (a
browser's idle connections, an old tab, another program) is turned away, and the wait goes on.
spotipy has a listener too; it takes one request, whatever that is, waits for it without end
and keeps the port, and where the user says no it fails for want of a state.
"""

from __future__ import annotations

import contextlib
import hmac
import http.server
import os
import queue
import socket
import socketserver
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

from genrelab.errors import UsageError
from genrelab.sources.spotify.credentials import EXAMPLE_REDIRECT, REDIRECT_URI

LOOPBACK = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "::1": "::1"}
WAIT_S = 600.0
_IDLE_S = 10.0


def fetch_code(address: str, state: str, tell: Callable[[str], None]) -> str:
    """Send the user to an address, and wait for the code that comes back.

    Parameters
    ----------
    address : str
        Where the user gives consent; its ``redirect_uri`` says where the answer goes, and with
        a port of this machine nothing need be pasted.
    state : str
        What the answer must bear.
    tell : callable
        Called with a sentence on what the user has to do.

    Raises
    ------
    UsageError
        If the user says no or nothing, or the port is taken.
    """
    tell(f"open this address in a browser and agree: {address}")
    parts = urlsplit(parse_qs(urlsplit(address).query)["redirect_uri"][0])
    host = LOOPBACK.get(parts.hostname or "")
    if host and parts.port and parts.scheme == "http":
        answer = _heard_answer(host, parts.port, address, state)
    else:
        answer = _pasted_answer(address, state, tell)
    return _code_of(answer)


def _heard_answer(host: str, port: int, address: str, state: str) -> dict[str, str]:
    with _listening(host, port, state) as answers:
        _open_browser(address)
        with contextlib.suppress(queue.Empty):
            return answers.get(timeout=WAIT_S)
    raise UsageError(
        f"authorization: no answer from the browser within {WAIT_S / 60:.3g} minutes; run again "
        "and agree, on a machine without a browser with a redirect address that has no port"
    )


def _pasted_answer(address: str, state: str, tell: Callable[[str], None]) -> dict[str, str]:
    _open_browser(address)
    tell("then paste the address that the browser is sent to, and press Enter:")
    pasted = sys.stdin.readline() if sys.stdin else ""
    if not pasted.strip():
        raise UsageError(
            "authorization: no address on standard input; paste the one that the browser was "
            f"sent to, or set {REDIRECT_URI} to one with a port, such as {EXAMPLE_REDIRECT}"
        )
    answer = _answer_in(pasted.strip(), state)
    if answer is None:
        raise UsageError(
            "authorization: what was pasted is not the address of this run's answer; "
            "run again and paste the whole address that the browser was sent to"
        )
    return answer


def _code_of(answer: dict[str, str]) -> str:
    if "code" in answer:
        return answer["code"]
    denied = answer["error"] == "access_denied"
    what = "access was denied in the browser" if denied else "Spotify refused in the browser"
    raise UsageError(f"authorization: {what}; run again and agree, or go without --as-user")


def _answer_in(address: str, state: str) -> dict[str, str] | None:
    """Find code or error in an address, where it bears the state."""
    try:
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    except ValueError:
        return None
    ours = hmac.compare_digest(query.get("state", "").encode(), state.encode())
    return query if ours and query.keys() & {"code", "error"} else None


def _open_browser(address: str) -> None:
    # In a thread: some browsers return only when they are closed.
    threading.Thread(target=_browse, args=(address,), daemon=True).start()


def _browse(address: str) -> None:
    # Without a browser the user opens the address, which has been said.
    with contextlib.suppress(webbrowser.Error, OSError):
        webbrowser.open(address)


class _Listener(socketserver.ThreadingTCPServer):
    """Takes connections, each in a thread, so that an idle one keeps none waiting."""

    # Elsewhere it would let two programs listen at one port.
    allow_reuse_address = os.name == "posix"
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, state: str) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.state = state
        self.answers: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
        super().__init__((host, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Let a browser go away in mid-sentence; Python would print a traceback."""


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers a browser."""

    server: _Listener
    timeout = _IDLE_S

    def do_GET(self) -> None:
        """Take an answer that bears the state, and turn away all else."""
        answer = _answer_in(self.path, self.server.state)
        if answer is None:
            self._say(404, "This is not the answer that genrelab waits for.")
        else:
            agreed = "Thank you" if "code" in answer else "Access was denied"
            self._say(200, f"{agreed}: go on in the terminal. This page can be closed.")
            self.server.answers.put(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the line that was asked holds the code."""

    def _say(self, status: int, sentence: str) -> None:
        page = f"<!doctype html><title>genrelab</title><p>{sentence}</p>".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


@contextlib.contextmanager
def _listening(host: str, port: int, state: str) -> Iterator[queue.SimpleQueue[dict[str, str]]]:
    try:
        listener = _Listener(host, port, state)
    except OSError as error:
        raise UsageError(
            f"authorization: cannot listen at {host} port {port} ({error.strerror}); end what "
            f"does, or set {REDIRECT_URI} to another port that the app at the dashboard lists"
        ) from error
    with listener:
        threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield listener.answers
        finally:
            listener.shutdown()
