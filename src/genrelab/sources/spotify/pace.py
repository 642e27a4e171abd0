"""Pace: how many requests may be in flight, how fast they follow, and when all of them wait.

Conventions
-----------
Nobody says what the Web API tolerates, so it is found out as TCP finds the width of a line
(Jacobson, "Congestion avoidance and control", SIGCOMM 1988): the window of requests in flight
grows by one with every answer up to a threshold, then by one a round. "429 Too Many Requests"
halves the threshold; after the wait that it asks for one request goes first, and the others
follow as answers come, as far apart as the requests since the last one would have had to be:
never a burst. Requests that were under way when it came tell nothing new, however they end.
Times are seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from genrelab.errors import GenrelabError, TemporaryError

MOST_IN_FLIGHT = 16
FIRST_WINDOW = 2.0
UNSAID_WAIT_S = 5.0  # where a 429 does not say how long
SHORTEST_WAIT_S = 1.0  # where it says less, or a date that is past
MOST_APART_S = 1.0  # slower than this no limit of Spotify's is known to be
ENOUGH_TO_TELL = 16  # requests between two 429s; fewer tell rather what an earlier run had asked
EASING = 0.98  # every answer lets the next requests follow this much closer
HOPELESS = 10  # requests given up in a row, after which the server is taken to be down
LONGEST_S = 366 * 86_400.0  # of the waits that can be said as a date; nobody waits longer


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
        self._first_start = clock()  # of these
        self._closed_until = clock()
        self._waiting_since: float | None = None
        self._given_up_in_a_row = 0
        self._end: GenrelabError | None = None

    @property
    def window(self) -> int:
        """How many requests may be in flight now."""
        return max(1, int(self._window))

    def wait(self) -> tuple[float, float] | None:
        """Return how long all have waited and shall wait in all, None where nobody waits."""
        with self._changed:
            began, until = self._waiting_since, self._closed_until
            now = self._clock()
            if began is None or self._end is not None or now >= until:
                return None
            return now - began, until - began

    def enter(self) -> None:
        """Wait until a request may be sent, and count it as sent.

        Raises
        ------
        GenrelabError
            If none may any more: what `stop` was told, or a `TemporaryError`.
        """
        with self._changed:
            self._check_end()
            while (delay := self.delay()) is None or delay > 0:
                self._changed.wait(delay)
                self._check_end()
            self._in_flight += 1
            self._last_start = self._clock()
            if self._n_starts == 0:
                self._first_start = self._last_start
            self._n_starts += 1

    def rest(self, seconds: float) -> None:
        """Wait before a request is made again.

        Raises
        ------
        GenrelabError
            As `enter`.
        """
        until = self._clock() + seconds
        with self._changed:
            self._check_end()
            while (left := until - self._clock()) > 0:
                self._changed.wait(left)
                self._check_end()

    def delay(self) -> float | None:
        """Return how long to wait before a request, None where that depends on answers to come."""
        with self._changed:
            if self._in_flight >= self.window:
                return None
            return max(self._closed_until, self._last_start + self._interval) - self._clock()

    def _check_end(self) -> None:
        if self._end is not None:
            raise type(self._end)(str(self._end))  # a new one, since several threads raise it

    def answered(self) -> None:
        """Note that a request was answered, with whatever: more may follow."""
        with self._changed:
            self._in_flight -= 1
            self._given_up_in_a_row = 0
            if self._n_starts > 0:  # else it was under way when others were refused
                self._waiting_since = None
                self._window += 1 if self._window < self._threshold else 1 / self._window
                self._window = min(self._window, self._most)
                self._interval *= EASING
            self._changed.notify_all()

    def failed(self) -> None:
        """Note that a request brought no answer: fewer at a time may be better."""
        with self._changed:
            self._in_flight -= 1
            if self._n_starts > 0:
                self._threshold = max(1.0, self._window / 2)
                self._window = self._threshold
            self._changed.notify_all()

    def refused(self, retry_after_s: float | None) -> None:
        """Note a 429: all wait, then one goes first; or nothing goes on if that is too long."""
        wait = UNSAID_WAIT_S if retry_after_s is None else max(retry_after_s, SHORTEST_WAIT_S)
        with self._changed:
            self._in_flight -= 1
            now = self._clock()
            self._closed_until = max(self._closed_until, now + wait)
            if self._n_starts > 0:
                self._threshold = max(1.0, self._window / 2)
                if self._n_starts >= ENOUGH_TO_TELL:
                    tolerated = (self._closed_until - self._first_start) / self._n_starts
                    self._interval = min(max(self._interval, tolerated), MOST_APART_S)
                self._n_starts = 0
            self._window = 1.0
            if self._waiting_since is None:
                self._waiting_since = now
            if self._closed_until - self._waiting_since > self._max_wait_s:
                waited = now - self._waiting_since
                self._stop(TemporaryError(_too_long(wait, waited, self._max_wait_s)))
            self._changed.notify_all()

    def gave_up(self, sentence: str) -> None:
        """Note that a request was given up; after many in a row the server is taken to be down."""
        with self._changed:
            self._given_up_in_a_row += 1
            if self._given_up_in_a_row >= HOPELESS:
                self._stop(
                    TemporaryError(
                        f"{HOPELESS} requests in a row brought no usable answer, the last: "
                        f"{sentence}; what was fetched is stored: run the same command again later"
                    )
                )

    def stop(self, end: GenrelabError) -> None:
        """End the run: no request may be sent any more, for the first reason that was given."""
        with self._changed:
            self._stop(end)

    def _stop(self, end: GenrelabError) -> None:
        self._end = self._end or end
        self._changed.notify_all()


def _too_long(wait_s: float, waited_s: float, max_wait_s: float) -> str:
    until = datetime.fromtimestamp(time.time() + wait_s).astimezone()
    more = f" after {in_words(waited_s)} of waiting" if waited_s >= 1 else ""
    return (
        f"Spotify asks to wait {in_words(wait_s)}{more}, until {until:%a %d %b %Y %H:%M} (HTTP "
        f"429, too many requests), and --max-wait is {in_words(max_wait_s)}; what was fetched is "
        "stored: run the same command again then"
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
        return min(float(text), LONGEST_S)
    until = moment(text)
    if until is None:
        return None
    return min(max(0.0, (until - (now or datetime.now(UTC))).total_seconds()), LONGEST_S)


def moment(header: str | None) -> datetime | None:
    """Read a header that holds a date, with its time zone; None if it is none.

    >>> moment("Sun, 06 Nov 1994 08:49:37 GMT").isoformat(), moment("yesterday")
    ('1994-11-06T08:49:37+00:00', None)
    """
    try:
        read = parsedate_to_datetime(header or "")
    except (ValueError, OverflowError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
