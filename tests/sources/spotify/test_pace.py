"""How many requests may be in flight, told by a clock that tests set."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from genrelab.errors import DataError, TemporaryError
from genrelab.sources.spotify.pace import (
    HOPELESS,
    LONGEST_S,
    MOST_APART_S,
    SHORTEST_WAIT_S,
    UNSAID_WAIT_S,
    Pace,
    in_words,
    moment,
    retry_after,
)

MAX_WAIT_S = 300.0
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def may_enter(pace: Pace) -> bool:
    delay = pace.delay()
    return delay is not None and delay <= 0


def enter_all(pace: Pace, clock: Clock) -> int:
    """Send as many requests as may be in flight, waiting for each one's time."""
    n_sent = 0
    while (delay := pace.delay()) is not None:
        clock.now += max(0.0, delay)
        pace.enter()
        n_sent += 1
    return n_sent


class AnyServer(RuleBasedStateMachine):
    """Requests, answers, failures and refusals in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.pace = Pace(MAX_WAIT_S, most=8, clock=self.clock)
        self.in_flight = 0
        self.old = 0  # of these, how many were sent before the last refusal
        self.closed_until = 0.0
        self.waiting_since: float | None = None
        self.ended = False
        self.alone = False  # since a refusal nothing was answered

    def over(self) -> None:
        self.in_flight -= 1
        self.old = max(0, self.old - 1)

    @precondition(lambda self: not self.ended and may_enter(self.pace))
    @rule()
    def send(self) -> None:
        assert self.in_flight < self.pace.window
        assert self.clock.now >= self.closed_until
        if self.alone:
            assert self.in_flight == 0
        self.pace.enter()
        self.in_flight += 1

    @precondition(lambda self: self.in_flight)
    @rule()
    def answer(self) -> None:
        if not self.old:
            self.alone, self.waiting_since = False, None
        self.over()
        self.pace.answered()

    @precondition(lambda self: self.in_flight)
    @rule()
    def fail(self) -> None:
        before = self.pace.window
        self.over()
        self.pace.failed()
        assert self.pace.window <= before

    @precondition(lambda self: self.in_flight)
    @rule(seconds=st.none() | st.floats(0, 200))
    def refuse(self, seconds: float | None) -> None:
        wait = UNSAID_WAIT_S if seconds is None else max(seconds, SHORTEST_WAIT_S)
        self.over()
        self.old, self.alone = self.in_flight, True
        self.closed_until = max(self.closed_until, self.clock.now + wait)
        if self.waiting_since is None:
            self.waiting_since = self.clock.now
        self.pace.refused(seconds)
        self.ended |= self.closed_until - self.waiting_since > MAX_WAIT_S

    @rule(seconds=st.floats(0, 60))
    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds

    @invariant()
    def never_too_early_nor_too_many(self) -> None:
        assert 1 <= self.pace.window <= 8
        if self.clock.now < self.closed_until:
            assert not may_enter(self.pace)

    @invariant()
    def ended_if_the_waits_are_too_long(self) -> None:
        if self.ended:
            with pytest.raises(TemporaryError, match="--max-wait is 5 min"):
                self.pace.enter()

    @invariant()
    def never_stuck(self) -> None:
        if not self.in_flight:
            delay = self.pace.delay()
            assert delay is not None
            assert delay <= max(MOST_APART_S, self.closed_until - self.clock.now) + 1e-6


TestAnyServer = AnyServer.TestCase


def test_many_are_in_flight_where_the_server_lets_them():
    clock = Clock()
    pace = Pace(MAX_WAIT_S, clock=clock)
    in_flight = enter_all(pace, clock)
    assert in_flight == 2
    for _ in range(20):
        pace.answered()
        in_flight += enter_all(pace, clock) - 1
    assert in_flight == pace.window == 16 and clock.now == 1000.0


def test_after_a_429_one_goes_first_and_the_others_follow_apart():
    clock = Clock()
    pace = Pace(MAX_WAIT_S, clock=clock)
    for _ in range(40):
        enter_all(pace, clock)
        pace.answered()
    n_in_flight = enter_all(pace, clock) + 15
    clock.now += 2.0
    pace.refused(18.0)
    assert pace.wait() == (0.0, 18.0)
    for _ in range(n_in_flight - 1):  # they were under way, and tell nothing
        pace.answered()
    assert (pace.window, pace.delay()) == (1, 18.0)
    clock.now += 17.9
    assert not may_enter(pace)
    clock.now += 0.1
    assert enter_all(pace, clock) == 1 and pace.wait() is None
    pace.answered()
    # Some 56 requests in 20 s were too many.
    assert pace.window == 2 and pace.delay() == pytest.approx(20 / 56, rel=0.1)
    began, n_sent = clock.now, 0
    while n_sent < 20:
        n_sent += enter_all(pace, clock)
        pace.answered()
    assert 4 < clock.now - began < 8


def test_it_recovers():
    clock = Clock()
    pace = Pace(MAX_WAIT_S, clock=clock)
    enter_all(pace, clock)
    pace.refused(1.0)
    pace.answered()
    for _ in range(500):
        enter_all(pace, clock)
        pace.answered()
    began = clock.now
    for _ in range(100):
        enter_all(pace, clock)
        pace.answered()
    assert pace.window > 12 and clock.now - began < 1


def test_waits_without_an_answer_between_them_add_up():
    clock = Clock()
    pace = Pace(10.0, clock=clock)
    for _ in range(2):
        clock.now += max(0.0, pace.delay())
        pace.enter()
        pace.refused(4.0)
    clock.now += pace.delay()
    pace.enter()
    pace.refused(4.0)
    with pytest.raises(TemporaryError, match=r"wait 4 s after 8 s of waiting, until .*--max-wait "):
        pace.enter()


def test_an_answer_between_two_waits_begins_the_count_anew():
    clock = Clock()
    pace = Pace(10.0, clock=clock)
    for _ in range(20):
        for _ in range(2):
            clock.now += max(0.0, pace.delay())
            pace.enter()
            pace.refused(4.0)
        clock.now += pace.delay()
        pace.enter()
        pace.answered()
    assert may_enter(pace) or pace.delay() <= MOST_APART_S


def test_many_requests_given_up_in_a_row_end_the_run():
    pace = Pace(MAX_WAIT_S)
    for n_before in (HOPELESS - 1, HOPELESS):
        pace.enter()
        pace.answered()
        for _ in range(n_before):
            pace.enter()
            pace.failed()
            pace.gave_up("HTTP 500")
    with pytest.raises(TemporaryError, match=f"{HOPELESS} requests in a row .*HTTP 500; what was"):
        pace.rest(60)


def test_the_first_reason_to_stop_reaches_all_who_wait():
    pace = Pace(MAX_WAIT_S, most=1)
    pace.enter()
    caught = []

    def wait(how):
        try:
            how()
        except DataError as error:
            caught.append(error)

    waiting = [pace.enter, pace.enter, lambda: pace.rest(60)]
    threads = [threading.Thread(target=wait, args=(how,)) for how in waiting]
    for thread in threads:
        thread.start()
    pace.stop(DataError("no token is taken"))
    pace.stop(TemporaryError("the run has ended"))
    for thread in threads:
        thread.join(5)
    assert [str(error) for error in caught] == ["no token is taken"] * 3
    assert len(set(map(id, caught))) == 3


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 74214 ", 74214.0),
        ("9" * 400, LONGEST_S),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=2), usegmt=True), 0.0),
        ("Sunday, 01-Mar-26 12:01:30 GMT", 90.0),
        ("Sun Mar  1 12:01:30 2026", 90.0),
        ("Sun, 01 Mar 2026 12:01:30 -0000", 90.0),
        ("Sun, 01 Mar 9026 12:01:30 GMT", LONGEST_S),
        *((text, None) for text in (None, "", "-3", "1.5", "soon", "²", "99 Feb 2026 99:99 GMT")),
    ],
)
def test_retry_after(header, seconds):
    assert retry_after(header, NOW) == seconds


@given(st.text(max_size=40) | st.text(alphabet="SunMar 0123456789:,+-GMT", max_size=40))
def test_any_header_is_read(text):
    seconds = retry_after(text)
    assert seconds is None or 0 <= seconds <= LONGEST_S
    read = moment(text)
    assert read is None or read.tzinfo is not None


@given(st.floats(0, LONGEST_S))
def test_any_wait_ends_the_run_in_a_sentence(seconds):
    pace = Pace(0.5)
    pace.enter()
    pace.refused(seconds)
    with pytest.raises(TemporaryError, match=r"^Spotify asks to wait \d.*, until \w{3} \d\d "):
        pace.enter()


@given(st.floats(0, 1e7))
def test_times_are_said_in_words(seconds):
    said = in_words(seconds)
    units = {"s": 1, "min": 60, "h": 3600}
    words = said.split()
    whole = sum(int(n) * units[unit] for n, unit in zip(words[::2], words[1::2], strict=True))
    assert abs(whole - seconds) <= (60 if seconds > 119 else 1)
