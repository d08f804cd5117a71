"""Requests that wait at one moment share a transaction, whatever they are: one commit for all of them.

Whoever comes while nobody is writing writes at once, and alone. Whoever comes meanwhile waits; the first of those then
writes for all. Waiting takes a thread (`put`, `now`), or none (`hand_in`, `later`): waking one for each answer takes as long
as all that is made for it.
"""

import logging
import threading
import time
from collections.abc import Callable, Generator, Sequence
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

log = logging.getLogger(__name__)

MOST = 200
"""What requests weigh together that share a transaction; a larger one has its own."""
ATTEMPTS = 5
"""Transactions that may be tried for one request."""
GATHER_S = 0.004
"""How long a writer looks out for as many as there were the last time, at most: those who were answered together may be
back together. Without, every second transaction holds one request, the first that comes back."""


Then = Callable[[Any], None]
"""Gets an outcome: a value, or an exception."""


class Waiting:
    """A request in line. Whoever writes gives it an outcome: a value, or an exception to be raised.

    Either a thread of its own waits for it, or `then` gets it.
    """

    __slots__ = ("outcome", "then", "turn", "weight", "what")

    def __init__(self, what: Any, weight: int, then: Then | None = None) -> None:
        self.what, self.weight, self.then = what, weight, then
        self.outcome: Any = None
        self.turn = threading.Lock()
        self.turn.acquire()  # released when there is an outcome, or when it is this request's turn to write

    def tell(self) -> None:
        """That there is an outcome."""
        if self.then is None:
            self.turn.release()
            return
        try:
            self.then(self.outcome)
        except Exception:
            log.exception("an outcome could not be told")


class Line:
    """`write` gives every request that it gets an outcome, in one transaction.

    Those of one transaction weigh `most` together; where `enough` wait, nobody waits for more.
    """

    def __init__(self, write: Callable[[list[Waiting]], None], *, most: int = MOST, enough: int = MOST) -> None:
        self._write, self._most, self._enough = write, most, enough
        self._lock = threading.Lock()
        self._waiting: list[Waiting] = []
        self._busy = False
        self._expected = 1
        self._gathering = False
        self._gate = threading.Lock()
        self._gate.acquire()  # released to the writer who is gathering, when all who were expected are there

    def put(self, what: Any, weight: int = 1) -> Any:
        """The outcome, once it is durable. Raises what became of it otherwise."""
        request = Waiting(what, weight)
        if not self._join(request):
            request.turn.acquire()
        if request.outcome is None:
            self._write_for_all()
        if isinstance(request.outcome, BaseException):
            raise request.outcome
        return request.outcome

    def _join(self, request: Waiting) -> bool:
        """Whether nobody is writing, so that this one does."""
        with self._lock:
            self._waiting.append(request)
            first, self._busy = not self._busy, True
            if self._gathering and len(self._waiting) >= self._expected:
                self._gathering = False
                self._gate.release()
            return first

    def hand_in(self, what: Any, weight: int, then: Then) -> None:
        """`then` gets the outcome once it is durable, in any thread; where nobody is writing, this one writes for all who come."""
        if self._join(Waiting(what, weight, then)):
            self._write_for_all()

    def _write_for_all(self) -> None:
        """Until nobody waits any more, or somebody who has a thread of his own goes on."""
        stopped: BaseException | None = None
        goes_on = True
        while goes_on:
            self._gather()
            with self._lock:
                together = self._take()
                self._expected = len(together) + len(self._waiting)
            try:
                self._write(together)
            except BaseException as e:  # noqa: BLE001 - whatever ends this thread, others wait for it
                stopped = e
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._busy = following is not None
            goes_on = following is not None and following.then is not None
            if following is not None and following.then is None:
                following.turn.release()
            for done in together:
                if done.outcome is None:
                    done.outcome = RuntimeError("the writing thread was stopped")
                done.tell()
        if stopped is not None:
            raise stopped

    def _take(self) -> list[Waiting]:
        count, total = 1, self._waiting[0].weight
        while count < len(self._waiting) and (total := total + self._waiting[count].weight) <= self._most:
            count += 1
        taken, self._waiting[:count] = self._waiting[:count], []
        return taken

    def _gather(self) -> None:
        with self._lock:
            enough = sum(request.weight for request in self._waiting) >= self._enough
            if enough or len(self._waiting) >= self._expected:
                return
            self._gathering = True
        if not self._gate.acquire(timeout=GATHER_S):
            with self._lock:
                if self._gathering:
                    self._gathering = False
                else:  # released in this very moment
                    self._gate.acquire()


def write_together(
    together: list[Waiting],
    write: Callable[[list[Any]], Sequence[Any]],
    *,
    apart: Callable[[Exception], bool],
    again: Callable[[Exception], bool],
) -> None:
    """Give each the outcome that `write`, a transaction, has for what they bring; an exception that it raises is everybody's.

    What is wrong with one touches no other: where that may be so (`apart`), each is written by itself. `again` says of
    which exceptions another attempt may know better.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            outcomes = write([one.what for one in together])
        except Exception as e:  # noqa: BLE001 - whatever it is, every request that waits needs an outcome
            if len(together) > 1 and apart(e):
                for one in together:
                    write_together([one], write, apart=apart, again=again)
                return
            if attempt < ATTEMPTS and again(e):
                time.sleep(0.01 * attempt)
                continue
            outcomes = [e] * len(together)
        for one, outcome in zip(together, outcomes, strict=True):
            one.outcome = outcome
        return


P = ParamSpec("P")
T = TypeVar("T")


class Place(NamedTuple):
    """Where somebody waits, with what."""

    line: Line
    what: Any
    weight: int = 1


Steps = Generator[Place, Any, T]
"""Something that waits in line now and then: yields a Place, and gets the outcome sent, or raised."""


def now(steps: Steps[T]) -> T:
    """What comes of it; this thread waits."""
    try:
        place = next(steps)
    except StopIteration as end:
        result: T = end.value
        return result
    return finish(steps, place)


def finish(steps: Steps[T], place: Place) -> T:
    """What comes of it, which has come to this place; this thread waits."""
    try:
        while True:
            try:
                outcome = place.line.put(place.what, place.weight)
            except Exception as e:  # noqa: BLE001 - it is theirs
                place = steps.throw(e)
            else:
                place = steps.send(outcome)
    except StopIteration as end:
        result: T = end.value
        return result


def later(steps: Steps[T], place: Place, then: Callable[[T], None]) -> None:
    """`then` gets what comes of it, which has come to this place; in any thread, and none waits for it."""

    def go_on(outcome: Any) -> None:
        try:
            next_place = steps.throw(outcome) if isinstance(outcome, BaseException) else steps.send(outcome)
        except StopIteration as end:
            then(end.value)
        else:
            later(steps, next_place, then)

    place.line.hand_in(place.what, place.weight, go_on)


def waiting(steps: Callable[P, Steps[T]]) -> Callable[P, T]:
    """The same for those who wait for it."""

    @wraps(steps)
    def wait(*args: P.args, **named: P.kwargs) -> T:
        return now(steps(*args, **named))

    return wait
