"""Folder: recordings that lie in a folder and below, with genres from a CSV.

Conventions
-----------
A track is a file; its id comes from its path within the folder, and ``audio_path`` and
``audio_digest`` (SHA-256) say where it lies and what is in it. There is no analysis:
``genrelab analyze --corpus`` makes them. The CSV has ``path`` (within the folder) and
``genre``, and perhaps ``artist`` and ``title``; a file that it does not name has no
genre, and a row without a file is left out as ``no recording``.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from genrelab.errors import DataError, UsageError
from genrelab.music.sounds import SOUND_ENDINGS, find_sounds
from genrelab.music.tracks import Origin, Track, track_id
from genrelab.progress import Progress, silent
from genrelab.sources.byte_stream import content_digest
from genrelab.sources.collecting import Drop, Entry, Fault, Found, Item
from genrelab.sources.labels import NO_LABELS, Label, labels_from_csv


class FolderSource:
    """Recordings in a folder and below.

    Parameters
    ----------
    folder : path-like
    labels : path-like, optional
        A CSV with ``path`` and ``genre``, and perhaps ``artist`` and ``title``.
    progress : Progress

    Raises
    ------
    UsageError
        If it is no folder, or has no recording in it.
    DataError
        If there is nothing there, or the labels cannot be read.
    """

    name = "folder"

    def __init__(
        self,
        folder: str | Path,
        *,
        labels: str | Path | None = None,
        progress: Progress = silent,
    ) -> None:
        self._folder = Path(folder)
        self._progress = progress
        if self._folder.exists() and not self._folder.is_dir():
            raise UsageError(f"{folder}: a file; expected a folder with recordings in it")
        if not self._folder.exists():
            raise DataError(f"{folder}: no such folder; expected one with recordings in it")
        self._errors: list[OSError] = []
        self._files = find_sounds(self._folder, on_error=self._errors.append)
        if not self._files and not self._errors:
            raise UsageError(
                f"{folder}: no recording in this folder or below; "
                f"expected names ending in {', '.join(SOUND_ENDINGS)}"
            )
        self._labels = labels_from_csv(Path(labels)) if labels is not None else NO_LABELS

    def items(self) -> Sequence[Item]:
        """Return an item a file, told apart by size, time and label; one for unused labels."""
        items = []
        for done, file in enumerate(self._files):
            self._progress("looking for changes", done, len(self._files))
            items.append(self._item(file))
        items += [_unreadable(error) for error in self._errors]
        if self._labels is not NO_LABELS:
            items.append(self._unused_labels())
        return items

    def _item(self, file: Path) -> Item:
        label = self._label(file)
        try:
            status = file.stat()
        except OSError as error:
            return _unreadable(error)
        fingerprint = f"size={status.st_size} time={status.st_mtime_ns} label={_digest(str(label))}"
        entries = partial(self._entries, file, label, status.st_size)
        name = str(file.absolute())
        return Item(name, fingerprint, status.st_size, entries, label=str(file))

    def _native_id(self, file: Path) -> str:
        return file.relative_to(self._folder).as_posix()

    def _label(self, file: Path) -> Label:
        return self._labels.find(*_names(self._native_id(file)))

    def _entries(self, file: Path, label: Label, size: int, after: int) -> Iterator[Found]:
        if after >= 1:
            return
        identity = track_id("folder", self._native_id(file))
        if label.conflict:
            sentence = f"{label.conflict} in {self._labels.path}"
            yield Drop(1, identity, "two genres", sentence, consumed=size)
            return
        try:
            digest = content_digest(file)
        except OSError as error:
            sentence = f"cannot be read ({error.strerror or error}); check its permissions"
            yield Fault(1, identity, sentence, fatal=True, consumed=size)
            return
        track = Track(
            id=identity,
            title=label.title,
            artist=label.artist,
            artist_id=label.artist_id,
            album=label.album,
            isrc=label.isrc,
            genre=label.genre,
            audio_path=str(file.absolute()),
            audio_digest=digest,
            origin=Origin(source="folder", file=file.name, position=1),
        )
        yield Entry(1, track, None, consumed=size)

    def _unused_labels(self) -> Item:
        known = {name for file in self._files for name in _names(self._native_id(file))}
        unused = sorted(key for key in self._labels.by_key if not known & set(_names(key)))

        def entries(after: int) -> Iterator[Found]:
            for position, key in enumerate(unused[after:], after + 1):
                sentence = f"no recording {key} in {self._folder}"
                yield Drop(position, None, "no recording", sentence)

        name = f"labels of {self._folder.absolute()}"
        return Item(
            name, _digest("\n".join(unused)), 0, entries, label=self._labels.path, is_file=False
        )


def _names(relative: str) -> tuple[str, str]:
    """Return how a CSV may spell a path: as it is, or with its accents composed."""
    return relative, unicodedata.normalize("NFC", relative.removeprefix("./"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _unreadable(error: OSError) -> Item:
    """Make an item of what cannot be read, so that it is named, and tried again next time."""

    def entries(_: int) -> Iterator[Found]:
        sentence = f"cannot be read ({error.strerror or error}); check its permissions"
        yield Fault(1, None, sentence, fatal=True)

    return Item(str(error.filename), "unreadable", 0, entries)
