"""Progress: how the library tells whoever called it how far it has come.

Conventions
-----------
A long function takes ``progress`` and calls it with a short description of the
stage, what is done and how much there is (``None`` when unknown). The units are
the stage's own (tracks, bytes, epochs). The command line draws a bar from it;
the default says nothing.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called now and then by long functions; must be cheap."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """Say that ``done`` of ``total`` units of a stage are behind us."""


def silent(stage: str, done: int, total: int | None) -> None:
    """Ignore progress: the default everywhere."""
