"""The rules about a session by itself: for each of its steps, from when on the time does not count, and why.

Each rule is one function `(session, policy) -> list`, one item a step: the instant from which the rule holds within the
step, or None. Thresholds work alike: what is longer than the threshold is discounted from its beginning, because nobody
can say which part of an absence was attention. The table of reasons and their order is study-time.md, section 2.
"""

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Callable

from lms_tracker.core.study.events import SECOND, Kind
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.sessions import Session

Marks = list[int | None]
Rule = Callable[[Session, StudyPolicy], Marks]

MEDIA_EVENTS = frozenset(
    {Kind.INITIALIZED, Kind.PLAYED, Kind.PAUSED, Kind.SEEKED, Kind.INTERACTED, Kind.COMPLETED, Kind.TERMINATED}
)


def gap(session: Session, policy: StudyPolicy) -> Marks:
    """A producer that promises heartbeats was silent for more than `gap_s`: nothing of the gap counts."""
    limit = policy.gap_s * SECOND
    return [step.start if session.promises and step.end - step.start > limit else None for step in session.steps]


def hidden(session: Session, policy: StudyPolicy) -> Marks:
    """The page was out of sight or focus for more than `hidden_s` on end."""
    steps = session.steps
    marks: Marks = [None] * len(steps)
    first = 0
    while first < len(steps):
        last = first
        while last < len(steps) and not steps[last].visible:
            last += 1
        if last > first and steps[last - 1].end - steps[first].start > policy.hidden_s * SECOND:
            marks[first:last] = [step.start for step in steps[first:last]]
        first = last + 1
    return marks


def unanswered(session: Session, policy: StudyPolicy) -> Marks:
    """A presence check ran out: from the latest sign of presence before it to the next after it."""
    marks: Marks = [None] * len(session.steps)
    signs = signs_of_presence(session)
    for index, event in enumerate(session.events):
        if event.kind is Kind.MISSED:
            before, after = bisect_left(signs, index), bisect_right(signs, index)
            first = signs[before - 1] if before else 0
            last = signs[after] if after < len(signs) else len(session.steps)
            marks[first:last] = [step.start for step in session.steps[first:last]]
    return marks


def idle(session: Session, policy: StudyPolicy) -> Marks:
    """No sign of presence for more than `idle_s`.

    A producer that reports neither inputs nor checks is judged by its media events: each is believed for `stretch_s`.
    """
    if not session.reports_presence:
        return _beyond_stretch(session, policy)
    marks: Marks = [None] * len(session.steps)
    signs = [0, *signs_of_presence(session), len(session.steps)]
    for first, last in itertools.pairwise(signs):
        if session.events[last].at - session.events[first].at > policy.idle_s * SECOND:
            marks[first:last] = [step.start for step in session.steps[first:last]]
    return marks


def _beyond_stretch(session: Session, policy: StudyPolicy) -> Marks:
    marks: Marks = []
    believed = 0
    blips = _blips(session, policy)
    for index, step in enumerate(session.steps):
        if (step.first.kind in MEDIA_EVENTS and index not in blips) or not marks:
            believed = step.start + round(policy.stretch_s * SECOND)
        marks.append(max(step.start, believed) if step.end > believed else None)
    return marks


def _blips(session: Session, policy: StudyPolicy) -> set[int]:
    """Indexes of statements that pause and play again within `blip_s`: scripts that keep players awake do that."""
    limit = policy.blip_s * SECOND
    found: set[int] = set()
    for index, step in enumerate(session.steps):
        kinds = (step.first.kind, step.last.kind)
        if kinds == (Kind.PAUSED, Kind.PLAYED) and step.end - step.start <= limit:
            found |= {index, index + 1}
    return found


def signs_of_presence(session: Session) -> list[int]:
    """Indexes of the statements that show a person: a trusted input, or a presence check answered and not wrong."""
    return [
        index
        for index, event in enumerate(session.events)
        if (event.kind is Kind.ANSWERED and event.success is not False)
        or (event.inputs is not None and event.inputs > 0 and event.kind is not Kind.MISSED)
    ]


STEP_RULES: dict[str, Rule] = {"gap": gap, "hidden": hidden, "unanswered": unanswered, "idle": idle}


def label_steps(session: Session, policy: StudyPolicy) -> list[list[tuple[int, int, str | None]]]:
    """For each step its parts in order: (start, end, reason), the first applicable reason of the table or None."""
    marks = [(reason, rule(session, policy)) for reason, rule in STEP_RULES.items()]
    labelled = []
    for index, step in enumerate(session.steps):
        parts: list[tuple[int, int, str | None]] = []
        end = step.end
        for reason, rule_marks in marks:
            since = rule_marks[index]
            if since is not None and since < end:
                parts.insert(0, (since, end, reason))
                end = since
        if end > step.start or not parts:
            parts.insert(0, (step.start, end, None))
        labelled.append(parts)
    return labelled


def untimely(session: Session, policy: StudyPolicy) -> list[int | None]:
    """For each step, until when it is `clock`: None where the timestamps can be believed.

    A timestamp is believed when it is not in the future of its receipt, nor (for a producer that promises heartbeats)
    older than `late_s` at its receipt. Late statements still tell what happened between timely ones that are near
    enough to prove each other (no more than `gap_s` apart); alone they prove nothing.
    """
    late = round(session.source.late_s * SECOND) if session.promises and not session.source.reports_late else None
    ahead = round(policy.clock_error_s * SECOND)
    events = session.events
    timely = [
        event.at <= event.stored + ahead and (late is None or not event.received or event.stored - event.at <= late)
        for event in events
    ]
    known = [index for index, ok in enumerate(timely) if ok]
    marks: list[int | None] = []
    for index, step in enumerate(session.steps):
        if not (timely[index] and timely[index + 1]) and not _bridged(session, known, index, policy):
            marks.append(step.end)
        else:
            marks.append(min(step.end, step.backwards_until) if step.backwards_until > step.start else None)
    return marks


def _bridged(session: Session, known: list[int], index: int, policy: StudyPolicy) -> bool:
    before, after = bisect_right(known, index), bisect_left(known, index + 1)
    if not session.promises or not before or after == len(known):
        return False
    span = session.events[known[after]].at - session.events[known[before - 1]].at
    return 0 <= span <= policy.gap_s * SECOND
