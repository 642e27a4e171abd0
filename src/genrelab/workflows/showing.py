"""Showing: pictures of one recording or analysis, written as files.

Conventions
-----------
A recording is analyzed first; an analysis in JSON has no sound, so pictures that need it
are left out, and said. A picture's file is complete or absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from genrelab.analyzer.spectrum import FRAME_RATE, band_spectrum
from genrelab.analyzer.timbre import TimbreBasis, load_basis, surfaces
from genrelab.errors import UsageError
from genrelab.judging import audio_figures, timbre_figures, track_figures
from genrelab.judging.drawing import require_matplotlib, write_png, write_svg
from genrelab.judging.time_axis import format_clock
from genrelab.music.analysis import Dialect
from genrelab.progress import Progress, silent
from genrelab.workflows.subjects import Subject, read_subject
from genrelab.workflows.writing import write_whole, writing_to

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PictureName = Literal[
    "waveform", "spectrogram", "mfcc", "timbre", "pitches", "segments", "components"
]
PICTURES: tuple[PictureName, ...] = get_args(PictureName)
NEED_SOUND: tuple[PictureName, ...] = ("waveform", "spectrogram", "mfcc")
PictureFormat = Literal["png", "svg"]
FORMATS: tuple[PictureFormat, ...] = get_args(PictureFormat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What was drawn.

    Attributes
    ----------
    paths : sequence of Path
        The pictures' files.
    remarks : sequence of str
        What was left out or taken for granted, a sentence each.
    """

    paths: Sequence[Path]
    remarks: Sequence[str] = ()


def show(
    file: str | Path,
    out: str | Path | None = None,
    *,
    only: Sequence[str] = (),
    start: float | None = None,
    stop: float | None = None,
    format: PictureFormat | None = None,
    timbre_basis: str | Path | None = None,
    progress: Progress = silent,
) -> Shown:
    """Draw a recording or an analysis.

    Parameters
    ----------
    file : path-like
        A recording, or JSON as `collect archive` reads it; of several analyses the first.
    out : path-like, optional
        A folder, or a picture's file (``.png``, ``.svg``) where only one is asked for. By
        default a folder named after the file, in the current one.
    only : sequence of str
        Some of `PICTURES`; all that can be drawn by default.
    start, stop : float, optional
        Seconds: what the waveform shows closely, and the other pictures alone.
    format : {"png", "svg"}, optional
        PNG by default, unless ``out`` says another.
    timbre_basis : path-like, optional
        Another basis than the one that ships.
    progress : Progress

    Raises
    ------
    UsageError
        If something asked for does not exist or fit.
    DataError
        If the file is neither a recording nor an analysis.
    MissingExtraError
        If Matplotlib is not installed.
    """
    require_matplotlib()
    file, basis_path = Path(file), Path(timbre_basis) if timbre_basis is not None else None
    wanted = _chosen(only)
    places = _places(wanted, out if out is not None else f"{_stem(file)}-pictures", format)
    progress("listening", 0, None)
    basis = load_basis(basis_path)
    subject = read_subject(file, start=start, stop=stop, timbre_basis=basis_path)
    remarks = list(subject.remarks)
    if subject.samples is None:
        wanted, left_out = _without_sound(file, wanted)
        remarks += left_out
    if "segments" in wanted and _dialect(subject, basis) is None:
        remarks.append(
            f"{file}: the timbre basis does not know its dialect "
            f"({subject.analysis.dialect}), so its segments may look too bright or dull"
        )
    for done, name in enumerate(wanted):
        progress("drawing", done, len(wanted))
        _write(_DRAWERS[name](subject, basis), places[name])
    return Shown(paths=[places[name] for name in wanted], remarks=remarks)


def show_components(
    out: str | Path | None = None,
    *,
    format: PictureFormat | None = None,
    timbre_basis: str | Path | None = None,
) -> Shown:
    """Draw what the twelve timbre components look like; options as `show`.

    The picture lies in the current folder by default.
    """
    require_matplotlib()
    places = _places(["components"], out if out is not None else ".", format)
    basis = load_basis(timbre_basis)
    _write(_draw_basis(basis), places["components"])
    return Shown(paths=list(places.values()))


def _chosen(only: Sequence[str]) -> list[PictureName]:
    for name in only:
        if name not in PICTURES:
            raise UsageError(f"--only is {name!r}; expected some of {', '.join(PICTURES)}")
    return [name for name in PICTURES if name in only or not only]


def _without_sound(
    file: Path, wanted: Sequence[PictureName]
) -> tuple[list[PictureName], list[str]]:
    """Part what can be drawn of an analysis from a sentence on what cannot."""
    kept = [name for name in wanted if name not in NEED_SOUND]
    lost = _listed([name for name in wanted if name in NEED_SOUND])
    if not kept:
        raise UsageError(f"{file} is an analysis without sound; name the recording for {lost}")
    return kept, [f"{file} is an analysis without sound: no {lost}"] if lost else []


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _stem(file: Path) -> str:
    return Path(file.name.removesuffix(".gz").removesuffix(".zst")).stem


def _places(
    wanted: Sequence[PictureName], out: str | Path, format: PictureFormat | None
) -> Mapping[PictureName, Path]:
    """Plan the file of each picture."""
    place = Path(out)
    ending = place.suffix.removeprefix(".").lower()
    if ending in FORMATS and not place.is_dir():
        if len(wanted) != 1:
            raise UsageError(
                f"-o {place} is one file, but there are {len(wanted)} pictures to draw; "
                "name a folder, or one picture with --only"
            )
        if format not in (None, ending):
            raise UsageError(f"-o {place} is no {format}; leave out --format")
        return {wanted[0]: place}
    if place.exists() and not place.is_dir():
        raise UsageError(f"{place}: a file; choose a folder, or a name ending in .png or .svg")
    return {name: place / f"{name}.{format or 'png'}" for name in wanted}


def _write(figure: Figure, path: Path) -> None:
    draw = write_svg if path.suffix.lower() == ".svg" else write_png
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda partial: draw(figure, partial))


# --- what each picture shows -----------------------------------------------------------------


def _draw_waveform(subject: Subject, _: TimbreBasis) -> Figure:
    return audio_figures.draw_waveform(
        subject.sound, subject.analysis, stretch=subject.stretch, title=subject.title
    )


def _draw_spectrogram(subject: Subject, _: TimbreBasis) -> Figure:
    return audio_figures.draw_spectrogram(
        subject.sound, stretch=subject.stretch, title=subject.title
    )


def _draw_mfcc(subject: Subject, _: TimbreBasis) -> Figure:
    return audio_figures.draw_mfcc(subject.sound, stretch=subject.stretch, title=subject.title)


def _draw_timbre(subject: Subject, _: TimbreBasis) -> Figure:
    return track_figures.draw_timbre(
        subject.analysis.segments, x="time", stretch=subject.stretch, title=subject.title
    )


def _draw_pitches(subject: Subject, _: TimbreBasis) -> Figure:
    return track_figures.draw_chroma(
        subject.analysis.segments, x="time", stretch=subject.stretch, title=subject.title
    )


def _draw_segments(subject: Subject, basis: TimbreBasis) -> Figure:
    """Draw a few segments, evenly spread, as they were heard and as their timbre has them."""
    segments = subject.analysis.segments
    chosen = subject.chosen_segments(timbre_figures.MOST_SEGMENTS)
    drawn = basis.surfaces(segments.timbre[chosen], dialect=_dialect(subject, basis))
    pictures = {"from 12 values": drawn}
    if subject.samples is not None:
        starts = np.round(segments.start * FRAME_RATE).astype(np.int64)
        heard = surfaces(band_spectrum(subject.samples), starts)
        pictures = {"heard": heard[chosen], **pictures}
    names = [f"segment {i + 1}\n{format_clock(round(float(segments.start[i]), 2))}" for i in chosen]
    return timbre_figures.draw_surfaces(pictures, names, title=subject.title)


def _dialect(subject: Subject, basis: TimbreBasis) -> Dialect | None:
    """Return the dialect of an analysis, None where the basis cannot tell what it means."""
    dialect = subject.analysis.dialect
    return dialect if dialect in basis.dialects else None


def _draw_basis(basis: TimbreBasis) -> Figure:
    title = "What each of the twelve timbre values adds to a segment"
    return timbre_figures.draw_components(basis.pictures, title=title)


def _draw_components(_: Subject, basis: TimbreBasis) -> Figure:
    return _draw_basis(basis)


_DRAWERS: dict[PictureName, Callable[[Subject, TimbreBasis], Figure]] = {
    "waveform": _draw_waveform,
    "spectrogram": _draw_spectrogram,
    "mfcc": _draw_mfcc,
    "timbre": _draw_timbre,
    "pitches": _draw_pitches,
    "segments": _draw_segments,
    "components": _draw_components,
}
