"""spotipy, loaded when it is used, and kept from talking.

Conventions
-----------
spotipy logs headers with secrets and tokens at DEBUG, and its errors on stderr. Each of its
loggers gets a filter that lets nothing pass, which no later setting of levels or handlers
undoes; other libraries' logging stays as it is.
"""

from __future__ import annotations

import importlib
import logging
from typing import Any

from genrelab.errors import MissingExtraError


def load_spotipy() -> Any:
    """Import spotipy with its loggers silenced.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        spotipy = importlib.import_module("spotipy")
        importlib.import_module("spotipy.oauth2")
    except ImportError as error:
        raise MissingExtraError("collecting from Spotify", "spotify") from error
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "spotipy":
            logging.getLogger(name).addFilter(_pass_nothing)
    return spotipy


def as_it_is(request: Any) -> Any:
    """Keep a request's own credentials, which `requests` would replace by those of ~/.netrc."""
    return request


def _pass_nothing(record: logging.LogRecord) -> bool:  # noqa: ARG001
    return False
