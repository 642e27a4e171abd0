"""Clients: spotipy itself, pointed at the stand-in.

Conventions
-----------
Tokens are kept in memory. Nothing is asked twice unless a test says so, and no browser is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests
from tests.sources.spotify.stand_in import StandIn

if TYPE_CHECKING:
    from spotipy import Spotify
    from spotipy.oauth2 import SpotifyClientCredentials, SpotifyPKCE


def spotify_for(api: StandIn, manager: Any = None, **options: Any) -> Spotify:
    """Return spotipy's client; by default it has the app's own token."""
    from spotipy import Spotify

    options = {"retries": 0, "status_retries": 0, "requests_timeout": 5, **options}
    spotify = Spotify(auth_manager=manager or app(api), **options)
    spotify.prefix = f"{api.api_url}/"
    return spotify


def app(api: StandIn, **changes: str) -> SpotifyClientCredentials:
    """Return the client-credentials flow."""
    names = {"client_id": api.accounts.client_id, "client_secret": api.accounts.client_secret}
    from spotipy.cache_handler import MemoryCacheHandler
    from spotipy.oauth2 import SpotifyClientCredentials

    manager = SpotifyClientCredentials(**{**names, **changes}, cache_handler=MemoryCacheHandler())
    manager.OAUTH_TOKEN_URL = f"{api.accounts_url}/api/token"
    return manager


def user(api: StandIn) -> SpotifyPKCE:
    """Return the authorization-code flow with PKCE."""
    from spotipy.cache_handler import MemoryCacheHandler
    from spotipy.oauth2 import SpotifyPKCE

    manager = SpotifyPKCE(
        client_id=api.accounts.client_id,
        redirect_uri=api.environment["SPOTIPY_REDIRECT_URI"],
        scope="playlist-read-private",
        state="a-state",
        cache_handler=MemoryCacheHandler(),
        open_browser=False,
    )
    manager.OAUTH_TOKEN_URL = f"{api.accounts_url}/api/token"
    manager.OAUTH_AUTHORIZE_URL = f"{api.accounts_url}/authorize"
    return manager


def consent(manager: SpotifyPKCE) -> dict[str, str]:
    """Go where the browser would, and return what it is sent back with."""
    answer = requests.get(manager.get_authorize_url(), allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    assert back._replace(query="").geturl() == manager.redirect_uri
    return {name: values[0] for name, values in parse_qs(back.query).items()}


def as_user(api: StandIn) -> SpotifyPKCE:
    """Return that flow once the user has said yes."""
    manager = user(api)
    manager.get_access_token(consent(manager)["code"], check_cache=False)
    return manager
