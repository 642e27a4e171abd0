"""The corpus: what goes in comes out, and no trouble loses what is stored."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from genrelab.errors import CorpusError
from genrelab.music.analysis import Analysis, Interval, Section, TrackLevel
from genrelab.music.corpus import FORMAT_VERSION, Corpus
from genrelab.music.segments import SEGMENT_FIELDS, Segments
from genrelab.music.tracks import Origin, Track


def an_analysis(n: int = 3, value: float = 1.5) -> Analysis:
    return Analysis(
        analyzer="4.0.0",
        dialect="spotify",
        track=TrackLevel(duration=float(n), key=4, sample_md5="x"),
        bars=[Interval(start=0, duration=1, confidence=0.5)],
        sections=[Section(start=0, duration=n, confidence=1, mode=1)],
        meta={"platform": "Linux"},
        segments=Segments(
            start=np.arange(n) + 0.12345,
            duration=np.ones(n),
            confidence=np.full(n, 0.5),
            loudness_start=np.full(n, -20.25),
            loudness_max=np.full(n, -10.5),
            loudness_max_time=np.full(n, 0.01),
            loudness_end=np.full(n, np.nan),
            pitches=np.full((n, 12), 0.25),
            timbre=np.full((n, 12), value),
        ),
    )


def a_track(name: str, **values: object) -> Track:
    return Track(id=f"test-{name}", origin=Origin(source="test", position=1), **values)  # type: ignore[arg-type]


def put(corpus: Corpus, *names: str) -> None:
    with corpus.transaction():
        for name in names:
            corpus.put(a_track(name, genre="Rock"), an_analysis())


def test_tracks_and_analyses_come_back_as_they_went_in(corpus: Corpus) -> None:
    track = a_track(
        "a", title="é", tags={"year": 1999}, audio_features={"energy": 0.5}, genre="Jazz"
    )
    analysis = an_analysis()
    with corpus.transaction():
        corpus.put(track, analysis)
    assert list(corpus.tracks()) == [track]
    read = corpus.analysis("test-a")
    assert read is not None
    assert (read.analyzer, read.dialect, read.track) == ("4.0.0", "spotify", analysis.track)
    assert (list(read.bars), list(read.sections)) == (analysis.bars, analysis.sections)
    assert read.meta == analysis.meta
    for name in SEGMENT_FIELDS:
        np.testing.assert_array_equal(
            getattr(read.segments, name), getattr(analysis.segments, name)
        )
    assert corpus.analysis("test-b") is None
    assert corpus.check() == []


def test_put_replaces_by_id_and_keeps_an_analysis(corpus: Corpus) -> None:
    put(corpus, "a")
    with corpus.transaction():
        corpus.put(a_track("a", genre="Jazz"))
    assert [t.genre for t in corpus.tracks()] == ["Jazz"]
    assert corpus.segment_counts() == {"test-a": 3}


def test_the_digest_is_the_content_s(tmp_path: Path) -> None:
    digests = []
    for name, order in (("x", "ab"), ("y", "ba"), ("z", "a")):
        with Corpus(tmp_path / f"{name}.corpus", "write") as corpus:
            put(corpus, *order)
            digests.append(corpus.digest())
    assert digests[0] == digests[1] != digests[2]


def test_a_transaction_is_all_or_nothing(corpus: Corpus) -> None:
    put(corpus, "a")

    def half() -> None:
        with corpus.transaction():
            corpus.put(a_track("b"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert [t.id for t in corpus.tracks()] == ["test-a"]


def test_counts(corpus: Corpus) -> None:
    put(corpus, "a", "b")
    with corpus.transaction():
        corpus.put(a_track("c", artist="X"))
        entry = corpus.journal.begin("s", "item", "1")
        corpus.journal.drop(entry, 1, "test-d", "no segments", "none")
    info = corpus.info()
    assert (info.tracks, info.analyses, info.segments) == (3, 2, 6)
    assert (info.genres, info.without_genre, info.without_artist) == ({"Rock": 2}, 1, 2)
    assert (info.without_analysis, info.drops) == (1, {"no segments": 1})
    assert (info.unfinished_imports, info.dialects) == (1, {"spotify": 2})


def test_a_changed_item_starts_again(corpus: Corpus) -> None:
    with corpus.transaction():
        first = corpus.journal.begin("s", "item", "1")
        corpus.journal.drop(first, 1, None, "unreadable", "x")
        corpus.journal.advance(first, 5, complete=True)
    known = corpus.journal.find("s", "item", "1")
    assert known is not None and (known.position, known.complete) == (5, True)
    assert corpus.journal.find("s", "item", "2") is None
    with corpus.transaction():
        again = corpus.journal.begin("s", "item", "2")
    assert (again.id, again.position, again.complete) == (first.id, 0, False)
    assert list(corpus.journal.drops()) == []


def test_damage_is_found(path: Path) -> None:
    with Corpus(path, "write") as corpus:
        put(corpus, "a", "b")
    with sqlite3.connect(path) as database:
        database.execute("UPDATE analyses SET timbre = x'00' WHERE track_id = 'test-b'")
    database.close()
    with Corpus(path) as corpus:
        (found,) = corpus.check()
    assert "the analysis of test-b is damaged" in found


def test_every_damaged_analysis_is_named(corpus: Corpus, path: Path) -> None:
    put(corpus, "a", "b", "c")
    nan = np.full((3, 12), np.nan, "<f4").tobytes()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE analyses SET timbre=? WHERE track_id='test-a'", (nan,))
        db.execute("UPDATE analyses SET pitches=x'00' WHERE track_id='test-c'")
    db.close()
    found = corpus.check()
    assert len(found) == 2
    assert "the analysis of test-a is damaged (segments[0].timbre" in found[0]
    assert "the analysis of test-c is damaged" in found[1]
    for name in ("test-a", "test-c"):
        with pytest.raises(CorpusError, match=f"the analysis of {name} is damaged"):
            list(corpus.segments(["test-b", name]))


def test_a_newer_format_is_refused(path: Path) -> None:
    Corpus(path, "write").close()
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {FORMAT_VERSION + 1}")
    database.close()
    with pytest.raises(CorpusError, match=r"format 2 is newer than this genrelab reads \(1\)"):
        Corpus(path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"text, not SQLite at all" * 50, "not a genrelab corpus"), (b"", "no genrelab corpus")],
)
def test_what_is_no_corpus_is_refused(path: Path, content: bytes, expected: str) -> None:
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=expected):
        Corpus(path)


def test_another_database_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE other (x)")
    database.close()
    with pytest.raises(CorpusError, match="an SQLite file, but no genrelab corpus"):
        Corpus(path, "write")


def test_absent_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such corpus"):
        Corpus(tmp_path / "absent.corpus")
    with pytest.raises(CorpusError, match="its folder does not exist"):
        Corpus(tmp_path / "no" / "t.corpus", "write")
    for mode in ("read", "write"):
        with pytest.raises(CorpusError, match=r"a folder; expected a \.corpus file"):
            Corpus(tmp_path, mode)


HOLD = """
import sys
from genrelab.music.corpus import Corpus
from genrelab.music.tracks import Origin, Track

with Corpus(sys.argv[1], "write") as corpus:
    with corpus.transaction():
        corpus.put(Track(id="test-other", origin=Origin(source="test")))
        print("held", flush=True)
        sys.stdin.readline()
"""


def test_a_corpus_that_another_process_writes_is_named_then_waited_for(path: Path) -> None:
    with Corpus(path, "write") as corpus:
        put(corpus, "a")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin and other.stdout
        assert other.stdout.readline() == "held\n"
        with Corpus(path, "write", lock_wait_s=0.1) as corpus:
            with pytest.raises(CorpusError, match="another process has been writing"):
                put(corpus, "b")
            assert [t.id for t in corpus.tracks()] == ["test-a"]  # readers are not disturbed
        other.stdin.write("\n")
        other.stdin.flush()
        with Corpus(path, "write") as corpus:
            put(corpus, "b")
    with Corpus(path) as corpus:
        assert [t.id for t in corpus.tracks()] == ["test-a", "test-b", "test-other"]


WRITE = """
import sys
from genrelab.music.corpus import Corpus
from genrelab.music.tracks import Origin, Track

with Corpus(sys.argv[1], "write") as corpus:
    for i in range(40):
        with corpus.transaction():
            corpus.put(Track(id=f"test-{sys.argv[2]}.{i}", origin=Origin(source="test")))
"""


def test_two_writers_wait_for_each_other(path: Path) -> None:
    """From the first moment on: both may have to create the file."""
    writers = [subprocess.Popen([sys.executable, "-c", WRITE, path, name]) for name in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    with Corpus(path) as corpus:
        assert corpus.track_count() == 80


def test_many_may_create_the_same_file_at_once(tmp_path: Path) -> None:
    """Each sees it absent or whole, however their steps interleave."""
    for place in range(30):
        path, errors = tmp_path / f"{place}.corpus", []
        together = threading.Barrier(4)

        def create(path=path, errors=errors, together=together) -> None:
            together.wait()
            try:
                Corpus(path, "write").close()
            except CorpusError as error:
                errors.append(error)

        creators = [threading.Thread(target=create) for _ in range(4)]
        for creator in creators:
            creator.start()
        for creator in creators:
            creator.join()
        assert errors == []


def test_a_full_database_keeps_what_it_has(path: Path) -> None:
    with Corpus(path, "write") as corpus:
        put(corpus, "a")
        pages = corpus._db.execute("PRAGMA page_count").fetchone()[0]
        corpus._db.execute(f"PRAGMA max_page_count = {pages + 3}")
        with pytest.raises(CorpusError, match=r"disk is full.*what was stored before is safe"):
            put(corpus, *(f"b{i}" for i in range(200)))
        corpus._db.execute(f"PRAGMA max_page_count = {pages + 10000}")
        assert [t.id for t in corpus.tracks()] == ["test-a"]
        put(corpus, "c")
        assert corpus.check() == []


LIMITED = """
import resource, signal, sys
from genrelab.cli import main

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(main(sys.argv[2:]))
"""


def test_a_disk_that_refuses_more_ends_in_one_sentence(path: Path, tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="limits on files are POSIX's")
    from tests.sources.archives import record, write

    archive = write(tmp_path / "a.jsonl", [record(i, segments=100) for i in range(300)])
    command = ["collect", "archive", str(archive), "-o", str(path)]
    limited = subprocess.run(
        [sys.executable, "-c", LIMITED, "1500000", *command],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert limited.returncode == 1
    (sentence,) = limited.stderr.splitlines()
    assert sentence.startswith(f"error: {path}: the disk is full or failing")
    with Corpus(path) as corpus:
        stored = corpus.track_count()
        assert 0 < stored < 300 and corpus.check() == []
    whole = subprocess.run(
        [sys.executable, "-c", LIMITED, "-1", *command], capture_output=True, text=True, check=False
    )
    assert whole.returncode == 0
    with Corpus(path) as corpus:
        assert corpus.track_count() == 300
