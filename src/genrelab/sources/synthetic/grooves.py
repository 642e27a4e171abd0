"""Grooves: what synthetic drummers play in each style.

Conventions
-----------
A pattern is one bar, a character a step, as in `arrangements`: ``X`` is loud, ``x`` as
usual, ``-`` soft, ``.`` rests.
"""

from __future__ import annotations

Groove = dict[str, str]
"""A bar of drumming: pattern by drum."""

GROOVES: dict[str, tuple[Groove, ...]] = {
    "Blues": (
        {"kick": "x.....x.....", "snare": "...X.....X..", "closed_hat": "x.xx.xx.xx.x"},
        {"kick": "x....xx....x", "snare": "...X.....X.-", "ride": "x.xx.xx.xx.x"},
        {"kick": "x.....x..x..", "snare": "...X.-...X..", "closed_hat": "x--x--x--x--"},
    ),
    "Classical": (),
    "Country": (
        {"kick": "x...x...", "snare": "..x...x.", "closed_hat": "x-x-x-x-"},
        {"kick": "x...x...x...x...", "snare": "x-X-x-X-x-X-x-X-"},
        {"kick": "x...x.x.", "snare": "..X...X.", "closed_hat": "xxxxxxxx"},
    ),
    "Hip-Hop": (
        {"kick": "x..x..x...x.....", "snare": "....X.......X...", "closed_hat": "x.x.x.x.x.x.x.xx"},
        {"kick": "x......x..x.....", "clap": "....X.......X...", "closed_hat": "x.xxx.x.x.xxx.xx"},
        {
            "kick": "x.x.......xx....",
            "snare": "....X..-....X..-",
            "open_hat": "......x.........",
            "closed_hat": "x-x-x-x-x-x-x-x-",
        },
    ),
    "Jazz": (
        {"ride": "x..x.xx..x.x", "closed_hat": "...x.....x..", "kick": "-.....-....."},
        {"ride": "x..x.xx..x.x", "closed_hat": "...x.....x..", "snare": ".....-..-..."},
        {"brush": "x..x..x..x..", "closed_hat": "...x.....x..", "snare": "...........-"},
    ),
    "Metal": (
        {"kick": "xxxxxxxxxxxxxxxx", "snare": "....X.......X...", "crash": "x...x...x...x..."},
        {"kick": "x.xxx.xxx.xxx.xx", "snare": "....X.......X...", "ride": "x.x.x.x.x.x.x.x."},
        {"kick": "x.x.x.x.x.x.x.x.", "snare": ".x.x.x.x.x.x.x.x", "crash": "x...x...x...x..."},
        {"kick": "x..x..x..x..x.x.", "snare": "........X.......", "open_hat": "x...x...x...x..."},
    ),
    "Pop": (
        {"kick": "x...x...x...x...", "clap": "....X.......X...", "open_hat": "..x...x...x...x."},
        {"kick": "x...x...x...x...", "snare": "....X.......X...", "closed_hat": "x-x-x-x-x-x-x-x-"},
        {"kick": "x.....x.x...x...", "clap": "....X.......X...", "closed_hat": "x.x.x.x.x.x.x.x."},
    ),
    "Rock": (
        {"kick": "x.....x.x.......", "snare": "....X.......X...", "closed_hat": "x.x.x.x.x.x.x.x."},
        {"kick": "x.x.....x.x...x.", "snare": "....X.......X...", "ride": "x.x.x.x.x.x.x.x."},
        {"kick": "x.......x.x.....", "snare": "....X.......X..-", "open_hat": "x...x...x...x..."},
    ),
}
"""Grooves by genre; none where nobody drums."""

FILLS: dict[int, tuple[str, ...]] = {
    12: (".........xxx", "......x..xxx", "...........x"),
    16: ("............xxxx", "........x.x.xx-x", "..............xx"),
}
"""What the toms add where a phrase ends, by the steps of a bar."""


def steps_of(groove: Groove) -> int:
    """Return how many steps a bar of a groove has: 12 in triplets, else 16."""
    return 12 if all(len(pattern) == 12 for pattern in groove.values()) else 16
