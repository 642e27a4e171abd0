"""Hearing: analyses out of archives and corpora, silence told from music."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genrelab.errors import CorpusError
from genrelab.listening.hearing import Heard, Unheard, hear_archive, hear_corpus, unless_silent
from genrelab.music.analysis import Analysis
from genrelab.music.corpus import Corpus
from genrelab.music.segments import Segments

MakeSegments = Callable[..., Segments]


def _loud(segments: Segments, loudness: float) -> Segments:
    return replace(segments, loudness_max=np.full(len(segments), loudness))


@pytest.mark.parametrize(
    ("loudness", "is_music"), [(-60.0, False), (-61.0, False), (-59.9, True), (np.nan, True)]
)
def test_silence_is_told_from_music(
    loudness: float, is_music: bool, make_segments: MakeSegments
) -> None:
    segments = _loud(make_segments(5), loudness)
    heard = Heard(segments=segments, dialect="spotify", file="a.json", track_id="a")
    answer = unless_silent(heard)
    if is_music:
        assert answer is heard
    else:
        assert isinstance(answer, Unheard) and answer.file == "a.json"
        assert answer.sentence == "a.json: a: silent throughout; expected music"


def test_one_sound_is_enough(make_segments: MakeSegments) -> None:
    segments = make_segments(5)
    loudness = np.array([-60, np.nan, -60, -30, -60])
    heard = Heard(segments=replace(segments, loudness_max=loudness), dialect="msd")
    assert unless_silent(heard) is heard


def test_an_archive_is_heard_in_its_order(make_segments: MakeSegments, tmp_path: Path) -> None:
    file = tmp_path / "songs.jsonl"
    songs = [make_segments(n, seed=n) for n in (3, 4, 0, 5)]
    lines = [Analysis(analyzer="4.0.0", dialect="spotify", segments=one).to_json() for one in songs]
    lines.insert(1, b"{")
    file.write_bytes(b"\n".join(lines) + b"\n")
    told: list[tuple[str, int, int | None]] = []
    first, broken, second, empty, third = hear_archive(
        file, progress=lambda *report: told.append(report)
    )
    assert isinstance(broken, Unheard) and broken.sentence.startswith(f"{file}: line 2: is not")
    assert isinstance(empty, Unheard) and "no segments to hear" in empty.sentence
    for heard, position, n in ((first, 1, 3), (second, 3, 4), (third, 5, 5)):
        assert isinstance(heard, Heard)
        assert (heard.position, len(heard.segments), heard.file) == (position, n, str(file))
    assert told[-1] == (f"predicting {file}", file.stat().st_size, file.stat().st_size)


def test_a_corpus_is_heard_by_id(write_corpus, make_segments: MakeSegments, tmp_path) -> None:
    songs = [{"id": f"test-{i}", "segments": make_segments(seed=i)} for i in (3, 1, 2)]
    songs += [{"id": "test-0"}, {"id": "test-4", "segments": _loud(make_segments(), -60)}]
    told: list[tuple[str, int, int | None]] = []
    with Corpus(write_corpus(tmp_path / "a.corpus", songs)) as corpus:
        *heard, silent = hear_corpus(corpus, progress=lambda *report: told.append(report))
        assert [one.track_id for one in heard] == ["test-1", "test-2", "test-3"]
        assert silent == Unheard(sentence="test-4: silent throughout; expected music")
        rest = list(hear_corpus(corpus, without={"test-1", "test-4"}))
        assert [one.track_id for one in rest] == ["test-2", "test-3"]
    assert told[-1] == ("predicting", 4, 4)


def test_a_corpus_without_analyses_is_one_sentence(make_corpus: Callable[..., Corpus]) -> None:
    corpus = make_corpus([{"id": "test-1", "genre": "Rock"}])
    with pytest.raises(
        CorpusError, match=r"small.corpus: no track has an analysis .*run `genrelab"
    ):
        list(hear_corpus(corpus))
