"""Audio figures: what spectra hold, and that anything with a sample can be drawn."""

from __future__ import annotations

import io
import re
import sys
import warnings
from typing import Any

import numpy as np
import pytest

from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.errors import DataError, MissingExtraError, UsageError
from genrelab.judging.audio_figures import (
    draw_mfcc,
    draw_spectrogram,
    draw_waveform,
    waveform_envelope,
)
from genrelab.judging.audio_spectra import (
    FLOOR,
    HZ_PER_BIN,
    MOST_COLUMNS,
    N_BINS,
    N_COEFFICIENTS,
    N_MEL_BANDS,
    column_power,
    mel_cepstrum,
    mel_from_hz,
)
from genrelab.judging.drawing import new_figure, write_svg
from genrelab.judging.time_axis import Stretch, style_time_axis
from genrelab.music.analysis import Analysis, Interval, Section
from genrelab.music.segments import Segments

pytest.importorskip("matplotlib")

SECOND = Stretch(start=0.0, stop=1.0)


def tone(hz: float, seconds: float = 1.0, amplitude: float = 1.0) -> Any:
    phase = 2 * np.pi * hz * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (amplitude * np.sin(phase)).astype(np.float32)


def analysis(seconds: float, n_beats: int = 0) -> Analysis:
    """Four segments a second, at least one; beats of half a second, bars of two beats."""
    n = max(1, int(4 * seconds))
    segments = Segments(
        start=np.arange(n) * seconds / n,
        duration=np.full(n, seconds / n),
        confidence=np.linspace(0, 1, n),
        loudness_start=np.full(n, -20.0),
        loudness_max=np.full(n, -10.0),
        loudness_max_time=np.zeros(n),
        loudness_end=np.full(n, np.nan),
        pitches=np.ones((n, 12)),
        timbre=np.zeros((n, 12)),
    )
    beats = [Interval(start=i / 2, duration=0.5, confidence=1.0) for i in range(n_beats)]
    bars = [Interval(start=float(i), duration=1.0, confidence=1.0) for i in range(n_beats // 2)]
    sections = [Section(start=0.0, duration=seconds, confidence=1.0)] if n_beats else []
    return Analysis(
        analyzer="test", dialect="spotify", segments=segments, beats=beats, bars=bars,
        sections=sections,
    )  # fmt: skip


def words(figure: Any) -> str:
    file = io.BytesIO()
    write_svg(figure, file)
    return " ".join(re.findall(r">([^<>]+)</(?:text|tspan)>", file.getvalue().decode()))


# --- spectra ---------------------------------------------------------------------------------


def test_a_full_scale_sine_has_0_db_at_its_frequency() -> None:
    columns = column_power(tone(1000), SECOND)
    middle = 10 * np.log10(columns.power[len(columns.power) // 2] + FLOOR)
    assert abs(middle.argmax() * HZ_PER_BIN - 1000) < HZ_PER_BIN
    assert abs(middle.max()) < 0.1


def test_columns_tile_the_stretch_and_never_skip_a_frame() -> None:
    samples = np.zeros(100 * SAMPLE_RATE, np.float32)
    samples[70 * SAMPLE_RATE] = 1.0  # one click in a hundred seconds
    columns = column_power(samples, Stretch(start=0, stop=100))
    assert len(columns.power) == MOST_COLUMNS and len(columns.edges) == MOST_COLUMNS + 1
    heard = int(columns.power.sum(axis=1).argmax())
    assert columns.edges[heard] - 0.1 <= 70 <= columns.edges[heard + 1] + 0.1
    assert (columns.power.sum(axis=1) > 0).sum() <= 3


def test_a_stretch_is_what_the_whole_has_there() -> None:
    samples = np.concatenate([np.zeros(2 * SAMPLE_RATE, np.float32), tone(500)])
    columns = column_power(samples, Stretch(start=2.2, stop=2.8))
    assert (np.abs(columns.power.argmax(axis=1) * HZ_PER_BIN - 500) < 2 * HZ_PER_BIN).all()


def test_mel_bands_are_those_of_htk() -> None:
    assert mel_from_hz(np.array([1000.0]))[0] == pytest.approx(1000, abs=0.02)
    assert mel_from_hz(np.array([700.0]))[0] == pytest.approx(2595 * np.log10(2))


def test_a_change_of_level_moves_the_zeroth_coefficient_alone() -> None:
    power = np.random.default_rng(0).random((5, N_BINS)).astype(np.float32)
    change = mel_cepstrum(power * np.float32(100)) - mel_cepstrum(power)
    assert change.shape == (5, N_COEFFICIENTS)
    assert np.allclose(change[:, 0], 20 * np.sqrt(N_MEL_BANDS), atol=1e-2)
    assert np.abs(change[:, 1:]).max() < 1e-3


def test_dull_sound_has_a_higher_first_coefficient_than_bright_sound() -> None:
    hz = np.arange(N_BINS) * HZ_PER_BIN
    dull, bright = np.exp(-hz / 2000), np.exp(-(hz[-1] - hz) / 2000)
    first = mel_cepstrum(np.array([dull, bright], np.float32))[:, 1]
    assert first[0] > 0 > first[1]


def test_the_envelope_keeps_extremes_and_time() -> None:
    samples = np.zeros(60 * SAMPLE_RATE, np.float32)
    samples[1_000_000], samples[1_000_001] = 0.9, -0.7
    seconds, low, high = waveform_envelope(samples, Stretch(start=0, stop=60))
    assert len(seconds) == len(low) == len(high) < 5000
    assert (high.max(), low.min()) == (np.float32(0.9), np.float32(-0.7))
    assert abs(seconds[high.argmax()] - 1_000_000 / SAMPLE_RATE) < 0.05


# --- pictures --------------------------------------------------------------------------------


SOUNDS = {
    "tone": tone(440, 1.5),
    "silence": np.zeros(2 * SAMPLE_RATE, np.float32),
    "constant": np.ones(SAMPLE_RATE, np.float32),
    "twenty milliseconds": tone(440, 0.02),
    "one sample": np.full(1, 0.3, np.float32),
    "very loud": 1000 * tone(440, 0.5),
    "seventy seconds": tone(440, 70),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_anything_with_a_sample_is_drawn_without_a_warning(name: str) -> None:
    samples = SOUNDS[name]
    found = analysis(len(samples) / SAMPLE_RATE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for figure in (
            draw_waveform(samples, found, title=name),
            draw_spectrogram(samples, title=name),
            draw_mfcc(samples, title=name),
        ):
            assert name in words(figure)


def test_a_long_waveform_is_shown_whole_and_closely() -> None:
    said = words(draw_waveform(tone(100, 130), analysis(130, 260)))
    assert "minutes:seconds" in said and "1:30" in said  # the whole
    assert "1:02" in said and "1:08" in said  # eight seconds in its middle
    for lane in ("sections", "bars", "beats", "tatums", "segments"):
        assert lane in said
    assert " 126 " in said  # the beat that begins at 62.5 s
    assert "none found" in said  # no tatums


def test_a_short_waveform_is_shown_once() -> None:
    figure = draw_waveform(tone(100, 3), analysis(3, 6))
    assert len(figure.axes) == 2
    assert "sections" in words(figure)
    asked = draw_waveform(tone(100, 3), analysis(3, 6), stretch=Stretch(start=1, stop=2))
    assert len(asked.axes) == 4


UNITS = [
    ((0, 0.02), "milliseconds", "15"),
    ((3.2, 4.1), "seconds", "3.5"),
    ((0, 59), "seconds", "40"),
    ((0, 60), "minutes:seconds", "0:10"),
    ((0, 245), "minutes:seconds", "3:30"),
    ((119, 119.5), "minutes:seconds", "1:59.3"),
    ((0, 7300), "hours:minutes:seconds", "1:45:00"),
]


@pytest.mark.parametrize(("ends", "unit", "tick"), UNITS)
def test_times_are_written_as_their_length_asks(
    ends: tuple[float, float], unit: str, tick: str
) -> None:
    figure = new_figure(8, 2)
    axes = figure.add_subplot()
    style_time_axis(axes, Stretch(start=ends[0], stop=ends[1]))
    said = words(figure).split()
    assert unit in said and tick in said
    assert 3 <= sum(word[0].isdigit() for word in said) <= 21


def test_frequencies_are_written_at_round_values() -> None:
    said = words(draw_spectrogram(tone(440)))
    assert "frequency, Hz" in said and "10k" in said and "dB" in said


def test_dollar_signs_in_a_title_are_no_formula() -> None:
    assert "Ke$ha $x" in words(draw_mfcc(tone(440), title="Ke$ha $x_^$"))


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(DataError, match="without samples"):
        draw_spectrogram(np.empty(0, np.float32))
    with pytest.raises(UsageError, match="0 <= from < to"):
        Stretch(start=2, stop=1)


def test_missing_matplotlib_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'genrelab\[figures\]'"):
        draw_waveform(tone(440), analysis(1))
