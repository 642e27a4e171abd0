"""Answer files: predictions as JSON lines that another run of the command goes on from.

Conventions
-----------
A line is what `Prediction.to_dict` tells, then ``heard``, which tells one state of a
recording from the next, and ``asked``, the model and the options. Lines are appended as
answers come, each in one write: a process that is killed loses at most the line it is
writing, which is cut off and asked again. Once all is answered, the file is put in the
order asked, and answers that later ones have replaced are dropped.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from genrelab.errors import UsageError
from genrelab.workflows.writing import is_channel, is_ours_alone, write_whole, writing_to

SYNC_EVERY_S = 1.0  # at most so much is lost with the power, too
_BEGINNINGS = (b'{"file":"', b'{"track_id":"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an answer is about: a file or track, in one state of it.

    Attributes
    ----------
    file, track_id : str or None
    heard : str
        Another one where the recording or its analysis is another.
    """

    file: str | None
    track_id: str | None
    heard: str

    @property
    def name(self) -> str | None:
        """What the question named: the file, or the track of a corpus."""
        return self.track_id if self.file is None else self.file


class _Line(msgspec.Struct):
    """What of a line tells whether it can stay."""

    heard: str
    asked: str
    file: str | None = None
    track_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a line stands in the file, in bytes."""

    start: int
    stop: int


class AnswerFile:
    """A file of answers that grows: a context manager.

    Parameters
    ----------
    path : Path
    asked : str
        The model and the options, in words.

    Raises
    ------
    UsageError
        If it cannot be written, holds something else, or was asked otherwise.
    """

    def __init__(self, path: Path, asked: str) -> None:
        self.path = path
        self._asked = asked
        self._places: dict[Subject, _Place] = {}
        self._size = 0
        self._synced = time.monotonic()
        self._is_channel = is_channel(path)
        with writing_to(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab", buffering=0)
        try:
            if not self._is_channel:
                self._begin()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> AnswerFile:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._file.closed and not self._is_channel:
            self._file.truncate(self._size)  # of a line whose writing was interrupted
        self._close()

    def __contains__(self, subject: Subject) -> bool:
        return subject in self._places

    def append(self, subject: Subject, told: dict[str, Any]) -> None:
        """Add an answer; what it tells is on the disk soon, and safe from a kill at once.

        Raises
        ------
        UsageError, GenrelabError
            As `genrelab.workflows.writing.writing_to` does.
        """
        line = {**told, "heard": subject.heard, "asked": self._asked}
        raw = msgspec.json.encode(line) + b"\n"
        with writing_to(self.path):
            written = 0
            while written < len(raw):
                written += self._file.write(raw[written:]) or 0
            if time.monotonic() - self._synced > SYNC_EVERY_S:
                self._sync()
        self._places[subject] = _Place(self._size, self._size + len(raw))
        self._size += len(raw)

    def finish(self, order: Iterable[Subject]) -> None:
        """Put the answers in the order asked, behind those about anything else."""
        if not self._is_channel:
            self._put_in_order(order)
        self._close()

    def _put_in_order(self, order: Iterable[Subject]) -> None:
        answered = [subject for subject in order if subject in self._places]
        names = {subject.name for subject in answered}
        others = [place for one, place in self._places.items() if one.name not in names]
        places = [*sorted(others, key=lambda place: place.start)]
        places += [self._places[subject] for subject in answered]
        starts = [0, *(place.stop for place in places)]
        if starts == [*(place.start for place in places), self._size]:
            return
        if sys.platform == "win32":
            self._close()  # elsewhere it is ours alone until it is replaced
        with _opened(self.path) as file:
            write_whole(self.path, lambda partial: _copy(file, places, partial))

    def _begin(self) -> None:
        """Read what is there, and cut off what breaks off."""
        if not is_ours_alone(self._file.fileno(), self.path):
            raise UsageError(
                f"{self.path}: another process adds to it; wait for it, or choose another -o"
            )
        self._read()
        with writing_to(self.path):
            self._file.truncate(self._size)

    def _read(self) -> None:
        with _opened(self.path) as file:
            for raw in file:
                line = self._line(raw)
                if line is None:
                    return
                if line.asked != self._asked:
                    raise UsageError(
                        f"{self.path}: holds answers of {line.asked}, not of {self._asked}; "
                        "choose another -o"
                    )
                subject = Subject(file=line.file, track_id=line.track_id, heard=line.heard)
                self._places[subject] = _Place(self._size, self._size + len(raw))
                self._size += len(raw)

    def _line(self, raw: bytes) -> _Line | None:
        """Read a line; None of the last one where it breaks off."""
        try:
            line = msgspec.json.decode(raw, type=_Line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            if _breaks_off(raw, error):
                return None
            raise UsageError(
                f"{self.path}: exists and holds something else than answers; choose another -o"
            ) from error
        return line if raw.endswith(b"\n") else None

    def _sync(self) -> None:
        if not self._is_channel:
            os.fsync(self._file.fileno())
        self._synced = time.monotonic()

    def _close(self) -> None:
        if self._file.closed:
            return
        with writing_to(self.path):
            self._sync()
            self._file.close()


def _breaks_off(raw: bytes, error: Exception) -> bool:
    """Tell whether what cannot be read is the beginning of an answer."""
    is_whole = raw.endswith(b"\n") or isinstance(error, msgspec.ValidationError)
    return not is_whole and any(raw.startswith(one[: len(raw)]) for one in _BEGINNINGS)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); choose another -o") from error


def _copy(file: BinaryIO, places: Iterable[_Place], partial: Path) -> None:
    with partial.open("wb") as target:
        for place in places:
            file.seek(place.start)
            target.write(file.read(place.stop - place.start))
        target.flush()
        os.fsync(target.fileno())
