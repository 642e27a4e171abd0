r"""File names: what a system calls a file, where that is no text.

Conventions
-----------
Python gives bytes of a name that are no UTF-8 as surrogates (``\udce9``), which neither
SQLite nor JSON takes. A name that must lead back to its file is stored as a blob where it
has some; a name that people read has them as ``\xe9``.
"""

from __future__ import annotations

from typing import overload


def readable(name: str) -> str:
    r"""Escape the bytes of a name that are no UTF-8.

    >>> readable("caf\udce9/é.wav")
    'caf\\xe9/é.wav'
    """
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


@overload
def stored_name(name: str) -> str | bytes: ...
@overload
def stored_name(name: None) -> None: ...
def stored_name(name: str | None) -> str | bytes | None:
    """Return a name as SQLite can hold it: text, or its bytes where they are no UTF-8."""
    if name is None:
        return None
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape")
    return name


@overload
def name_from_stored(value: str | bytes) -> str: ...
@overload
def name_from_stored(value: None) -> None: ...
def name_from_stored(value: str | bytes | None) -> str | None:
    """Return the name that `stored_name` made this of."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
