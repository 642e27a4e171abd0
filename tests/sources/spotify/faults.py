"""Faults: what goes wrong, where, when and how often; and how fast one may ask.

Conventions
-----------
Requests are counted a fault at a time, from 1, in the order of their arrival. Times are seconds
on ``time.monotonic()``.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace
from email.utils import formatdate

from tests.sources.spotify.messages import Answer, Manner


@dataclass(slots=True, kw_only=True)
class Fault:
    """What befalls requests whose path matches a pattern.

    Parameters
    ----------
    pattern : str
        A regular expression, searched in the path (``/v1/audio-analysis/...``).
    times : int or None
        How many requests it befalls; None: all of them.
    after : int
        How many matching requests pass unharmed first.
    every : int, optional
        Begin again with every so many matching requests: bursts.
    status : int, optional
        Answer with this status and the documented error object.
    retry_after : str, optional
        The header's value, sent as it is.
    body : Manner
        ``truncated``: half of what Content-Length promises, then the connection is closed;
        ``broken``: whole, but no JSON; ``empty``: no body; ``slow``: nothing for `delay_s`;
        ``drip``: in pieces over `delay_s`; ``reset``: closed without a word.
    delay_s : float
    """

    pattern: str
    times: int | None = 1
    after: int = 0
    every: int | None = None
    status: int | None = None
    retry_after: str | None = None
    body: Manner = "whole"
    delay_s: float = 1.0
    seen: int = 0
    done: int = 0

    def befalls(self, path: str) -> bool:
        """Count a request, and say whether it is struck."""
        if not re.search(self.pattern, path):
            return False
        place = self.seen % self.every if self.every else self.seen
        self.seen += 1
        struck = place >= self.after and (self.times is None or place < self.after + self.times)
        self.done += struck
        return struck

    def applied_to(self, answer: Answer) -> Answer:
        """Return the answer in the fault's manner."""
        return replace(answer, manner=self.body, delay_s=self.delay_s)


class Faults:
    """The faults that are planned; the first that strikes a request decides."""

    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self._lock = threading.Lock()

    def plan(self, fault: Fault) -> Fault:
        """Plan a fault, and return it: its ``done`` counts the requests it struck."""
        with self._lock:
            self._planned.append(fault)
        return fault

    def forget(self) -> None:
        """Take back all that is planned."""
        with self._lock:
            self._planned.clear()

    def striking(self, path: str) -> Fault | None:
        """Count a request with every fault, and return the one that befalls it."""
        with self._lock:
            struck = [fault for fault in self._planned if fault.befalls(path)]
        return struck[0] if struck else None


@dataclass(slots=True, kw_only=True)
class Pace:
    """How fast one may ask, and who asked before a wait was over.

    At most `requests` in a rolling window of `window_s`; beyond it 429 until the window frees, in
    whole seconds, and every request during that wait makes it longer by `penalty_s`. With
    ``requests=None`` nothing is refused, but waits that faults announced are watched all the same.
    A request that comes within `grace_s` of an announcement may have been on its way and is no
    offense.
    """

    requests: int | None = None
    window_s: float = 30.0
    penalty_s: float = 1.0
    grace_s: float = 0.1
    asked_too_early: list[float] = field(default_factory=list)
    refused: int = 0
    _times: deque[float] = field(default_factory=deque)
    _blocked_until: float = 0.0
    _announced: float = 0.0
    _wait_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def limit(
        self, requests: int | None, *, window_s: float, penalty_s: float, grace_s: float
    ) -> None:
        """Set the limit anew, and forget what was asked before."""
        with self._lock:
            self.requests, self.window_s = requests, window_s
            self.penalty_s, self.grace_s = penalty_s, grace_s
            self._times.clear()
            self._blocked_until = self._wait_until = 0.0

    def seconds_to_wait(self, latency_s: float) -> int | None:
        """Take in a request; return whole seconds to wait, or None where it may pass."""
        with self._lock:
            now = time.monotonic()
            late = now - self._announced > self.grace_s + latency_s
            if now < self._wait_until and late:
                self.asked_too_early.append(self._wait_until - now)
            if self.requests is None:
                return None
            if now < self._blocked_until:
                self._blocked_until += self.penalty_s if late else 0.0
                return self._refuse(now)
            while self._times and self._times[0] <= now - self.window_s:
                self._times.popleft()
            if len(self._times) < self.requests:
                self._times.append(now)
                return None
            free = self._times[0] + self.window_s - now
            self._blocked_until = now + max(1, math.ceil(free))
            return self._refuse(now)

    def announce(self, seconds: float) -> None:
        """Note that a wait was announced from now on."""
        with self._lock:
            self._announce(time.monotonic(), seconds)

    def forget_wait(self) -> None:
        """Forget the wait that was announced: what follows is another day."""
        with self._lock:
            self._wait_until = 0.0

    def _refuse(self, now: float) -> int:
        self.refused += 1
        self._announce(now, self._blocked_until - now)
        return max(1, math.ceil(self._blocked_until - now))

    def _announce(self, now: float, seconds: float) -> None:
        if now >= self._wait_until:
            self._announced = now
        self._wait_until = max(self._wait_until, now + seconds)


def http_date(seconds_from_now: float) -> str:
    """Write a moment as HTTP's headers do."""
    return formatdate(time.time() + seconds_from_now, usegmt=True)
