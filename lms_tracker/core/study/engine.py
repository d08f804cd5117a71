"""The study-time engine: learners' evidence -> ledger entries. Pure; the same evidence in any order gives the same.

First every rule about a session by itself runs over the columns of all sessions at once; what remains of a session are a
few runs of claimed time. Then the runs of each learner are taken in the order in which the sessions began, and each
session keeps what it was credited (`account.py`).
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np
from msgspec import Struct

from lms_tracker.core.study.account import MOST, Account, Days
from lms_tracker.core.study.atoms import Atoms, Run, adjoining
from lms_tracker.core.study.claims import claim
from lms_tracker.core.study.entries import ENGINE, REASONS, Entry, Interval, in_ledger, merged
from lms_tracker.core.study.events import Event
from lms_tracker.core.study.evidence import Evidence, SessionKey, gather
from lms_tracker.core.study.intervals import IntervalSet
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.recovery import recover
from lms_tracker.core.study.rules import NONE, ahead, untimely
from lms_tracker.core.study.sessions import Catalogue, Sessions, open_sessions

Frozen = Mapping[int, Sequence[Entry]]
"""Entries of each learner whose evidence is gone: they stand as they are, before all others."""


def settle(
    events: Iterable[Event],
    policy: StudyPolicy,
    catalogue: Catalogue | None = None,
    learner_id: int = 0,
    frozen: Sequence[Entry] = (),
) -> list[Entry]:
    """The ledger of one learner: entries ordered by date, activity, session and registration.

    An activity that is not in the catalogue takes its length from its statements. `frozen` are entries whose evidence
    is gone: they stand as they are, before all others, and what they credit is not credited again.
    """
    ledgers = dict(settle_many(gather([(learner_id, events)]), policy, catalogue, {learner_id: frozen}))
    return ledgers.get(learner_id, list(frozen))


def settle_many(
    evidence: Evidence, policy: StudyPolicy, catalogue: Catalogue | None = None, frozen: Frozen | None = None
) -> Iterator[tuple[int, list[Entry]]]:
    """(learner id, ledger) of each learner in the evidence; ledgers as `settle` gives them."""
    for learner_id, sessions in settle_learners(evidence, policy, catalogue, frozen):
        yield learner_id, ledger_of(sessions, (frozen or {}).get(learner_id, ()))


def settle_learners(
    evidence: Evidence, policy: StudyPolicy, catalogue: Catalogue | None = None, frozen: Frozen | None = None
) -> Iterator[tuple[int, list["Settled"]]]:
    """(learner id, sessions as they began) of each learner in the evidence; `frozen` as in `settle`."""
    settled = settle_sessions(evidence, policy, catalogue, frozen=frozen)
    for learner_id, sessions in groupby(settled, lambda session: session.key.learner_id):
        yield learner_id, list(sessions)


def ledger_of(sessions: Iterable["Settled"], frozen: Sequence[Entry] = ()) -> list[Entry]:
    """The ledger that consists of these sessions of one learner, and of `frozen` entries."""
    return sorted([*frozen, *(entry for session in sessions for entry in session.entries)], key=in_ledger)


class Settled(Struct, frozen=True):
    """What became of one session, and what the rules between sessions must know of it to judge others."""

    key: SessionKey
    start: int
    """When it began, which is its turn among the sessions of the learner."""
    length: int
    """The longest length of the activity that it claims; -1 or 0 when it claims none."""
    entries: list[Entry]


def settle_sessions(
    evidence: Evidence, policy: StudyPolicy, catalogue: Catalogue | None = None, frozen: Frozen | None = None
) -> Iterator[Settled]:
    """Every session in the evidence, learner by learner, as they began."""
    return judge(claimed(evidence, policy, catalogue or {}), policy, catalogue or {}, frozen=frozen)


class Claimed(Struct, frozen=True):
    """What sessions claim, after every rule about a session by itself."""

    sessions: Sessions | None
    """None when there are none."""
    runs: dict[int, list[Run]]
    """By the number of the session."""


def claimed(evidence: Evidence, policy: StudyPolicy, catalogue: Catalogue) -> Claimed:
    """What the sessions in the evidence claim. Does not depend on any other session."""
    if not len(evidence.at):
        return Claimed(None, {})
    sessions = open_sessions(evidence, policy, catalogue)
    early = ahead(sessions, policy)
    doubtful = untimely(sessions, early, policy)
    atoms = recover(sessions, claim(sessions, doubtful, policy), doubtful, early, policy)
    return Claimed(sessions, _runs(sessions, atoms))


def judge(
    what: Claimed,
    policy: StudyPolicy,
    catalogue: Catalogue,
    standing: Iterable[Settled] = (),
    frozen: Frozen | None = None,
) -> Iterator[Settled]:
    """The sessions that claim something, learner by learner, as they began, by the rules between sessions.

    `standing`: other sessions of these learners, which keep what they were credited. As far as sessions before them in
    the order are judged anew, theirs must not depend on what these are credited; see `incremental.py`.
    """
    if what.sessions is None:
        return
    known = defaultdict(list)
    for other in standing:
        known[other.key.learner_id].append(other)
    sessions, runs, keys = what.sessions, what.runs, what.sessions.told.keys
    start, longest = sessions.start().tolist(), np.maximum.reduceat(sessions.told.length, sessions.begin).tolist()
    days = Days(policy.zone)
    in_order = sorted(range(len(keys)), key=lambda number: (keys[number].learner_id, start[number], keys[number]))
    for learner_id, numbers in groupby(in_order, lambda number: keys[number].learner_id):
        account, mine, others = Account(policy, days), list(numbers), _in_order(known[learner_id])
        lengths = known_lengths(
            [(keys[number].activity, longest[number]) for number in mine]
            + [(other.key.activity, other.length) for other in others],
            catalogue,
        )
        gone = {entry.key for entry in (frozen or {}).get(learner_id, ())}
        account.keep((frozen or {}).get(learner_id, ()))
        for number in mine:
            key = keys[number]
            while others and (others[-1].start, others[-1].key) < (start[number], key):
                account.keep(others.pop().entries)
            entries = _post(sessions, number, runs.get(number), lengths[key.activity], account, policy)
            entries = [entry for entry in entries if entry.key not in gone] if gone else entries
            yield Settled(key, start[number], longest[number], entries)


def _in_order(settled: list[Settled]) -> list[Settled]:
    """The one that began first at the end, to be taken from there."""
    return sorted(settled, key=lambda s: (s.start, s.key), reverse=True)


def known_lengths(claimed: Iterable[tuple[str, int]], catalogue: Catalogue) -> dict[str, int | None]:
    """Length of each activity: the catalogue's, else the longest that a session claims, else None.

    `claimed`: (activity, length) of the sessions of one learner, in microseconds.
    """
    longest: dict[str, int] = {}
    for activity, length in claimed:
        longest[activity] = max(longest.get(activity, 0), length)
    return {
        activity: catalogue[activity].length if activity in catalogue else length or None
        for activity, length in longest.items()
    }


def _share(sessions: Sessions, number: int) -> float:
    return 1.0 if sessions.proved[number] else sessions.source[number].declared_share


def _runs(sessions: Sessions, atoms: Atoms) -> dict[int, list[Run]]:
    """What each session claims, by its number, in runs that the rules between sessions can judge as one.

    Atoms stand alone where time goes backwards, where what the limits admit of them is not all credited, and where one
    by itself is longer than anybody studies.
    """
    owner = sessions.told.session[atoms.first]
    alone = np.array([_share(sessions, number) < 1 for number in range(len(sessions.begin))], np.bool_)
    backwards = np.append(False, (atoms.start[1:] < atoms.end[:-1]) & (owner[1:] == owner[:-1]))[: len(owner)]
    alone[owner[backwards]] = True
    runs: dict[int, list[Run]] = defaultdict(list)
    of_row = sessions.told.session
    apart = alone[owner] | atoms.untimely | (atoms.end - atoms.start > MOST)
    for run in adjoining(atoms, apart, owner):
        runs[int(of_row[run.statements[0]])].append(run)
    return runs


def _post(
    sessions: Sessions, number: int, runs: list[Run] | None, length: int | None, account: Account, policy: StudyPolicy
) -> list[Entry]:
    key = sessions.told.keys[number]
    share = _share(sessions, number)
    evidence = "proved" if sessions.proved[number] else "declared"
    if runs is None:
        runs, evidence = bare_claims(sessions, number), "aggregate"
        share = sessions.source[number].aggregate_share
    by_date: dict[datetime.date, list[Interval]] = defaultdict(list)
    credited = IntervalSet()
    for run in runs:
        for date, piece, verdict in account.credit(key.activity, length, run, share):
            if piece.amount:
                by_date[date].append(_interval(sessions, piece, verdict))
            if verdict == "credited":
                credited.add(piece.start, piece.end)
                if evidence == "aggregate":  # bare claims may overlap one another
                    account.clock.add(piece.start, piece.end)
    for start, end in credited:
        account.clock.add(start, end)
    return [_entry(key, date, intervals, evidence, policy) for date, intervals in by_date.items()]


def bare_claims(sessions: Sessions, number: int) -> list[Run]:
    """Durations claimed by a session that shows no playing and no opening: statements of aggregate sources.

    With a session id they are running totals, of which the longest stands; without one each is a claim of its own.
    """
    begin = int(sessions.begin[number])
    durations = sessions.told.duration[begin : begin + int(sessions.count[number])]
    rows = (np.flatnonzero(durations > 0) + begin).tolist()
    claims = [(int(sessions.told.duration[row]), int(sessions.at[row]), _id(sessions, row), row) for row in rows]
    if sessions.told.keys[number].session:
        claims = sorted(claims)[-1:]
    return [Run(at - length, at, length, None, NONE, False, (row, row)) for length, at, _, row in claims]


def _id(sessions: Sessions, row: int) -> str:
    return sessions.told.ids[int(sessions.row[row])]


def _interval(sessions: Sessions, run: Run, verdict: str) -> Interval:
    first, last = run.statements
    statements = (_id(sessions, first), _id(sessions, last))
    return Interval(run.start, run.end, run.amount, run.media, verdict, statements)


def _entry(
    key: SessionKey, date: datetime.date, intervals: list[Interval], evidence: str, policy: StudyPolicy
) -> Entry:
    amounts: dict[str, int] = defaultdict(int)
    for interval in intervals:
        amounts[interval.verdict] += interval.amount_us
    return Entry(
        learner_id=key.learner_id,
        activity=key.activity,
        session=key.session,
        registration=key.registration,
        date=date,
        raw_us=sum(amounts.values()),
        credited_us=amounts["credited"],
        held_us=amounts["held"],
        discounted={reason: amounts[reason] for reason in REASONS if amounts[reason]},
        intervals=merged(intervals),
        evidence=evidence,
        policy=policy.id,
        engine=ENGINE,
    )
