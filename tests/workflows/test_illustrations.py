"""Illustrations: Figures 1 and 2 appear with the sound, and say why they do not without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from genrelab.analyzer.spectrum import SAMPLE_RATE
from genrelab.music.corpus import Corpus
from genrelab.workflows.illustrations import choose_illustration, draw_illustration

pytest.importorskip("matplotlib")


@pytest.fixture
def corpus(tmp_path: Path, make_corpus: Callable[..., Corpus], make_segments: Any) -> Corpus:
    """Tracks a to e: a and b without sound, c's is lost, d's no sound, e's by a relative path."""
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "d.wav").write_text("no sound")
    soundfile.write(tmp_path / "music" / "e.wav", np.zeros(SAMPLE_RATE // 10), SAMPLE_RATE)
    paths = {"c": str(tmp_path / "lost.wav"), "d": str(tmp_path / "music" / "d.wav"),
             "e": "music/e.wav"}  # fmt: skip
    return make_corpus(
        {"id": f"test-{name}", "segments": make_segments(5), "audio_path": paths.get(name)}
        for name in "abcde"
    )


def test_a_track_with_sound_is_taken_and_drawn_four_times(corpus: Corpus) -> None:
    shown = choose_illustration(corpus, ["test-a", "test-e"])
    assert (shown.track_id, shown.sentence) == ("test-e", "")
    assert shown.samples is not None and len(shown.samples) == SAMPLE_RATE // 10
    figures = list(draw_illustration(shown))
    assert [one.name.split("-")[1] for one in figures] == ["1", "2", "3", "4"]
    assert all("test-e" in one.caption for one in figures)


def test_sound_is_found_beyond_the_preferred_tracks(corpus: Corpus) -> None:
    assert choose_illustration(corpus, ["test-a"]).track_id == "test-e"


def test_without_sound_the_first_is_taken_and_that_is_said(
    make_corpus: Callable[..., Corpus], make_segments: Any
) -> None:
    songs = [{"id": f"test-{name}", "segments": make_segments(5)} for name in "ab"]
    shown = choose_illustration(make_corpus(songs), ["test-b", "test-a"])
    assert (shown.track_id, shown.samples) == ("test-b", None)
    assert "need audio, which this corpus does not hold" in shown.sentence
    assert [one.name.split("-")[1] for one in draw_illustration(shown)] == ["3", "4"]


def test_sound_that_cannot_be_read_is_named(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "music" / "e.wav").unlink()
    shown = choose_illustration(corpus, ["test-a"])
    assert (shown.track_id, shown.samples) == ("test-a", None)
    assert "Figures 1 (spectrogram) and 2 (MFCCs) are left out" in shown.sentence
    assert "d.wav" in shown.sentence
