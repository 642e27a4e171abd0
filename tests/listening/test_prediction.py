"""Prediction: answers in order, sums, batches, remarks, and what cannot be heard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.listening.answers import probabilities_of

from genrelab.errors import DataError, UsageError
from genrelab.learning.recipes import load_recipe
from genrelab.learning.runs import Run
from genrelab.listening import prediction
from genrelab.listening.hearing import Heard, Unheard
from genrelab.listening.models import Model
from genrelab.listening.prediction import answer_each, predict_heard, ranked
from genrelab.music.corpus import Corpus
from genrelab.music.dialects import convert_segments
from genrelab.music.segments import Segments

MakeSegments = Callable[..., Segments]
N_SEGMENTS = 24


@pytest.fixture(scope="module")
def corpus_path(
    tmp_path_factory: pytest.TempPathFactory,
    make_segments: MakeSegments,
    write_corpus: Callable[..., Path],
) -> Path:
    songs = [
        {
            "id": f"test-{genre}-{i}",
            "genre": genre,
            "artist": f"{genre} {i}",
            "segments": make_segments(20 + i, seed=i, shift=shift),
        }
        for genre, shift in (("Jazz", 20.0), ("Pop", 0.0), ("Rock", -20.0))
        for i in range(10)
    ]
    return write_corpus(tmp_path_factory.mktemp("listening") / "a.corpus", songs)


@pytest.fixture(scope="module")
def run(corpus_path: Path) -> Run:
    pytest.importorskip("keras", reason="training needs the 'train' extra")
    from genrelab.workflows.experiments import train

    settings = {"min_tracks": 5, "segments": N_SEGMENTS, "max_epochs": 1, "normalize": True}
    recipe = load_recipe("balanced-timbre", settings)
    with Corpus(corpus_path) as corpus:
        return train(corpus, recipe, corpus_path.with_name("run"))


@pytest.fixture(scope="module")
def model(run: Run) -> Model:
    return Model(run, threads=1)


def _heard(make_segments: MakeSegments, n: int, **fields: Any) -> list[Heard]:
    return [
        Heard(
            segments=make_segments(1 + i % 40, seed=i),
            dialect="spotify",
            **{"track_id": f"test-{i}", **fields},
        )
        for i in range(n)
    ]


def test_predictions_come_in_order_and_sum_to_1(model: Model, make_segments: MakeSegments) -> None:
    heard = _heard(make_segments, 7)
    answers = list(predict_heard(model, iter(heard)))
    assert [one.track_id for one in answers] == [one.track_id for one in heard]
    for one in answers:
        assert tuple(one.probabilities) == model.classes == ("Jazz", "Pop", "Rock")
        assert sum(one.probabilities.values()) == pytest.approx(1, abs=1e-12)
        assert all(0 <= value <= 1 for value in one.probabilities.values())
        assert one.genre == max(one.probabilities, key=lambda g: one.probabilities[g])
        assert one.top(2)[0] == (one.genre, one.probabilities[one.genre])
        assert [p for _, p in one.top(3)] == sorted(one.probabilities.values(), reverse=True)
        assert not one.calibrated and one.remarks == ()


@pytest.mark.parametrize("batch", [1, 2, 7, 300])
def test_the_size_of_a_batch_changes_nothing(
    model: Model, make_segments: MakeSegments, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    heard = _heard(make_segments, 20)
    expected = probabilities_of(model, [one.segments for one in heard])
    monkeypatch.setattr(prediction, "BATCH", batch)
    answers = [list(one.probabilities.values()) for one in predict_heard(model, heard)]
    assert np.allclose(answers, expected, atol=1e-6)


def test_more_tracks_than_a_batch_are_read_as_they_are_needed(
    model: Model, make_segments: MakeSegments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction, "BATCH", 4)
    waiting = iter(_heard(make_segments, 10))
    answers = predict_heard(model, waiting)
    assert next(answers).track_id == "test-0"
    assert next(waiting).track_id == "test-4", "only one batch was read"


def test_a_track_shorter_than_the_model_hears_is_padded(
    model: Model, make_segments: MakeSegments
) -> None:
    short, long = make_segments(3), make_segments(60, seed=1)
    head = make_segments(60, seed=1)
    cut = Segments(**{name: getattr(head, name)[:N_SEGMENTS] for name in Segments.__slots__})
    answers = probabilities_of(model, [short, long, cut])
    assert np.isfinite(answers).all()
    assert np.allclose(answers[1], answers[2], atol=1e-6), "only the start is heard"


def test_a_json_line_names_what_is_known(model: Model, make_segments: MakeSegments) -> None:
    named, known = predict_heard(
        model,
        [
            *_heard(make_segments, 1, track_id=None, file="song.json"),
            *_heard(make_segments, 1),
        ],
    )
    assert list(named.to_dict()) == ["file", "genre", "probabilities", "calibrated", "remarks"]
    assert "file" not in known.to_dict() and known.to_dict()["track_id"] == "test-0"


def test_a_json_line_lists_as_many_as_asked_for(model: Model, make_segments: MakeSegments) -> None:
    heard = [Heard(segments=make_segments(60), dialect="spotify")]
    (one,) = predict_heard(model, heard, windows=True)
    told = one.to_dict(top=2)
    assert list(told["probabilities"].items()) == one.top(2)
    assert len(told["windows"]) == len(one.windows) > 1
    for line, window in zip(told["windows"], one.windows, strict=True):
        assert (line["start"], line["stop"]) == (window.start, window.stop)
        assert list(line["probabilities"].items()) == ranked(window.probabilities, 2)
        assert sum(window.probabilities.values()) == pytest.approx(1)
    assert list(one.to_dict()["probabilities"]) == list(model.classes)
    (same,) = predict_heard(model, heard)
    assert same.probabilities == pytest.approx(one.probabilities) and same.windows == ()
    assert "windows" not in same.to_dict()
    assert one.to_dict(top=9)["probabilities"] == one.probabilities
    with pytest.raises(UsageError, match="top is 0; expected 1 or more"):
        one.to_dict(top=0)


def test_below_a_threshold_no_genre_is_named(model: Model, make_segments: MakeSegments) -> None:
    heard = _heard(make_segments, 9)
    sure = list(predict_heard(model, heard))
    limit = sorted(one.top(1)[0][1] for one in sure)[4]
    unsure = list(predict_heard(model, heard, threshold=limit))
    assert [one.genre for one in unsure] == [
        one.genre if one.top(1)[0][1] >= limit else None for one in sure
    ]
    assert sum(one.genre is None for one in unsure) == 4
    assert [one.probabilities for one in unsure] == [one.probabilities for one in sure]
    assert all(bool(one.remarks) == (one.genre is None) for one in unsure)
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(UsageError, match="expected a probability"):
            list(predict_heard(model, heard, threshold=wrong))


@pytest.mark.parametrize("batch", [1, 2, 300])
def test_what_was_not_heard_keeps_its_place(
    model: Model, make_segments: MakeSegments, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(prediction, "BATCH", batch)
    first, second = _heard(make_segments, 2)
    missing = Unheard(sentence="a.mp3: no such file", file="a.mp3")
    answers = list(answer_each(model, [missing, first, missing, missing, second]))
    assert [answers[i] for i in (0, 2, 3)] == [missing] * 3
    assert [answers[1], answers[4]] == list(predict_heard(model, [first, second]))


def test_another_dialect_is_converted(model: Model, make_segments: MakeSegments) -> None:
    segments = make_segments(30)
    foreign = convert_segments(segments, "spotify", "msd")
    heard = [
        Heard(segments=segments, dialect="spotify"),
        Heard(segments=foreign, dialect="msd"),
        Heard(segments=foreign, dialect="spotify"),
    ]
    same, other, wrong = predict_heard(model, heard)
    assert same.remarks == wrong.remarks == ()
    assert same.probabilities == pytest.approx(other.probabilities, abs=1e-5)
    assert same.probabilities != pytest.approx(wrong.probabilities, abs=1e-5)
    assert other.remarks == ("analysis of dialect msd, converted to spotify, the model's",)


def test_an_unknown_dialect_is_remarked(model: Model, make_segments: MakeSegments) -> None:
    heard = [
        Heard(segments=make_segments(30), dialect=dialect) for dialect in ("spotify", "unknown")
    ]
    same, other = predict_heard(model, heard)
    assert same.probabilities == pytest.approx(other.probabilities)
    assert other.remarks == (
        "analysis of dialect unknown, model of spotify: timbre may differ, trust less",
    )


@pytest.mark.parametrize("about", [{"track_id": "test-7"}, {"file": "song.json"}])
def test_an_analysis_without_segments_is_named(
    model: Model, make_segments: MakeSegments, about: dict[str, str]
) -> None:
    heard = Heard(segments=make_segments(0), dialect="spotify", **about)
    with pytest.raises(DataError, match=f"{next(iter(about.values()))}: no segments to hear"):
        list(predict_heard(model, [heard]))


def test_nothing_asked_nothing_answered(model: Model) -> None:
    assert list(predict_heard(model, [])) == []


def test_a_run_predicts_its_test_tracks_as_it_was_judged(run: Run, corpus_path: Path) -> None:
    (member,) = run.members
    judged = member.predictions("test")
    with Corpus(corpus_path) as corpus:
        segments = [one for _, one in corpus.segments(judged.track_ids)]
    assert np.allclose(probabilities_of(Model(member), segments), judged.probabilities, atol=1e-6)
