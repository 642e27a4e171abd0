"""Pace: how many requests may be in flight, how fast they follow, and when all of them wait.

Conventions
-----------
Nobody says what the Web API tolerates, so it is found out as TCP finds the width of a line
(Jacobson, "Congestion avoidance and control", SIGCOMM 1988): the window of requests in flight
grows by one with every answer up to a threshold, then by one a round. "429 Too Many Requests"
halves the threshold; after the wait that it asks for one request goes first, and the others
follow as answers come, as far apart as the requests since the last one would have had to be:
never a burst. Times are seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from genrelab.errors import TemporaryError

MOST_IN_FLIGHT = 16
FIRST_WINDOW = 2.0
UNSAID_WAIT_S = 5.0  # where a 429 does not say how long
MOST_APART_S = 1.0  # slower than this no limit of Spotify's is known to be
EASING = 0.98  # every answer lets the next requests follow this much closer
HOPELESS = 10  # requests given up in a row, after which the server is taken to be down


class Pace:
    """What all threads that ask one server share.

    Parameters
    ----------
    max_wait_s : float
        The longest time to spend waiting between two answers.
    most : int
        Requests in flight, at most.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self,
        max_wait_s: float,
        *,
        most: int = MOST_IN_FLIGHT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_wait_s = max_wait_s
        self._most = most
        self._clock = clock
        self._changed = threading.Condition()
        self._in_flight = 0
        self._window = min(FIRST_WINDOW, most)
        self._threshold = float(most)
        self._interval = 0.0
        self._last_start = float("-inf")
        self._n_starts = 0  # since the last wait, or the beginning
        self._closed_until = clock()
        self._waiting_since: float | None = None
        self._given_up_in_a_row = 0
        self._end: TemporaryError | None = None

    @property
    def window(self) -> int:
        """How many requests may be in flight now."""
        return max(1, int(self._window))

    @property
    def end(self) -> TemporaryError | None:
        """Why nothing more can be asked, if so."""
        return self._end

    def wait(self) -> tuple[float, float] | None:
        """Return how long all have waited and shall wait in all, None where nobody waits."""
        with self._changed:
            began, until = self._waiting_since, self._closed_until
            now = self._clock()
            return None if began is None or now >= until else (now - began, until - began)

    def enter(self) -> None:
        """Wait until a request may be sent.

        Raises
        ------
        TemporaryError
            If none may any more.
        """
        with self._changed:
            while True:
                if self._end is not None:
                    raise self._end
                delay = self._delay()
                if delay is not None and delay <= 0:
                    break
                self._changed.wait(delay)
            self._in_flight += 1
            self._n_starts += 1
            self._last_start = self._clock()

    def rest(self, seconds: float) -> None:
        """Wait before a request is made again.

        Raises
        ------
        TemporaryError
            If none may be made any more.
        """
        until = self._clock() + seconds
        with self._changed:
            while self._end is None and (left := until - self._clock()) > 0:
                self._changed.wait(left)
            if self._end is not None:
                raise self._end

    def _delay(self) -> float | None:
        """Return how long to wait, None where that depends on the answers to come."""
        if self._in_flight >= self.window:
            return None
        return max(self._closed_until, self._last_start + self._interval) - self._clock()

    def answered(self) -> None:
        """Note that a request was answered, with whatever: more may follow."""
        with self._changed:
            self._in_flight -= 1
            self._waiting_since = None
            self._given_up_in_a_row = 0
            self._window += 1 if self._window < self._threshold else 1 / self._window
            self._window = min(self._window, self._most)
            self._interval *= EASING
            self._changed.notify_all()

    def failed(self) -> None:
        """Note that a request brought no answer: fewer at a time may be better."""
        with self._changed:
            self._in_flight -= 1
            self._threshold = max(1.0, self._window / 2)
            self._window = self._threshold
            self._changed.notify_all()

    def refused(self, retry_after_s: float | None) -> None:
        """Note a 429: all wait, then one goes first; or nothing goes on if that is too long."""
        wait = UNSAID_WAIT_S if retry_after_s is None else retry_after_s
        with self._changed:
            self._in_flight -= 1
            now = self._clock()
            reopening = max(self._closed_until, now + wait)
            if now >= self._closed_until:  # else it was under way before others were refused
                self._threshold = max(1.0, self._window / 2)
                tolerated = (reopening - self._closed_until) / max(1, self._n_starts)
                self._interval = min(max(self._interval, tolerated), MOST_APART_S)
                self._n_starts = 0
            self._window = 1.0
            self._closed_until = reopening
            if self._waiting_since is None:
                self._waiting_since = now
            if reopening - self._waiting_since > self._max_wait_s:
                self._stop(_too_long(wait, self._max_wait_s))
            self._changed.notify_all()

    def gave_up(self, sentence: str) -> None:
        """Note that a request was given up; after many in a row the server is taken to be down."""
        with self._changed:
            self._given_up_in_a_row += 1
            if self._given_up_in_a_row >= HOPELESS:
                self._stop(
                    f"Spotify answered {HOPELESS} requests in a row with errors only, the last: "
                    f"{sentence}; what was fetched is stored: run the same command again later"
                )

    def stop(self, sentence: str) -> TemporaryError:
        """End the run: no request may be sent any more; return why."""
        with self._changed:
            return self._stop(sentence)

    def _stop(self, sentence: str) -> TemporaryError:
        self._end = self._end or TemporaryError(sentence)
        self._changed.notify_all()
        return self._end


def _too_long(wait_s: float, max_wait_s: float) -> str:
    until = datetime.fromtimestamp(time.time() + wait_s).astimezone()
    return (
        f"Spotify asks to wait {in_words(wait_s)}, until {until:%a %d %b %H:%M} (HTTP 429, too "
        f"many requests), and --max-wait is {in_words(max_wait_s)}; what was fetched is stored: "
        "run the same command again then"
    )


def in_words(seconds: float) -> str:
    """Say a time as people do.

    >>> in_words(27.3), in_words(300), in_words(74214)
    ('28 s', '5 min', '20 h 36 min')
    """
    whole = int(-(-seconds // 1))
    if whole < 120:  # up to two minutes people count in seconds
        return f"{whole} s"
    hours, minutes = divmod(whole // 60, 60)
    said = (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")
    return " ".join(part for part in said if part)


def retry_after(header: str | None, now: datetime | None = None) -> float | None:
    """Read a Retry-After header: seconds or a date (RFC 9110, 10.2.3); None if it says nothing.

    >>> retry_after("7"), retry_after("soon"), retry_after(None), retry_after("-3")
    (7.0, None, None, None)
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())
