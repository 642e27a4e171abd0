"""Titles: what two spellings of one recording's title share, and what makes it another one.

Conventions
-----------
Left out are case, accents, punctuation, a leading "the", and in brackets or behind a dash
at the end what names a release of the same recording: ``(2003 Digital Remaster)``,
``[Remastered LP Version]``, ``- Album Version``, ``(Explicit)``; in brackets guests too:
``(feat. Somebody)``. Whatever else stands there stays, since it may be another recording
or another cut: ``(Live)``, ``(Acoustic)``, ``- Radio Edit``, ``(Single Version)``,
``(Mono)``, ``(Remix)``, ``(Instrumental)``, ``(Demo)``.
"""

from __future__ import annotations

import re

from genrelab.music.tracks import plain_name

_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_LAST_DASH = re.compile(r"\s[-\u2013\u2014]\s([^()\[\]]*)$")
_WORDS = re.compile(r"[a-z]+|\d+")
_OF_RELEASES = frozenset(
    {"remaster", "remastered", "remastering", "mastered", "mastering", "album", "lp", "explicit"}
)
_BESIDE_THEM = frozenset({"version", "digital", "digitally", "re", "original", "bit", "the", "in"})
_GUESTS = frozenset({"feat", "ft", "featuring"})
_SAYS_NOTHING = re.compile(r"(intro|outro|interlude|skit|untitled|unknown|track)?\d*")


def plain_title(title: str) -> str | None:
    """Reduce a title to what two releases of one recording share.

    Returns
    -------
    str or None
        None where nothing is left, or what many recordings of an artist are called
        (``Intro``, ``Track 3``).

    Examples
    --------
    >>> plain_title("The Sound of Silence (2001 Digital Remaster)")
    'soundofsilence'
    >>> plain_title("Caf\u00e9 del Mar - Album Version") == plain_title("cafe del mar")
    True
    >>> plain_title("Creep (Live)"), plain_title("Creep - Radio Edit"), plain_title("Intro")
    ('creeplive', 'creepradioedit', None)
    """
    kept = _BRACKETS.sub(_without_release, title)
    dash = _LAST_DASH.search(kept)
    if dash and _names_release(dash[1]):
        kept = kept[: dash.start()]
    plain = plain_name(kept.strip())
    return None if _SAYS_NOTHING.fullmatch(plain) else plain


def _without_release(bracket: re.Match[str]) -> str:
    inside = bracket[1] if bracket[1] is not None else bracket[2]
    first = _WORDS.match(inside.casefold().strip())
    has_guests = first is not None and first[0] in _GUESTS
    return "" if has_guests or _names_release(inside) else bracket[0]


def _names_release(text: str) -> bool:
    """Tell whether a text names a release, with or without its year, and nothing else."""
    words = {word for word in _WORDS.findall(text.casefold()) if not word.isdecimal()}
    return bool(words & _OF_RELEASES) and words <= _OF_RELEASES | _BESIDE_THEM
