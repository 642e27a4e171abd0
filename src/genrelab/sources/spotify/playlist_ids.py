"""Playlist ids: in whichever form people copy them from Spotify.

Conventions
-----------
An id has 22 letters and digits (base 62). Addresses are those of the web player, old and new,
and the ``spotify:`` URIs of the apps.
"""

from __future__ import annotations

import re

_ID = re.compile(r"[0-9A-Za-z]{22}")
_ADDRESS = re.compile(
    r"(?:(?:https?://)?(?:open|play)\.spotify\.com/|spotify:)"
    r"(?:intl-[a-z-]+/)?(?:embed/)?(?:user[/:][^/:]+[/:](?=playlist))?"
    r"(?P<kind>[a-z]+)[/:](?P<id>[^/?#:]+)/?(?:[?#].*)?",
    re.IGNORECASE,
)
_OTHER_KINDS = {"album", "artist", "audiobook", "episode", "show", "track", "user"}


def playlist_id_from(text: str) -> str:
    """Find the id in a playlist's id, web address or ``spotify:playlist:`` URI.

    Raises
    ------
    ValueError
        Saying what the text is instead, and what was expected.

    Examples
    --------
    >>> playlist_id_from("https://open.spotify.com/playlist/37i9dQZF1DX4vth7idTQch?si=x")
    '37i9dQZF1DX4vth7idTQch'
    """
    text = text.strip()
    if _ID.fullmatch(text):
        return text
    found = _ADDRESS.fullmatch(text)
    kind = found["kind"].lower() if found else ""
    if found and kind == "playlist" and _ID.fullmatch(found["id"]):
        return found["id"]
    if kind in _OTHER_KINDS:
        article = "an" if kind[0] in "ae" else "a"
        raise ValueError(f"{shown(text)} is {article} {kind}'s address; expected a playlist's")
    raise ValueError(
        f"{shown(text)} is no playlist; expected an id of 22 letters and digits, "
        "or https://open.spotify.com/playlist/ID"
    )


def shown(value: object) -> str:
    """Show a user's value in a sentence, and of a long one its beginning."""
    try:
        is_plain = isinstance(value, str | list | dict)
        said = repr(value) if is_plain else str(value)  # a date as TOML has it
        said = said.lower() if isinstance(value, bool) else said
    except ValueError:  # a hexadecimal number of more digits than Python prints
        said = "a huge number"
    return said if len(said) <= 60 else f"{said[:57]}..."
