"""The journal: what was asked for, how far it came, and what was left out."""

from __future__ import annotations

from genrelab.music.corpus import Corpus
from genrelab.music.tracks import Origin, Track


def note(corpus: Corpus, source: str, item: str, *, complete: bool) -> None:
    with corpus.transaction():
        entry = corpus.journal.begin(source, item, "1")
        corpus.journal.drop(entry, 1, None, "unreadable", f"{item} is torn")
        corpus.journal.advance(entry, 1, complete=complete)


def test_items_of_a_source_and_whether_they_are_complete(corpus: Corpus) -> None:
    note(corpus, "a", "one", complete=True)
    note(corpus, "a", "zwei ü", complete=False)
    note(corpus, "b", "one", complete=False)
    assert corpus.journal.items("a") == {"one": True, "zwei ü": False}
    assert corpus.journal.items("b") == {"one": False}
    assert corpus.journal.items("c") == {}


def test_a_forgotten_item_takes_along_what_was_left_out_of_it(corpus: Corpus) -> None:
    note(corpus, "a", "one", complete=False)
    note(corpus, "b", "one", complete=False)
    empty = corpus.digest()
    with corpus.transaction():
        corpus.journal.forget_item("a", "one")
        corpus.journal.forget_item("a", "never begun")
    assert corpus.journal.items("a") == {} and corpus.journal.items("b") == {"one": False}
    assert [item for item, *_ in corpus.journal.drops()] == ["one"]
    assert corpus.info().unfinished_imports == 1 and corpus.digest() != empty


def test_an_item_with_tracks_is_not_forgotten(corpus: Corpus) -> None:
    with corpus.transaction():
        entry = corpus.journal.begin("a", "one", "1")
        corpus.put(Track(id="a-1", origin=Origin(source="a")), None, entry)
        corpus.journal.forget_item("a", "one")
    assert corpus.journal.items("a") == {"one": False}
