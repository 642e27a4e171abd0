"""Synthetic collections: the same every time, believable, and learnable by no trick."""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np
import pytest

from genrelab.errors import UsageError
from genrelab.music.analysis import Analysis
from genrelab.music.corpus import Corpus
from genrelab.music.genres import PAPER_GENRES
from genrelab.music.tracks import artist_groups
from genrelab.sources.collecting import collect
from genrelab.sources.synthetic import (
    ANALYZER,
    SyntheticSource,
    synthesize_track,
    synthesize_tracks,
)
from genrelab.sources.synthetic.songs import MAX_TRACKS_PER_ARTIST
from genrelab.sources.synthetic.styles import STYLES, chord_strengths


@pytest.fixture(scope="module")
def collection():
    return list(synthesize_tracks(tracks_per_genre=24, seed=3))


def test_the_same_seed_gives_the_same_bytes(collection):
    again = synthesize_tracks(tracks_per_genre=24, seed=3)
    for (track, analysis), (other, other_analysis) in islice(
        zip(collection, again, strict=True), 0, None, 7
    ):
        assert track == other
        assert analysis.to_json() == other_analysis.to_json()


def test_a_track_does_not_depend_on_what_else_is_made(collection):
    track, analysis = collection[2 * 24 + 9]
    alone, alone_analysis = synthesize_track(PAPER_GENRES[2], 10, seed=3)
    assert alone == track
    assert alone_analysis.to_json() == analysis.to_json()


def test_another_seed_gives_other_tracks():
    (track, analysis), (other, other_analysis) = (
        synthesize_track("Jazz", 1, seed=seed) for seed in (0, 1)
    )
    assert track.id != other.id
    assert track.artist != other.artist
    assert not np.array_equal(analysis.segments.timbre[:300], other_analysis.segments.timbre[:300])


def test_ids_are_unique_and_everything_says_synthetic(collection):
    assert len({track.id for track, _ in collection}) == len(collection)
    for track, analysis in collection:
        assert track.id.startswith("synthetic-")
        assert track.title.startswith("Synthetic ")
        assert track.artist.startswith("Synthetic ")
        assert track.origin.source == "synthetic"
        assert (analysis.analyzer, analysis.dialect) == (ANALYZER, "spotify")


def test_segments_tile_the_track(collection):
    for _, analysis in collection:
        segments = analysis.segments
        assert 300 <= len(segments) <= 900
        assert segments.start[0] == 0
        assert (segments.duration > 0.02).all()
        ends = segments.start + segments.duration
        np.testing.assert_allclose(ends[:-1], segments.start[1:], atol=1e-9)
        assert ends[-1] == pytest.approx(analysis.track.duration, abs=1e-5)


def test_values_are_in_their_ranges(collection):
    for _, analysis in collection:
        segments = analysis.segments
        np.testing.assert_array_equal(segments.pitches.max(axis=1), 1)
        assert segments.pitches.min() >= 0
        assert ((segments.confidence >= 0) & (segments.confidence <= 1)).all()
        assert (segments.loudness_max >= segments.loudness_start).all()
        assert (segments.loudness_max <= 0).all()
        assert (segments.loudness_max_time < segments.duration).all()
        assert 60 <= analysis.track.tempo <= 190
        assert 0 <= analysis.track.key <= 11


def test_bars_beats_tatums_and_sections_nest(collection):
    def starts(intervals):
        return np.array([interval.start for interval in intervals])

    for _, analysis in collection[::11]:
        levels = [analysis.sections, analysis.bars, analysis.beats, analysis.tatums]
        for outer, inner in pairwise(levels):
            assert len(outer) < len(inner)
            distance = np.abs(starts(outer)[:, None] - starts(inner)[None, :]).min(axis=1)
            assert distance.max() < 1e-4
        for level in levels:
            assert level[-1].start + level[-1].duration == pytest.approx(
                analysis.track.duration, abs=1e-4
            )


def test_timbre_spreads_as_in_real_analyses(collection):
    spread = np.concatenate([a.segments.timbre for _, a in collection]).std(axis=0)
    real = np.array([7.4, 59, 51, 40, 36, 32, 27, 24, 22, 19, 17, 18])
    assert (np.abs(np.log(spread / real)) < np.log(1.35)).all()


def test_an_artist_has_one_to_four_tracks(collection):
    groups = artist_groups([track for track, _ in collection])
    _, sizes = np.unique(groups, return_counts=True)
    assert sizes.max() <= MAX_TRACKS_PER_ARTIST
    assert len(sizes) > 3 * len(PAPER_GENRES)
    assert len(set(sizes.tolist())) > 1


def test_the_written_form_reads_back(collection):
    _, analysis = collection[0]
    again = Analysis.from_json(analysis.to_json())
    assert (again.analyzer, again.dialect) == (ANALYZER, "spotify")
    np.testing.assert_allclose(again.segments.timbre, analysis.segments.timbre, atol=5e-4)
    np.testing.assert_allclose(again.segments.start, analysis.segments.start, atol=1e-9)


@pytest.mark.parametrize(("what", "at_least"), [("timbre", 0.45), ("pitches", 0.25)])
def test_genres_can_be_learned_across_artists(collection, what, at_least):
    """Nearest centroid of track means, other artists: far over chance (.125), far under all."""
    genre = np.array([track.genre for track, _ in collection])
    groups = np.array(artist_groups([track for track, _ in collection]))
    values = [getattr(analysis.segments, what) for _, analysis in collection]
    # Sorted pitches forget the key, which says nothing of the genre.
    rows = np.array([np.sort(v, axis=1).mean(axis=0) if what == "pitches" else v.mean(axis=0)
                     for v in values])  # fmt: skip
    rows = rows[:, rows.std(axis=0) > 0]  # the strongest pitch is always 1
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    fold = np.unique(groups, return_inverse=True)[1] % 4
    right = 0
    for k in range(4):
        train, test = fold != k, fold == k
        centroids = np.array([rows[train & (genre == g)].mean(axis=0) for g in PAPER_GENRES])
        nearest = np.linalg.norm(rows[test][:, None] - centroids[None], axis=2).argmin(axis=1)
        right += int((np.array(PAPER_GENRES)[nearest] == genre[test]).sum())
    assert at_least < right / len(rows) < 0.97


def test_confusable_genres_are_neighbors():
    for name, style in STYLES.items():
        assert style.neighbors
        assert name not in style.neighbors
        assert set(style.neighbors) <= set(STYLES)
        assert len(style.accents) == style.beats_per_bar


def test_chords_have_their_tones():
    np.testing.assert_array_equal(
        np.flatnonzero(chord_strengths((9, "minor"), minor=False)), [0, 4, 9]
    )
    np.testing.assert_array_equal(
        np.flatnonzero(chord_strengths((0, "major"), minor=True)), [0, 3, 7]
    )


def test_wrong_use_is_one_sentence():
    with pytest.raises(UsageError, match="no synthetic style for 'Polka'; choose from Blues"):
        synthesize_tracks(["Rock", "Polka"])
    with pytest.raises(UsageError, match="tracks_per_genre is 0"):
        synthesize_tracks(tracks_per_genre=0)


def test_an_interrupted_collection_goes_on_where_it_stopped(tmp_path):
    source = SyntheticSource(genres=("Jazz", "Metal"), tracks_per_genre=5, seed=1)
    jazz, metal = source.items()
    assert [entry.position for entry in metal.entries(3)] == [4, 5]
    with Corpus(tmp_path / "a.corpus", "write") as corpus:
        first = collect(source, corpus)
        again = collect(source, corpus)
        info = corpus.info()
    assert (first.stored, again.stored, again.finished_before) == (10, 0, 2)
    assert info.genres == {"Jazz": 5, "Metal": 5}
    assert info.dialects == {"spotify": 10}
    assert str(jazz) == "Jazz, seed 1"


def test_a_larger_collection_replaces_the_smaller(tmp_path):
    with Corpus(tmp_path / "a.corpus", "write") as corpus:
        collect(SyntheticSource(genres=("Pop",), tracks_per_genre=2), corpus)
        summary = collect(SyntheticSource(genres=("Pop",), tracks_per_genre=4), corpus)
        assert (summary.stored, summary.updated) == (2, 2)
        assert corpus.info().tracks == 4
