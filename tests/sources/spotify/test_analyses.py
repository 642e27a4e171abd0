"""Audio features and analyses: closed, partly there, broken, and fetched one by one."""

from __future__ import annotations

import json

import pytest
from tests.sources.spotify.runs import Runs
from tests.sources.spotify.stand_in import StandIn
from tests.sources.spotify.synthetic_catalog import make_analysis

from genrelab.errors import TemporaryError
from genrelab.music.corpus import Corpus
from genrelab.sources.spotify.analyses import PROBES
from genrelab.sources.spotify.pace import HOPELESS
from genrelab.sources.spotify.web_api import Refused


def in_order(spotify: StandIn) -> list[str]:
    """The songs in the order in which they are asked for."""
    return sorted(spotify.catalog.songs)


def hide(spotify: StandIn, *ids: str) -> None:
    """Serve some songs without features and analysis."""
    heard, hidden = spotify.catalog.analysis_of, set(ids)
    spotify.catalog.analysis_of = lambda one: None if one in hidden else heard(one)
    for one in hidden:
        object.__setattr__(spotify.catalog.songs[one], "features", None)


def test_both_are_closed_to_the_app(spotify: StandIn, collect: Runs):
    spotify.web_api.analysis = "closed"
    summary = collect()
    refused = Refused(403, "Forbidden")
    assert (summary.features.closed, summary.analyses.closed) == (refused, refused)
    assert summary.is_whole and len(collect.genres()) == summary.without_analysis == 240
    assert collect.left_out() == []
    assert len(spotify.requests_to("audio-")) == 3  # a batch, one alone, an analysis
    spotify.web_api.analysis = "open"
    assert collect().analyses.stored == 240


def test_one_is_closed_and_the_other_not(spotify: StandIn, collect: Runs):
    spotify.fail("audio-features", times=None, status=403)
    summary = collect()
    assert summary.features.closed and summary.analyses.closed is None
    assert summary.analyses.stored == 240


def test_a_path_that_is_gone_is_closed_too(spotify: StandIn, collect: Runs):
    spotify.fail("audio-analysis", times=None, status=404)
    summary = collect()
    assert summary.analyses.closed.status == 404 and summary.analyses.none == 0
    assert len(spotify.requests_to("audio-analysis")) == PROBES


@pytest.mark.parametrize("batches", ["open", "closed"])
def test_many_tracks_in_a_row_that_spotify_has_nothing_of(spotify, collect: Runs, batches: str):
    spotify.web_api.batches = batches
    hide(spotify, *in_order(spotify)[: PROBES + 5])
    for n_stored in (215, 0):
        summary = collect()
        for outcome in (summary.features, summary.analyses):
            assert outcome.closed is None
            assert (outcome.stored, outcome.none) == (n_stored, PROBES + 5)


def test_one_track_after_the_other_where_batches_are_over(spotify: StandIn, collect: Runs):
    whole = Runs(spotify, collect.folder / "calm")
    whole.folder.mkdir()
    hide(spotify, *in_order(spotify)[:3], in_order(spotify)[120])
    assert whole().is_whole
    spotify.web_api.batches = "closed"
    spotify.requests.clear()
    summary = collect()
    assert (summary.features.stored, summary.features.none) == (236, 4)
    assert len(spotify.requests_to("audio-features$")) == 1
    assert len(spotify.requests_to("audio-features/")) == 240
    assert collect.digest() == whole.digest()


def test_batches_end_in_mid_run(spotify: StandIn, collect: Runs):
    spotify.latency_s = 0.01
    spotify.fail("audio-features$", after=1, times=None, status=403)
    summary = collect()
    assert summary.is_whole and summary.features.stored == 240
    assert len(spotify.requests_to("audio-features/")) == 140


def test_features_one_by_one_are_stored_one_by_one(spotify: StandIn, collect: Runs):
    spotify.web_api.batches = "closed"
    spotify.fail("audio-features/", after=70, times=None, status=429, retry_after="9000")
    summary = collect()
    assert isinstance(summary.end, TemporaryError) and summary.features.stored == 70


def test_what_spotify_has_not_is_asked_for_once(spotify: StandIn, collect: Runs):
    hide(spotify, *in_order(spotify)[::40])
    summary = collect()
    assert (summary.analyses.none, summary.features.none) == (6, 6) and summary.is_whole
    assert collect.left_out().count(("no analysis", "Spotify has none")) == 6
    assert collect.left_out().count(("no audio features", "Spotify has none")) == 6
    spotify.requests.clear()
    again = collect()
    assert (again.analyses.none, again.without_analysis) == (6, 6)
    assert spotify.requests_to("audio-") == []


def test_what_cannot_be_read_does_not_keep_the_rest_from_coming(spotify: StandIn, collect: Runs):
    """Not even where so many fail in a row that Spotify may be taken to be down."""
    bad = in_order(spotify)[: 2 * HOPELESS]
    spotify.fail(f"audio-analysis/({'|'.join(bad)})", times=None, status=500)
    assert sum(collect(retries=0).analyses.stored for _ in range(4)) == 240 - len(bad)


def test_other_refusals_are_asked_for_again(spotify: StandIn, collect: Runs):
    one, two = in_order(spotify)[100:102]
    spotify.fail(f"audio-analysis/{one}", times=None, status=403)
    spotify.fail(f"audio-analysis/{two}", times=None, status=400)
    summary = collect()
    assert sorted(summary.analyses.problems) == sorted(
        [f"audio-analysis/{one}: HTTP 403, Forbidden", f"audio-analysis/{two}: HTTP 400, Error"]
    )
    spotify.mend()
    assert collect().is_whole and collect.left_out() == []


def analysis(**changes) -> bytes:
    return json.dumps({**make_analysis(3, seed=1), **changes}).encode()


NO_ANALYSES = {
    "a list": b"[]",
    "no object": b"7",
    "negative bars": analysis(bars=[{"start": 0.0, "duration": -1.0, "confidence": 0.5}]),
    "negative track": analysis(track={"duration": -2.0}),
    "a string for a number": analysis(track={"tempo": "fast"}),
    "NaN": analysis(beats=[{"start": float("nan"), "duration": 1.0, "confidence": 0.5}]),
    "eleven pitches": analysis(
        segments=[{**make_analysis(1, seed=1)["segments"][0], "pitches": [0.5] * 11}]
    ),
    "an unknown dialect": analysis(meta={"dialect": "klingon"}),
}


@pytest.mark.parametrize("body", NO_ANALYSES.values(), ids=NO_ANALYSES)
def test_what_is_no_analysis(spotify: StandIn, collect: Runs, body: bytes):
    heard, sick = spotify.catalog.analysis_of, in_order(spotify)[100]
    spotify.catalog.analysis_of = lambda one: body if one == sick else heard(one)
    spotify._judge.note = lambda *_: None  # no such answer is documented
    summary = collect()
    [said] = summary.analyses.problems
    assert said.startswith(f"audio-analysis/{sick}: ") and said.endswith(", 3 times")
    assert "broken answer" in said or "no JSON" in said
    assert summary.analyses.stored == 239
    spotify.catalog.analysis_of = heard
    assert collect().is_whole and collect.left_out() == []


def test_an_analysis_without_segments_is_none(spotify: StandIn, collect: Runs):
    heard, empty = spotify.catalog.analysis_of, in_order(spotify)[100]
    spotify.catalog.analysis_of = lambda one: analysis(segments=[]) if one == empty else heard(one)
    assert collect().analyses.none == 1


def test_notes_on_tracks_that_are_gone_are_forgotten(spotify: StandIn, collect: Runs):
    hide(spotify, in_order(spotify)[7])
    spotify.fail(f"audio-analysis/{in_order(spotify)[8]}", times=None, status=500)
    summary = collect()
    assert not summary.is_whole and len(collect.left_out()) == 3
    gone = set(in_order(spotify)[7:9])
    for playlist in spotify.catalog.playlists.values():
        playlist.change(lambda old: [one for one in old if one.id not in gone])
    assert collect().is_whole and collect.left_out() == []


def test_a_batch_that_fails_is_a_problem_of_each_track(spotify: StandIn, collect: Runs):
    spotify.fail("audio-features", after=1, times=3, status=500)
    summary = collect(retries=0)
    assert summary.features.stored in (100, 140) and summary.analyses.stored == 240
    assert len(summary.features.problems) == 240 - summary.features.stored
    assert collect().is_whole and collect.left_out() == []


def test_analyses_are_spotifys_and_whole(spotify: StandIn, collect: Runs):
    collect()
    one = in_order(spotify)[5]
    served = json.loads(spotify.catalog.analysis_of(one))
    with Corpus(collect.corpus) as corpus:
        stored = corpus.analysis(f"spotify-{one}")
    assert (stored.analyzer, stored.dialect) == ("4.0.0", "spotify")
    assert stored.track.tempo == served["track"]["tempo"]
    assert stored.segments.timbre[2].tolist() == pytest.approx(served["segments"][2]["timbre"])
    assert len(stored.beats) == len(served["beats"]) and len(stored.bars) == len(served["bars"])
