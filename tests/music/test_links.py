"""Links: a track's audio changes and nothing else; recordings of their own stay."""

from __future__ import annotations

from dataclasses import replace

from genrelab.music.analysis import Analysis
from genrelab.music.tracks import Origin, Track

PATH, DIGEST = "music/caf\udce9.mp3", "d" * 64


def a_track(name="a", **values):
    return Track(id=f"test-{name}", origin=Origin(source="test"), genre="Rock", **values)


def link(corpus, name, path=PATH, digest=DIGEST):
    with corpus.transaction():
        corpus.links.link(f"test-{name}", path, digest)


def test_a_link_changes_the_audio_alone(corpus):
    track = a_track(title="Song", tags={"a": 1})
    with corpus.transaction():
        entry = corpus.journal.begin("playlists", "p", "1")
        corpus.put(track, None, entry)
    link(corpus, "a")
    assert list(corpus.tracks()) == [replace(track, audio_path=PATH, audio_digest=DIGEST)]
    stored = corpus.stored(track.id)
    assert (stored.import_id, stored.fingerprint) == (entry.id, "1")


def test_a_newer_version_of_a_track_keeps_its_link_unless_it_brings_a_recording(
    corpus, make_segments
):
    with corpus.transaction():
        corpus.put(a_track())
    link(corpus, "a")
    analysis = Analysis(analyzer="genrelab/1", dialect="spotify", segments=make_segments(3))
    with corpus.transaction():
        corpus.put_analysis("test-a", analysis)
        corpus.put(a_track(title="New"))
    assert corpus.analyzers() == {"test-a": "genrelab/1"}
    (track,) = corpus.tracks()
    assert (track.title, track.audio_path, track.audio_digest) == ("New", PATH, DIGEST)
    with corpus.transaction():
        corpus.put(a_track(audio_path="own.mp3"))
    (track,) = corpus.tracks()
    assert (track.audio_path, track.audio_digest) == ("own.mp3", None)


def test_an_analysis_stays_unless_it_is_genrelab_s_of_another_content(corpus, make_segments):
    analyses = {name: Analysis(analyzer=analyzer, dialect="spotify", segments=make_segments(3))
                for name, analyzer in (("a", "4.0.0"), ("b", "genrelab/1+x"))}  # fmt: skip
    with corpus.transaction():
        for name, analysis in analyses.items():
            corpus.put(a_track(name), analysis)
    for name in analyses:
        link(corpus, name)  # analyzed somewhere else, of whatever content
        link(corpus, name, path="moved.mp3")
    assert sorted(corpus.analyzers()) == ["test-a", "test-b"]
    for name in analyses:
        link(corpus, name, digest="e" * 64)
    assert sorted(corpus.analyzers()) == ["test-a"]


def test_what_came_as_a_recording_is_never_linked_nor_released(corpus):
    with corpus.transaction():
        entry = corpus.journal.begin("folder", PATH, "1")
        corpus.put(a_track("own", audio_path=PATH, audio_digest=DIGEST), None, entry)
        corpus.put(a_track("b"))
        corpus.put(a_track("c"))
    assert [track.id for track in corpus.links.linkable()] == ["test-b", "test-c"]
    link(corpus, "b")
    link(corpus, "c")
    assert corpus.with_content(DIGEST) == ["test-own"]
    with corpus.transaction():
        corpus.links.release(PATH, but="test-c")
    assert {track.id: track.audio_path for track in corpus.tracks()} == {
        "test-b": None, "test-c": PATH, "test-own": PATH,
    }  # fmt: skip
    with corpus.transaction():
        corpus.links.release(PATH)
    assert [track.audio_digest for track in corpus.tracks()] == [None, None, DIGEST]


def test_verdicts_tell_what_became_of_items_that_were_read_to_their_end(corpus):
    with corpus.transaction():
        for item, reason in (("taken", None), (PATH, "no match"), ("unread", None)):
            entry = corpus.journal.begin("match", item, f"print of {item[:5]}")
            if reason:
                corpus.journal.drop(entry, 1, "test-a", reason, "none")
            corpus.journal.advance(entry, 1, complete=item != "unread")
        corpus.journal.begin("other", "taken", "1")
    verdicts = corpus.journal.verdicts("match")
    found = {item: (v.fingerprint, v.reason, v.track_id) for item, v in verdicts.items()}
    assert found == {
        "taken": ("print of taken", None, None),
        PATH: ("print of music", "no match", "test-a"),
    }
