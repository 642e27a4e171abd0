"""Matching: what two spellings share, what parts two recordings, and who gets whom."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.music.matching import (
    Candidate,
    Evidence,
    TrackIndex,
    compare_traits,
    make_traits,
    pair_up,
    traits_of_name,
    traits_of_track,
)
from genrelab.music.tracks import Origin, Track

ORIGIN = Origin(source="test")
ISRC, OTHER_ISRC = "USRC17607839", "GBAYE0601498"


def a_track(name="a", **values):
    return Track(id=f"test-{name}", origin=ORIGIN, **values)


def evidence(known, heard):
    """Compare what a catalog says with what a file says, each (artists, title, seconds)."""
    (artists, title, seconds), (file_artists, file_title, file_seconds) = known, heard
    tags = {"artists": list(artists), "duration_ms": round(1000 * seconds)}
    track = a_track(artist=artists[0], title=title, tags=tags)
    heard_traits = make_traits(artists=file_artists, title=file_title, length_s=file_seconds)
    return compare_traits(traits_of_track(track), heard_traits)


SAME = [
    ((["Beyoncé"], "Halo", 261.0), (["beyonce"], "HALO", 259.2)),
    ((["A"], "Song - 2011 Remaster", 200), (["A"], "Song (Album Version)", 200)),
    ((["A", "B"], "Song (feat. B)", 200), (["A feat. B"], "Song", 200)),
    ((["A", "B"], "Song", 200), (["A"], "Song feat. B", 200)),
    ((["A", "B"], "Song - Live", 200), (["A & B"], "Song ft. B (Live)", 200)),
    ((["A"], "Song", 200), (["A", "B"], "Song", 200)),
    ((["A", "B", "C"], "Song", 200), (["A (feat. B) & C"], "Song", 200)),
    ((["Tyler, The Creator", "B"], "Song", 200), (["Tyler, The Creator feat. B"], "Song", 200)),
    ((["Earth, Wind & Fire"], "Me & You", 200), (["Earth, Wind and Fire"], "Me and You", 200)),
    ((["Florence + The Machine"], "Song", 200), (["Florence and the Machine"], "Song", 200)),
    ((["AC/DC"], "Song", 200), (["ACDC"], "Song", 200)),
    ((["The Beatles"], "Song", 200), (["Beatles"], "Song", 203)),
]


@pytest.mark.parametrize(("known", "heard"), SAME)
def test_spellings_of_one_recording_match(known, heard):
    assert evidence(known, heard) == "title"


DIFFERENT = [
    ((["A"], "Song", 200), (["A"], "Song (Live)", 200)),
    ((["A"], "Song - Radio Edit", 200), (["A"], "Song", 200)),
    ((["A"], "Song", 200), (["A"], "Song feat. B (Remix)", 200)),
    ((["A"], "Song", 200), (["A"], "Song Two", 200)),
    ((["A"], "Song", 200), (["B"], "Song", 200)),
    ((["A", "B"], "Song", 200), (["A", "C"], "Song", 200)),
    ((["A"], "Song", 200), (["A"], "Song", 203.01)),
    ((["A"], "Song", 0), (["A"], "Song", 200)),
    ((["A"], "Song", 200), (["A"], "Song", None)),
    ((["A"], "Intro", 200), (["A"], "Intro", 200)),
    ((["A"], "Song", 200), ([], "Song", 200)),
]


@pytest.mark.parametrize(("known", "heard"), DIFFERENT)
def test_other_recordings_do_not(known, heard):
    assert evidence(known, heard) is None


@pytest.mark.parametrize(
    ("isrc", "title", "length_s", "wanted"),
    [
        ("us-rc1-76-07839", "Song", 200, "isrc and title"),
        (ISRC, "Song", None, "isrc and title"),
        (ISRC, "Chanson", 200, "isrc"),
        (ISRC, "Song", 30, "isrc and title"),
        (ISRC, None, 30, "isrc"),
        (ISRC, "Chanson", 30, None),  # as where a whole album was tagged with one ISRC
        (OTHER_ISRC, "Song", 200, "title, another isrc"),
        (OTHER_ISRC, "Song", 30, None),
        ("unknown", "Song", 200, "title"),
    ],
)
def test_an_isrc_decides_where_both_have_it(isrc, title, length_s, wanted):
    known = make_traits(artists=["A"], title="Song", isrc=ISRC, length_s=200)
    heard = make_traits(artists=["A"], title=title, isrc=isrc, length_s=length_s)
    assert compare_traits(known, heard) == wanted


@pytest.mark.parametrize(
    "stem",
    [
        "A - Song",
        "01 - A - Song",
        "1. A - Song",
        "01 A - Song",
        "A_-_Song",
        "A - Song (LP Version)",
    ],
)
def test_names_of_files_tell_artist_and_title(stem):
    known = make_traits(artists=["A"], title="Song", length_s=200)
    assert "file name" in [compare_traits(known, one) for one in traits_of_name(stem, 201)]
    assert not any(compare_traits(known, one) for one in traits_of_name(stem, 210))
    assert not any(compare_traits(known, one) for one in traits_of_name(stem, None))


@pytest.mark.parametrize("stem", ["Song", "01 - Song", "01 Song", "A-Song", " - Song", "A - "])
def test_other_names_tell_nothing(stem):
    assert traits_of_name(stem, 200.0) == []


def test_lengths_may_stand_in_spotify_s_values_or_be_nonsense():
    assert traits_of_track(a_track(audio_features={"duration_ms": 1500})).length_s == 1.5
    for nonsense in ("x", -1, 0, 10**400, float("nan"), None):
        assert traits_of_track(a_track(tags={"duration_ms": nonsense})).length_s is None


def test_candidates_come_the_best_first():
    def known(name, seconds, isrc=None):
        tags = {"duration_ms": 1000 * seconds}
        return a_track(name, artist="A", title="Song", tags=tags, isrc=isrc)

    index = TrackIndex(
        [known("album", 201), known("single", 200), known("bestof", 201), known("far", 260),
         known("coded", 202, ISRC), known("reissued", 200, OTHER_ISRC)]
    )  # fmt: skip
    heard = make_traits(artists=["A"], title="Song", isrc=ISRC, length_s=200)
    found = [candidate.track_id.removeprefix("test-") for candidate in index.candidates(heard)]
    assert found == ["coded", "single", "album", "bestof", "reissued"]


def test_the_digest_is_that_of_what_can_match():
    tracks = [a_track("a", title="Song", artist="A"), a_track("b", title="Other")]
    digest = TrackIndex(tracks).digest
    assert TrackIndex(reversed(tracks)).digest == digest
    heard = a_track("a", title="Song", artist="A", audio_path="x", audio_digest="y", genre="Rock")
    assert TrackIndex([heard, tracks[1]]).digest == digest
    assert TrackIndex(tracks[:1]).digest != digest
    assert TrackIndex([tracks[0], a_track("b", title="Another")]).digest != digest


# Pairs.

EVIDENCE: tuple[Evidence, ...] = ("isrc", "title", "file name")
CANDIDATES = st.dictionaries(
    st.sampled_from("pqrstuv"),
    st.lists(
        st.builds(
            Candidate,
            track_id=st.sampled_from("abcdef"),
            evidence=st.sampled_from(EVIDENCE),
            apart_s=st.sampled_from([0.0, 0.5, 2.0]),
        ),
        max_size=5,
        unique_by=lambda candidate: candidate.track_id,
    ),
)


def test_a_stronger_match_takes_the_track_whatever_the_order():
    def fits(track_id, evidence):
        return Candidate(track_id=track_id, evidence=evidence, apart_s=0.0)

    candidates = {"a.mp3": [fits("x", "title")], "b.mp3": [fits("x", "isrc"), fits("y", "title")]}
    assert pair_up(candidates) == {"b.mp3": "x"}


@given(candidates=CANDIDATES, seed=st.integers(0, 99))
def test_pairs_are_candidates_one_to_one_and_none_is_left_that_both_would_take(candidates, seed):
    pairs = pair_up(candidates)
    assert len(set(pairs.values())) == len(pairs)
    for name, those in candidates.items():
        ids = [candidate.track_id for candidate in those]
        assert pairs.get(name) in (None, *ids)
        assert name in pairs or set(ids) <= set(pairs.values())
    names = list(candidates)
    random.Random(seed).shuffle(names)
    assert pair_up({name: candidates[name][::-1] for name in names}) == pairs


@given(candidates=CANDIDATES, made=st.sets(st.sampled_from("pqrstuv")))
def test_pairs_that_are_made_leave_the_others_as_they_are(candidates, made):
    pairs = pair_up(candidates)
    taken = {pairs[name] for name in made & pairs.keys()}
    rest = {
        name: [candidate for candidate in those if candidate.track_id not in taken]
        for name, those in candidates.items()
        if name not in made or name not in pairs
    }
    assert pair_up(rest) == {name: track for name, track in pairs.items() if name not in made}


@given(artist=st.text(), title=st.text(), isrc=st.text(), length_s=st.floats())
def test_any_text_makes_traits_that_match_themselves(artist, title, isrc, length_s):
    traits = make_traits(artists=[artist], title=title, isrc=isrc, length_s=length_s)
    known = bool(traits.title and traits.length_s and traits.artist)
    assert known <= (compare_traits(traits, traits) in {"title", "isrc and title"})
    for guess in traits_of_name(title, length_s):
        assert guess.title and guess.from_name
