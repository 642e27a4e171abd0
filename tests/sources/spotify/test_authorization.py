"""Authorization: tokens from a real accounts server on loopback, and no secret anywhere else."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import spotipy
from tests.sources.spotify.catalog import Catalog
from tests.sources.spotify.http_server import Server
from tests.sources.spotify.messages import Answer
from tests.sources.spotify.stand_in import StandIn

from genrelab.errors import DataError, GenrelabError, TemporaryError, UsageError
from genrelab.sources.spotify import accounts, redirects
from genrelab.sources.spotify.authorization import Authorization, authorize


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StandIn]:
    monkeypatch.setattr(accounts, "PAUSES_S", (0.01, 0.02))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with StandIn(Catalog(lambda _: None)) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def said() -> list[str]:
    """What the user was told."""
    return []


def agree(address: str) -> bool:
    """A browser whose user agrees, and that first opens an idle connection, as some do."""
    requests.get(address, timeout=5)
    return True


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webbrowser.open", agree)


def asks(server: StandIn) -> int:
    return len(server.requests_to("^/api/token$"))


def test_an_app_s_token_is_fetched_once_and_kept_for_the_next_run(api, said):
    one = authorize(api.accounts_url, tell=said.append)
    assert asks(api) == 0
    token = one.token()
    assert one.token() == one.get_access_token(as_dict=False) == token
    assert authorize(api.accounts_url, tell=said.append).token() == token
    assert asks(api) == 1 and said == []
    spotify = spotipy.Spotify(auth_manager=one, retries=0, status_retries=0)
    spotify.prefix = f"{api.api_url}/"
    with pytest.raises(spotipy.SpotifyException) as caught:
        spotify.track("4uLU6hMCjMI75M1A2tKUQC")
    assert caught.value.http_status == 404


def test_a_token_is_renewed_before_it_runs_out(api, said, monkeypatch):
    authorization = authorize(api.accounts_url, tell=said.append)
    token, now = authorization.token(), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3600 - 70)
    assert authorization.token() == token
    monkeypatch.setattr(time, "time", lambda: now + 3600 - 50)
    assert authorization.token() != token
    monkeypatch.setattr(time, "time", lambda: now - 86_400)  # the clock is set back
    authorization.token()
    assert asks(api) == 3 and said == []


def test_many_threads_with_one_refused_token_get_one_new_one(api, said):
    authorization = authorize(api.accounts_url, tell=said.append)
    api.latency_s = 0.05
    with ThreadPoolExecutor(16) as pool:
        (token,) = set(pool.map(lambda _: authorization.token(), range(16)))
        api.expire_tokens()
        (fresh,) = set(pool.map(authorization.renew, [token] * 16))
    assert fresh != token and asks(api) == 2
    assert authorization.renew(token) == fresh and asks(api) == 2


def test_a_failure_holds_for_all_who_waited_for_it(api, said):
    authorization = authorize(api.accounts_url, tell=said.append)
    api.latency_s = 0.1
    api.fail("^/api/token$", status=503, times=None)
    start = threading.Barrier(16)

    def ask(_: int) -> str:
        start.wait()
        with pytest.raises(TemporaryError, match="answers 503; run the same command again later"):
            authorization.token()
        return "failed"

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(ask, range(16))) == {"failed"}
    assert asks(api) == 3
    api.mend()
    assert authorization.token()


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 429, "retry_after": "0"},
        {"body": "truncated"},
        {"body": "broken"},
        {"body": "empty"},
        {"body": "reset"},
    ],
)
def test_what_passes_by_itself_is_tried_again(api, said, fault):
    planned = api.fail("^/api/token$", times=2, **fault)
    assert authorize(api.accounts_url, tell=said.append).token()
    assert planned.done == 2


@pytest.mark.parametrize(
    ("fault", "kind", "sentence"),
    [
        ({"status": 502}, TemporaryError, "answers 502; run the same command again later"),
        (
            {"status": 429, "retry_after": "74214"},
            TemporaryError,
            "too many requests; run the same command again in 20 h 36 min",
        ),
        ({"status": 429, "retry_after": "0"}, TemporaryError, "too many requests; run the same"),
        ({"status": 403}, DataError, "refuses to give a token (403); check the app at https://"),
        ({"status": 401}, UsageError, "refuses SPOTIPY_CLIENT_ID, SPOTIPY_CLIENT_SECRET (401)"),
        ({"body": "broken"}, TemporaryError, "its answer holds no token; run the same command"),
        ({"body": "truncated"}, TemporaryError, "its answer broke off; run the same command"),
        ({"body": "reset"}, TemporaryError, "cannot be reached; check the network and run"),
        ({"body": "slow", "delay_s": 2.0}, TemporaryError, "no answer in time; run the same"),
    ],
)
def test_what_does_not_pass_is_one_sentence(api, said, monkeypatch, fault, kind, sentence):
    monkeypatch.setattr(accounts, "TIMEOUTS_S", (0.2, 0.2))
    api.fail("^/api/token$", times=None, **fault)
    with pytest.raises(kind) as caught:
        authorize(api.accounts_url, tell=said.append).token()
    host = api.accounts_url.removeprefix("http://")
    assert str(caught.value).startswith(f"{host}: {sentence}") and "\n" not in str(caught.value)
    assert caught.value.exit_status == {TemporaryError: 75, DataError: 1, UsageError: 2}[kind]


def test_a_token_that_is_nested_too_deeply(api, said):
    server = Server(lambda _, send: send(Answer(body=b'{"access_token":' * 100_000)))
    server.open()
    try:
        with pytest.raises(TemporaryError, match="its answer holds no token"):
            authorize(server.url, tell=said.append).token()
    finally:
        server.close()


@pytest.mark.usefixtures("browser")
def test_neither_code_nor_refresh_token_follows_a_redirection(api, said):
    seen = []

    def moving(request, send):
        seen.append(request)
        send(api.accounts.answer(request) if request.path == "/authorize" else moved)

    with StandIn(Catalog(lambda _: None)) as other:
        moved = Answer(status=307, headers={"Location": f"{other.accounts_url}/api/token"})
        server = Server(moving)
        server.open()
        try:
            with pytest.raises(DataError, match="sends on to another address"):
                authorize(server.url, as_user=True, tell=said.append).token()
        finally:
            server.close()
        assert [one.path for one in seen] == ["/authorize", "/api/token"]
        assert other.requests == []


def test_no_network_and_no_server(api, said):
    for address in ("http://127.0.0.1:1", "http://absent.invalid"):
        with pytest.raises(TemporaryError, match="cannot be reached; check the network"):
            authorize(address, tell=said.append).token()
    wrong = ("", "accounts.spotify.com", "ftp://x", "http://", "http://x:y", "http://[x")
    for address in (*wrong, "http://x y", "http://x/?a=b", "http://x/#a", "http://me:word@x"):
        with pytest.raises(UsageError, match="--accounts-url: is no address of a server"):
            authorize(address, tell=said.append)


def test_a_setting_of_the_environment_that_cannot_be(api, said, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://name:password@127.0.0.1:1")
    with pytest.raises(TemporaryError, match="through the proxy") as caught:
        authorize("http://absent.invalid", tell=said.append).token()
    assert "password" not in str(caught.value)
    monkeypatch.setenv("HTTP_PROXY", "socks5://127.0.0.1:1")
    with pytest.raises(DataError, match="a SOCKS proxy; unset ALL_PROXY"):
        authorize("http://absent.invalid", tell=said.append).token()
    monkeypatch.setenv("HTTP_PROXY", "nonsense://x")
    with pytest.raises(DataError, match="cannot be asked; check its address"):
        authorize("http://absent.invalid", tell=said.append).token()


def test_credentials_of_a_netrc_do_not_replace_the_app_s(api, said, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert authorize(api.accounts_url, tell=said.append).token()


def test_refused_credentials(api, said, monkeypatch):
    monkeypatch.setenv("SPOTIPY_CLIENT_SECRET", "0" * 32)
    with pytest.raises(UsageError) as caught:
        authorize(api.accounts_url, tell=said.append).token()
    assert re.fullmatch(
        r"127\.0\.0\.1:\d+: refuses SPOTIPY_CLIENT_ID, SPOTIPY_CLIENT_SECRET \(invalid_client\); "
        "copy them anew from https://developer.spotify.com/dashboard",
        str(caught.value),
    )
    assert asks(api) == 1


@pytest.mark.usefixtures("browser")
def test_a_user_agrees_once(api, said):
    one = authorize(api.accounts_url, as_user=True, tell=said.append)
    token = one.token()
    (sentence,) = said
    assert sentence.startswith("open this address in a browser and agree: " + api.accounts_url)
    (line,) = api.requests_to("^/authorize$")
    assert line.query["scope"] == "playlist-read-collaborative playlist-read-private"
    assert len(line.query["state"]) == 32
    api.expire_tokens()
    fresh = authorize(api.accounts_url, as_user=True, tell=said.append).renew(token)
    assert one.renew(token) == fresh  # of the file: another refresh would end the other's
    assert len(said) == 1 and asks(api) == 2
    assert requests.get(
        f"{api.api_url}/tracks/x", headers={"Authorization": f"Bearer {fresh}"}, timeout=5
    ).status_code != 401  # fmt: skip


@pytest.mark.usefixtures("browser")
def test_a_revoked_consent_is_asked_for_anew(api, said):
    authorization = authorize(api.accounts_url, as_user=True, tell=said.append)
    token = authorization.token()
    api.accounts.refuse_refresh = True
    assert authorization.renew(token) != token
    assert said[1].endswith("holds no longer (invalid_grant); asking the user anew")
    assert said[2].startswith("open this address") and len(said) == 3


@pytest.mark.usefixtures("browser")
def test_a_user_says_no(api, said):
    api.accounts.user_says_no = True
    with pytest.raises(UsageError, match="access was denied in the browser; run again and agree"):
        authorize(api.accounts_url, as_user=True, tell=said.append).token()
    assert asks(api) == 0


@pytest.mark.usefixtures("browser")
def test_an_app_that_is_not_known_to_the_server(api, said, monkeypatch):
    monkeypatch.setattr(redirects, "WAIT_S", 0.2)
    monkeypatch.setenv("SPOTIPY_CLIENT_ID", "0" * 32)
    with pytest.raises(UsageError, match="no answer from the browser within"):
        authorize(api.accounts_url, as_user=True, tell=said.append).token()


@pytest.mark.usefixtures("browser")
def test_a_code_whose_answer_is_lost(api, said):
    api.fail("^/api/token$", body="truncated")
    authorization = authorize(api.accounts_url, as_user=True, tell=said.append)
    with pytest.raises(TemporaryError, match="consent was lost on the way; run the same command"):
        authorization.token()
    assert authorization.token()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_token_file_that_others_can_read_stops_before_anything_is_sent(api, said, tmp_path):
    file = tmp_path / "my token.json"
    authorize(api.accounts_url, token_file=file, tell=said.append).token()
    file.chmod(0o644)
    with pytest.raises(UsageError, match=r"\(mode 0644\); chmod 600 '.*my token\.json'$"):
        authorize(api.accounts_url, token_file=file, tell=said.append)
    assert asks(api) == 1


def test_a_token_that_cannot_be_kept_is_a_token(api, said, tmp_path):
    (tmp_path / "cache").write_text("no folder")
    authorization = authorize(api.accounts_url, tell=said.append)
    assert authorization.renew(authorization.token())
    assert len(said) == 1 and "asking for a new" in said[0]


def test_a_token_of_another_app_is_not_used(api, said, monkeypatch, tmp_path):
    file = tmp_path / "token.json"
    token = authorize(api.accounts_url, token_file=file, tell=said.append).token()
    api.accounts.client_id = "f" * 32
    monkeypatch.setenv("SPOTIPY_CLIENT_ID", "f" * 32)
    assert authorize(api.accounts_url, token_file=file, tell=said.append).token() != token
    assert said == [f"{file}: holds another app's or user's token; asking for a new one"]


SCRIPT = """
import sys
from genrelab.sources.spotify.authorization import authorize
said = lambda sentence: print(sentence, file=sys.stderr)
print(len(authorize(sys.argv[1], as_user=True, tell=said).token()))
"""


@pytest.mark.skipif(os.name == "nt", reason="BROWSER names a shell script")
def test_the_whole_flow_with_a_browser_of_its_own(api, tmp_path):
    browser = tmp_path / "browser"
    follow = "import requests, sys; requests.get(sys.argv[1], timeout=5).raise_for_status()"
    browser.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{follow}' \"$1\"\n")
    browser.chmod(0o755)
    environment = {**os.environ, "BROWSER": str(browser)}
    for _ in range(2):
        result = subprocess.run(
            [sys.executable, "-W", "error", "-c", SCRIPT, api.accounts_url],
            env=environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        assert int(result.stdout) > 10
    assert result.stderr == ""  # the second run takes the token of the first
    (file,) = (tmp_path / "cache" / "genrelab").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    assert api.accounts.client_id not in file.name


def ask_as_can_be(authorization: Authorization, problems: list[BaseException]) -> None:
    try:
        authorization.renew(authorization.token())
    except GenrelabError as error:
        problems.append(error)


def shown_with_variables(error: BaseException) -> str:
    """A traceback with the variables of its frames, but for the dead token in the caller's hand."""
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    return re.sub(r"    refused = .*\n", "", "".join(trace.format()))


@pytest.mark.usefixtures("browser")
def test_no_secret_is_shown_whatever_fails(api, said, monkeypatch, capfd, caplog, tmp_path):
    monkeypatch.setattr(accounts, "TIMEOUTS_S", (0.2, 0.2))
    verifiers: list[str] = []
    make = spotipy.SpotifyPKCE._get_code_verifier
    monkeypatch.setattr(
        spotipy.SpotifyPKCE,
        "_get_code_verifier",
        lambda self: verifiers.append(make(self)) or verifiers[-1],
    )
    caplog.set_level(logging.DEBUG)
    logging.getLogger("spotipy").setLevel(logging.DEBUG)
    problems: list[BaseException] = []
    held: list[Authorization] = []
    faults = [{}, {"status": 500}, {"status": 400}, {"status": 401}, {"status": 429}]
    faults += [{"body": name} for name in ("truncated", "broken", "reset", "slow")]
    for as_user in (False, True):
        for after in (0, 1):
            for fault in faults:
                api.mend()
                api.fail("^/api/token$", after=after, times=None if fault else 0, **fault)
                file = tmp_path / f"{len(held)}.json"
                held.append(authorize(
                    api.accounts_url, as_user=as_user, token_file=file, tell=said.append
                ))  # fmt: skip
                ask_as_can_be(held[-1], problems)
    assert len(problems) == 2 * 2 * 8
    shown = capfd.readouterr()
    traces = [shown_with_variables(one) for one in problems]
    everything = "\n".join([shown.out, shown.err, caplog.text, *said, *traces, repr(held)])
    assert "urllib3" in caplog.text  # other libraries' logging stays
    words = [api.accounts.client_secret, *verifiers, *api.accounts._tokens]
    words += [*api.accounts._refresh_scopes, "Basic", "Bearer"]
    assert len(verifiers) > 10 and len(words) > 40
    assert [word for word in words if word in everything] == []
