"""Sounds: which files of a folder are taken for recordings.

Conventions
-----------
A file is known by how its name ends, in upper or lower case. Names that begin with a
dot are left out, since file managers keep their own things there. Linked folders are
followed, each once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
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
        Given what kept a folder from being read, or a link from being followed; the
        search goes on.
    """
    found: list[Path] = []
    seen: set[str] = set()
    waiting = [(folder, True)]
    while waiting:
        path, is_folder = waiting.pop()
        if is_folder:
            waiting += reversed(_content(path, seen, on_error))
        else:
            found.append(path)
    return found


def _content(
    folder: Path, seen: set[str], on_error: Callable[[OSError], None]
) -> list[tuple[Path, bool]]:
    """List the folders (True) and sounds in a folder; nothing of one that was seen before."""
    real = os.path.realpath(folder)
    if real in seen:
        return []
    seen.add(real)
    content = []
    try:
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if not entry.name.startswith("."):
                content += _taken(folder / entry.name, entry, on_error)
    except OSError as error:
        on_error(error)
    return content


def _taken(
    path: Path, entry: os.DirEntry[str], on_error: Callable[[OSError], None]
) -> list[tuple[Path, bool]]:
    try:
        is_folder = entry.is_dir()
    except OSError as error:  # as of a link to itself
        on_error(error)
        return []
    return [(path, is_folder)] if is_folder or is_sound(entry.name) else []
