import json
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, func, select

from lms_tracker.actions.adoption_effects import moved_by_adoption
from lms_tracker.actions.create_programme import create_programme
from lms_tracker.actions.import_roster import import_people
from lms_tracker.actions.programme_policy import adopted
from lms_tracker.actions.stand import stand
from lms_tracker.core.roster import parse_roster
from lms_tracker.demo import load as module
from lms_tracker.demo.card import add_credit_cards
from lms_tracker.demo.cast import learners, roster_table
from lms_tracker.demo.load import DemoRefused, is_loaded, load_demo
from lms_tracker.demo.past import PEOPLE
from lms_tracker.store.accounts import account_by_login
from lms_tracker.store.db import reading
from lms_tracker.store.policies import adoptions_of
from lms_tracker.store.programmes import programme_by_slug
from lms_tracker.store.tables import account, appeal, bulletin, job_run, ledger, mark, statement

NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
TODAY = date(2026, 4, 20)


def load(db: Engine) -> None:
    load_demo(db, seed=1, today=TODAY, clock=lambda: NOW, say=lambda _: None)


def test_the_demo_loads_once_keeps_every_second_and_credits_the_honest(
    db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Interrupted after half of the evidence, it goes on where it was, as of the same day.
    whole = module._send
    monkeypatch.setattr(module, "_send", lambda db, sent, *rest: whole(db, sent[:5000], *rest) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        load(db)
    assert not is_loaded(db)
    monkeypatch.setattr(module, "_send", whole)
    load_demo(db, seed=7, today=date(2026, 4, 22), clock=lambda: NOW, say=lambda _: None)
    assert is_loaded(db)

    with reading(db) as tx:
        begun = tx.execute(select(job_run)).one()
        assert (begun.outcome, begun.due_at) == ("1", datetime(2026, 4, 19, 16, tzinfo=UTC))
        ids = {row.learner_id: row.login for row in tx.execute(select(account)) if row.learner_id}
        entries = tx.execute(select(ledger).where(ledger.c.reversed_at.is_(None))).all()
        periods = list(tx.scalars(select(bulletin.c.period).where(bulletin.c.superseded_at.is_(None))))
        assert periods == ["2026-03-H2", "2026-04-H1"]
        assert (tx.scalar(select(func.count()).select_from(mark)) or 0) > 60
        assert (tx.scalar(select(func.max(statement.c.stored))) or NOW) < begun.due_at

    _assert_other_rules_are_explained(db)
    raw: Counter[str] = Counter()
    credited: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {}
    kinds = {p.login: p.kind for p in learners()} | {login: "last year" for login, *_ in PEOPLE}
    for entry in entries:
        discounted = json.loads(entry.discounted)
        assert entry.raw_us == entry.credited_us + entry.held_us + sum(discounted.values())
        kind = kinds[ids[entry.learner_id]]
        raw[kind] += entry.raw_us
        credited[kind] += entry.credited_us
        reasons.setdefault(kind, Counter()).update(discounted)
    for honest in ("steady", "ahead", "behind", "note_taker", "night_owl", "two_devices", "wrong_clock"):
        assert credited[honest] >= 0.98 * raw[honest] > 0, honest
    expected = {
        "tab_left": {"unanswered", "hidden"},
        "keep_alive": {"hidden"},
        "packet_replay": {"idle"},
        "one_shot": {"rate"},
        "parallel": {"overlap"},
        "speed_up": {"rate"},
        "rewatcher": {"repeat"},
        "flaky": {"clock"},
    }
    held = {kinds[ids[entry.learner_id]] for entry in entries if entry.held_us}
    # two hours of two things at once within a fortnight are a hold, too: by the day on which the demo is loaded
    assert {"auto_clicker"} <= held <= {"auto_clicker", "parallel"}
    with reading(db) as tx:
        appeals = tx.execute(select(appeal.c.about, appeal.c.learner_id)).all()
    assert [(about, kinds[ids[learner_id]]) for about, learner_id in appeals] == [("clock", "flaky")]
    assert {kind for kind, usual in expected.items() if reasons[kind].most_common(1)[0][0] not in usual} == set()


def _assert_other_rules_are_explained(db: Engine) -> None:
    """Adopted once though the load was interrupted; both learners whom the list of accounts shows lost some time by it."""
    with reading(db) as tx:
        programme = programme_by_slug(tx, "p1-principals")
        assert programme is not None
        rows = adoptions_of(tx, programme.id)
        (first, one) = adopted(rows)
        shown = [account_by_login(tx, login) for login in ("p01", "p06")]
        ids = [row.learner_id for row in shown if row is not None]
        moved = moved_by_adoption(tx, one.row, one.policy, ids)
    assert (first.row.from_on, one.row.from_on) == (None, date(2026, 3, 23))
    assert [moved[id].entries > 0 and moved[id].after_us < moved[id].before_us for id in ids] == [True, True]


def test_a_programme_of_that_name_that_is_not_the_demo_is_left_alone(db: Engine) -> None:
    create_programme(db, "p1-principals", "真实的培训", "p1-principals", date(2026, 3, 1), date(2027, 2, 28), now=NOW)
    with pytest.raises(DemoRefused, match="already, and it is not the demo"):
        load(db)
    with reading(db) as tx:
        assert tx.scalar(select(func.count()).select_from(account)) == 0


def test_the_demo_has_annual_credit_cards(db: Engine) -> None:
    create_programme(db, "other", "其他", "p1-principals", TODAY, TODAY, "青禾市教育局", now=NOW)
    import_people(
        db, parse_roster(roster_table()), "other", home_page="https://a.b", now=NOW, new_password=lambda: "x" * 12
    )
    programme_id = add_credit_cards(db, TODAY, NOW)
    assert add_credit_cards(db, TODAY, NOW) == programme_id, "done again it changes nothing"
    last_year = stand(db, programme_id, NOW, date(2025, 12, 31))
    bases = [member.grade.base for member in last_year.members]
    # Attended four or more: 50. Exams of 84, 91, 77, 62 and 88 are half of it; a resit of 90 is 30, one of 58 nothing.
    assert [float(base) for base in bases] == [92, 80, 95.5, 38.5, 50, 81, 0, 94]
    now = stand(db, programme_id, NOW)
    by_hand = [member.grade.overrides for member in now.members]
    assert [len(one) for one in by_hand] == [0, 0, 0, 1, 0, 0, 0, 0]
