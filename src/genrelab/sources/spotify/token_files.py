"""Token files: where tokens wait for the next run, for their owner's eyes alone.

Conventions
-----------
A file holds the tokens of one app, one way of authorization and one accounts server, and a
digest that says of which. It is written beside its place and moved there whole, with mode
0600 from its first moment. A file that others could read is refused before anything is
sent; one that cannot be understood counts as absent, and is set aside when a new one is
written.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import stat
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from genrelab.errors import UsageError

OTHERS = 0o077
_LARGEST = 65_536  # bytes; Spotify's tokens take some 500
_NEVER = 10**11  # s since 1970


def digest_of(*parts: str) -> str:
    """Name what tokens are good for, without showing it.

    >>> digest_of("user", "id") == digest_of("user", "id")
    True
    """
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def default_token_file(digest: str) -> Path | None:
    """Place the file in the user's cache folder; None where the user has no home."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    try:
        folder = Path(home) if Path(home).is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    return folder / "genrelab" / f"spotify-token-{digest}.json"


class TokenFile:
    """Tokens on disk.

    Parameters
    ----------
    path : Path or None
        None keeps nothing.
    digest : str
        What the tokens are good for (`digest_of`); a file of another's counts as absent.
    tell : callable
        Called with a sentence on what a user should know.
    """

    def __init__(self, path: Path | None, digest: str, tell: Callable[[str], None]) -> None:
        self._path = path
        self._digest = digest
        self._tell = tell
        self._is_foreign = False
        self._has_failed = False

    def load(self) -> dict[str, Any] | None:
        """Read the tokens, as spotipy gave them; None where there are none.

        Raises
        ------
        UsageError
            If others can read the file, or it belongs to someone else.
        """
        content = None if self._path is None else self._read(self._path)
        if not content:
            return None
        try:
            kept = json.loads(content)
            token, is_whole = kept["token"], is_token(kept["token"])
        except (ValueError, TypeError, KeyError, RecursionError):
            kept, token, is_whole = {}, {}, False
        if is_whole and kept.get("of") == self._digest:
            self._is_foreign = False
            return dict(token)
        if not self._is_foreign:
            self._is_foreign = True
            why = "holds another app's or user's token" if is_whole else "holds no token"
            self._tell(f"{self._path}: {why}; asking for a new one")
        return None

    def save(self, token: Mapping[str, Any]) -> None:
        """Write the tokens; a disk that does not take them is told of once and is no error."""
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._is_foreign:
                self._path.replace(f"{self._path}.aside")
                self._is_foreign = False
            _write(self._path, json.dumps({"of": self._digest, "token": dict(token)}))
        except OSError as error:
            if not self._has_failed:
                self._tell(
                    f"{self._path}: cannot keep the token ({error.strerror}); "
                    "the next run asks for a new one"
                )
            self._has_failed = True

    def _read(self, path: Path) -> bytes | None:
        try:
            # A pipe in its place must not make us wait.
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            if not self._has_failed:
                reason = error.strerror if isinstance(error, OSError) else "no file's name"
                self._tell(f"{path}: cannot be read ({reason}); asking for a new token")
            self._has_failed = True
            return None
        try:
            _check_owner(path, os.fstat(descriptor))
            return os.read(descriptor, _LARGEST)
        finally:
            os.close(descriptor)


def is_token(value: object) -> bool:
    """Whether a value is what spotipy makes of an answer with a token in it."""
    if not isinstance(value, dict):
        return False
    times = (value.get("expires_at"), value.get("expires_in", 3600))
    words = (value.get("access_token"), value.get("refresh_token", "none"))
    # What does not fit into a header would be shown by the error about it.
    return all(isinstance(time, int) and 0 <= time < _NEVER for time in times) and all(
        isinstance(word, str) and re.fullmatch("[!-~]+", word) for word in words
    )


def _check_owner(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{path}: is no file; give another name for the file of tokens")
    if os.name != "posix":  # where a mode says nothing
        return
    mode = stat.S_IMODE(status.st_mode)
    command = f"chmod 600 {shlex.quote(str(path))}"
    if mode & OTHERS:
        raise UsageError(
            f"{path}: others can read this file of tokens (mode {mode:04o}); {command}"
        )
    if status.st_uid != os.geteuid():
        raise UsageError(
            f"{path}: this file of tokens (mode {mode:04o}) belongs to another user; "
            f"give another name, or as its owner {command}"
        )


def _write(path: Path, content: str) -> None:
    descriptor, partial = tempfile.mkstemp(prefix=f".{path.name[:200]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).replace(path)
    except OSError:
        Path(partial).unlink(missing_ok=True)
        raise
