"""Genres: one name for each, whatever a source calls it.

Conventions
-----------
Names are compared without case, spaces and punctuation, so ``hiphop``,
``Hip Hop`` and ``Hip-Hop`` are the same word before any table is asked. A name
that no table knows is kept as its source wrote it.
"""

from __future__ import annotations

PAPER_GENRES = ("Blues", "Classical", "Country", "Hip-Hop", "Jazz", "Metal", "Pop", "Rock")
"""The eight genres of the paper, in the order of its tables."""

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "Blues": ("blues",),
    "Classical": ("classical", "classic", "classical music"),
    "Country": ("country", "country music"),
    "Disco": ("disco",),
    "Electronic": ("electronic", "electronica", "electro"),
    "Folk": ("folk", "folk music"),
    "Hip-Hop": ("hip-hop", "hip hop", "hiphop", "rap", "rap/hip-hop", "hip-hop/rap"),
    "Jazz": ("jazz",),
    "Latin": ("latin", "latin music"),
    "Metal": ("metal", "heavy metal"),
    "New Age": ("new age",),
    "Pop": ("pop", "pop music"),
    "Punk": ("punk", "punk rock"),
    "R&B": ("r&b", "rnb", "r and b", "rhythm and blues"),
    "Reggae": ("reggae",),
    "Rock": ("rock", "rock music"),
    "World": ("world", "world music"),
}


def _letters(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


_CANONICAL = {
    _letters(spelling): name for name, spellings in _SPELLINGS.items() for spelling in spellings
}


def canonical_genre(name: str | None) -> str | None:
    """Return the one name genrelab uses for a genre.

    Parameters
    ----------
    name : str or None
        A genre as a source wrote it.

    Returns
    -------
    str or None
        The canonical name, the stripped name itself where no table knows it,
        or ``None`` where it is empty.

    Examples
    --------
    >>> canonical_genre("hip hop")
    'Hip-Hop'
    >>> canonical_genre(" Zydeco ")
    'Zydeco'
    """
    if name is None or not name.strip():
        return None
    return _CANONICAL.get(_letters(name), name.strip())
