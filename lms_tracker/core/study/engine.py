"""The study-time engine: a learner's evidence -> ledger entries. Pure; the same evidence in any order gives the same.

Sessions are taken in the order in which they began, and each keeps what it was credited: a second on the clock counts
once per learner, a part of the content once per learner and activity, and a local date up to the cap.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from lms_tracker.core.instants import from_us, to_us
from lms_tracker.core.study.claims import Atom, claim
from lms_tracker.core.study.entries import ENGINE, REASONS, Entry, Interval, merged
from lms_tracker.core.study.events import SECOND, Event
from lms_tracker.core.study.intervals import IntervalSet
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.recovery import recover
from lms_tracker.core.study.sessions import Session, open_session, split_sessions


class CatalogueItem(Struct, frozen=True):
    """What the catalogue knows of an activity."""

    media: bool
    length: int | None = None
    """Microseconds of content, or of the longest study that counts; None: no bound is known."""


Catalogue = Mapping[str, CatalogueItem]


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
    groups = split_sessions(events)
    known = _complete(catalogue or {}, groups.values())
    sessions = [
        open_session(key, group, known[key[0]].media if key[0] in (catalogue or {}) else None, policy)
        for key, group in groups.items()
    ]
    account = _Account(policy, known)
    entries = list(frozen)
    for entry in frozen:
        account.remember(entry)
    standing = {entry.key for entry in frozen}
    for session in sorted(sessions, key=lambda s: (s.start, s.key)):
        entries += [entry for entry in _post(session, account, policy, learner_id) if entry.key not in standing]
    return sorted(entries, key=lambda e: (e.date, e.key[:3]))


def _complete(catalogue: Catalogue, groups: Iterable[list[Event]]) -> dict[str, CatalogueItem]:
    claimed: dict[str, int] = defaultdict(int)
    for group in groups:
        for event in group:
            claimed[event.activity] = max(claimed[event.activity], event.length or 0)
    return {iri: catalogue.get(iri) or CatalogueItem(False, length or None) for iri, length in claimed.items()}


class _Account:
    """What a learner was credited so far: seconds on the clock, content by activity, amounts by date and activity."""

    def __init__(self, policy: StudyPolicy, catalogue: Catalogue) -> None:
        self.policy = policy
        self.catalogue = catalogue
        self.clock = IntervalSet()
        self.content: dict[str, IntervalSet] = defaultdict(IntervalSet)
        self.of_activity: dict[str, int] = defaultdict(int)
        self.of_date: dict[datetime.date, int] = defaultdict(int)
        self.days = _Days(policy.zone)

    def remember(self, entry: Entry) -> None:
        """What an entry has credited already."""
        for interval in entry.intervals:
            if interval.verdict in ("credited", "held"):
                self.of_activity[entry.activity] += interval.amount_us
                self.of_date[entry.date] += interval.amount_us
                self.clock.add(interval.start_us, interval.end_us)
                if interval.media is not None:
                    self.content[entry.activity].add(*interval.media)

    def credit(self, session: Session, atom: Atom, share: float) -> Iterator[tuple[datetime.date, Atom, str]]:
        """Divide an atom by local date, then by the first rule between sessions that applies to each part."""
        for date, part in self.days.split(atom):
            if part.reason is not None:
                yield date, part, part.reason
                continue
            for piece, overlaps in _cut(part, self.clock.split(part.start, part.end), Atom.cut):
                if overlaps:
                    yield date, piece, "overlap"
                    continue
                for fresh, repeats in self._divide_content(session.key[0], piece):
                    if repeats:
                        yield date, fresh, "repeat"
                    else:
                        yield from self._divide_amount(session.key[0], date, fresh, share)

    def _divide_content(self, activity: str, atom: Atom) -> Iterator[tuple[Atom, bool]]:
        """Content already credited, or beyond the activity's length, is `repeat`."""
        if atom.media is None or atom.media[0] == atom.media[1]:
            yield atom, False
            return
        length = self.catalogue[activity].length
        for piece, seen in _cut(atom, self.content[activity].split(*atom.media), Atom.cut_media):
            assert piece.media is not None
            end = piece.media[1] if length is None else length + round(self.policy.tolerance_s * SECOND)
            if seen or piece.media[1] <= end:
                yield piece, seen
            elif piece.media[0] >= end:
                yield piece, True
            else:
                within, beyond = piece.cut_media(end)
                yield within, False
                yield beyond, True

    def _divide_amount(
        self, activity: str, date: datetime.date, atom: Atom, share: float
    ) -> Iterator[tuple[datetime.date, Atom, str]]:
        """What the activity, then the date, then the trust in the source still admit; only this is credited."""
        length = self.catalogue[activity].length
        limits = [
            ("repeat", atom.amount if length is None else length - self.of_activity[activity]),
            ("cap", round(self.policy.cap_s * SECOND) - self.of_date[date]),
        ]
        for reason, left in limits:
            kept, over = _take(atom, max(0, left))
            if over is not None:
                yield date, over, reason
            if kept is None:
                return
            atom = kept
        if atom.untimely:
            yield date, atom, "clock"
            return
        kept, over = _take(atom, round(atom.amount * share)) if share < 1 else (atom, None)
        if over is not None:
            yield date, over, "aggregate"
        if kept is not None:
            self.of_activity[activity] += kept.amount
            self.of_date[date] += kept.amount
            if kept.media is not None:
                self.content[activity].add(*kept.media)
            yield date, kept, "credited"


def _post(session: Session, account: _Account, policy: StudyPolicy, learner_id: int) -> list[Entry]:
    atoms = recover(session, claim(session, policy), policy)
    evidence, share = "proved" if session.proved else "declared", 1.0
    if not session.proved:
        share = session.source.declared_share
    if not atoms:
        atoms, evidence = bare_claims(session), "aggregate"
        share = session.source.aggregate_share
    by_date: dict[datetime.date, list[Interval]] = defaultdict(list)
    credited = IntervalSet()
    for atom in atoms:
        for date, piece, verdict in account.credit(session, atom, share):
            if piece.amount:
                by_date[date].append(
                    Interval(piece.start, piece.end, piece.amount, piece.media, verdict, (piece.first, piece.last))
                )
            if verdict == "credited":
                credited.add(piece.start, piece.end)
                if evidence == "aggregate":  # bare claims may overlap one another
                    account.clock.add(piece.start, piece.end)
    for start, end in credited:
        account.clock.add(start, end)
    return [_entry(session, date, intervals, evidence, policy, learner_id) for date, intervals in by_date.items()]


def bare_claims(session: Session) -> list[Atom]:
    """Durations claimed by a session that shows no playing and no opening: statements of aggregate sources.

    With a session id they are running totals, of which the longest stands; without one each is a claim of its own.
    """
    claims = [event for event in session.events if event.duration]
    if session.key[1]:
        claims = sorted(claims, key=lambda e: (e.duration or 0, e.at, e.id))[-1:]
    return [
        Atom(event.at - (event.duration or 0), event.at, event.duration or 0, None, None, False, event.id, event.id)
        for event in claims
    ]


def _entry(
    session: Session,
    date: datetime.date,
    intervals: list[Interval],
    evidence: str,
    policy: StudyPolicy,
    learner_id: int,
) -> Entry:
    amounts: dict[str, int] = defaultdict(int)
    for interval in intervals:
        amounts[interval.verdict] += interval.amount_us
    activity, session_id, registration = session.key
    return Entry(
        learner_id=learner_id,
        activity=activity,
        session=session_id,
        registration=registration,
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


def _cut(
    atom: Atom, pieces: list[tuple[int, int, bool]], cut: Callable[[Atom, int], tuple[Atom, Atom]]
) -> Iterator[tuple[Atom, bool]]:
    """The atom along (start, end, flag) pieces that cover it, by whichever of its axes `cut` divides."""
    for index, (_, end, flag) in enumerate(pieces):
        if index == len(pieces) - 1:
            yield atom, flag
        else:
            head, atom = cut(atom, end)
            yield head, flag
    if not pieces:  # no width on the clock
        yield atom, False


def _take(atom: Atom, amount: int) -> tuple[Atom | None, Atom | None]:
    if amount <= 0:
        return None, atom
    if amount >= atom.amount:
        return atom, None
    return atom.cut_amount(amount)


class _Days:
    """Local dates of instants; the date last asked for is kept at hand."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.date = datetime.date.min
        self.start = self.end = 0

    def split(self, atom: Atom) -> Iterator[tuple[datetime.date, Atom]]:
        """The atom by local date. An atom without width belongs to its instant's date."""
        while True:
            self._turn_to(atom.start)
            date, midnight = self.date, self.end
            if atom.end <= midnight:
                yield date, atom
                return
            head, atom = atom.cut(midnight)
            yield date, head

    def _turn_to(self, at: int) -> None:
        if self.start <= at < self.end:
            return
        self.date = from_us(at).astimezone(self.zone).date()
        self.start, self.end = self._midnight(self.date), self._midnight(self.date + datetime.timedelta(days=1))

    def _midnight(self, date: datetime.date) -> int:
        return to_us(datetime.datetime.combine(date, datetime.time(), tzinfo=self.zone).astimezone(datetime.UTC))
