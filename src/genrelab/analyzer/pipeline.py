"""Pipeline: a recording in, an `Analysis` out.

Conventions
-----------
A ladder of entry points, each one conversion above the last: `analyze_recording`
takes what was read, `analyze_samples` audio in memory, `analyze` a file. The same
audio gives the same analysis, bit for bit, but for ``timestamp`` and
``analysis_time`` in its ``meta``.
"""

from __future__ import annotations

import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from genrelab import __version__
from genrelab.analyzer.audio import Recording, read_recording, recording_from_samples
from genrelab.analyzer.chroma import segment_pitches
from genrelab.analyzer.loudness import find_fades, segment_loudness, track_loudness
from genrelab.analyzer.parts import Parts, load_parts
from genrelab.analyzer.pitch import pitch_spectrum
from genrelab.analyzer.rhythm import Rhythm, find_rhythm
from genrelab.analyzer.sections import find_sections
from genrelab.analyzer.spectrum import FRAME_RATE, SAMPLE_RATE, SPREAD, BandSpectrum, band_spectrum
from genrelab.analyzer.timbre import surfaces
from genrelab.analyzer.tonality import Tonality, find_tonality, tonal_chroma
from genrelab.music.analysis import Analysis, Dialect, TrackLevel
from genrelab.music.segments import Segments

TIME_DIGITS = 5  # of seconds, as in Spotify's files; what tiles exactly does so there too


def analyze(
    path: str | Path, *, dialect: Dialect = "spotify", timbre_basis: str | Path | None = None
) -> Analysis:
    """Analyze a sound file of any kind, rate and number of channels.

    Parameters
    ----------
    path : path-like
    dialect : {"spotify", "echonest", "msd"}
        Whose timbre to write.
    timbre_basis : path-like, optional
        Another basis than the one that ships: ``.npz`` of ours, or LabROSA's ``.mat``.
        The analysis is of unknown dialect where the basis does not know ``dialect``.

    Raises
    ------
    DataError
        If the file cannot be read, or holds no sound.

    Examples
    --------
    >>> len(analyze("song.mp3").segments)          # doctest: +SKIP
    812
    """
    began = time.perf_counter()
    parts = load_parts(timbre_basis=None if timbre_basis is None else Path(timbre_basis))
    return analyze_recording(read_recording(path), dialect=dialect, parts=parts, began=began)


def analyze_samples(
    samples: npt.ArrayLike,
    sample_rate: int,
    *,
    dialect: Dialect = "spotify",
    parts: Parts | None = None,
) -> Analysis:
    """Analyze audio that is in memory: [n] or [n, channels], full scale at 1.

    Raises
    ------
    DataError
        If there are no samples.
    """
    return analyze_recording(
        recording_from_samples(samples, sample_rate), dialect=dialect, parts=parts
    )


def analyze_recording(
    recording: Recording,
    *,
    dialect: Dialect = "spotify",
    parts: Parts | None = None,
    began: float | None = None,
) -> Analysis:
    """Analyze a recording.

    Parameters
    ----------
    recording : Recording
    dialect : {"spotify", "echonest", "msd"}
    parts : Parts, optional
        What was learned; as it ships by default.
    began : float, optional
        When the work on it began, of ``time.perf_counter``; now by default.
    """
    began = time.perf_counter() if began is None else began
    parts = parts or load_parts()
    spectrum = band_spectrum(recording.samples)
    segments = _segments(recording, spectrum, parts, dialect)
    rhythm = find_rhythm(spectrum, segments)
    chroma = tonal_chroma(pitch_spectrum(recording.samples))
    return Analysis(
        analyzer=name_of(parts),
        dialect=_spoken(dialect, parts),
        segments=segments,
        track=_track(recording, segments, rhythm, find_tonality(chroma)),
        bars=rhythm.bars,
        beats=rhythm.beats,
        tatums=rhythm.tatums,
        sections=find_sections(segments, rhythm, chroma),
        meta=_meta(recording, began),
    )


def analyzer_name(*, timbre_basis: str | Path | None = None) -> str:
    """Say what `Analysis.analyzer` will be: another name, and the analysis may differ."""
    return name_of(load_parts(timbre_basis=None if timbre_basis is None else Path(timbre_basis)))


def name_of(parts: Parts) -> str:
    """Name the analyzer that some parts make: ``genrelab/0.1.0+1a2b3c4d``."""
    return f"genrelab/{__version__}+{parts.version}"


def _spoken(dialect: Dialect, parts: Parts) -> Dialect:
    return dialect if dialect in parts.basis.dialects else parts.basis.dialect


def _segments(
    recording: Recording, spectrum: BandSpectrum, parts: Parts, dialect: Dialect
) -> Segments:
    samples = recording.samples
    starts = parts.segmenter.starts(spectrum)
    # One dialect's analyzer hears through other bands; where it cuts is learned on one kind.
    same = SPREAD[dialect] == SPREAD["spotify"]
    heard = spectrum if same else band_spectrum(samples, dialect=dialect)
    loudness = segment_loudness(spectrum, starts)
    start = np.round(starts / FRAME_RATE, TIME_DIGITS)
    end = np.append(start[1:], max(round(recording.duration, TIME_DIGITS), start[-1]))
    return Segments(
        start=start,
        duration=np.round(end - start, TIME_DIGITS),
        confidence=loudness.confidence,
        loudness_start=loudness.start,
        loudness_max=loudness.maximum,
        loudness_max_time=loudness.maximum_time,
        loudness_end=loudness.end,
        pitches=segment_pitches(samples, start, end),
        timbre=parts.basis.timbre(surfaces(heard, starts), dialect=_spoken(dialect, parts)),
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
