"""A policy is superseded from a date, never edited: what that does to ledgers, grades, and any instant of the past."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from lms_tracker.actions.adopt_policy import AdoptionRefused, adopt_policy
from lms_tracker.actions.compare_policies import compare_policies
from lms_tracker.actions.derive_ledgers import derive_ledger
from lms_tracker.actions.grade import grade_cohort
from lms_tracker.actions.issue_bulletin import issue_bulletin
from lms_tracker.actions.policies import load_policy
from lms_tracker.actions.programme_policy import InForce, policies_of
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.core.grading.compare import totals
from lms_tracker.core.sealed import opened
from lms_tracker.core.study.decisions import windows_of
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.events import Kind
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.store.db import reading, writing
from lms_tracker.store.decisions import Made, record_decision
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.policies import adoptions_of
from lms_tracker.store.tables import ledger
from tests.actions.test_settle_study import send
from tests.core.study.tape import Tape, us
from tests.policies import WRONG, install
from tests.programme import add_programme

NOW = datetime(2026, 3, 20, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    return install(monkeypatch, tmp_path / "installed")


@pytest.fixture
def programme(any_db: Engine, files: Path) -> int:
    """Learner 1 studied ten minutes on Monday and on Tuesday, each with half a minute out of sight."""
    id = add_programme(any_db)
    with any_db.begin() as tx:
        tx.exec_driver_sql("INSERT INTO identity (ifi, learner_id) VALUES ('account:https://lms.example.edu ann', 1)")
    for day in (0, 1):
        tape = Tape(f"s{day}", activity="urn:a", start=day * 86400.0).play(0, day * 600, inputs=1)
        tape.beats(0, 300, day * 600).add(Kind.UNFOCUSED, 300, day * 600 + 300)
        tape.add(Kind.FOCUSED, 330, day * 600 + 330, inputs=1).beats(330, 600, day * 600 + 330)
        send(any_db, tape.pause(600, day * 600 + 600, inputs=1).events)
    settle_all(any_db, lambda: NOW)
    return id


def standing(db: Engine) -> list[Entry]:
    with reading(db) as tx:
        entries = list(entries_in_force(tx, [1]))
        assert entries == derive_ledger(tx, 1)
    return entries


def credited(db: Engine) -> dict[date, tuple[str, int]]:
    return {entry.date: (entry.policy.split("@")[0], entry.credited_us) for entry in standing(db)}


def adopt(db: Engine, programme: int, name: str = "strict", day: date = TUESDAY, at: datetime = LATER) -> Any:
    done = adopt_policy(db, programme, name, day, "会议决定", now=at)
    settle_all(db, lambda: at)
    return done


OLD, BOTH = ("p1-principals", us(600)), {MONDAY: ("p1-principals", us(600)), TUESDAY: ("strict", us(570))}


def test_days_before_keep_their_entries_and_days_from_it_are_reversed_with_the_cause(
    any_db: Engine, programme: int
) -> None:
    assert credited(any_db) == {MONDAY: OLD, TUESDAY: OLD}
    done = adopt(any_db, programme)
    assert credited(any_db) == BOTH
    with reading(any_db) as tx:
        reversed = tx.execute(select(ledger.c.date, ledger.c.cause).where(ledger.c.reversed_at.is_not(None))).all()
    assert reversed == [(TUESDAY, f"policy {load_policy('strict').study.id} from 2026-03-03")]
    assert (done.effect.lose, done.effect.gain, done.effect.credited_us) == (1, 0, (us(1200), us(1170)))
    assert done.effect.discounted == {"hidden": (0, us(30))}


def test_adopting_the_old_policy_again_undoes_it_and_the_history_keeps_both(any_db: Engine, programme: int) -> None:
    before = standing(any_db)
    adopt(any_db, programme)
    adopt(any_db, programme, "p1-principals", at=LATER + timedelta(hours=1))
    assert standing(any_db) == before
    with reading(any_db) as tx:
        rows = adoptions_of(tx, programme)
    assert [(row.name, row.from_on) for row in rows] == [
        ("p1-principals", None),
        ("strict", TUESDAY),
        ("p1-principals", TUESDAY),
    ]


def test_the_past_stays_as_it_was_known(any_db: Engine, programme: int) -> None:
    (before,) = grade_cohort(any_db, programme, NOW + timedelta(minutes=1), [1])
    adopt(any_db, programme, "light")
    (again,) = grade_cohort(any_db, programme, NOW + timedelta(minutes=1), [1])
    (now,) = grade_cohort(any_db, programme, LATER, [1])
    assert again == before
    assert before.policy.startswith("p1-principals@") and now.policy.startswith("light@")
    assert now.final > before.final
    adopt(any_db, programme, "strict", at=LATER + timedelta(hours=1))
    (then,) = grade_cohort(any_db, programme, LATER, [1])
    assert then == now


def test_grades_follow_the_policy_of_the_day(any_db: Engine, programme: int) -> None:
    adopt(any_db, programme, "light", day=date(2026, 3, 21))
    today, tomorrow = (grade_cohort(any_db, programme, at, [1])[0] for at in (LATER, LATER + timedelta(days=1)))
    assert (today.policy.split("@")[0], tomorrow.policy.split("@")[0]) == ("p1-principals", "light")


def test_a_bulletin_is_made_under_the_policy_of_its_last_day(any_db: Engine, programme: int) -> None:
    adopt(any_db, programme, "light", day=date(2026, 3, 16))
    issued = issue_bulletin(any_db, programme, "2026-03-H1", as_of=LATER, now=LATER)
    assert opened(issued.content)["policy"].startswith("p1-principals@")


def test_new_weights_leave_the_ledger_alone(any_db: Engine, programme: int) -> None:
    adopt(any_db, programme, "light")
    assert credited(any_db) == {MONDAY: OLD, TUESDAY: OLD}
    with reading(any_db) as tx:
        assert tx.execute(select(ledger.c.id).where(ledger.c.reversed_at.is_not(None))).all() == []


def test_a_file_that_is_edited_changes_nothing_until_it_is_adopted(any_db: Engine, programme: int, files: Path) -> None:
    adopt(any_db, programme)
    strict = files / "strict.toml"
    strict.write_text(strict.read_text(encoding="utf-8").replace("hidden_s = 10", "hidden_s = 60"), encoding="utf-8")
    assert credited(any_db) == BOTH
    adopt(any_db, programme, at=LATER + timedelta(hours=1))
    assert credited(any_db)[TUESDAY][1] == us(600)


def test_what_people_decided_stands_under_the_new_policy(any_db: Engine, programme: int) -> None:
    window = next(one for one in windows_of(standing(any_db)) if one.session == "s1")
    with writing(any_db) as tx:
        record_decision(tx, 1, Made(kind="hold", window=window, reason="", decided_by=None, decided_at=NOW))
    settle_all(any_db, lambda: NOW)
    adopt(any_db, programme)
    tuesday = standing(any_db)[1]
    assert (tuesday.policy.split("@")[0], tuesday.held_us, tuesday.credited_us) == ("strict", us(570), 0)


def test_study_after_the_adoption_is_judged_by_the_policy_of_its_day(any_db: Engine, programme: int) -> None:
    adopt(any_db, programme)
    send(any_db, Tape("new", activity="urn:x", start=2 * 86400).watch(300).events)
    settle_all(any_db, lambda: LATER)
    assert credited(any_db)[date(2026, 3, 4)] == ("strict", us(300))


@pytest.mark.parametrize(("name", "message"), [(name, message) for name, (_, message) in WRONG.items()])
def test_a_policy_that_does_not_fit_the_programme_is_refused(
    any_db: Engine, programme: int, name: str, message: str
) -> None:
    with pytest.raises(AdoptionRefused, match=message):
        adopt_policy(any_db, programme, name, TUESDAY, "因为", now=LATER)
    with reading(any_db) as tx:
        assert adoptions_of(tx, programme) == []


def test_without_a_reason_after_the_end_twice_or_by_a_wrong_name_nothing_is_adopted(
    any_db: Engine, programme: int
) -> None:
    with pytest.raises(AdoptionRefused, match="a reason is needed"):
        adopt_policy(any_db, programme, "strict", TUESDAY, " ", now=LATER)
    with pytest.raises(AdoptionRefused, match="the programme ends on 2027-01-31"):
        adopt_policy(any_db, programme, "strict", date(2027, 2, 1), "因为", now=LATER)
    with pytest.raises(AdoptionRefused, match="it is in force then already"):
        adopt_policy(any_db, programme, "p1-principals", TUESDAY, "因为", now=LATER)
    with pytest.raises(PolicyErrors, match="there is no such policy"):
        adopt_policy(any_db, programme, "none", TUESDAY, "因为", now=LATER)
    assert credited(any_db) == {MONDAY: OLD, TUESDAY: OLD}


def test_a_comparison_says_who_would_gain_or_lose_what_and_touches_nothing(any_db: Engine, programme: int) -> None:
    before = standing(any_db)
    with reading(any_db) as tx:
        old = policies_of(tx, programme, "p1-principals")
    people = list(compare_policies(any_db, programme, old, [InForce(None, load_policy("strict"))], LATER))
    assert [one.learner_id for one in people] == [1, 2, 3, 4]
    assert (people[0].credited_us, people[0].discounted, people[0].direction) == (-us(60), {"hidden": us(60)}, "loses")
    assert people[1].direction == "same"
    assert people[0].final == Decimal("0.0")
    assert (totals(people).lose, totals(people).passed) == (1, (0, 0))
    assert standing(any_db) == before
