"""Authorization: the right to ask Spotify's Web API, kept fresh for as long as a run takes.

An app asks for itself (client credentials), or for a user who agrees in a browser once
(authorization code with PKCE) and whose own and shared playlists it can then read.

Conventions
-----------
An `Authorization` may be shared by threads: one of them fetches a token, the others wait for
it, and what it fails with holds for all who waited. Nothing is sent before the first token
is needed. No repr and no error shows a token or secret.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from genrelab.errors import GenrelabError
from genrelab.sources.spotify.accounts import (
    SCOPES,
    SPOTIFY_ACCOUNTS,
    Accounts,
    GrantEndedError,
)
from genrelab.sources.spotify.credentials import find_credentials
from genrelab.sources.spotify.redirects import fetch_code
from genrelab.sources.spotify.token_files import TokenFile, default_token_file, digest_of

MARGIN_S = 60
"""A token is renewed so long before it runs out, or a tenth of its life before."""


class Authorization:
    """Tokens for the Web API; spotipy takes it as ``auth_manager``. `authorize` makes one."""

    def __init__(
        self, accounts: Accounts, file: TokenFile, *, as_user: bool, tell: Callable[[str], None]
    ) -> None:
        self._accounts = accounts
        self._file = file
        self._as_user = as_user
        self._tell = tell
        self._lock = threading.Lock()
        self._held = file.load()
        self._failure: GenrelabError | None = None
        self._failed_at = 0.0

    def token(self) -> str:
        """Return an access token that is good for a while yet.

        Raises
        ------
        GenrelabError
            If there is none to be had: `UsageError` where credentials, the token file or a
            user's answer must change, `TemporaryError` where the same may do later.
        """
        return self._token(refused=None)

    def renew(self, refused: str) -> str:
        """Return another token than one that was refused (401).

        Threads that bring the same refused token get one new token between them.

        Raises
        ------
        GenrelabError
            As `token`.
        """
        return self._token(refused=refused)

    def get_access_token(self, as_dict: bool = False) -> str:  # noqa: ARG002
        """Return `token`: spotipy's own name and signature for it."""
        return self.token()

    def _token(self, *, refused: str | None) -> str:
        asked_at = time.monotonic()
        with self._lock:
            if self._held is not None and _is_good(self._held, refused):
                return str(self._held["access_token"])
            if self._failure is None or self._failed_at < asked_at:
                try:
                    self._held = self._obtain(refused)
                    return str(self._held["access_token"])
                except GenrelabError as error:
                    self._failure, self._failed_at = error, time.monotonic()
            failure = self._failure
        # A new one: the frames that the first came through hold tokens.
        raise type(failure)(str(failure))

    def _obtain(self, refused: str | None) -> dict[str, Any]:
        kept = self._file.load()  # another run may have renewed it
        if kept is not None and _is_good(kept, refused):
            return kept
        token = self._fetch(kept or self._held or {}, refused)
        self._file.save(token)
        return token

    def _fetch(self, old: Mapping[str, Any], refused: str | None) -> dict[str, Any]:
        if not self._as_user:
            return self._accounts.app_token()
        if "refresh_token" in old:
            try:
                return self._accounts.refreshed_token(old["refresh_token"])
            except GrantEndedError as error:
                ended = str(error)
            kept = self._file.load()  # another run was first, and ended ours by it
            if kept is not None and _is_good(kept, refused) and kept != old:
                return kept
            self._tell(f"{ended}; asking the user anew")
        return self._accounts.user_token(partial(fetch_code, tell=self._tell))


def authorize(
    accounts_url: str = SPOTIFY_ACCOUNTS,
    *,
    as_user: bool = False,
    token_file: Path | None = None,
    tell: Callable[[str], None],
) -> Authorization:
    """Prepare to ask Spotify, with credentials from spotipy's environment variables.

    Parameters
    ----------
    accounts_url : str
        Spotify's accounts server, or a stand-in.
    as_user : bool
        Ask for a user, who agrees in a browser once, instead of for the app itself.
    token_file : Path, optional
        Where tokens are kept between runs; by default a file in the user's cache folder, one
        for each app, way of authorization and server.
    tell : callable
        Called with a sentence on what a user should know or do.

    Raises
    ------
    UsageError
        If variables are missing or cannot be right, or others can read the token file.
    MissingExtraError
        If spotipy is not installed.
    """
    credentials = find_credentials(as_user=as_user)
    accounts = Accounts(accounts_url, credentials)
    scopes = SCOPES if as_user else ()
    digest = digest_of(accounts.url, credentials.client_id, *scopes)
    path = default_token_file(digest) if token_file is None else token_file
    return Authorization(accounts, TokenFile(path, digest, tell), as_user=as_user, tell=tell)


def _is_good(token: Mapping[str, Any], refused: str | None) -> bool:
    life: int = token.get("expires_in", 3600)
    left: float = token["expires_at"] - time.time()
    # More than its whole life left means that the clock was set back.
    is_alive = min(MARGIN_S, life / 10) < left <= life + 1
    return is_alive and str(token["access_token"]) != refused
