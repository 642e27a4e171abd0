"""Questions: what inputs ask a model about, each a recording or an archive of analyses.

Conventions
-----------
A file that is named is an archive if its name ends as those do, and else a recording,
which is always tried. A folder stands for the recordings in it and below, or, where it
has none, for its archives. A file that is named twice, by whatever paths, counts once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from genrelab.errors import DataError, UsageError
from genrelab.sources.archive import find_archives, is_archive
from genrelab.workflows.sound_files import find_sound_files

CORPUS_ENDING = ".corpus"
_MANY = 3  # addresses that are named in one sentence
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|spotify:", re.IGNORECASE)
_NOT_FETCHED = "an address, and genrelab fetches nothing; expected a file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A file to be asked about, or why it cannot be.

    Attributes
    ----------
    path : Path
        As it was given, or as it lies in the folder that was given.
    kind : {"recording", "archive", "fault"}
    sentence : str
        Of a fault: why nothing can be asked.
    """

    path: Path
    kind: Literal["recording", "archive", "fault"]
    sentence: str = ""


def find_questions(inputs: Sequence[str | Path]) -> list[Question]:
    """Find what inputs stand for, in the order given, a folder's by their names.

    Raises
    ------
    UsageError
        If an input has no name, or all are addresses.
    """
    if not all(map(str, inputs)):
        raise UsageError("a name is empty; expected the names of files or folders")
    if inputs and all(_is_address(str(one)) for one in inputs):
        named, n_more = ", ".join(map(str, inputs[:_MANY])), len(inputs) - _MANY
        more = f" and {n_more} more" if n_more > 0 else ""
        raise UsageError(f"{named}{more}: {_NOT_FETCHED}")
    found: dict[str, Question] = {}
    for one in inputs:
        for question in _questions(one):
            place = question.sentence or os.path.realpath(question.path)
            found.setdefault(place, question)
    return list(found.values())


def _is_address(name: str) -> bool:
    return _ADDRESS.match(name) is not None and not os.path.lexists(name)


def _questions(one: str | Path) -> list[Question]:
    path = Path(one)
    if _is_address(str(one)):
        return [_fault(path, f"{one}: {_NOT_FETCHED}")]
    if (path / "run.json").is_file():
        return [_fault(path, f"{path}: a run; give it as --model {path}")]
    if path.is_dir():
        return _in_folder(path)
    if path.name.endswith(CORPUS_ENDING):
        return [_fault(path, f"{path}: a corpus; give it as --corpus {path}")]
    return [Question(path=path, kind="archive" if is_archive(path) else "recording")]


def _fault(path: Path, sentence: str) -> Question:
    return Question(path=path, kind="fault", sentence=sentence)


def _in_folder(folder: Path) -> list[Question]:
    sounds = find_sound_files([folder])
    faults = [_fault(folder, sentence) for sentence in sounds.faults]
    if sounds.files:
        recordings = [Question(path=sound.path, kind="recording") for sound in sounds.files]
        return [*faults, *recordings]
    try:
        return [Question(path=path, kind="archive") for path, _ in find_archives(folder)]
    except UsageError:
        return faults


def read_list(stream: BinaryIO, name: str) -> list[str]:
    """Read paths from a list, one a line, or separated by null bytes where there are any.

    Parameters
    ----------
    stream : binary file
    name : str
        What an error calls it.

    Raises
    ------
    DataError
        If it names nothing.
    """
    raw = stream.read()
    parts = raw.split(b"\0") if b"\0" in raw else raw.splitlines()
    paths = [os.fsdecode(part) for part in parts if part]
    if not paths:
        raise DataError(f"{name}: names no file; expected a path a line")
    return paths
