"""What goes wrong on purpose, as spotipy and requests see it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime

import pytest
import requests

pytest.importorskip("spotipy")

from spotipy.exceptions import SpotifyException
from tests.sources.spotify.clients import app, spotify_for
from tests.sources.spotify.faults import Fault, http_date
from tests.sources.spotify.stand_in import StandIn
from tests.sources.spotify.synthetic_catalog import synthetic_catalog


@pytest.fixture
def api() -> Iterator[StandIn]:
    with StandIn(synthetic_catalog(8, segments=4)) as server:
        yield server


@pytest.fixture
def session(api: StandIn) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {app(api).get_access_token(as_dict=False)}"
        yield session


def analysis_url(api: StandIn) -> str:
    return f"{api.api_url}/audio-analysis/{next(iter(api.catalog.songs))}"


def statuses(api: StandIn, session: requests.Session, count: int) -> list[int]:
    return [session.get(analysis_url(api), timeout=5).status_code for _ in range(count)]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503, 504])
def test_a_status_strikes_so_many_requests_after_so_many(api, session, status):
    fault = api.fail("audio-analysis", times=2, after=1, status=status)
    assert statuses(api, session, 5) == [200, status, status, 200, 200]
    assert (fault.seen, fault.done) == (5, 2)


def test_an_error_has_the_documented_object(api):
    api.fail("audio-analysis", status=503)
    with pytest.raises(SpotifyException, match="Service unavailable") as caught:
        spotify_for(api, status_forcelist=[418])._get(analysis_url(api))
    assert caught.value.http_status == 503


def test_a_planned_401_is_no_different_from_a_true_one(api, session):
    api.fail("audio-analysis", status=401)
    answer = session.get(analysis_url(api), timeout=5)
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_bursts_come_back_until_they_are_mended(api, session):
    api.fail("audio-analysis", times=2, after=2, every=4, status=500)
    api.fail("api/token", times=None, status=500)
    assert statuses(api, session, 8) == [200, 200, 500, 500] * 2
    assert requests.post(f"{api.accounts_url}/api/token", timeout=5).status_code == 500
    api.mend()
    assert statuses(api, session, 4) == [200] * 4


def test_every_fault_counts_for_itself():
    one, other = Fault(pattern="tracks", times=None), Fault(pattern=r"^/v1/audio-", after=1)
    paths = ["/v1/audio-features", "/v1/tracks/a", "/v1/audio-analysis/a", "/v1/audio-analysis/b"]
    assert [one.befalls(path) for path in paths] == [False, True, False, False]
    assert [other.befalls(path) for path in paths] == [False, False, True, False]


@pytest.mark.parametrize("value", ["2", "74214", "soon", None, http_date(2)])
def test_retry_after_is_sent_as_it_is(api, session, value):
    api.fail("audio-analysis", status=429, retry_after=value)
    answer = session.get(analysis_url(api), timeout=5)
    assert answer.status_code == 429 and answer.headers.get("Retry-After") == value


def test_spotipy_retries_in_vain(api):
    api.fail("audio-analysis", times=None, status=429, retry_after="0")
    with pytest.raises(SpotifyException, match="Max Retries") as caught:
        spotify_for(api, retries=2, status_retries=2)._get(analysis_url(api))
    assert caught.value.http_status == 429 and len(api.requests_to("audio-analysis")) == 3


@pytest.mark.parametrize(
    ("body", "raised"),
    [
        ("truncated", requests.exceptions.ChunkedEncodingError),
        ("reset", requests.exceptions.ConnectionError),
        ("slow", requests.exceptions.ReadTimeout),
    ],
)
def test_connections_fail(api, body, raised):
    api.fail("audio-analysis", body=body, delay_s=1)
    spotify = spotify_for(api, requests_timeout=0.2)
    with pytest.raises(raised):
        spotify._get(analysis_url(api))
    assert len(spotify._get(analysis_url(api))["segments"]) == 4


def test_a_closed_connection_has_no_status(api, session):
    api.fail("audio-analysis", body="reset")
    with pytest.raises(requests.exceptions.ConnectionError):
        session.get(analysis_url(api), timeout=5)
    assert [line.status for line in api.requests_to("audio-analysis")] == [0]


@pytest.mark.parametrize("body", ["broken", "empty"])
def test_spotipy_takes_what_is_no_json_for_none(api, session, body):
    api.fail("audio-analysis", body=body)
    assert spotify_for(api)._get(analysis_url(api)) is None
    api.fail("audio-analysis", body=body)
    answer = session.get(analysis_url(api), timeout=5)
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_body_that_drips_outlasts_the_timeout(api, session):
    api.fail("audio-analysis", body="drip", delay_s=0.4)
    started = time.monotonic()
    answer = session.get(analysis_url(api), timeout=0.2)
    assert len(answer.json()["segments"]) == 4 and time.monotonic() - started >= 0.4


def test_closing_waits_for_no_slow_answer():
    with ThreadPoolExecutor(1) as pool:
        with StandIn(synthetic_catalog(8, segments=4)) as api:
            api.fail("api/token", body="slow", delay_s=60)
            pool.submit(requests.post, f"{api.accounts_url}/api/token", timeout=50)
            while not api.requests:
                time.sleep(0.01)
            started = time.monotonic()
        assert time.monotonic() - started < 5


def test_the_servers_clock_may_be_wrong(api, session):
    api.clock_skew_s = 3600
    date = session.get(analysis_url(api), timeout=5).headers["Date"]
    ahead = parsedate_to_datetime(date).timestamp() - time.time()
    assert ahead == pytest.approx(3600, abs=2)


def test_the_pace_is_limited_in_a_rolling_window(api, session):
    api.limit_rate(3, window_s=0.9)
    answers = [session.get(analysis_url(api), timeout=5) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "1" and api.summary()["refused_for_pace"] == 1
    time.sleep(1)
    assert statuses(api, session, 3) == [200] * 3
    assert api.asked_too_early == []
    api.limit_rate(None)
    assert statuses(api, session, 10) == [200] * 10


def test_who_asks_during_a_wait_waits_longer(api, session):
    api.limit_rate(1, window_s=5, penalty_s=10, grace_s=0)
    assert statuses(api, session, 2) == [200, 429]
    waits = []
    for _ in range(2):
        time.sleep(0.02)
        waits.append(int(session.get(analysis_url(api), timeout=5).headers["Retry-After"]))
    assert waits == [15, 25]
    first, second = api.asked_too_early
    assert 4 < first <= 5 and 14 < second <= 15


def test_what_was_on_its_way_did_not_ask_too_early(api, session):
    api.limit_rate(1, window_s=5, penalty_s=10, grace_s=1)
    assert statuses(api, session, 4) == [200, 429, 429, 429]
    assert api.asked_too_early == []


def test_a_wait_that_a_fault_announced_is_watched(api, session):
    api.pace.grace_s = 0
    api.fail("audio-analysis", status=429, retry_after="74214")
    assert statuses(api, session, 1) == [429]
    time.sleep(0.02)
    requests.post(f"{api.accounts_url}/api/token", timeout=5)  # no business of the Web API's
    assert api.asked_too_early == []
    assert statuses(api, session, 1) == [200]
    assert api.asked_too_early == [pytest.approx(74214, abs=1)]
    api.pace.forget_wait()
    assert statuses(api, session, 1) == [200] and len(api.asked_too_early) == 1
