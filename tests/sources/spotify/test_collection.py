"""Collections as playlists, limits and files change: nothing is lost, and all counts add up."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from tests.sources.archives import record, write
from tests.sources.spotify.catalog import Catalog, Playlist, inserting, removing
from tests.sources.spotify.runs import Runs
from tests.sources.spotify.stand_in import StandIn
from tests.sources.spotify.synthetic_catalog import add_oddities, make_song

from genrelab.errors import UsageError
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.collecting import collect as collect_source


def playlists(catalog: Catalog) -> list[Playlist]:
    return list(catalog.playlists.values())


def ids(playlist: Playlist) -> set[str]:
    return {item.id for item in playlist.items if hasattr(item, "album")}


def file_of(**genres: list[Playlist]) -> str:
    lines = ['market = "DE"']
    for genre, of_genre in genres.items():
        lines += [f"[genres.{genre}]", f"playlists = {json.dumps([one.id for one in of_genre])}"]
    return "\n".join(lines)


def new_songs(n: int, seed: int = 5):
    return [make_song(number, seed=seed) for number in range(n)]


def test_all_is_collected_and_a_second_run_asks_for_versions_only(spotify: StandIn, collect: Runs):
    summary = collect()
    assert summary.is_whole and summary.imported.stored == 240 and not summary.left_out
    assert summary.features.stored == summary.analyses.stored == 240
    n_heads = 2 * 4
    assert len(spotify.requests_to(r"/v1/")) == n_heads + 8 + 3 + 240
    digest = collect.digest()
    spotify.requests.clear()
    again = collect()
    assert again.imported.read == 0 and collect.digest() == digest
    assert [line.path.count("/") for line in spotify.requests_to(r"/v1/")] == [3] * 4


def test_where_and_when_a_track_was_found(spotify: StandIn, collect: Runs):
    collect()
    playlist = playlists(spotify.catalog)[1]
    song = playlist.items[50]
    with collect.opened() as corpus:
        [track] = [one for one in corpus.tracks() if one.id == f"spotify-{song.id}"]
    origin = track.origin
    assert (origin.playlist_id, origin.snapshot_id) == (playlist.id, playlist.snapshot_id)
    assert (origin.position, origin.market, len(origin.date)) == (51, "DE", 10)
    assert (track.title, track.artist, track.isrc) == (song.title, song.artists[0], song.isrc)
    assert track.tags["duration_ms"] == song.duration_ms
    assert track.tags["playlist"] == playlist.name
    assert track.audio_features["tempo"] == song.features["tempo"]


def test_what_is_no_playable_track_is_counted(spotify: StandIn, collect: Runs):
    add_oddities(spotify.catalog)
    summary = collect()
    shared = len(playlists(spotify.catalog)[0].items)
    assert summary.is_whole and summary.left_out == {
        "duplicate id": 3,
        "local file": 4,
        "not in the market": 4,
        "podcast": 4,
        "removed": 4,
        "two genres": shared - 4,
    }
    assert summary.analyses.none == summary.features.none == 3
    spotify.requests.clear()
    again = collect()
    assert (again.analyses.none, again.without_analysis) == (3, 3)
    assert spotify.requests_to("audio-") == []


def test_a_track_that_moves_to_another_genre_moves_along(spotify: StandIn, collect: Runs):
    collect()
    rock, _, jazz, _ = playlists(spotify.catalog)
    song = rock.items[3]
    rock.change(removing(3))
    jazz.change(inserting(0, [song]))
    spotify.requests.clear()
    summary = collect()
    assert summary.imported.removed == 0 and collect.genres()[song.id] == "Jazz"
    assert spotify.requests_to("audio-") == []


def test_a_track_in_two_genres_is_none_and_comes_back(spotify: StandIn, collect: Runs):
    collect()
    rock, _, jazz, _ = playlists(spotify.catalog)
    song = rock.items[3]
    jazz.change(inserting(0, [song]))
    summary = collect()
    assert summary.left_out == {"two genres": 2} and summary.imported.removed == 1
    assert song.id not in collect.genres()
    jazz.change(removing(0))
    assert collect().left_out == {} and collect.genres()[song.id] == "Rock"


def test_what_is_known_of_a_track_survives_new_versions_of_its_playlist(
    spotify: StandIn, collect: Runs
):
    collect()
    playlists(spotify.catalog)[0].change(inserting(0, new_songs(1)))
    spotify.web_api.analysis = "closed"
    summary = collect()
    assert (summary.imported.stored, summary.without_analysis) == (1, 1)
    with collect.opened() as corpus:
        assert len(corpus.without_audio_features("spotify")) == 1


def test_a_track_that_leaves_one_of_two_playlists_stays(spotify: StandIn, collect: Runs):
    first, second, *_ = playlists(spotify.catalog)
    song = first.items[3]
    second.change(inserting(0, [song]))
    assert collect().left_out == {"duplicate id": 1}
    first.change(removing(3))
    assert collect().left_out == {} and song.id in collect.genres()
    second.change(removing(0))
    assert collect().imported.removed == 1 and song.id not in collect.genres()


def test_a_playlist_moved_to_another_genre_in_the_file(spotify: StandIn, collect: Runs):
    one, two, three, four = playlists(spotify.catalog)
    collect(file_of(Rock=[one, two], Jazz=[three, four]))
    spotify.requests.clear()
    summary = collect(file_of(Rock=[one], Jazz=[two, three, four]))
    assert {one.genre: one.tracks for one in summary.genres} == {"Rock": 60, "Jazz": 180}
    assert len(spotify.requests_to("/v1/")) == 4
    collect(file_of(Rock=[one]))
    assert collect.genres() == dict.fromkeys(ids(one), "Rock")


def test_a_limit_lowered_and_raised(spotify: StandIn, collect: Runs):
    def limited(limit: int | None) -> str:
        return spotify.catalog.playlist_file(limit=limit)

    summary = collect(limited(30))
    assert summary.left_out == {"over the limit": 180} and len(collect.genres()) == 60
    assert len(spotify.requests_to("/items")) == 2
    low = collect.digest()
    summary = collect(limited(70))
    assert summary.is_whole and len(collect.genres()) == 140
    assert collect(limited(30)).imported.removed == 80 and collect.digest() == low
    assert len(spotify.requests_to("/items")) == 2 + 4
    assert len(collect(limited(None)).genres) == 2 and len(collect.genres()) == 240
    assert len(spotify.requests_to("/items")) == 8


def test_another_market(spotify: StandIn, collect: Runs):
    first = playlists(spotify.catalog)[0]
    there = make_song(1, seed=9, markets=frozenset({"US"}))
    first.change(inserting(0, [there]))
    text = spotify.catalog.playlist_file
    assert collect(text(market="DE")).left_out == {"not in the market": 1}
    assert collect(text(market="US")).left_out == {} and there.id in collect.genres()
    with collect.opened() as corpus:
        assert {one.origin.market for one in corpus.tracks()} == {"US"}
    assert collect(text(market=None)).is_whole


def test_a_market_that_is_none_changes_nothing(spotify: StandIn, collect: Runs):
    collect()
    before = collect.digest()
    with pytest.raises(UsageError, match="market 'XX': Spotify knows no such market; expected a"):
        collect(spotify.catalog.playlist_file(market="XX"))
    assert collect.digest() == before


def test_a_second_file_into_the_same_corpus(spotify: StandIn, collect: Runs):
    one, two, three, four = playlists(spotify.catalog)
    shared, torn = one.items[0], one.items[1]
    two.change(inserting(0, [shared]))
    three.change(inserting(0, [torn]))
    collect(file_of(Rock=[one]))
    summary = collect(file_of(Rock=[two], Jazz=[three, four]), name="more")
    assert summary.imported.dropped == {"duplicate id": 1, "two genres": 1}
    assert (summary.elsewhere, summary.contradicted) == (1, 1)
    assert summary.imported.removed == 1
    summary = collect(file_of(Rock=[two], Jazz=[three, four]), name="more")
    assert (summary.elsewhere, summary.contradicted) == (1, 1)
    genres = collect.genres()
    assert len(genres) == 239 and genres[shared.id] == "Rock" and torn.id not in genres
    assert collect(file_of(Rock=[one])).imported.read == 0
    one.change(removing(5))
    assert collect(file_of(Rock=[one])).imported.removed == 1
    assert torn.id not in collect.genres()


def test_tracks_that_an_archive_brought_before(spotify: StandIn, collect: Runs):
    rock, _, jazz, _ = playlists(spotify.catalog)
    without, other, same = rock.items[0], rock.items[1], jazz.items[0]
    found = [
        record(1, track_id=without.id, Genre=None),
        record(2, track_id=other.id, Genre="Jazz"),
        record(3, track_id=same.id, Genre="Jazz"),
    ]
    source = ArchiveSource([write(collect.folder / "a.jsonl", found)])
    with collect.opened("write") as corpus:
        collect_source(source, corpus)
    (collect.folder / "also.toml").touch()  # the corpus has more than one file's tracks
    summary = collect()
    assert summary.imported.updated == 1
    assert summary.imported.dropped == {"duplicate id": 1, "two genres": 1}
    assert summary.analyses.stored == 237 and summary.without_analysis == 0
    genres = collect.genres()
    assert genres[without.id] == "Rock" and genres[same.id] == "Jazz" and other.id not in genres


def test_two_names_of_one_genre(spotify: StandIn, collect: Runs):
    one, two, *_ = playlists(spotify.catalog)
    text = file_of(rap=[one]) + "\n" + file_of(**{"Hip-Hop": [two]}).partition("\n")[2]
    summary = collect(text)
    assert [(one.genre, one.tracks) for one in summary.genres] == [("Hip-Hop", 120)]
    said = (
        r"playlists\.toml, line 4: genres\.Hip-Hop: is Hip-Hop as genres\.rap is, which has another"
    )
    with pytest.raises(UsageError, match=said):
        collect(f"{text}\nlimit = 7\n")


def test_damaged_pages_are_asked_for_anew(spotify: StandIn, collect: Runs):
    collect()
    whole = collect.digest()
    for which in ("position >= 0", "position < 0", "1"):
        with closing(sqlite3.connect(collect.corpus)) as db, db:
            db.execute(f"UPDATE fetched SET content=x'00' WHERE {which}")
        assert collect().is_whole and collect.digest() == whole


def test_one_odd_element_costs_no_other_track(spotify: StandIn, collect: Runs, monkeypatch):
    playlist = playlists(spotify.catalog)[0]
    answer = spotify.web_api.answer

    def oddly(request, **options):
        given = answer(request, **options)
        if request.path.endswith(f"{playlist.id}/items") and request.query["offset"] == "0":
            page = json.loads(given.body)
            page["items"][7] = ["what is this?"]
            return replace(given, body=json.dumps(page).encode())
        return given

    monkeypatch.setattr(type(spotify.web_api), "answer", lambda _, *args, **kw: oddly(*args, **kw))
    monkeypatch.setattr(spotify._judge, "note", lambda *_: None)
    for _ in range(2):
        summary = collect(with_analyses=False)
        [said] = summary.problems
        assert said.startswith(f"playlist {playlist.id}, place 8: not as Spotify describes it (")
        assert len(collect.genres()) == 239 and summary.left_out == {"unreadable": 1}


def test_no_analyses_where_none_are_asked_for(spotify: StandIn, collect: Runs):
    summary = collect(with_analyses=False)
    assert summary.is_whole and summary.without_analysis == 240
    assert spotify.requests_to("audio-") == []
    assert collect().analyses.stored == 240


@pytest.mark.parametrize(
    ("stage", "n_tracks"), [("asking for playlists", 0), ("reading playlists", 10)]
)
def test_an_interrupt_while_playlists_are_read(collect: Runs, stage: str, n_tracks: int):
    with pytest.raises(KeyboardInterrupt):
        collect(interrupt=lambda now, done: now == stage and done > 0)
    with collect.opened() as corpus:
        assert corpus.track_count() >= n_tracks and corpus.info().unfinished_imports == 0
    assert collect().is_whole and len(collect.genres()) == 240


def test_interrupts_while_analyses_are_fetched(spotify: StandIn, collect: Runs):
    for least in (41, 82):
        with pytest.raises(KeyboardInterrupt):
            collect(interrupt=lambda now, done: now == "fetching analyses" and done > 40)
        with collect.opened() as corpus:
            n_stored = len(corpus.dialects())
        assert n_stored >= least
    assert collect().analyses.stored == 240 - n_stored
    asked = len(spotify.requests_to("audio-analysis"))
    assert asked <= 240 + 2 * 48


def test_a_digest_tells_nothing_of_interruptions(spotify: StandIn, tmp_path, collect: Runs):
    add_oddities(spotify.catalog)
    (tmp_path / "calm").mkdir()
    calm = Runs(spotify, tmp_path / "calm")
    calm()
    for n_told in (1, 3, 5, 8, 14):
        collect.progress.clear()
        with pytest.raises(KeyboardInterrupt):
            collect(interrupt=lambda *_, n=n_told: len(collect.progress) >= n)
    assert collect().is_whole and collect.digest() == calm.digest()


def test_an_empty_playlist(spotify: StandIn, collect: Runs):
    first = playlists(spotify.catalog)[0]
    first.change(lambda _: [])
    summary = collect(file_of(Rock=[first]))
    assert summary.is_whole and [replace(one) for one in summary.genres] == list(summary.genres)
    assert [(one.playlists, one.places) for one in summary.genres] == [(1, 0)]
