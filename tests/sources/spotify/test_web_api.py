"""Every fault of the Web API: waited for, tried again, told in a sentence; nothing is lost."""

from __future__ import annotations

import itertools
import signal
import threading
import time

import pytest
from tests.sources.spotify.catalog import Catalog
from tests.sources.spotify.faults import http_date
from tests.sources.spotify.runs import Runs
from tests.sources.spotify.stand_in import StandIn
from tests.sources.spotify.synthetic_catalog import synthetic_catalog

from genrelab.errors import DataError, TemporaryError
from genrelab.sources.spotify import connection, pace, web_api
from genrelab.sources.spotify.web_api import Request, Unanswered


@pytest.fixture
def catalog() -> Catalog:
    """Two genres of one playlist with 60 songs each."""
    return synthetic_catalog(120, genres=("Rock", "Jazz"), playlists_per_genre=1, segments=3)


def undisturbed(spotify: StandIn, collect: Runs) -> str:
    """The digest of a corpus that was collected without any fault."""
    folder = collect.folder / "calm"
    folder.mkdir()
    calm = Runs(spotify, folder)
    assert calm().is_whole
    spotify.requests.clear()
    return calm.digest()


def goes_first_alone(spotify: StandIn, wait_s: float) -> bool:
    """Tell whether after every refusal for pace nothing else is sent until one is answered."""
    refused = [line for line in spotify.requests if line.status == 429]
    last = max(refused, key=lambda line: line.started)
    later = [line for line in spotify.requests if line.started > last.ended + wait_s * 0.9]
    return later[1].started - later[0].started >= spotify.latency_s > 0


@pytest.mark.parametrize("after", [1, 5, 30])
def test_a_short_wait_is_honored(spotify: StandIn, collect: Runs, after: int):
    spotify.latency_s = 0.01
    spotify.fail("/v1/", after=after, status=429, retry_after="1")
    assert collect().is_whole
    assert spotify.asked_too_early == [] and goes_first_alone(spotify, 1)
    assert ("waiting, as Spotify asks", 0, 1) in collect.progress
    assert collect.said == []  # so short a wait needs no line


def test_a_wait_until_a_date_is_honored_and_told(spotify: StandIn, collect: Runs, monkeypatch):
    monkeypatch.setattr(web_api, "SHORT_WAIT_S", 0.5)
    spotify.latency_s = 0.02
    spotify.fail("audio-analysis", after=40, status=429, retry_after=http_date(2))
    began = time.monotonic()
    assert collect().is_whole and time.monotonic() - began > 0.9
    [said] = collect.said
    assert said.startswith("Spotify asks to wait ") and "(HTTP 429, too many requests)" in said


@pytest.mark.parametrize("header", [None, "soon", "-5"])
def test_a_wait_of_unsaid_length(spotify: StandIn, collect: Runs, monkeypatch, header):
    monkeypatch.setattr(pace, "UNSAID_WAIT_S", 0.3)
    spotify.latency_s = 0.02
    spotify.fail("/items", after=2, status=429, retry_after=header)
    assert collect().is_whole and goes_first_alone(spotify, 0.3)


@pytest.mark.parametrize("pattern", ["/v1/playlists/[^/]*$", "/items", "features", "analysis"])
def test_an_absurd_wait_ends_the_run_at_once(spotify: StandIn, collect: Runs, pattern: str):
    whole = undisturbed(spotify, collect)
    spotify.latency_s = 0.01
    spotify.fail(pattern, after=1, times=1, status=429, retry_after="74214")
    began = time.monotonic()
    summary = collect()
    assert time.monotonic() - began < 5
    assert isinstance(summary.end, TemporaryError) and not summary.is_whole
    assert str(summary.end).startswith("Spotify asks to wait 20 h 36 min, until ")
    assert spotify.asked_too_early == [] and collect.said == []  # nothing of going on
    n_pages = sum(line.status == 200 for line in spotify.requests_to("/items"))
    with collect.opened() as corpus:
        n_tracks = corpus.track_count()
        n_analyses = len(corpus.dialects())
    assert n_tracks >= 10 * n_pages
    assert n_analyses == sum(line.status == 200 for line in spotify.requests_to("analysis"))
    spotify.pace.forget_wait()
    assert collect().is_whole and collect.digest() == whole


def test_waits_that_add_up_end_the_run(spotify: StandIn, collect: Runs):
    spotify.fail("/v1/", after=3, times=None, status=429, retry_after="1")
    summary = collect(max_wait_s=2.5)
    assert "of waiting, until" in str(summary.end) and spotify.asked_too_early == []


@pytest.mark.parametrize("pattern", ["/v1/playlists/[^/]*$", "/items", "features", "analysis"])
def test_an_interrupt_waits_for_no_server(spotify: StandIn, collect: Runs, pattern: str):
    whole = undisturbed(spotify, collect)
    spotify.fail(pattern, after=1, times=None, body="slow", delay_s=20)
    sender = threading.Timer(1.0, signal.raise_signal, (signal.SIGINT,))
    sender.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        collect()
    assert time.monotonic() - began < 5
    sender.join()
    spotify.mend()
    assert collect().is_whole and collect.digest() == whole


def test_requests_adapt_to_what_the_server_tolerates(spotify: StandIn, collect: Runs):
    spotify.latency_s = 0.005
    spotify.limit_rate(50, window_s=1.0)
    assert collect().is_whole
    summary = spotify.summary()
    assert summary["asked_too_early"] == 0
    assert summary["refused_for_pace"] <= 40  # of 128, most of them in flight at the same time


def test_many_are_in_flight_where_nothing_speaks_against_it(spotify: StandIn, collect: Runs):
    spotify.latency_s = 0.03
    began = time.monotonic()
    assert collect().is_whole
    assert spotify.summary()["max_in_flight"] >= 12
    assert time.monotonic() - began < 128 * 0.03 / 2


def test_an_expired_token_is_renewed_once_for_all(spotify: StandIn, collect: Runs):
    spotify.latency_s = 0.01
    spotify.expire_tokens(after=60)
    assert collect().is_whole
    assert spotify.accounts.issued == 2 and len(spotify.requests_to("/api/token")) == 2
    assert 1 <= spotify.summary()["by_status"][401] <= 16


@pytest.mark.parametrize(
    ("skew_s", "hint"),
    [
        (0, "look at the app at developer.spotify.com/dashboard"),
        (7500, "this machine's clock is 2 h 5 min behind Spotify's, set it"),
        (-600, "this machine's clock is 10 min ahead of Spotify's, set it"),
    ],
)
def test_every_token_is_refused(spotify: StandIn, collect: Runs, skew_s: float, hint: str):
    spotify.clock_skew_s = skew_s
    spotify.accounts.refuse_tokens = True
    summary = collect()
    assert type(summary.end) is DataError and summary.imported is None
    said = str(summary.end).replace("9 min", "10 min").replace("2 h 4 min", "2 h 5 min")
    assert said == (
        f"Spotify refuses every token, fresh ones too (HTTP 401): {hint} and run the same "
        "command again; what was fetched is stored"
    )
    assert len(spotify.requests_to("/v1/")) <= 16


FAULTS = {
    "errors": {"status": 500},
    "truncated": {"body": "truncated"},
    "broken": {"body": "broken"},
    "empty": {"body": "empty"},
    "reset": {"body": "reset"},
    "slow": {"body": "slow", "delay_s": 0.4},
    "drip": {"body": "drip", "delay_s": 1.2},
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "SILENCE_S", 0.2)
    monkeypatch.setattr(connection, "ANSWER_S", 0.25)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_bursts_of_faults_are_survived(spotify: StandIn, collect: Runs, fault):
    whole = undisturbed(spotify, collect)
    planned = [
        spotify.fail("/v1/playlists/[^/]*$", times=2, **fault),
        spotify.fail("/items", after=1, times=2, **fault),
        spotify.fail("features", times=1, **fault),
        spotify.fail("analysis", after=20, times=4, **fault),
    ]
    assert collect(retries=5).is_whole and collect.digest() == whole
    assert [fault.done for fault in planned] == [2, 2, 1, 4]


SAID = {
    "errors": "HTTP 500, 3 times",
    "truncated": "an answer that breaks off, 3 times",
    "broken": "an answer that is no JSON, 3 times",
    "empty": "an answer that is no JSON, 3 times",
    "reset": "an answer that breaks off, 3 times",
    "slow": "an answer that does not come, or does not end, 3 times",
    "drip": "an answer that does not come, or does not end, 3 times",
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", FAULTS)
def test_lasting_faults_are_recorded_and_healed(spotify: StandIn, collect: Runs, name: str):
    whole = undisturbed(spotify, collect)
    playlist = list(spotify.catalog.playlists)[1]
    sick = next(iter(spotify.catalog.songs))
    spotify.fail(f"{playlist}/(items|tracks)", times=None, **FAULTS[name])
    spotify.fail(f"analysis/{sick}", times=None, **FAULTS[name])
    summary = collect()
    # Both pages fail; the sentence is on the one that came last.
    [said] = summary.problems
    assert said.startswith(f"playlist {playlist} (Jazz): places ") and SAID[name] in said
    assert said.endswith("; run the same command again later")
    assert summary.analyses.problems == [f"audio-analysis/{sick}: {SAID[name]}"]
    assert summary.left_out == {"unreadable": 60} and not summary.is_whole
    left_out = collect.left_out()
    assert [reason for reason, _ in left_out] == ["unreadable"] * 2
    assert (SAID[name] in left_out[0][1]) and SAID[name] in left_out[1][1]
    spotify.mend()
    assert collect().is_whole and collect.left_out() == [] and collect.digest() == whole


def test_pauses_grow_and_are_jittered(spotify: StandIn, collect: Runs, monkeypatch):
    monkeypatch.setattr(web_api, "FIRST_BACKOFF_S", 0.05)
    spotify.fail("/v1/playlists", times=None, status=502)
    with collect.web_api(retries=4) as web:
        answer = web.ask(Request("playlists/x", lambda given: given))
    assert answer == Unanswered("HTTP 502, 5 times")
    lines = spotify.requests_to("/v1/")
    pauses = [after.started - before.ended for before, after in itertools.pairwise(lines)]
    for i, pause in enumerate(pauses):
        assert 0.5 * 0.05 * 2**i <= pause <= 0.05 * 2**i + 0.05
    assert len({round(pause / 2**i, 4) for i, pause in enumerate(pauses)}) > 1


def test_no_retries(spotify: StandIn, collect: Runs):
    spotify.fail("/v1/playlists", times=None, status=503)
    with collect.web_api(retries=0) as web:
        assert web.ask(Request("playlists/x", lambda given: given)) == Unanswered("HTTP 503")
    assert len(spotify.requests_to("/v1/")) == 1


def test_a_server_that_only_fails_ends_the_run(spotify: StandIn, collect: Runs):
    whole = undisturbed(spotify, collect)
    spotify.fail("analysis", after=50, times=None, status=503)
    summary = collect(retries=0)
    assert isinstance(summary.end, TemporaryError)
    assert str(summary.end).startswith("10 requests in a row brought no usable answer, the last: ")
    assert summary.analyses.stored == 50
    assert len(spotify.requests_to("analysis")) <= 50 + 10 + 16
    spotify.mend()
    assert collect().is_whole and collect.digest() == whole


def test_a_server_that_is_down_ends_the_run(spotify: StandIn, collect: Runs, catalog):
    with StandIn(catalog) as gone:
        address = gone.api_url
    host = address.split("/")[2]
    began = time.monotonic()
    summary = collect(api_url=address)
    assert isinstance(summary.end, TemporaryError) and host in str(summary.end)
    assert "check the network and run the same command again" in str(summary.end)
    assert summary.imported is None and time.monotonic() - began < 3


def test_no_job_is_begun_once_whoever_asked_has_gone(spotify: StandIn, collect: Runs):
    spotify.latency_s = 0.05
    request = Request("audio-features", lambda given: given)
    with collect.web_api() as web:
        answers = web.answers((n, lambda: web.ask(request)) for n in range(200))
        next(answers)
        answers.close()
        n_begun = len(spotify.requests_to("/v1/"))
        time.sleep(0.2)
        assert len(spotify.requests_to("/v1/")) <= n_begun + 16
