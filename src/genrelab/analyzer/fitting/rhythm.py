"""Fitting rhythm: what the original analyzer's own choices say of tempo, bars and sections.

Conventions
-----------
Only analyses are needed, no audio: the timbre of their segments is drawn as a spectrum
again, and the onsets in it are those that the original heard. What comes out are the
constants of `genrelab.analyzer.tempo`, `meter` and `sections`; they are few, so they
stand there as numbers, and ``genrelab fit rhythm`` prints them anew.

References
----------
D. McFadden, *Conditional logit analysis of qualitative choice behavior*, 1974: one of
many tempi is chosen by what speaks for each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import logsumexp

from genrelab.analyzer.meter import downbeat_features
from genrelab.analyzer.onsets import onset_strength
from genrelab.analyzer.sections import novelties
from genrelab.analyzer.spectrum import FRAME_RATE, N_BANDS, BandSpectrum
from genrelab.analyzer.tempo import (
    FASTEST,
    PRIOR_OCTAVES,
    SLOWEST,
    STEPS_PER_OCTAVE,
    periodicity,
    periodogram,
    tempo_evidence,
    tempo_grid,
)
from genrelab.analyzer.timbre import N_COLUMNS, N_ONSET_FRAMES, TimbreBasis
from genrelab.errors import DataError
from genrelab.music.analysis import Analysis, Interval, Section
from genrelab.music.segments import Float64
from genrelab.progress import Progress, silent

RIDGE = 1e-3  # on the weights of standardized evidence for a tempo,
LIGHT_RIDGE = 1e-5  # and for bars and sections, whose many beats say enough
BLUR = 1.2  # steps of the tempo grid: tempi so near to the original's are as good
NEAR_S = 1.5  # moments so near to where a section starts are its start
ON_BEAT_S = 0.005

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TempoExamples:
    """What is heard of recordings' tempi, and which the original chose.

    Attributes
    ----------
    evidence : float64 array [n, tempi, ratios]
        See `genrelab.analyzer.tempo.tempo_evidence`.
    bpm : float64 array [n]
    """

    evidence: Float64
    bpm: Float64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TempoModel:
    """``WEIGHTS`` and ``PRIOR`` of `genrelab.analyzer.tempo`."""

    weights: Float64
    prior: Float64

    def choose(self, evidence: Float64) -> Float64:
        """Choose a tempo for each recording, evidence [n, tempi, ratios] -> beats a minute [n]."""
        prior = np.interp(np.log2(tempo_grid()), PRIOR_OCTAVES, self.prior)
        return np.asarray(tempo_grid()[(evidence @ self.weights + prior).argmax(axis=1)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RhythmWeights:
    """All that is fitted here, and the number of analyses that each part rests on.

    Attributes
    ----------
    tempo : TempoModel
    downbeats : float64 array [3] or None
        None where no analysis has bars.
    sections : float64 array [4] or None
        None where no analysis has beats and two sections.
    n_tempi, n_bars, n_sections : int
    """

    tempo: TempoModel
    downbeats: Float64 | None
    sections: Float64 | None
    n_tempi: int
    n_bars: int
    n_sections: int


def fit_rhythm(
    analyses: Sequence[Analysis], basis: TimbreBasis, *, progress: Progress = silent
) -> RhythmWeights:
    """Fit tempo, downbeats and sections, each to the analyses that have them.

    Parameters
    ----------
    analyses : sequence of Analysis
        With segments, one at least each.
    basis : TimbreBasis
        See `draw_spectrum`.
    progress : Progress

    Raises
    ------
    DataError
        If no analysis has a tempo within reach.
    """
    examples = tempo_examples(analyses, basis, progress=progress)
    with_bars = [analysis for analysis in analyses if _has_bars(analysis)]
    with_sections = [analysis for analysis in analyses if _has_sections(analysis)]
    return RhythmWeights(
        tempo=fit_tempo(examples),
        downbeats=fit_downbeats(with_bars, basis) if with_bars else None,
        sections=fit_sections(with_sections) if with_sections else None,
        n_tempi=len(examples.bpm),
        n_bars=len(with_bars),
        n_sections=len(with_sections),
    )


def _has_bars(analysis: Analysis) -> bool:
    return bool(analysis.beats and analysis.bars)


def _has_sections(analysis: Analysis) -> bool:
    return bool(analysis.beats) and len(analysis.sections) > 1


def draw_spectrum(analysis: Analysis, basis: TimbreBasis) -> BandSpectrum:
    """Draw the spectrum that an analysis' timbre describes.

    Parameters
    ----------
    analysis : Analysis
    basis : TimbreBasis
        Of the analysis' dialect, or of any where it does not know that one: a constant
        difference changes no onset.
    """
    segments = analysis.segments
    seconds = float(segments.start[-1] + segments.duration[-1])
    n = max(1, round(seconds * FRAME_RATE))
    starts = np.minimum(np.round(segments.start * FRAME_RATE).astype(np.int64), n - 1)
    dialect = analysis.dialect if analysis.dialect in basis.dialects else None
    surfaces = basis.surfaces(segments.timbre, dialect=dialect)
    lengths = np.diff(starts, append=n)
    segment = np.repeat(np.arange(len(starts)), lengths)
    frame = np.arange(starts[0], n) - starts[segment]
    rest = np.maximum(lengths[segment] - N_ONSET_FRAMES, 1)
    later = N_ONSET_FRAMES + (frame - N_ONSET_FRAMES) * (N_COLUMNS - N_ONSET_FRAMES) // rest
    column = np.where(frame < N_ONSET_FRAMES, frame, np.minimum(later, N_COLUMNS - 1))
    bands = np.zeros((n, N_BANDS), np.float32)
    bands[starts[0] :] = np.maximum(surfaces[segment, :, column], 0)
    return BandSpectrum(bands=bands, level=bands.mean(axis=1))


def tempo_examples(
    analyses: Sequence[Analysis], basis: TimbreBasis, *, progress: Progress = silent
) -> TempoExamples:
    """Hear the tempi of analyses, those left out that have none within reach."""
    evidence, tempi = [], []
    for done, analysis in enumerate(analyses):
        progress("drawing spectra", done, len(analyses))
        tempo = analysis.track.tempo or 0
        if SLOWEST <= tempo < FASTEST:
            windows = periodogram(onset_strength(draw_spectrum(analysis, basis)))
            evidence.append(tempo_evidence(periodicity(windows)))
            tempi.append(tempo)
    if not tempi:
        raise DataError("fitting tempo: no analysis has a tempo; expected at least one")
    return TempoExamples(evidence=np.array(evidence), bpm=np.array(tempi))


def fit_tempo(examples: TempoExamples) -> TempoModel:
    """Fit what speaks for a tempo, evidence and tempo itself, to what the original chose."""
    grid = np.log2(tempo_grid())
    knots = np.eye(len(PRIOR_OCTAVES))
    prior = np.stack([np.interp(grid, PRIOR_OCTAVES, knot) for knot in knots], axis=1)
    spread = examples.evidence.std(axis=(0, 1))
    evidence = (examples.evidence - examples.evidence.mean(axis=(0, 1))) / spread
    steps = (grid - np.log2(examples.bpm)[:, None]) * STEPS_PER_OCTAVE
    target = np.exp(-0.5 * (steps / BLUR) ** 2)
    target /= target.sum(axis=1, keepdims=True)
    n_ratios = evidence.shape[2]
    ridge = RIDGE * np.append(np.ones(n_ratios), 0.3 * np.ones(len(knots)))

    def loss(weights: Float64) -> tuple[float, Float64]:
        scores = evidence @ weights[:n_ratios] + prior @ weights[n_ratios:]
        log_odds = scores - logsumexp(scores, axis=1, keepdims=True)
        error = (np.exp(log_odds) - target) / len(target)
        slope = np.append(np.einsum("nt,ntr->r", error, evidence), error.sum(axis=0) @ prior)
        value = -(target * log_odds).sum() / len(target) + (ridge * weights**2).sum()
        return float(value), slope + 2 * ridge * weights

    weights = _minimize(loss, n_ratios + len(knots))
    return TempoModel(weights=weights[:n_ratios] / spread, prior=weights[n_ratios:])


def fit_downbeats(analyses: Sequence[Analysis], basis: TimbreBasis) -> Float64:
    """Fit `meter.DOWNBEAT_WEIGHTS` to the original's bars: which of its beats start one [3]."""
    features, labels = [], []
    for analysis in analyses:
        if _has_bars(analysis):
            starts = _starts(analysis.beats)
            bounds = np.append(starts, starts[-1] + analysis.beats[-1].duration)
            spectrum = draw_spectrum(analysis, basis)
            features.append(downbeat_features(spectrum, analysis.segments, bounds))
            labels.append(_nearest(starts, _starts(analysis.bars)) <= ON_BEAT_S)
    return _fit_log_odds(features, labels)


def fit_sections(analyses: Sequence[Analysis]) -> Float64:
    """Fit `sections.WEIGHTS` to where, of its beats, the original lets sections start [4]."""
    features, labels = [], []
    for analysis in analyses:
        if _has_sections(analysis):
            starts = _starts(analysis.beats)
            features.append(novelties(analysis.segments, starts))
            labels.append(_nearest(starts, _starts(analysis.sections[1:])) <= NEAR_S)
    return _fit_log_odds(features, labels)


def _fit_log_odds(features: Sequence[Float64], labels: Sequence[Bools]) -> Float64:
    """Fit a logistic regression with an intercept, which is not returned."""
    if not features:
        raise DataError("fitting rhythm: no analysis has what is to be fitted; expected one")
    x = np.concatenate(features)
    x = np.append(x, np.ones((len(x), 1)), axis=1)
    signs = np.where(np.concatenate(labels), 1.0, -1.0)

    def loss(weights: Float64) -> tuple[float, Float64]:
        margins = signs * (x @ weights)
        pull = -signs * np.exp(-np.logaddexp(0, margins)) / len(x)
        value = np.logaddexp(0, -margins).mean() + LIGHT_RIDGE * (weights[:-1] ** 2).sum()
        return float(value), x.T @ pull + 2 * LIGHT_RIDGE * np.append(weights[:-1], 0)

    return _minimize(loss, x.shape[1])[:-1]


def _minimize(loss: Callable[[Float64], tuple[float, Float64]], n: int) -> Float64:
    return np.asarray(minimize(loss, np.zeros(n), jac=True, method="L-BFGS-B").x)


def _starts(intervals: Sequence[Interval | Section]) -> Float64:
    return np.array([interval.start for interval in intervals])


def _nearest(moments: Float64, others: Float64) -> Float64:
    """Tell how far the nearest of the others lies from each moment."""
    return np.asarray(np.abs(moments[:, None] - others).min(axis=1))
