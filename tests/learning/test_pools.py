"""Pools: a recording under several ids is used once, or stays on one side of every split."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from genrelab.learning.pools import gather_pool
from genrelab.learning.recipes import SAMPLES, Recipe
from genrelab.learning.samples import Plan, plan_sample
from genrelab.music.corpus import Corpus
from genrelab.music.duplicates import find_duplicates
from genrelab.music.segments import Segments

MakeCorpus = Callable[..., Corpus]
GENRES = ("Rock", "Jazz", "Pop")


def _recipe(**knobs: Any) -> Recipe:
    values = {"sample": "unbalanced", "input": "timbre", "network": "c1m1", "min_tracks": 10}
    return Recipe(**{"name": "test", **values, **knobs})


@pytest.fixture
def songs(make_segments: Callable[..., Segments]) -> list[dict[str, Any]]:
    """Thirty songs a genre by fifteen artists each, every third of them thrice, one in two genres.

    The copies are known by ISRC, by file, and by sound, each under another artist's name.
    """
    made = []
    for g, genre in enumerate(GENRES):
        for i in range(30):
            song = {"id": f"test-{genre}-{i}", "genre": genre, "artist": f"{genre} {i // 2}"}
            song["segments"] = make_segments(60 if i % 3 else 80, seed=100 * g + i)
            made.append({**song, "isrc": f"USAB1{g}0000{i:02}", "audio_digest": f"{g} {i}"})
            if i % 3 == 0:
                key = ("isrc", "audio_digest", "segments")[i // 3 % 3]
                made += [
                    {
                        "id": f"test-{genre}-{i}-{name}",
                        "genre": GENRES[g - 1] if (i, name) == (27, "x") else genre,
                        "artist": f"{genre} {i} {name}",
                        "segments": make_segments(60, seed=1000 * (g + 1) + 10 * i + n),
                        key: made[-1][key],
                    }
                    for n, name in enumerate("xy")
                ]
    return made


def _sides(plan: Plan) -> list[tuple[set[str], set[str]]]:
    parts = [[set(part) for part in split.parts.values()] for split in plan.splits]
    return [pair for three in parts for pair in combinations(three, 2)]


@pytest.mark.parametrize("folds", [0, 4])
@pytest.mark.parametrize("group", ["artist", "track"])
@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("duplicates", ["drop", "keep"])
def test_no_recording_stands_on_two_sides(
    make_corpus: MakeCorpus,
    songs: list[dict[str, Any]],
    folds: int,
    group: str,
    sample: str,
    duplicates: str,
) -> None:
    corpus = make_corpus(songs)
    knobs = {"folds": folds, "group": group, "sample": sample, "duplicates": duplicates}
    groups = find_duplicates(corpus).groups
    assert [len(recording.track_ids) for recording in groups] == [3] * 30
    for seed in range(3):
        plan = plan_sample(corpus, _recipe(**knobs, split_seed=seed))
        for one, other in _sides(plan):
            assert not one & other
            for recording in groups:
                ids = recording.track_ids
                assert not (one.intersection(ids) and other.intersection(ids)), ids


def test_one_of_each_is_used_and_none_in_two_genres(
    make_corpus: MakeCorpus, songs: list[dict[str, Any]]
) -> None:
    corpus = make_corpus(songs)
    pool = gather_pool(corpus, _recipe())
    assert +pool.left_out == {"duplicate": 27 * 2, "one recording under two genres": 3 * 3}
    used = {track.id for track in pool.tracks}
    for group in find_duplicates(corpus).groups:
        expected = set() if group.is_ambiguous else {group.kept}
        assert used.intersection(group.track_ids) == expected
    assert len(used) == len(songs) - 54 - 9 == len(pool.genres) == len(pool.groups)


def test_kept_duplicates_are_all_used(make_corpus: MakeCorpus, songs: list[dict[str, Any]]) -> None:
    corpus = make_corpus(songs)
    pool = gather_pool(corpus, _recipe(duplicates="keep", group="track"))
    assert len(pool.tracks) == len(songs) and not +pool.left_out
    group_of = dict(zip((track.id for track in pool.tracks), pool.groups, strict=True))
    for group in find_duplicates(corpus).groups:
        assert len({group_of[i] for i in group.track_ids}) == 1
    assert len(set(pool.groups)) == len(songs) - 30 * 2


def test_a_split_file_has_the_last_word(
    make_corpus: MakeCorpus, songs: list[dict[str, Any]], tmp_path: Path
) -> None:
    file = tmp_path / "folds.csv"
    lines = [f"{song['id']},{song['genre']},{i % 4}" for i, song in enumerate(songs)]
    file.write_text("\n".join(["track_id,genre,fold", *lines]) + "\n")
    corpus = make_corpus(songs)
    for choice in ("drop", "keep"):
        pool = gather_pool(corpus, _recipe(split=str(file), duplicates=choice, group="track"))
        assert len(pool.tracks) == len(songs) and not +pool.left_out
        [remark] = pool.remarks
        assert remark.startswith("the split file puts 30 recordings into more than one fold")


def test_the_search_for_duplicates_tells_how_far_it_is(
    make_corpus: MakeCorpus, songs: list[dict[str, Any]]
) -> None:
    told: list[tuple[str, int]] = []
    gather_pool(
        make_corpus(songs),
        _recipe(),
        progress=lambda stage, done, _total: told.append((stage, done)),
    )
    assert told[0] == ("taking fingerprints", 0)
    assert {"looking fingerprints up", "comparing fingerprints"} <= {stage for stage, _ in told}
