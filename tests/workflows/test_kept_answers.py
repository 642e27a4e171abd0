"""Kept answers: a second run does what is missing, killed or not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.analyzer.sounds import tone, write_sound
from tests.workflows.stand_in import StandIn
from tests.workflows.stand_in_model import StandInModel, make_run

from genrelab.errors import UsageError
from genrelab.listening.hearing import Unheard
from genrelab.listening.prediction import Prediction
from genrelab.music.corpus import Corpus
from genrelab.workflows.kept_answers import Keeping, Left, keep_answers, keep_corpus_answers
from genrelab.workflows.predictions import Asking
from genrelab.workflows.questions import find_questions

NAMES = ("a.wav", "b.wav", "c.wav")


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    for tenths, name in enumerate(NAMES, 2):
        write_sound(folder / name, tone(tenths / 10, 8_000), 8_000)
    return folder


@pytest.fixture
def model(tmp_path: Path) -> StandInModel:
    return StandInModel(make_run(tmp_path / "run"))


def keep(inputs, model, out, *, top=None, **options):
    asking = Asking(model=model, **{"settings": StandIn(), "jobs": 1, **options})
    inputs = [inputs] if isinstance(inputs, Path) else inputs
    keeping = Keeping(path=out, top=top)
    return counts(keep_answers(find_questions(inputs), asking, keeping))


def counts(answers):
    """(answered, left, failed)"""
    answers = list(answers)
    return (
        sum(isinstance(one, Prediction) for one in answers),
        sum(one.n for one in answers if isinstance(one, Left)),
        sum(isinstance(one, Unheard) for one in answers),
    )


def lines(out):
    return [json.loads(line) for line in out.read_text().splitlines()]


def files(out):
    return [Path(line["file"]).name for line in lines(out)]


def test_a_second_run_asks_nothing(music, model, tmp_path):
    out = tmp_path / "a.jsonl"
    assert keep(music, model, out) == (3, 0, 0)
    whole = out.read_bytes()
    first = lines(out)[0]
    assert list(first) == [
        "file", "genre", "probabilities", "calibrated", "remarks", "heard", "asked"
    ]  # fmt: skip
    assert first["heard"].endswith(StandIn().analyzer()) and first["asked"].startswith("model ")
    log = tmp_path / "log"
    assert keep(music, model, out, settings=StandIn(log=log)) == (0, 3, 0)
    assert out.read_bytes() == whole and not log.exists() and len(model.asked) == 3


def test_the_file_ends_in_the_order_given(music, model, tmp_path):
    out = tmp_path / "a.jsonl"
    (music / "c.wav").rename(music / "slow.wav")
    order = [music / name for name in ("slow.wav", "a.wav", "b.wav")]
    assert keep(order, model, out, jobs=2) == (3, 0, 0)
    assert files(out) == ["slow.wav", "a.wav", "b.wav"]
    assert keep(order[::-1], model, out) == (0, 3, 0)
    assert files(out) == ["b.wav", "a.wav", "slow.wav"]


def test_what_is_missing_is_answered(music, model, tmp_path):
    out = tmp_path / "a.jsonl"
    absent = music / "absent.wav"
    assert keep([music / "b.wav", absent], model, out) == (1, 0, 1)
    write_sound(absent, tone(0.3, 8_000), 8_000)
    assert keep([music], model, out) == (3, 1, 0)
    assert files(out) == ["a.wav", "absent.wav", "b.wav", "c.wav"]


def test_a_recording_that_has_changed_is_answered_anew(music, model, tmp_path):
    out = tmp_path / "a.jsonl"
    keep(music, model, out)
    os.utime(music / "a.wav", (1, 1))
    write_sound(music / "b.wav", tone(0.9, 8_000), 8_000)
    assert keep(music, model, out) == (2, 1, 0)
    assert files(out) == list(NAMES)
    assert lines(out)[1]["probabilities"]["Rock"] == pytest.approx(0.9, abs=1e-3)


def test_another_analyzer_answers_anew(music, model, tmp_path):
    out = tmp_path / "a.jsonl"
    keep(music, model, out)
    assert keep(music, model, out, settings=StandIn(version="genrelab/next")) == (3, 0, 0)
    assert files(out) == list(NAMES)


OTHER = [{"top": 1}, {"windows": True}, {"threshold": 0.5}, {"top": 1, "windows": True}]


@pytest.mark.parametrize("options", OTHER, ids=str)
def test_other_options_need_another_file(options, music, model, tmp_path):
    out = tmp_path / "a.jsonl"
    keep(music, model, out)
    whole = out.read_bytes()
    with pytest.raises(UsageError, match=r"a.jsonl: holds answers of model \w+, not of model \w+"):
        keep(music, model, out, **options)
    assert out.read_bytes() == whole
    assert keep(music, model, tmp_path / "b.jsonl", **options) == (3, 0, 0)
    assert keep(music, model, tmp_path / "b.jsonl", **options) == (0, 3, 0)


def test_another_model_needs_another_file(music, model, tmp_path):
    out = tmp_path / "a.jsonl"
    keep(music, model, out)
    copy = StandInModel(make_run(tmp_path / "copy"))
    assert keep(music, copy, out) == (0, 3, 0), "the same model may lie elsewhere"
    other = StandInModel(make_run(tmp_path / "other", dialect="msd"))
    with pytest.raises(UsageError, match="choose another -o"):
        keep(music, other, out)


def test_archives_are_told_apart_by_their_analyses_places(music, model, tmp_path):
    archive, out = tmp_path / "three.jsonl", tmp_path / "a.jsonl"
    raw = [StandIn().analyze(music / name).to_json() for name in ("b.wav", "a.wav", "b.wav")]
    same_id = [one.replace(b"{", b'{"track_id":"same",', 1) for one in raw]
    archive.write_bytes(b"\n".join([*same_id[:2], b'{"broken', same_id[2]]) + b"\n")
    assert keep([archive, music / "a.wav"], model, out) == (4, 0, 1)
    assert files(out) == ["three.jsonl"] * 3 + ["a.wav"]
    first = [line["probabilities"]["Rock"] for line in lines(out)]
    assert first == pytest.approx([0.3, 0.2, 0.3, 0.2], abs=1e-3)
    assert keep([archive, music / "a.wav"], model, out) == (0, 4, 1)
    out.write_bytes(b"".join(out.read_bytes().splitlines(keepends=True)[:2]))
    assert keep([archive], model, out) == (1, 2, 1)
    assert len(lines(out)) == 3
    archive.write_bytes(same_id[0] + b"\n")
    assert keep([archive], model, out) == (1, 0, 0)
    assert len(lines(out)) == 1


def test_a_corpus_goes_on_by_track(write_corpus, make_segments, model, tmp_path):
    def track(i):
        return {"id": f"test-{i}", "segments": make_segments(seed=i)}

    def run():
        with Corpus(path) as corpus:
            return counts(keep_corpus_answers(corpus, Asking(model=model), Keeping(path=out)))

    out, path = tmp_path / "a.jsonl", write_corpus(tmp_path / "a.corpus", map(track, (3, 1)))
    assert run() == (2, 0, 0)
    write_corpus(path, [track(2)])
    assert run() == (1, 2, 0)
    assert [line["track_id"] for line in lines(out)] == ["test-1", "test-2", "test-3"]
    assert run() == (0, 3, 0) and model.asked == [2, 1]


GOING = """
import sys
from pathlib import Path
from tests.workflows.stand_in import StandIn
from tests.workflows.stand_in_model import StandInModel, make_run
from tests.workflows.test_kept_answers import keep

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    model = StandInModel(make_run(folder / "run"))
    keep(folder / "many", model, folder / "a.jsonl", settings=StandIn(log=folder / "log"))
"""
N_SLOW = 8  # half a second each


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are POSIX's")
def test_killed_and_run_again_nothing_is_lost_or_heard_twice(tmp_path):
    many = tmp_path / "many"
    many.mkdir()
    for number in range(N_SLOW):
        write_sound(many / f"slow {number:02}.wav", tone(0.1 + number / 100, 8_000), 8_000)
    script, out, log = tmp_path / "going.py", tmp_path / "a.jsonl", tmp_path / "log"
    script.write_text(GOING)
    project = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(project), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(script), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": path}
    n_kills = 2
    for number in range(n_kills):
        with subprocess.Popen(command, env=environment) as process:
            while not out.exists() or out.read_bytes().count(b"\n") < 2 * (number + 1):
                assert process.poll() is None
                time.sleep(0.01)
            process.kill()
        out.write_bytes(out.read_bytes() + b'{"file":"torn')
    subprocess.run(command, env=environment, check=True)
    assert files(out) == [f"slow {number:02}.wav" for number in range(N_SLOW)]
    n_heard = len(log.read_text().splitlines())
    assert n_heard <= N_SLOW + 2 * n_kills, "one in work, and one being written, each kill"
