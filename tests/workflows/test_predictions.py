"""Predictions: recordings in their order, in few processes, and what fails is named."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from tests.analyzer.sounds import tone, write_sound
from tests.workflows.stand_in import StandIn
from tests.workflows.stand_in_model import StandInModel, make_run

import genrelab
from genrelab.errors import DataError, UsageError
from genrelab.learning.runs import Abstention
from genrelab.listening.hearing import Unheard
from genrelab.listening.prediction import Prediction
from genrelab.music.corpus import Corpus
from genrelab.workflows import predictions, workers
from genrelab.workflows.predictions import (
    Asking,
    choose_threshold,
    predict,
    predict_corpus,
    predict_questions,
)
from genrelab.workflows.questions import find_questions


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    (folder / "Rock").mkdir(parents=True)
    for tenths, name in enumerate(("Rock/a.wav", "Rock/slow.flac", "c.wav"), 2):
        write_sound(folder / name, tone(tenths / 10, 8_000), 8_000)
    return folder


@pytest.fixture
def model(tmp_path: Path) -> StandInModel:
    return StandInModel(make_run(tmp_path / "run"))


def ask(inputs, model, **options):
    options = {"settings": StandIn(), "jobs": 1, **options}
    return list(predict_questions(find_questions(inputs), Asking(model=model, **options)))


def write_archive(path: Path, music: Path, names) -> Path:
    lines = [StandIn().analyze(music / name).to_json() for name in names]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


@pytest.mark.parametrize("jobs", [1, 2])
def test_answers_come_in_the_order_given(jobs, music, model, tmp_path):
    archive = write_archive(tmp_path / "two.jsonl", music, ["c.wav", "Rock/a.wav"])
    order = [music / "Rock" / "slow.flac", archive, music / "c.wav", music / "Rock" / "a.wav"]
    answers = ask(order, model, jobs=jobs)
    assert [one.file for one in answers] == [str(order[i]) for i in (0, 1, 1, 2, 3)]
    rock = [one.probabilities["Rock"] for one in answers]
    assert rock == pytest.approx([0.3, 0.4, 0.2, 0.4, 0.2], abs=1e-3)
    assert [one.genre for one in answers] == ["Jazz"] * 5
    assert [one.position for one in answers] == [1, 1, 2, 1, 1]
    assert model.asked == [1, 2, 1, 1] or jobs == 2


def test_recordings_are_heard_in_the_models_dialect(tmp_path):
    dialects = [
        Asking(model=StandInModel(make_run(tmp_path / "run", dialect=name))).hearing().dialect
        for name in ("msd", "echonest", "spotify", "unknown")
    ]
    assert dialects == ["msd", "echonest", "spotify", "spotify"]


def test_one_recording_needs_no_other_process(music, model, monkeypatch):
    def start(self):
        raise AssertionError("a process was started")

    monkeypatch.setattr(workers._Worker, "start", start)
    (answer,) = ask([music / "c.wav"], model, jobs=None)
    assert answer.genre == "Jazz"


def test_what_fails_is_named_in_its_turn_and_the_rest_goes_on(music, model, tmp_path):
    (music / "text.mp3").write_text("no music\n" * 99)
    (tmp_path / "empty").mkdir()
    for name in ("a bug.wav", "crash.wav"):
        write_sound(music / name, tone(0.1, 8_000), 8_000)
    broken = tmp_path / "broken.json"
    broken.write_text('{"segments": [')
    names = ["absent.mp3", "a bug.wav", "c.wav", "crash.wav", "text.mp3", "Rock/a.wav"]
    inputs = [*(music / name for name in names), broken, tmp_path / "empty", "http://a"]
    answers = ask(inputs, model)
    assert [isinstance(one, Unheard) for one in answers] == [i not in (2, 5) for i in range(9)]
    assert [one.file for one in answers[:7]] == [str(path) for path in inputs[:7]]
    said = [getattr(one, "sentence", "") for one in answers]
    assert all(s.startswith(f"{path}: ") for s, path in zip(said, inputs, strict=True) if s)
    words = ("no such file", "(ValueError: oh no)", "", "SIGKILL", "not a sound file", "",
             "is not JSON", "no recording in this folder", "fetches nothing")  # fmt: skip
    assert all(word in sentence for word, sentence in zip(words, said, strict=True))


def test_silence_and_faults_of_a_recording_are_said(model, tmp_path):
    quiet = write_sound(tmp_path / "quiet.wav", np.zeros((22_050, 1), np.float32), 22_050)
    samples = tone(1.5, 22_050)
    samples[9] = np.nan
    odd = write_sound(tmp_path / "odd.wav", samples, 22_050, "float.wav")
    silence, prediction = ask([quiet, odd], model, settings=None)
    assert silence.sentence == f"{quiet}: silent throughout; expected music"
    assert len(prediction.remarks) == 1 and "no numbers" in prediction.remarks[0]


def test_a_threshold_leaves_the_genre_open(music, model):
    sure, unsure = ask([music / "Rock" / "a.wav", music / "c.wav"], model, threshold=0.7)
    assert (sure.genre, sure.remarks) == ("Jazz", ())
    assert unsure.genre is None and unsure.top(1)[0][0] == "Jazz"
    assert unsure.remarks == ("no genre is as probable as 0.7, so none is named",)


def test_windows_come_where_they_are_asked_for(music, model):
    (plain,) = ask([music / "c.wav"], model)
    (timed,) = ask([music / "c.wav"], model, windows=True)
    assert plain.windows == () and [(w.start, w.stop) for w in timed.windows] == [(0, 1), (1, 2)]


def test_a_precision_is_a_threshold_of_the_run(tmp_path):
    known = [
        Abstention(precision=p, threshold=p - 0.1, coverage=0.5, n=10) for p in (0.6, 0.7, 0.8)
    ]
    run = make_run(tmp_path / "run", calibrated=True, abstention=known)
    asked = [choose_threshold(run, precision=p, threshold=None) for p in (0.1, 0.6, 0.61, 0.8)]
    assert asked == pytest.approx([0.5, 0.5, 0.6, 0.7])
    assert choose_threshold(run, precision=None, threshold=0.3) == 0.3
    assert choose_threshold(run, precision=None, threshold=None) == 0
    with pytest.raises(UsageError, match=r"run: .*precision of 0.9 .*; the highest is 0.8"):
        choose_threshold(run, precision=0.9, threshold=None)
    for wrong in (0.0, -1.0, 1.1, float("nan")):
        with pytest.raises(UsageError, match="expected a share above 0"):
            choose_threshold(run, precision=wrong, threshold=None)
    with pytest.raises(UsageError, match="give one of them"):
        choose_threshold(run, precision=0.6, threshold=0.5)
    with pytest.raises(UsageError, match=r"without calibration .* calibrate=true"):
        choose_threshold(make_run(tmp_path / "old"), precision=0.6, threshold=None)
    weak = make_run(tmp_path / "weak", calibrated=True)
    with pytest.raises(UsageError, match=r"weak: no threshold reached .* give the threshold"):
        choose_threshold(weak, precision=0.6, threshold=None)


def test_wrong_use_is_known_before_anything_is_heard(model):
    for options in ({"threshold": 1.1}, {"threshold": float("nan")}, {"jobs": 0}):
        with pytest.raises(UsageError):
            Asking(model=model, **options)


def test_a_corpus_is_answered_by_id(write_corpus, make_segments, model, tmp_path):
    tracks = [{"id": f"test-{i}", "segments": make_segments(seed=i)} for i in (3, 1, 2)]
    path = write_corpus(tmp_path / "a.corpus", [*tracks, {"id": "test-0"}])
    with Corpus(path) as corpus:
        answers = list(predict_corpus(corpus, Asking(model=model)))
    assert [one.track_id for one in answers] == ["test-1", "test-2", "test-3"]
    assert model.asked == [3]


def test_the_public_verb_answers_one_path_or_many(music, model, tmp_path):
    assert genrelab.predict is predict
    one = genrelab.predict(str(music / "c.wav"), model=model)
    assert one.file == str(music / "c.wav")
    archive = write_archive(tmp_path / "one.json", music, ["c.wav"])
    assert predict(archive, model=model, threshold=0.9).genre is None
    several = predict([archive, music / "absent.wav", music / "c.wav"], model=model, jobs=1)
    assert [type(one).__name__ for one in several] == ["Prediction", "Unheard", "Prediction"]


def test_one_path_that_is_not_one_recording_is_one_sentence(music, model, tmp_path):
    two = write_archive(tmp_path / "two.jsonl", music, ["c.wav", "Rock/a.wav"])
    for path in (music, two):
        with pytest.raises(UsageError, match=f"{path}: stands for several recordings"):
            predict(path, model=model)
    with pytest.raises(DataError, match=r"absent.wav: no such file"):
        predict(tmp_path / "absent.wav", model=model)
    with pytest.raises(UsageError, match="fetches nothing"):
        predict("https://a.org/song.mp3", model=model)


def test_an_analysis_is_a_rung_below(music, model):
    analysis = genrelab.analyze(music / "c.wav")
    low = genrelab.predict_analysis(model, analysis)
    high = genrelab.predict(music / "c.wav", model=model)
    assert low.probabilities == high.probabilities and low.file is None
    quiet = genrelab.analyze_samples(np.zeros(22_050), 22_050)
    with pytest.raises(DataError, match="the analysis: silent throughout"):
        genrelab.predict_analysis(model, quiet)


def test_leaving_in_the_middle_ends_the_workers(music, model):
    import multiprocessing

    asking = Asking(model=model, settings=StandIn(), jobs=2)
    answers = predict_questions(find_questions([music]), asking)
    next(answers)
    answers.close()
    assert multiprocessing.active_children() == []


def test_an_undecodable_name_can_be_written(music, model):
    name = os.fsdecode(b"caf\xe9.wav")
    (music / "c.wav").rename(music / name)
    (answer,) = ask([music / name], model)
    assert answer.file.endswith("caf\\xe9.wav")


def test_what_waits_for_its_turn_is_answered_already(music, model, monkeypatch):
    waiting = []

    def in_order(results):
        for result in results:
            waiting.append(type(result[1]))
            yield result

    monkeypatch.setattr(predictions, "in_order", in_order)
    ask([music], model)
    assert waiting == [Prediction] * 3, "analyses would take memory"
