"""Fingerprints: what stays of an analysis when its recording is encoded, cut or analyzed anew.

Conventions
-----------
Pitches and timbre are averaged over one second, every `HOP_S`, so that it matters little
where segments begin. A *code* says of four seconds, in 28 bits, which pitch classes and
timbre coordinates rise or fall: what an encoder, another loudness or another dialect adds
to all of them cancels. Equal codes find candidates (`genrelab.music.fingerprint_matches`).
*Frames* are the averages themselves, every half second, less their mean: they decide.
A fingerprint takes some 19 kB for four minutes.

References
----------
J. Haitsma and T. Kalker, *A highly robust audio fingerprinting system*, ISMIR 2002: signs
of differences as bits, and asking again with the least reliable bits turned over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genrelab.music.segments import N_VALUES, Float32, Float64, Segments, mean_between

HOP_S = 0.25  # between two codes
HOPS_A_FRAME = 2
FRAME_S = HOP_S * HOPS_A_FRAME
HOPS_A_QUESTION = 4  # every fourth code is looked up, with its doubtful bits both ways
N_DOUBTFUL = 3
QUIET = np.uint32(0xFFFFFFFF)  # in place of the code of what is too quiet to be told apart
LEAST_OVERLAP_S = 12.0  # less music than that says too little
SLACK = 3  # frames by which a part may lie off: tapes run at speeds that differ by up to 1 %

_HOPS_A_QUARTER = 4  # of a second each; a code spans four quarters
_QUIETER_DB = 15.0  # than the track's loud parts: silence and fades are alike everywhere
_LOUD_SHARE = 0.8
_CODED_TIMBRE = (0, 1, 2, 4, 6)  # the coordinates that analyzers agree on best
_SPREAD = np.array(  # of pitches and timbre over the segments of real analyses
    [0.3] * N_VALUES + [7.4, 59, 51, 40, 36, 32, 27, 24, 22, 19, 17, 18]
)
_STEPS = 32  # of an int8 frame a spread: four spreads fit
_PIECE = 20  # frames: 10 s, each of which may lie SLACK off
_LEAST_SCALE = 2.0  # steps; what varies less is rounding
_LEAST_POWER = 1e-6  # of a piece of silence, which agrees with nothing

Codes = npt.NDArray[np.uint32]
Frames = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fingerprint:
    """What is compared of an analysis.

    Attributes
    ----------
    codes : uint32 array [n]
        One every `HOP_S`, `QUIET` where there is none.
    doubtful : uint32 array [ceil(n / HOPS_A_QUESTION), N_DOUBTFUL]
        Of every `HOPS_A_QUESTION`-th code, the bits that would turn over first, one an entry.
    frames : int8 array [m, 24]
        One every `FRAME_S`: pitches and timbre, less their mean, 32 steps a usual spread.
    """

    codes: Codes
    doubtful: Codes
    frames: Frames


def take_fingerprint(segments: Segments) -> Fingerprint:
    """Reduce an analysis of any dialect to its fingerprint.

    Parameters
    ----------
    segments : Segments
        Less than four seconds of them, or none, have no codes and match nothing.
    """
    seconds = _running_means(segments)
    contrasts, is_quiet = _contrasts(seconds)
    bits = np.uint32(1) << np.arange(contrasts.shape[1], dtype=np.uint32)
    codes = ((contrasts > 0) * bits).sum(axis=1, dtype=np.uint32)
    asked = np.abs(contrasts[::HOPS_A_QUESTION])
    doubtful = bits[np.argsort(asked, axis=1, kind="stable")[:, :N_DOUBTFUL]]
    frames = seconds[::HOPS_A_FRAME]
    if len(frames):
        frames = (frames - frames.mean(axis=0)) / _SPREAD * _STEPS
    return Fingerprint(
        codes=np.where(is_quiet, QUIET, codes),
        doubtful=doubtful,
        frames=np.clip(np.round(frames), -127, 127).astype(np.int8),
    )


def _running_means(segments: Segments) -> Float64:
    """Average pitches and timbre over one second, every `HOP_S`: [n, 24]."""
    end = segments.start[-1] + segments.duration[-1] if len(segments) else 0.0
    n_hops = int(end / HOP_S)
    if n_hops < _HOPS_A_QUARTER:
        return np.zeros((0, 2 * N_VALUES))
    values = np.hstack([segments.pitches, segments.timbre]).astype(np.float64)
    sums = np.zeros((n_hops + 1, 2 * N_VALUES))
    np.cumsum(
        mean_between(segments, values, np.arange(n_hops + 1, dtype=np.float64) * HOP_S),
        axis=0,
        out=sums[1:],
    )
    return (sums[_HOPS_A_QUARTER:] - sums[:-_HOPS_A_QUARTER]) / _HOPS_A_QUARTER


def _contrasts(seconds: Float64) -> tuple[Float64, npt.NDArray[np.bool_]]:
    """Compare four quarters, at each hop: contrasts in spreads [n, 28], and whether one is quiet.

    The first contrast is the first two less the last two, the second the outer two less the
    inner two. Pitches have the first, and every other one the second.
    """
    n = max(len(seconds) - 3 * _HOPS_A_QUARTER, 0)
    quarters = [seconds[i * _HOPS_A_QUARTER :][:n] for i in range(4)]
    falls = (quarters[0] + quarters[1] - quarters[2] - quarters[3]) / _SPREAD
    sags = (quarters[0] - quarters[1] - quarters[2] + quarters[3]) / _SPREAD
    timbre = [N_VALUES + i for i in _CODED_TIMBRE]
    loudness = [quarter[:, N_VALUES] for quarter in quarters]
    loud = np.quantile(seconds[:, N_VALUES], _LOUD_SHARE) if n else 0.0
    is_quiet = np.min(loudness, axis=0) < loud - _QUIETER_DB
    columns = [falls[:, :N_VALUES], sags[:, :N_VALUES:2], falls[:, timbre], sags[:, timbre]]
    return np.hstack(columns), is_quiet


def agreement(first: Fingerprint, second: Fingerprint, offset: int) -> float:
    """Tell how alike two recordings sound where they run together.

    Parameters
    ----------
    offset : int
        Frame i of the first is frame i + offset of the second.

    Returns
    -------
    float
        The median, over pieces of 10 s, of the correlation of their frames: the mean of
        pitches' and timbre's, each piece at its best within 1.5 s. 1 for the same, about 0
        for others; 0 where less than `LEAST_OVERLAP_S` is shared.
    """
    start, stop = max(0, -offset), min(len(first.frames), len(second.frames) - offset)
    n = stop - start
    if n * FRAME_S < LEAST_OVERLAP_S:
        return 0.0
    x = _standardized(first.frames[start:stop], first.frames[start:stop])
    rows = np.arange(start + offset - SLACK, stop + offset + SLACK)
    nearby = second.frames[np.clip(rows, 0, len(second.frames) - 1)]
    y = _standardized(nearby, nearby[SLACK : SLACK + n])
    return float(np.median(_piecewise_correlation(x, y).max(axis=0)))


def _standardized(frames: Frames, shared: Frames) -> Float32:
    """Center and scale frames as their shared stretch asks for; pitches keep one scale."""
    stretch = shared.astype(np.float32)
    scale = stretch.std(axis=0)
    scale[:N_VALUES] = scale[:N_VALUES].mean()
    centered = frames.astype(np.float32) - stretch.mean(axis=0)
    return np.asarray(centered / np.maximum(scale, _LEAST_SCALE), dtype=np.float32)


def _piecewise_correlation(x: Float32, y: Float32) -> Float32:
    """Correlate [n, 24] with [n + l - 1, 24] at l lags, by pieces, the last one of what remains.

    Returns
    -------
    float32 array [l, pieces]
        The mean of pitches' and timbre's correlation.
    """
    x, y = x.reshape(len(x), 2, N_VALUES), y.reshape(len(y), 2, N_VALUES)
    lagged = np.lib.stride_tricks.sliding_window_view(y, len(x), axis=0)  # [l, 2, 12, n]
    power = np.lib.stride_tricks.sliding_window_view((y * y).sum(axis=2), len(x), axis=0)
    edges = np.arange(max(len(x) // _PIECE, 1)) * _PIECE
    xy = np.add.reduceat(np.einsum("nkc,lkcn->lkn", x, lagged), edges, axis=2)
    xx = np.add.reduceat((x * x).sum(axis=2).T, edges, axis=1)
    yy = np.add.reduceat(power, edges, axis=2)
    r = xy / np.maximum(np.sqrt(xx * yy), _LEAST_POWER)
    return np.asarray(r.mean(axis=1), dtype=np.float32)
