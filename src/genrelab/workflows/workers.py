"""Workers: one function over many tasks, in processes that may fall.

Conventions
-----------
Tasks are given out one at a time and results come as they are finished. A worker that
dies (a decoder that crashes, memory that is short) takes one task with it, which is
named, and is replaced. Workers are started afresh (``spawn``), compute in one thread
each, write nothing to stderr, and end when whoever started them does.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Generic, TypeVar

from genrelab.errors import GenrelabError

ONE_THREAD: Mapping[str, str] = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container: processor time, "max" if all, a period
_PATIENCE_S = 5.0  # for a worker to end by itself
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished(Generic[_Result]):
    """A task that is over.

    Attributes
    ----------
    index : int
        Its place in the list of tasks.
    result : object or None
        What the function returned; None where the worker died.
    death : str or None
        How it died ("was ended by SIGSEGV").
    """

    index: int
    result: _Result | None
    death: str | None = None


def usable_cores() -> int:
    """Count the processor cores that this process may use, by a container's quota as well."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    try:
        time, period = _QUOTA.read_text(encoding="ascii").split()
        return max(1, min(cores, math.ceil(int(time) / int(period))))
    except (OSError, ValueError, ZeroDivisionError):
        return cores  # no container, or one without a quota


def work_through(
    function: Callable[[_Task], _Result], tasks: Sequence[_Task], *, jobs: int
) -> Iterator[Finished[_Result]]:
    """Call a function with every task, in as many processes as wanted.

    Parameters
    ----------
    function : callable
        Of the top level of a module, so that another process finds it; expected not
        to raise, since that ends the worker.
    tasks : sequence
    jobs : int
        Processes at most.

    Yields
    ------
    Finished
        In the order of finishing.

    Raises
    ------
    GenrelabError
        If no worker can be started.
    """
    waiting = deque(enumerate(tasks))
    crew = [_Worker(function) for _ in range(min(jobs, len(tasks)))]
    try:
        for worker in crew:
            worker.start()
        while waiting or any(worker.task is not None for worker in crew):
            for worker in crew:
                if worker.is_ready and worker.task is None and waiting:
                    worker.give(*waiting.popleft())
            busy = {w.connection: w for w in crew if w.task is not None or not w.is_ready}
            for connection in wait(list(busy)):
                finished = busy[connection].hear()  # type: ignore[index]
                if finished is not None:
                    yield finished
        for worker in crew:
            worker.dismiss()
    finally:
        for worker in crew:
            worker.end()


class _Worker(Generic[_Task, _Result]):
    """A process, the connection to it, and the task it has in hand."""

    def __init__(self, function: Callable[[_Task], _Result]) -> None:
        self._function = function
        self._process: Any = None
        self.connection: Connection[Any, Any]
        self.task: int | None = None
        self.is_ready = False

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._function), name="genrelab worker", daemon=True
        )
        with _interrupts_ignored(), _environment(ONE_THREAD):
            self._process.start()
        theirs.close()
        self.is_ready = False

    def give(self, index: int, task: _Task) -> None:
        self.task = index
        try:
            self.connection.send(task)
        except OSError:
            return  # it died in between, which `hear` finds out

    def hear(self) -> Finished[_Result] | None:
        """Take what the worker says; None where that is only that it has started."""
        try:
            result = self.connection.recv()
        except (EOFError, OSError):
            return self._replace()
        if not self.is_ready:
            self.is_ready = True
            return None
        index, self.task = self.task, None
        return Finished(index=index or 0, result=result)

    def _replace(self) -> Finished[_Result]:
        self._process.join(_PATIENCE_S)
        death = _way_of_dying(self._process.exitcode)
        if not self.is_ready or self.task is None:
            raise GenrelabError(
                f"a worker process cannot start ({death}); "
                'a script that calls this needs `if __name__ == "__main__":`'
            )
        index, self.task = self.task, None
        self.end()
        self.start()
        return Finished(index=index, result=None, death=death)

    def dismiss(self) -> None:
        """Let the worker end by itself, once it has nothing in hand."""
        self.connection.close()
        self._process.join(_PATIENCE_S)

    def end(self) -> None:
        """End the worker at once, whatever it does."""
        if self._process is None:
            return
        self.connection.close()
        if self._process.is_alive():
            self._process.terminate()
        self._process.join(_PATIENCE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _way_of_dying(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        try:
            name = signal.Signals(-exit_code).name
        except ValueError:  # the signals between SIGRTMIN and SIGRTMAX have no names
            name = f"signal {-exit_code}"
        return f"was ended by {name}" + (", perhaps short of memory" if name == "SIGKILL" else "")
    return f"ended with status {exit_code}"


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Let processes that are started here leave Ctrl-C to this one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Let processes that are started here have these variables."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _serve(connection: Connection[Any, Any], function: Callable[[Any], Any]) -> None:
    """Work until there is nobody left to work for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    silence_libraries()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    answer: Any = None  # that it has started
    while True:
        try:
            connection.send(answer)
            task = connection.recv()
        except (EOFError, OSError):
            return
        answer = function(task)


def silence_libraries() -> None:
    """Keep what libraries warn of from the user, to whom it says nothing."""
    warnings.simplefilter("ignore")
