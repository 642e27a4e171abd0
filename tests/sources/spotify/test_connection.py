"""One request, and everything that can come of it, from a server that answers anything."""

from __future__ import annotations

import gzip
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.sources.spotify.http_server import Server
from tests.sources.spotify.messages import Answer, Request

from genrelab.errors import TemporaryError, UsageError
from genrelab.sources.spotify import connection
from genrelab.sources.spotify.connection import Connection, HttpError, NoAnswer


class Anything:
    """A server that answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer = Answer(body=b"{}")
        self.asked: list[Request] = []
        self.server = Server(self._respond)
        self.url = f"{self.server.url}/v1"

    def _respond(self, request: Request, send: Any) -> None:
        self.asked.append(request)
        send(self.answer)


@pytest.fixture
def anything() -> Iterator[Anything]:
    made = Anything()
    made.server.open()
    yield made
    made.server.close()
    assert made.server.errors == []


@pytest.fixture
def asked(anything: Anything) -> Iterator[Connection]:
    made = Connection(f"{anything.url}/")
    yield made
    made.close()


def test_a_request(anything: Anything, asked: Connection):
    anything.answer = Answer(body=b'{"a": [1, 2.5, null]}')
    given = {"ids": "a,b", "market": None, "limit": 2}
    assert asked.json("playlists/x/items", given, "a token") == {"a": [1, 2.5, None]}
    [request] = anything.asked
    assert (request.path, request.query) == ("/v1/playlists/x/items", {"ids": "a,b", "limit": "2"})
    assert request.authorization == "Bearer a token"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_is_not_followed(anything: Anything, asked: Connection, status: int):
    """A hotel's network leads to its own page, which is not what Spotify says."""
    anything.answer = Answer(status=status, headers={"Location": f"{anything.url}/login"})
    with pytest.raises(HttpError) as refused:
        asked.json("playlists/x", {}, "a token")
    assert refused.value.status == status
    assert [one.path for one in anything.asked] == ["/v1/playlists/x"]


def test_a_compressed_answer_is_read_whole(anything: Anything, asked: Connection):
    body = json.dumps(list(range(200_000))).encode()
    anything.answer = Answer(body=gzip.compress(body), headers={"Content-Encoding": "gzip"})
    assert asked.json("x", {}, "t") == list(range(200_000))


WORDS = {
    b'{"error": {"status": 403, "message": "Forbidden"}}': "Forbidden",
    b'{"error": "invalid_scope"}': "invalid_scope",
    b'{"error": "x", "error_description": "Two\\n  lines\\u0007"}': "Two lines",
    b'{"error": {"message": null}}': "Not Found",
    b'{"error": null}': "Not Found",
    b'{"error": [1]}': "Not Found",
    b"[]": "Not Found",
    b"": "Not Found",
    b"<html>\n<body>gone</body>": "Not Found",
    b"\xff\xfe": "Not Found",
    b'{"error": {"message": "%s"}}' % (b"long " * 200): ("long " * 200)[:200],
}


@pytest.mark.parametrize(("body", "words"), WORDS.items())
def test_a_refusal_of_any_form(anything: Anything, asked: Connection, body: bytes, words: str):
    anything.answer = Answer(status=404, body=body)
    with pytest.raises(HttpError) as caught:
        asked.json("x", {}, "t")
    assert (caught.value.status, caught.value.message) == (404, words)
    assert caught.value.retry_after_s is None and abs(caught.value.clock_skew_s) < 5


@pytest.mark.parametrize("body", [b"", b'{"error":' * 100_000], ids=["empty", "deep"])
@pytest.mark.parametrize("status", [400, 401, 429, 451, 500, 507, 511])
def test_any_status(anything: Anything, asked: Connection, status: int, body: bytes):
    anything.answer = Answer(status=status, body=body, headers={"Retry-After": "17"})
    with pytest.raises(HttpError) as caught:
        asked.json("x", {}, "t")
    assert (caught.value.status, caught.value.retry_after_s) == (status, 17.0)


DEEP = b"[" * 100_000 + b"]" * 100_000
NO_JSON = [b"", b"no", b"null", b'{"a": NaN}', b'{"a": "\xff"}', b"{} {}", DEEP]


@pytest.mark.parametrize("body", NO_JSON, ids=range(len(NO_JSON)))
def test_what_is_no_json(anything: Anything, asked: Connection, body: bytes):
    anything.answer = Answer(body=body)
    with pytest.raises(NoAnswer, match=r"^an answer that is no JSON$"):
        asked.json("x", {}, "t")


@pytest.mark.parametrize(
    ("manner", "sentence"),
    [
        ("truncated", "an answer that breaks off"),
        ("reset", "an answer that breaks off"),
        ("slow", "an answer that does not come, or does not end"),
        ("drip", "an answer that does not come, or does not end"),
    ],
)
def test_answers_that_do_not_end(anything: Anything, asked, monkeypatch, manner, sentence):
    monkeypatch.setattr(connection, "SILENCE_S", 0.2)
    monkeypatch.setattr(connection, "ANSWER_S", 0.3)
    body = json.dumps("x" * 1000).encode()
    anything.answer = Answer(body=body, manner=manner, delay_s=1.5)
    with pytest.raises(NoAnswer) as caught:
        asked.json("x", {}, "t")
    assert (str(caught.value), caught.value.of_all) == (sentence, None)
    anything.answer = Answer(body=b"{}")
    assert asked.json("x", {}, "t") == {}


def test_a_server_that_is_not_there(anything: Anything):
    with Server(lambda *_: None) as gone:
        url = gone.url
    with pytest.raises(NoAnswer) as caught:
        Connection(url).json("x", {}, "t")
    assert isinstance(caught.value.of_all, TemporaryError)
    assert str(caught.value.of_all).startswith(url.removeprefix("http://"))


@pytest.mark.parametrize("url", ["", "api.spotify.com/v1", "ftp://host", "http://", "http://h:x"])
def test_an_address_that_is_none(url: str):
    with pytest.raises(UsageError, match=r"^--api-url: is no address of a server; expected one"):
        Connection(url)


def test_a_netrc_does_not_replace_the_token(
    anything: Anything, asked: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "netrc").write_text("default login someone password something\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    asked.json("x", {}, "a token")
    assert anything.asked[0].authorization == "Bearer a token"


def test_no_token_is_logged(anything: Anything, asked: Connection, caplog):
    caplog.set_level(logging.DEBUG)
    asked.json("x", {}, "a-secret")
    anything.answer = Answer(status=403)
    with pytest.raises(HttpError):
        asked.json("x", {}, "a-secret")
    assert caplog.records and "a-secret" not in caplog.text


def test_each_thread_keeps_its_connection(anything: Anything, asked: Connection):
    ports = []

    def ask():
        for _ in range(3):
            asked.json("x", {}, "t")
        ports.append(len(asked._sessions))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(ports) == 4 and len(anything.asked) == 12
