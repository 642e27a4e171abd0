"""TOML lines: where each key and each element of a list stands in a file.

Conventions
-----------
`tomllib` reads values and forgets their lines. This module finds the lines again, of text
that `tomllib` has accepted: it needs to know where names and values begin and end, not
what they mean. A path is the names from the top down, with numbers from 0 for elements of
lists; lines count from 1. What is named several times (a table, by each of its dotted
keys) stands where it is named first.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

KeyPath = tuple[str | int, ...]

_STRING = (
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'"
)
_VALUE = re.compile(rf"{_STRING}|[^,\]}}#\n]+", re.DOTALL)
_NAME = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_KEY = re.compile(rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*")
_BLANK = re.compile(r"(?:\s|#[^\n]*|,)*")


def lines_of(text: str) -> Mapping[KeyPath, int]:
    r"""Find the line of every key and element.

    Parameters
    ----------
    text : str
        TOML that `tomllib.loads` accepts.

    Examples
    --------
    >>> lines_of('market = "DE"\n[genres.Rock]\nplaylists = [\n  "a",\n]')["genres", "Rock"]
    2
    """
    reader = _Reader(text)
    reader.read_document()
    return reader.lines


class _Reader:
    """Walks through a text; ``at`` is the next character, ``line`` that of ``counted``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = self.counted = 0
        self.line = 1
        self.lines: dict[KeyPath, int] = {}

    def read_document(self) -> None:
        table: KeyPath = ()
        while not self.comes(""):
            if self.passes("["):
                self.passes("[")
                self.skip_blank()
                table = self.read_key(())
                self.skip_blank()
                while self.passes("]"):
                    pass
            else:
                self.read_pair(table)

    def read_pair(self, table: KeyPath) -> None:
        path = self.read_key(table)
        self.skip_blank()
        self.passes("=")
        self.skip_blank()
        self.read_value(path)

    def read_key(self, table: KeyPath) -> KeyPath:
        key = self.take(_KEY)
        path = table
        for name in _names(key):
            path = (*path, name)
            self.note(path)
        return path

    def read_value(self, path: KeyPath) -> None:
        if self.passes("["):
            self.read_list(path)
        elif self.passes("{"):
            while not self.comes("}"):
                self.read_pair(path)
            self.passes("}")
        else:
            self.take(_VALUE)

    def read_list(self, path: KeyPath) -> None:
        number = 0
        while not self.comes("]"):
            self.note((*path, number))
            self.read_value((*path, number))
            number += 1
        self.passes("]")

    def note(self, path: KeyPath) -> None:
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        self.lines.setdefault(path, self.line)

    def comes(self, mark: str) -> bool:
        """Whether a mark, or with none the end, comes after what means nothing."""
        self.skip_blank()
        return self.at >= len(self.text) or (mark != "" and self.text.startswith(mark, self.at))

    def passes(self, mark: str) -> bool:
        found = self.text.startswith(mark, self.at)
        self.at += len(mark) if found else 0
        return found

    def skip_blank(self) -> None:
        self.take(_BLANK)

    def take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"no TOML at character {self.at}")
        self.at = match.end()
        return match.group()


def _names(key: str) -> list[str]:
    """Part a dotted key; `tomllib` knows what its quotes and escapes mean."""
    names: list[str] = []
    level: Any = tomllib.loads(f"{key} = 0")
    while level != 0:
        ((name, level),) = level.items()
        names.append(name)
    return names
