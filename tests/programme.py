"""A small programme of P1 put straight into the tables: four principals, two courses, two pieces of work."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, insert

from lms_tracker.store import tables as t
from lms_tracker.store.db import writing

START = datetime(2026, 1, 1, tzinfo=UTC)
STARTS_ON, ENDS_ON = date(2026, 2, 1), date(2027, 1, 31)
HOUR_US = 2_700_000_000
NAMES = {1: "李一凡", 2: "王二妮", 3: "张三丰", 4: "赵四海"}


def add_programme(db: Engine, slug: str = "p1-principals") -> int:
    """Learners 1 and 2 (city), 3 and 4 (town); 4 enters on March 10. Activities urn:a (required) and urn:x (extension);
    assignments 1 (assignments) and 2 (research)."""
    rows: list[tuple[Any, list[dict[str, Any]]]] = [
        (t.organisation, [{"id": 1, "name": "示例市教育局", "kind": "bureau"}]),
        (
            t.organisation,
            [
                {"id": n, "name": f"第{n}中学", "kind": "school", "school_kind": kind, "parent_id": 1}
                for n, kind in ((2, "city"), (3, "town"))
            ],
        ),
        (
            t.programme,
            [
                {
                    "id": 1,
                    "slug": slug,
                    "name": "校长培训",
                    "policy": "p1-principals",
                    "starts_on": STARTS_ON,
                    "ends_on": ENDS_ON,
                    "organisation_id": 1,
                }
            ],
        ),
        (t.cohort, [{"id": 1, "programme_id": 1, "name": "一班"}]),
        (t.learner, [{"id": n, "name": name, "actor": "{}", "created_at": START} for n, name in NAMES.items()]),
        (t.identity, [{"ifi": f"mbox:mailto:p{n}@example.org", "learner_id": n} for n in NAMES]),
        (
            t.enrolment,
            [
                {
                    "programme_id": 1,
                    "cohort_id": 1,
                    "learner_id": n,
                    "organisation_id": 2 if n < 3 else 3,
                    "enrolled_on": STARTS_ON if n < 4 else date(2026, 3, 10),
                }
                for n in NAMES
            ],
        ),
        (
            t.course,
            [
                {"id": n, "programme_id": 1, "title": title, "kind": kind, "position": n}
                for n, title, kind in ((1, "学校管理", "required"), (2, "书法", "extension"))
            ],
        ),
        (
            t.activity,
            [
                {"iri": iri, "course_id": n, "title": iri, "kind": "video", "position": 1}
                for iri, n in (("urn:a", 1), ("urn:x", 2))
            ],
        ),
        (
            t.assignment,
            [
                {"id": 1, "programme_id": 1, "component": "assignments", "title": "作业一"},
                {"id": 2, "programme_id": 1, "component": "research", "title": "研修报告"},
            ],
        ),
    ]
    with writing(db) as tx:
        for table, values in rows:
            tx.execute(insert(table), values)
    return 1


def add_study(
    db: Engine,
    learner_id: int,
    day: date,
    credited: float,
    *,
    activity: str = "urn:a",
    held: float = 0,
    **reasons: float,
) -> None:
    """A ledger entry; amounts are class hours."""
    us = {reason: round(hours * HOUR_US) for reason, hours in reasons.items()}
    credited_us, held_us = round(credited * HOUR_US), round(held * HOUR_US)
    with writing(db) as tx:
        tx.execute(
            insert(t.ledger).values(
                learner_id=learner_id,
                activity=activity,
                session=f"s-{day}-{activity}",
                registration="",
                date=day,
                raw_us=credited_us + held_us + sum(us.values()),
                credited_us=credited_us,
                held_us=held_us,
                discounted=str(us).replace("'", '"'),
                intervals="[]",
                evidence="declared",
                policy="p1",
                engine="1",
                posted_at=START,
            )
        )


def add_mark(db: Engine, learner_id: int, assignment_id: int, mark: str, at: datetime) -> None:
    """A mark in force from `at`."""
    with writing(db) as tx:
        tx.execute(
            insert(t.mark).values(assignment_id=assignment_id, learner_id=learner_id, mark=Decimal(mark), marked_at=at)
        )


def add_term(db: Engine) -> int:
    """The programme with study and marks of February and March 2026; figures are worked out in the tests."""
    programme_id = add_programme(db)
    add_study(db, 1, date(2026, 2, 20), 6)
    add_study(db, 1, date(2026, 3, 3), 3, hidden=0.5, gap=0.25)
    add_study(db, 1, date(2026, 3, 4), 2, activity="urn:x")
    add_study(db, 2, date(2026, 3, 2), 1, held=1)
    add_study(db, 3, date(2026, 2, 25), 2)
    add_study(db, 1, date(2026, 3, 16), 4)  # after the half month
    add_study(db, 1, date(2026, 1, 20), 9)  # before the programme
    add_study(db, 2, date(2026, 3, 5), 7, activity="urn:elsewhere")
    add_mark(db, 3, 1, "90", datetime(2026, 3, 10, 4, tzinfo=UTC))
    add_mark(db, 2, 2, "80", datetime(2026, 3, 15, 17, tzinfo=UTC))  # March 16 in Shanghai
    return programme_id
