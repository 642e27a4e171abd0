"""Answer forms: the types that Spotify's answers are read into, from any thread.

Conventions
-----------
msgspec learns a type of ours when it first meets it. Threads that make it learn one at the same
time may end the whole process (a segmentation fault, msgspec 0.22), so every type that answers
are read into is learned when its module is imported.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


def answer_form(form: type[T]) -> type[T]:
    """Have msgspec learn a type, and all that it holds; a decorator.

    >>> @answer_form
    ... class Total(msgspec.Struct):
    ...     total: int
    >>> msgspec.convert({"total": 3}, Total)
    Total(total=3)
    """
    msgspec.json.Decoder(form)
    return form
