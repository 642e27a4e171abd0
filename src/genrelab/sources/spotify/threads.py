"""Threads: jobs that run at the same time, and that no end of the program waits for.

Conventions
-----------
A job asks a server, which may be silent for half a minute, or a user, who may have gone away;
whoever interrupts a run shall not wait for either. So the threads are daemons, which those of
`concurrent.futures` are not.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Threads:
    """Up to so many threads, which take jobs in the order given.

    Parameters
    ----------
    most : int
        How many threads at most.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None]
        self._jobs = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Have a job done; its future tells what it returns or raises."""
        future: Future[T] = Future()
        self._jobs.put((future, job))
        if len(self._threads) < self._most:
            thread = threading.Thread(target=self._work, name="spotify", daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def end(self, patience_s: float) -> None:
        """Let the threads end after the jobs they have, and wait for it, but not for long."""
        deadline = time.monotonic() + patience_s
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        while (given := self._jobs.get()) is not None:
            future, job = given
            if future.set_running_or_notify_cancel():
                try:
                    result = job()
                except BaseException as error:  # noqa: BLE001 - the future tells of it
                    future.set_exception(error)
                else:
                    future.set_result(result)
