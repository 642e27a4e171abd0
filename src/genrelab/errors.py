"""Errors: one sentence each, saying where, what, and what to do.

Conventions
-----------
The library raises, the command line and the server speak. ``exit_status`` is
what a command ends with: 1 for something wrong in the data or the machine,
2 for wrong use, 75 for what may be well again later.
"""

from __future__ import annotations


class GenrelabError(Exception):
    """Anything genrelab knows how to explain in one sentence."""

    exit_status = 1


class DataError(GenrelabError):
    """Input that does not hold what it should: names the file, line or field."""


class CorpusError(GenrelabError):
    """A corpus that cannot be opened, read or written."""


class RunError(GenrelabError):
    """A run directory that is incomplete, damaged or of another format."""


class UsageError(GenrelabError):
    """A request that makes no sense as it stands: names the option and the choices."""

    exit_status = 2


class TemporaryError(GenrelabError):
    """Something that may be well again later: the same command then goes on.

    The exit status is ``EX_TEMPFAIL`` of ``sysexits.h``.
    """

    exit_status = 75


class MissingExtraError(GenrelabError):
    """A feature whose packages are not installed.

    Parameters
    ----------
    what : str
        The feature, as the start of a sentence ("training a network").
    extra : str
        The optional dependency group that brings it.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the '{extra}' extra: pip install 'genrelab[{extra}]'")
