"""spotipy: silent for good, and one sentence where it is not installed."""

from __future__ import annotations

import logging
import logging.config
import subprocess
import sys

import pytest

from genrelab.errors import MissingExtraError
from genrelab.sources.spotify.spotipy_library import load_spotipy


def test_it_stays_silent_whatever_logging_is_set_to(caplog):
    spotipy = load_spotipy()
    assert load_spotipy() is spotipy
    logging.config.dictConfig(
        {"version": 1, "disable_existing_loggers": False, "loggers": {"spotipy": {"level": 1}}}
    )
    caplog.set_level(logging.DEBUG)
    for name in ("spotipy.client", "spotipy.oauth2", "spotipy.cache_handler", "spotipy.util"):
        assert name in logging.root.manager.loggerDict
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).error("a secret")
    logging.getLogger("another").warning("heard")
    assert caplog.messages == ["heard"]


def test_nothing_reaches_stderr_where_logging_is_not_set_up():
    script = (
        "import logging; from genrelab.sources.spotify.spotipy_library import load_spotipy;"
        "load_spotipy(); logging.getLogger('spotipy.client').error('a secret');"
        "logging.getLogger('another').error('heard')"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert (result.stdout, result.stderr) == ("", "heard\n")


def test_one_sentence_where_it_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "spotipy", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'genrelab\[spotify\]'"):
        load_spotipy()
