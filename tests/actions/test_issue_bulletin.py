"""Bulletins: figures worked by hand, the same bytes again, supersession, races, and issuing by itself."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import Engine, insert, select, update

from lms_tracker.actions.issue_bulletin import BulletinRefused, issue_bulletin, issue_due_bulletins
from lms_tracker.core.sealed import opened
from lms_tracker.store import tables as t
from lms_tracker.store.bulletins import bulletin, bulletins_of
from lms_tracker.store.db import reading, writing
from tests.programme import NAMES, add_programme, add_study, add_term

END = datetime(2026, 3, 15, 16, tzinfo=UTC)  # March 15 ends in Shanghai
DUE = END + timedelta(minutes=15)
LATER = datetime(2026, 3, 20, tzinfo=UTC)


def test_the_figures_of_a_half_month_are_those_worked_by_hand(any_db: Engine) -> None:
    programme_id = add_term(any_db)
    content = opened(issue_bulletin(any_db, programme_id, "2026-03-H1", as_of=DUE, now=LATER).content)
    whole = content["all"]
    # Learners 1 and 2 have credited study in the period. Those two progressed, and 3, by a mark; 4 did nothing.
    assert [whole[key] for key in ("enrolled", "studied", "progressed", "passed")] == [4, 2, 3, 0]
    # March 15 is day 43 of 365: 7.07 class hours are expected, 4.24 are 60 % of them. 2 (1 h) and 3 (2 h) are behind;
    # 3 last studied on February 25, 18 days ago; 4 entered 5 days ago and is left in peace.
    assert [whole[key] for key in ("need_contact", "behind", "quiet")] == [2, 2, 1]
    assert whole["hours"] == {
        "claimed_s": Decimal("20925.000000"),  # 3.75 + 2 + 2 class hours of 2700 s; not the one elsewhere
        "credited_s": Decimal("16200.000000"),
        "held_s": Decimal("2700.000000"),
        "discounted_s": {"gap": Decimal("675.000000"), "hidden": Decimal("1350.000000")},
    }
    coursework, assignments, research = whole["components"]
    # Class hours that count: 9, 1, 2, 0 (extension courses never do): mean 3; score 5; points 6, 0.7, 1.3, 0: mean 2.
    assert [coursework[key] for key in ("have_mean", "score_mean", "points_mean")] == [3, 5, 2]
    assert assignments["score_mean"] == Decimal("3.8")  # 90 of 600 is 15 %, for one of four
    assert research["score_mean"] == 0, "a mark given on March 16 belongs to the next bulletin"
    assert whole["final_mean"] == Decimal("3.1")  # 6.0, 0.7, 1.3 + 4.5, 0: 12.5 / 4 = 3.125
    assert content["expected_pct"] == Decimal("11.8") and content["period_expected_hours"] == Decimal("2.5")
    city, town = content["by_school_kind"]
    assert (city["kind"], city["enrolled"], city["studied"], city["need_contact"]) == ("city", 2, 2, 1)
    assert (town["kind"], town["enrolled"], town["studied"], town["progressed"]) == ("town", 2, 0, 1)
    assert content["changes"] is None


def test_claimed_time_is_all_accounted_for(db: Engine) -> None:
    programme_id = add_term(db)
    content = opened(
        issue_bulletin(db, programme_id, "2026-03", as_of=None, now=datetime(2026, 5, 1, tzinfo=UTC)).content
    )
    for group in (content["all"], *content["by_school_kind"]):
        hours = group["hours"]
        parts = hours["credited_s"] + hours["held_s"] + sum(hours["discounted_s"].values())
        assert hours["claimed_s"] == parts


def test_a_bulletin_says_its_cut_off_policy_and_engine(db: Engine) -> None:
    programme_id = add_term(db)
    issued = issue_bulletin(db, programme_id, "2026-03-H1", as_of=DUE, now=LATER)
    content = opened(issued.content)
    assert (content["as_of"], content["version"], content["timezone"]) == ("2026-03-15T16:15:00Z", 1, "Asia/Shanghai")
    assert content["policy"].startswith("p1-principals@") and content["engine"]


def test_a_bulletin_of_a_single_class_names_who_made_progress_and_nobody_else(db: Engine) -> None:
    programme_id = add_term(db)
    issued = issue_bulletin(db, programme_id, "2026-03-H1", as_of=DUE, now=LATER)
    content = opened(issued.content)
    school = {1: "第2中学", 2: "第2中学", 3: "第3中学"}
    # 3 by a mark: 2 of 60 hours are 1.33 points, 90 of 600 another 4.5; 1 by 3 hours on top of 6, with 2 more in an
    # extension course; 2 by one hour
    assert [tuple(person.values()) for person in content["made_progress"]] == [
        (Decimal("0.000000"), Decimal("5.8"), Decimal("1.3"), NAMES[3], school[3]),
        (Decimal("13500.000000"), Decimal("6.0"), Decimal("4.0"), NAMES[1], school[1]),
        (Decimal("2700.000000"), Decimal("0.7"), Decimal("0.0"), NAMES[2], school[2]),
    ]
    assert NAMES[4] not in issued.content.decode()


def test_a_bulletin_that_more_than_one_class_reads_names_nobody(db: Engine) -> None:
    programme_id = add_term(db)
    with writing(db) as tx:
        tx.execute(insert(t.cohort).values(id=2, programme_id=programme_id, name="二班"))
        tx.execute(update(t.enrolment).where(t.enrolment.c.learner_id == 2).values(cohort_id=2))
    issued = issue_bulletin(db, programme_id, "2026-03-H1", as_of=DUE, now=LATER)
    assert "made_progress" not in opened(issued.content)
    assert not any(name in issued.content.decode() for name in NAMES.values())


def test_issuing_again_gives_the_same_bytes_whatever_came_in_since(any_db: Engine) -> None:
    programme_id = add_term(any_db)
    first = issue_bulletin(any_db, programme_id, "2026-03-H1", now=LATER)
    add_study(any_db, 4, date(2026, 3, 12), 5)
    again = issue_bulletin(any_db, programme_id, "2026-03-H1", now=LATER + timedelta(days=1))
    same = issue_bulletin(any_db, programme_id, "2026-03-H1", as_of=LATER, now=LATER + timedelta(days=1))
    assert first.new and not again.new and not same.new
    assert first.content == again.content == same.content


def test_another_cut_off_supersedes_and_keeps_the_old(any_db: Engine) -> None:
    programme_id = add_term(any_db)
    old = issue_bulletin(any_db, programme_id, "2026-03-H1", as_of=DUE, now=LATER)
    add_study(any_db, 4, date(2026, 3, 12), 5)
    new = issue_bulletin(any_db, programme_id, "2026-03-H1", as_of=LATER, now=LATER)
    assert (old.version, new.version, new.new) == (1, 2, True)
    assert opened(new.content)["all"]["studied"] == opened(old.content)["all"]["studied"] + 1
    with reading(any_db) as tx:
        rows = bulletins_of(tx, [programme_id])
        kept = bulletin(tx, old.id)
    assert [(row.version, row.superseded_at is None) for row in rows] == [(2, True), (1, False)]
    assert kept is not None and kept.content.encode() == old.content
    assert issue_bulletin(any_db, programme_id, "2026-03-H1", now=LATER).content == new.content
    assert issue_bulletin(any_db, programme_id, "2026-03-H1", as_of=DUE, now=LATER).content == old.content


def test_changes_are_told_since_the_bulletin_before(db: Engine) -> None:
    programme_id = add_term(db)
    issue_bulletin(db, programme_id, "2026-02-H2", now=LATER)
    issue_bulletin(db, programme_id, "2026-02", now=LATER)
    changes = opened(issue_bulletin(db, programme_id, "2026-03-H1", now=LATER).content)["changes"]
    assert changes["since"] == {"period": "2026-02-H2", "version": 1}
    assert (changes["enrolled"], changes["studied"], changes["same_policy"]) == (1, 0, True)
    assert changes["credited_s"] == Decimal("-5400.000000")  # 8 class hours, then 6


def test_whoever_races_there_is_one_bulletin(any_db: Engine) -> None:
    programme_id, racers = add_term(any_db), 6
    start = Barrier(racers)

    def race(n: int) -> bytes:
        start.wait()
        return issue_bulletin(any_db, programme_id, "2026-03-H1", now=LATER + timedelta(seconds=n)).content

    with ThreadPoolExecutor(racers) as pool:
        contents = set(pool.map(race, range(racers)))
    assert len(contents) == 1
    with reading(any_db) as tx:
        assert [row.version for row in bulletins_of(tx, [programme_id])] == [1]


@pytest.mark.parametrize(
    ("period", "as_of", "message"),
    [
        ("2026-03-H2", None, r"2026-03-H2: the period has not ended at 2026-03-20 08:00:00 \(Asia/Shanghai\)"),
        ("2026-03-H1", END - timedelta(seconds=1), "the period has not ended at 2026-03-15 23:59:59"),
        ("2026-03-H1", LATER + timedelta(days=1), "lies in the future"),
        ("2026-01", None, "p1-principals runs from 2026-02-01 to 2027-01-31"),
    ],
)
def test_a_bulletin_that_cannot_be_is_refused(db: Engine, period: str, as_of: datetime | None, message: str) -> None:
    programme_id = add_programme(db)
    with pytest.raises(BulletinRefused, match=message):
        issue_bulletin(db, programme_id, period, as_of=as_of, now=LATER)
    with reading(db) as tx:
        assert bulletins_of(tx, [programme_id]) == []


def issued_by_itself(db: Engine, now: datetime) -> list[tuple[str, str]]:
    contents = [opened(issued.content) for issued in issue_due_bulletins(db, now)]
    return [(content["period"]["key"], content["as_of"]) for content in contents]


def test_on_the_16th_the_half_month_is_issued_by_itself_once(any_db: Engine) -> None:
    issue_bulletin(any_db, add_term(any_db), "2026-02", now=LATER)
    assert issued_by_itself(any_db, DUE - timedelta(seconds=1)) == []
    assert issued_by_itself(any_db, DUE) == [("2026-03-H1", "2026-03-15T16:15:00Z")]
    assert issued_by_itself(any_db, DUE + timedelta(hours=1)) == []


def test_on_the_1st_the_month_is_issued_too_also_when_the_server_was_down(db: Engine) -> None:
    add_term(db)
    due = datetime(2026, 3, 31, 16, 15, tzinfo=UTC)
    assert issued_by_itself(db, due + timedelta(days=3)) == [
        ("2026-03-H2", "2026-03-31T16:15:00Z"),
        ("2026-03", "2026-03-31T16:15:00Z"),
    ]


def test_of_a_programme_whose_people_have_not_come_in_yet_nothing_is_issued_by_itself(db: Engine) -> None:
    programme_id = add_term(db)
    with writing(db) as tx:
        tx.execute(update(t.enrolment).values(left_on=date(2026, 2, 1)))
    assert issued_by_itself(db, DUE) == []
    assert issue_bulletin(db, programme_id, "2026-03-H1", now=LATER).new  # who asks for it gets it


def test_before_and_long_after_a_programme_nothing_is_issued_by_itself(db: Engine) -> None:
    add_term(db)
    assert issued_by_itself(db, datetime(2026, 1, 31, tzinfo=UTC)) == []
    assert issued_by_itself(db, datetime(2027, 3, 1, tzinfo=UTC)) == []


def test_a_programme_with_a_broken_policy_does_not_silence_the_others(
    db: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    add_term(db)
    with writing(db) as tx:
        row = tx.execute(select(t.programme)).one()
        tx.execute(t.programme.insert().values({**row._mapping, "id": 2, "slug": "broken", "policy": "none"}))
        tx.execute(update(t.programme).where(t.programme.c.id == 2).values(starts_on=date(2026, 2, 2)))
    with caplog.at_level(logging.ERROR):
        assert [key for key, _ in issued_by_itself(db, DUE)] == ["2026-03-H1", "2026-02"]
    assert "programme broken not issued: config/programmes/none.toml: there is no such policy" in caplog.text
