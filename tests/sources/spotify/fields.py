"""Fields: the ``fields`` parameter, which says what of an answer is wanted.

Conventions
-----------
``a,b.c,d(e,!f)``: names are separated by commas, a dot goes into an object, parentheses into an
object or every element of a list, and ``!`` leaves a name out and keeps its neighbors.
"""

from __future__ import annotations

import re
from typing import Any

Tree = dict[str, "Tree"]
_TOKEN = re.compile(r"[\w!]+|[.,()]")


def select(value: Any, fields: str) -> Any:
    """Return what of a value the fields name; what is not there is left out.

    Raises
    ------
    ValueError
        If a parenthesis or a dot has no name or no other half.
    """
    tokens = _TOKEN.findall(fields)[::-1]
    tree = _parse(tokens)
    if tokens:
        raise ValueError("fields: a parenthesis is closed that was never opened")
    return _selected(value, tree)


def _parse(tokens: list[str]) -> Tree:
    """Read names until a closing parenthesis or the end; tokens are in reverse order."""
    tree: Tree = {}
    while tokens and tokens[-1] != ")":
        if tokens[-1] == ",":
            tokens.pop()
            continue
        branch = tree.setdefault(_name(tokens), {})
        while tokens and tokens[-1] == ".":
            tokens.pop()
            branch = branch.setdefault(_name(tokens), {})
        if tokens and tokens[-1] == "(":
            tokens.pop()
            branch.update(_parse(tokens))
            if not tokens:
                raise ValueError("fields: a parenthesis is never closed")
            tokens.pop()
    return tree


def _name(tokens: list[str]) -> str:
    if not tokens or tokens[-1] in ".,()":
        raise ValueError("fields: a name is missing")
    return tokens.pop()


def _selected(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_selected(element, tree) for element in value]
    if not isinstance(value, dict):
        return value
    unwanted = {name[1:] for name in tree if name.startswith("!")}
    if unwanted:
        return {name: part for name, part in value.items() if name not in unwanted}
    return {name: _selected(part, tree[name]) for name, part in value.items() if name in tree}
