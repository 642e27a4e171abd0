"""Sound tags: each format's own, several genres, and what no tag may break."""

from __future__ import annotations

import io
from pathlib import Path

import mutagen
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.apev2 import APEv2
from mutagen.id3 import TALB, TCON, TDRC, TIT2, TPE1, TPE2, TSRC
from tests.sources.tagged_sounds import encode

from genrelab.music.genres import SHIPPED_GENRES
from genrelab.sources.sound_tags import (
    NO_TAGS,
    SoundHeader,
    SoundTags,
    read_header,
    read_tags,
    tagged_genre,
)

WANTED = SoundTags(
    title="Blue in Green",
    artist="Miles Davis",
    artists=("Miles Davis",),
    album="Kind of Blue",
    isrc="USSM15900115",
    date="1959",
    genres=("Jazz", "Cool"),
)
ID3 = (TIT2, TPE1, TALB, TSRC, TDRC)
VALUES = ("Blue in Green", "Miles Davis", "Kind of Blue", "US-SM1-59-00115", "1959")


def tagged(path: Path, tags: dict[str, object]) -> Path:
    opened = mutagen.File(path)
    if opened.tags is None:
        opened.add_tags()
    for key, value in tags.items():
        opened.tags[key] = value
    opened.save()
    return path


def id3(path: Path) -> Path:
    frames = {kind.__name__: kind(text=[value]) for kind, value in zip(ID3, VALUES, strict=True)}
    return tagged(path, {**frames, "TCON": TCON(text=["Jazz", "Cool"])})


def named(path: Path, names: str) -> Path:
    tags = dict(zip(names.split(","), ([value] for value in VALUES), strict=False))
    return tagged(path, {**tags, names.rsplit(",", maxsplit=1)[-1]: ["Jazz", "Cool"]})


def mp4(path: Path) -> Path:
    names = "\xa9nam,\xa9ART,\xa9alb,----:com.apple.iTunes:ISRC,\xa9day,\xa9gen"
    tags: dict[str, object] = {n: [v] for n, v in zip(names.split(","), VALUES, strict=False)}
    tags["----:com.apple.iTunes:ISRC"] = [VALUES[3].encode()]
    return tagged(path, {**tags, "\xa9gen": ["Jazz", "Cool"]})


FORMATS = {
    "mp3": id3,
    "wav": id3,
    "aiff": id3,
    "flac": lambda path: named(path, "title,artist,album,isrc,date,genre"),
    "ogg": lambda path: named(path, "TITLE,ARTIST,ALBUM,ISRC,DATE,GENRE"),
    "opus": lambda path: named(path, "title,artist,album,isrc,date,genre"),
    "m4a": mp4,
    "wma": lambda path: named(
        path, "Title,Author,WM/AlbumTitle,WM/ISRC,WM/Year,WM/Genre"
    ),
}  # fmt: skip


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_says_the_same(ending, tmp_path):
    path = FORMATS[ending](encode(tmp_path / f"x.{ending}"))
    with path.open("rb") as file:
        assert read_tags(file) == WANTED


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_says_how_long_it_is(ending, tmp_path):
    path = FORMATS[ending](encode(tmp_path / f"x.{ending}"))
    with path.open("rb") as file:
        header = read_header(file)
    assert header.tags == WANTED
    assert header.length_s == pytest.approx(0.1, abs=0.1)  # encoders add some silence


def test_all_artists_are_read_and_the_first_is_the_artist(tmp_path):
    path = tagged(encode(tmp_path / "x.flac"), {"artist": ["A", "B", "A"], "albumartist": ["C"]})
    with path.open("rb") as file:
        tags = read_tags(file)
    assert (tags.artist, tags.artists) == ("A", ("A", "B"))


def test_apev2_tags(tmp_path):
    path = tmp_path / "x.webm"  # whose own tags mutagen does not know
    path.write_bytes(bytes(400))
    tags = APEv2()
    names = ("Title", "Artist", "Album", "ISRC", "Year")
    for name, value in zip(names, VALUES, strict=True):
        tags[name] = value
    tags["Genre"] = ["Jazz", "Cool"]
    tags.save(path)
    with path.open("rb") as file:
        assert read_tags(file) == WANTED


def test_the_album_s_artist_stands_in(tmp_path):
    path = tagged(encode(tmp_path / "x.mp3"), {"TPE2": TPE2(text=["The Band"])})
    with path.open("rb") as file:
        assert read_tags(file).artist == "The Band"
    tagged(path, {"TPE1": TPE1(text=["Various Artists"])})
    with path.open("rb") as file:
        assert read_tags(file).artist == "The Band"


@pytest.mark.parametrize(
    ("written", "genres"),
    [
        (["(17)"], ("Rock",)),
        (["17"], ("Rock",)),
        (["(200)"], ()),
        (["Rock; Pop", " "], ("Rock", "Pop")),
        (["x" * 900], ("x" * 500,)),
    ],
)
def test_genres_as_they_are_written(written, genres, tmp_path):
    path = tagged(encode(tmp_path / "x.mp3"), {"TCON": TCON(text=written)})
    with path.open("rb") as file:
        assert read_tags(file).genres == genres


@pytest.mark.parametrize(
    ("genres", "genre", "conflict"),
    [
        ((), None, None),
        (("Zeuhl", "Prog"), "Zeuhl", None),
        (("Zeuhl", "hip hop", "Rap"), "Hip-Hop", None),
        (("Rap", "Rock"), None, "Hip-Hop and Rock"),
        (("none", "Zeuhl"), "Zeuhl", None),
    ],
)
def test_the_genre_that_tags_mean(genres, genre, conflict):
    found = tagged_genre(genres, SHIPPED_GENRES.extended({"none": ""}))
    assert (found.genre, found.conflict) == (genre, conflict)


def test_files_without_tags_have_none(tmp_path):
    for path in (encode(tmp_path / "x.wav"), tmp_path / "empty.mp3", tmp_path / "text.ogg"):
        path.touch()
        with path.open("rb") as file:
            header = read_header(file)
        assert header.tags == NO_TAGS
        assert header == SoundHeader() or path.suffix == ".wav"


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_files_raise_nothing(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged")
    ending = data.draw(st.sampled_from(["mp3", "flac", "ogg", "wav"]))
    raw = bytearray(FORMATS[ending](encode(folder / f"x.{ending}")).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, min(len(raw), 400) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    found = read_tags(io.BytesIO(bytes(raw[:cut])))
    assert isinstance(found, SoundTags)
    for text in (found.title, found.artist, found.album, *found.genres):
        assert text is None or text.encode()
