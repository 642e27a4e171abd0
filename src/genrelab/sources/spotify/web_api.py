"""Web API: Spotify's answers to many requests at once, or why there is none.

Conventions
-----------
A request ends as what its ``read`` makes of the JSON, as `Refused` (asking again would bring
the same) or as `Unanswered` (server errors, broken or endless answers, however often it was
made). What concerns all requests ends the run as an error.
"""

from __future__ import annotations

import enum
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from genrelab.errors import DataError, GenrelabError, TemporaryError
from genrelab.progress import Progress, silent
from genrelab.sources.spotify.connection import Connection, HttpError, NoAnswer
from genrelab.sources.spotify.pace import MOST_IN_FLIGHT, Pace, in_words
from genrelab.sources.spotify.threads import Threads

if TYPE_CHECKING:
    from genrelab.sources.spotify.authorization import Authorization

API_URL = "https://api.spotify.com/v1"
MAX_WAIT_S = 300.0
RETRIES = 5
FIRST_BACKOFF_S = 0.5  # doubled with every failure
TICK_S = 0.25  # between two looks at whether there is a wait to tell of
SHORT_WAIT_S = 3.0  # waits up to this long need no line of their own
CLOCK_SKEW_S = 120.0
PATIENCE_S = 1.0  # with requests under way, where the run ends before they do
WAITING = "waiting, as Spotify asks"
# Refusals that may not be repeated; and all 3xx and 5xx.
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})
_MAX_RENEWALS = 2  # of one request's token; the first may meet one that was just renewed

T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """A question to the server.

    Attributes
    ----------
    path : str
        Behind the API's address, as ``playlists/ID/items``.
    read : callable
        Makes of the answer's JSON what is wanted; a `DataError` means that it is broken.
    params : mapping
        Those that are None are left out.
    """

    path: str
    read: Callable[[Any], T]
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer of the kind "no", by its HTTP status and Spotify's own words."""

    status: int
    message: str

    @property
    def sentence(self) -> str:
        """Both."""
        return f"HTTP {self.status}, {self.message}"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No usable answer, after all the asking; ``sentence`` says what came instead."""

    sentence: str


class WebApi:
    """Spotify's Web API, for an app or a user; a context manager.

    Parameters
    ----------
    authorization : Authorization
        Gives the tokens.
    api_url : str
        Any server that answers as Spotify's does.
    max_wait_s : float
        The longest wait that a "429 Too Many Requests" may ask for, in seconds.
    retries : int
        How often a request without usable answer is made again.
    progress : Progress
        Told of waits, in seconds.
    tell : callable
        Told in a sentence of waits that are not short.

    Raises
    ------
    UsageError
        If the API's address is none.
    MissingExtraError
        If spotipy is not installed.
    """

    def __init__(
        self,
        authorization: Authorization,
        *,
        api_url: str = API_URL,
        max_wait_s: float = MAX_WAIT_S,
        retries: int = RETRIES,
        progress: Progress = silent,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._connection = Connection(api_url)
        self._authorization = authorization
        self._pace = Pace(max_wait_s)
        self._retries = retries
        self._progress = progress
        self._tell = tell
        self._told_of = 0.0
        self._clock_skew_s = 0.0
        self._threads = Threads(MOST_IN_FLIGHT)

    def __enter__(self) -> WebApi:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pace.stop(TemporaryError("the run has ended"))
        self._threads.end(PATIENCE_S)
        self._connection.close()

    def answers(self, jobs: Iterable[tuple[S, Callable[[], T]]]) -> Iterator[list[tuple[S, T]]]:
        """Run jobs that `ask`, several at once; yield what they return as they end.

        Parameters
        ----------
        jobs : iterable of (subject, callable)
            They are taken as there is room for them.

        Yields
        ------
        list of (subject, what the job returned)
            Of those that ended at the same time.

        Raises
        ------
        TemporaryError
            If nothing more can be asked for now; what was answered until then was yielded.
        DataError
            If the server accepts no token.
        """
        todo = iter(jobs)
        pending: dict[Future[T], S] = {}
        end: BaseException | None = None
        try:
            while True:
                room = 0 if end else 2 * MOST_IN_FLIGHT - len(pending)
                pending.update((self._threads.submit(job), one) for one, job in islice(todo, room))
                if not pending:
                    break
                done, _ = wait(pending, timeout=TICK_S, return_when=FIRST_COMPLETED)
                self._show_wait()
                subjects = [(pending.pop(future), future) for future in done]
                end = end or next((e for _, one in subjects if (e := one.exception())), None)
                if ended := [(s, one.result()) for s, one in subjects if not one.exception()]:
                    yield ended
        finally:  # also where whoever asked has gone away
            for future in pending:
                future.cancel()
        if end is not None:
            raise end

    def _show_wait(self) -> None:
        """Show how long all have to wait."""
        waiting = self._pace.wait()
        if waiting is None:
            self._told_of = 0.0
            return
        waited, in_all = waiting
        self._progress(WAITING, int(waited), int(in_all))
        # Requests that were under way are refused a little later, which is no other wait.
        if in_all > max(SHORT_WAIT_S, self._told_of + SHORT_WAIT_S):
            self._told_of = in_all
            again = datetime.fromtimestamp(time.time() + in_all - waited).astimezone()
            self._tell(
                f"Spotify asks to wait {in_words(in_all - waited)} (HTTP 429, too many requests); "
                f"going on at {again:%H:%M:%S}"
            )

    def ask(self, request: Request[T]) -> T | Refused | Unanswered:
        """Make one request, as often as it takes; from any thread.

        Raises
        ------
        TemporaryError, DataError
            As `answers` does.
        """
        failures: list[_Failure] = []
        refused_tokens: list[str] = []
        while len(failures) <= self._retries:
            token = self._authorization.token()
            self._pace.enter()
            outcome = self._attempt(request, token)
            if isinstance(outcome, _Failure):
                failures.append(outcome)
                if len(failures) <= self._retries:
                    longest = FIRST_BACKOFF_S * 2 ** (len(failures) - 1)
                    self._pace.rest(longest * random.uniform(0.5, 1.0))  # noqa: S311
            elif outcome is _Again.OTHER_TOKEN:
                refused_tokens.append(token)
                self._renew(refused_tokens)
            elif not isinstance(outcome, _Again):
                return outcome
        return self._given_up(failures[-1])

    def _attempt(self, request: Request[T], token: str) -> T | Refused | _Failure | _Again:
        """Make a request once, and tell the pace how the server took it."""
        try:
            value = request.read(self._connection.json(request.path, request.params, token))
        except HttpError as error:
            return self._judged(error)
        except NoAnswer as error:
            self._pace.failed()
            return _Failure(str(error), error.of_all)
        except (DataError, msgspec.ValidationError) as error:
            self._pace.failed()
            return _Failure(f"a broken answer ({error})")
        self._pace.answered()
        return value

    def _judged(self, error: HttpError) -> Refused | _Failure | _Again:
        """Tell what is to be done about an HTTP error."""
        if error.status in _PASSING or not (
            HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            self._pace.failed()
            return _Failure(f"HTTP {error.status}")
        if error.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._pace.refused(error.retry_after_s)
            return _Again.LATER
        self._pace.answered()
        if error.status == HTTPStatus.UNAUTHORIZED:
            self._clock_skew_s = error.clock_skew_s
            return _Again.OTHER_TOKEN
        return Refused(error.status, error.message)

    def _renew(self, refused: Sequence[str]) -> None:
        """Get another token, unless fresh ones are refused too."""
        if len(refused) <= _MAX_RENEWALS:
            self._authorization.renew(refused[-1])
            return
        hint = "look at the app at developer.spotify.com/dashboard"
        skew = self._clock_skew_s
        if abs(skew) > CLOCK_SKEW_S:
            relation = "behind" if skew > 0 else "ahead of"
            hint = f"this machine's clock is {in_words(abs(skew))} {relation} Spotify's, set it"
        error = DataError(
            f"Spotify refuses every token, fresh ones too (HTTP 401): {hint} and run the same "
            "command again; what was fetched is stored"
        )
        self._pace.stop(error)
        raise error

    def _given_up(self, failure: _Failure) -> Unanswered:
        if failure.of_all is not None:
            self._pace.stop(failure.of_all)
            raise failure.of_all
        self._pace.gave_up(failure.sentence)
        times = f", {self._retries + 1} times" if self._retries else ""
        return Unanswered(f"{failure.sentence}{times}")


@dataclass(frozen=True, slots=True)
class _Failure:
    """What came instead of an answer."""

    sentence: str
    of_all: GenrelabError | None = None


class _Again(enum.Enum):
    """Why a request is made again although the server is well."""

    LATER = enum.auto()
    OTHER_TOKEN = enum.auto()
