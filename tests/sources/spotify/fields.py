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
    """Return what of a value the fields name; what is not there is left out."""
    tokens = _TOKEN.findall(fields)[::-1]
    return _selected(value, _parse(tokens))


def _parse(tokens: list[str]) -> Tree:
    """Read names until a closing parenthesis or the end; tokens are in reverse order."""
    tree: Tree = {}
    while tokens and tokens[-1] != ")":
        token = tokens.pop()
        if token == ",":
            continue
        branch = tree.setdefault(token, {})
        while tokens and tokens[-1] == ".":
            tokens.pop()
            branch = branch.setdefault(tokens.pop(), {})
        if tokens and tokens[-1] == "(":
            tokens.pop()
            branch.update(_parse(tokens))
            if tokens:
                tokens.pop()
    return tree


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
