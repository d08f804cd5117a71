"""Settling only what is newer, on real databases: always the ledger, and the memory, of settling everything anew."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Engine, func, insert, select, update

from lms_tracker.actions import settle_newer, settle_study, settle_whole
from lms_tracker.actions.adopt_policy import adopt_policy
from lms_tracker.actions.derive_ledgers import derive_ledger
from lms_tracker.actions.erase_person import erase_person
from lms_tracker.actions.hold_study import hold
from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.join_learners import join_learners
from lms_tracker.actions.settle_study import request_recompute
from lms_tracker.core.study.decisions import Signal, windows_of
from lms_tracker.core.study.entries import in_ledger
from lms_tracker.core.study.events import Event
from lms_tracker.store import settling
from lms_tracker.store.db import reading, writing
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.remembered import pack, unpack
from lms_tracker.store.settling import mark_unsettled, news_of
from lms_tracker.store.tables import activity, identity, ledger, remembered, remembered_session
from tests.actions.test_settle_study import NOW, send, settle
from tests.core.study.tape import Tape, real, us
from tests.core.study.test_incremental import busy
from tests.core.study.test_reference import arbitrary, plausible
from tests.policies import install
from tests.programme import add_programme

HOME = "https://lms.example.edu"
EXAMPLES = itertools.count()
often = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(autouse=True)
def ways(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Everybody is worth remembering; which way each settling of a learner took."""
    taken: list[str] = []
    newer, whole = settle_study.settle_newer, settle_study.settle_whole

    def noted(*args: Any) -> Any:
        outcome = newer(*args)
        taken.extend(["newer"] * (outcome is not None))
        return outcome

    def counted(*args: Any) -> Any:
        for one in whole(*args):
            taken.append("whole")
            yield one

    monkeypatch.setattr(settle_whole, "WORTH", 0)
    monkeypatch.setattr(settle_study, "settle_newer", noted)
    monkeypatch.setattr(settle_study, "settle_whole", counted)
    yield taken


def learner_of(db: Engine, name: str) -> int:
    with reading(db) as tx:
        return int(tx.scalar(select(identity.c.learner_id).where(identity.c.ifi == f"account:{HOME} {name}")) or 0)


def void(db: Engine, event: Event) -> None:
    target = {"objectType": "StatementRef", "id": real(event).id}
    verb = {"id": "http://adlnet.gov/expapi/verbs/voided"}
    said = {"actor": {"mbox": "mailto:staff@example.org"}, "verb": verb, "object": target}
    ingest(db, [said], credential=None, evidence="declared", now=NOW)


def require_all(db: Engine, learner: int) -> None:
    """The ledger in force is that of all evidence."""
    with reading(db) as tx:
        in_force = sorted(entries_in_force(tx, [learner]), key=in_ledger)
        assert in_force == sorted(derive_ledger(tx, learner), key=in_ledger)


def memory(db: Engine, learner: int) -> tuple[Any, Any]:
    head = select(remembered.c.policy, remembered.c.engine).where(remembered.c.learner_id == learner)
    mine = select(remembered_session).where(remembered_session.c.learner_id == learner)
    with reading(db) as tx:
        return tx.execute(head).one_or_none(), sorted(map(tuple, tx.execute(mine)))


def anywhere(heard: list[Event]) -> list[Event]:
    """The same with ids of their own, on activities that a record takes."""
    example = next(EXAMPLES)
    return [
        replace(e, id=f"{example}-{n}-{e.id}", activity=f"{HOME}/{example // 2 % 2}/{e.activity}")
        for n, e in enumerate(heard)
    ]


@often
@given(busy() | busy() | plausible() | arbitrary(), st.randoms(use_true_random=False))
def test_pieces_in_any_order_and_what_is_voided_lead_to_the_ledger_and_the_memory_of_a_recompute(
    any_db: Engine, ways: list[str], heard: list[Event], chance: random.Random
) -> None:
    waiting, name, known = anywhere(heard), f"learner{next(EXAMPLES)}", list[Event]()
    catalogue(any_db)
    if chance.random() < 0.5:
        chance.shuffle(waiting)
    else:  # as they happened, the latest last
        waiting.sort(key=lambda event: -event.at)
    learner, most = 0, chance.choice([1, 3, 12])
    while waiting:
        piece = [waiting.pop() for _ in range(min(len(waiting), chance.randint(1, most * (1 if known else 4))))]
        send(any_db, piece, name)
        known += piece
        if chance.random() < 0.1:
            void(any_db, chance.choice(known))
        settle(any_db)
        learner = learner or learner_of(any_db, name)
        require_all(any_db, learner)
    found = memory(any_db, learner)
    request_recompute(any_db, [learner], NOW)
    settle(any_db)
    assert memory(any_db, learner) == found
    require_all(any_db, learner)


def catalogue(db: Engine) -> None:
    """Some of the activities are catalogued, one of them as what it is not."""
    with reading(db) as tx:
        if tx.scalar(select(func.count()).select_from(activity)):
            return
    add_programme(db)
    known = [("video/1", "video", us(1200)), ("video/2", "document", us(500)), ("doc/1", "document", us(1200))]
    rows = [{"iri": f"{HOME}/0/{iri}", "kind": kind, "length_us": length} for iri, kind, length in known]
    with writing(db) as tx:
        tx.execute(insert(activity), [row | {"course_id": 1, "title": "课", "position": 2} for row in rows])


def a_past(db: Engine) -> int:
    """Six sessions on three videos, one a day, settled and remembered; the learner."""
    tapes = [Tape(f"s{n}", f"{HOME}/video/{n % 3}", start=n * 86400.0).watch(300, 200.0 * n) for n in range(6)]
    send(db, [event for tape in tapes for event in tape.events])
    settle(db)
    return learner_of(db, "ann")


def more(db: Engine, session: int = 5, name: str = "ann") -> None:
    """One session goes on for a minute."""
    tape = Tape(f"s{session}", f"{HOME}/video/{session % 3}", start=session * 86400.0).play(310, 900, inputs=1)
    tape.pause(370, 960, inputs=1)
    send(db, [replace(event, id=f"{event.id}-more-{name}") for event in tape.events], name)


def test_newer_statements_of_a_remembered_learner_change_only_what_they_must(any_db: Engine, ways: list[str]) -> None:
    learner = a_past(any_db)
    more(any_db)
    settle(any_db)
    assert ways == ["whole", "newer"]
    require_all(any_db, learner)
    with reading(any_db) as tx:
        reversed_ = tx.execute(select(ledger.c.session, ledger.c.cause).where(ledger.c.reversed_at.is_not(None))).all()
    assert [tuple(row) for row in reversed_] == [("s5", "newer evidence")]


@pytest.mark.parametrize("first", [300, 500, 86_400])
def test_what_stands_of_other_activities_at_the_same_time_or_on_the_same_date_is_known(
    any_db: Engine, ways: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, first: int
) -> None:
    files = install(monkeypatch, tmp_path)
    text = (files / "default.toml").read_text(encoding="utf-8")
    (files / "default.toml").write_text(text.replace("\n[study]\n", "\n[study]\ncap_s = 800\n"), encoding="utf-8")
    send(any_db, Tape("a", f"{HOME}/video/1").watch(600).events)
    late = Tape("b", f"{HOME}/video/2", start=first).watch(600).events
    send(any_db, late[:2])
    settle(any_db)
    learner = learner_of(any_db, "ann")
    for event in late[2:]:
        send(any_db, [event])
        settle(any_db)
        require_all(any_db, learner)
    assert set(ways[1:]) == {"newer"}
    with reading(any_db) as tx:
        (found,) = [entry for entry in entries_in_force(tx, [learner]) if entry.session == "b"]
    overlap = max(0, 600 - first)
    assert found.discounted.get("overlap", 0) == us(overlap)
    assert found.discounted.get("cap", 0) == (us(400 - overlap) if first < 86_400 else 0)


def test_what_only_repeats_changes_nothing(any_db: Engine, ways: list[str]) -> None:
    learner = a_past(any_db)
    before = memory(any_db, learner)
    with writing(any_db) as tx:
        settling.mark_newer(tx, {learner: [1, 2, 2]}, NOW)
    settle(any_db)
    assert (ways, memory(any_db, learner)) == (["whole", "newer"], before)
    with reading(any_db) as tx:
        assert not tx.scalar(select(func.count()).where(ledger.c.reversed_at.is_not(None)))


def test_anything_else_that_may_have_changed_has_all_settled(any_db: Engine, ways: list[str]) -> None:
    learner = a_past(any_db)
    more(any_db)
    with writing(any_db) as tx:
        mark_unsettled(tx, [learner], NOW)
    more(any_db, 4)
    settle(any_db)
    assert ways == ["whole", "whole"]
    void(any_db, Tape("s5").watch(300).events[0])
    settle(any_db)
    assert ways == ["whole"] * 4, "of whom the statement was, and of whoever voided it"
    require_all(any_db, learner)
    more(any_db, 3)
    settle(any_db)
    assert ways[-1] == "newer", "and then it is remembered again"
    require_all(any_db, learner)


def test_of_more_news_than_are_worth_naming_all_is_settled(
    any_db: Engine, ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = a_past(any_db)
    monkeypatch.setattr(settling, "MOST_SEQS", 8)
    for session in range(4):  # in one mark, and mark by mark
        more(any_db, session)
        if session:
            with writing(any_db) as tx:
                settling.claim_unsettled(tx, NOW, settle_study.LEASE, 0)  # only takes the marks in
    with reading(any_db) as tx:
        assert news_of(tx, [learner]) == {}
    settle(any_db)
    assert ways == ["whole", "whole"]
    require_all(any_db, learner)


def test_whose_news_are_of_most_sessions_is_settled_as_a_whole(
    any_db: Engine, ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = a_past(any_db)
    monkeypatch.setattr(settle_newer, "SOME", 1)
    for sessions, way in ((range(4, 6), "newer"), (range(4), "whole")):
        for session in sessions:
            more(any_db, session)
        settle(any_db)
        assert ways[-1] == way
        require_all(any_db, learner)


def test_another_version_of_the_rules_code_remembers_nothing_of_the_one_before(any_db: Engine, ways: list[str]) -> None:
    learner = a_past(any_db)
    with writing(any_db) as tx:
        tx.execute(update(remembered).values(engine="0"))
    more(any_db)
    settle(any_db)
    assert ways == ["whole", "whole"]
    assert memory(any_db, learner)[0].engine != "0"


def test_another_policy_has_all_judged_anew_and_of_two_nothing_is_remembered(
    any_db: Engine, ways: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = install(monkeypatch, tmp_path)
    programme = add_programme(any_db)
    with writing(any_db) as tx:
        tx.execute(insert(identity).values(ifi=f"account:{HOME} ann", learner_id=1))
    learner = a_past(any_db)
    text = (files / "p1-principals.toml").read_text(encoding="utf-8")
    (files / "p1-principals.toml").write_text(text.replace("[study]", "[study]\nblip_s = 1.5"), encoding="utf-8")
    more(any_db, 4)
    settle(any_db)
    assert ways == ["whole", "whole"]
    require_all(any_db, learner)
    more(any_db, 3)
    settle(any_db)
    assert ways[-1] == "newer"
    adopt_policy(any_db, programme, "strict", from_on=NOW.date().replace(day=4), reason="会议决定", now=NOW)
    more(any_db)
    settle(any_db)
    assert ways[-1] == "whole" and memory(any_db, learner) == (None, [])
    require_all(any_db, learner)


def test_of_whom_people_decided_something_nothing_is_remembered(any_db: Engine, ways: list[str]) -> None:
    learner = a_past(any_db)
    with reading(any_db) as tx:
        parts = windows_of(entries_in_force(tx, [learner]))
    hold(any_db, learner, parts[:1], [Signal("cadence", "间隔相同", "equal intervals", 2.0)], "robust@0", NOW)
    more(any_db)
    settle(any_db)
    more(any_db, 0)
    settle(any_db)
    assert ways == ["whole", "whole", "whole"] and memory(any_db, learner) == (None, [])
    require_all(any_db, learner)


def test_who_was_joined_is_remembered_as_one(any_db: Engine, ways: list[str]) -> None:
    learner = a_past(any_db)
    more(any_db, 5, "bo")
    settle(any_db)
    other = learner_of(any_db, "bo")
    join_learners(any_db, other, learner, reason="one person", made_by=None, now=NOW)
    settle(any_db)
    assert memory(any_db, other) == (None, [])
    more(any_db, 4, "bo")
    settle(any_db)
    assert ways[-1] == "newer"
    require_all(any_db, learner)


def test_of_who_was_erased_nothing_is_remembered(any_db: Engine) -> None:
    learner = a_past(any_db)
    more(any_db)
    erase_person(any_db, learner, ordered_by="operator", reason="asked to", now=NOW)
    settle(any_db)
    assert memory(any_db, learner) == (None, [])


def test_few_statements_are_not_worth_remembering(any_db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settle_whole, "WORTH", 500)
    assert memory(any_db, a_past(any_db)) == (None, [])


@given(st.sets(st.integers(1, 2**62)))
def test_numbers_are_kept_as_they_are(seqs: set[int]) -> None:
    assert unpack(pack(seqs)) == sorted(seqs)
