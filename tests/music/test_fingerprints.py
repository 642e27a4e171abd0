"""Fingerprints: the same recording is found whatever was done to it, others are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.music.dialects import convert_segments
from genrelab.music.fingerprint_matches import (
    SAME_RECORDING,
    Match,
    match_fingerprints,
    sound_different,
)
from genrelab.music.fingerprints import (
    FRAME_S,
    HOPS_A_QUESTION,
    N_DOUBTFUL,
    QUIET,
    Fingerprint,
    agreement,
    take_fingerprint,
)
from genrelab.music.segments import SEGMENT_FIELDS, Segments

MakeSegments = Callable[..., Segments]


def rows(segments: Segments, kept: np.ndarray | slice, earlier_s: float = 0.0) -> Segments:
    """Keep some segments, earlier by so many seconds."""
    values = {name: getattr(segments, name)[kept] for name in SEGMENT_FIELDS}
    return Segments(**{**values, "start": values["start"] - earlier_s})


def _later(segments: Segments) -> Segments:
    return rows(segments, slice(1, None), segments.start[1] - 0.06)


def _noisy(segments: Segments) -> Segments:
    rng = np.random.default_rng(7)
    noise = rng.normal(0, 10, segments.timbre.shape) * ([0.25] + [1.0] * 11)
    pitches = np.clip(segments.pitches + rng.normal(0, 0.1, segments.pitches.shape), 0, 1)
    return replace(segments, timbre=segments.timbre + noise, pitches=pitches)


def _merged(segments: Segments) -> Segments:
    """Miss every seventh boundary: the segment before lasts on."""
    kept = np.arange(len(segments)) % 7 != 6
    duration = np.diff(segments.start[kept], append=segments.start[-1] + 0.25)
    return replace(rows(segments, kept), duration=duration)


CHANGES: dict[str, Callable[[Segments], Segments]] = {
    "rounded": lambda s: replace(s, timbre=s.timbre.round(), pitches=s.pitches.round(1)),
    "louder": lambda s: replace(s, timbre=s.timbre + np.eye(12)[0] * 6),
    "in another dialect": lambda s: convert_segments(s, "spotify", "msd"),
    "later": _later,
    "faster": lambda s: replace(s, start=s.start / 1.005, duration=s.duration / 1.005),
    "the middle half": lambda s: rows(s, slice(len(s) // 4, 3 * len(s) // 4), s.start[len(s) // 4]),
    "cut elsewhere": _merged,
    "noisy": _noisy,
}


def _song(segments: Segments) -> Segments:
    """Let chords and sounds last two seconds and loudness vary by 5 dB, as in music."""
    longer = np.repeat(np.arange(0, len(segments), 8), 8)[: len(segments)]
    return replace(
        segments,
        pitches=0.8 * segments.pitches[longer] + 0.2 * segments.pitches,
        timbre=(segments.timbre[longer] + 0.3 * segments.timbre) * ([0.25] + [1.0] * 11),
    )


@pytest.fixture(scope="module")
def songs(make_segments: MakeSegments) -> list[Segments]:
    return [_song(make_segments(200 + 8 * i, seed=i)) for i in range(6)]


def _pairs(fingerprints: Sequence[Fingerprint]) -> list[tuple[int, int]]:
    return [(match.first, match.second) for match in match_fingerprints(fingerprints)]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_recording_is_found_and_no_other(songs: list[Segments], change: str) -> None:
    copies = [CHANGES[change](song) for song in songs]
    prints = [take_fingerprint(segments) for segments in [*songs, *copies]]
    assert _pairs(prints) == [(i, i + len(songs)) for i in range(len(songs))]


def test_a_part_tells_where_it_comes_from(songs: list[Segments]) -> None:
    part = rows(songs[0], slice(60, 140), songs[0].start[60])
    [match] = match_fingerprints([take_fingerprint(part), take_fingerprint(songs[0])])
    assert match.offset_s == pytest.approx(15.0, abs=1.5)
    assert match.agreement == pytest.approx(1.0, abs=0.05)


def test_an_overlap_of_less_than_half_does_not_count(songs: list[Segments]) -> None:
    n = len(songs[0])
    parts = [rows(songs[0], slice(0, 9 * n // 16)), rows(songs[0], slice(7 * n // 16, n), 0.0)]
    parts[1] = rows(parts[1], slice(None), parts[1].start[0])
    assert _pairs([take_fingerprint(part) for part in parts]) == []


def test_all_of_many_copies_are_joined(make_segments: MakeSegments) -> None:
    copies = [take_fingerprint(make_segments(100, seed=1))] * 60
    joined = {0}
    for first, second in _pairs(copies):
        if first in joined or second in joined:
            joined |= {first, second}
    assert joined == set(range(60))


def test_the_order_does_not_matter(songs: list[Segments]) -> None:
    prints = [take_fingerprint(s) for s in [*songs, *map(_noisy, songs)]]
    last = len(prints) - 1
    turned = sorted((last - b, last - a) for a, b in _pairs(prints[::-1]))
    assert turned == _pairs(prints)


def test_agreement_is_1_for_the_same_and_about_0_for_others(songs: list[Segments]) -> None:
    one, other = (take_fingerprint(song) for song in songs[:2])
    assert agreement(one, one, 0) == pytest.approx(1.0, abs=1e-5)
    assert abs(agreement(one, other, 0)) < 0.3 < SAME_RECORDING
    assert agreement(one, one, len(one.frames) - 10) == 0.0, "too little is shared"
    assert agreement(one, one, 2 * len(one.frames)) == 0.0, "nothing is shared"


def test_what_sounds_different_is_told_unless_it_is_short(
    songs: list[Segments], make_segments: MakeSegments
) -> None:
    one, other, later = (take_fingerprint(s) for s in (*songs[:2], _later(_noisy(songs[0]))))
    short = [take_fingerprint(make_segments(56, seed=i)) for i in range(2)]
    assert sound_different(one, other, within_s=3.0)
    assert not sound_different(one, later, within_s=3.0)
    assert not sound_different(*short, within_s=3.0)


def test_silence_matches_nothing(make_segments: MakeSegments) -> None:
    even = make_segments(200)
    even = replace(even, timbre=np.full((200, 12), -60.0), pitches=np.ones((200, 12)))
    assert match_fingerprints([take_fingerprint(even)] * 3) == []


def test_quiet_stretches_have_no_codes(make_segments: MakeSegments) -> None:
    segments = make_segments(160)
    timbre = np.zeros((160, 12))
    timbre[80:, 0] = -40.0
    codes = take_fingerprint(replace(segments, timbre=timbre)).codes
    assert (codes[:60] != QUIET).all() and (codes[80:] == QUIET).all()


def test_nothing_matches_nothing(make_segments: MakeSegments) -> None:
    assert match_fingerprints([]) == []
    assert match_fingerprints([take_fingerprint(make_segments(0))] * 2) == []


@given(
    st.lists(st.floats(0.01, 9.0), max_size=40),
    st.integers(0, 2**32 - 1),
    st.floats(-1e6, 1e6),
)
def test_any_analysis_has_a_fingerprint(durations: list[float], seed: int, shift: float) -> None:
    n, rng = len(durations), np.random.default_rng(seed)
    start = np.cumsum(durations) - durations
    values = {name: np.zeros(n) for name in SEGMENT_FIELDS}
    values |= {"start": start, "duration": np.array(durations)}
    values |= {"pitches": rng.random((n, 12)), "timbre": rng.normal(shift, 50, (n, 12))}
    taken = take_fingerprint(Segments(**values))
    n_codes = len(taken.codes)
    assert taken.codes.dtype == np.uint32 and taken.frames.dtype == np.int8
    assert taken.doubtful.shape == (-(-n_codes // HOPS_A_QUESTION), N_DOUBTFUL)
    assert taken.frames.shape == (len(taken.frames), 24)
    assert len(taken.frames) * FRAME_S <= sum(durations)
    assert all(isinstance(match, Match) for match in match_fingerprints([taken, taken]))
