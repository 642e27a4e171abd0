"""CSV files: tables that people write, with a header and a row a line.

Conventions
-----------
UTF-8, with or without a byte order mark, as spreadsheets save it; commas between the
values. Names of columns are compared without case. A row knows the line it ends on.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from genrelab.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """The content of a CSV.

    Attributes
    ----------
    columns : sequence of str
        Names in lower case.
    rows : sequence of (int, mapping)
        Line number, and the stripped value of each column; empty rows are left out.
    digest : str
        SHA-256 of the file.
    """

    path: str
    columns: Sequence[str]
    rows: Sequence[tuple[int, Mapping[str, str]]]
    digest: str


def read_text(path: Path, what: str) -> tuple[str, str]:
    """Read a text file and its SHA-256.

    Raises
    ------
    DataError
        If there is no such file, saying ``what`` was expected, or it is not UTF-8.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise DataError(f"{path}: {reason}; expected {what}") from error
    try:
        return raw.decode("utf-8-sig"), hashlib.sha256(raw).hexdigest()
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error


def read_csv(path: Path, what: str) -> CsvFile:
    """Read a CSV with a header.

    Parameters
    ----------
    what : str
        What it should be ("a file of labels"), for the error where it is absent.

    Raises
    ------
    DataError
        If there is no such file, or naming the line that does not fit.
    """
    text, digest = read_text(path, what)
    reader = csv.reader(io.StringIO(text, newline=""))
    rows: list[tuple[int, Mapping[str, str]]] = []
    try:
        columns = [name.strip().casefold() for name in next(reader, [])]
        if len(columns) == 1 and ";" in columns[0]:
            raise DataError(f"{path}: semicolons between its values; expected commas")
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(columns):
                raise DataError(
                    f"{path}, line {reader.line_num}: {len(row)} values; "
                    f"expected {len(columns)} as in the header"
                )
            values = {name: cell.strip() for name, cell in zip(columns, row, strict=True)}
            rows.append((reader.line_num, values))
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: is no CSV ({error})") from error
    return CsvFile(path=str(path), columns=columns, rows=rows, digest=digest)
