"""Tables: results as rows and columns, written for people or for programs.

Conventions
-----------
A table holds plain values: text, numbers, true or false, and ``None`` for "no
value". ``text`` and ``markdown`` are for people: floats have three decimals,
numbers stand at the right. ``json`` and ``csv`` are for programs: values as they
are; NaN and infinities, which neither format knows, become "no value".
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Literal, get_args

from genrelab.errors import DataError, UsageError

Format = Literal["text", "json", "csv", "markdown"]
FORMATS: tuple[Format, ...] = get_args(Format)

Cell = str | int | float | bool | None

DECIMALS = 3  # of a float in a table for people
# Control characters, and those that turn the direction of writing around.
_COMMANDS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_GAP = "  "  # between the columns of a text table


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns.

    Attributes
    ----------
    title : str
        What the table shows; may be empty.
    columns : tuple of str
        Names, each once.
    rows : tuple of tuple
        One value a column: str, int, float, bool or None (NumPy's scalars too).

    Raises
    ------
    DataError
        If a row has not one value a column, a name stands twice, or a value is
        of another kind.

    Examples
    --------
    >>> print(render(Table("Recall", ["genre", "recall"], [["Blues", 0.691]]), "text"), end="")
    Recall
    <BLANKLINE>
    genre  recall
    -----  ------
    Blues   0.691
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def __post_init__(self) -> None:
        columns = tuple(self.columns)
        twice = next((c for i, c in enumerate(columns) if c in columns[:i]), None)
        if twice is not None:
            raise DataError(f"table {self.title!r}: column {twice!r} stands twice; name each once")
        rows = []
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(columns):
                raise DataError(
                    f"table {self.title!r}: row {number} has {len(row)} values; "
                    f"expected {len(columns)}, one a column"
                )
            rows.append(tuple(_plain(value, self.title) for value in row))
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "rows", tuple(rows))


def without_empty_columns(table: Table) -> Table:
    """Leave out columns that have no value in any row."""
    kept = [i for i in range(len(table.columns)) if any(row[i] is not None for row in table.rows)]
    return Table(
        table.title,
        [table.columns[i] for i in kept],
        [[row[i] for i in kept] for row in table.rows],
    )


def _plain(value: object, title: str) -> Cell:
    """Reduce a value, NumPy's scalars included, to what every format can write."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    raise DataError(
        f"table {title!r}: a value is of type {type(value).__name__}; "
        "expected text, a number, true, false or None"
    )


def cell_text(value: Cell) -> str:
    """Write one value for people.

    >>> [cell_text(v) for v in (0.54321, 880, None, True, 0.00004)]
    ['0.543', '880', '', 'yes', '4.0e-05']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return str(value)
    if not math.isfinite(value):
        return "" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    hidden = value != 0 and round(value, DECIMALS) == 0  # a p-value of 4e-5 is not .000
    return f"{value:.1e}" if hidden else f"{value + 0.0:.{DECIMALS}f}"


def is_number(value: Cell) -> bool:
    """Tell whether a value is written at the right of its column."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def right_aligned(table: Table) -> list[bool]:
    """Tell, a column, whether its values are numbers (at least one, and no words)."""
    columns = [[row[i] for row in table.rows] for i in range(len(table.columns))]
    return [
        any(map(is_number, values)) and all(v is None or is_number(v) for v in values)
        for values in columns
    ]


def render(tables: Table | Sequence[Table], format: Format) -> str:
    """Write one table, or several, in one of the four formats.

    Parameters
    ----------
    tables : Table or sequence of Table
    format : {"text", "json", "csv", "markdown"}
        ``text`` is aligned for a terminal. ``json`` is a list of objects for a
        table, and an object of such lists by title for a sequence. ``csv`` is
        header and rows; the tables of a sequence stand under a line with their
        title and are separated by an empty line. ``markdown`` is GitHub's.

    Returns
    -------
    str
        Ends with a line break.

    Raises
    ------
    UsageError
        If the format is none of these.
    """
    alone = isinstance(tables, Table)
    several = [tables] if isinstance(tables, Table) else list(tables)
    if format == "text":
        return "\n".join(map(_text, several))
    if format == "markdown":
        return "\n".join(map(_markdown, several))
    if format == "csv":
        return _csv(several[0]) if alone else "\n".join(map(_titled_csv, several))
    if format == "json":
        return _json(several[0] if alone else several)
    raise UsageError(f"format is {format!r}; expected one of {', '.join(FORMATS)}")


# --- text ------------------------------------------------------------------------------------


def _width(text: str) -> int:
    """Columns of a terminal that a text takes: wide characters take two, accents none."""
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


def _one_line(text: str) -> str:
    """Show a text on one line; what a terminal would take for a command is written out."""
    line = " ".join(text.split()) if any(c in text for c in "\r\n\t") else text
    return _COMMANDS.sub(lambda found: found[0].encode("unicode_escape").decode(), line)


def _aligned(text: str, width: int, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _text(table: Table) -> str:
    right = right_aligned(table)
    cells = [[_one_line(cell_text(value)) for value in row] for row in table.rows]
    lines = [[_one_line(c) for c in table.columns], *cells]
    widths = [max(_width(line[i]) for line in lines) for i in range(len(right))]
    lines.insert(1, ["-" * width for width in widths])
    body = [
        _GAP.join(_aligned(*parts) for parts in zip(line, widths, right, strict=True)).rstrip()
        for line in lines
    ]
    head = [table.title, ""] if table.title else []
    return "\n".join([*head, *body]) + "\n"


# --- markdown --------------------------------------------------------------------------------


def _markdown_line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(c.replace("\\", "\\\\").replace("|", "\\|") for c in cells) + " |"


def _markdown(table: Table) -> str:
    rule = "|" + "|".join(" ---: " if right else " --- " for right in right_aligned(table)) + "|"
    rows = [_markdown_line(_one_line(cell_text(v)) for v in row) for row in table.rows]
    head = [f"### {_one_line(table.title)}", ""] if table.title else []
    return "\n".join([*head, _markdown_line(map(_one_line, table.columns)), rule, *rows]) + "\n"


# --- csv and json ----------------------------------------------------------------------------


def _finite(value: Cell) -> Cell:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _csv(table: Table) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_finite(value) for value in row] for row in table.rows)
    return file.getvalue()


def _titled_csv(table: Table) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerow([table.title])
    return file.getvalue() + _csv(table)


def _objects(table: Table) -> list[dict[str, Cell]]:
    return [dict(zip(table.columns, map(_finite, row), strict=True)) for row in table.rows]


def _json(tables: Table | list[Table]) -> str:
    if isinstance(tables, Table):
        return json.dumps(_objects(tables), indent=2, ensure_ascii=False) + "\n"
    by_title = {table.title: _objects(table) for table in tables}
    if len(by_title) < len(tables):
        raise UsageError("two tables have the same title; JSON needs one title a table")
    return json.dumps(by_title, indent=2, ensure_ascii=False) + "\n"
