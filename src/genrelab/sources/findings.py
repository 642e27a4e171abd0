"""Findings: what a source of tracks gives, and the shape that every source has.

Conventions
-----------
A source has a ``name`` and ``items()``: files, playlists or whatever is read
from one end to the other. An item yields its records at positions that count
from 1; reading it again gives the same records at the same positions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from genrelab.music.analysis import Analysis
from genrelab.music.tracks import Track

Reason = Literal[
    "duplicate id",
    "two genres",
    "genre not asked for",
    "no segments",
    "no recording",
    "no match",
    "already linked",
    "unreadable",
    "local file",
    "podcast",
    "removed",
    "not in the market",
    "over the limit",
    "no analysis",
    "no audio features",
]
"""Why a record is left out; the journal of a corpus counts them by these names."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A track that a source found.

    Attributes
    ----------
    position : int
        Place in the item, from 1.
    analysis : Analysis or None
        None where the source brings none (audio that is analyzed later); one
        without segments is left out.
    consumed : int
        Units of the item's size that were read so far, for the progress bar.
    named_by_place : bool
        Whether the id says where a recording lies rather than which one it is, so that
        another recording may come with the same id and is none the less kept.
    """

    position: int
    track: Track
    analysis: Analysis | None = None
    consumed: int = 0
    named_by_place: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A recording that is the audio of a track which the corpus has.

    Attributes
    ----------
    track : Track
        As the corpus has it, but with this recording.
    former : str or None
        The recording that it had: where it has another one by now, that one stays.
    released : str or None
        The path of a recording that is to be parted from all other tracks.
    """

    position: int
    track: Track
    former: str | None = None
    consumed: int = 0
    released: str | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """A record that the source itself leaves out, for a reason that is no fault.

    ``released`` is the path of a recording that is to be parted from all tracks.
    """

    position: int
    track_id: str | None
    reason: Reason
    sentence: str
    consumed: int = 0
    released: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that cannot be read.

    Attributes
    ----------
    sentence : str
        What is wrong and what was expected, from the place within the item on
        ("line 3: segments[0].timbre: expected...").
    fatal : bool
        Whether nothing behind it can be read either: the item stays unfinished.
    """

    position: int
    track_id: str | None
    sentence: str
    fatal: bool = False
    consumed: int = 0


Found = Entry | Drop | Fault
Record = Found | Link


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is read from one end to the other.

    Attributes
    ----------
    name : str
        What the journal knows it by; the same in every run.
    fingerprint : str
        Another one means that the content, or what it is taken to mean, changed.
    size : int
        In any unit (bytes, tracks) that is the same for all items of a source.
    entries : callable
        Given the number of records dealt with already, yields the others.
    label : str
        What people know it by; the name by default.
    is_file : bool
        Whether it counts as one.
    """

    name: str
    fingerprint: str
    size: int
    entries: Callable[[int], Iterator[Record]]
    label: str = ""
    is_file: bool = True

    def __str__(self) -> str:
        return self.label or self.name


def item_of_error(path: Path, error: OSError) -> Item:
    """Make an item of what cannot be read, so that it is named, and tried again next time."""

    def entries(_: int) -> Iterator[Found]:
        yield Fault(1, None, unreadable(error), fatal=True)

    return Item(str(path.absolute()), "unreadable", 0, entries, label=str(path))


def unreadable(error: OSError) -> str:
    """Say that something cannot be read."""
    return f"cannot be read ({error.strerror or error}); check its permissions"


class Source(Protocol):
    """Where tracks come from."""

    @property
    def name(self) -> str:
        """The kind of source, as tracks' origins and the journal have it."""

    def items(self) -> Iterable[Item]:
        """Return the items, in an order that is the same in every run."""
