"""Pairs: what their originals are of is known again in other collections."""

from __future__ import annotations

from pathlib import Path

import pytest

from genrelab.analyzer.fitting.pairs import read_originals
from genrelab.errors import DataError
from genrelab.music.tracks import Origin, Track

TABLE = """\
name,artist,title,analyzer,analysis_source
skit,Kanye West,Skit #2 (Late Registration),MSD record,echonest:TRAYXDI128F428CD9C
iron,Marty Robbins,Big Iron,4.0.0,someone/somewhere:0814/spotify.json
noise,,,4.0.0,
"""
ELSEWHERE = Origin(source="archive")


@pytest.mark.parametrize(
    ("track_id", "artist", "title", "is_included"),
    [
        ("msd-TRAYXDI128F428CD9C", None, None, True),
        ("msd-TRBDBIU128E0791595", "KANYE WEST", "Skit #2 [Kanye West/Late Registration]", True),
        ("spotify-5R60ocmoS5oN2M7FqYrjbC", "Marty Robbins", "Big  Iron", True),
        ("spotify-1", "Marty Robbins", "El Paso", False),
        ("spotify-2", "Johnny Cash", "Big Iron", False),
        ("spotify-3", None, None, False),
        ("spotify-4", "", "", False),
    ],
)
def test_the_pairs_originals_are_known_again(
    track_id: str, artist: str | None, title: str | None, is_included: bool, tmp_path: Path
) -> None:
    (tmp_path / "pairs.csv").write_text(TABLE)
    track = Track(id=track_id, origin=ELSEWHERE, artist=artist, title=title)
    assert read_originals(tmp_path).include(track) is is_included


def test_a_table_that_names_nothing_includes_nothing(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("name,analyzer\na,4.0.0\n")
    track = Track(id="spotify-1", origin=ELSEWHERE, artist="A", title="B")
    assert not read_originals(tmp_path).include(track)


def test_a_folder_without_a_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"pairs\.csv: no such file"):
        read_originals(tmp_path)
