"""Analyses: many recordings analyzed, into files or into a corpus.

Conventions
-----------
A file is complete or absent. One that is there, is of this very recording and not older
than it, and comes from this analyzer in the dialect asked for, is left. What is there
and is no analysis is never overwritten. What cannot be analyzed, or written where it
should go, becomes an outcome that says why, and the rest goes on.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from genrelab.errors import GenrelabError, UsageError
from genrelab.music.analysis import Analysis, Dialect
from genrelab.music.dialects import OriginalDialect
from genrelab.progress import Progress, silent
from genrelab.workflows.analysis_files import RECORDING, is_current, recording_mark
from genrelab.workflows.sound_files import SoundFile, SoundFiles
from genrelab.workflows.workers import Finished, usable_cores, work_through
from genrelab.workflows.writing import is_channel, link_target, write_whole, writing_to

if TYPE_CHECKING:
    from genrelab.analyzer.timbre import TimbreBasis

STAGE = "analyzing"
OK = "OK"  # what ``meta.detailed_status`` says of a recording with which nothing was wrong
Status = Literal["analyzed", "left", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a recording.

    Attributes
    ----------
    path : Path or None
        None where no recording was found.
    status : {"analyzed", "left", "failed"}
        ``left`` where its analysis was there already.
    sentence : str
        Why it failed, or what was not as it should be; may be empty.
    raw : bytes or None
        The analysis as JSON, where it is not written to a file.
    is_outdated : bool
        Whether what was left is not what would be made now.
    """

    path: Path | None
    status: Status
    sentence: str = ""
    raw: bytes | None = None
    is_outdated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How recordings are to be analyzed.

    Attributes
    ----------
    dialect : {"spotify", "echonest", "msd"}
    timbre_basis : Path or None
        Another basis than the one that ships.
    """

    dialect: OriginalDialect = "spotify"
    timbre_basis: Path | None = None

    def analyze(self, path: Path) -> Analysis:
        """Analyze a recording so."""
        from genrelab.analyzer.pipeline import analyze

        return analyze(path, dialect=self.dialect, timbre_basis=self.timbre_basis)

    def analyzer(self) -> str:
        """Name the analyzer that these settings make, as its analyses have it."""
        from genrelab.analyzer.pipeline import analyzer_name

        return analyzer_name(self._basis(), self.dialect)

    def spoken(self) -> Dialect:
        """Name the dialect that analyses will be in: unknown where the basis is nobody's."""
        return self._basis().spoken(self.dialect)

    def _basis(self) -> TimbreBasis:
        from genrelab.analyzer.timbre import load_basis

        return load_basis(self.timbre_basis)

    def check(self) -> None:
        """Find out now, not with every recording, whether this can be done.

        Raises
        ------
        UsageError
            If there is no such dialect, or the basis knows others only.
        DataError
            If the basis cannot be loaded.
        """
        self.spoken()


class DiskError(GenrelabError):
    """Analyses that cannot be written: none of the others could be, either."""


def analyze_files(
    sounds: SoundFiles,
    *,
    settings: Settings | None = None,
    jobs: int | None = None,
    again: bool = False,
    progress: Progress = silent,
) -> Iterator[Outcome]:
    """Analyze recordings, each into the file that is planned for it.

    Parameters
    ----------
    sounds : SoundFiles
    settings : Settings, optional
        The shipped analyzer in Spotify's dialect by default.
    jobs : int, optional
        Processes; by default as many as there are processor cores.
    again : bool
        Whether to analyze what is there already, too.
    progress : Progress
        Told the recordings that are done.

    Yields
    ------
    Outcome
        One a recording, and one a fault of the inputs; those without an output file
        in the order given, others as they are finished.

    Raises
    ------
    UsageError
        If no output can be written where it is planned.
    GenrelabError
        If the disk is full; what was finished is safe.
    """
    settings = settings or Settings()
    check_jobs(jobs)
    settings.check()
    for sentence in sounds.faults:
        yield Outcome(path=None, status="failed", sentence=sentence)
    obstacles = _make_folders(sounds.files)
    missing: list[SoundFile] = []
    for sound in sounds.files:
        outcome = _found(sound, settings, obstacles.get(_folder(sound)), again=again)
        if outcome is None:
            missing.append(sound)
        else:
            yield outcome
    outcomes = run_tasks(
        partial(_analyze_file, settings), missing, _file_lost, jobs=jobs, progress=progress
    )
    for_stdout = any(sound.output is None for sound in missing)
    for _, outcome in in_order(outcomes) if for_stdout else outcomes:
        if isinstance(outcome, DiskError):
            raise outcome
        yield outcome


def check_jobs(jobs: int | None) -> None:
    """Refuse fewer than one process."""
    if jobs is not None and jobs < 1:
        raise UsageError(f"jobs is {jobs}; expected 1 or more")


def _folder(sound: SoundFile) -> Path | None:
    """Return the folder in which a file is to be made; None where none is."""
    if sound.output is None or is_channel(sound.output):
        return None
    return link_target(sound.output).parent


def _make_folders(files: Sequence[SoundFile]) -> Mapping[Path | None, str]:
    """Make the outputs' folders, and say why some cannot be used; it is an error if all."""
    folders = [folder for folder in dict.fromkeys(map(_folder, files)) if folder is not None]
    obstacles: dict[Path | None, str] = {}
    for folder in folders:
        try:
            with writing_to(folder):
                folder.mkdir(parents=True, exist_ok=True)
                if not os.access(folder, os.W_OK | os.X_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
        except UsageError as error:
            obstacles[folder] = str(error)
            if len(obstacles) == len(folders):
                raise
    return obstacles


def _found(
    sound: SoundFile, settings: Settings, obstacle: str | None, *, again: bool
) -> Outcome | None:
    """Tell what became of a recording that is not to be analyzed; None of one that is."""
    if sound.output is None:
        return None
    try:
        if obstacle is not None:
            raise UsageError(obstacle)
        analyzer, dialect = settings.analyzer(), settings.spoken()
        if is_current(sound.output, sound.path, analyzer=analyzer, dialect=dialect) and not again:
            return Outcome(path=sound.path, status="left")
    except UsageError as error:
        return Outcome(path=sound.path, status="failed", sentence=str(error))
    return None


def run_tasks(
    function: Callable[[Any], Any],
    tasks: Sequence[Any],
    lost: Callable[[Any, str], Any],
    *,
    jobs: int | None,
    progress: Progress,
) -> Iterator[tuple[int, Any]]:
    """Yield (index, result) of tasks as they are finished; ``lost`` stands in for a worker."""
    progress(STAGE, 0, len(tasks))
    for done, finished in enumerate(_finished(function, tasks, jobs), 1):
        result = finished.result
        if finished.death is not None:
            result = lost(tasks[finished.index], finished.death)
        progress(STAGE, done, len(tasks))
        yield finished.index, result


def _finished(
    function: Callable[[Any], Any], tasks: Sequence[Any], jobs: int | None
) -> Iterator[Finished[Any]]:
    if len(tasks) == 1:  # another process would only take time to start
        yield Finished(index=0, result=function(tasks[0]))
        return
    yield from work_through(function, tasks, jobs=jobs or usable_cores())


def in_order(results: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    """Hold back what is finished before its turn."""
    early: dict[int, Any] = {}
    turn = 0
    for index, result in results:
        early[index] = result
        while turn in early:
            yield turn, early.pop(turn)
            turn += 1


def _analyze_file(settings: Settings, sound: SoundFile) -> Outcome | DiskError:
    mark = recording_mark(sound.path)
    analysis = attempt(settings, sound.path)
    if isinstance(analysis, str):
        return Outcome(path=sound.path, status="failed", sentence=analysis)
    analysis = replace(analysis, meta={**analysis.meta, RECORDING: mark})
    raw = analysis.to_json() + b"\n"
    remark = remark_on(analysis)
    if sound.output is None:
        return Outcome(path=sound.path, status="analyzed", sentence=remark, raw=raw)
    try:
        write_whole(sound.output, lambda path: path.write_bytes(raw))
    except UsageError as error:
        return Outcome(path=sound.path, status="failed", sentence=str(error))
    except GenrelabError as error:
        return DiskError(str(error))
    return Outcome(path=sound.path, status="analyzed", sentence=remark)


def attempt(settings: Settings, path: Path) -> Analysis | str:
    """Analyze a recording, or say in one sentence why that is impossible."""
    try:
        return settings.analyze(path)
    except GenrelabError as error:
        return str(error)
    except MemoryError:
        return f"{path}: too long for the memory of this machine; analyze it in parts"
    except Exception as error:  # noqa: BLE001 - one recording must not end a batch of a thousand
        kind = type(error).__name__
        what = " ".join(str(error).split())
        return f"{path}: the analyzer failed on it ({kind}: {what}); please report this"


def remark_on(analysis: Analysis) -> str:
    """Return what was not as it should be with a recording, empty if nothing was."""
    status = str(analysis.meta.get("detailed_status") or OK)
    return "" if status == OK else status


def _file_lost(sound: SoundFile, death: str) -> Outcome:
    sentence = f"{sound.path}: the process that analyzed it {death}; the file may be damaged"
    return Outcome(path=sound.path, status="failed", sentence=sentence)
