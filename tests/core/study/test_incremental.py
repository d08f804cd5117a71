"""Evidence that comes piece by piece, in any order, late, twice or voided, leads to the ledger of settling it at once."""

import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from lms_tracker.core.study.engine import Settled, settle
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.events import Event
from lms_tracker.core.study.evidence import Evidence, SessionKey, gather
from lms_tracker.core.study.incremental import resettle
from lms_tracker.core.study.policy import DEFAULTS, StudyPolicy
from lms_tracker.core.study.sessions import Catalogue
from tests.core.study.arbitrary import CATALOGUE
from tests.core.study.tape import Tape, us
from tests.core.study.test_reference import ALL_POLICIES, agree, arbitrary, plausible


def key_of(event: Event) -> SessionKey:
    return SessionKey(1, event.activity, event.session, event.registration)


class Learner:
    """A memory as small as the contract of `Memory` allows: it gives nothing that was not asked for."""

    def __init__(self, policy: StudyPolicy, catalogue: Any) -> None:
        self.policy, self.items = policy, catalogue
        self.events: dict[tuple[SessionKey, str], Event] = {}
        self.settled: dict[SessionKey, Settled] = {}
        self.judged: list[int] = []
        """How many sessions each settling judged."""

    def few(self, sessions: set[SessionKey]) -> bool:
        return True

    def known(self, sessions: set[SessionKey]) -> tuple[Evidence, Catalogue]:
        evidence = gather([(1, [event for (key, _), event in self.events.items() if key in sessions])])
        return evidence, {key.activity: self.items[key.activity] for key in sessions if key.activity in self.items}

    def standing(self, activities: set[str], dates: set[datetime.date]) -> list[Settled]:
        return [
            Settled(key, s.start, s.length, [e for e in s.entries if e.activity in activities or e.date in dates])
            for key, s in self.settled.items()
            if key.activity in activities or any(entry.date in dates for entry in s.entries)
        ]

    def hear(self, events: list[Event]) -> None:
        for event in events:
            self.events[key_of(event), event.id] = event
        self.settle_again({key_of(event) for event in events})

    def forget(self, event: Event) -> None:
        self.events.pop((key_of(event), event.id), None)
        self.settle_again({key_of(event)})

    def settle_again(self, touched: set[SessionKey]) -> None:
        found = resettle(touched, self, self.policy)
        assert found is not None
        self.judged.append(len(found))
        for key in touched:
            self.settled.pop(key, None)
        self.settled |= {session.key: session for session in found}

    def ledger(self) -> list[Entry]:
        entries = [entry for session in self.settled.values() for entry in session.entries]
        return sorted(entries, key=lambda e: (e.date, e.key[:3]))


@st.composite
def busy(draw: st.DrawFn) -> list[Event]:
    """Many short sessions of few videos, side by side and again, on two dates; some claim a length."""
    heard: list[Event] = []
    for number in range(draw(st.integers(2, 8))):
        tape = Tape(f"s{number}", draw(st.sampled_from(["video/1", "video/2", "video/3", "video/4"])))
        tape.start = 15 * 3600 + draw(st.integers(0, 120)) * 60  # midnight in Shanghai is at 16 h
        tape.watch(draw(st.sampled_from([60, 300, 600])), float(draw(st.sampled_from([0, 0, 240, 1000]))))
        length = draw(st.sampled_from([None, None, us(400), us(900)]))
        heard += [replace(tape.events[0], length=length), *tape.events[1:]]
    return heard


class PieceByPiece(RuleBasedStateMachine):
    """Pieces of evidence arrive, are repeated, and are voided; after each the ledger is that of a recompute."""

    @initialize(
        heard=busy() | busy() | plausible() | arbitrary(),
        policy=st.sampled_from(ALL_POLICIES),
        catalogue=st.sampled_from([CATALOGUE, {}]),
        order=st.randoms(use_true_random=False) | st.none(),
    )
    def begin(self, heard: list[Event], policy: StudyPolicy, catalogue: Any, order: Any) -> None:
        self.learner = Learner(policy, catalogue)
        self.waiting = list(heard)
        if order is not None:
            order.shuffle(self.waiting)

    @rule(count=st.integers(1, 40))
    def a_piece_arrives(self, count: int) -> None:
        piece, self.waiting = self.waiting[:count], self.waiting[count:]
        if piece:
            self.learner.hear(piece)

    @rule(place=st.integers(0, 99))
    def one_comes_again(self, place: int) -> None:
        if known := list(self.learner.events.values()):
            self.learner.hear([known[place % len(known)]])

    @rule(place=st.integers(0, 99))
    def one_is_voided(self, place: int) -> None:
        if known := list(self.learner.events.values()):
            self.learner.forget(known[place % len(known)])

    @invariant()
    def the_ledger_is_that_of_all_evidence_at_once(self) -> None:
        if hasattr(self, "learner"):
            events = list(self.learner.events.values())
            assert self.learner.ledger() == settle(events, self.learner.policy, self.learner.items, 1)

    def teardown(self) -> None:
        if hasattr(self, "learner") and self.learner.events:
            agree(list(self.learner.events.values()), self.learner.policy, self.learner.items)


TestPieceByPiece = PieceByPiece.TestCase
TestPieceByPiece.settings = settings(
    max_examples=200, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)


def a_term() -> list[Event]:
    """Forty sessions on ten videos, one a day."""
    tapes = [Tape(f"s{n}", f"video/{n % 10}", start=n * 86400.0).watch(600, position=60.0 * n) for n in range(40)]
    return [event for tape in tapes for event in tape.events]


@pytest.mark.parametrize(("session", "judged"), [(39, 1), (20, 2)])  # the video of the 21st comes once more after it
def test_only_what_depends_on_the_news_is_judged_again(session: int, judged: int) -> None:
    learner = Learner(DEFAULTS, {})
    learner.hear(a_term())
    assert learner.ledger() == settle(a_term(), DEFAULTS, {}, 1)
    more = Tape(f"s{session}", f"video/{session % 10}", start=session * 86400.0)
    more.play(700, 60.0 * session + 600, inputs=1).pause(760, 60.0 * session + 660, inputs=1)
    learner.hear([replace(event, id=f"{event.id}-more") for event in more.events])
    assert learner.judged[-1] == judged
    assert learner.ledger() == settle(list(learner.events.values()), DEFAULTS, {}, 1)
