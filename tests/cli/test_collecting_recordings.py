"""The commands ``collect folder``, ``gtzan``, ``fma`` and ``with``, and the official split."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from tests.sources.free_music import a_track, write_audio, write_metadata
from tests.sources.gtzan_clips import write_clips, write_lists
from tests.sources.tagged_sounds import song
from tests.sources.test_own_sources import RADIO

from genrelab.cli import main
from genrelab.learning.runs import load_run
from genrelab.music.corpus import Corpus

Captured = pytest.CaptureFixture[str]
COMMANDS = ("folder", "archive", "gtzan", "fma", "msd", "with")


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    song(folder / "rap/a.mp3", seed=1, genre="Rock", artist="A")
    song(folder / "VG/b.mp3", seed=2, genre="Rock", artist="B")
    song(folder / "60s/c.mp3", seed=3, genre="Jazz", artist="C")
    return folder


def collect(*args: object, status: int = 0) -> None:
    assert main(["collect", *map(str, args), "--format", "csv"]) == status


def counts(capsys: Captured) -> tuple[dict[str, int], str]:
    out, err = capsys.readouterr()
    return {row["what"]: int(row["count"]) for row in csv.DictReader(io.StringIO(out))}, err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples(command: str, capsys: Captured) -> None:
    assert main(["collect", command, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"\n    genrelab collect {command} " in out
    assert "--genres" in out and "--genre-map" in out


def test_genres_that_no_table_knows_are_listed(
    music: Path, tmp_path: Path, capsys: Captured
) -> None:
    corpus = tmp_path / "t.corpus"
    collect("folder", music, "-o", corpus)
    found, err = counts(capsys)
    assert found["tracks stored"] == 3
    assert (found["genre in no table: VG"], found["genre in no table: 60s"]) == (1, 1)
    assert err.startswith("note: no table knows the genres 60s 1, VG 1; they stay as they are")
    (tmp_path / "map.csv").write_text("name,genre\nVG,Game Music\n60s,\n")
    collect("folder", music, "--genre-map", tmp_path / "map.csv", "-o", corpus)
    found, err = counts(capsys)
    assert (found["tracks updated"], found["without genre"], err) == (3, 1, "")
    with Corpus(corpus) as opened:
        assert opened.genre_counts() == {"Game Music": 1, "Hip-Hop": 1}


def test_genres_can_be_chosen(music: Path, tmp_path: Path, capsys: Captured) -> None:
    corpus = tmp_path / "t.corpus"
    collect("folder", music, "--genre-from", "tags", "--genres", "rock music", "-o", corpus)
    found, err = counts(capsys)
    assert (found["tracks stored"], found["dropped: genre not asked for"], err) == (2, 1, "")
    collect("folder", music, "--genres", "Hip-Hop,Zydeco", "-o", corpus, status=2)
    _, err = counts(capsys)
    assert err == ("error: --genres: no track is 'Zydeco'; the genres found are 60s, Hip-Hop, VG\n")


WRONG = [
    (["--genres", " , "], "--genres ' , ' names none; expected for example Rock,Jazz", 2),
    (["--genre-from", "labels"], "genres shall come from labels, and there are none", 2),
    (["--labels", "absent.csv"], "absent.csv: no such file; expected a file of labels", 1),
    (["--genre-map", "absent.csv"], "absent.csv: no such file; expected a CSV of name,genre", 1),
]


@pytest.mark.parametrize(("options", "sentence", "status"), WRONG)
def test_wrong_use_is_one_sentence(
    options: list[str], sentence: str, status: int, music: Path, tmp_path: Path, capsys: Captured
) -> None:
    collect("folder", music, *options, "-o", tmp_path / "t.corpus", status=status)
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"error: {sentence}") and err.count("\n") == 1
    assert not (tmp_path / "t.corpus").exists()


def test_gtzan_counts_its_parts(tmp_path: Path, capsys: Captured) -> None:
    folder, lists = write_clips(tmp_path / "genres"), write_lists(tmp_path / "lists")
    collect("gtzan", folder, "--split-lists", lists, "-o", tmp_path / "t.corpus")
    found, err = counts(capsys)
    assert err == "" and found["tracks stored"] == 12
    parts = {what: n for what, n in found.items() if what.startswith("official split")}
    assert parts == {
        f"official split: {part}": 3 for part in ("left out", "test", "train", "valid")
    }


def test_fma_counts_what_is_absent(tmp_path: Path, capsys: Captured) -> None:
    tracks = [a_track(2), a_track(3), a_track(5, track_genre_top="", track_genres_all="[10]")]
    metadata = write_metadata(tmp_path / "meta", tracks)
    folder = write_audio(tmp_path / "fma_small", [2, 5])
    options = ("--metadata", metadata, "--subset", "small", "--genre-from", "all")
    collect("fma", folder, *options, "-o", tmp_path / "t.corpus")
    found, err = counts(capsys)
    assert (found["tracks stored"], found["dropped: no recording"], err) == (2, 1, "")
    with Corpus(tmp_path / "t.corpus") as opened:
        assert opened.genre_counts() == {"Hip-Hop": 1, "Pop": 1}


def test_with_a_source_of_one_s_own(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "radio.py").write_text(RADIO)
    (tmp_path / "songs.csv").write_text("a,rap\nb,Rock\n")
    words = (tmp_path / "radio.py", tmp_path / "songs.csv", "--genres", "Rock")
    collect("with", *words, "-o", tmp_path / "t.corpus")
    found, _ = counts(capsys)
    assert (found["tracks stored"], found["dropped: genre not asked for"]) == (1, 1)


def test_training_on_the_official_split(
    synthetic_corpus: Path, tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "official.corpus"
    shares = ("train", "train", "train", "valid", "test", "left out")
    with Corpus(synthetic_corpus) as given, Corpus(path, "write") as corpus, corpus.transaction():
        for track in given.tracks():
            part = shares[int(track.id.rpartition(".")[2]) % len(shares)]
            corpus.put(replace(track, tags={"split": part}), given.analysis(track.id))
    settings = ("min_tracks=5", "max_epochs=1", "segments=64")
    words = [word for setting in settings for word in ("--set", setting)]
    command = ["train", str(path), "balanced-timbre", "--split", "official", *words]
    assert main([*command, "-o", str(tmp_path / "run")]) == 0
    assert "more than one part" in capsys.readouterr().err
    run = load_run(tmp_path / "run")
    assert run.recipe.split == "official"
    sizes = {part: len(run.split()[part]) for part in ("train", "valid", "test")}
    assert sizes == {"train": 48, "valid": 16, "test": 16}
