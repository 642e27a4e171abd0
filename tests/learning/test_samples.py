"""Samples: who is used, who is left out and why, and the arrays of those who are used."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genrelab.errors import DataError, GenrelabError, UsageError
from genrelab.learning.inputs import Hearing
from genrelab.learning.recipes import Recipe, load_recipe
from genrelab.learning.samples import Plan, load_samples, plan_sample
from genrelab.learning.splits import PARTS
from genrelab.music.analysis import Dialect
from genrelab.music.corpus import Corpus
from genrelab.music.dialects import convert_segments
from genrelab.music.segments import Segments
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.collecting import collect

MakeCorpus = Callable[..., Corpus]
Songs = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def songs(make_segments: Callable[..., Segments]) -> Songs:
    """Make ``n`` songs of a genre, ``each`` of them by one artist."""

    def make(genre: str | None, n: int, *, each: int = 1, **fields: Any) -> list[dict[str, Any]]:
        return [
            {
                "id": f"test-{genre}-{i}".replace("&", "and"),
                "genre": genre,
                "artist": f"{genre} Artist {i // each}",
                "segments": make_segments(25 + i % 5, seed=i),
                **fields,
            }
            for i in range(n)
        ]

    return make


def _recipe(**knobs: Any) -> Recipe:
    values = {"sample": "unbalanced", "input": "timbre", "network": "c1m1", "min_tracks": 10}
    return Recipe(**{"name": "test", **values, **knobs})


def _sizes(plan: Plan, split: int = 0) -> dict[str, list[int]]:
    counts = plan.counts(plan.splits[split])
    return {part: list(counts[part].values()) for part in PARTS}


def _check_groups(plan: Plan) -> None:
    for split in plan.splits:
        seen: Counter[str] = Counter()
        for part in PARTS:
            seen.update({plan.groups[i] for i in getattr(split, part)})
        assert set(seen.values()) == {1}, "a group stands on two sides"


# Which tracks are used.


def test_whatever_is_left_out_is_counted_by_reason(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus(
        [
            *songs("Rock", 20),
            *songs("Jazz", 15),
            *songs("Pop", 9),
            *songs(None, 4),
            *({**song, "id": f"{song['id']}-silent"} for song in songs("Rock", 3, segments=None)),
        ]
    )
    plan = plan_sample(corpus, _recipe())
    assert plan.classes == ("Jazz", "Rock")
    assert plan.left_out == {"no genre": 4, "no analysis": 3, "genre too small": 9}
    assert plan.remarks == ("left out: Pop has 9 tracks, fewer than 10",)
    assert len(plan.labels) == 35 and plan.track_ids == tuple(sorted(plan.labels))
    assert plan.dialect == "spotify"


def test_an_analysis_without_segments_is_none(
    make_corpus: MakeCorpus, songs: Songs, make_segments: Callable[..., Segments]
) -> None:
    empty = {"id": "test-empty", "genre": "Rock", "segments": make_segments(0)}
    plan = plan_sample(make_corpus([*songs("Rock", 10), *songs("Pop", 10), empty]), _recipe())
    assert plan.left_out == {"no analysis": 1}


def test_unbalanced_takes_every_track(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus([*songs("Rock", 33), *songs("Jazz", 14)])
    plan = plan_sample(corpus, _recipe())
    assert {part: sum(n) for part, n in _sizes(plan).items()} == {
        "train": 39,
        "valid": 4,
        "test": 4,
    }
    assert plan.left_out == {} and plan.remarks == ()


@pytest.mark.parametrize(("asked", "per_genre"), [(0, 24), (20, 20)])
def test_semi_balanced_draws_the_same_number_a_genre(
    make_corpus: MakeCorpus, songs: Songs, asked: int, per_genre: int
) -> None:
    corpus = make_corpus([*songs("Rock", 33), *songs("Jazz", 24)])
    plan = plan_sample(corpus, _recipe(sample="semi-balanced", tracks_per_genre=asked))
    sizes = _sizes(plan)
    assert np.sum(list(sizes.values()), axis=0).tolist() == [per_genre] * 2
    assert sum(sizes["valid"]) == sum(sizes["test"]) == 2 * per_genre // 10
    assert plan.left_out == {"not drawn": 57 - 2 * per_genre}


@pytest.mark.parametrize(("asked", "per_genre"), [(0, 24), (20, 20)])
def test_balanced_has_the_same_number_a_genre_in_every_part(
    make_corpus: MakeCorpus, songs: Songs, asked: int, per_genre: int
) -> None:
    corpus = make_corpus([*songs("Rock", 33), *songs("Jazz", 24)])
    plan = plan_sample(corpus, _recipe(sample="balanced", tracks_per_genre=asked))
    assert _sizes(plan) == {"train": [per_genre - 4] * 2, "valid": [2, 2], "test": [2, 2]}
    assert plan.left_out == {"not drawn": 57 - 2 * per_genre} and plan.remarks == ()


def test_genres_asked_for_in_any_spelling(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus([*songs("Hip-Hop", 20), *songs("Jazz", 15), *songs("Pop", 12)])
    plan = plan_sample(corpus, _recipe(genres=("hip hop", "POP")))
    assert plan.classes == ("Hip-Hop", "Pop")
    assert plan.left_out == {"genre not asked for": 15}


def test_tracks_per_genre_leaves_out_smaller_genres(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus([*songs("Rock", 30), *songs("Jazz", 30), *songs("Pop", 20)])
    recipe = _recipe(sample="balanced", tracks_per_genre=30)
    assert plan_sample(corpus, recipe).classes == ("Jazz", "Rock")
    unbalanced = plan_sample(corpus, _recipe(tracks_per_genre=30))
    assert unbalanced.classes == ("Jazz", "Pop", "Rock"), "it concerns balanced samples only"


# Groups.


def test_artists_are_joined_through_id_and_name(make_corpus: MakeCorpus, songs: Songs) -> None:
    same = [
        {"artist": "The Beatles", "artist_id": None},
        {"artist": "beatles", "artist_id": "A1"},
        {"artist": "Beatles, The (live)", "artist_id": "A1"},
        {"artist": None, "artist_id": "A1"},
    ]
    named = [{**song, **who} for song, who in zip(songs("Rock", 4), same, strict=True)]
    nobody = [{**song, "artist": None} for song in songs("Jazz", 10)]
    corpus = make_corpus([*named, *songs("Pop", 16), *nobody])
    plan = plan_sample(corpus, _recipe(min_tracks=4, genres=("Pop", "Jazz")))
    assert len({plan.groups[i] for i in plan.groups if "Jazz" in i}) == 10
    with pytest.raises(DataError, match="Rock has 1 artist, and a split needs one for each"):
        plan_sample(corpus, _recipe(min_tracks=4, genres=("Pop", "Rock")))


def test_no_artist_stands_on_two_sides(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus([*songs("Rock", 60, each=4), *songs("Jazz", 45, each=3)])
    for sample in ("unbalanced", "semi-balanced", "balanced"):
        for folds in (0, 4):
            plan = plan_sample(corpus, _recipe(sample=sample, folds=folds))
            _check_groups(plan)
            assert len(plan.splits) == (folds or 1)


def test_group_track_splits_artists(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus([*songs("Rock", 40, each=40), *songs("Jazz", 40, each=40)])
    plan = plan_sample(corpus, _recipe(sample="balanced", group="track"))
    assert _sizes(plan) == {"train": [32, 32], "valid": [4, 4], "test": [4, 4]}
    assert plan.splits[0].group == "track"


def test_what_artists_make_impossible_is_said_with_numbers(
    make_corpus: MakeCorpus, songs: Songs
) -> None:
    corpus = make_corpus([*songs("Rock", 40, each=10), *songs("Jazz", 40)])
    plan = plan_sample(corpus, _recipe(sample="balanced"))
    _check_groups(plan)
    assert _sizes(plan)["valid"] == [4, 0] and _sizes(plan)["test"] == [4, 0]
    assert plan.remarks == (
        "valid has 0 Rock tracks instead of 4: no artist fits",
        "test has 0 Rock tracks instead of 4: no artist fits",
    )


def test_all_genres_short_alike_is_said_too(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus([*songs("Rock", 40, each=3), *songs("Jazz", 40, each=3)])
    plan = plan_sample(corpus, _recipe(sample="balanced"))
    short = {
        f"{part} has {n} {genre} tracks instead of 4: no artist fits"
        for part in ("valid", "test")
        for genre, n in plan.counts(plan.splits[0])[part].items()
        if n < 4
    }
    assert short == set(plan.remarks) != set()


def test_a_random_split_that_falls_short_says_so(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus([*songs("Rock", 30, each=5), *songs("Jazz", 39, each=5)])
    plan = plan_sample(corpus, _recipe())
    sizes = {part: sum(n) for part, n in _sizes(plan).items()}
    for part in ("valid", "test"):
        said = f"{part} has {sizes[part]} tracks instead of 6: no artist fits"
        assert (said in plan.remarks) == (sizes[part] < 6)
    assert plan.remarks


def test_balanced_folds_that_fall_short_say_by_how_much(
    make_corpus: MakeCorpus, songs: Songs
) -> None:
    corpus = make_corpus([*songs("Rock", 40, each=9), *songs("Jazz", 40)])
    plan = plan_sample(corpus, _recipe(sample="balanced", folds=4))
    drawn = sum(_sizes(plan, 0)["test"]) // 2
    assert drawn < 10
    assert all(_sizes(plan, fold)["test"] == [drawn, drawn] for fold in range(4))
    assert plan.remarks == (
        f"each fold has {drawn} tracks a genre instead of 10: some fold has no more of some genre",
    )


# Seeds and folds.


def test_the_same_seed_gives_the_same_plan(make_corpus: MakeCorpus, songs: Songs) -> None:
    rows = [*songs("Rock", 40, each=2), *songs("Jazz", 30)]
    one = make_corpus(rows)
    other = make_corpus(rows[::-1], name="other.corpus")
    for knobs in ({}, {"sample": "semi-balanced"}, {"sample": "balanced"}, {"folds": 3}):
        plan = plan_sample(one, _recipe(**knobs))
        assert plan == plan_sample(other, _recipe(**knobs)), "the order of storing matters not"
        assert plan.splits != plan_sample(one, _recipe(**knobs, split_seed=1)).splits
        assert plan == plan_sample(one, _recipe(**knobs, seed=1))


def test_folds_test_every_track_once(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus([*songs("Rock", 40, each=2), *songs("Jazz", 30)])
    plan = plan_sample(corpus, _recipe(folds=5))
    assert [split.fold for split in plan.splits] == [0, 1, 2, 3, 4]
    assert Counter(i for split in plan.splits for i in split.test) == Counter(plan.track_ids)
    for k, split in enumerate(plan.splits):
        assert set(split.valid) == set(plan.splits[(k + 1) % 5].test)


# Corpora that cannot be split.


def test_a_genre_with_two_artists_is_left_out_or_an_error(
    make_corpus: MakeCorpus, songs: Songs
) -> None:
    why = "Pop has 2 artists, and a split needs one for each of 3 parts"
    corpus = make_corpus([*songs("Rock", 20), *songs("Jazz", 20), *songs("Pop", 20, each=10)])
    plan = plan_sample(corpus, _recipe())
    assert plan.classes == ("Jazz", "Rock") and plan.remarks == (f"left out: {why}",)
    with pytest.raises(DataError, match=why):
        plan_sample(corpus, _recipe(genres=("Pop", "Rock")))


def _cases(songs: Songs) -> Iterator[tuple[list[dict[str, Any]], dict[str, Any], str]]:
    rock, jazz = songs("Rock", 20), songs("Jazz", 20)
    yield [], {}, "no track with a genre and an analysis to learn from"
    yield songs(None, 20), {}, "no track with a genre and an analysis to learn from"
    yield rock, {}, r"only one genre .*\(Rock 20\): telling genres apart needs two"
    yield [*rock, *songs("Pop", 9)], {}, r"only one genre .*\(Rock 20, Pop 9\)"
    yield songs("Pop", 9), {}, r"no genre .*at least 10 tracks and 3 artists \(Pop 9\)"
    yield [*rock, *songs("Pop", 9)], {"genres": ("Rock", "Pop")}, "Pop has 9 tracks, fewer than 10"
    yield [*rock, *jazz], {"genres": ("Rock",)}, "--genres: names Rock alone"
    yield [*rock, *jazz], {"genres": ("Rock", "Zydeco")}, "'Zydeco'; the corpus has Jazz, Rock"
    few = [*songs("Rock", 4), *songs("Jazz", 5)]
    yield few, {"min_tracks": 3}, "9 tracks: too few for a split 8:1:1, which needs 10"
    yield few, {"min_tracks": 3, "sample": "balanced"}, "4 tracks a genre: too few for a split"
    yield few, {"min_tracks": 3, "sample": "semi-balanced"}, "8 tracks: too few for a split 8:1:1"
    yield [*rock, *jazz], {"folds": 41}, "fold 40 of 41 would be empty, with 40 artists"
    scarce = [*songs("Rock", 20, each=6), *jazz]
    yield scarce, {"folds": 5, "sample": "balanced"}, "fold . of 5 has no Rock track"


@pytest.mark.parametrize("case", range(13))
def test_what_cannot_be_split_is_one_sentence(
    make_corpus: MakeCorpus, songs: Songs, case: int
) -> None:
    rows, knobs, sentence = list(_cases(songs))[case]
    with pytest.raises(GenrelabError, match=sentence) as caught:
        plan_sample(make_corpus(rows), _recipe(**knobs))
    assert "\n" not in str(caught.value)
    is_wrong_use = sentence.startswith(("'Zydeco'", "--genres"))
    assert isinstance(caught.value, UsageError) == is_wrong_use


def test_a_genre_without_tracks_in_a_fold_is_said(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus([*songs("Rock", 20, each=6), *songs("Jazz", 20)])
    plan = plan_sample(corpus, _recipe(folds=5))
    empty = [k for k in range(5) if not plan.counts(plan.splits[k])["test"]["Rock"]]
    assert plan.remarks == (f"Rock has no track in fold {empty[0]}",)


@pytest.mark.parametrize("dialect", ["spotify", "msd"])
def test_analyses_of_several_dialects_are_converted(
    make_corpus: MakeCorpus, songs: Songs, dialect: Dialect
) -> None:
    corpus = make_corpus([*songs("Rock", 20, dialect="msd"), *songs("Jazz", 30)])
    plan = plan_sample(corpus, _recipe(dialect=dialect))
    other, n = ("msd", 20) if dialect == "spotify" else ("spotify", 30)
    assert plan.dialect == dialect
    assert set(plan.converted.values()) == {other} and len(plan.converted) == n
    assert plan.remarks == (f"{n} analyses of dialect {other} converted to {dialect}",)
    samples = load_samples(corpus, plan, "timbre", Hearing(segments=24))
    for track_id, segments in corpus.segments(plan.track_ids):
        expected = segments.timbre[:24]
        if track_id in plan.converted:
            expected = convert_segments(segments, other, dialect).timbre[:24]
            assert np.abs(expected - segments.timbre[:24]).max() > 10
        [row] = samples.rows([track_id])
        assert np.allclose(samples.inputs.x[row, : len(expected)], expected, atol=1e-4)


def test_only_the_tracks_that_are_drawn_are_converted(
    make_corpus: MakeCorpus, songs: Songs
) -> None:
    corpus = make_corpus([*songs("Rock", 60, dialect="msd"), *songs("Jazz", 30)])
    plan = plan_sample(corpus, _recipe(sample="semi-balanced"))
    assert len(plan.labels) == 60 and len(plan.converted) == 30


def test_analyses_of_one_dialect_are_taken_as_they_are(
    make_corpus: MakeCorpus, songs: Songs
) -> None:
    corpus = make_corpus([*songs("Rock", 20, dialect="msd"), *songs("Jazz", 20, dialect="msd")])
    plan = plan_sample(corpus, _recipe(dialect="spotify"))
    assert (plan.dialect, plan.converted, plan.remarks) == ("msd", {}, ())


def test_an_unknown_dialect_is_an_error(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus([*songs("Rock", 20), *songs("Jazz", 20, dialect="unknown")])
    with pytest.raises(DataError, match="dialect of 20 analyses is unknown; collect them again"):
        plan_sample(corpus, _recipe())


def test_a_dialect_that_is_left_out_does_not_matter(make_corpus: MakeCorpus, songs: Songs) -> None:
    rows = [*songs("Rock", 20, dialect="msd"), *songs("Jazz", 20, dialect="msd")]
    corpus = make_corpus([*rows, *songs("Pop", 5, dialect="unknown")])
    assert plan_sample(corpus, _recipe()).dialect == "msd"


# Splits given by a file.


@pytest.fixture
def listed(tmp_path: Path) -> Callable[..., str]:
    def write(*lines: str, header: str = "track_id,genre,fold", encoding: str = "utf-8") -> str:
        path = tmp_path / "folds.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding=encoding)
        return str(path)

    return write


def _lines(n: int, genres: tuple[str, ...] = ("Rock", "Jazz"), folds: int = 3) -> list[str]:
    return [f"test-{genre}-{i},{genre},{i % folds}" for genre in genres for i in range(n)]


def test_a_file_gives_the_folds(
    make_corpus: MakeCorpus, songs: Songs, listed: Callable[..., str]
) -> None:
    corpus = make_corpus([*songs("Rock", 20), *songs("Jazz", 20), *songs("Pop", 20)])
    file = listed(*_lines(15), "test-absent,Rock,0")
    plan = plan_sample(corpus, _recipe(split=file))
    assert plan.classes == ("Jazz", "Rock")
    assert plan.left_out == {"not in the split file": 30}
    assert len(plan.splits) == 3
    for k, split in enumerate(plan.splits):
        assert {int(i.rpartition("-")[2]) % 3 for i in split.test} == {k}
        assert {int(i.rpartition("-")[2]) % 3 for i in split.valid} == {(k + 1) % 3}
        assert len(split.train) == 10
    assert plan.remarks == (
        f"{file} lists 31 tracks, 1 of which are not in the corpus with an analysis",
    )


def test_a_file_may_name_native_ids_and_its_genres_count(
    make_corpus: MakeCorpus, songs: Songs, listed: Callable[..., str]
) -> None:
    corpus = make_corpus([*songs("Rock", 12), *songs(None, 12)])
    lines = [f"{name}-{i},{genre},{i % 3}" for name, genre in (("Rock", "hip hop"), ("None", "Pop"))
             for i in range(12)]  # fmt: skip
    file = listed(*lines, encoding="utf-8-sig")
    assert plan_sample(corpus, _recipe(split=file)).classes == ("Hip-Hop", "Pop")


@pytest.mark.parametrize(
    ("lines", "options", "sentence"),
    [
        (_lines(3), {"header": "id,genre,fold"}, "no column 'track_id'; expected track_id,genre"),
        (_lines(3), {"header": ""}, "no column 'fold'; expected track_id,genre,fold"),
        (["test-Rock-0,Rock,one"], {}, "line 2: genre 'Rock', fold 'one'; expected a genre and"),
        (["test-Rock-0,Rock,-1"], {}, "line 2: genre 'Rock', fold '-1'; expected"),
        (["test-Rock-0,Rock,"], {}, "line 2: genre 'Rock', fold ''; expected"),
        (["test-Rock-0,Rock"], {}, "line 2: genre 'Rock', fold None; expected"),
        (["test-Rock-0, ,1"], {}, "line 2: genre ' ', fold '1'; expected"),
        ([*_lines(2), "test-Rock-1,Rock,1"], {}, "line 6: test-Rock-1 stands twice"),
        (_lines(12, folds=2), {}, "folds must be numbered 0, 1, 2... and be at least three"),
        ([line.replace(",2", ",3") for line in _lines(12)], {}, "folds must be numbered 0, 1, 2"),
        ([], {}, "folds must be numbered"),
        (["tést-Rock-0,Rock,0"], {"encoding": "latin-1"}, "cannot be read as a split file"),
        (["a,Rock,0\x00"], {}, "line 2: genre 'Rock', fold '0\\\\x00'; expected"),
        ([f"a,{'x' * 140_000},0"], {}, "cannot be read as a split file"),
    ],
)
def test_a_wrong_file_is_one_sentence(
    make_corpus: MakeCorpus,
    songs: Songs,
    listed: Callable[..., str],
    lines: list[str],
    options: dict[str, str],
    sentence: str,
) -> None:
    corpus = make_corpus([*songs("Rock", 12), *songs("Jazz", 12)])
    file = listed(*lines, **options)
    with pytest.raises(DataError, match=sentence) as caught:
        plan_sample(corpus, _recipe(split=file))
    assert str(caught.value).startswith(file)
    assert "\n" not in str(caught.value)


def test_an_absent_file_is_one_sentence(make_corpus: MakeCorpus, songs: Songs) -> None:
    with pytest.raises(DataError, match=r"absent.csv: cannot be read as a split file"):
        plan_sample(make_corpus(songs("Rock", 3)), _recipe(split="absent.csv"))


def test_a_file_may_give_the_parts_of_one_split(
    make_corpus: MakeCorpus, songs: Songs, listed: Callable[..., str]
) -> None:
    corpus = make_corpus([*songs("Rock", 15), *songs("Jazz", 15)])
    lines = [line.replace(",0", ",train").replace(",1", ",valid").replace(",2", ",test")
             for line in _lines(15)]  # fmt: skip
    plan = plan_sample(corpus, _recipe(split=listed(*lines, header="track_id,genre,part")))
    assert _sizes(plan) == {"train": [5, 5], "valid": [5, 5], "test": [5, 5]}
    assert plan.splits[0].fold is None and plan.remarks == ()


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["a,Rock,training"], "line 2: genre 'Rock', part 'training'; expected a genre and train"),
        (["a,Rock,train", "b,Rock,test"], "no track of part valid; expected train, valid, test"),
    ],
)
def test_wrong_parts_are_one_sentence(
    make_corpus: MakeCorpus,
    songs: Songs,
    listed: Callable[..., str],
    lines: list[str],
    sentence: str,
) -> None:
    file = listed(*lines, header="track_id,genre,part")
    with pytest.raises(DataError, match=sentence):
        plan_sample(make_corpus(songs("Rock", 12)), _recipe(split=file))


# Splits that the data set itself gives.

SHARES = ("train", "train", "train", "valid", "test", "left out")


def _official(songs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**song, "tags": {"split": SHARES[i % 6]}} for i, song in enumerate(songs)]


def test_the_official_split_is_honored(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus([*_official(songs("Rock", 36)), *_official(songs("Jazz", 12)),
                          *songs("Pop", 12), *_official(songs("Folk", 18)[:3])])  # fmt: skip
    plan = plan_sample(corpus, _recipe(split="official", min_tracks=3))
    assert plan.classes == ("Jazz", "Rock")
    assert _sizes(plan) == {"train": [6, 18], "valid": [2, 6], "test": [2, 6]}
    assert plan.left_out == {"not in the official split": 6 + 2 + 12, "genre too small": 3}
    assert plan.remarks == ("left out: Folk has no valid track in the official split",)
    for name in ("train", "valid", "test"):
        ids = getattr(plan.splits[0], name)
        assert all(SHARES[int(i.rpartition("-")[2]) % 6] == name for i in ids)


@pytest.mark.parametrize(
    ("knobs", "train", "valid"),
    [
        ({"sample": "balanced"}, [6, 6], [2, 2]),
        ({"sample": "balanced", "tracks_per_genre": 5}, [3, 3], [1, 1]),
    ],
)
def test_a_balanced_sample_of_it_is_even_in_each_part(
    make_corpus: MakeCorpus, songs: Songs, knobs: dict[str, Any], train: list[int], valid: list[int]
) -> None:
    corpus = make_corpus([*_official(songs("Rock", 36)), *_official(songs("Jazz", 12))])
    plan = plan_sample(corpus, _recipe(split="official", min_tracks=3, **knobs))
    assert _sizes(plan) == {"train": train, "valid": valid, "test": valid}


def test_a_semi_balanced_sample_of_it_keeps_its_parts(
    make_corpus: MakeCorpus, songs: Songs
) -> None:
    corpus = make_corpus([*_official(songs("Rock", 36)), *_official(songs("Jazz", 12))])
    plan = plan_sample(corpus, _recipe(split="official", min_tracks=3, sample="semi-balanced"))
    assert sum(n for part in _sizes(plan).values() for n in part) == 20
    assert {i: SHARES[int(i.rpartition("-")[2]) % 6] for i in plan.splits[0].test} == dict.fromkeys(
        plan.splits[0].test, "test"
    )


def test_artists_on_two_sides_of_it_are_said(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus([*_official(songs("Rock", 36, each=36)), *_official(songs("Jazz", 36))])
    plan = plan_sample(corpus, _recipe(split="official"))
    assert plan.classes == ("Jazz", "Rock")
    assert plan.remarks == ("the official split puts 1 artists into more than one part",)


def test_a_corpus_without_official_split_is_one_sentence(
    make_corpus: MakeCorpus, songs: Songs
) -> None:
    with pytest.raises(DataError, match="split is 'official', and no analyzed track says its part"):
        plan_sample(make_corpus(songs("Rock", 12)), _recipe(split="official"))


def test_a_genre_that_a_table_of_one_s_own_made_can_be_asked_for(
    make_corpus: MakeCorpus, songs: Songs
) -> None:
    corpus = make_corpus([*songs("Rap", 20), *songs("Rock", 20), *songs("Jazz", 20)])
    assert plan_sample(corpus, _recipe(genres=("Rap", "rock"))).classes == ("Rap", "Rock")


def test_an_artist_in_two_folds_of_a_file_is_said(
    make_corpus: MakeCorpus, songs: Songs, listed: Callable[..., str]
) -> None:
    corpus = make_corpus([*songs("Rock", 12, each=2), *songs("Jazz", 12)])
    plan = plan_sample(corpus, _recipe(split=listed(*_lines(12))))
    assert plan.remarks == ("the split file puts 6 artists into more than one fold",)


# Arrays.


def test_arrays_stand_in_the_order_of_the_ids(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus([*songs("Rock", 12), *songs("Jazz", 12)])
    plan = plan_sample(corpus, _recipe())
    told: list[tuple[int, int | None]] = []
    samples = load_samples(
        corpus,
        plan,
        "mixed",
        Hearing(segments=27),
        progress=lambda _stage, done, total: told.append((done, total)),
    )
    assert samples.inputs.x.shape == (24, 27, 12, 2)
    assert samples.classes == ("Jazz", "Rock")
    assert samples.track_ids == plan.track_ids
    for row, (track_id, segments) in enumerate(corpus.segments(plan.track_ids)):
        n = min(len(segments), 27)
        assert np.array_equal(samples.inputs.x[row, :n, :, 0], segments.timbre[:n])
        assert np.array_equal(samples.inputs.x[row, :n, :, 1], segments.pitches[:n])
        assert samples.inputs.n_valid[row] == n and (samples.inputs.x[row, n:] == 0).all()
        assert samples.classes[samples.y[row]] == track_id.split("-")[1]
        assert samples.groups[row] == plan.groups[track_id]
    assert told[0] == (0, 24) and told[-1] == (24, 24)


def test_features_of_some_tracks_are_a_copy(make_corpus: MakeCorpus, songs: Songs) -> None:
    corpus = make_corpus([*songs("Rock", 12), *songs("Jazz", 12)])
    samples = load_samples(corpus, plan_sample(corpus, _recipe()), "timbre", Hearing(segments=24))
    asked = ["test-Rock-3", "test-Jazz-11"]
    features = samples.features(asked)
    assert [samples.track_ids[row] for row in samples.rows(asked)] == asked
    assert np.array_equal(features.x, samples.inputs.x[samples.rows(asked)])
    features.x[:] = 0
    assert (samples.inputs.x[samples.rows(asked)] != 0).any()


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


def test_en8_is_the_benchmark(real_corpus: Corpus, data_dir: Path) -> None:
    file = data_dir / "echonest" / "en8_folds.csv"
    plan = plan_sample(real_corpus, load_recipe("unbalanced-timbre", {"split": str(file)}))
    with file.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert len(plan.labels) == len(rows) == 1041
    genres = Counter(row["genre"] for row in rows)
    assert plan.classes == tuple(sorted(genres)) and len(genres) == 8
    assert Counter(plan.classes[k] for k in plan.labels.values()) == genres
    assert len(plan.splits) == 5
    artists = {track.id: track.artist_id for track in real_corpus.tracks()}
    for k, split in enumerate(plan.splits):
        expected = Counter(row["genre"] for row in rows if int(row["fold"]) == k)
        assert Counter(plan.classes[plan.labels[i]] for i in split.test) == expected
        sides = [{artists[i] for i in getattr(split, part)} for part in PARTS]
        assert None not in sides[0] | sides[1] | sides[2]
        assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]
    assert plan.dialect == "msd" and plan.left_out == {"not in the split file": 208}


def test_real_analyses_split_by_artist(real_corpus: Corpus) -> None:
    for name in ("unbalanced-timbre", "semi-balanced-timbre", "balanced-timbre"):
        plan = plan_sample(real_corpus, load_recipe(name))
        assert "Classical" not in plan.classes and "Rock" in plan.classes
        assert any("Classical has 4 tracks, fewer than 40" in text for text in plan.remarks)
        _check_groups(plan)
        sizes = _sizes(plan)
        if name == "balanced-timbre":
            held = [sum(Counter(plan.labels.values()).values()) // len(plan.classes) // 10]
            assert sizes["valid"] == sizes["test"] == held * len(plan.classes)
