"""The stand-in's accounts service, asked by spotipy itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from tests.sources.spotify.clients import app, consent, spotify_for, user
from tests.sources.spotify.stand_in import StandIn
from tests.sources.spotify.synthetic_catalog import synthetic_catalog

spotipy_exceptions = pytest.importorskip("spotipy.exceptions")
SpotifyException = spotipy_exceptions.SpotifyException
SpotifyOauthError = spotipy_exceptions.SpotifyOauthError

UNKNOWN = "4uLU6hMCjMI75M1A2tKUQC"


@pytest.fixture
def api() -> Iterator[StandIn]:
    with StandIn(synthetic_catalog(tracks=8, segments=4)) as server:
        yield server


def ask(api: StandIn, token: str | None) -> requests.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return requests.get(f"{api.api_url}/tracks/{UNKNOWN}", headers=headers, timeout=5)


def grant(api: StandIn, **form: str) -> requests.Response:
    return requests.post(f"{api.accounts_url}/api/token", data=form, timeout=5)


def test_an_app_gets_a_token_for_its_secret(api):
    assert ask(api, app(api).get_access_token(as_dict=False)).status_code == 404
    with pytest.raises(SpotifyOauthError, match="invalid_client"):
        app(api, client_secret="wrong").get_access_token(as_dict=False)


def test_a_user_gets_a_token_for_a_code_and_refreshes_it(api):
    manager = user(api)
    back = consent(manager)
    assert back["state"] == "a-state"
    token = manager.get_access_token(back["code"], check_cache=False)
    assert ask(api, token).status_code == 404
    kept = manager.cache_handler.get_cached_token()
    assert kept["scope"] == "playlist-read-private"
    fresh = manager.refresh_access_token(kept["refresh_token"])
    assert fresh["refresh_token"] != kept["refresh_token"]
    with pytest.raises(SpotifyOauthError, match="invalid_grant"):
        manager.refresh_access_token(kept["refresh_token"])


def test_a_refresh_token_may_stay(api):
    api.accounts.new_refresh_token = False
    manager = user(api)
    manager.get_access_token(consent(manager)["code"], check_cache=False)
    old = manager.cache_handler.get_cached_token()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": old}
    for _ in range(2):
        answer = grant(api, **form, client_id=api.accounts.client_id).json()
        assert "refresh_token" not in answer and answer["expires_in"] == 3600
    api.accounts.refuse_refresh = True
    assert grant(api, **form, client_id=api.accounts.client_id).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("wrong", ["code", "code_verifier", "redirect_uri", "client_id"])
def test_a_code_is_for_who_asked_for_it(api, wrong):
    manager = user(api)
    form = {
        "grant_type": "authorization_code",
        "code": consent(manager)["code"],
        "code_verifier": manager.code_verifier,
        "redirect_uri": manager.redirect_uri,
        "client_id": manager.client_id,
    }
    assert grant(api, **{**form, wrong: "http://127.0.0.1/other"}).status_code == 400


def test_a_code_is_spent_by_its_use(api):
    manager = user(api)
    code = consent(manager)["code"]
    manager.get_access_token(code, check_cache=False)
    with pytest.raises(SpotifyOauthError, match="Invalid authorization code"):
        manager.get_access_token(code, check_cache=False)


def test_a_user_may_say_no(api):
    api.accounts.user_says_no = True
    assert consent(user(api)) == {"error": "access_denied", "state": "a-state"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", "another"),
        ("redirect_uri", "http://localhost:8000/callback"),
        ("response_type", "token"),
        ("code_challenge_method", "plain"),
    ],
)
def test_what_spotify_does_not_authorize(api, name, value):
    url = urlsplit(user(api).get_authorize_url())
    query = {key: values[0] for key, values in parse_qs(url.query).items()} | {name: value}
    answer = requests.get(f"{api.accounts_url}/authorize", params=query, timeout=5)
    assert answer.status_code == 400


def test_tokens_die(api):
    api.accounts.token_life_s = 0.05
    token = app(api).get_access_token(as_dict=False)
    time.sleep(0.06)
    answer = ask(api, token)
    assert answer.status_code == 401
    assert answer.json() == {"error": {"status": 401, "message": "The access token expired"}}
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_tokens_die_in_the_middle_of_a_run(api):
    token = app(api).get_access_token(as_dict=False)
    api.expire_tokens(after=3)
    assert [ask(api, token).status_code for _ in range(4)] == [404, 404, 401, 401]
    fresh = app(api).get_access_token(as_dict=False)
    assert ask(api, fresh).status_code == 404
    api.expire_tokens()
    assert ask(api, fresh).status_code == 401


def test_no_token_is_good_enough(api):
    assert ask(api, None).status_code == 401
    assert ask(api, "invented").json()["error"]["message"] == "Invalid access token"
    api.accounts.refuse_tokens = True
    with pytest.raises(SpotifyException) as caught:
        spotify_for(api).track(UNKNOWN)
    assert caught.value.http_status == 401 and api.accounts.issued == 1


def test_no_secret_is_in_the_log(api):
    manager = user(api)
    token = manager.get_access_token(consent(manager)["code"], check_cache=False)
    ask(api, token)
    words = repr(api.requests) + repr(api.accounts)
    kept = manager.cache_handler.get_cached_token()
    for secret in (token, kept["refresh_token"], api.accounts.client_secret):
        assert secret not in words
    assert [line.path for line in api.requests] == [
        "/authorize",
        "/api/token",
        f"/v1/tracks/{UNKNOWN}",
    ]
