"""Audio: any recording as mono samples at the analyzer's rate.

Conventions
-----------
Channels are mixed to their mean; samples are float32, full scale at 1, at
`SAMPLE_RATE`. A recording of n samples at another rate becomes ``n * SAMPLE_RATE /
rate`` samples, rounded half up, without delay: the sample at t seconds stays there.
Recordings are decoded, mixed and resampled block by block, so that memory holds the
result alone; it does not depend on the blocks. What is no finite number becomes 0 and
what lies beyond `LOUDEST` is clipped; a remark says how often.

References
----------
R. Taylor, *The SoX Resampler library*. Its quality "HQ" (20 bits) lets pass what lies
below 10 kHz and leaves -130 dB of what would be mirrored; the next lower one saves
2 ms of four minutes and leaves -110 dB.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from genrelab.analyzer.decoding import (
    BLOCK_LENGTH,
    MAX_SAMPLE_RATE,
    MIN_SAMPLE_RATE,
    Sound,
    float_samples,
    open_with_ffmpeg,
    open_with_libsndfile,
)
from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.errors import DataError
from genrelab.music.segments import Float32

LOUDEST = 2.0**8  # far above full scale; float32 must hold the sixth power of what is louder
MAX_CHANNELS = 1024  # of samples given as an array: more, and its axes are the wrong way round
_ENOUGH = 0.99  # of the announced length; what is shorter may be damaged in the middle
_PADDING_S = 0.1  # by which codecs may miss it
_MOST_ROOM = 2 * 3600 * SAMPLE_RATE  # samples made room for at once, whatever a header says
_MORE_ROOM = 60 * SAMPLE_RATE  # and by how many it grows
_QUALITY = "HQ"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recording:
    """A recording as the analyzer hears it.

    Attributes
    ----------
    samples : float32 array [n]
        Mono at `SAMPLE_RATE`, full scale at 1; at least one.
    sample_rate : int
        Of the file, Hz.
    channels : int
        Of the file.
    md5 : str
        MD5 of the samples as 16-bit little-endian integers.
    input_process : str
        How they came, as Spotify's ``meta.input_process`` has it:
        ``libsndfile L+R 44100->22050``.
    remarks : tuple of str
        What was not as it should be: damaged stretches, values that are no numbers.
    """

    samples: Float32
    sample_rate: int
    channels: int
    md5: str
    input_process: str
    remarks: tuple[str, ...] = ()

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / SAMPLE_RATE


def read_recording(path: str | Path) -> Recording:
    """Read a sound file of any kind, rate and number of channels.

    Of a damaged or truncated file, what can be decoded counts.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    DataError
        If there is no such file, or no sound in it.

    Examples
    --------
    >>> read_recording("song.mp3").input_process          # doctest: +SKIP
    'libsndfile L+R 44100->22050'
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise DataError(f"{path}: a folder; expected a sound file")
        if not path.is_file():
            what = "not a regular file" if path.exists() else "no such file"
            raise DataError(f"{path}: {what}; expected a sound file")
        if path.stat().st_size == 0:
            raise DataError(f"{path}: empty (0 bytes); get the file again")
        return _read(path)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}); check it and its permissions"
        ) from error


def _read(path: Path) -> Recording:
    heard = None
    with path.open("rb") as file, open_with_libsndfile(file) as sound:
        if sound is not None:
            heard = _hear(path, sound)
            if not _is_short(heard, sound):
                return heard.recording()
    # libsndfile gives up where an MP3 is damaged; FFmpeg goes on behind the damage.
    try:
        with open_with_ffmpeg(path) as sound:
            other = _hear(path, sound)
    except DataError:
        if heard is None:
            raise
        return heard.recording()
    return (heard if heard is not None and heard.n >= other.n else other).recording()


def _hear(path: Path, sound: Sound) -> _Intake:
    if not MIN_SAMPLE_RATE <= sound.sample_rate <= MAX_SAMPLE_RATE:
        raise DataError(
            f"{path}: its sample rate is {sound.sample_rate} Hz; expected {MIN_SAMPLE_RATE} to "
            f"{MAX_SAMPLE_RATE} Hz: write the file again at its true rate"
        )
    intake = _Intake(str(path), sound.decoder, sound.sample_rate, sound.channels)
    intake.take_all(sound.blocks, sound.n_announced)
    intake.remarks += sound.remarks
    if _is_short(intake, sound):
        heard, announced = (n / sound.sample_rate for n in (intake.n, sound.n_announced))
        intake.remarks.append(f"{heard:.1f} s were decoded of {announced:.1f} s announced")
    return intake


def _is_short(heard: _Intake, sound: Sound) -> bool:
    return heard.n < _ENOUGH * sound.n_announced - _PADDING_S * sound.sample_rate


def recording_from_samples(samples: npt.ArrayLike, sample_rate: int) -> Recording:
    """Make a recording of samples that are in memory already.

    Parameters
    ----------
    samples : array [n] or [n, channels]
        Floating point with full scale at 1, or integers of any width.
    sample_rate : int
        Hz.

    Raises
    ------
    DataError
        If there are no samples, or the array has another shape.

    Examples
    --------
    >>> tone = np.sin(np.arange(44_100) * 2 * np.pi * 440 / 44_100)
    >>> len(recording_from_samples(tone, 44_100).samples)
    22050
    """
    array = np.asarray(samples)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not 1 <= array.shape[1] <= MAX_CHANNELS or array.dtype.kind not in "fiu":
        raise DataError(
            f"samples are {array.dtype} of shape {np.shape(samples)}; "
            "expected real numbers [n] or [n, channels]"
        )
    if not MIN_SAMPLE_RATE <= sample_rate <= MAX_SAMPLE_RATE:
        raise DataError(
            f"sample_rate is {sample_rate}; expected {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz"
        )
    intake = _Intake("samples", "array", int(sample_rate), array.shape[1])
    starts = range(0, len(array), BLOCK_LENGTH)
    blocks = (float_samples(array[start : start + BLOCK_LENGTH]) for start in starts)
    intake.take_all(blocks, len(array))
    return intake.recording()


class _Intake:
    """Mixes and resamples blocks as they come, into one growing array."""

    def __init__(self, name: str, decoder: str, sample_rate: int, channels: int) -> None:
        import soxr

        self._name, self._decoder = name, decoder
        self._sample_rate, self._channels = sample_rate, channels
        self._resampler: Any = None
        if sample_rate != SAMPLE_RATE:
            self._resampler = soxr.ResampleStream(
                sample_rate, SAMPLE_RATE, 1, dtype="float32", quality=_QUALITY
            )
        self.n = 0  # samples of each channel taken in
        self._n_repaired = 0
        self._samples = np.empty(0, np.float32)
        self._filled = 0
        self.remarks: list[str] = []

    def take_all(self, blocks: Iterable[Float32], n_expected: int) -> None:
        """Take every block; ``n_expected`` is how many samples there may be."""
        room = min(max(self._length(n_expected), 0), _MOST_ROOM)
        self._samples = np.empty(room + SAMPLE_RATE, np.float32)
        for block in blocks:
            self.n += len(block)
            mono = self._mix(block)
            self._append(mono if self._resampler is None else self._resampler.resample_chunk(mono))
        if self._resampler is not None:
            self._append(self._resampler.resample_chunk(np.empty(0, np.float32), last=True))

    def _length(self, n: int) -> int:
        return (2 * n * SAMPLE_RATE + self._sample_rate) // (2 * self._sample_rate)

    def _mix(self, block: Float32) -> Float32:
        with np.errstate(over="ignore", invalid="ignore"):
            mono = _mean(block)
            # One pass that fails for what is infinite, no number, or louder than sound can be.
            if float(np.dot(mono, mono)) <= LOUDEST**2:
                return mono
            heard = np.isfinite(block)
            mono = _mean(np.where(heard, block, np.float32(0)))
            self._n_repaired += int((~heard).sum() + (np.abs(mono) > LOUDEST).sum())
            return mono.clip(-LOUDEST, LOUDEST)

    def _append(self, samples: Float32) -> None:
        end = self._filled + len(samples)
        if end > len(self._samples):
            # In place: the memory is mapped anew, not copied. Room that is new is written to.
            self._samples.resize(end + _MORE_ROOM, refcheck=False)
        self._samples[self._filled : end] = samples
        self._filled = end

    def recording(self) -> Recording:
        """Return what was taken in.

        Raises
        ------
        DataError
            If that was nothing.
        """
        if self.n == 0:
            raise DataError(f"{self._name}: no samples in it; nothing can be analyzed")
        length = max(1, self._length(self.n))
        self._samples.resize(length, refcheck=False)
        self._samples[self._filled :] = 0
        if self._n_repaired:
            self.remarks.append(
                f"{self._n_repaired} values that are no numbers, or beyond {LOUDEST:.0f} times "
                "full scale, were replaced"
            )
        return Recording(
            samples=self._samples,
            sample_rate=self._sample_rate,
            channels=self._channels,
            md5=_md5(self._samples),
            input_process=f"{self._decoder} {_mix_name(self._channels)} "
            f"{self._sample_rate}->{SAMPLE_RATE}",
            remarks=tuple(self.remarks),
        )


def _mean(block: Float32) -> Float32:
    """Mix channels, each sample on its own so that blocks make no difference."""
    channels = block.shape[1]
    if channels == 1:
        return block[:, 0].copy()
    mono: Float32 = np.add(block[:, 0], block[:, 1])
    for channel in range(2, channels):
        mono += block[:, channel]
    mono *= np.float32(1 / channels)
    return mono


def _mix_name(channels: int) -> str:
    return {1: "mono", 2: "L+R"}.get(channels, f"mean of {channels}")


def _md5(samples: Float32) -> str:
    content = hashlib.md5(usedforsecurity=False)
    for start in range(0, len(samples), BLOCK_LENGTH):
        scaled = np.rint(samples[start : start + BLOCK_LENGTH] * np.float32(32768))
        content.update(scaled.clip(-32768, 32767).astype("<i2").data)
    return content.hexdigest()
