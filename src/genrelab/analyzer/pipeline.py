"""Pipeline: a recording in, an `Analysis` out.

Conventions
-----------
A ladder of entry points, each one conversion above the last: `analyze_recording`
takes what was read, `analyze_samples` audio in memory, `analyze` a file. The same
audio gives the same analysis, bit for bit, on the same machine, but for ``timestamp``
and ``analysis_time`` in its ``meta``.
"""

from __future__ import annotations

import platform
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from genrelab import __version__
from genrelab.analyzer.audio import Recording, read_recording, recording_from_samples
from genrelab.analyzer.chroma import segment_pitches
from genrelab.analyzer.loudness import find_fades, segment_loudness, track_loudness
from genrelab.analyzer.pitch import pitch_spectrum
from genrelab.analyzer.rhythm import Rhythm, find_rhythm
from genrelab.analyzer.sections import find_sections
from genrelab.analyzer.segmentation import find_segments
from genrelab.analyzer.spectrum import FRAME_RATE, SAMPLE_RATE, BandSpectrum, band_spectrum
from genrelab.analyzer.timbre import TimbreBasis, load_basis, surfaces
from genrelab.analyzer.tonality import Tonality, find_tonality, tonal_chroma
from genrelab.music.analysis import OWN_ANALYZER, Analysis, TrackLevel
from genrelab.music.dialects import OriginalDialect
from genrelab.music.segments import TIME_DIGITS, Segments

REVISION = 1  # to be raised whenever the same recording is analyzed differently


def analyze(
    path: str | Path,
    *,
    dialect: OriginalDialect = "spotify",
    timbre_basis: str | Path | None = None,
) -> Analysis:
    """Analyze a sound file of any kind, rate and number of channels.

    Parameters
    ----------
    path : path-like
    dialect : {"spotify", "echonest", "msd"}
        Whose timbre and segments to give.
    timbre_basis : path-like, optional
        Another basis than the one that ships: ``.npz`` of ours, or LabROSA's ``.mat``.
        With one that is nobody's, as LabROSA's, the analysis is of unknown dialect.

    Raises
    ------
    UsageError
        If there is no such dialect, or the basis knows others only.
    DataError
        If the file cannot be read, or holds no sound.

    Examples
    --------
    >>> len(analyze("song.mp3").segments)          # doctest: +SKIP
    812
    """
    began = time.perf_counter()
    basis = load_basis(timbre_basis)
    return analyze_recording(read_recording(path), dialect=dialect, basis=basis, began=began)


def analyze_samples(
    samples: npt.ArrayLike,
    sample_rate: int,
    *,
    dialect: OriginalDialect = "spotify",
    basis: TimbreBasis | None = None,
) -> Analysis:
    """Analyze audio that is in memory: [n] or [n, channels], full scale at 1.

    Raises
    ------
    UsageError
        If there is no such dialect, or the basis knows others only.
    DataError
        If there are no samples.
    """
    return analyze_recording(
        recording_from_samples(samples, sample_rate), dialect=dialect, basis=basis
    )


def analyze_recording(
    recording: Recording,
    *,
    dialect: OriginalDialect = "spotify",
    basis: TimbreBasis | None = None,
    began: float | None = None,
) -> Analysis:
    """Analyze a recording.

    Parameters
    ----------
    recording : Recording
    dialect : {"spotify", "echonest", "msd"}
    basis : TimbreBasis, optional
        The one that ships by default.
    began : float, optional
        When the work on it began, of ``time.perf_counter``; now by default.

    Raises
    ------
    UsageError
        If there is no such dialect, or the basis knows others only.
    """
    began = time.perf_counter() if began is None else began
    basis = basis or load_basis()
    basis.spoken(dialect)  # or say now that it cannot be
    # Sums over several threads differ in the last bits, and recordings run side by side.
    with _blas().limit(limits=1, user_api="blas"):
        return _analyze(recording, dialect, basis, began)


def _analyze(
    recording: Recording, dialect: OriginalDialect, basis: TimbreBasis, began: float
) -> Analysis:
    spectrum = band_spectrum(recording.samples, dialect=dialect)
    segments = _segments(recording, spectrum, basis, dialect)
    rhythm = find_rhythm(spectrum, segments)
    chroma = tonal_chroma(pitch_spectrum(recording.samples))
    return Analysis(
        analyzer=analyzer_name(basis, dialect),
        dialect=basis.spoken(dialect),
        segments=segments,
        track=_track(recording, segments, rhythm, find_tonality(chroma)),
        bars=rhythm.bars,
        beats=rhythm.beats,
        tatums=rhythm.tatums,
        sections=find_sections(segments, rhythm, chroma),
        meta=_meta(recording, began),
    )


def analyzer_name(basis: TimbreBasis, dialect: OriginalDialect) -> str:
    """Name the analyzer that a basis makes, as `Analysis.analyzer` has it.

    The revision and the basis' digest are part of it: under another name the analysis may
    differ. So is the dialect heard where the analysis itself cannot tell it.
    """
    heard = f".{dialect}" if basis.spoken(dialect) == "unknown" else ""
    return f"{OWN_ANALYZER}{__version__}+{REVISION}.{basis.digest}{heard}"


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def _segments(
    recording: Recording, spectrum: BandSpectrum, basis: TimbreBasis, dialect: OriginalDialect
) -> Segments:
    samples = recording.samples
    cut = find_segments(spectrum, dialect=dialect)
    starts = cut.starts
    loudness = segment_loudness(spectrum, starts)
    start = np.round(starts / FRAME_RATE, TIME_DIGITS)
    end = np.append(start[1:], max(round(recording.duration, TIME_DIGITS), start[-1]))
    return Segments(
        start=start,
        duration=np.round(end - start, TIME_DIGITS),
        confidence=cut.confidence,
        loudness_start=loudness.start,
        loudness_max=loudness.maximum,
        loudness_max_time=loudness.maximum_time,
        loudness_end=loudness.end,
        pitches=segment_pitches(samples, start, end),
        timbre=basis.timbre(surfaces(spectrum, starts), dialect=basis.spoken(dialect)),
    )


def _track(
    recording: Recording, segments: Segments, rhythm: Rhythm, tonality: Tonality
) -> TrackLevel:
    fades = find_fades(segments)
    return TrackLevel(
        num_samples=len(recording.samples),
        duration=recording.duration,
        sample_md5=recording.md5,
        offset_seconds=0,
        window_seconds=0,
        analysis_sample_rate=SAMPLE_RATE,
        analysis_channels=1,
        end_of_fade_in=fades.end_of_fade_in,
        start_of_fade_out=fades.start_of_fade_out,
        loudness=track_loudness(segments),
        tempo=rhythm.tempo,
        tempo_confidence=rhythm.tempo_confidence,
        time_signature=rhythm.time_signature,
        time_signature_confidence=rhythm.time_signature_confidence,
        key=tonality.key,
        key_confidence=tonality.key_confidence,
        mode=tonality.mode,
        mode_confidence=tonality.mode_confidence,
    )


def _meta(recording: Recording, began: float) -> dict[str, Any]:
    """Say how it went, in the order of Spotify's files."""
    return {
        "platform": platform.system(),
        "detailed_status": "; ".join(recording.remarks) or "OK",
        "status_code": 0,
        "timestamp": int(time.time()),
        "analysis_time": round(time.perf_counter() - began, TIME_DIGITS),
        "input_process": recording.input_process,
    }
