"""Genres: one name for each, whatever a source calls it.

Conventions
-----------
Names are compared without case, spaces and punctuation, so ``hiphop``,
``Hip Hop`` and ``Hip-Hop`` are the same word before any table is asked. A name
that no table knows is kept as its source wrote it. The table that ships holds
plain synonyms only: Punk stays Punk, since whether it is Rock is the user's to
say, with a table of their own.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from genrelab.errors import DataError

PAPER_GENRES = ("Blues", "Classical", "Country", "Hip-Hop", "Jazz", "Metal", "Pop", "Rock")
"""The eight genres of the paper, in the order of its tables."""

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "Ambient": (),
    "Blues": ("blues music",),
    "Classical": ("classic", "classical music"),
    "Country": ("country music",),
    "Dance": ("dance music",),
    "Disco": ("disco music",),
    "Easy Listening": (),
    "Electronic": ("electronica", "electro", "electronic music"),
    "Experimental": ("experimental music",),
    "Folk": ("folk music",),
    "Funk": ("funk music",),
    "Gospel": ("gospel music",),
    "Hip-Hop": ("hip-hop music", "rap", "rap music", "rap/hip-hop", "hip-hop/rap", "hip-hop & rap"),
    "House": ("house music",),
    "Instrumental": ("instrumental music",),
    "International": (),
    "Jazz": ("jazz music",),
    "Latin": ("latin music",),
    "Metal": ("heavy metal", "metal music"),
    "New Age": ("new age music",),
    "Old-Time / Historic": (),
    "Pop": ("pop music",),
    "Punk": ("punk rock",),
    "R&B": ("rnb", "r and b", "r'n'b", "rhythm and blues", "rhythm & blues"),
    "Reggae": ("reggae music",),
    "Rock": ("rock music",),
    "Soul": ("soul music",),
    "Soul-RnB": ("soul and rnb", "soul/r&b"),
    "Soundtrack": ("soundtracks",),
    "Spoken": ("spoken word",),
    "Techno": ("techno music",),
    "Trance": ("trance music",),
    "World": ("world music",),
}


def _letters(name: str) -> str:
    """Reduce a name to what counts; one of punctuation alone has nothing but itself."""
    plain = unicodedata.normalize("NFC", name.casefold())
    return "".join(character for character in plain if character.isalnum()) or plain.strip()


@dataclass(frozen=True, slots=True)
class GenreTable:
    """Which names stand for which genre.

    Attributes
    ----------
    names : mapping
        The genre by the letters of a name; "" where the name is no genre.
    """

    names: Mapping[str, str]

    def canonical(self, name: str | None) -> str | None:
        """Return the one name of a genre: the stripped name itself where it is not known.

        None where it is empty, or the table says that it is no genre.
        """
        if name is None or not name.strip():
            return None
        return self.names.get(_letters(name), name.strip()) or None

    def knows(self, name: str) -> bool:
        """Tell whether the table has a name, in whatever spelling."""
        return _letters(name) in self.names

    @property
    def digest(self) -> str:
        """Of the content: other meanings of names make another import."""
        text = "\n".join(f"{name}\t{genre}" for name, genre in sorted(self.names.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def extended(self, rows: Mapping[str, str]) -> GenreTable:
        """Return a table with rows of one's own, which have the last word.

        Parameters
        ----------
        rows : mapping
            The genre by name; an empty genre where the name is none. A genre that
            this table knows is called as it calls it, unless a row maps it to itself:
            ``{"rap": "Rap"}`` makes Rap a genre beside Hip-Hop.

        Raises
        ------
        DataError
            If a name stands for two genres, or a genre stands for another one.

        Examples
        --------
        >>> table = SHIPPED_GENRES.extended({"trip hop": "electronic", "VG": "Game Music"})
        >>> table.canonical("Trip-Hop"), table.canonical("vg"), table.canonical("GAME MUSIC")
        ('Electronic', 'Game Music', 'Game Music')
        """
        own: dict[str, str] = {}
        called = {**self.names}
        called.update(
            {_letters(g): g.strip() for n, g in rows.items() if _letters(n) == _letters(g)}
        )
        for name, written in rows.items():
            genre = called.setdefault(_letters(written), written.strip())
            if own.setdefault(_letters(name), genre) != genre:
                raise DataError(
                    f"{name!r} stands for {own[_letters(name)]!r} and for {genre!r}; keep one"
                )
        for genre in {genre for genre in own.values() if genre}:
            if own.setdefault(_letters(genre), genre) != genre:
                raise DataError(
                    f"{genre!r} is a genre in one row and another name for "
                    f"{own[_letters(genre)]!r} in another; name the last one in both"
                )
        return GenreTable({**self.names, **own})


SHIPPED_GENRES = GenreTable(
    {
        _letters(spelling): name
        for name, spellings in _SPELLINGS.items()
        for spelling in (name, *spellings)
    }
)
"""The table that comes with genrelab."""


def canonical_genre(name: str | None) -> str | None:
    """Return the one name genrelab uses for a genre, by the table that ships.

    Parameters
    ----------
    name : str or None
        A genre as a source wrote it.

    Returns
    -------
    str or None
        The canonical name, the stripped name itself where the table does not
        know it, or ``None`` where it is empty.

    Examples
    --------
    >>> canonical_genre("hip hop")
    'Hip-Hop'
    >>> canonical_genre(" Zydeco ")
    'Zydeco'
    """
    return SHIPPED_GENRES.canonical(name)
