"""Sounds: files that the analyzer's tests read, written by libsndfile and FFmpeg."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soundfile

BLOCK = 4096  # a long Vorbis file written in one call crashes libsndfile

SNDFILE_FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "float.wav": ("WAV", "FLOAT"),
    "double.wav": ("WAV", "DOUBLE"),
    "u8.wav": ("WAV", "PCM_U8"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "aiff": ("AIFF", "PCM_24"),
    "au": ("AU", "PCM_16"),
}
FFMPEG_CODECS = {"m4a": "aac", "aac": "aac", "wma": "wmav2", "webm": "libopus", "mka": "flac"}


def tone(seconds: float, sample_rate: int, *, hz: float = 440.0, channels: int = 1) -> npt.NDArray:
    """A sine at half of full scale, [n, channels]."""
    mono = 0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * sample_rate)) / sample_rate)
    return np.repeat(mono[:, None], channels, axis=1).astype(np.float32)


def write_sound(path: Path, samples: npt.NDArray, sample_rate: int, kind: str = "") -> Path:
    """Write samples [n, channels] in the format that ``kind``, or the path's ending, names."""
    kind = kind or path.suffix[1:]
    if kind in FFMPEG_CODECS:
        return _write_with_ffmpeg(path, samples, sample_rate, FFMPEG_CODECS[kind])
    container, subtype = SNDFILE_FORMATS[kind]
    with soundfile.SoundFile(
        path, "w", sample_rate, samples.shape[1], format=container, subtype=subtype
    ) as file:
        for start in range(0, len(samples), BLOCK):
            file.write(samples[start : start + BLOCK])
    return path


def _write_with_ffmpeg(path: Path, samples: npt.NDArray, sample_rate: int, codec: str) -> Path:
    layouts = {1: "mono", 2: "stereo", 6: "5.1"}
    layout = layouts[samples.shape[1]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=sample_rate, layout=layout)
        stream.bit_rate = 128_000
        form = stream.codec_context.format.name if codec != "flac" else "s16"
        planar = np.ascontiguousarray(samples.T.astype(np.float32))
        resampler = av.AudioResampler(format=form, layout=layout, rate=sample_rate)
        fifo = av.AudioFifo()
        frame = av.AudioFrame.from_ndarray(planar, format="fltp", layout=layout)
        frame.sample_rate = sample_rate
        for part in resampler.resample(frame):
            fifo.write(part)
        size = stream.codec_context.frame_size or 1024
        while (part := fifo.read(size)) or (part := fifo.read(0, partial=True)):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path
