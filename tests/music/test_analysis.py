"""Analyses: what is written is read again, and what does not fit is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.errors import DataError
from genrelab.music.analysis import Analysis, Interval, TrackLevel
from genrelab.music.segments import SEGMENT_FIELDS, Segments, derive_durations

SEGMENT = (
    b'{"start": 0, "duration": 1, "pitches": [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], '
    b'"timbre": [50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}'
)


def _segments(loudness_end: list[float]) -> Segments:
    n = len(loudness_end)
    rng = np.random.default_rng(n)
    return Segments(
        start=np.arange(n, dtype=float),
        duration=np.ones(n),
        confidence=rng.random(n).round(3),
        loudness_start=rng.normal(-20, 5, n).round(3),
        loudness_max=rng.normal(-10, 5, n).round(3),
        loudness_max_time=rng.random(n).round(5),
        loudness_end=np.array(loudness_end),
        pitches=rng.random((n, 12)).round(3),
        timbre=rng.normal(0, 50, (n, 12)).round(3),
    )


@given(st.lists(st.sampled_from([np.nan, -3.5, 0.0]), min_size=1, max_size=9))
def test_what_is_written_is_read_again(loudness_end: list[float]) -> None:
    analysis = Analysis(
        analyzer="4.0.0",
        dialect="spotify",
        segments=_segments(loudness_end),
        track=TrackLevel(duration=9.0, key=3),
        beats=[Interval(start=0.5, duration=0.5, confidence=1.0)],
        meta={"platform": "Linux"},
    )
    again = Analysis.from_json(analysis.to_json())
    for name in SEGMENT_FIELDS:
        written, read = getattr(analysis.segments, name), getattr(again.segments, name)
        np.testing.assert_array_equal(read, written, name)
    assert again.track == analysis.track
    assert list(again.beats) == list(analysis.beats)
    assert (again.analyzer, again.dialect) == ("4.0.0", "spotify")


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (SEGMENT.replace(b"[50", b"[NaN"), r"segments\[0\].timbre\[0\]: .*got NaN"),
        (SEGMENT.replace(b", 11]", b"]"), r"segments\[0\].timbre: .*length 12"),
        (SEGMENT.replace(b'"duration": 1', b'"duration": -1'), r"segments\[0\].duration is -1"),
        (
            SEGMENT.replace(b"[1, 0", b"[1.5, 0"),
            r"segments\[0\].pitches is .*12 values in \[0, 1\]",
        ),
        (SEGMENT[:-9], "is not JSON"),
    ],
)
def test_what_does_not_fit_is_named(raw: bytes, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        Analysis.from_json(b'{"segments": [' + raw + b"]}")


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b'{"track": {"duration": -2}}', r"track\.duration is -2.*; expected 0 or more seconds"),
        *(
            (
                b'{"%s": [{"start": 0, "duration": 1, "confidence": 1}, '
                b'{"start": 1, "duration": -0.5, "confidence": 1}]}' % name.encode(),
                rf"^{name}\[1\]\.duration is -0.5; expected 0 or more seconds$",
            )
            for name in ("bars", "beats", "tatums", "sections")
        ),
    ],
)
def test_nothing_lasts_less_than_nothing(raw: bytes, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        Analysis.from_json(raw)


def test_who_made_it_tells_the_dialect() -> None:
    def dialect(meta: bytes) -> str:
        return Analysis.from_json(
            b'{"meta": ' + meta + b', "segments": [' + SEGMENT + b"]}"
        ).dialect

    assert dialect(b'{"analyzer_version": "4.0.0"}') == "spotify"
    assert dialect(b'{"analyzer_version": "3.2.2"}') == "echonest"
    assert dialect(b'{"dialect": "msd"}') == "msd"
    assert dialect(b"{}") == "unknown"


def test_missing_durations_last_until_the_next_segment() -> None:
    start = np.array([0.0, 0.5, 2.0])
    assert derive_durations(start, 3.0).tolist() == [0.5, 1.5, 1.0]
    assert derive_durations(start, None).tolist() == [0.5, 1.5, 0.0]
    assert derive_durations(start, 1.0).tolist() == [0.5, 1.5, 0.0]


FINGERPRINTS = ("codestring", "echoprintstring", "synchstring", "rhythmstring")
VERSIONS = ("code_version", "echoprint_version", "synch_version", "rhythm_version")


def test_spotify_s_own_file_is_written_as_it_was(data_dir: Path) -> None:
    raw = (data_dir / "spotify_json" / "audio_analysis_2.json").read_bytes()
    theirs = json.loads(raw)
    ours = json.loads(Analysis.from_json(raw).to_json())
    assert ours["meta"].pop("dialect") == "spotify"
    for name in (*FINGERPRINTS, *VERSIONS):
        del theirs["track"][name]
    assert ours == theirs
    assert list(ours) == list(theirs)
    for part in ("meta", "track"):
        assert list(ours[part]) == list(theirs[part])
    for part in ("bars", "beats", "sections", "segments", "tatums"):
        assert [list(row) for row in ours[part]] == [list(row) for row in theirs[part]]
