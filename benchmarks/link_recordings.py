"""Linking recordings to tracks: how many are found, how many wrongly, and how long it takes.

Copies the clips of a folder with a ``tracks.csv`` (``path,genre,artist,title``) into one of its
own, which it deletes at the end, and tags them in five ways, in turn: artist, title and ISRC;
artist and title alone; both as people spell them (capitals, a guest, a remaster); nothing but the
file's name (``Artist - Title``); nothing at all. The corpus has their tracks, with ISRCs, and an
archive's tracks as decoys. Ours: `collect` of a `LinkSource`, then again with nothing changed.

    python benchmarks/link_recordings.py CLIPS ARCHIVE
"""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import mutagen
from mutagen import id3

from genrelab.music.corpus import Corpus
from genrelab.music.tracks import Origin, Track, track_id
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.collecting import collect
from genrelab.sources.linking import LinkSource

WAYS = ("isrc and tags", "clean tags", "spelled otherwise", "file name alone", "nothing")
FRAMES = {"artist": id3.TPE1, "title": id3.TIT2, "isrc": id3.TSRC}


def tag(file: Path, way: str, track: Track) -> None:
    """Write what a person's file would say, and take away what it said before."""
    opened = mutagen.File(file, easy=True)
    if opened is None:
        return
    opened.delete()
    opened = mutagen.File(file, easy=True)
    if opened.tags is None:
        opened.add_tags()
    tags = {"artist": track.artist, "title": track.title}
    if way == "isrc and tags":
        tags["isrc"] = track.isrc
    elif way == "spelled otherwise":
        tags = {
            "artist": f"{tags['artist'].upper()} feat. Somebody",
            "title": f"{tags['title']} (2011 Remaster)",
        }
    elif way != "clean tags":
        return
    if isinstance(opened.tags, id3.ID3):  # a WAV file has no easy names
        for name, text in tags.items():
            opened.tags.add(FRAMES[name](encoding=3, text=text))
    else:
        opened.update(tags)
    opened.save()


def file_name(track: Track, number: int, way: str) -> str:
    if way != "file name alone":
        return f"{number:04d}"
    return f"{track.artist} - {track.title}".replace("/", "_")[:150]


def make_music(clips: Path, folder: Path) -> tuple[list[Track], dict[str, str], dict[str, str]]:
    """Return the tracks, and by path which one each copy is, and in which way it is tagged."""
    with (clips / "tracks.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["artist"] and row["title"]]
    tracks, truth, ways = [], {}, {}
    for number, row in enumerate(rows):
        way = WAYS[number % len(WAYS)]
        source = clips / row["path"]
        track = Track(
            id=track_id("spotify", f"clip{number:018d}"),
            artist=row["artist"],
            title=row["title"],
            isrc=f"XXBMK26{number:05d}",
            tags={"duration_ms": round(1000 * mutagen.File(source).info.length)},
            origin=Origin(source="spotify"),
        )
        copy = folder / f"{number % 50}" / (file_name(track, number, way) + source.suffix)
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, copy)
        tag(copy, way, track)
        tracks.append(track)
        truth[str(copy)], ways[str(copy)] = track.id, way
    return tracks, truth, ways


def main() -> None:
    clips, archive = Path(sys.argv[1]), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as scratch:
        music, path = Path(scratch) / "music", Path(scratch) / "t.corpus"
        music.mkdir()
        tracks, truth, ways = make_music(clips, music)
        with Corpus(path, "write") as corpus:
            with corpus.transaction():
                for track in tracks:
                    corpus.put(track)
            collect(ArchiveSource([archive]), corpus)
            n_tracks = corpus.track_count()
            began = time.perf_counter()
            collect(LinkSource(music, path), corpus)
            first_s = time.perf_counter() - began
            began = time.perf_counter()
            again = collect(LinkSource(music, path), corpus)
            again_s = time.perf_counter() - began
            linked = {one.audio_path: one.id for one in corpus.tracks() if one.audio_path}
    assert again.read == 0
    # A song that stands twice among the clips may be either.
    names = {one.id: (one.artist, one.title) for one in tracks}
    wrong = [one for one, it in linked.items() if names.get(it) != names[truth[one]]]
    print(f"{len(truth)} recordings, {n_tracks} tracks: {len(linked)} linked, {len(wrong)} "
          f"wrongly, {first_s:.2f} s; again {again_s:.2f} s")  # fmt: skip
    found = Counter(ways[one] for one in linked)
    for way, n in Counter(ways.values()).items():
        print(f"  {way}: {found[way]} of {n}")


if __name__ == "__main__":
    main()
