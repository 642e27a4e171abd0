"""Analysis: what the Echo Nest's analyzer, or ours, says of a recording.

Conventions
-----------
Times in seconds from the start of the recording, loudness in dB. ``pitches``
are relative strengths of C, C#, ... B in [0, 1]; ``timbre`` are 12 unbounded
coordinates (loudness, brightness, flatness, attack, then finer shapes).
``analyzer`` says who computed an analysis and ``dialect`` whose values it is in:
the original analyzer's timbre differs, by a nearly constant vector, between its
versions. Files are Spotify's ``audio-analysis`` JSON; reading also accepts the
Million Song Dataset's records as JSON (no ``meta``, no ``bars``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar, get_args

import msgspec

from genrelab.errors import DataError
from genrelab.music.dialects import OriginalDialect, convert_segments, loudness_shift
from genrelab.music.json_forms import (
    SegmentForm,
    decode_json,
    rounded_fields,
    segment_objects,
    segments_from_forms,
)
from genrelab.music.segments import Segments

Dialect = Literal[OriginalDialect, "unknown"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
OWN_ANALYZER = "genrelab/"  # how the name of our own analyzer begins, in every version


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A bar, beat or tatum: seconds, and how sure it is (0 to 1)."""

    start: float
    duration: float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A large part of a piece, with values of its own (see `TrackLevel` for units)."""

    start: float
    duration: float
    confidence: float
    loudness: float | None = None
    tempo: float | None = None
    tempo_confidence: float | None = None
    key: int | None = None
    key_confidence: float | None = None
    mode: int | None = None
    mode_confidence: float | None = None
    time_signature: int | None = None
    time_signature_confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackLevel:
    """What an analysis says of the whole recording; None where a source is silent.

    Attributes
    ----------
    duration, end_of_fade_in, start_of_fade_out : float
        Seconds.
    loudness : float
        dB.
    tempo : float
        Beats a minute.
    key : int
        0 to 11 for C to B, -1 for none; ``mode`` 1 is major, 0 minor.
    time_signature : int
        Beats a bar.
    """

    num_samples: int | None = None
    duration: float | None = None
    sample_md5: str | None = None
    offset_seconds: int | float | None = None  # Spotify writes 0, not 0.0
    window_seconds: int | float | None = None
    analysis_sample_rate: int | None = None
    analysis_channels: int | None = None
    end_of_fade_in: float | None = None
    start_of_fade_out: float | None = None
    loudness: float | None = None
    tempo: float | None = None
    tempo_confidence: float | None = None
    time_signature: int | None = None
    time_signature_confidence: float | None = None
    key: int | None = None
    key_confidence: float | None = None
    mode: int | None = None
    mode_confidence: float | None = None


class AnalysisForm(msgspec.Struct, gc=False):
    """An analysis in JSON, Spotify's or the Million Song Dataset's."""

    meta: dict[str, Any] = {}
    track: TrackLevel = TrackLevel()
    bars: list[Interval] = []
    beats: list[Interval] = []
    tatums: list[Interval] = []
    sections: list[Section] = []
    segments: list[SegmentForm] = []


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """An analysis of one recording.

    Attributes
    ----------
    analyzer : str
        Who computed it: ``4.0.0``, ``3.2.2``, ``MSD record``, ``genrelab/...``.
    dialect : {"spotify", "echonest", "msd", "unknown"}
        Whose timbre values it holds.
    meta : dict
        The rest of the file's ``meta`` object.
    """

    analyzer: str
    dialect: Dialect
    segments: Segments
    track: TrackLevel = field(default_factory=TrackLevel)
    bars: Sequence[Interval] = ()
    beats: Sequence[Interval] = ()
    tatums: Sequence[Interval] = ()
    sections: Sequence[Section] = ()
    meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.dialect not in DIALECTS:
            raise DataError(f"dialect is {self.dialect!r}; expected one of {', '.join(DIALECTS)}")

    @classmethod
    def from_form(
        cls, form: AnalysisForm, *, analyzer: str | None = None, dialect: Dialect | None = None
    ) -> Analysis:
        """Build an analysis from parsed JSON.

        Parameters
        ----------
        form : AnalysisForm
        analyzer, dialect : str, optional
            Used where the form's ``meta`` does not say; ``unknown`` by default.

        Raises
        ------
        DataError
            If a value is outside its range.
        """
        _check_durations(form)
        written = form.meta.get("analyzer_version")
        analyzer = str(written) if written else analyzer or "unknown"
        stated = form.meta.get("dialect") or _dialect_of_version(analyzer) or dialect or "unknown"
        return cls(
            analyzer=analyzer,
            dialect=stated,
            segments=segments_from_forms(form.segments, form.track.duration),
            track=form.track,
            bars=form.bars,
            beats=form.beats,
            tatums=form.tatums,
            sections=form.sections,
            meta=form.meta,
        )

    @classmethod
    def from_json(cls, raw: bytes, *, dialect: Dialect | None = None) -> Analysis:
        """Read an analysis from JSON text.

        Raises
        ------
        DataError
            Naming the field that does not fit.
        """
        return cls.from_form(decode_json(raw, AnalysisForm), dialect=dialect)

    def in_dialect(self, dialect: Dialect) -> Analysis:
        """Convert timbre and every loudness to another dialect, by fixed offsets.

        Where the recording is at hand, analyzing it in the dialect wanted is more exact:
        dialects differ a little in what they hear and where they cut, too.

        Raises
        ------
        DataError
            If this analysis' dialect or the one asked for is unknown.
        """
        segments = convert_segments(self.segments, self.dialect, dialect)
        louder = loudness_shift(self.dialect, dialect)
        return replace(
            self,
            segments=segments,
            dialect=dialect,
            track=_louder(self.track, louder),
            sections=tuple(_louder(section, louder) for section in self.sections),
        )

    def to_json(self) -> bytes:
        """Write Spotify's ``audio-analysis`` JSON (times to 10 us, other values to .001)."""
        meta = {"analyzer_version": self.analyzer, **self.meta}
        meta |= {"analyzer_version": self.analyzer, "dialect": self.dialect}
        return msgspec.json.encode(
            {
                "meta": meta,
                "track": rounded_fields(self.track),
                "bars": [rounded_fields(bar) for bar in self.bars],
                "beats": [rounded_fields(beat) for beat in self.beats],
                "sections": [rounded_fields(section) for section in self.sections],
                "segments": segment_objects(self.segments),
                "tatums": [rounded_fields(tatum) for tatum in self.tatums],
            }
        )


_Level = TypeVar("_Level", Section, TrackLevel)


def _louder(part: _Level, shift: float) -> _Level:
    return part if part.loudness is None else replace(part, loudness=part.loudness + shift)


def _dialect_of_version(analyzer: str) -> Dialect | None:
    if analyzer.startswith("4."):
        return "spotify"
    if analyzer.startswith("3."):
        return "echonest"
    return "msd" if analyzer == "MSD record" else None


def _check_durations(form: AnalysisForm) -> None:
    """Refuse what lasts less than nothing."""
    if form.track.duration is not None and form.track.duration < 0:
        raise DataError(f"track.duration is {form.track.duration}; expected 0 or more seconds")
    for name in ("bars", "beats", "tatums", "sections"):
        for i, part in enumerate(getattr(form, name)):
            if part.duration < 0:
                raise DataError(
                    f"{name}[{i}].duration is {part.duration}; expected 0 or more seconds"
                )
