"""A fixture in FMA's layout: its metadata tables in their exact form, and an audio tree.

The columns are those of the data set's own ``tracks.csv`` (52 and the index), ``genres.csv``
and ``echonest.csv`` (249 and the index, three rows of names). Values are made up.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.sources.tagged_sounds import song

COLUMNS: Mapping[str, str] = {
    "album": "comments date_created date_released engineer favorites id information listens "
    "producer tags title tracks type",
    "artist": "active_year_begin active_year_end associated_labels bio comments date_created "
    "favorites id latitude location longitude members name related_projects tags website "
    "wikipedia_page",
    "set": "split subset",
    "track": "bit_rate comments composer date_created date_recorded duration favorites genre_top "
    "genres genres_all information interest language_code license listens lyricist number "
    "publisher tags title",
}
FEATURES: Mapping[str, str] = {
    "audio_features": "acousticness danceability energy instrumentalness liveness speechiness "
    "tempo valence",
    "metadata": "album_date album_name artist_latitude artist_location artist_longitude "
    "artist_name release",
    "ranks": "artist_discovery_rank artist_familiarity_rank artist_hotttnesss_rank "
    "song_currency_rank song_hotttnesss_rank",
    "social_features": "artist_discovery artist_familiarity artist_hotttnesss song_currency "
    "song_hotttnesss",
    "temporal_features": " ".join(f"{i:03d}" for i in range(224)),
}
GENRES = (  # genre_id, #tracks, parent, title, top_level
    (2, 5271, 0, "International", 2),
    (10, 13845, 0, "Pop", 10),
    (12, 32923, 0, "Rock", 12),
    (21, 12706, 0, "Hip-Hop", 21),
    (25, 9261, 12, "Punk", 12),
    (26, 1952, 12, "Post-Rock", 12),
    (76, 432, 10, "Experimental Pop", 10),
)
Row = Mapping[tuple[str, str], object]
NAMES = [(group, name) for group, names in COLUMNS.items() for name in names.split()]


def a_track(number: int, **values: object) -> tuple[int, Row]:
    """A row of tracks.csv; values by ``group_name`` (``track_genre_top="Rock"``)."""
    row: dict[tuple[str, str], object] = {
        ("album", "date_released"): "2009-01-05 00:00:00",
        ("album", "title"): "AWOL - A Way Of Life",
        ("artist", "bio"): '<p>A Way Of Life,\n"a collective", from Philadelphia</p>' * 9,
        ("artist", "id"): number // 2,
        ("artist", "name"): f"Artist {number // 2}",
        ("set", "split"): ("training", "validation", "test")[number % 3],
        ("set", "subset"): "small",
        ("track", "genre_top"): "Hip-Hop",
        ("track", "genres"): "[21]",
        ("track", "genres_all"): "[21]",
        ("track", "license"): "Attribution-NonCommercial-ShareAlike 3.0 International",
        ("track", "title"): f"Food {number}",
    }
    for name, value in values.items():
        group, _, rest = name.partition("_")
        row[group, rest] = value
    return number, row


def write_metadata(
    folder: Path, tracks: Sequence[tuple[int, Row]], *, with_features: Sequence[int] = ()
) -> Path:
    """Write tracks.csv, genres.csv and, where some tracks have features, echonest.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    head = [["", *(group for group, _ in NAMES)], ["", *(name for _, name in NAMES)],
            ["track_id", *("" for _ in NAMES)]]  # fmt: skip
    rows = [[number, *(row.get(name, "") for name in NAMES)] for number, row in tracks]
    _write(folder / "tracks.csv", [*head, *rows])
    _write(
        folder / "genres.csv", [["genre_id", "#tracks", "parent", "title", "top_level"], *GENRES]
    )
    if with_features:
        names = [(kind, name) for kind, text in FEATURES.items() for name in text.split()]
        head = [["", *("echonest" for _ in names)], ["", *(kind for kind, _ in names)],
                ["", *(name for _, name in names)], ["track_id", *("" for _ in names)]]  # fmt: skip
        values = ["0.5" if kind == "audio_features" else "" for kind, _ in names]
        _write(folder / "echonest.csv", [*head, *([number, *values] for number in with_features)])
    return folder


def write_audio(folder: Path, numbers: Sequence[int]) -> Path:
    """Write recordings at 000/000002.mp3 and so on."""
    for number in numbers:
        song(
            folder / f"{number // 1000:03d}" / f"{number:06d}.mp3", seed=number, isrc="US1234567890"
        )
    return folder


def _write(path: Path, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
