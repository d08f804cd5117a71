from datetime import date, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest

from lms_tracker.core.xapi import vocabulary as v
from lms_tracker.core.xapi.parse import parse_statement
from lms_tracker.core.xapi.timestamps import parse_timestamp
from lms_tracker.demo.tape import Sent
from lms_tracker.demo.term import Term, evidence, half_months, marks, term

TODAY = date(2026, 4, 20)


@pytest.fixture(scope="module")
def so_far() -> Term:
    return term(TODAY)


@pytest.fixture(scope="module")
def sent(so_far: Term) -> list[Sent]:
    return evidence(1, so_far)


def test_the_same_seed_and_day_give_the_same_evidence_and_marks(so_far: Term, sent: list[Sent]) -> None:
    assert evidence(1, so_far) == sent
    assert marks(1, so_far) == marks(1, so_far) != marks(2, so_far)


def test_another_seed_gives_other_evidence_under_other_ids(so_far: Term, sent: list[Sent]) -> None:
    other = evidence(2, so_far)
    assert {one.statement["id"] for one in other}.isdisjoint(one.statement["id"] for one in sent)


def test_ids_are_unique_and_receipts_in_order_before_the_day_begins(so_far: Term, sent: list[Sent]) -> None:
    assert len({one.statement["id"] for one in sent}) == len(sent)
    assert all(a.stored <= b.stored for a, b in pairwise(sent))
    assert sent[-1].stored < so_far.as_of


def test_every_statement_is_valid_xapi(sent: list[Sent]) -> None:
    for one in sent[:: max(1, len(sent) // 2000)]:
        parse_statement(msgspec.json.encode(one.statement))


def test_who_promises_heartbeats_keeps_the_promise_and_numbers_its_statements(sent: list[Sent]) -> None:
    sessions: dict[str, list[Sent]] = {}
    for one in sent:
        context = one.statement["context"]
        if {"id": v.CATEGORY_STUDY_TIME} in context["contextActivities"]["category"]:
            sessions.setdefault(context["extensions"][v.EXT_SESSION_ID], []).append(one)
    replayed = 0
    for session in sessions.values():
        session.sort(key=lambda one: one.statement["context"]["extensions"][v.EXT_SEQUENCE])
        numbers = [one.statement["context"]["extensions"][v.EXT_SEQUENCE] for one in session]
        times = [parse_timestamp(one.statement["timestamp"]) for one in session]
        assert numbers == list(range(len(session)))
        assert all(a <= b for a, b in pairwise(times))
        if session[0].statement["verb"]["id"] == v.VERB_HEARTBEAT:
            replayed += 1  # packets without a player, one a minute
        else:
            assert max((b - a for a, b in pairwise(times)), default=timedelta(0)) <= timedelta(seconds=30)
    assert 0 < replayed < len(sessions) / 20


def test_the_volume_stays_what_a_first_start_can_bear(sent: list[Sent]) -> None:
    assert 25_000 < len(sent) < 50_000


@pytest.mark.parametrize("day", [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 366, 5)])
def test_on_any_day_the_programme_is_five_weeks_under_way_and_two_half_months_are_over(day: date) -> None:
    so_far = term(day)
    assert so_far.starts_on.day in (1, 16)
    assert 35 <= (day - so_far.starts_on).days <= 51
    assert 363 <= (so_far.ends_on - so_far.starts_on).days <= 365
    ended = [end for _, end in half_months(so_far) if end < so_far.as_of]
    assert len(ended) >= 2


def test_half_months_carry_their_names_and_local_ends() -> None:
    names = [(name, end.isoformat()) for name, end in half_months(term(date(2026, 3, 20)))]
    assert names == [
        ("2026-02-H1", "2026-02-15T16:00:00+00:00"),
        ("2026-02-H2", "2026-02-28T16:00:00+00:00"),
        ("2026-03-H1", "2026-03-15T16:00:00+00:00"),
    ]


def test_marks_come_on_different_days_and_some_are_missing(so_far: Term) -> None:
    given = marks(1, so_far)
    assert len({one.at.date() for one in given}) > 5
    assert 20 < len({one.learner for one in given if one.work == 0}) < 53
    assert all(isinstance(one.at, datetime) and one.at < so_far.as_of for one in given)
