"""Duplicates: what says that two tracks are the same recording, and which one is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.analyzer.fitting.pairs import load_pairs
from genrelab.analyzer.pipeline import analyze_samples
from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.errors import DataError
from genrelab.music.corpus import Corpus
from genrelab.music.duplicates import (
    DuplicateGroup,
    Duplicates,
    Link,
    find_duplicates,
    join_duplicates,
    recording_keys,
    sound_links,
)
from genrelab.music.fingerprints import take_fingerprint
from genrelab.music.segments import SEGMENT_FIELDS, Segments
from genrelab.music.tracks import Origin, Track
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.collecting import collect

MakeCorpus = Callable[..., Corpus]
MakeSegments = Callable[..., Segments]
ORIGIN = Origin(source="test")


def _song(name: str, segments: Segments | None = None, **fields: Any) -> dict[str, Any]:
    return {"id": f"test-{name}", "genre": "Rock", "segments": segments, **fields}


def _found(corpus: Corpus) -> dict[tuple[str, ...], tuple[str, ...]]:
    """The evidence of each group, by the names of its tracks."""
    groups = find_duplicates(corpus).groups
    return {tuple(i.removeprefix("test-") for i in g.track_ids): g.evidence for g in groups}


def test_each_evidence_is_found_and_named(
    make_corpus: MakeCorpus, make_segments: MakeSegments
) -> None:
    def heard(seed: int, n: int = 100) -> Segments:
        return make_segments(n, seed=seed)

    title = {"artist": "The Who", "title": "My Generation"}
    corpus = make_corpus(
        [
            _song("a1", audio_digest="ab12"),
            _song("a2", audio_digest="ab12"),
            _song("b1", isrc="US-RC1-76-07839"),
            _song("b2", isrc="usrc17607839"),
            _song("c1", heard(1), **title),
            _song("c2", replace(heard(1), timbre=heard(1).timbre + heard(99).timbre), **title),
            _song("d1", heard(2), artist="One"),
            _song("d2", replace(heard(2), timbre=heard(2).timbre.round()), artist="Other"),
            _song("e1", heard(3), artist="One", title="Else"),
            _song("e2", heard(4), artist="One", title="Else"),
            _song("f1", artist="One", title="Unheard"),
            _song("f2", artist="One", title="Unheard"),
            _song("g1", heard(5), artist="One", title="Longer"),
            _song("g2", heard(6, 120), artist="One", title="Longer"),
            _song("h1", isrc="0000", audio_digest=None),
            _song("h2", isrc="0000", audio_digest=None),
        ]
    )
    found = _found(corpus)
    assert found.pop(("c1", "c2"))[-1] == "title"
    assert found == {("a1", "a2"): ("digest",), ("b1", "b2"): ("isrc",), ("d1", "d2"): ("sound",)}


def test_short_analyses_are_the_same_by_artist_title_and_length(
    make_corpus: MakeCorpus, make_segments: MakeSegments
) -> None:
    def song(name: str, n: int, artist: str, title: str) -> dict[str, Any]:
        return _song(name, make_segments(n, seed=n), artist=artist, title=title)

    corpus = make_corpus(
        [
            song("a", 40, "The Beatles", "Help! (2009 Digital Remaster)"),
            song("b", 45, "beatles", "HELP"),
            song("c", 20, "Beatles", "Help!"),
            song("d", 41, "Beatles", "Help! (Live)"),
            song("e", 42, "Somebody", "Help!"),
            song("f", 43, "Beatles", "Intro"),
            song("g", 44, "Beatles", "Intro"),
        ]
    )
    assert _found(corpus) == {("a", "b"): ("title",)}


def test_what_is_the_same_through_a_third_is_the_same(
    make_corpus: MakeCorpus, make_segments: MakeSegments
) -> None:
    heard = make_segments(100, seed=1)
    corpus = make_corpus(
        [
            _song("a", isrc="GBAYE0601498"),
            _song("b", heard, isrc="GBAYE0601498", audio_digest="1"),
            _song("c", heard),
            _song("d", audio_digest="1"),
        ]
    )
    assert _found(corpus) == {("a", "b", "c", "d"): ("digest", "isrc", "sound")}


def test_one_is_kept_and_two_genres_are_ambiguous(
    make_corpus: MakeCorpus, make_segments: MakeSegments
) -> None:
    short, long = make_segments(100, seed=1), make_segments(120, seed=1)
    same = {"isrc": "GBAYE0601498"}
    songs = [
        _song("a", long, genre=None, **same),
        _song("b", None, **same),
        _song("c", short, **same),
        _song("d", long, **same),
        _song("e", long, **same),
    ]
    kept = {n: find_duplicates(make_corpus(songs[:n], f"{n}.corpus")).groups[0] for n in (2, 3, 5)}
    assert {n: group.kept for n, group in kept.items()} == {2: "test-b", 3: "test-c", 5: "test-d"}
    assert kept[5].genres == ("Rock",) and not kept[5].is_ambiguous
    other = make_corpus([*songs, _song("f", genre="Pop", **same)], "other.corpus")
    [group] = find_duplicates(other).groups
    assert group.genres == ("Pop", "Rock") and group.is_ambiguous


def test_a_mix_and_a_song_in_it_are_two(make_segments: MakeSegments) -> None:
    mix = make_segments(4000, seed=1)
    song = Segments(**{name: getattr(mix, name)[:400] for name in SEGMENT_FIELDS})
    prints = {"mix": take_fingerprint(mix), "song": take_fingerprint(song)}
    assert list(sound_links(prints, {"mix": 1000.0, "song": 100.0})) == []
    assert len(list(sound_links(prints, {"mix": 800.0, "song": 100.0}))) == 1
    copies = {"mix": prints["mix"], "copy": prints["mix"]}
    assert len(list(sound_links(copies, {"mix": 1000.0, "copy": 1001.0}))) == 1


def test_the_order_of_storing_does_not_matter(
    make_corpus: MakeCorpus, make_segments: MakeSegments
) -> None:
    songs = [
        _song(f"{name}{i}", make_segments(100 + 10 * k, seed=i), title=f"Title {i}", artist="A")
        for i in range(5)
        for k, name in enumerate("xyz")
    ]
    found = find_duplicates(make_corpus(songs))
    assert found == find_duplicates(make_corpus(songs[::-1], "turned.corpus"))
    assert [len(group.track_ids) for group in found.groups] == [3] * 5
    assert all(group.kept.startswith("test-z") for group in found.groups), "the longest"


def test_an_answer_is_remembered_until_the_corpus_changes(
    tmp_path: Path, write_corpus: Callable[..., Path]
) -> None:
    path = write_corpus(tmp_path / "a.corpus", [_song("a", isrc="GBAYE0601498")])
    with Corpus(path) as corpus:
        found = find_duplicates(corpus)
        assert found == Duplicates(groups=()) and find_duplicates(corpus) is found
        write_corpus(path, [_song("b", isrc="GBAYE0601498")])
        assert _found(corpus) == {("a", "b"): ("isrc",)}


def test_a_group_checks_itself() -> None:
    for ids, kept in ((("a",), "a"), (("a", "b"), "c"), ((), "")):
        with pytest.raises(DataError, match="expected two ids or more, and one of them"):
            DuplicateGroup(track_ids=ids, evidence=("isrc",), genres=(), kept=kept)


def test_only_a_whole_isrc_is_a_key() -> None:
    def keys(**fields: str) -> tuple[str, ...]:
        return recording_keys(Track(id="test-a", origin=ORIGIN, **fields))

    assert keys(isrc="us-rc1-76-07839", audio_digest="ab") == ("digest ab", "isrc USRC17607839")
    assert keys(isrc="") == keys(isrc="N/A") == keys(isrc="USRC1760783") == keys() == ()


NAMES = st.sampled_from([f"test-{letter}" for letter in "abcdefgh"])
LINKS = st.lists(
    st.tuples(NAMES, NAMES, st.sampled_from(["digest", "isrc", "sound", "title"])).filter(
        lambda link: link[0] != link[1]
    )
)


@given(LINKS, st.lists(st.sampled_from(["Rock", "Pop", None]), min_size=8, max_size=8), st.data())
def test_groups_part_the_tracks(
    links: list[tuple[str, str, Any]], genres: list[str | None], data: st.DataObject
) -> None:
    tracks = [
        Track(id=f"test-{letter}", origin=ORIGIN, genre=genre)
        for letter, genre in zip("abcdefgh", genres, strict=True)
    ]
    made = [Link(first=a, second=b, evidence=evidence) for a, b, evidence in links]
    found = join_duplicates(tracks, made, {"test-a": 10.0, "test-b": 20.0})
    ids = [i for group in found.groups for i in group.track_ids]
    assert len(ids) == len(set(ids)), "a track stands in two groups"
    assert set(ids) == {i for a, b, _ in links for i in (a, b)}
    for link in made:
        group = found.group_of[link.first]
        assert group is not None and link.second in group.track_ids
        assert link.evidence in group.evidence
    known = {track.id: track.genre for track in tracks}
    for group in found.groups:
        assert group.kept in group.track_ids
        assert set(group.genres) == {known[i] for i in group.track_ids} - {None}
        assert known[group.kept] is not None or not group.genres
    turned = [
        replace(link, first=link.second, second=link.first) if data.draw(st.booleans()) else link
        for link in data.draw(st.permutations(made))
    ]
    order = data.draw(st.permutations(tracks))
    assert join_duplicates(order, turned, {"test-a": 10.0, "test-b": 20.0}) == found


# Real data.


@pytest.fixture(scope="module")
def real_corpus(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    if not (data_dir / "echonest").is_dir():
        pytest.skip(f"real data are absent: no folder {data_dir / 'echonest'}")
    path = tmp_path_factory.mktemp("real") / "echonest.corpus"
    with Corpus(path, "write") as corpus:
        collect(ArchiveSource([data_dir / "echonest"]), corpus)
    with Corpus(path) as corpus:
        yield corpus


def test_one_recording_stands_twice_in_the_real_analyses(real_corpus: Corpus) -> None:
    [group] = find_duplicates(real_corpus).groups
    assert group.track_ids == ("msd-TRAYXDI128F428CD9C", "msd-TRBDBIU128E0791595")
    assert group.evidence == ("sound", "title") and group.genres == ("Hip-Hop",)


def test_our_analysis_and_the_original_s_are_of_the_same_recording(data_dir: Path) -> None:
    if not (data_dir / "pairs").is_dir():
        pytest.skip(f"real data are absent: no folder {data_dir / 'pairs'}")
    pairs = load_pairs(data_dir / "pairs")
    short = [pair for pair in pairs if pair.duration < 150]
    assert len(short) >= 4
    prints, lengths = {}, {}
    for pair in short:
        ours = analyze_samples(pair.samples, SAMPLE_RATE).segments
        for who, segments in (("ours", ours), ("theirs", pair.original.segments)):
            prints[f"{pair.name} {who}"] = take_fingerprint(segments)
            lengths[f"{pair.name} {who}"] = float(np.max(segments.start))
    links = {(link.first, link.second) for link in sound_links(prints, lengths)}
    assert links == {(f"{pair.name} ours", f"{pair.name} theirs") for pair in short}
