"""Credentials: what the environment must hold, and what is said of it."""

from __future__ import annotations

import pytest

from genrelab.errors import UsageError
from genrelab.sources.spotify.credentials import find_credentials

ID, SECRET = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
BACK = "http://127.0.0.1:8888/callback"
WHOLE = {"SPOTIPY_CLIENT_ID": ID, "SPOTIPY_CLIENT_SECRET": f" {SECRET}\n"}


def test_an_app_and_a_user():
    app = find_credentials(as_user=False, environment=WHOLE)
    assert (app.client_id, app.client_secret, app.redirect_uri) == (ID, SECRET, "")
    environment = {"SPOTIPY_CLIENT_ID": ID, "SPOTIPY_REDIRECT_URI": BACK}
    user = find_credentials(as_user=True, environment=environment)
    assert (user.client_id, user.client_secret, user.redirect_uri) == (ID, "", BACK)
    assert ID not in repr(app) + repr(user) and SECRET not in repr(app)


@pytest.mark.parametrize(
    ("as_user", "environment", "sentence"),
    [
        (
            False,
            {},
            (
                "environment: no SPOTIPY_CLIENT_ID and no SPOTIPY_CLIENT_SECRET; make an app at "
                "https://developer.spotify.com/dashboard and set them to what it shows"
            ),
        ),
        (
            False,
            {**WHOLE, "SPOTIPY_CLIENT_SECRET": " "},
            (
                "environment: no SPOTIPY_CLIENT_SECRET; make an app at "
                "https://developer.spotify.com/dashboard and set it to what it shows"
            ),
        ),
        (
            True,
            WHOLE,
            (
                "environment: no SPOTIPY_REDIRECT_URI; make an app at "
                "https://developer.spotify.com/dashboard and set it to what it shows, redirect "
                "address for example http://127.0.0.1:8888/callback"
            ),
        ),
        (
            False,
            {**WHOLE, "SPOTIPY_CLIENT_SECRET": "sécret"},
            (
                "environment: SPOTIPY_CLIENT_SECRET has a space or another character that none of "
                "Spotify's has; copy it anew from https://developer.spotify.com/dashboard"
            ),
        ),
        *(
            (
                True,
                {**WHOLE, "SPOTIPY_REDIRECT_URI": uri},
                (
                    f"environment: SPOTIPY_REDIRECT_URI is {uri!r}; expected an address that "
                    "the app at https://developer.spotify.com/dashboard lists, such as "
                    "http://127.0.0.1:8888/callback"
                ),
            )
            for uri in ("127.0.0.1:8888", "http://127.0.0.1:port", "http://", "http://[1", "x:y")
        ),
    ],
)
def test_what_is_missing_or_cannot_be_right(as_user, environment, sentence):
    with pytest.raises(UsageError) as caught:
        find_credentials(as_user=as_user, environment=environment)
    assert str(caught.value) == sentence


def test_nothing_but_the_environment_is_asked(monkeypatch):
    for name in WHOLE:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError, match="no SPOTIPY_CLIENT_ID and no SPOTIPY_CLIENT_SECRET"):
        find_credentials(as_user=False)
