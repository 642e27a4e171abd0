"""Redirects: the answer that bears the state is taken, and nothing else."""

from __future__ import annotations

import io
import socket
import threading
from urllib.parse import quote

import pytest
import requests

from genrelab.errors import UsageError
from genrelab.sources.spotify import redirects
from genrelab.sources.spotify.redirects import fetch_code

NO_PORT = "https://accounts.example/authorize?redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback"
NOISE = (
    "/favicon.ico",
    "/callback?code=old&state=other",
    "/callback?code=guess",
    "/callback?state=mine",
)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def asking(redirect_uri: str) -> str:
    return f"https://accounts.example/authorize?redirect_uri={quote(redirect_uri, safe='')}"


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


no_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", pytest.param("[::1]", marks=no_ipv6)])
def test_the_answer_is_heard_through_the_noise(host, port, said, monkeypatch):
    statuses = []
    connected = "::1" if host == "[::1]" else "127.0.0.1"

    def browse(address: str) -> bool:
        # An idle connection, an icon, an old tab and a guess come before the answer.
        with socket.create_connection((connected, port)):
            back = f"http://{host}:{port}"
            statuses.extend(requests.get(back + path, timeout=5).status_code for path in NOISE)
            requests.get(f"{back}/callback?code=right&state=mine", timeout=5)
        return True

    monkeypatch.setattr("webbrowser.open", browse)
    address = asking(f"http://{host}:{port}/callback")
    assert fetch_code(address, "mine", said.append) == "right"
    assert said == [f"open this address in a browser and agree: {address}"]
    assert statuses == [404] * 4


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("access_denied", "authorization: access was denied in the browser; run again and agree"),
        ("server_error", "authorization: Spotify refused in the browser; run again and agree"),
    ],
)
def test_no_is_an_answer(error, sentence, port, said, monkeypatch):
    back = f"http://127.0.0.1:{port}/callback"
    monkeypatch.setattr(
        "webbrowser.open", lambda _: requests.get(f"{back}?error={error}&state=mine", timeout=5)
    )
    with pytest.raises(UsageError, match=sentence):
        fetch_code(asking(back), "mine", said.append)
    socket.create_server(("127.0.0.1", port)).close()  # it is free again


def test_a_port_that_is_taken_and_a_browser_that_never_comes(port, said, monkeypatch):
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    monkeypatch.setattr(redirects, "WAIT_S", 0.05)
    address = asking(f"http://127.0.0.1:{port}/callback")
    with socket.create_server(("127.0.0.1", port)), pytest.raises(UsageError) as caught:
        fetch_code(address, "mine", said.append)
    assert f"cannot listen at 127.0.0.1 port {port} (Address already in use)" in str(caught.value)
    with pytest.raises(UsageError, match="no answer from the browser within"):
        fetch_code(address, "mine", said.append)


def test_a_browser_that_does_not_return_keeps_nobody_waiting(port, said, monkeypatch):
    closed = threading.Event()

    def browse(address: str) -> bool:
        requests.get(f"http://127.0.0.1:{port}/?code=right&state=mine", timeout=5)
        return closed.wait(30)

    monkeypatch.setattr("webbrowser.open", browse)
    assert fetch_code(asking(f"http://127.0.0.1:{port}/"), "mine", said.append) == "right"
    closed.set()


@pytest.mark.parametrize(
    ("pasted", "sentence"),
    [
        ("", "no address on standard input; paste the one that the browser was sent to, or set S"),
        ("\n", "no address on standard input"),
        ("http://127.0.0.1/callback?code=x&state=other\n", "is not the address of this run's"),
        ("http://[\n", "is not the address of this run's answer"),
        ("http://127.0.0.1/callback?error=access_denied&state=mine\n", "access was denied"),
    ],
)
def test_a_paste_that_does_not_do(pasted, sentence, said, monkeypatch, capsys):
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    monkeypatch.setattr("sys.stdin", io.StringIO(pasted))
    with pytest.raises(UsageError, match=sentence) as caught:
        fetch_code(NO_PORT, "mine", said.append)
    assert "\n" not in str(caught.value) and capsys.readouterr().out == ""


def test_an_address_without_a_port_is_pasted(said, monkeypatch, capsys):
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    monkeypatch.setattr("sys.stdin", io.StringIO(" http://127.0.0.1/?code=right&state=mine \n"))
    assert fetch_code(NO_PORT, "mine", said.append) == "right"
    assert said[1] == "then paste the address that the browser is sent to, and press Enter:"
    assert capsys.readouterr().out == ""
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UsageError, match="no address on standard input"):
        fetch_code(NO_PORT, "mine", said.append)
