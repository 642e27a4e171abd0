"""Questions: what names, folders and lists stand for, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from genrelab.errors import DataError, UsageError
from genrelab.workflows.questions import Question, find_questions, read_list


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    (folder / "Rock").mkdir(parents=True)
    for name in ("Rock/b.mp3", "Rock/a.wav", "c.flac", "c.json", "cover.jpg"):
        (folder / name).touch()
    return folder


def found(*inputs: object) -> list[tuple[str, str]]:
    return [(one.kind, one.sentence or one.path.name) for one in find_questions(list(inputs))]


def test_files_are_told_by_their_names_and_keep_their_order(music):
    names = ["z.mp3", "a.jsonl.gz", "no ending", "b.json", "x.ndjson.zst", "y.JSON"]
    kinds = ["recording", "archive", "recording", "archive", "archive", "recording"]
    assert found(*names) == list(zip(kinds, names, strict=True))


def test_a_folder_is_its_recordings_or_else_its_archives(music, tmp_path):
    assert found(music) == [("recording", n) for n in ("a.wav", "b.mp3", "c.flac")]
    analyses = tmp_path / "analyses"
    (analyses / "deep").mkdir(parents=True)
    for name in ("b.json", "deep/a.jsonl", "notes.txt"):
        (analyses / name).touch()
    assert found(analyses, music / "c.flac") == [
        ("archive", "b.json"), ("archive", "a.jsonl"), ("recording", "c.flac")
    ]  # fmt: skip


def test_what_is_named_twice_counts_once(music, monkeypatch):
    monkeypatch.chdir(music)
    Path("link.flac").symlink_to("c.flac")
    assert found("c.flac", "./c.flac", music / "c.flac", "link.flac", ".") == [
        ("recording", "c.flac"), ("recording", "a.wav"), ("recording", "b.mp3")
    ]  # fmt: skip


def test_what_cannot_be_asked_about_is_a_sentence_in_its_place(music, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").touch()
    address = "https://example.org/song.mp3"
    sentences = dict.fromkeys((tmp_path / "empty", tmp_path / "run", "x.corpus", address))
    (kind, last), *faults = reversed(found(*sentences, music / "c.flac"))
    assert (kind, last) == ("recording", "c.flac")
    assert [kind for kind, _ in faults] == ["fault"] * 4
    said = dict(zip(sentences, [sentence for _, sentence in reversed(faults)], strict=True))
    assert all(sentence.startswith(f"{name}: ") for name, sentence in said.items())
    assert "no recording in this folder" in said[tmp_path / "empty"]
    assert said[tmp_path / "run"].endswith(f"a run; give it as --model {tmp_path}/run")
    assert said["x.corpus"] == "x.corpus: a corpus; give it as --corpus x.corpus"
    assert said[address] == f"{address}: an address, and genrelab fetches nothing; expected a file"


def test_nothing_but_addresses_is_wrong_use():
    addresses = ["http://a.org/1", "SPOTIFY:track:2", "ftp://a/3", "file:///4", "https://5"]
    with pytest.raises(UsageError, match=r"^http://a.org/1: an address"):
        find_questions(addresses[:1])
    with pytest.raises(UsageError, match=r"^http://a.org/1, SPOTIFY.*, ftp://a/3 and 2 more: an"):
        find_questions(addresses)


def test_a_file_that_is_named_like_an_address_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("spotify:1.mp3").touch()
    assert found("spotify:1.mp3", "a:b.mp3") == [
        ("recording", "spotify:1.mp3"), ("recording", "a:b.mp3")
    ]  # fmt: skip


def test_an_empty_name_is_wrong_use():
    with pytest.raises(UsageError, match="a name is empty"):
        find_questions(["a.mp3", ""])
    assert find_questions([]) == []
    assert find_questions([Path()])[0] != Question(path=Path(), kind="recording")


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (b"a.mp3\nb c.mp3\n", ["a.mp3", "b c.mp3"]),
        (b"a.mp3\r\n\r\n b.mp3", ["a.mp3", " b.mp3"]),
        (b"a\nb.mp3\0c.mp3\0", ["a\nb.mp3", "c.mp3"]),
        (b"caf\xe9.mp3\n", ["caf\udce9.mp3"]),
    ],
)
def test_lists_are_lines_or_separated_by_null_bytes(raw, names):
    assert read_list(io.BytesIO(raw), "list") == names


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\0"])
def test_a_list_that_names_nothing_is_one_sentence(raw):
    with pytest.raises(DataError, match=r"songs.txt: names no file; expected a path a line"):
        read_list(io.BytesIO(raw), "songs.txt")
