"""Sound files: what is to be analyzed, and where each analysis goes.

Conventions
-----------
A file that is named is always tried; in a folder those count that end as recordings do
(`genrelab.music.sounds`). A file that is named twice, by whatever paths, counts once.

There is one output file where there is one input file and ``-o`` does not name a folder
(one that exists, or a name that ends in ``/``). Otherwise ``-o`` is a folder, and an
analysis has its recording's path relative to the inputs' common folder, with ``.json``
appended: ``Rock/song.mp3.json``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genrelab.errors import UsageError
from genrelab.music.sounds import SOUND_ENDINGS, find_sounds, is_sound
from genrelab.workflows.analysis_files import standing_meta

APPENDED = ".json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFile:
    """A recording that is to be analyzed.

    Attributes
    ----------
    path : Path
        As it was given, or as it lies in the folder that was given.
    output : Path or None
        Where its analysis goes; None for nowhere in particular.
    """

    path: Path
    output: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFiles:
    """What inputs stand for.

    Attributes
    ----------
    files : sequence of SoundFile
        In the order given, a folder's by their names.
    faults : sequence of str
        Folders that cannot be read, or have no recording in them, a sentence each.
    """

    files: Sequence[SoundFile]
    faults: Sequence[str]


def find_sound_files(inputs: Sequence[str | Path], out: str | Path | None = None) -> SoundFiles:
    """Find the recordings that inputs stand for, and a place for each one's analysis.

    Parameters
    ----------
    inputs : sequence of path-like
        Files and folders.
    out : str or path-like, optional
        File or folder for the analyses.

    Raises
    ------
    UsageError
        If an input or ``out`` has no name; if ``out`` is a file where a folder is
        needed, one of the inputs, or what should not be overwritten.
    """
    if not all(map(str, inputs)) or (out is not None and not str(out)):
        raise UsageError("a name is empty; expected the names of files or folders")
    paths = [Path(one) for one in inputs]
    faults: list[str] = []
    found = _without_repetitions([file for path in paths for file in _expand(path, faults)])
    if out is None:
        return SoundFiles(files=[SoundFile(path=path) for path in found], faults=faults)
    place = Path(out)
    if len(paths) == 1 and not paths[0].is_dir() and not _names_folder(out):
        outputs = dict.fromkeys(found, place)
    else:
        if place.exists() and not place.is_dir():
            raise UsageError(f"{place}: a file; several analyses need a folder as -o")
        common = _common_folder(paths)
        outputs = {path: place / _appended(path, common) for path in found}
    _refuse_overwriting(outputs)
    if place in outputs.values():  # it is the one file that was named
        _refuse_replacing(place)
    files = [SoundFile(path=path, output=output) for path, output in outputs.items()]
    return SoundFiles(files=files, faults=faults)


def _names_folder(out: str | Path) -> bool:
    return str(out).endswith(("/", os.sep)) or Path(out).is_dir()


def _expand(path: Path, faults: list[str]) -> list[Path]:
    if not path.is_dir():
        return [path]

    def note(error: OSError) -> None:
        faults.append(f"{error.filename}: cannot be read ({error.strerror}); it was left out")

    n_faults = len(faults)
    found = find_sounds(path, on_error=note)
    if not found and len(faults) == n_faults:
        endings = ", ".join(SOUND_ENDINGS)
        faults.append(f"{path}: no recording in this folder; expected names ending in {endings}")
    return found


def _without_repetitions(paths: Sequence[Path]) -> list[Path]:
    by_content: dict[str, Path] = {}
    for path in paths:
        by_content.setdefault(os.path.realpath(path), path)
    return list(by_content.values())


def _common_folder(paths: Sequence[Path]) -> str:
    """Return the deepest folder that holds all files and folders that were given."""
    folders = [(path if path.is_dir() else path.parent).absolute() for path in paths]
    try:
        return os.path.commonpath([os.path.normpath(folder) for folder in folders])
    except ValueError as error:
        raise UsageError("the inputs lie on several drives; analyze each drive's alone") from error


def _appended(path: Path, common: str) -> Path:
    return Path(os.path.relpath(path, common) + APPENDED)


def _refuse_replacing(output: Path) -> None:
    if is_sound(output.name):
        raise UsageError(f"-o {output} is named like a recording; choose a name in {APPENDED}")
    standing_meta(output)


def _refuse_overwriting(outputs: dict[Path, Path]) -> None:
    inputs = {os.path.realpath(path) for path in outputs}
    for output in outputs.values():
        if os.path.realpath(output) in inputs:
            raise UsageError(f"-o {output} is one of the recordings; choose another")
