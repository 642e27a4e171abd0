"""Crops: stretches of recordings, each a little changed, that teach the segmenter.

Conventions
-----------
Positions are in frames of the spectrum and may lie between two. A crop of T frames
comes with the ``margin`` frames before and after it that the network looks at;
beyond a recording's ends lies silence.

Every crop is drawn from a recording that has been played a little faster or slower,
louder or softer, through another equalizer and a little noise, and sung a little
higher or lower: what the original says of it should then be the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genrelab.analyzer.fitting.pairs import Pair
from genrelab.analyzer.spectrum import FRAME_RATE, N_BANDS, band_spectrum
from genrelab.music.segments import Float32, Float64

BLUR = 2.0  # frames: the target is a bell of this standard deviation around a start
EDGE = 0.03 * FRAME_RATE  # frames at the ends of the shared stretch that teach nothing
SPEED = 0.03  # largest change, as a part
GAIN_DB = (-6.0, 3.0)  # least and most
TILT_DB = 3.0  # of the equalizer, from the middle to the outermost bands
SHIFT_BANDS = 0.25  # largest change of pitch
NOISE_DB = 0.3  # largest standard deviation
WEIGHT_EXPONENT = 0.7  # long recordings are drawn more often, but not in proportion


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Example:
    """A recording and where the original cut it.

    Attributes
    ----------
    bands : float32 array [n + 2, 23]
        Its spectrum, with a frame of silence before and after.
    starts : float64 array [s]
        Where the original's segments start, increasing.
    shared : (float, float)
        The stretch that the original's analysis speaks of, from and to.
    """

    bands: Float32
    starts: Float64
    shared: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crops:
    """A batch of crops.

    Attributes
    ----------
    bands : float32 array [B, T + 2 * margin, 23]
    target : float32 array [B, T]
        1 where a segment starts, less around it.
    weight : float32 array [B, T]
        0 where the original says nothing.
    """

    bands: Float32
    target: Float32
    weight: Float32


def example_of(pair: Pair) -> Example:
    """Prepare a pair for teaching: heard as the analyzer of its dialect heard it."""
    bands = band_spectrum(pair.samples, dialect=pair.original.dialect).bands
    first, last = pair.shared
    return Example(
        bands=np.pad(bands, ((1, 1), (0, 0))),
        starts=np.sort(pair.starts) * FRAME_RATE,
        shared=(first * FRAME_RATE, last * FRAME_RATE),
    )


def draw_crops(
    examples: Sequence[Example],
    rng: np.random.Generator,
    *,
    n_crops: int,
    n_frames: int,
    margin: int,
) -> Crops:
    """Draw crops from anywhere in any of the examples."""
    lengths = np.array([example.shared[1] - example.shared[0] for example in examples])
    odds = lengths**WEIGHT_EXPONENT
    chosen = rng.choice(len(examples), n_crops, p=odds / odds.sum())
    crops = [_draw_crop(examples[i], rng, n_frames, margin) for i in chosen]
    bands, target, weight = (np.stack(values) for values in zip(*crops, strict=True))
    return Crops(bands=bands, target=target, weight=weight)


def _draw_crop(
    example: Example, rng: np.random.Generator, n_frames: int, margin: int
) -> tuple[Float32, Float32, Float32]:
    """Draw one crop: its bands with margins, target and weight."""
    speed = 1 + SPEED * rng.uniform(-1, 1)
    first, last = example.shared
    start = rng.uniform(first - n_frames / 4, max(last - n_frames * 3 / 4, first))
    inside = np.arange(n_frames, dtype=np.float64)
    around = np.arange(-margin, n_frames + margin, dtype=np.float64)
    bands = _at_positions(example.bands, start + speed * around)
    played = start + speed * inside
    target = nearness((example.starts - start) / speed, inside)
    weight = (played > first + EDGE) & (played < last - EDGE)
    return _alter(bands, rng), target, weight.astype(np.float32)


def nearness(starts: Float64, positions: Float64) -> Float32:
    """Return how near each position [n] is to a start: 1 at one, a bell around it."""
    walled = np.concatenate([[-np.inf], starts, [np.inf]])
    after = np.searchsorted(walled, positions)
    distance = np.minimum(positions - walled[after - 1], walled[after] - positions)
    return np.asarray(np.exp(-0.5 * (distance / BLUR) ** 2), np.float32)


def _at_positions(padded: Float32, positions: Float64) -> Float32:
    """Interpolate a spectrum that has a frame of silence at both ends, [n, 23]."""
    before = np.floor(positions).astype(np.int64)
    part = (positions - before).astype(np.float32)[:, None]
    low, high = (np.clip(before + step, 0, len(padded) - 1) for step in (1, 2))
    return np.asarray(padded[low] * (1 - part) + padded[high] * part, np.float32)


def _alter(bands: Float32, rng: np.random.Generator) -> Float32:
    """Change pitch, noise, gain and equalizer of a crop; silence stays silence."""
    place = np.clip(np.arange(N_BANDS) + SHIFT_BANDS * rng.uniform(-1, 1), 0, N_BANDS - 1)
    low = np.minimum(place.astype(np.int64), N_BANDS - 2)
    part = (place - low).astype(np.float32)
    shifted = bands[:, low] * (1 - part) + bands[:, low + 1] * part
    noise = NOISE_DB * rng.uniform() * rng.standard_normal(shifted.shape, np.float32)
    change = rng.uniform(*GAIN_DB) + _draw_equalizer(rng)
    altered = shifted + (noise + change) * (shifted > 0)
    return np.asarray(np.maximum(altered, 0), np.float32)


def _draw_equalizer(rng: np.random.Generator) -> Float64:
    """Draw dB for each band: a slope and a wave."""
    across = np.linspace(-1, 1, N_BANDS)
    wave = np.sin(np.pi * (across * rng.uniform(0.5, 2) + rng.uniform(0, 2)))
    return np.asarray(TILT_DB * (rng.uniform(-1, 1) * across + rng.uniform(-1, 1) / 2 * wave))
