"""Commands: how tests look at what a command wrote."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

FORMATS = ("text", "json", "csv", "markdown")


def genrelab(*args: object) -> subprocess.CompletedProcess[str]:
    """Run a command as a person would, in a process of its own."""
    command = [sys.executable, "-m", "genrelab", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def tables_in(out: str, format: str) -> dict[str, list[dict[str, object]]]:
    """Read tables back from stdout, by title; text and Markdown give titles alone."""
    if format == "json":
        return json.loads(out)
    if format == "csv":
        return dict(_titled_csv(block) for block in out.split("\n\n"))
    blocks = out.rstrip("\n").split("\n\n")
    if format == "markdown":
        titles = [block for block in blocks if block.startswith("### ")]
        assert all(line.startswith(("|", "###")) for b in blocks for line in b.splitlines() if line)
        return {title.removeprefix("### "): [] for title in titles}
    return {block: [] for block in blocks[::2]}


def _titled_csv(block: str) -> tuple[str, list[dict[str, object]]]:
    [title], *rest = csv.reader(io.StringIO(block))
    columns, *rows = rest
    assert all(len(row) == len(columns) for row in rows)
    return title, [dict(zip(columns, row, strict=True)) for row in rows]


def assert_one_error(err: str) -> None:
    """stderr is one line that says what was wrong."""
    assert err.startswith("error: ") and err.count("\n") == 1, err
