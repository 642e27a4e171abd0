"""Analyzer fitting: timbre and dialects anew, from recordings alone or from pairs.

Conventions
-----------
A file appears when it is complete, or stays as it was. What cannot be read among
many recordings is named and left out; a pair that cannot be read is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genrelab.analyzer.audio import read_recording
from genrelab.analyzer.fitting.basis import gather_surfaces, learn_basis
from genrelab.analyzer.fitting.dialects import fit_dialects
from genrelab.analyzer.fitting.pairs import Originals, Pair, load_pairs, read_originals
from genrelab.analyzer.fitting.timbre import fit_timbre
from genrelab.analyzer.segmentation import find_segments
from genrelab.analyzer.spectrum import band_spectrum
from genrelab.analyzer.timbre import surfaces
from genrelab.errors import DataError, GenrelabError, UsageError
from genrelab.music.analysis import Dialect
from genrelab.music.dialects import DialectTable
from genrelab.music.segments import Float32, Float64
from genrelab.progress import Progress, silent
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.findings import Entry
from genrelab.workflows.sound_files import find_sound_files
from genrelab.workflows.writing import write_whole

PER_RECORDING = 100  # segments; some fifty recordings make the five thousand needed


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedBasis:
    """What a basis was learned from.

    Attributes
    ----------
    n_recordings, n_segments : int
    faults : tuple of str
        What could not be read, a sentence each.
    """

    n_recordings: int
    n_segments: int
    faults: tuple[str, ...]


def learn_timbre_basis(
    inputs: Sequence[str | Path],
    out: str | Path,
    *,
    per_recording: int = PER_RECORDING,
    seed: int = 0,
    progress: Progress = silent,
) -> LearnedBasis:
    """Learn a timbre basis from recordings, and write it.

    Parameters
    ----------
    inputs : sequence of path-like
        Recordings, and folders of them.
    out : path-like
        The ``.npz`` to write.
    per_recording : int
        Segments drawn from each recording, at most.
    seed : int
    progress : Progress

    Raises
    ------
    DataError
        If there are too few segments.
    """
    found = find_sound_files(inputs)
    faults = list(found.faults)
    paths = [file.path for file in found.files]
    drawn = gather_surfaces(
        _surfaces_of(paths, faults, progress), per_recording=per_recording, seed=seed
    )
    n_read = len(paths) - (len(faults) - len(found.faults))
    basis = learn_basis(drawn, fitted_on=f"{len(drawn)} segments of {n_read} recordings")
    write_whole(Path(out), basis.save)
    return LearnedBasis(n_recordings=n_read, n_segments=len(drawn), faults=tuple(faults))


def _surfaces_of(paths: Sequence[Path], faults: list[str], progress: Progress) -> Iterator[Float32]:
    for done, path in enumerate(paths):
        progress("listening", done, len(paths))
        try:
            spectrum = band_spectrum(read_recording(path).samples)
        except GenrelabError as error:
            faults.append(str(error))
            continue
        yield surfaces(spectrum, find_segments(spectrum).starts)


def fit_timbre_basis(
    folder: str | Path,
    out: str | Path,
    *,
    without: Sequence[str] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> None:
    """Fit a timbre basis to recordings whose original analysis is known, and write it.

    Parameters
    ----------
    folder : path-like
        Pairs, as `genrelab.analyzer.fitting.pairs` describes.
    out : path-like
        The ``.npz`` to write.
    without : sequence of str
        Pairs to leave out, so that the basis can be judged on them.
    seed : int
    progress : Progress

    Raises
    ------
    UsageError
        If no pair has such a name.
    DataError
        If no pair is left.
    """
    pairs = load_pairs(folder, progress=progress)
    basis = fit_timbre(_leave_out(pairs, without, Path(folder)), seed=seed, progress=progress)
    write_whole(Path(out), basis.save)


def _leave_out(pairs: Sequence[Pair], without: Sequence[str], folder: Path) -> list[Pair]:
    names = [pair.name for pair in pairs]
    for name in without:
        if name not in names:
            raise UsageError(f"--without {name}: no such pair; {folder} has {', '.join(names)}")
    kept = [pair for pair in pairs if pair.name not in without]
    if not kept:
        raise DataError(f"{folder}: no pair is left to fit to; expected one at least")
    return kept


def fit_dialect_table(
    folder: str | Path,
    out: str | Path,
    *,
    collections: Sequence[str | Path] = (),
    progress: Progress = silent,
) -> DialectTable:
    """Fit the offsets between dialects to pairs and collections, and write them.

    Parameters
    ----------
    folder : path-like
        Pairs.
    out : path-like
        The ``.json`` to write.
    collections : sequence of path-like
        Archives of the original's analyses; those of unknown dialect do not count, nor
        do the pairs' own, by artist and title or by id.
    progress : Progress

    Raises
    ------
    DataError
        If no pair is of the first dialect.
    """
    pairs = load_pairs(folder, progress=progress)
    paired = read_originals(folder)
    means = _track_means(collections, paired, progress) if collections else None
    basis = fit_timbre(pairs, progress=progress)
    table = fit_dialects(pairs, basis, collections=means, progress=progress)
    write_whole(Path(out), lambda path: path.write_bytes(table.to_json()))
    return table


def _track_means(
    collections: Sequence[str | Path], paired: Originals, progress: Progress
) -> Mapping[Dialect, Float64]:
    """Average the timbre of every track in some archives that is in no pair, by dialect."""
    rows: dict[Dialect, list[Float64]] = {}
    for item in ArchiveSource(collections, progress=progress).items():
        for found in item.entries(0):
            if not isinstance(found, Entry) or paired.include(found.track):
                continue
            analysis = found.analysis
            if analysis and len(analysis.segments) and analysis.dialect != "unknown":
                mean = analysis.segments.timbre.mean(axis=0, dtype=np.float64)
                rows.setdefault(analysis.dialect, []).append(mean)
    return {dialect: np.array(found) for dialect, found in rows.items()}
