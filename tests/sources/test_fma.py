"""FMA, on a fixture in its layout: metadata, subsets, official split, genres."""

from __future__ import annotations

import csv

import pytest
from tests.sources.free_music import GENRES, NAMES, a_track, write_audio, write_metadata

from genrelab.errors import DataError, UsageError
from genrelab.music.corpus import Corpus
from genrelab.sources.collecting import collect
from genrelab.sources.fma import FmaSource
from genrelab.sources.fma_tables import FmaGenre, read_genres, top_genre

TRACKS = (
    a_track(2),
    a_track(3, track_genre_top="Rock", track_genres="[25, 26]", track_genres_all="[25, 26, 12]"),
    a_track(5, set_subset="medium", track_genre_top="", track_genres_all="[76, 10]"),
    a_track(1010, set_subset="large", track_genre_top="", track_genres_all="[76, 10, 12]"),
    a_track(1011, set_subset="large", track_genre_top="", track_genres="[]", track_genres_all="[]"),
    a_track(155_320, artist_id="", artist_name=""),
)
NUMBERS = [number for number, _ in TRACKS]


@pytest.fixture
def fma(tmp_path):
    """Return the folder of the recordings, the metadata beside it."""
    write_metadata(tmp_path / "fma_metadata", TRACKS, with_features=[2, 1010])
    return write_audio(tmp_path / "fma_full", NUMBERS)


def gather(folder, path, **options):
    with Corpus(path, "write") as corpus:
        summary = collect(FmaSource(folder, **options), corpus)
        return summary, {track.id: track for track in corpus.tracks()}


def test_a_track_has_what_the_tables_say(fma, tmp_path):
    summary, tracks = gather(fma, tmp_path / "t.corpus")
    assert (summary.stored, summary.without_genre, summary.without_artist) == (6, 3, 1)
    assert dict(summary.split) == {"train": 2, "valid": 1, "test": 3}
    track = tracks["fma-000003"]
    assert (track.title, track.artist, track.artist_id) == ("Food 3", "Artist 1", "fma-1")
    assert (track.album, track.genre, track.isrc) == (
        "AWOL - A Way Of Life",
        "Rock",
        "US1234567890",
    )
    assert track.tags == {
        "split": "train", "subset": "small", "genres": ["Punk", "Post-Rock"],
        "license": "Attribution-NonCommercial-ShareAlike 3.0 International", "date": "2009-01-05",
    }  # fmt: skip
    assert track.audio_features is None
    assert tracks["fma-000002"].audio_features == dict.fromkeys(
        ("acousticness", "danceability", "energy", "instrumentalness", "liveness", "speechiness",
         "tempo", "valence"), 0.5,
    )  # fmt: skip


def test_the_top_of_all_genres_stands_in_where_it_is_one(fma, tmp_path):
    _, tracks = gather(fma, tmp_path / "t.corpus", genre_from="all")
    assert [track.genre for track in tracks.values()] == [
        "Hip-Hop", "Rock", "Pop", None, None, "Hip-Hop",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("subset", "n"), [("small", 3), ("medium", 4), ("large", 6), ("full", 6), (None, 6)]
)
def test_subsets_hold_one_another(fma, tmp_path, subset, n):
    assert gather(fma, tmp_path / "t.corpus", subset=subset)[0].stored == n


def test_the_folder_s_name_tells_the_subset(fma, tmp_path):
    small = fma.rename(tmp_path / "fma_small")
    assert gather(small, tmp_path / "t.corpus")[0].stored == 3


def test_absent_recordings_are_counted_and_come_in_later(fma, tmp_path):
    (fma / "000/000003.mp3").rename(tmp_path / "kept.mp3")
    summary, _ = gather(fma, tmp_path / "t.corpus")
    assert (summary.stored, dict(summary.dropped)) == (5, {"no recording": 1})
    with Corpus(tmp_path / "t.corpus") as corpus:
        ((*_, detail),) = corpus.journal.drops()
    assert detail == f"no recording 000/000003.mp3 in {fma}"
    (tmp_path / "kept.mp3").rename(fma / "000/000003.mp3")
    summary, tracks = gather(fma, tmp_path / "t.corpus")
    assert (summary.read, summary.stored, len(tracks)) == (1, 1, 6)
    with Corpus(tmp_path / "t.corpus") as corpus:
        assert dict(corpus.info().drops) == {}


def test_damaged_rows_are_named(fma, tmp_path):
    with (tmp_path / "fma_metadata/tracks.csv").open("a", newline="") as file:
        csv.writer(file).writerows([["x1", *("" for _ in NAMES)], ["7", "short"]])
    summary, _ = gather(fma, tmp_path / "t.corpus")
    assert summary.stored == 6 and summary.n_faults == 2
    assert "tracks.csv: line" in summary.faults[0]
    assert "'x1', 53 values; expected a track id and 52 values" in summary.faults[0]
    assert "'7', 2 values; expected" in summary.faults[1]


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("tracks.csv", "track_id,title\n2,Food\n", "no column album,date_released; expected FMA's"),
        ("tracks.csv", None, "tracks.csv: no such file; expected FMA's tracks.csv"),
        ("genres.csv", "id,title\n", "its columns are id, title; expected genre_id, #tracks"),
        ("genres.csv", "genre_id,title,top_level\nx,Rock,1\n", "line 2: expected whole numbers"),
        ("genres.csv", None, "no such file; expected FMA's genres.csv"),
        ("echonest.csv", "a\nb\nc\n", "no column echonest,audio_features,acousticness"),
    ],
)
def test_tables_that_do_not_fit_are_one_sentence(fma, tmp_path, file, content, sentence):
    path = tmp_path / "fma_metadata" / file
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(DataError, match=sentence) as caught:
        FmaSource(fma).items()
    assert str(caught.value).startswith(str(path))


def test_wrong_use(fma, tmp_path):
    with pytest.raises(UsageError, match=r"no folder 000, 001\.\.\. in it"):
        FmaSource(tmp_path)
    with pytest.raises(DataError, match=r"no such folder; expected one with tracks\.csv"):
        FmaSource(fma, metadata=tmp_path / "absent")
    (tmp_path / "alone").mkdir()
    fma = fma.rename(tmp_path / "alone/fma_full")
    with pytest.raises(DataError, match="no fma_metadata beside it; give --metadata"):
        FmaSource(fma)


def test_genres_lead_to_their_top(tmp_path):
    genres = read_genres(write_metadata(tmp_path, []) / "genres.csv")
    assert len(genres) == len(GENRES) and genres[25] == FmaGenre(title="Punk", top_level=12)
    assert top_genre([25, 26], genres) == "Rock"
    assert top_genre([25, 10], genres) is None
    assert top_genre([], genres) is None and top_genre([9999], genres) is None
