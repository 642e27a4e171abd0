"""GTZAN: Tzanetakis' and Cook's collection of 1,000 clips, and its fault-filtered split.

Conventions
-----------
Clips are ``blues/blues.00000.wav`` and so on, in the folder or somewhere below, in any
format; the folder that a clip lies in is its genre. The fault-filtered split (Kereliuk,
Sturm and Larsen 2015) is three lists of such paths, ``train_filtered.txt`` and so on,
whatever the clips' endings; it leaves out repetitions, distortions and the like, so that
443, 197 and 290 clips remain. Which part a clip is in stands in its track's tags, and
``left out`` for those that the lists do not have.

References
----------
Sturm, B. L. (2013). The GTZAN dataset: its contents, its faults, their effects on
evaluation, and its future use. arXiv:1306.1461.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from genrelab.errors import DataError, UsageError
from genrelab.music.genres import SHIPPED_GENRES, GenreTable
from genrelab.music.sounds import find_sounds
from genrelab.music.tracks import LEFT_OUT, OFFICIAL_PARTS, SPLIT_TAG, OfficialPart, track_id
from genrelab.progress import Progress, silent
from genrelab.sources.csv_files import read_text
from genrelab.sources.findings import Item, item_of_error
from genrelab.sources.folder import existing_folder
from genrelab.sources.labels import NO_LABEL, Label, labels_from_csv
from genrelab.sources.recordings import (
    Description,
    item_of_absences,
    item_of_faults,
    item_of_recording,
)

LISTS = {part: f"{part}_filtered.txt" for part in OFFICIAL_PARTS}
_CLIP = re.compile(r"(?P<genre>[a-z]+)/(?P<name>(?P=genre)\.\d{5})\.\w+")


class GtzanSource:
    """The clips of GTZAN, or some of them.

    Parameters
    ----------
    folder : path-like
    split_lists : path-like, optional
        The folder with the three lists; by default the clips' own if they lie there,
        else there is no split.
    labels : path-like, optional
        A CSV with ``path`` and ``artist``, ``title``..., which GTZAN itself lacks. Rows
        are told by the names of the clips, in whatever folder; rows of other files are
        passed over.
    table : GenreTable
        Which names stand for which genre.
    progress : Progress

    Raises
    ------
    UsageError
        If it is no folder, or has no clip in it.
    DataError
        If there is nothing there, or the lists or labels cannot be read.
    """

    name = "gtzan"

    def __init__(
        self,
        folder: str | Path,
        *,
        split_lists: str | Path | None = None,
        labels: str | Path | None = None,
        table: GenreTable = SHIPPED_GENRES,
        progress: Progress = silent,
    ) -> None:
        self._folder = existing_folder(folder, "GTZAN's clips")
        self._table = table
        self._progress = progress
        self._errors: list[OSError] = []
        self._files = find_sounds(self._folder, on_error=self._errors.append)
        if not any(map(_clip_name, self._files)) and not self._errors:
            raise UsageError(
                f"{folder}: no clip of GTZAN's in this folder or below; "
                "expected paths such as blues/blues.00000.wav"
            )
        self._split = _split_from_lists(self._folder, split_lists)
        self._labels = {} if labels is None else _labels_by_clip(Path(labels), table)

    def items(self) -> Sequence[Item]:
        """Return an item a clip, and one for clips that the lists have and the folder has not."""
        items = []
        for done, file in enumerate(self._files):
            self._progress("looking for changes", done, len(self._files))
            name = _clip_name(file)
            items.append(_item_of_other(file) if name is None else self._item(file, name))
        items += [item_of_error(Path(error.filename), error) for error in self._errors]
        if self._split:
            items.append(self._absent_clips())
        return items

    def _item(self, file: Path, name: str) -> Item:
        label = self._labels.get(name, NO_LABEL)
        genre = label.genre or self._table.canonical(file.parent.name)
        part = self._split.get(name, LEFT_OUT)
        description = Description(
            id=track_id(self.name, name),
            label=replace(label, genre=genre),
            tags={SPLIT_TAG: part} if self._split else {},
        )
        return item_of_recording(file, description, source=self.name, table=self._table)

    def _absent_clips(self) -> Item:
        absent = self._split.keys() - set(map(_clip_name, self._files))
        return item_of_absences(
            f"split of {self._folder.absolute()}",
            [f"no clip {name} ({self._split[name]}) in {self._folder}" for name in sorted(absent)],
            label=f"{self._folder} (split)",
        )


def _clip_name(file: Path | PurePosixPath) -> str | None:
    """Return the name of a clip ("blues.00000"), None where it is none."""
    match = _CLIP.fullmatch("/".join(file.parts[-2:]))
    return match["name"] if match else None


def _item_of_other(file: Path) -> Item:
    sentence = "is no clip of GTZAN's; expected a path such as blues/blues.00000.wav"
    return item_of_faults(str(file.absolute()), [sentence], label=str(file))


def _split_from_lists(folder: Path, lists: str | Path | None) -> Mapping[str, OfficialPart]:
    """Read the part of each clip; empty where there are no lists."""
    place = folder if lists is None else Path(lists)
    if lists is None and not any((place / name).exists() for name in LISTS.values()):
        return {}
    parts: dict[str, OfficialPart] = {}
    for part, file in LISTS.items():
        text, _ = read_text(place / file, f"one of the lists {', '.join(LISTS.values())}")
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            where = f"{place / file}, line {number}"
            name = _clip_name(PurePosixPath(line.strip()))
            if name is None:
                raise DataError(f"{where}: {line[:60]!r}; expected such as blues/blues.00000.wav")
            if parts.setdefault(name, part) != part:
                raise DataError(f"{where}: {name} is in {parts[name]} too; expected one of them")
    return parts


def _labels_by_clip(path: Path, table: GenreTable) -> dict[str, Label]:
    labels = labels_from_csv(path, table=table, needs_genre=False)
    found = {}
    for key, label in labels.by_key.items():
        name = _clip_name(PurePosixPath(key))
        if name is not None:
            where = f"{label.conflict} in {path}"
            found[name] = replace(label, conflict=where) if label.conflict else label
    return found
