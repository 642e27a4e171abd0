"""Audio figures: the waveform with what was found in it, the spectrogram, the MFCCs.

Conventions
-----------
Audio is mono float32 at `genrelab.analyzer.spectrum.SAMPLE_RATE`. Everything long is
reduced to the picture's width before it is drawn, by extremes (waveform) or means (spectra).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.errors import DataError
from genrelab.judging import drawing
from genrelab.judging.audio_spectra import (
    HZ_PER_BIN,
    N_COEFFICIENTS,
    column_power,
    mel_cepstrum,
)
from genrelab.judging.drawing import new_figure, style_axes
from genrelab.judging.row_figures import SPREADS, SPREADS_LABEL, draw_rows, standardize_rows
from genrelab.judging.time_axis import Stretch, style_time_axis
from genrelab.music.analysis import Analysis, Interval, Section
from genrelab.music.segments import Float32, Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLOSE_S = 8.0  # seconds that the close view shows where none are asked for
_WIDTH = 2000  # columns of a waveform
_QUIETEST_SCALE = 0.02  # amplitude: what is softer stays a thin line
_RANGE_DB = 80.0  # of a spectrogram
_SOFTEST_TOP_DB = -40.0  # what is softer than this throughout stays dark
_LOWEST_HZ = 40.0
_N_ROWS = 260  # of a spectrogram, evenly spaced in pitch where bins are narrow enough
_TICKS_HZ = {50: "50", 100: "100", 200: "200", 500: "500", 1000: "1k", 2000: "2k", 5000: "5k",
             10_000: "10k"}  # fmt: skip
_DIGIT, _MARGIN = 0.0083, 0.008  # of the width: what a tile needs to have its number inside
_TINTS = {
    "sections": ("#b7d7ee", "#7fb6dd"),
    "bars": ("#f3cfa6", "#e8ad66"),
    "beats": ("#bfe3d5", "#82c9ae"),
    "tatums": ("#e6d3e0", "#cfaac4"),
    "segments": ("#dddddd", "#b8b8b8"),
}

_Lanes = dict[str, Sequence[Interval | Section]]


def recording_stretch(samples: Float32) -> Stretch:
    """Tell from when to when a recording sounds.

    Raises
    ------
    DataError
        If there is not one sample.
    """
    if len(samples) == 0:
        raise DataError("a recording without samples cannot be drawn")
    return Stretch(start=0.0, stop=len(samples) / SAMPLE_RATE)


def draw_waveform(
    samples: Float32, analysis: Analysis, *, stretch: Stretch | None = None, title: str = ""
) -> Figure:
    """Draw a recording's waveform and how it was cut: whole, and a stretch of it closely.

    Below the whole stand its sections; below the stretch its bars, beats, tatums and
    segments, each as tiles. Thin lines through the waveform are where segments begin, the
    surer the darker.

    Parameters
    ----------
    samples : float32 array [n]
        At least one.
    analysis : Analysis
        Of the same recording.
    stretch : Stretch, optional
        What is shown closely; `CLOSE_S` seconds in the middle by default.
    title : str
    """
    whole = recording_stretch(samples)
    close = stretch or _middle(whole)
    sections: _Lanes = {"sections": analysis.sections}
    if close == whole:
        figure = new_figure(10.0, 4.0)
        wave, tiles = figure.subplots(2, 1, height_ratios=[2.6, 2.1])
        _draw_close(wave, tiles, samples, analysis, whole, sections)
    else:
        figure = new_figure(10.0, 6.0)
        above, strip, wave, tiles = figure.subplots(4, 1, height_ratios=[2.0, 0.42, 2.6, 1.7])
        _draw_envelope(above, samples, whole)
        # the edge keeps eight seconds of two hours visible
        above.axvspan(close.start, close.stop, alpha=0.4, color=drawing.ORANGE, linewidth=1)
        _draw_tiles(strip, sections, whole)
        style_time_axis(above, whole, labeled=False)
        _draw_close(wave, tiles, samples, analysis, close, {})
        figure.align_ylabels([above, wave])
    style_axes(figure.axes[0], title=title, y="amplitude")
    return figure


def _draw_close(
    wave: Axes,
    tiles: Axes,
    samples: Float32,
    analysis: Analysis,
    stretch: Stretch,
    more: _Lanes,
) -> None:
    segments = analysis.segments
    lanes: _Lanes = {
        **more,
        "bars": analysis.bars,
        "beats": analysis.beats,
        "tatums": analysis.tatums,
        "segments": [
            Interval(start=float(start), duration=float(duration), confidence=1.0)
            for start, duration in zip(segments.start, segments.duration, strict=True)
        ],
    }
    _draw_envelope(wave, samples, stretch)
    _draw_starts(wave, analysis, stretch)
    _draw_tiles(tiles, lanes, stretch)
    style_axes(wave, y="amplitude")
    style_time_axis(wave, stretch, labeled=False)


def _middle(whole: Stretch) -> Stretch:
    """The seconds in the middle, from a round one on; all of a short recording."""
    if whole.length <= CLOSE_S:
        return whole
    start = float(int((whole.length - CLOSE_S) / 2))
    return Stretch(start=start, stop=start + CLOSE_S)


def waveform_envelope(samples: Float32, stretch: Stretch) -> tuple[Float64, Float32, Float32]:
    """Reduce a stretch to the times, lowest and highest values of a picture's columns.

    Returns
    -------
    tuple of arrays [c]
        Seconds, minimum, maximum; a column a sample where those are few.
    """
    first = min(int(stretch.start * SAMPLE_RATE), len(samples) - 1)
    part = samples[first : max(round(stretch.stop * SAMPLE_RATE), first + 1)]
    starts = np.linspace(0, len(part), min(len(part), _WIDTH), endpoint=False).astype(np.int64)
    low, high = np.minimum.reduceat(part, starts), np.maximum.reduceat(part, starts)
    return (first + starts) / SAMPLE_RATE, low, high


def _draw_envelope(axes: Axes, samples: Float32, stretch: Stretch) -> None:
    seconds, low, high = waveform_envelope(samples, stretch)
    # the line keeps single samples and flat stretches visible, which have no area
    axes.fill_between(seconds, low, high, color=drawing.BLUE, linewidth=0.6, rasterized=True)
    if len(seconds) == 1:
        axes.plot(seconds, high, marker="o", color=drawing.BLUE, clip_on=False)
    limit = 1.08 * max(float(np.abs(low).max()), float(np.abs(high).max()), _QUIETEST_SCALE)
    axes.set_ylim(-limit, limit)


def _draw_starts(axes: Axes, analysis: Analysis, stretch: Stretch) -> None:
    start = analysis.segments.start
    inside = (start >= stretch.start) & (start < stretch.stop)
    sureness = np.nan_to_num(analysis.segments.confidence[inside], nan=1.0).clip(0, 1)
    low, high = axes.get_ylim()
    colors = [(0.1, 0.1, 0.1, 0.25 + 0.65 * float(one)) for one in sureness]
    axes.vlines(start[inside], low, high, colors=colors, linewidth=0.9)


def _draw_tiles(axes: Axes, lanes: _Lanes, stretch: Stretch) -> None:
    """Draw intervals as rows of tiles in two tints, numbered where there is room."""
    names = list(lanes)
    for lane, name in enumerate(names):
        row = len(names) - 1 - lane
        shown = [
            (i, one)
            for i, one in enumerate(lanes[name])
            if one.start < stretch.stop and one.start + one.duration > stretch.start
        ]
        if not shown:
            axes.text(
                0.5, row, "none found" if not lanes[name] else "none here", va="center",
                ha="center", fontsize=drawing.SMALL, color=drawing.QUIET,
                transform=axes.get_yaxis_transform(),
            )  # fmt: skip
        for i, one in shown:
            axes.broken_barh(
                [(one.start, one.duration)], (row - 0.42, 0.84),
                color=_TINTS[name][i % 2], linewidth=0,
            )  # fmt: skip
            left = max(one.start, stretch.start)
            right = min(one.start + one.duration, stretch.stop)
            if right - left >= (_DIGIT * len(str(i + 1)) + _MARGIN) * stretch.length:
                axes.text(
                    (left + right) / 2, row, str(i + 1), ha="center", va="center",
                    fontsize=drawing.SMALL, color=drawing.INK, clip_on=True,
                )  # fmt: skip
    axes.set_ylim(-0.55, len(names) - 0.45)
    axes.set_yticks(range(len(names)), names[::-1])
    style_axes(axes)
    style_time_axis(axes, stretch)
    axes.tick_params(axis="y", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def draw_spectrogram(
    samples: Float32, *, stretch: Stretch | None = None, title: str = ""
) -> Figure:
    """Draw the level of each frequency over time (the paper's Figure 1).

    Parameters
    ----------
    samples : float32 array [n]
        At least one.
    stretch : Stretch, optional
        The whole by default.
    title : str
    """
    shown = stretch or recording_stretch(samples)
    columns = column_power(samples, shown)
    spaced = np.geomspace(_LOWEST_HZ / HZ_PER_BIN, columns.power.shape[1] - 1, _N_ROWS)
    bins = np.unique(np.round(spaced).astype(np.int64))  # low bins are rows of their own
    rows = np.maximum.reduceat(columns.power[:, : bins[-1]], bins[:-1], axis=1)
    level = 10 * np.log10(rows + 1e-12)
    top = max(float(level.max()), _SOFTEST_TOP_DB)
    figure = draw_rows(
        level, columns.edges, [], rows=((bins - 0.5) * HZ_PER_BIN).astype(np.float64),
        stretch=shown, y="frequency, Hz", title=title, extend="min", color_label="level, dB",
        color={"cmap": "magma", "vmin": top - _RANGE_DB, "vmax": top},
    )  # fmt: skip
    axes = figure.axes[0]
    axes.set_yscale("log")
    axes.set_yticks(list(_TICKS_HZ), list(_TICKS_HZ.values()))
    axes.minorticks_off()
    return figure


def draw_mfcc(samples: Float32, *, stretch: Stretch | None = None, title: str = "") -> Figure:
    """Draw mel-frequency cepstral coefficients over time (the paper's Figure 2).

    As in the picture of the timbre, each coefficient is shown against its own median and in
    units of its own spread, here those of what is shown. The zeroth is the loudness.
    Options as `draw_spectrogram`.
    """
    shown = stretch or recording_stretch(samples)
    columns = column_power(samples, shown)
    return draw_rows(
        standardize_rows(mel_cepstrum(columns.power)), columns.edges,
        [str(i) for i in range(N_COEFFICIENTS)], stretch=shown, y="MFCC", title=title,
        color=SPREADS, color_label=SPREADS_LABEL, extend="both",
    )  # fmt: skip
