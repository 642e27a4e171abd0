"""Archive: analyses that already lie in files, whatever shape their JSON has.

Conventions
-----------
Files end in ``.json``, ``.jsonl`` or ``.ndjson``, with or without ``.gz`` or
``.zst``. They hold a record a line, one big list, an object from track ids to
analyses, or a single analysis; a folder is all such files in it and below. See
`genrelab.sources.records` for what a record may be.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from genrelab.errors import DataError, UsageError
from genrelab.music.analysis import DIALECTS, Dialect
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.progress import Progress, silent
from genrelab.sources.byte_stream import ByteStream, content_digest
from genrelab.sources.findings import Fault, Found, Item, item_of_error
from genrelab.sources.json_stream import pieces
from genrelab.sources.labels import NO_LABELS, labels_from_csv
from genrelab.sources.records import Reading, found_in_piece

LINE_ENDINGS = (".jsonl", ".ndjson")
ENDINGS = (".json", *LINE_ENDINGS)
COMPRESSIONS = (".gz", ".zst")
_GENERIC_STEMS = frozenset({"analysis", "audio_analysis", "audio-analysis"})


class ArchiveSource:
    """Tracks and analyses in JSON files.

    Parameters
    ----------
    paths : sequence of path-like
        Files and folders.
    dialect : {"spotify", "echonest", "msd", "unknown"}, optional
        Whose values they are where they do not say; by default ``msd`` for
        Million Song ids, else ``unknown``.
    labels : path-like, optional
        A CSV with ``genre`` and ``file`` or ``track_id``; it has the last word.
    table : GenreTable
        Which names stand for which genre.
    progress : Progress

    Raises
    ------
    UsageError
        If a path does not exist, is no archive, or a folder has none.
    DataError
        If the labels cannot be read.
    """

    name = "archive"

    def __init__(
        self,
        paths: Sequence[str | Path],
        *,
        dialect: Dialect | None = None,
        labels: str | Path | None = None,
        table: GenreTable = SHIPPED_GENRES,
        progress: Progress = silent,
    ) -> None:
        if dialect is not None and dialect not in DIALECTS:
            raise UsageError(f"dialect is {dialect!r}; expected one of {', '.join(DIALECTS)}")
        self._files = [file for path in paths for file in find_archives(Path(path))]
        self._dialect = dialect
        self._table = table
        self._labels = NO_LABELS if labels is None else labels_from_csv(Path(labels), table=table)
        self._progress = progress

    def items(self) -> Sequence[Item]:
        """Return an item a file, told apart by their content and how it is to be read."""
        meaning = f"dialect={self._dialect} labels={self._labels.digest}"
        sizes = [file.stat().st_size if file.is_file() else 0 for file, _ in self._files]
        total = sum(sizes)
        items: dict[str, Item] = {}
        done = 0
        for (file, relative), size in zip(self._files, sizes, strict=True):
            name = os.path.realpath(file)
            self._progress("looking for changes", done, total)
            if name not in items:
                items[name] = self._item(file, relative, name, size, meaning)
            done += size
        self._progress("looking for changes", total, total)
        return list(items.values())

    def _item(self, file: Path, relative: str, name: str, size: int, meaning: str) -> Item:
        try:
            fingerprint = f"sha256={content_digest(file)} {meaning}"
        except OSError as error:
            return item_of_error(file, error)
        entries = partial(self._entries, file, relative)
        return Item(name, fingerprint, size, entries, label=str(file))

    def records(self) -> Iterator[Found]:
        """Yield every record of every file, without looking for changes first."""
        for file, relative in self._files:
            yield from self._entries(file, relative, 0)

    def _entries(self, file: Path, relative: str, after: int) -> Iterator[Found]:
        native_id = _native_id(file, relative)
        reading = Reading(
            file=file.name,
            native_id=native_id,
            names=(relative, file.name, _stem(relative), _stem(file.name)),
            labels=self._labels,
            dialect=self._dialect,
            table=self._table,
        )
        stream = ByteStream(file)
        position = after
        try:
            for piece in pieces(stream, lines=_has_lines(file)):
                if piece.position > after:
                    position = piece.position
                    yield found_in_piece(piece, reading, stream.consumed)
        except DataError as error:
            before = f"; what stands before (up to record {position}) was read" if position else ""
            sentence = f"{error}{before}"
            yield Fault(position + 1, None, sentence, fatal=True, consumed=stream.consumed)


def find_archives(path: Path) -> list[tuple[Path, str]]:
    """List the archives a path stands for, each with its name within that path.

    Raises
    ------
    UsageError
        If a file is no archive, or a folder has none.
    DataError
        If there is nothing there.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file or folder; expected an archive of analyses")
    if not path.is_dir():
        if not is_archive(path):
            raise UsageError(f"{path}: unknown kind of file; expected {_expected()}")
        return [(path, path.name)]
    found = sorted(file for file in path.rglob("*") if is_archive(file) and not file.is_dir())
    if not found:
        raise UsageError(f"{path}: no archive in this folder; expected files with {_expected()}")
    return [(file, file.relative_to(path).as_posix()) for file in found]


def _expected() -> str:
    return f"the ending {', '.join(ENDINGS)}, perhaps with {' or '.join(COMPRESSIONS)}"


def _without_compression(name: str) -> str:
    for ending in COMPRESSIONS:
        name = name.removesuffix(ending)
    return name


def is_archive(path: Path) -> bool:
    """Tell whether a file's name is that of an archive."""
    return _without_compression(path.name).endswith(ENDINGS)


def _has_lines(path: Path) -> bool:
    return _without_compression(path.name).endswith(LINE_ENDINGS)


def _stem(name: str) -> str:
    name = _without_compression(name)
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    return name


def _native_id(file: Path, relative: str) -> str:
    """Name an analysis that has no id after its file, or after its folder.

    ``come_together/analysis.json.gz`` is ``come_together``: a file called
    "analysis" says nothing.
    """
    stem = _stem(relative)
    if stem.rpartition("/")[2] not in _GENERIC_STEMS:
        return stem
    return stem.rpartition("/")[0] or file.resolve().parent.name or stem
