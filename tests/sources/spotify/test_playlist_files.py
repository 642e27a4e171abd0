"""Playlist files: what they say, the line of what does not fit, and the paper's own."""

from __future__ import annotations

import csv
import json
import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrelab.errors import UsageError
from genrelab.music.genres import PAPER_GENRES
from genrelab.sources.spotify.playlist_files import (
    GenrePlaylists,
    PlaylistFile,
    load_playlist_file,
    parse_playlist_file,
    shipped_playlist_files,
)

A, B, C = "37i9dQZF1DX4vth7idTQch", "37i9dQZF1DWZJhOVGWqUKF", "37i9dQZF1DWXRqgorJj26U"

WELL_FORMED = f"""\
market = "DE"
[genres.Rock]
playlists = ["{A}", "https://open.spotify.com/playlist/{B}?si=x", "spotify:playlist:{A}"]
limit = 1100
[genres."R&B"]
playlists = [
    "{C}",
    "{A}",  # stands under Rock too
]
"""


def test_a_well_formed_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(WELL_FORMED, encoding="utf-8-sig", newline="\r\n")
    file = load_playlist_file(path)
    assert file == PlaylistFile(
        name="mine",
        market="DE",
        genres=(
            GenrePlaylists(genre="Rock", playlists=(A, B), limit=1100),
            GenrePlaylists(genre="R&B", playlists=(C, A), limit=None),
        ),
        repeated=(
            f"{path}, line 3: genres.Rock.playlists: {A} stands there twice; it is read once",
        ),
    )
    assert file.playlists == (A, B, C)
    assert file.genres_of(A) == ("Rock", "R&B") and file.genres_of(B) == ("Rock",)
    assert file.genres_of("x") == ()


def test_two_names_of_one_genre_are_no_two_genres(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(f"[genres.'hip hop']\nplaylists=['{A}']\n[genres.Hip-Hop]\nplaylists=['{A}']\n")
    assert load_playlist_file(path).genres_of(A) == ("Hip-Hop",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ": genres: names no genre; expected [genres.NAME] with playlists ="),
        ("market = 'DE'\n[genres]\n", ", line 2: genres: names no genre"),
        ("x = 1\n\nmarkt = 'DE'\n", ", line 1: x: no such field; expected market or genres"),
        ("\nmarkt = 'DE'\n", ", line 2: markt: no such field; did you mean 'market'?"),
        ("market = 'de'\n", ", line 1: market: is 'de'; expected a country's two capital letters"),
        ("market = 'Germany'\n", "market: is 'Germany'; expected a country's two capital"),
        ("market = 49\n", "market: is 49; expected a country's two capital letters"),
        ("genres = 3\n", ", line 1: genres: is 3; expected a table"),
        ("genres = false\n", ", line 1: genres: is false; expected a table"),
        ("[[genres]]\nx = 1\n", ", line 1: genres: is [{'x': 1}]; expected a table"),
        (f"[genres]\nRock = ['{A}']\n", ", line 2: genres.Rock: is ['37i9"),
        ("[genres.Rock]\n", ", line 1: genres.Rock: no playlists; expected playlists ="),
        ("#\n[genres.'']\n", ', line 2: genres."": is no name; expected a genre\'s'),
        ('[genres." "]\n', ', line 1: genres." ": is no name'),
        (
            f"[genres.Rock]\nlimit = 3\nplaylist = ['{A}']\n",
            ", line 3: genres.Rock.playlist: no such field; did you mean 'playlists'?",
        ),
        (
            '[genres."R&B"]\nlimits = 1\n',
            ", line 2: genres.\"R&B\".limits: no such field; did you mean 'limit'?",
        ),
        ("[genres]\nRock.playlists = []\n", ", line 2: genres.Rock.playlists: is empty; expected"),
        (
            f"[genres]\nRock = {{ playlists = '{A}' }}\n",
            f", line 2: genres.Rock.playlists: is '{A}'; expected a list",
        ),
        (
            f"[genres.Rock]\nplaylists = [ # three\n '{A}', '''{B}''',\n\n 3]\n",
            ", line 5: genres.Rock.playlists: 3 is no text; expected a playlist's id",
        ),
        (
            f'[genres.Rock]\nplaylists = [\n"{A}",\n"spotify:album:{B}"]\n',
            f", line 4: genres.Rock.playlists: 'spotify:album:{B}' is an album's address;",
        ),
        (
            f"[genres.Rock]\nplaylists = ['{A}']\nlimit = 0\n",
            ", line 3: genres.Rock.limit: is 0; expected a whole number, at least 1",
        ),
        ("[genres.Rock]\nplaylists = 1\nlimit = 1.5\n", ", line 3: genres.Rock.limit: is 1.5;"),
        ("[genres.Rock]\nplaylists = 1\nlimit = true\n", ", line 3: genres.Rock.limit: is true;"),
        ("[genres.Rock]\nplaylists = 1\nlimit = '9'\n", ", line 3: genres.Rock.limit: is '9';"),
        (
            f"[genres]\n'hip hop'.playlists = ['{A}']\nHip-Hop = {{playlists=['{B}'], limit=3}}",
            ', line 3: genres.Hip-Hop: is Hip-Hop as genres."hip hop" is, which has another limit;',
        ),
        (
            "[genres.Rock]\nplaylists = [1979-05-27]\n",
            "genres.Rock.playlists: 1979-05-27 is no text",
        ),
        ("market = 'DE'\nmarket = 'FR'\n", ", line 2, column 14: is no TOML (Cannot overwrite"),
        ("[genres.Rock]\nplaylists = [\n", ", line 2: is no TOML (Invalid"),
        (f"[genres.Rock]\nplaylists = [{A}]\n", ", line 2, column 16: is no TOML ("),
        ('{"market": "DE"}', ": is JSON; expected a TOML file of playlists"),
        ("market = " + "9" * 5000, ": is no playlist file; expected a TOML file of playlists"),
        ("market = " + "[" * 5000, ": is no playlist file; expected a TOML file of playlists"),
        ("market = 0x" + "f" * 5000, ", line 1: market: is a huge number; expected a country's"),
        ("market = '" + "D" * 5000 + "'", "DDD...; expected a country's"),
    ],
)
def test_what_does_not_fit_is_one_sentence_with_its_line(text, sentence, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_playlist_file(path)
    said = str(caught.value)
    assert said.startswith(str(path)) and sentence in said and "\n" not in said


def test_files_that_are_none(tmp_path):
    folder, latin = tmp_path / "folder.toml", tmp_path / "latin.toml"
    folder.mkdir()
    latin.write_bytes(b"# caf\xe9\n")
    corpus = tmp_path / "music.corpus"
    corpus.write_bytes(b"SQLite format 3\0\xff")
    for name, sentence in {
        str(tmp_path / "absent.toml"): "no such file; expected a TOML file of playlists",
        str(folder): "Is a directory; expected a TOML file of playlists",
        str(latin): r"is not UTF-8 \(byte 5\); save it as UTF-8",
        str(corpus): "is a corpus; expected PLAYLISTS.toml first, -o CORPUS then",
        "papr": "papr: neither a file nor playlists that ship; did you mean 'paper'?",
        "x": r"x: neither a file nor playlists that ship \(paper\)",
        "y" * 5000: "is no file's name; expected a TOML file of playlists",
        "a\0b.toml": "is no file's name; expected a TOML file of playlists",
    }.items():
        with pytest.raises(UsageError, match=sentence):
            load_playlist_file(name)


def test_the_paper_s_playlists_are_those_of_its_list_row_for_row(data_dir):
    with (data_dir / "paper_playlists.csv").open(encoding="utf-8", newline="") as lines:
        listed = [row for row in csv.DictReader(lines) if row["used"] == "yes"]
    file = resources.files("genrelab.sources.spotify") / "paper.toml"
    entry = r'^\[genres\.(?P<genre>.+)\]|^    "(?P<id>\w+)",  # (?P<name>[^;\n]+)'
    genre, shipped = "", []
    for found in re.finditer(entry, file.read_text(encoding="utf-8"), re.MULTILINE):
        genre = found["genre"] or genre
        if found["id"]:
            shipped.append((genre, found["name"], found["id"]))
    assert shipped == [(row["genre"], row["name"], row["playlist_id"]) for row in listed]
    assert len(listed) == 151


def test_the_paper_s_playlists():
    assert shipped_playlist_files() == ["paper"]
    file = load_playlist_file("paper")
    assert file.name == "paper" and file.market == "DE"
    assert sorted(one.genre for one in file.genres) == sorted(PAPER_GENRES)
    assert file.genres_of("37i9dQZF1DX9stbPFTxeaB") == ("Rock", "Blues")
    assert len(file.repeated) == 1 and "37i9dQZF1DX6uHioFvkN7A" in file.repeated[0]
    assert len(file.playlists) == 149


IDS = st.text("0aZ9", min_size=22, max_size=22)
NAMES = st.text(min_size=1, max_size=8).filter(str.strip)
BLANKS = st.sampled_from(["", "\n", "# a [comment] = 'x' \"\n", "   \n\t\n"])
WRITTEN = ("{}", "spotify:playlist:{}", "https://open.spotify.com/playlist/{}?si=1#2")
FAULTY = ("7", "'''#]'''", '"""\n\n"]"""', "[{a=1}]", "1979-05-27 07:32:00", '"\\"#"')


def quoted(text: str) -> str:
    """A TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


@st.composite
def files(draw: st.DrawFn) -> tuple[str, tuple[GenrePlaylists, ...], list[tuple[int, int]]]:
    """A file's text, what it says, and of each id where its text begins, and on which line."""
    form = draw(st.sampled_from(["table", "inline", "dotted"]))
    text, genres, places = "[genres]\n" if form == "inline" else "", [], []
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        ids = draw(st.lists(IDS, min_size=1, max_size=4))
        limit = draw(st.none() | st.integers(1, 10**6))
        before, between, after = {
            "table": (f"[ genres . {quoted(name)} ]\n", "\n", "\n"),
            "inline": (f"{quoted(name)} = {{ ", ", ", " }\n"),
            "dotted": (f"genres.{quoted(name)}.", f"\ngenres .{quoted(name)} . ", "\n"),
        }[form]
        text += draw(BLANKS) + before + (f"limit = {limit}{between}" if limit else "")
        text += "playlists = ["
        for one in ids:
            text += draw(BLANKS)
            places.append((len(text), text.count("\n") + 1))
            text += quoted(draw(st.sampled_from(WRITTEN)).format(one)) + ", "
        text += draw(BLANKS) + "]" + after
        genres.append(GenrePlaylists(genre=name, playlists=tuple(dict.fromkeys(ids)), limit=limit))
    return text, tuple(genres), places


@given(files())
def test_well_formed_files_come_back(file):
    text, genres, _ = file
    assert parse_playlist_file(text, "mine.toml").genres == genres


@given(files(), st.data())
def test_a_faulty_id_is_found_on_its_line(file, data):
    text, _, places = file
    start, line = data.draw(st.sampled_from(places))
    end = text.index('"', start + 1) + 1
    faulty = text[:start] + data.draw(st.sampled_from(FAULTY)) + text[end:]
    with pytest.raises(UsageError, match=rf"^mine.toml, line {line}: genres\."):
        parse_playlist_file(faulty, "mine.toml")


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Any text, text of TOML's marks, and files with a few characters of either in them."""
    noise = draw(st.text() | st.text("[]{}\"'.=\n #,\\agr1-"))
    text = draw(st.just("") | files().map(lambda file: file[0]))
    at = draw(st.integers(0, len(text)))
    return text[:at] + noise + text[at + draw(st.integers(0, 3)) :]


@given(texts())
def test_nothing_but_one_sentence_escapes(text):
    said = "mine.toml"
    try:
        parse_playlist_file(text, "mine.toml")
    except UsageError as error:
        said = str(error)
    assert said.startswith("mine.toml") and "\n" not in said
