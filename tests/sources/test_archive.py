"""Archives of every shape: the same tracks come out, and what is wrong is named."""

from __future__ import annotations

import copy
import gzip
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sources.archives import as_lines, million_song_id, record, segment, write

from genrelab.errors import DataError, UsageError
from genrelab.music.corpus import Corpus
from genrelab.music.tracks import Track
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.collecting import CollectSummary, collect

RECORDS = [record(i) for i in range(7)]


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    with Corpus(tmp_path / "t.corpus", "write") as opened:
        yield opened


def imported(corpus: Corpus, *paths: Path, **options: Any) -> CollectSummary:
    return collect(ArchiveSource(paths, **options), corpus)


def only_track(corpus: Corpus) -> Track:
    (track,) = corpus.tracks()
    return track


SHAPES: dict[str, bytes | list[Any] | dict[str, Any]] = {
    "a.jsonl": RECORDS,
    "a.jsonl.gz": RECORDS,
    "a.jsonl.zst": RECORDS,
    "a.ndjson": as_lines(RECORDS),
    "list.json": RECORDS,
    "list.json.gz": RECORDS,
    "list.json.zst": RECORDS,
    "indented.json": json.dumps(RECORDS, indent=2).encode(),
    "map.json": {r["track_id"]: {k: v for k, v in r.items() if k != "track_id"} for r in RECORDS},
    "lines.json": as_lines(RECORDS),
    "pretty.json": "\n".join(json.dumps(r, indent=1) for r in RECORDS).encode(),
    "two_members.jsonl.gz": gzip.compress(as_lines(RECORDS)[:1000])
    + gzip.compress(as_lines(RECORDS)[1000:]),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_gives_the_same_tracks(tmp_path: Path, corpus: Corpus, name: str) -> None:
    path = tmp_path / name
    content = SHAPES[name]
    if name.startswith("two_members"):
        assert isinstance(content, bytes)
        path.write_bytes(content)
    else:
        write(path, content)
    summary = imported(corpus, path)
    assert (summary.read, summary.stored, summary.n_faults) == (7, 7, 0)
    track = next(corpus.tracks())
    assert (track.id, track.genre, track.artist) == (
        f"msd-{million_song_id(0)}",
        "Blues",
        "Artist 0",
    )
    analysis = corpus.analysis(track.id)
    assert analysis is not None
    assert (analysis.analyzer, analysis.dialect, analysis.track.tempo) == ("MSD record", "msd", 120)
    np.testing.assert_array_equal(analysis.segments.timbre[1], np.arange(1, 13, dtype=np.float32))
    np.testing.assert_array_equal(analysis.segments.start, [0, 0.25, 0.5])


def test_a_folder_is_all_archives_in_it_and_nothing_else(tmp_path: Path, corpus: Corpus) -> None:
    folder = tmp_path / "archive"
    (folder / "more").mkdir(parents=True)
    write(folder / "b.jsonl.gz", RECORDS[:4])
    write(folder / "more" / "a.json", RECORDS[4:])
    (folder / "folds.csv").write_text("track,fold\n")
    summary = imported(corpus, folder)
    assert (summary.items, summary.stored) == (2, 7)


ANALYSIS = {
    "meta": {"analyzer_version": "4.0.0"},
    "track": {"duration": 1.0, "tempo": 99.5, "num_samples": 22050},
    "bars": [{"start": 0, "duration": 1, "confidence": 0.5}],
    "sections": [{"start": 0, "duration": 1, "confidence": 1, "key": 3}],
    "segments": [segment(0), segment(1)],
}


def test_responses_of_spotify_with_labels(tmp_path: Path, corpus: Corpus) -> None:
    folder = tmp_path / "responses"
    (folder / "sub").mkdir(parents=True)
    write(folder / "7zjSZQkMoGKylSq6s1rK9Y.json", ANALYSIS)
    write(folder / "sub" / "song two.json.gz", ANALYSIS)
    write(folder / "three.json", ANALYSIS)
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "file,genre,artist,title,note\n7zjSZQkMoGKylSq6s1rK9Y.json,hip hop,A,T,x\n"
        "sub/song two,Zydeco,,,\n"
    )
    summary = imported(corpus, folder, labels=labels)
    assert (summary.stored, summary.without_genre, summary.without_artist) == (3, 1, 2)
    tracks = {t.id: t for t in corpus.tracks()}
    spotify = tracks["spotify-7zjSZQkMoGKylSq6s1rK9Y"]
    assert (spotify.genre, spotify.artist, spotify.title) == ("Hip-Hop", "A", "T")
    assert sorted(t.genre or "" for t in tracks.values()) == ["", "Hip-Hop", "Zydeco"]
    analysis = corpus.analysis(spotify.id)
    assert analysis is not None
    assert (analysis.analyzer, analysis.dialect) == ("4.0.0", "spotify")
    assert (analysis.bars[0].confidence, analysis.sections[0].key) == (0.5, 3)


def test_files_called_analysis_are_named_after_their_folder(tmp_path: Path, corpus: Corpus) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "analysis.json.gz", ANALYSIS)
    imported(corpus, *(tmp_path / name / "analysis.json.gz" for name in ("one", "two")))
    assert [t.id for t in corpus.tracks()] == ["archive-one", "archive-two"]


def test_the_web_api_s_three_answers_in_one(tmp_path: Path, corpus: Corpus) -> None:
    wrapped = {
        "track": {
            "id": "7zjSZQkMoGKylSq6s1rK9Y",
            "name": "Song",
            "artists": [{"id": "a1", "name": "First"}, {"id": "a2", "name": "Second"}],
            "album": {"id": "b", "name": "Album", "release_date": "1980-03-28"},
            "external_ids": {"isrc": "GBAAA9400438"},
        },
        "audio_features": {"danceability": 0.6, "id": "7zjSZQkMoGKylSq6s1rK9Y"},
        "audio_analysis": ANALYSIS,
        "genre": "Rap",
    }
    imported(corpus, write(tmp_path / "t.jsonl", [wrapped]))
    track = only_track(corpus)
    assert track.id == "spotify-7zjSZQkMoGKylSq6s1rK9Y"
    assert (track.title, track.artist, track.artist_id) == ("Song", "First", "a1")
    assert (track.album, track.isrc, track.genre) == ("Album", "GBAAA9400438", "Hip-Hop")
    assert track.audio_features == {"danceability": 0.6, "id": "7zjSZQkMoGKylSq6s1rK9Y"}
    assert track.tags == {
        "genre": "Rap",
        "release_date": "1980-03-28",
        "artists": ["First", "Second"],
    }


def test_the_papers_records_with_features_at_the_top(tmp_path: Path, corpus: Corpus) -> None:
    flat = {
        "uri": "spotify:track:7zjSZQkMoGKylSq6s1rK9Y", "Genre": "Jazz", "danceability": 0.5,
        "tempo": 101.5, "key": 5, "segments": [segment(0)],
    }  # fmt: skip
    imported(corpus, write(tmp_path / "t.json", [flat]), dialect="spotify")
    track = only_track(corpus)
    analysis = corpus.analysis(track.id)
    assert analysis is not None
    assert track.audio_features == {"danceability": 0.5, "key": 5, "tempo": 101.5}
    assert (analysis.track.tempo, analysis.track.key, analysis.dialect) == (101.5, 5, "spotify")


@pytest.mark.parametrize(
    ("native_id", "dialect", "expected"),
    [
        (million_song_id(1), None, ("MSD record", "msd")),
        (million_song_id(1), "echonest", ("unknown", "echonest")),
        ("mine/1", None, ("unknown", "unknown")),
        ("mine/1", "echonest", ("unknown", "echonest")),
    ],
)
def test_dialects(
    tmp_path: Path, corpus: Corpus, native_id: str, dialect: Any, expected: tuple[str, str]
) -> None:
    imported(corpus, write(tmp_path / "t.jsonl", [record(1, track_id=native_id)]), dialect=dialect)
    analysis = corpus.analysis(only_track(corpus).id)
    assert analysis is not None
    assert (analysis.analyzer, analysis.dialect) == expected


def test_missing_durations_are_derived(tmp_path: Path, corpus: Corpus) -> None:
    bare = record(0)
    for part in bare["segments"]:
        del part["duration"]
    imported(corpus, write(tmp_path / "t.jsonl", [bare]))
    analysis = corpus.analysis(only_track(corpus).id)
    assert analysis is not None
    np.testing.assert_allclose(analysis.segments.duration, [0.25, 0.25, 0.25])


def changed(change: Callable[[dict[str, Any]], Any]) -> bytes:
    value = copy.deepcopy(record(1))
    change(value)
    return json.dumps(value).encode()


BAD_RECORDS = {
    "11 values": (changed(lambda r: r["segments"][2]["timbre"].pop()), r"segments\[2\].timbre"),
    "NaN": (changed(lambda r: r["segments"][1].update(start=float("nan"))), r"\[1\].start.*NaN"),
    "negative": (changed(lambda r: r["segments"][1].update(duration=-1)), r"\[1\].duration is -1"),
    "negative track": (changed(lambda r: r["track"].update(duration=-1)), "track.duration is -1"),
    "negative bar": (
        changed(lambda r: r.update(bars=[{"start": 0, "duration": -2, "confidence": 1}])),
        r"bars\[0\].duration is -2",
    ),
    "text": (changed(lambda r: r["segments"][0].update(start="0")), "expected `float`, got `str`"),
    "half": (json.dumps(record(1)).encode()[:300], "expected one whole object"),
    "not UTF-8": (b'{"track_id": "\xff"}', "expected JSON in UTF-8"),
    "a number": (b"17", "expected `object`, got `int`"),
}


@pytest.mark.parametrize("kind", BAD_RECORDS)
def test_one_bad_line_is_named_and_the_rest_goes_on(
    tmp_path: Path, corpus: Corpus, kind: str
) -> None:
    raw, expected = BAD_RECORDS[kind]
    path = write(tmp_path / "t.jsonl", as_lines([record(0)]) + raw + b"\n" + as_lines([record(2)]))
    summary = imported(corpus, path)
    assert (summary.stored, dict(summary.dropped)) == (2, {"unreadable": 1})
    (sentence,) = summary.faults
    assert sentence.startswith(f"{path}: line 2") and "\n" not in sentence
    with pytest.raises(AssertionError, match=expected):
        raise AssertionError(sentence)
    again = imported(corpus, path)
    assert (again.read, again.finished_before, again.faults) == (0, 1, summary.faults)


LONG = as_lines([record(i, segments=40) for i in range(60)])
FATAL = {
    "cut.jsonl.gz": (gzip.compress(LONG)[:-900], "truncated gzip"),
    "empty.json": (b"", "is empty; expected JSON"),
    "cut.json": (json.dumps([record(0), record(1)]).encode()[:-50], "middle of record 2"),
    "text.json": (b"hello", "begins with 'hello'"),
    "fake.json.gz": (b"\x1f\x8bhello", "damaged gzip"),
    "fake.json.zst": (b"\x28\xb5\x2f\xfd\xff\xff\xff", "zstd"),
}  # fmt: skip


@pytest.mark.parametrize("name", FATAL)
def test_a_file_that_breaks_off_stays_unfinished(tmp_path: Path, corpus: Corpus, name: str) -> None:
    raw, expected = FATAL[name]
    (tmp_path / name).write_bytes(raw)
    good = write(tmp_path / "z.jsonl", [record(99)])
    summary = imported(corpus, tmp_path / name, good)
    assert summary.unfinished == (str(tmp_path / name),)
    assert expected in summary.faults[0] and summary.stored >= 1
    assert corpus.info().unfinished_imports == 1
    again = imported(corpus, tmp_path / name, good)
    assert (again.read, again.n_faults) == (0, 1)


def test_truncated_zstd(tmp_path: Path, corpus: Corpus) -> None:
    path = write(tmp_path / "t.jsonl.zst", [record(i, segments=20) for i in range(50)])
    path.write_bytes(path.read_bytes()[:-200])
    summary = imported(corpus, path)
    assert "truncated zstd" in summary.faults[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes and links are POSIX's")
def test_links_to_nowhere_and_pipes_are_named(tmp_path: Path, corpus: Corpus) -> None:
    write(tmp_path / "a.jsonl", RECORDS)
    (tmp_path / "dead.json").symlink_to("nowhere")
    (tmp_path / "itself.json").symlink_to("itself.json")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    summary = imported(corpus, tmp_path)
    assert summary.stored == len(RECORDS)
    assert [fault.removeprefix(f"{tmp_path}/").partition(":")[0] for fault in summary.faults] == [
        "dead.json", "itself.json", "pipe.json",
    ]  # fmt: skip
    assert "(not a regular file)" in imported(corpus, tmp_path / "pipe.json").faults[0]
    (found,) = ArchiveSource([tmp_path / "pipe.json"]).records()
    assert "not a regular file" in getattr(found, "sentence", "")


def test_wrong_requests(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(DataError, match="no such file or folder"):
        ArchiveSource([tmp_path / "absent.json"])
    with pytest.raises(UsageError, match="unknown kind of file"):
        ArchiveSource([tmp_path / "x.txt"])
    with pytest.raises(UsageError, match="no archive in this folder"):
        ArchiveSource([tmp_path])
    with pytest.raises(UsageError, match="expected one of spotify"):
        ArchiveSource([tmp_path], dialect="x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"name,style\nx,y\n", "its columns are name, style; expected a header with genre"),
        (b"", "its columns are none"),
        (b"file,genre\nx\n", "line 2: 1 values; expected 2"),
        (b"file,genre\n\xff,x\n", "not UTF-8"),
    ],
)
def test_labels_that_are_none(tmp_path: Path, text: bytes, expected: str) -> None:
    write(tmp_path / "t.jsonl", [record(0)])
    (tmp_path / "labels.csv").write_bytes(text)
    with pytest.raises(DataError, match=expected):
        ArchiveSource([tmp_path / "t.jsonl"], labels=tmp_path / "labels.csv")


def test_other_labels_and_other_dialects_read_again(tmp_path: Path, corpus: Corpus) -> None:
    path = write(tmp_path / "t.jsonl", [record(0, Genre=None, track_id="x1")])
    labels = tmp_path / "labels.csv"
    assert imported(corpus, path).stored == 1
    for genre in ("Rock", "Jazz"):
        labels.write_text(f"track_id,genre\nx1,{genre}\n")
        assert imported(corpus, path, labels=labels).updated == 1
        assert only_track(corpus).genre == genre
    labels.write_text("track_id,genre\nx1,Rock\nx1,Jazz\n")
    summary = imported(corpus, path, labels=labels)
    assert (dict(summary.dropped), summary.removed) == ({"two genres": 1}, 1)


def test_real_input(data_dir: Path, corpus: Corpus) -> None:
    archive = data_dir / "echonest" / "tracks-12.jsonl.gz"
    if not archive.is_file():
        pytest.skip(f"no {archive}")
    summary = imported(corpus, archive, data_dir / "spotify_json")
    with gzip.open(archive) as file:
        expected = [json.loads(line) for line in file]
    assert summary.stored == len(expected) + 42
    for one in expected[:5]:
        ((_, segments),) = corpus.segments([f"msd-{one['track_id']}"])
        timbre = np.array([s["timbre"] for s in one["segments"]], dtype=np.float32)
        np.testing.assert_array_equal(segments.timbre, timbre)
    assert corpus.info().dialects == {"msd": len(expected), "spotify": 42}
