"""Credentials: who asks Spotify, from spotipy's own environment variables and nowhere else.

Conventions
-----------
``SPOTIPY_CLIENT_ID`` and ``SPOTIPY_CLIENT_SECRET`` are an app's, ``SPOTIPY_REDIRECT_URI`` is
where a user's consent comes back to. What an error says of a secret is its name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from genrelab.errors import UsageError

DASHBOARD = "https://developer.spotify.com/dashboard"
CLIENT_ID, CLIENT_SECRET = "SPOTIPY_CLIENT_ID", "SPOTIPY_CLIENT_SECRET"
REDIRECT_URI = "SPOTIPY_REDIRECT_URI"
EXAMPLE_REDIRECT = "http://127.0.0.1:8888/callback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An app, and with a redirect address the way back from its user.

    Attributes
    ----------
    client_id : str
    client_secret : str
        Empty where a user is asked.
    redirect_uri : str
        Empty where no user is asked.
    """

    client_id: str = field(repr=False)
    client_secret: str = field(default="", repr=False)
    redirect_uri: str = ""


def find_credentials(*, as_user: bool, environment: Mapping[str, str] | None = None) -> Credentials:
    """Read what a flow needs: id and secret, or as a user id and redirect address.

    Parameters
    ----------
    environment : mapping, optional
        `os.environ` by default.

    Raises
    ------
    UsageError
        Naming the variables that are missing or cannot be right, and where to get them.
    """
    environment = os.environ if environment is None else environment
    needed = (CLIENT_ID, REDIRECT_URI if as_user else CLIENT_SECRET)
    values = {name: environment.get(name, "").strip() for name in needed}
    missing = [name for name in needed if not values[name]]
    if missing:
        redirect = f", redirect address for example {EXAMPLE_REDIRECT}" if as_user else ""
        raise UsageError(
            f"environment: no {' and no '.join(missing)}; make an app at {DASHBOARD} and set "
            f"{'them' if len(missing) > 1 else 'it'} to what it shows{redirect}"
        )
    for name in needed:
        # Anything else would break a header, whose error would then show the secret.
        if not re.fullmatch("[!-~]+", values[name]):
            raise UsageError(
                f"environment: {name} has a space or another character that none of Spotify's "
                f"has; copy it anew from {DASHBOARD}"
            )
    if as_user:
        _check_redirect(values[REDIRECT_URI])
    return Credentials(
        client_id=values[CLIENT_ID],
        client_secret=values.get(CLIENT_SECRET, ""),
        redirect_uri=values.get(REDIRECT_URI, ""),
    )


def _check_redirect(uri: str) -> None:
    try:
        parts = urlsplit(uri)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        fits = False
    if not fits:
        raise UsageError(
            f"environment: {REDIRECT_URI} is {uri!r}; expected an address that the app at "
            f"{DASHBOARD} lists, such as {EXAMPLE_REDIRECT}"
        )
