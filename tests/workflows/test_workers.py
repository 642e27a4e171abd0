"""Workers: every task is answered for, whatever becomes of the process that had it."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from genrelab.errors import GenrelabError
from genrelab.workflows.workers import usable_cores, work_through


def double(task):
    return 2 * task


def die_on_odd(task):
    if task % 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def leave_on_three(task):
    if task == 3:
        raise ValueError(task)
    return os.environ["OMP_NUM_THREADS"]


class Unwelcome:
    """Cannot be unpickled by anybody."""

    def __call__(self, task):
        return task

    def __reduce__(self):
        return (sys.exit, (3,))


def test_every_task_is_done_once():
    finished = list(work_through(double, range(20), jobs=2))
    assert sorted((f.index, f.result) for f in finished) == [(i, 2 * i) for i in range(20)]
    assert list(work_through(double, [], jobs=2)) == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals are POSIX's")
def test_a_worker_that_dies_takes_its_own_task_along_only():
    finished = sorted(work_through(die_on_odd, range(6), jobs=2), key=lambda f: f.index)
    assert [f.result for f in finished] == [0, None, 2, None, 4, None]
    assert {f.death for f in finished} == {None, "was ended by SIGKILL, perhaps short of memory"}


def test_an_exception_ends_one_worker_and_workers_have_one_thread(capfd):
    before = dict(os.environ)
    finished = sorted(work_through(leave_on_three, range(5), jobs=1), key=lambda f: f.index)
    assert [f.result for f in finished] == ["1", "1", "1", None, "1"]
    assert finished[3].death == "ended with status 1"
    assert capfd.readouterr() == ("", "")
    assert dict(os.environ) == before


def test_workers_that_cannot_start_are_one_sentence(capfd):
    with pytest.raises(GenrelabError, match="cannot start"):
        list(work_through(Unwelcome(), [1, 2], jobs=2))


def test_leaving_in_the_middle_ends_the_workers():
    results = work_through(double, range(50), jobs=2)
    next(results)
    results.close()
    import multiprocessing

    assert multiprocessing.active_children() == []


def test_there_is_a_core():
    assert usable_cores() >= 1


def die_by_a_nameless_signal(task):
    os.kill(os.getpid(), signal.SIGRTMIN + 1)
    return task


@pytest.mark.skipif(not hasattr(signal, "SIGRTMIN"), reason="no real-time signals here")
def test_a_signal_without_a_name_is_told_by_its_number():
    (finished,) = work_through(die_by_a_nameless_signal, [0], jobs=1)
    assert finished.death == f"was ended by signal {signal.SIGRTMIN + 1}"


@pytest.mark.parametrize(
    ("quota", "cores"), [("150000 100000", 2), ("10000 100000", 1), ("max 100000", 8), ("", 8)]
)
def test_a_containers_quota_counts(quota, cores, tmp_path, monkeypatch):
    file = tmp_path / "cpu.max"
    file.write_text(quota)
    monkeypatch.setattr("genrelab.workflows.workers._QUOTA", file)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert usable_cores() == cores
