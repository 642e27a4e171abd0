"""Own sources: a Python file of the user's, and one sentence for what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from genrelab.errors import DataError, UsageError
from genrelab.music.corpus import Corpus
from genrelab.sources.collecting import collect
from genrelab.sources.own_sources import load_source

RADIO = """
from dataclasses import dataclass
from pathlib import Path

from genrelab.music.tracks import Origin, Track, track_id
from genrelab.sources.findings import Entry, Item


@dataclass
class Radio:
    path: Path
    name = "radio"

    def items(self):
        lines = self.path.read_text().splitlines()
        yield Item(str(self.path), str(lines), len(lines), lambda after: entries(lines, after))


def entries(lines, after):
    for position, line in enumerate(lines[after:], after + 1):
        song, genre = line.split(",")
        track = Track(id=track_id("radio", song), genre=genre, origin=Origin(source="radio"))
        yield Entry(position, track, consumed=position)
"""


@pytest.fixture
def radio(tmp_path: Path) -> Path:
    (tmp_path / "radio.py").write_text(RADIO)
    (tmp_path / "songs.csv").write_text("a,rap\nb,Rock\n")
    return tmp_path / "radio.py"


def test_one_file_is_a_source(radio, tmp_path):
    with Corpus(tmp_path / "t.corpus", "write") as corpus:
        source = load_source(radio, tmp_path / "songs.csv")
        assert collect(source, corpus).stored == 2
        assert corpus.genre_counts() == {"Hip-Hop": 1, "Rock": 1}
        assert collect(load_source(radio, tmp_path / "songs.csv"), corpus).read == 0


@pytest.mark.parametrize(
    ("content", "kind", "sentence"),
    [
        ("x = 1", UsageError, "has the sources none; expected one class with name and items"),
        (RADIO + RADIO.replace("Radio", "Other"), UsageError, "has the sources Radio, Other"),
        ("1 / 0", DataError, r"fails \(ZeroDivisionError: division by zero\); mend it"),
        ("def", DataError, r"fails \(SyntaxError: "),
    ],
)
def test_what_is_wrong_is_one_sentence(radio, content, kind, sentence):
    radio.write_text(content)
    with pytest.raises(kind, match=sentence) as caught:
        load_source(radio, "songs.csv")
    assert str(caught.value).startswith(str(radio)) and "\n" not in str(caught.value)


def test_files_that_are_none(tmp_path):
    with pytest.raises(DataError, match="no such file; expected a Python file"):
        load_source(tmp_path / "absent.py", "x")
    (tmp_path / "radio.txt").write_text(RADIO)
    with pytest.raises(UsageError, match=r"no Python file; expected one ending in \.py"):
        load_source(tmp_path / "radio.txt", "x")
