"""Subjects: the recording or analysis that a file holds, and the stretch of it that matters.

Conventions
-----------
A file whose name ends as an archive's does is read as one, anything else as a recording.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from genrelab.analyzer.audio import read_recording
from genrelab.analyzer.pipeline import analyze_recording
from genrelab.analyzer.timbre import load_basis
from genrelab.errors import DataError, UsageError
from genrelab.judging.audio_figures import recording_stretch
from genrelab.judging.time_axis import Stretch
from genrelab.judging.track_figures import segments_stretch
from genrelab.music.analysis import Analysis
from genrelab.music.segments import Float32
from genrelab.sources.archive import ArchiveSource, is_archive
from genrelab.sources.findings import Entry

_EXPECTED = "expected a recording or an analysis in JSON"
_LONGEST_TITLE = 70  # characters


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """What pictures are drawn of.

    Attributes
    ----------
    title : str
        The file's name, shortened where it is long.
    analysis : Analysis
        At least one segment.
    samples : float32 array [n] or None
        The sound at the analyzer's rate; None where the file is an analysis.
    stretch : Stretch or None
        What is to be shown; None for everything.
    remarks : tuple of str
        What was taken for granted, a sentence each.
    """

    title: str
    analysis: Analysis
    samples: Float32 | None
    stretch: Stretch | None
    remarks: tuple[str, ...] = ()

    @property
    def sound(self) -> Float32:
        """The samples of a subject that has some.

        Raises
        ------
        DataError
            If it has none.
        """
        if self.samples is None:
            raise DataError(f"{self.title}: an analysis has no sound")
        return self.samples

    def chosen_segments(self, most: int) -> npt.NDArray[np.int64]:
        """Choose segments of the stretch, evenly spread; at least one."""
        segments, stretch = self.analysis.segments, self.stretch
        inside = np.arange(len(segments))
        if stretch is not None:
            end = segments.start + segments.duration
            inside = np.flatnonzero((segments.start < stretch.stop) & (end > stretch.start))
            if len(inside) == 0:  # a source may leave gaps
                inside = np.array([np.abs(segments.start - stretch.start).argmin()])
        n = min(len(inside), most)
        # the middles of n equal parts: the first and last of a recording are often silent
        middles = (np.arange(n) + 0.5) * len(inside) / n
        return np.asarray(inside[middles.astype(np.int64)], np.int64)


def read_subject(
    file: Path,
    *,
    start: float | None = None,
    stop: float | None = None,
    timbre_basis: Path | None = None,
) -> Subject:
    """Read a recording and analyze it, or read an analysis.

    Parameters
    ----------
    file : Path
    start, stop : float, optional
        Seconds; one alone means from there, or until there.
    timbre_basis : Path, optional
        With which a recording is analyzed, instead of the one that ships.

    Raises
    ------
    UsageError
        If it is a folder, or has no such stretch.
    DataError
        If there is no such file, or it is neither a recording nor an analysis.
    """
    if file.is_dir():
        raise UsageError(f"{file}: a folder; {_EXPECTED}")
    if not file.is_file():
        raise DataError(f"{file}: no such file; {_EXPECTED}")
    samples: Float32 | None = None
    remarks: list[str] = []
    if is_archive(file):
        analysis, remarks = _read_analysis(file)
        whole = segments_stretch(analysis.segments)
    else:
        recording = read_recording(file)
        samples, remarks = recording.samples, [f"{file}: {one}" for one in recording.remarks]
        basis = load_basis(timbre_basis)
        analysis = analyze_recording(recording, dialect=basis.usual, basis=basis)
        whole = recording_stretch(samples)
    return Subject(
        title=_shortened(file.name),
        analysis=analysis,
        samples=samples,
        stretch=_stretch(file, start, stop, whole),
        remarks=tuple(remarks),
    )


def _read_analysis(file: Path) -> tuple[Analysis, list[str]]:
    """Read the first analysis of a file, and say if there are more."""
    entries = ArchiveSource([file]).records()
    found = next(entries, None)
    if found is None:
        raise DataError(f"{file}: holds no analysis; expected at least one")
    if not isinstance(found, Entry):
        raise DataError(f"{file}: {found.sentence}")
    if found.analysis is None or len(found.analysis.segments) == 0:
        raise DataError(f"{file}: {found.track.id} has no segments to show")
    remarks = []
    if next(entries, None) is not None:
        remarks.append(f"{file} holds several analyses; the first, {found.track.id}, is shown")
    return found.analysis, remarks


def _stretch(file: Path, start: float | None, stop: float | None, whole: Stretch) -> Stretch | None:
    if start is None and stop is None:
        return None
    begin = 0.0 if start is None else start
    end = whole.stop if stop is None else min(stop, whole.stop)
    if not (math.isfinite(begin) and 0 <= begin < end):
        asked = "the end" if stop is None else f"{stop:g} s"
        raise UsageError(
            f"{file}: from {begin:g} s to {asked} is no part of its {whole.stop:.1f} s; "
            "expected 0 <= from < to"
        )
    return Stretch(start=begin, stop=end)


def _shortened(name: str) -> str:
    if len(name) <= _LONGEST_TITLE:
        return name
    half = _LONGEST_TITLE // 2
    return f"{name[: half - 1]} … {name[1 - half :]}"
