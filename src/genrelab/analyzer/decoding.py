"""Decoding: sound files of any kind as blocks of samples.

Conventions
-----------
libsndfile reads what it can (wav, flac, ogg, mp3, aiff, au...), FFmpeg through PyAV
the rest (m4a, aac, wma, webm...) and Opus, which takes libsndfile over twice the time.
A block is [n, channels], float32, full scale at 1, and is overwritten by the next one.
FFmpeg may open files of sound only, no playlists, so that a file cannot make it read
other files or ask the network.

libmpg123, inside libsndfile, writes what it thinks of a damaged MP3 straight to file
descriptor 2. While libsndfile reads, that descriptor leads to a temporary file; what
other threads wrote meanwhile is passed on when the reading ends.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from genrelab.analyzer.truncation import begins_as_mp4, lacks_ogg_end, promised_part
from genrelab.errors import DataError
from genrelab.music.segments import Float32

BLOCK_LENGTH = 1 << 16  # samples of each channel; smaller ones cost MP3s up to twice the time
MIN_SAMPLE_RATE = 1_000  # Hz; below it a header is damaged, or the data are no sound
MAX_SAMPLE_RATE = 1_000_000  # Hz
_FFMPEG_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,iff,loas,matroska,mov,mp3,mpc,mpc8,"
    "mpeg,mpegts,oma,ogg,rm,shn,tak,tta,voc,w64,wav,webm,wv,xwma"
)
# Streams without a header: FFmpeg guesses their length from the first bit rate.
_ANNOUNCING_NOTHING = {"aac", "ac3", "amr", "dts", "eac3", "loas", "shn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A file that is being decoded.

    Attributes
    ----------
    decoder : str
        The library.
    sample_rate : int
        Hz.
    channels : int
    n_announced : int
        Samples of each channel as the file's header has them; 0 where it has none.
    blocks : iterator of float32 array [n, channels]
    remarks : list of str
        What went wrong on the way, grows while the blocks are read.
    """

    decoder: str
    sample_rate: int
    channels: int
    n_announced: int
    blocks: Iterator[Float32]
    remarks: list[str]


@contextmanager
def open_with_libsndfile(file: IO[bytes]) -> Iterator[Sound | None]:
    """Decode a file with libsndfile; None where it does not know the format, or is slow."""
    import soundfile

    path = Path(file.name)
    with mpg123_silenced():
        try:
            sound = soundfile.SoundFile(file.fileno(), closefd=False)
        except soundfile.LibsndfileError:
            yield None
            return
        with sound:
            if sound.subtype == "OPUS":
                yield None
                return
            remarks = ["the end is missing: it may be cut off"] if lacks_ogg_end(path) else []
            yield Sound(
                decoder="libsndfile",
                sample_rate=sound.samplerate,
                channels=sound.channels,
                n_announced=round(sound.frames * promised_part(path)),
                blocks=_libsndfile_blocks(sound, remarks),
                remarks=remarks,
            )


def _libsndfile_blocks(sound: Any, remarks: list[str]) -> Iterator[Float32]:
    from soundfile import SoundFileRuntimeError

    buffer = np.empty((BLOCK_LENGTH, sound.channels), np.float32)
    while True:
        try:
            block: Float32 = sound.read(out=buffer)
        except SoundFileRuntimeError as error:
            remarks.append(f"decoding stopped early ({str(error).strip().rstrip('.')})")
            return
        if len(block) == 0:
            return
        yield block


@contextmanager
def open_with_ffmpeg(path: Path) -> Iterator[Sound]:
    """Decode a file with FFmpeg.

    Raises
    ------
    DataError
        If it holds no sound that FFmpeg can read.
    """
    import av

    # A path would be taken as an address, and "http:..." is also a file's name.
    address = f"file:{os.fspath(path)}"
    options = {"format_whitelist": _FFMPEG_FORMATS, "protocol_whitelist": "file"}
    try:
        container = av.open(address, container_options=options)
    except (av.FFmpegError, ValueError) as error:
        what = "an mp4 that may be cut off" if begins_as_mp4(path) else _EXPECTED
        raise DataError(f"{path}: not a sound file that can be read; {what}") from error
    with container:
        if not container.streams.audio:
            raise DataError(f"{path}: no audio in it, but {_content(container)}; {_EXPECTED}")
        remarks: list[str] = []
        frames = _ffmpeg_frames(container, remarks)
        first = next(frames, None)
        if first is None:
            raise DataError(f"{path}: nothing in it can be decoded; {_EXPECTED}")
        stream = container.streams.audio[0]
        ticks = stream.duration or 0  # of an unknown length, no sample is announced
        if container.format.name in _ANNOUNCING_NOTHING:
            ticks = 0
        seconds = ticks * float(stream.time_base) if ticks else 0.0
        channels = first.layout.nb_channels
        yield Sound(
            decoder="FFmpeg",
            sample_rate=first.sample_rate,
            channels=channels,
            n_announced=round(seconds * first.sample_rate),
            blocks=_ffmpeg_blocks(first, frames, channels, remarks),
            remarks=remarks,
        )


_EXPECTED = "expected wav, flac, ogg, opus, mp3, m4a, aac, wma, webm, aiff or au"


def _content(container: Any) -> str:
    return " and ".join(sorted({stream.type for stream in container.streams})) or "nothing at all"


def _ffmpeg_frames(container: Any, remarks: list[str]) -> Iterator[Any]:
    """Yield the frames that can be decoded; damaged packets are counted and passed over."""
    import av

    stream = container.streams.audio[0]
    stream.codec_context.thread_count = 1
    n_damaged = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError as error:
            remarks.append(f"decoding stopped early ({error.strerror})")
            break
        if packet is None:
            break
        try:
            yield from packet.decode()
        except av.FFmpegError:
            n_damaged += 1
    if n_damaged:
        remarks.append(f"{_counted(n_damaged, 'damaged packet')} passed over")


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun} was" if n == 1 else f"{n} {noun}s were"


def _ffmpeg_blocks(
    first: Any, frames: Iterator[Any], channels: int, remarks: list[str]
) -> Iterator[Float32]:
    """Join frames, some 1,000 samples each, to blocks; those of another rate are left out."""
    waiting = [_frame_samples(first, channels)]
    n, n_other = len(waiting[0]), 0
    for frame in frames:
        if frame.sample_rate != first.sample_rate:
            n_other += 1
            continue
        waiting.append(_frame_samples(frame, channels))
        n += len(waiting[-1])
        if n >= BLOCK_LENGTH:
            yield np.concatenate(waiting)
            waiting, n = [], 0
    if n:
        yield np.concatenate(waiting)
    if n_other:
        remarks.append(f"{_counted(n_other, 'frame')} passed over (of another sample rate)")


def _frame_samples(frame: Any, channels: int) -> Float32:
    """Return a frame's samples [n, channels]; other channels than those become their mean."""
    samples = frame.to_ndarray()
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, frame.layout.nb_channels)
    block = float_samples(samples)
    if block.shape[1] == channels:
        return block
    return np.repeat(block.mean(axis=1, keepdims=True), channels, axis=1)


def float_samples(samples: npt.NDArray[Any]) -> Float32:
    """Scale integer samples to full scale at 1; floating point ones keep their values.

    >>> float_samples(np.array([-32768, 16384], np.int16)).tolist()
    [-1.0, 0.5]
    """
    if samples.dtype == np.float32:
        return samples
    if np.issubdtype(samples.dtype, np.floating):
        with np.errstate(over="ignore"):  # to infinity, which is dealt with where it is found
            return samples.astype(np.float32)
    kind = np.iinfo(samples.dtype)
    half = (int(kind.max) - int(kind.min) + 1) // 2
    zero = 0 if kind.min else half  # unsigned samples swing around the middle
    return ((samples.astype(np.float64) - zero) / half).astype(np.float32)


_MPG123 = re.compile(rb"\[src/libmpg123|\s*$|Note: |Warning: |mpg123|.*: (error|warning): ")
_lock = threading.Lock()
_silence: _Silence | None = None


@dataclass(slots=True)
class _Silence:
    """Where descriptor 2 leads meanwhile, where it led before, and how many need it so."""

    captured: IO[bytes]
    stderr: int
    users: int = 0
    passed_on: int = 0


@contextmanager
def mpg123_silenced() -> Iterator[None]:
    """Keep libmpg123 from writing to stderr; everything else written there arrives."""
    if not _begin_silence():
        yield
        return
    try:
        yield
    finally:
        _end_silence()


def _begin_silence() -> bool:
    global _silence  # noqa: PLW0603 - a process has one descriptor 2
    with _lock:
        if _silence is None:
            try:
                captured = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
                _silence = _Silence(captured, os.dup(2))
            except OSError:
                return False  # stderr is closed, so that nobody hears it, or no file can be made
            os.dup2(captured.fileno(), 2)
        _silence.users += 1
        return True


def _end_silence() -> None:
    global _silence  # noqa: PLW0603
    with _lock:
        if _silence is None:
            return
        _silence.users -= 1
        if _silence.users == 0:
            os.dup2(_silence.stderr, 2)
        _silence.captured.seek(_silence.passed_on)
        lines = _silence.captured.read().splitlines(keepends=True)
        _silence.passed_on = _silence.captured.seek(0, os.SEEK_END)
        others = b"".join(line for line in lines if not _MPG123.match(line))
        if others:
            os.write(_silence.stderr, others)
        if _silence.users == 0:
            os.close(_silence.stderr)
            _silence.captured.close()
            _silence = None
