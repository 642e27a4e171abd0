"""The command ``collect folder --match``: linked, counted, analyzed; wrong use in a sentence."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from tests.analyzer.sounds import tone, write_sound
from tests.cli.commands import assert_one_error, genrelab
from tests.sources.tagged_sounds import song, tag
from tests.sources.unheard_tracks import PlaylistSource, unheard

from genrelab.cli import main
from genrelab.music.corpus import Corpus
from genrelab.sources.collecting import collect

SR = 22_050


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Three seconds of a tone each: of two tracks, of none, and what no tag tells."""
    folder = tmp_path / "music"
    tags = [
        {"title": "Alpha", "artist": "A feat. B"},
        {"title": "Another Name", "isrc": "US-RC1-76-07839"},
        {"title": "Alpha (Live)", "artist": "A"},
        {},
    ]
    for number, values in enumerate(tags):
        path = folder / f"{number}.flac"
        folder.mkdir(exist_ok=True)
        write_sound(path, tone(3.0, SR, hz=220.0 * (number + 1)), SR)
        tag(path, **values)
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    length = {"duration_ms": 4_500}
    tracks = [
        unheard(0, "Alpha", "A", tags={**length, "artists": ["A", "B"]}),
        unheard(1, "Beta", "B", tags=length, isrc="USRC17607839"),
        unheard(2, "Gamma", "C", tags=length),
    ]
    path = tmp_path / "playlists.corpus"
    with Corpus(path, "write") as opened:
        collect(PlaylistSource(tracks), opened)
    return path


def counts(out: str) -> dict[str, int]:
    return {row["what"]: int(row["count"]) for row in csv.DictReader(io.StringIO(out))}


def test_from_metadata_alone_to_analyses(music: Path, corpus: Path) -> None:
    words = ("collect", "folder", music, "--match", corpus, "--format", "csv")
    first = genrelab(*words)
    assert first.returncode == 0
    assert counts(first.stdout) == {
        "recordings": 4,
        "recordings looked at before": 0,
        "recordings not read": 0,
        "recordings linked to a track": 2,
        "dropped: no match": 2,
        "tracks with a recording": 2,
        "tracks without a recording": 1,
    }
    assert first.stderr.startswith("note: `genrelab corpus info ") and "--left-out" in first.stderr
    again = genrelab(*words, "-o", corpus)
    assert again.returncode == 0 and "nothing new" in again.stderr
    assert counts(again.stdout)["recordings looked at before"] == 4
    assert counts(again.stdout)["tracks with a recording"] == 2
    analyzed = genrelab("analyze", "--corpus", corpus, "--jobs", 1)
    assert analyzed.returncode == 0, analyzed.stderr
    with Corpus(corpus) as opened:
        assert sorted(opened.analyzers()) == ["playlist-0", "playlist-1"]
        for number in range(2):
            analysis = opened.analysis(f"playlist-{number}")
            assert analysis is not None and analysis.track.duration == pytest.approx(3.0, abs=0.01)
        assert [track.genre for track in opened.tracks()] == ["Rock"] * 3
        assert opened.check() == []


WRONG = [
    (["--genres", "Rock"], "--genres makes no sense with --match: the tracks of "),
    (["--genre-map", "map.csv"], "--genre-map makes no sense with --match: the tracks of "),
    (["--genre-from", "tags"], "--genre-from makes no sense with --match: the tracks of "),
    (["--labels", "labels.csv"], "--labels makes no sense with --match: the tracks of "),
    (["-o", "other.corpus"], "-o is other.corpus, but --match is "),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG)
def test_wrong_use_is_one_sentence(
    options: list[str],
    sentence: str,
    music: Path,
    corpus: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["collect", "folder", str(music), "--match", str(corpus), *options]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"error: {sentence}")
    assert_one_error(err)


def test_where_to_must_be_said(
    music: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["collect", "folder", str(music)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: collect folder: give -o CORPUS, where the recordings shall go")
    assert_one_error(err)
    absent = tmp_path / "absent.corpus"
    assert main(["collect", "folder", str(music), "--match", str(absent)]) == 1
    err = capsys.readouterr().err
    assert "absent.corpus: no such corpus; `genrelab collect` makes one" in err
    assert_one_error(err)
    assert not absent.exists()


def test_unreadable_recordings_are_named_and_end_in_1(
    tmp_path: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    song(folder / "a.mp3", title="Beta", artist="B", isrc="USRC17607839")
    (folder / "gone.mp3").symlink_to("absent")
    assert main(["collect", "folder", str(folder), "--match", str(corpus), "--format", "csv"]) == 1
    out, err = capsys.readouterr()
    found = counts(out)
    assert (found["recordings not read"], found["recordings linked to a track"]) == (1, 1)
    assert err.startswith(f"error: {folder / 'gone.mp3'}: cannot be read") and err.count("\n") == 1
