"""Sounds: which files of a folder are taken for recordings.

Conventions
-----------
A file is known by how its name ends, in upper or lower case. Names that begin with a
dot are left out, since file managers keep their own things there. Linked folders are
followed, each once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

SOUND_ENDINGS = (
    *(".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".aifc", ".au"),
    *(".m4a", ".mp4", ".aac", ".wma", ".webm", ".mka", ".caf", ".wv", ".ape"),
)


def is_sound(name: str) -> bool:
    """Tell whether a file's name is that of a recording.

    >>> is_sound("Song.MP3"), is_sound("cover.jpg"), is_sound("._Song.mp3")
    (True, False, False)
    """
    return name.lower().endswith(SOUND_ENDINGS) and not name.startswith(".")


def written_name(path: Path) -> str:
    r"""Spell a path in UTF-8; bytes of it that are none stand as ``\xe9``.

    >>> written_name(Path("caf\udce9.mp3"))
    'caf\\xe9.mp3'
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def find_sounds(folder: Path, *, on_error: Callable[[OSError], None]) -> list[Path]:
    """List the recordings in a folder and below, in the order of their names.

    Parameters
    ----------
    folder : Path
    on_error : callable
        Given what kept a folder from being read; the search goes on.
    """
    return list(_walk(folder, set(), on_error))


def _walk(folder: Path, seen: set[str], on_error: Callable[[OSError], None]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        on_error(error)
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walk(folder / entry.name, seen, on_error)
        elif is_sound(entry.name):
            yield folder / entry.name
