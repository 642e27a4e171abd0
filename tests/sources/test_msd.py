"""Million Song files: derived durations, decoded bytes, stripped files, labels."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sources.archives import million_song_id
from tests.sources.million_songs import write_million_song

from genrelab.errors import DataError, MissingExtraError, UsageError
from genrelab.music.corpus import Corpus
from genrelab.sources import msd
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.collecting import collect
from genrelab.sources.msd import MsdSource


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    with Corpus(tmp_path / "t.corpus", "write") as opened:
        yield opened


def test_a_file_is_a_track_with_all_its_fields(tmp_path: Path, corpus: Corpus) -> None:
    write_million_song(tmp_path, 1)
    assert collect(MsdSource(tmp_path), corpus).stored == 1
    (track,) = corpus.tracks()
    assert track.id == f"msd-{million_song_id(1)}"
    assert (track.title, track.artist, track.artist_id) == ("Título", "Artist", "AR1")
    assert (track.album, track.genre) == ("Album", None)
    assert track.tags == {"year": 1999, "artist_terms": [["blues", 1.0], ["rock", 0.5]]}
    analysis = corpus.analysis(track.id)
    assert analysis is not None
    assert (analysis.analyzer, analysis.dialect) == ("MSD record", "msd")
    assert (analysis.track.duration, analysis.track.key, analysis.track.tempo) == (2.25, 3, 120.5)
    np.testing.assert_array_equal(analysis.segments.duration, [0.5, 0.5, 0.5, 0.75])
    np.testing.assert_array_equal(analysis.segments.timbre, np.arange(48).reshape(4, 12))
    assert np.isnan(analysis.segments.loudness_end).all()
    assert [bar.duration for bar in analysis.bars] == [0.5, 0.5, 0.5, 0.75]
    assert [part.confidence for part in analysis.sections] == [0, 0, 0, 0]


STRIPPED = [
    {"analysis/tatums_start", "analysis/tatums_confidence", "analysis/sections_start"},
    {"musicbrainz/songs", "metadata/artist_terms", "analysis/segments_loudness_start"},
    {"metadata/songs", "analysis/segments_confidence", "metadata/artist_terms_weight"},
    {"analysis/songs"},
]


@pytest.mark.parametrize("without", STRIPPED)
def test_stripped_files_are_read(tmp_path: Path, corpus: Corpus, without: set[str]) -> None:
    write_million_song(tmp_path, 1, without=without)
    empty = {"analysis/beats_start": np.zeros(0), "analysis/beats_confidence": np.zeros(0)}
    write_million_song(tmp_path, 2, **empty)
    summary = collect(MsdSource(tmp_path), corpus)
    assert (summary.stored, summary.n_faults) == (2, 0)


NO_SEGMENTS = {f"analysis/segments_{name}" for name in ("start", "timbre", "pitches")}


def test_a_file_without_segments_is_dropped(tmp_path: Path, corpus: Corpus) -> None:
    write_million_song(tmp_path, 1, without=NO_SEGMENTS)
    assert collect(MsdSource(tmp_path), corpus).dropped == {"no segments": 1}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"analysis/segments_timbre": np.zeros((4, 11))}, r"\(4, 11\); expected \(4, 12\)"),
        ({"analysis/segments_pitches": np.full((4, 12), np.nan)}, "expected a finite number"),
        ({"analysis/segments_start": np.array([0.0, 2, 1, 3])}, "increasing starts"),
    ],
)
def test_values_that_do_not_fit_are_named(
    tmp_path: Path, corpus: Corpus, changes: dict[str, Any], expected: str
) -> None:
    path = write_million_song(tmp_path, 1, **changes)
    write_million_song(tmp_path, 2)
    summary = collect(MsdSource(tmp_path), corpus)
    assert summary.stored == 1 and summary.faults[0].startswith(str(path))
    with pytest.raises(AssertionError, match=expected):
        raise AssertionError(summary.faults[0])


def test_labels_take_the_first_genre_and_refuse_two(tmp_path: Path, corpus: Corpus) -> None:
    names = [million_song_id(i) for i in range(4)]
    for number in range(4):
        write_million_song(tmp_path, number)
    labels = tmp_path / "labels.cls"
    labels.write_text(
        f"# comment\n{names[0]}\tRap\n{names[1]}\tRnB\tPop_Rock\n"
        f"{names[2]}\tRock\n{names[2]}\tJazz\n{names[2]}\tRock\n"
    )
    summary = collect(MsdSource(tmp_path, labels=labels), corpus)
    assert {t.native_id: t.genre for t in corpus.tracks()} == {
        names[0]: "Hip-Hop", names[1]: "R&B", names[3]: None,
    }  # fmt: skip
    assert summary.dropped == {"two genres": 1}
    assert "Rock and Jazz" in next(corpus.journal.drops())[4]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes and links are POSIX's")
def test_links_to_nowhere_and_pipes_are_named(tmp_path: Path, corpus: Corpus) -> None:
    write_million_song(tmp_path, 1)
    (tmp_path / "dead.h5").symlink_to("nowhere")
    (tmp_path / "itself.h5").symlink_to("itself.h5")
    os.mkfifo(tmp_path / "pipe.h5")
    summary = collect(MsdSource(tmp_path), corpus)
    assert summary.stored == 1
    assert [fault.removeprefix(f"{tmp_path}/").partition(":")[0] for fault in summary.faults] == [
        "dead.h5", "itself.h5", "pipe.h5",
    ]  # fmt: skip
    assert "(not a regular file)" in summary.faults[2]


def test_wrong_requests(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        MsdSource(tmp_path / "absent")
    with pytest.raises(UsageError, match=r"no \.h5 file"):
        MsdSource(tmp_path)
    write_million_song(tmp_path, 1)
    (tmp_path / "l.cls").write_text("no tab here\n")
    with pytest.raises(DataError, match="line 1: 'no tab here'; expected a track id, a tab"):
        MsdSource(tmp_path, labels=tmp_path / "l.cls")


def test_without_h5py_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ImportError(name)

    write_million_song(tmp_path, 1)
    monkeypatch.setattr(msd.importlib, "import_module", refuse)
    with pytest.raises(MissingExtraError, match=r"pip install 'genrelab\[msd\]'"):
        MsdSource(tmp_path)


def test_real_files_equal_the_archive_made_from_them(
    data_dir: Path, corpus: Corpus, tmp_path: Path
) -> None:
    folder = data_dir / "msd_h5"
    archive = data_dir / "echonest" / "tracks-00.jsonl.gz"
    if not folder.is_dir() or not archive.is_file():
        pytest.skip(f"no {folder} or no {archive}")
    summary = collect(MsdSource(folder, labels=folder / "tagtraum_subset.cls"), corpus)
    assert (summary.stored, summary.without_genre) == (24, 0)
    with Corpus(tmp_path / "archive.corpus", "write") as other:
        collect(ArchiveSource([archive]), other)
        genres = {t.id: (t.genre, t.title) for t in other.tracks()}
        both = [t for t in corpus.tracks() if t.id in genres]
        assert both
        assert all((t.genre, t.title) == genres[t.id] for t in both)
        ids = [t.id for t in both]
        for (_, ours), (_, theirs) in zip(corpus.segments(ids), other.segments(ids), strict=True):
            for name in ("timbre", "pitches", "confidence", "loudness_max", "loudness_start"):
                np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
            np.testing.assert_allclose(ours.start, theirs.start, atol=3e-5)  # archived to 10 us
            np.testing.assert_allclose(ours.duration, theirs.duration, atol=5e-5)
