"""Audio: any file, rate and number of channels becomes the same mono samples."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.analyzer.sounds import FFMPEG_CODECS, SNDFILE_FORMATS, tone, write_sound

from genrelab.analyzer import audio, decoding
from genrelab.analyzer.audio import SAMPLE_RATE, read_recording, recording_from_samples
from genrelab.errors import DataError

RATES = (8_000, 16_000, 22_050, 44_100, 48_000, 96_000)
EVERY_KIND = (*SNDFILE_FORMATS, *FFMPEG_CODECS)


def strongest_hz(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return spectrum.argmax() * SAMPLE_RATE / len(samples)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_format_is_read(kind, tmp_path, capfd):
    rate = 48_000 if kind in ("opus", "webm") else 44_100
    path = write_sound(tmp_path / f"a.{kind}", tone(2.0, rate, channels=2), rate, kind)
    recording = read_recording(path)
    assert (recording.sample_rate, recording.channels) == (rate, 2)
    assert recording.samples.dtype == np.float32 and recording.remarks == ()
    # Lossy codecs may put some 2,000 samples of silence before or behind.
    assert abs(recording.duration - 2.0) < 0.1
    middle = recording.samples[SAMPLE_RATE // 2 : -SAMPLE_RATE // 2]
    assert abs(strongest_hz(middle) - 440) < 2
    assert abs(np.sqrt(2 * np.mean(middle**2)) - 0.5) < 0.02
    library = "FFmpeg" if kind in (*FFMPEG_CODECS, "opus") else "libsndfile"
    assert recording.input_process == f"{library} L+R {rate}->22050"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("rate", RATES)
def test_rate_and_channels_make_no_difference(rate, channels, tmp_path):
    path = write_sound(tmp_path / "a.wav", tone(1.0, rate, channels=channels), rate, "float.wav")
    recording = read_recording(path)
    assert len(recording.samples) == SAMPLE_RATE
    truth = tone(1.0, SAMPLE_RATE)[:, 0]
    # The ends ring, since a recording begins and stops at once.
    assert np.abs(recording.samples - truth)[500:-500].max() < 1e-4


def test_channels_are_mixed_to_their_mean():
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.1, (70_000, 6)).astype(np.float32)
    recording = recording_from_samples(samples, SAMPLE_RATE)
    assert np.allclose(recording.samples, samples.mean(axis=1), atol=1e-7)
    assert recording.input_process == "array mean of 6 22050->22050"


def test_a_file_at_the_analyzers_rate_is_left_as_it_is(tmp_path):
    samples = np.random.default_rng(0).uniform(-1, 1, (3_000, 1)).astype(np.float32)
    path = write_sound(tmp_path / "a.wav", samples, SAMPLE_RATE, "float.wav")
    assert np.array_equal(read_recording(path).samples, samples[:, 0])


@pytest.mark.parametrize("n", [1, 2, 3, 5, 100, 4_411, 65_536, 65_537, 200_001])
@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_the_length_is_exact(n, rate):
    recording = recording_from_samples(np.full(n, 0.1), rate)
    assert len(recording.samples) == max(1, int(n * SAMPLE_RATE / rate + 0.5))
    assert np.isfinite(recording.samples).all()


@pytest.mark.parametrize("rate", [22_050, 44_100, 96_000])
@pytest.mark.parametrize("block", [999, 65_536, 1_000_000])
def test_blocks_make_no_difference(rate, block, monkeypatch):
    samples = np.random.default_rng(0).normal(0, 0.1, (150_001, 3))
    whole = recording_from_samples(samples, rate)
    monkeypatch.setattr(audio, "BLOCK_LENGTH", block)
    again = recording_from_samples(samples, rate)
    assert np.array_equal(again.samples, whole.samples) and again.md5 == whole.md5


def test_what_lies_above_half_the_rate_does_not_come_back_mirrored():
    for hz in (11_500, 13_000, 20_000):
        heard = recording_from_samples(tone(1.0, 44_100, hz=hz), 44_100).samples[1000:-1000]
        assert np.abs(heard).max() < 10 ** (-100 / 20)


def test_nothing_is_shifted():
    click = np.zeros(44_100, np.float32)
    click[20_000] = 1
    assert recording_from_samples(click, 44_100).samples.argmax() == 10_000


def test_md5_is_that_of_16_bit_samples():
    samples = np.array([0, 0.5, -0.5, 1, -1, 3, -3, 1e-9], np.float32)
    sixteen = np.array([0, 16384, -16384, 32767, -32768, 32767, -32768, 0], "<i2")
    recording = recording_from_samples(samples, SAMPLE_RATE)
    assert recording.md5 == hashlib.md5(sixteen.tobytes()).hexdigest()


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4", "f8"])
def test_integers_are_scaled(dtype):
    values = {"u1": [0, 128, 192], "i2": [-32768, 0, 16384], "i4": [-(2**31), 0, 2**30]}
    samples = np.array(values.get(dtype, [-1, 0, 0.5]), dtype)
    assert recording_from_samples(samples, SAMPLE_RATE).samples.tolist() == [-1, 0, 0.5]


def test_what_is_no_number_becomes_silence(tmp_path):
    samples = tone(1.0, SAMPLE_RATE, channels=2)
    samples[100, 0], samples[200], samples[300, 1] = np.nan, np.inf, -np.inf
    path = write_sound(tmp_path / "a.wav", samples, SAMPLE_RATE, "float.wav")
    recording = read_recording(path)
    assert recording.samples[200] == 0
    assert recording.samples[100] == samples[100, 1] / 2
    (remark,) = recording.remarks
    assert remark.startswith("4 values that are no numbers")
    assert np.allclose(np.delete(recording.samples, [100, 200, 300]),
                       np.delete(samples[:, 1], [100, 200, 300]))  # fmt: skip


def test_values_of_any_size_stay_finite():
    for value in (1e5, 3e38, 1e300, -1e300):
        recording = recording_from_samples(np.full((50_000, 2), value), 44_100)
        assert np.isfinite(recording.samples).all() and recording.remarks
    loud = recording_from_samples(np.full(50_000, 200.0), SAMPLE_RATE)
    assert loud.remarks == () and loud.samples.max() == 200


def damaged_mp3(path: Path) -> Path:
    """An MP3 of ten seconds with a wrong byte in every frame or so behind the first second."""
    whole = bytearray(write_sound(path, tone(10.0, 44_100, channels=2), 44_100).read_bytes())
    rng = np.random.default_rng(0)
    for place in range(len(whole) // 10, len(whole), 997):
        whole[place] = rng.integers(256)
    path.write_bytes(whole)
    return path


def test_of_a_truncated_mp3_what_can_be_decoded_counts(tmp_path, capfd):
    path = write_sound(tmp_path / "a.mp3", tone(10.0, 44_100), 44_100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    recording = read_recording(path)
    assert 4 < recording.duration < 6
    assert "of 10.0 s announced" in recording.remarks[-1]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["wav", "float.wav", "ogg"])
def test_a_file_that_was_cut_off_is_noted(kind, tmp_path):
    samples = np.random.default_rng(0).uniform(-0.1, 0.1, (441_000, 1)).astype(np.float32)
    path = write_sound(tmp_path / f"a.{kind}", samples, 44_100, kind)
    assert read_recording(path).remarks == ()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    recording = read_recording(path)
    assert recording.duration == pytest.approx(10 / 3, rel=0.25)
    expected = "cut off" if kind == "ogg" else "3.3 s were decoded of 10.0 s announced"
    assert expected in recording.remarks[-1]


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFF000])
def test_a_wav_of_unknown_length_announces_nothing(length, tmp_path):
    path = write_sound(tmp_path / "a.wav", tone(1.0, 8_000), 8_000)
    content = path.read_bytes()
    place = content.index(b"data") + 4
    path.write_bytes(content[:place] + length.to_bytes(4, "little") + content[place + 4 :])
    recording = read_recording(path)
    assert recording.duration == pytest.approx(1.0) and recording.remarks == ()


def test_an_m4a_without_its_end_may_be_cut_off(tmp_path):
    path = write_sound(tmp_path / "a.m4a", tone(5.0, 44_100), 44_100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match="may be cut off"):
        read_recording(path)


def test_a_guessed_length_is_not_judged(tmp_path):
    quiet = np.random.default_rng(0).normal(0, 0.2, (44_100 * 5, 1)).astype(np.float32)
    samples = np.concatenate([quiet * 0, quiet, quiet * 0])  # whose bit rate changes
    path = write_sound(tmp_path / "a.aac", samples, 44_100)
    recording = read_recording(path)
    assert recording.duration == pytest.approx(15, abs=0.1) and recording.remarks == ()


def test_a_damaged_mp3_is_read_past_the_damage_and_in_silence(tmp_path, capfd):
    recording = read_recording(damaged_mp3(tmp_path / "a.mp3"))
    assert recording.duration > 5 and recording.remarks
    assert capfd.readouterr() == ("", "")


def test_what_others_write_to_stderr_meanwhile_arrives(capfd):
    with decoding.mpg123_silenced():
        with decoding.mpg123_silenced():
            os.write(2, b"[src/libmpg123/layer3.c:1] error: x\nfrom a thread\n")
        os.write(2, b"Note: Illegal Audio-MPEG-Header 0xfff60000 at offset 269339.\nlast\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "from a thread\nlast\nafter\n"


def test_threads_may_read_at_the_same_time(tmp_path, capfd):
    path = damaged_mp3(tmp_path / "a.mp3")
    heard = []
    threads = [
        threading.Thread(target=lambda: heard.append(read_recording(path).md5)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 4 and len(set(heard)) == 1
    sys.stderr.write("heard\n")
    assert capfd.readouterr().err == "heard\n"


def no_file(path: Path) -> None:
    """Leave nothing there."""


BAD = {
    "missing": (no_file, "no such file"),
    "folder": (Path.mkdir, "a folder"),
    "zero bytes": (Path.touch, "empty (0 bytes)"),
    "text": (lambda p: p.write_text("this is no music\n" * 500), "not a sound file"),
    "playlist": (lambda p: p.write_text("ffconcat version 1.0\nfile b.wav\n"), "not a sound file"),
    "noise": (lambda p: p.write_bytes(bytes(100_000)), "nothing in it can be decoded"),
    "no samples": (lambda p: soundfile.write(p, np.zeros((0, 1)), 44_100, format="WAV"), "samples"),
    "strange rate": (lambda p: soundfile.write(p, np.zeros(9), 7, format="WAV"), "rate is 7 Hz"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_sound_is_one_sentence(name, tmp_path, capfd):
    make, expected = BAD[name]
    write_sound(tmp_path / "b.wav", tone(0.1, 8_000), 8_000)
    path = tmp_path / "a.mp3"
    make(path)
    with pytest.raises(DataError) as raised:
        read_recording(path)
    sentence = str(raised.value)
    assert sentence.startswith(f"{path}: ") and expected in sentence and "\n" not in sentence
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read(tmp_path):
    path = write_sound(tmp_path / "a.wav", tone(0.1, 8_000), 8_000)
    path.chmod(0)
    with pytest.raises(DataError, match="Permission denied"):
        read_recording(path)


def test_names_are_taken_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.raw", "ohne Endung", "pipe:0", "http:x.m4a", "Ölsände 100%.ogg", "日本.wav"):
        kind = "m4a" if name.endswith("m4a") else "wav"
        write_sound(tmp_path / "x.m4a", tone(0.2, 44_100), 44_100, kind).rename(tmp_path / name)
        assert read_recording(name).duration >= 0.2


def test_a_video_without_sound(tmp_path):
    import av

    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(DataError, match="no audio in it, but video"):
        read_recording(path)


@pytest.mark.parametrize(
    "samples",
    [np.zeros((2, 3, 4)), np.zeros((2, 5_000)), np.array(["a"]), np.zeros(3, complex), np.zeros(0)],
)
def test_arrays_of_another_shape_are_refused(samples):
    with pytest.raises(DataError, match=r"expected real numbers|no samples"):
        recording_from_samples(samples, 44_100)
    with pytest.raises(DataError, match="sample_rate is 10"):
        recording_from_samples(np.zeros(9), 10)
