"""Collecting: the policy on ids and genres, resuming, and kills at any moment."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.archives import record, write

from genrelab.music.analysis import Analysis
from genrelab.music.corpus import Corpus
from genrelab.music.genres import SHIPPED_GENRES
from genrelab.music.segments import Segments
from genrelab.music.tracks import Origin, Track
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.collecting import _batches, collect
from genrelab.sources.findings import Entry, Fault, Found, Item
from genrelab.sources.storing import Chunk


def an_analysis(n: int = 2) -> Analysis:
    values = dict.fromkeys(
        ("confidence", "loudness_start", "loudness_max", "loudness_max_time", "loudness_end"),
        np.zeros(n),
    )
    segments = Segments(
        start=np.arange(n), duration=np.ones(n), pitches=np.zeros((n, 12)),
        timbre=np.ones((n, 12)), **values,
    )  # fmt: skip
    return Analysis(analyzer="test", dialect="unknown", segments=segments)


def a_track(name: str, genre: str | None = "Rock", **values: str) -> Track:
    return Track(id=f"test-{name}", genre=genre, origin=Origin(source="test"), **values)


@dataclass
class ListSource:
    """Records from lists, an item each."""

    contents: Sequence[Sequence[tuple[Track, Analysis | None] | str]]
    name: str = "test"
    version: str = "1"
    asked: list[int] = field(default_factory=list)

    def items(self) -> list[Item]:
        return [
            Item(f"item {i}", self.version, len(c), lambda after, c=c: self._entries(c, after))  # type: ignore[misc]
            for i, c in enumerate(self.contents)
        ]

    def _entries(
        self, content: Sequence[tuple[Track, Analysis | None] | str], after: int
    ) -> Iterator[Found]:
        self.asked.append(after)
        for position, one in enumerate(content, 1):
            if position > after:
                if isinstance(one, str):
                    yield Fault(position, None, one, fatal=one == "fatal")
                else:
                    yield Entry(position, *one)


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    with Corpus(tmp_path / "t.corpus", "write") as opened:
        yield opened


def test_the_first_record_of_an_id_stays(corpus: Corpus) -> None:
    source = ListSource(
        [[(a_track("a", title="1"), an_analysis()), (a_track("a", title="2"), an_analysis())]]
    )
    summary = collect(source, corpus)
    assert (summary.read, summary.stored, dict(summary.dropped)) == (2, 1, {"duplicate id": 1})
    assert [t.title for t in corpus.tracks()] == ["1"]


def test_two_genres_make_an_id_ambiguous_for_good(corpus: Corpus) -> None:
    rock, jazz = ((a_track("a", g), an_analysis()) for g in ("Rock", "Jazz"))
    summary = collect(ListSource([[rock, jazz, rock], [jazz]]), corpus)
    assert list(corpus.tracks()) == []
    assert (summary.stored, summary.removed, dict(summary.dropped)) == (1, 1, {"two genres": 3})
    assert next(corpus.journal.drops())[4] == "Rock before, Jazz here"


def test_what_is_lacking_is_filled_in(corpus: Corpus) -> None:
    bare = (a_track("a", None, title="kept"), None)
    summary = collect(
        ListSource([[bare, (a_track("a", "Rock", artist="X", title="other"), an_analysis())]]),
        corpus,
    )
    (track,) = corpus.tracks()
    assert (track.genre, track.artist, track.title) == ("Rock", "X", "kept")
    assert corpus.analysis(track.id) is not None
    assert (summary.stored, summary.updated) == (1, 1)


def test_tracks_without_segments_genre_or_artist_are_counted(corpus: Corpus) -> None:
    content = [
        (a_track("a"), an_analysis(0)),
        (a_track("b", None), an_analysis()),
        (a_track("c", artist="X"), None),
    ]
    summary = collect(ListSource([content]), corpus)
    assert (summary.stored, dict(summary.dropped)) == (2, {"no segments": 1})
    assert (summary.without_genre, summary.without_artist) == (1, 1)


def test_a_newer_version_of_an_item_replaces_what_it_brought(corpus: Corpus) -> None:
    collect(ListSource([[(a_track("a", "Rock"), an_analysis(2))]]), corpus)
    summary = collect(ListSource([[(a_track("a", "Jazz"), an_analysis(3))]], version="2"), corpus)
    assert (summary.updated, summary.stored, summary.removed) == (1, 0, 0)
    assert [t.genre for t in corpus.tracks()] == ["Jazz"]
    assert corpus.segment_counts() == {"test-a": 3}


def test_what_a_newer_version_no_longer_has_is_taken_out(corpus: Corpus) -> None:
    collect(ListSource([[(a_track(name), an_analysis()) for name in "abc"]]), corpus)
    newer = [[(a_track(name), an_analysis()) for name in "ad"]]
    summary = collect(ListSource(newer, version="2"), corpus)
    assert (summary.updated, summary.stored, summary.removed) == (1, 1, 2)
    assert [track.id for track in corpus.tracks()] == ["test-a", "test-d"]
    assert set(corpus.segment_counts()) == {"test-a", "test-d"}


def test_what_another_item_has_too_comes_back_when_that_is_collected_again(
    corpus: Corpus,
) -> None:
    shared, own = (a_track("shared"), an_analysis()), (a_track("own"), an_analysis())
    other = (a_track("other"), an_analysis())
    first, second = ListSource([[shared, own]], name="first"), ListSource([[shared, other]])
    collect(first, corpus)
    assert collect(second, corpus).dropped == {"duplicate id": 1}
    assert collect(ListSource([[own]], name="first", version="2"), corpus).removed == 1
    summary = collect(second, corpus)
    assert (summary.stored, summary.updated, summary.removed) == (1, 1, 0)
    assert summary.dropped == {} and corpus.info().drops == {}
    assert {track.id for track in corpus.tracks()} == {"test-shared", "test-own", "test-other"}
    again = collect(second, corpus)
    assert (again.read, again.skipped) == (0, 2)


def test_a_finished_import_reads_nothing_and_remembers_its_faults(corpus: Corpus) -> None:
    source = ListSource([[(a_track("a"), None), "line 2: broken"]])
    first = collect(source, corpus)
    again = collect(source, corpus)
    assert first.faults == again.faults == ("item 0: line 2: broken",)
    assert (again.read, again.skipped, again.finished_before) == (0, 2, 1)
    assert source.asked == [0]


def test_a_fatal_fault_keeps_what_came_before(corpus: Corpus) -> None:
    source = ListSource(
        [[(a_track("a"), None), "fatal", (a_track("b"), None)], [(a_track("c"), None)]]
    )
    summary = collect(source, corpus)
    assert [t.id for t in corpus.tracks()] == ["test-a", "test-c"]
    assert (summary.unfinished, summary.read, summary.n_faults) == (("item 0",), 2, 1)
    collect(source, corpus)
    assert source.asked == [0, 0, 1]


def test_progress_ends_at_the_total(corpus: Corpus) -> None:
    seen: list[tuple[int, int | None]] = []
    source = ListSource([[(a_track("a"), None)], [(a_track("b"), None)]])
    collect(source, corpus, progress=lambda _, done, total: seen.append((done, total)))
    assert seen[-1] == (2, 2)
    assert seen == sorted(seen)


# Genres: mapped once, chosen, and listed where no table knows them.


def test_genres_are_mapped_whatever_the_source_does(corpus: Corpus) -> None:
    tracks = [a_track("a", "rap"), a_track("b", "VG"), a_track("c", "VG"), a_track("d", "60s")]
    source = ListSource([[(track, None) for track in tracks]])
    table = SHIPPED_GENRES.extended({"60s": ""})
    summary = collect(source, corpus, table=table)
    assert corpus.genre_counts() == {"VG": 2, "Hip-Hop": 1}
    assert (dict(summary.unmapped), summary.without_genre) == ({"VG": 2}, 1)
    again = collect(source, corpus)
    assert (again.updated, dict(again.unmapped)) == (4, {"VG": 2, "60s": 1})


def test_genres_that_are_asked_for(corpus: Corpus) -> None:
    tracks = [a_track("a", "rap"), a_track("b", "Rock"), a_track("c", None)]
    source = ListSource([[(track, None) for track in tracks]])
    summary = collect(source, corpus, genres=["hiphop", "Jazz"])
    assert (summary.stored, dict(summary.dropped)) == (1, {"genre not asked for": 2})
    assert summary.absent_genres == ["Jazz"]
    assert [detail for *_, detail in corpus.journal.drops()] == ["Rock", "no genre"]
    assert collect(source, corpus, genres=["Jazz", "Rap"]).read == 0
    wider = collect(source, corpus, genres=["Rock", "Hip-Hop"])
    assert (wider.stored, wider.updated, wider.absent_genres) == (1, 1, [])
    narrower = collect(source, corpus, genres=["Rock"])
    assert (narrower.updated, narrower.removed) == (1, 1)


def test_an_analysis_without_genre_completes_a_track_that_was_asked_for(corpus: Corpus) -> None:
    content = [(a_track("a", "Rock"), None), (a_track("a", None), an_analysis())]
    summary = collect(ListSource([content]), corpus, genres=["Rock"])
    assert (summary.stored, summary.updated, corpus.segment_counts()) == (1, 1, {"test-a": 2})


# Batches.


@pytest.fixture
def transactions(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the tracks at the end of each transaction."""
    counts: list[int] = []
    plain = corpus.transaction

    @contextmanager
    def counted() -> Iterator[None]:
        with plain():
            yield
        counts.append(corpus.track_count())

    monkeypatch.setattr(corpus, "transaction", counted)
    return counts


def test_small_items_share_a_transaction(corpus: Corpus, transactions: list[int]) -> None:
    source = ListSource([[(a_track(f"{i}"), None)] for i in range(10)])
    collect(source, corpus, batch_tracks=4)
    assert transactions == [4, 8, 10]


def test_large_items_are_parted(corpus: Corpus, transactions: list[int]) -> None:
    source = ListSource([[(a_track(f"{i}"), None) for i in range(10)]])
    collect(source, corpus, batch_tracks=4)
    assert transactions == [4, 8, 10]


def test_slow_items_are_stored_after_a_while() -> None:
    times = iter([0.0, 1.0, 1.5, 2.5, 3.0, 3.0, 3.1])
    chunks = [Chunk(Item(f"{i}", "1", 1, lambda _: iter(()))) for i in range(4)]
    batches = list(_batches(iter(chunks), 64, clock=lambda: next(times)))
    assert [len(batch) for batch in batches] == [3, 1]


RECORDS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["Rock", "Jazz", None]), st.integers(0, 2)),
    max_size=12,
)


class _StopError(Exception):
    pass


@settings(max_examples=60, deadline=None)
@given(RECORDS, RECORDS, st.integers(1, 5), st.integers(0, 24))
def test_any_interruption_ends_in_the_same_corpus(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[tuple[str, str | None, int]],
    second: list[tuple[str, str | None, int]],
    batch: int,
    stop_after: int,
) -> None:
    contents = [
        [(a_track(name, genre), an_analysis(n)) for name, genre, n in content]
        for content in (first, second)
    ]

    class Stopping(ListSource):
        left = stop_after

        def _entries(
            self, content: Sequence[tuple[Track, Analysis | None] | str], after: int
        ) -> Iterator[Found]:
            for found in super()._entries(content, after):
                if self.left == 0:
                    raise _StopError
                self.left -= 1
                yield found

    folder = tmp_path_factory.mktemp("c")
    with Corpus(folder / "clean.corpus", "write") as clean:
        summary = collect(ListSource(contents), clean)
        assert summary.read == summary.stored + summary.updated + sum(summary.dropped.values())
        assert clean.info().tracks == summary.stored - summary.removed
        expected = clean.digest()
    with Corpus(folder / "stopped.corpus", "write") as stopped:
        try:
            collect(Stopping(contents), stopped, batch_tracks=batch)
        except _StopError:
            collect(ListSource(contents), stopped, batch_tracks=batch)
        assert stopped.digest() == expected


IMPORT = """
import sys, time
from genrelab.music.corpus import Corpus
from genrelab.sources.archive import ArchiveSource
from genrelab.sources.collecting import collect

print("ready", flush=True)
with Corpus(sys.argv[1], "write") as corpus:
    collect(ArchiveSource(sys.argv[2:]), corpus, batch_tracks=2)
"""


def test_twenty_kills_leave_the_same_corpus_as_one_clean_run(tmp_path: Path) -> None:
    """SIGKILL at random moments; after each, the same command again, to its end."""
    archive = tmp_path / "archive"
    archive.mkdir()
    for part in range(4):
        numbers = [n % 110 for n in range(part * 40, part * 40 + 40)]  # some ids come twice
        records = [record(n, segments=200, Genre="Pop" if part == 3 else None) for n in numbers]
        write(archive / f"{part}.jsonl.gz", records)
    clean = tmp_path / "clean.corpus"
    subprocess.run([sys.executable, "-c", IMPORT, clean, archive], check=True, capture_output=True)
    with Corpus(clean) as corpus:
        expected = corpus.digest()
    generator = random.Random(4)
    midway = 0
    length_s = 0.0
    for kill in range(21):
        path = tmp_path / f"{kill}.corpus"
        began = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-c", IMPORT, path, archive], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            if kill == 0:  # none yet: how long one takes, behind its imports
                began = time.monotonic()
                process.wait()
                length_s = time.monotonic() - began
            else:
                time.sleep(generator.random() * length_s)
                process.kill()
        with Corpus(path, "write") as corpus:
            midway += 0 < corpus.track_count() < 110
            collect(ArchiveSource([archive]), corpus)
            assert corpus.digest() == expected
            assert corpus.check() == []
    assert midway >= 5, midway
