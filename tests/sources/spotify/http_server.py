"""HTTP server: HTTP/1.1 on loopback with kept connections, able to answer badly on purpose.

Conventions
-----------
An answer goes out in one write with its Content-Length, unless its manner says otherwise. No
thread outlives `Server.close`.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.sources.spotify.faults import http_date
from tests.sources.spotify.messages import Answer, Request

PIECES = 20  # of a body that drips
# Closing with a linger of zero sends a reset, whatever is still on its way.
NO_LINGER = struct.pack("ii", 1, 0)

Respond = Callable[[Request, Callable[[Answer], None]], None]


class Handler(BaseHTTPRequestHandler):
    """Reads a request, lets the server respond, and writes what it is given."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(
            method=self.command,
            path=url.path.rstrip("/"),
            query=dict(parse_qsl(url.query)),
            form=dict(parse_qsl(body.decode(errors="replace"))),
            authorization=self.headers.get("Authorization", ""),
        )
        self.server.respond(request, self._send)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the log is the stand-in's."""

    def _send(self, answer: Answer) -> None:
        pause = self.server.closing.wait
        if answer.manner == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            self.close_connection = True
            return
        body = b"" if answer.manner == "empty" else answer.body
        if answer.manner == "broken":
            body = body[: len(body) // 2]
        head = self._head(answer, len(body))
        if answer.manner == "slow":
            pause(answer.delay_s)
        if answer.manner == "drip":
            self.wfile.write(head)
            size = max(1, -(-len(body) // PIECES))
            for start in range(0, len(body), size):
                pause(answer.delay_s / PIECES)
                self.wfile.write(body[start : start + size])
        elif answer.manner == "truncated":
            self.wfile.write(head + body[: len(body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(head + body)

    def _head(self, answer: Answer, length: int) -> bytes:
        lines = [
            f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
            f"Date: {http_date(self.server.clock_skew_s)}",
            f"Content-Length: {length}",
            *(f"{name}: {value}" for name, value in answer.headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Server(ThreadingHTTPServer):
    """Serves on a free port of 127.0.0.1 from `open` to `close`."""

    daemon_threads = False  # so that closing waits for every one of them
    request_queue_size = 128

    def __init__(self, respond: Respond) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.respond = respond
        self.clock_skew_s = 0.0
        self.errors: list[BaseException] = []
        self.closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        """The server's address, without a slash at its end."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def open(self) -> None:
        """Begin to serve, in threads of its own."""
        self._thread.start()

    def close(self) -> None:
        """End every connection and wait until every thread is gone."""
        self.closing.set()
        self.shutdown()
        self._thread.join()
        with self._connections_lock:
            for connection in self._connections:
                _end(connection)
        self.server_close()

    def process_request_thread(self, request: socket.socket, client_address: object) -> None:
        with self._connections_lock:
            self._connections.add(request)
        if self.closing.is_set():
            _end(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._connections_lock:
                self._connections.discard(request)

    def shutdown_request(self, request: socket.socket) -> None:
        """Close a connection; where no linger is set, no goodbye precedes the reset."""
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == NO_LINGER:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """Let a client go away in the middle of an answer; keep any other error."""
        error = sys.exception()
        if not isinstance(error, OSError) and not self.closing.is_set():
            self.errors.append(error)


def _end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was first
