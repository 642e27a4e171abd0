"""Rhythm fitting: what speaks for tempi, bars and sections anew, from the original's analyses.

Conventions
-----------
What cannot be read among many analyses is named and left out. A file appears when it
is complete, or stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from genrelab.analyzer.fitting.rhythm import RhythmWeights, fit_rhythm
from genrelab.analyzer.timbre import load_basis
from genrelab.errors import UsageError
from genrelab.music.analysis import Analysis
from genrelab.music.segments import Float64
from genrelab.music.tracks import Track
from genrelab.progress import Progress, silent
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.findings import Entry, Fault
from genrelab.workflows.writing import write_whole

WEIGHT_DIGITS = 3  # of a fitted weight: its standard error is larger


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Analyses of the original's.

    Attributes
    ----------
    entries : tuple of Entry
        In the archives' order; each with an analysis that has segments.
    faults : tuple of str
        What could not be read, a sentence each.
    """

    entries: tuple[Entry, ...]
    faults: tuple[str, ...]

    @property
    def analyses(self) -> list[Analysis]:
        """The analyses alone."""
        return [entry.analysis for entry in self.entries if entry.analysis is not None]


def read_collection(
    archives: Sequence[str | Path], *, without: Sequence[str] = (), progress: Progress = silent
) -> Collection:
    """Read analyses of the original's from archives.

    Parameters
    ----------
    archives : sequence of path-like
    without : sequence of str
        Tracks to leave out: each an id, or ``ARTIST - TITLE``.
    progress : Progress

    Raises
    ------
    UsageError
        If an archive does not exist, or no track has such a name.
    """
    entries: list[Entry] = []
    faults: list[str] = []
    unseen = {name.casefold(): name for name in without}
    left_out = frozenset(unseen)
    for item in ArchiveSource(archives, progress=progress).items():
        for found in item.entries(0):
            if isinstance(found, Fault):
                faults.append(f"{item}: {found.sentence}")
            elif isinstance(found, Entry) and found.analysis and len(found.analysis.segments):
                matched = left_out & _names_of(found.track)
                for name in matched:
                    unseen.pop(name, None)
                if not matched:
                    entries.append(found)
    for name in unseen.values():
        raise UsageError(f"--without {name}: no such track; expected an id or ARTIST - TITLE")
    return Collection(entries=tuple(entries), faults=tuple(faults))


def _names_of(track: Track) -> set[str]:
    return {n.casefold() for n in (track.id, track.native_id, f"{track.artist} - {track.title}")}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedRhythm:
    """What was fitted to the original's choices of tempo, bars and sections.

    Attributes
    ----------
    weights : RhythmWeights
    faults : tuple of str
        What could not be read, a sentence each.
    """

    weights: RhythmWeights
    faults: tuple[str, ...]

    def to_json(self) -> bytes:
        """Write the constants by module and name, with the number of analyses behind them."""
        weights = self.weights
        form: dict[str, dict[str, object]] = {
            "tempo": {
                "n_analyses": weights.n_tempi,
                "WEIGHTS": _rounded(weights.tempo.weights),
                "PRIOR": _rounded(weights.tempo.prior),
            }
        }
        if weights.downbeats is not None:
            values = _rounded(weights.downbeats)
            form["meter"] = {"n_analyses": weights.n_bars, "DOWNBEAT_WEIGHTS": values}
        if weights.sections is not None:
            values = _rounded(weights.sections)
            form["sections"] = {"n_analyses": weights.n_sections, "WEIGHTS": values}
        return msgspec.json.format(msgspec.json.encode(form), indent=2) + b"\n"


def _rounded(values: Float64) -> list[float]:
    return [round(value, WEIGHT_DIGITS) for value in values.tolist()]


def fit_rhythm_weights(
    archives: Sequence[str | Path],
    out: str | Path | None = None,
    *,
    without: Sequence[str] = (),
    timbre_basis: str | Path | None = None,
    progress: Progress = silent,
) -> FittedRhythm:
    """Fit what speaks for tempi, downbeats and sections to analyses of the original's.

    Parameters
    ----------
    archives : sequence of path-like
    out : path-like, optional
        The ``.json`` to write.
    without : sequence of str
        Tracks to leave out, so that the weights can be judged on them; see `read_collection`.
    timbre_basis : path-like, optional
        Another basis than the one that ships, to draw the analyses' spectra with.
    progress : Progress

    Raises
    ------
    UsageError
        If an archive does not exist, or no track has such a name.
    DataError
        If no analysis has a tempo.
    """
    basis = load_basis(timbre_basis)
    collection = read_collection(archives, without=without, progress=progress)
    weights = fit_rhythm(collection.analyses, basis, progress=progress)
    fitted = FittedRhythm(weights=weights, faults=collection.faults)
    if out is not None:
        write_whole(Path(out), lambda path: path.write_bytes(fitted.to_json()))
    return fitted
