"""Jobs at the same time, and an end that waits for none that lasts."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import wait

import pytest

from genrelab.sources.spotify.threads import Threads


def test_as_many_jobs_at_once_as_there_are_threads():
    threads, meeting = Threads(3), threading.Barrier(3)
    futures = [threads.submit(lambda: meeting.wait(5)) for _ in range(9)]
    assert sorted(one.result(5) for one in futures) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    threads.end(5)
    assert not [one for one in threading.enumerate() if one.name == "spotify"]


def test_a_job_that_raises_and_one_that_is_canceled():
    threads, go_on = Threads(1), threading.Event()
    first = threads.submit(lambda: go_on.wait(5))
    raising, canceled = threads.submit(lambda: 1 // 0), threads.submit(lambda: 2)
    assert canceled.cancel()
    go_on.set()
    assert first.result(5)
    with pytest.raises(ZeroDivisionError):
        raising.result(5)
    threads.end(5)


def test_the_end_waits_only_so_long():
    threads, go_on = Threads(2), threading.Event()
    future = threads.submit(go_on.wait)
    began = time.monotonic()
    threads.end(0.1)
    assert 0.1 <= time.monotonic() - began < 2
    go_on.set()
    wait([future], 5)


def test_a_program_does_not_wait_for_a_job_at_its_end():
    code = (
        "import time; from genrelab.sources.spotify.threads import Threads; "
        "Threads(1).submit(lambda: time.sleep(60)); time.sleep(.1)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, timeout=30
    )
    assert (done.returncode, done.stderr) == (0, b"")
