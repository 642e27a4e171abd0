"""Chroma: how strongly each of the twelve pitch classes sounds in a segment.

Conventions
-----------
Pitch classes are ordered C, C#, ..., B and tuned to A4 = 440 Hz, whatever the
recording's tuning, as the original's are. Values are relative: the strongest class
of a segment is 1; in digital silence all twelve are.

References
----------
T. Jehan, *Creating Music by Listening*, PhD thesis, MIT 2005, section 3.4: a
segment's spectrum is gathered in seven octaves of semitones, C1 to B7, which are
wrapped into one. The details (the window, the padding, the shape of the bands down to
the ones that are narrower than the spectrum's bins, and the two constants below) were
found by comparing with real analyses; see `docs/analyzer.md` for how well they agree.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
import scipy.fft

from genrelab.analyzer.pitch import hz_from_midi
from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.music.segments import N_VALUES, Float32, Float64, Int64

LOWEST_MIDI = 24  # C1, 32.7 Hz
N_SEMITONES = 7 * N_VALUES  # up to B7, 7.9 kHz
AMPLITUDE_EXPONENT = 1.35  # a band's strength is the mean of its amplitudes to this power
NARROW_BAND_GAIN = 1.9  # of a band so narrow that it has a single bin
MIN_FFT, MAX_FFT = 1 << 10, 1 << 18  # samples; of a longer segment (12 s) the start counts
SILENT_POWER = 1e-18  # a segment without a stronger bin is silent; full scale is .25
_CHUNK = 1 << 20  # samples transformed at a time
_TINY = 1e-24


def segment_pitches(samples: Float32, starts_s: Float64, ends_s: Float64) -> Float32:
    """Compute the pitches of a recording's segments.

    A segment's samples, under a Hann window as long as the segment and padded to the
    next power of two, give one spectrum, and that the strengths of 84 semitones.

    Parameters
    ----------
    samples : float32 array [n]
        Mono audio at `spectrum.SAMPLE_RATE`.
    starts_s, ends_s : float64 array [s]
        Where the segments start and end, seconds.

    Returns
    -------
    float32 array [s, 12]
        In [0, 1]; exactly 1 at least once in every segment.

    Examples
    --------
    >>> tone = np.sin(np.arange(SAMPLE_RATE) * 2 * np.pi * 440 / SAMPLE_RATE)
    >>> pitches = segment_pitches(tone.astype(np.float32), np.zeros(1), np.ones(1))
    >>> int(pitches.argmax()), float(pitches.max())  # A
    (9, 1.0)
    """
    starts = np.clip(np.rint(np.asarray(starts_s) * SAMPLE_RATE), 0, len(samples)).astype(np.int64)
    ends = np.clip(np.rint(np.asarray(ends_s) * SAMPLE_RATE), starts, len(samples)).astype(np.int64)
    lengths = np.minimum(ends - starts, MAX_FFT)
    powers = (1 << max(length - 1, 0).bit_length() for length in lengths.tolist())
    sizes = np.maximum(np.fromiter(powers, np.int64, len(lengths)), MIN_FFT)
    pitches = np.empty((len(starts), N_VALUES), np.float32)
    for n_fft in np.unique(sizes).tolist():
        alike = np.flatnonzero(sizes == n_fft)
        for rows in np.array_split(alike, -(-len(alike) * n_fft // _CHUNK)):
            padded = _cut(samples, starts[rows], lengths[rows], n_fft)
            pitches[rows] = _wrap(padded)
    return pitches


def _cut(samples: Float32, starts: Int64, lengths: Int64, n_fft: int) -> Float32:
    """Cut stretches [s, n_fft] out of a recording, windowed, silence behind them."""
    padded = np.zeros((len(starts), n_fft), np.float32)
    for row, start, length in zip(padded, starts.tolist(), lengths.tolist(), strict=True):
        np.multiply(samples[start : start + length], _window(length), out=row[:length])
    return padded


@lru_cache(maxsize=512)
def _window(length: int) -> Float32:
    """Make a Hann window of unit sum without zeros at its ends."""
    window = np.hanning(length + 2)[1:-1]
    return np.asarray(window / max(window.sum(), 1), np.float32)


def _wrap(padded: Float32) -> Float32:
    """Compute the pitches [s, 12] of padded segments [s, n_fft]."""
    weights = _weights(padded.shape[1])
    spectrum = scipy.fft.rfft(padded, axis=1)[:, : len(weights)]
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    silent = power.max(axis=1) <= SILENT_POWER
    power += np.float32(_TINY)
    np.log(power, out=power)
    power *= np.float32(AMPLITUDE_EXPONENT / 2)
    strengths: Float32 = np.exp(power, out=power) @ weights
    strengths[silent] = 1
    strengths /= strengths.max(axis=1, keepdims=True)
    return strengths


@cache
def _weights(n_fft: int) -> Float32:
    """Make what turns a spectrum's bins into pitch classes [bins, 12].

    A semitone's band reaches from its lower to its upper neighbor, under a Hann window
    of as many points as there are bins, so that one bin counts in full, two not at all.
    """
    centers = hz_from_midi(LOWEST_MIDI + np.arange(N_SEMITONES + 1.0))
    centers *= n_fft / SAMPLE_RATE
    reach = 2 ** (1 / 12)
    firsts = np.ceil(centers / reach).astype(int)
    widths = np.maximum(np.ceil(centers * reach).astype(int) - firsts, 1)
    weights = np.zeros((int(firsts[-1] + widths[-1]), N_VALUES))
    for semitone, (first, width) in enumerate(zip(firsts[:-1], widths[:-1], strict=True)):
        band = np.hanning(width)
        gain = NARROW_BAND_GAIN if width == 1 else 1 / max(band.sum(), 1)
        weights[first : first + width, (LOWEST_MIDI + semitone) % N_VALUES] += gain * band
    return weights.astype(np.float32)
