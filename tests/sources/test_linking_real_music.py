"""Linking real music: copies of recordings as people have them, and a catalog's 1,249 tracks."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

from tests.sources.unheard_tracks import PlaylistSource, unheard

from genrelab.music.corpus import Corpus
from genrelab.sources.collecting import collect
from genrelab.sources.linking import LinkSource


def copied_tracks(pairs):
    """Twelve tracks as their analyses describe them, of which a copy each is there."""
    with (pairs / "pairs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        with gzip.open(pairs / row["name"] / "analysis.json.gz") as file:
            length = {"duration_ms": 1000 * json.load(file)["track"]["duration"]}
        yield row["name"], unheard(number, row["title"], row["artist"], tags=length)


def catalog(folder):
    for path in sorted(folder.glob("tracks-*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, 1000 * int(path.name[7:9]) + 1000):
                record = json.loads(line)
                length = {"duration_ms": 1000 * record["track"]["duration"]}
                yield unheard(number, record["title"], record["artist"], tags=length)


NOT_TOLD = {
    "big_iron": "no track for a recording whose tags lack artist or title, 3:56 long",
    "gymnopedie": "no track for 'La ere gymnopedie' by Peter Johnston, 2:46 long",
    "lambada": "no track for 'Kaoma - Lambada (Official Video) 1989 HD' by YTCONVERT.in, 3:27 long",
    "mrs_robinson": "no track for 'Mrs. Robinson' by Simon & Garfunkel, 0:30 long; playlist-11 is "
    "called so and is 4:03 long",
    "thrill_is_gone": "no track for a recording whose tags lack artist or title, 2:00 long",
}


def test_copies_are_told_among_a_catalog_s_tracks(data_dir, tmp_path):
    """What the tags tell is linked, and nothing else: the rest says why."""
    copied = list(copied_tracks(data_dir / "pairs"))
    names = {(track.artist, track.title): name for name, track in copied}
    names["Kanye West", "Skit #2 (Kanye West/Late Registration)"] = "kanye_skit_2"  # the catalog's
    others = list(catalog(data_dir / "echonest"))
    with Corpus(tmp_path / "t.corpus", "write") as corpus:
        collect(PlaylistSource([track for _, track in copied] + others), corpus)
        assert corpus.track_count() == 1_261
        collect(LinkSource(data_dir / "pairs", corpus.path), corpus)
        for track in corpus.tracks():
            if track.audio_path:
                assert names[track.artist, track.title] == Path(track.audio_path).parent.name
        left = {Path(item).parent.name: detail for item, *_, detail in corpus.journal.drops()}
    assert left == NOT_TOLD
