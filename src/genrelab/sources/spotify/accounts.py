"""Accounts server: where tokens come from, asked by spotipy's managers.

Conventions
-----------
Answers are judged as they arrive, before spotipy reads them, so that each fault is one
sentence that shows no secret. Errors are raised anew outside of spotipy's frames, whose
variables hold secrets. Faults that may pass are tried again, twice, after jittered pauses.
Tokens are dictionaries as spotipy makes them: ``access_token``, ``expires_in`` (s),
``expires_at`` (s since 1970), for users ``refresh_token`` too.
"""

from __future__ import annotations

import contextlib
import random
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from genrelab.errors import DataError, GenrelabError, TemporaryError, UsageError
from genrelab.sources.spotify.credentials import (
    CLIENT_ID,
    CLIENT_SECRET,
    DASHBOARD,
    REDIRECT_URI,
    Credentials,
)
from genrelab.sources.spotify.network_faults import AGAIN, network_fault, server_name
from genrelab.sources.spotify.pace import in_words, retry_after
from genrelab.sources.spotify.spotipy_library import as_it_is, load_spotipy

SPOTIFY_ACCOUNTS = "https://accounts.spotify.com"
SCOPES = ("playlist-read-collaborative", "playlist-read-private")
TIMEOUTS_S = (10.0, 30.0)  # to connect, and between two pieces of an answer
PAUSES_S = (0.5, 2.0)
_LONGEST_WAIT_S = 10.0


class GrantEndedError(GenrelabError):
    """A code or refresh token that is no longer taken; a user has to agree anew."""


class _AgainError(TemporaryError):
    """A refusal that says when to ask again, in seconds from now."""

    wait_s: float = 0.0


class Accounts:
    """An accounts server, asked for an app.

    Parameters
    ----------
    url : str
        Spotify's, or a stand-in's.
    credentials : Credentials

    Raises
    ------
    UsageError
        If the address is none.
    MissingExtraError
        If spotipy is not installed.
    """

    def __init__(self, url: str, credentials: Credentials) -> None:
        self.url = url.rstrip("/")
        self.name = server_name(self.url, "--accounts-url")
        self._credentials = credentials
        self._library = load_spotipy()

    def app_token(self) -> dict[str, Any]:
        """Fetch a token for the app itself, which can read what is public.

        Raises
        ------
        GenrelabError
            Of a kind that says whether to mend something or to run again.
        """
        manager = self._manager(
            self._library.SpotifyClientCredentials,
            client_secret=self._credentials.client_secret,
        )
        return self._ask(manager, lambda: manager.get_access_token(as_dict=False))

    def user_token(self, fetch_code: Callable[[str, str], str]) -> dict[str, Any]:
        """Fetch a token for a user, who has to agree (authorization code with PKCE, RFC 7636).

        Parameters
        ----------
        fetch_code : callable
            Given the address where the user agrees and the state that the answer bears;
            returns the code.

        Raises
        ------
        GenrelabError
            As `app_token`, and whatever ``fetch_code`` raises.
        """
        manager = self._user_manager()
        state = secrets.token_urlsafe(24)
        code = fetch_code(manager.get_authorize_url(state), state)
        with contextlib.suppress(GrantEndedError):
            return self._ask(manager, lambda: manager.get_access_token(code, check_cache=False))
        # A code is taken once: where the answer to it was lost, so is the code.
        raise TemporaryError(f"{self.name}: the user's consent was lost on the way; {AGAIN}")

    def refreshed_token(self, refresh_token: str) -> dict[str, Any]:
        """Fetch a new token for a user who has agreed before.

        Raises
        ------
        GrantEndedError
            If the refresh token is no longer taken.
        GenrelabError
            As `app_token`.
        """
        manager = self._user_manager()
        return self._ask(manager, lambda: manager.refresh_access_token(refresh_token))

    def _user_manager(self) -> Any:
        manager = self._manager(
            self._library.SpotifyPKCE,
            redirect_uri=self._credentials.redirect_uri,
            scope=list(SCOPES),
        )
        manager.OAUTH_AUTHORIZE_URL = f"{self.url}/authorize"
        return manager

    def _manager(self, kind: Any, **options: Any) -> Any:
        import requests

        session = requests.Session()
        session.auth = as_it_is
        session.hooks["response"].append(self._judge)
        manager = kind(
            client_id=self._credentials.client_id,
            cache_handler=self._library.MemoryCacheHandler(),
            requests_session=session,
            requests_timeout=TIMEOUTS_S,
            **options,
        )
        manager.OAUTH_TOKEN_URL = f"{self.url}/api/token"
        return manager

    def _ask(self, manager: Any, question: Callable[[], object]) -> dict[str, Any]:
        fault: GenrelabError
        for pause in (*PAUSES_S, None):
            try:
                question()
                return dict(manager.cache_handler.get_cached_token())
            except GenrelabError as error:
                fault = error
            except (OSError, ValueError) as error:
                fault = network_fault(error, self.name)
            wait = max(pause or 0.0, fault.wait_s if isinstance(fault, _AgainError) else 0.0)
            if pause is None or not isinstance(fault, TemporaryError) or wait > _LONGEST_WAIT_S:
                break
            time.sleep(wait * random.uniform(1.0, 1.5))  # noqa: S311
        raise fault.with_traceback(None)

    def _judge(self, response: Any, **_: Any) -> None:
        """Raise what is wrong with an answer; `requests` calls it with each."""
        if response.is_redirect:  # where it leads to shall see neither codes nor tokens
            raise DataError(
                f"{self.name}: sends on to another address, which is not followed; check "
                "--accounts-url and the network"
            )
        content = _json_object(response)
        if response.status_code != 200:
            raise self._refusal(response, _error_code(content))
        life = content.get("expires_in")
        token = content.get("access_token")
        fits = isinstance(token, str) and re.fullmatch("[!-~]+", token) is not None
        if not fits or not isinstance(life, int) or not 0 < life < 10**9:
            raise TemporaryError(f"{self.name}: its answer holds no token; {AGAIN} later")

    def _refusal(self, response: Any, code: str) -> GenrelabError:
        status = response.status_code
        if status == 429:
            wait = retry_after(response.headers.get("Retry-After")) or 0.0
            when = f"in {in_words(wait)}" if wait else "later"
            fault = _AgainError(f"{self.name}: too many requests; {AGAIN} {when}")
            fault.wait_s = wait
            return fault
        if status >= 500:
            return TemporaryError(f"{self.name}: answers {status}; {AGAIN} later")
        if code == "invalid_grant":
            return GrantEndedError(
                f"{self.name}: what the user agreed to holds no longer (invalid_grant)"
            )
        if code in {"invalid_client", "unauthorized_client"} or status == 401:
            names = CLIENT_ID if self._credentials.redirect_uri else f"{CLIENT_ID}, {CLIENT_SECRET}"
            return UsageError(
                f"{self.name}: refuses {names} ({code or status}); copy them anew from {DASHBOARD}"
            )
        return DataError(
            f"{self.name}: refuses to give a token ({code or status}); check the app at "
            f"{DASHBOARD}{f', and {REDIRECT_URI}' if self._credentials.redirect_uri else ''}"
        )


def _json_object(response: Any) -> dict[str, Any]:
    try:
        content = response.json()
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _error_code(content: dict[str, Any]) -> str:
    """Read the code of RFC 6749, section 5.2; anything else might echo what was sent."""
    code = content.get("error")
    return code if isinstance(code, str) and re.fullmatch("[a-z_]{3,30}", code) else ""
