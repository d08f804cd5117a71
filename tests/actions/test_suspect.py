"""Suspicion on real databases: what looks automated is held with its reasons; what a person decided stays."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete

from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.actions.suspect import _kept, load_model, look, look_where_nobody_does, suspect, windows
from lms_tracker.core.study.decisions import Window, windows_of
from lms_tracker.store.db import reading, writing
from lms_tracker.store.decisions import LAPSED, Made, decision_rows, decode_signals, record_decision
from lms_tracker.store.evidence import learners_with_statements
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.tables import job_run, ledger
from tests.bench.idle.cheats import ALONE, cheat
from tests.bench.idle.groups import farm
from tests.bench.idle.people import HONEST, draw_habit
from tests.bench.idle.player import Learner, lines
from tests.bench.idle.population import learner

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def somebody(family: str, days: int = 6, seed: int = 5) -> Learner:
    who = learner(family, family in HONEST, 1, seed)
    if family in HONEST:
        HONEST[family](who, draw_habit(random.Random(seed)), days)
    else:
        cheat(ALONE[family], who, draw_habit(random.Random(seed)), days)
    return who


def send(db: Engine, who: Learner, now: datetime = NOW) -> int:
    """The learner's id, after settling."""
    raw = lines(who)
    with reading(db) as tx:
        before = set(learners_with_statements(tx))
    ingest(db, raw, credential=None, evidence="declared", now=now, received=False)
    settle_all(db, lambda: now)
    with reading(db) as tx:
        return (set(learners_with_statements(tx)) - before).pop()


def totals(db: Engine, learner_id: int) -> tuple[int, int]:
    settle_all(db, lambda: NOW)
    with reading(db) as tx:
        entries = list(entries_in_force(tx, [learner_id]))
    return sum(entry.credited_us for entry in entries), sum(entry.held_us for entry in entries)


def test_a_mouse_jiggler_is_held_and_told_why_in_both_languages(any_db: Engine) -> None:
    db = any_db
    cheating = send(db, somebody("U1 mouse jiggler"))
    credited, _ = totals(db, cheating)
    assert credited > 0
    assert suspect(db, NOW) == 1
    after, held = totals(db, cheating)
    assert held > 0 and after + held == credited
    with reading(db) as tx:
        rows = list(decision_rows(tx, cheating))
    assert {row.kind for row in rows} == {"hold"}
    signal = decode_signals(rows[0].signals)[0]
    assert signal.key == "even_inputs" and "操作次数几乎一样" in signal.zh and "nearly equal" in signal.en
    assert rows[0].model == load_model().id


def test_a_farm_is_held_together_and_the_bystander_is_not(any_db: Engine) -> None:
    members = [learner("12 farm", False, number, 7) for number in range(4)]
    farm(members, random.Random(7), 5)
    ids = [send(any_db, who) for who in members]
    honest = send(any_db, somebody("ordinary"))
    assert {who.device for who in members} == {members[0].device}
    assert suspect(any_db, NOW) == 4
    assert all(totals(any_db, id)[1] > 0 for id in ids) and totals(any_db, honest)[1] == 0


def test_who_did_nothing_since_is_compared_with_and_not_read_again(db: Engine) -> None:
    members = [learner("12 farm", False, number, 7) for number in range(4)]
    farm(members, random.Random(7), 5)
    early, late = members[:-1], members[-1]
    for who in early:
        send(db, who)
    suspect(db, NOW)
    settle_all(db, lambda: NOW)  # holds are posted
    suspect(db, NOW)
    before = {learner_id: one.sketches for learner_id, one in _kept[db].items()}
    last = send(db, late, NOW + timedelta(hours=5))
    assert suspect(db, NOW + timedelta(hours=5)) == 1
    assert totals(db, last)[1] > 0
    assert all(_kept[db][learner_id].sketches is sketches for learner_id, sketches in before.items())


def test_sketches_of_somebody_whose_entries_are_gone_are_not_kept(db: Engine) -> None:
    gone = send(db, somebody("ordinary"))
    suspect(db, NOW)
    with db.begin() as tx:
        tx.execute(ledger.delete().where(ledger.c.learner_id == gone))
    send(db, somebody("very regular"))
    suspect(db, NOW)
    assert gone not in _kept[db] and len(_kept[db]) == 1


def test_what_was_released_is_not_held_again(db: Engine) -> None:
    cheating = send(db, somebody("U1 mouse jiggler"))
    before = totals(db, cheating)
    suspect(db, NOW)
    with writing(db) as tx:
        for row in list(decision_rows(tx, cheating)):
            window = Window(row.activity, row.session, row.registration, row.start_us, row.end_us)
            kept = Made(kind="release", window=window, reason=LAPSED, decided_by=None, decided_at=NOW, replaces=row.id)
            record_decision(tx, cheating, kept)
    assert totals(db, cheating) == before
    assert suspect(db, NOW) == 0
    assert totals(db, cheating) == before


def test_a_second_run_holds_nothing_more(db: Engine) -> None:
    cheating = send(db, somebody("U1 mouse jiggler"))
    suspect(db, NOW)
    before = totals(db, cheating)
    assert suspect(db, NOW) == 0
    assert totals(db, cheating) == before


@pytest.mark.parametrize("family", ["ordinary", "very regular", "screen reader", "keyboard only", "rewatches"])
def test_an_honest_person_is_left_alone(db: Engine, family: str) -> None:
    honest = send(db, somebody(family))
    assert suspect(db, NOW) == 0
    assert totals(db, honest)[1] == 0


def test_what_was_posted_long_ago_is_not_looked_at_again(db: Engine) -> None:
    send(db, somebody("U1 mouse jiggler"))
    assert suspect(db, NOW + timedelta(days=1)) == 0


def test_after_a_worker_was_down_it_looks_as_far_back_as_somebody_last_did(any_db: Engine) -> None:
    assert look(any_db, NOW) == 0
    send(any_db, somebody("U1 mouse jiggler"), NOW + timedelta(hours=1))
    assert look(any_db, NOW + timedelta(days=2)) == 1
    send(any_db, somebody("U1 mouse jiggler", seed=6), NOW + timedelta(hours=1))  # posted before the last look
    assert look(any_db, NOW + timedelta(days=2)) == 0


def test_a_worker_that_never_looked_leaves_old_time_alone_and_a_command_does_not(db: Engine) -> None:
    send(db, somebody("U1 mouse jiggler"))
    assert look(db, NOW + timedelta(days=1)) == 0
    assert look_where_nobody_does(db, NOW + timedelta(days=1)) == 0
    with writing(db) as tx:
        tx.execute(delete(job_run))
    assert look_where_nobody_does(db, NOW + timedelta(days=1)) == 1


def test_of_two_sessions_nothing_is_held(db: Engine) -> None:
    honest = send(db, somebody("U1 mouse jiggler", days=1))
    with reading(db) as tx:
        assert len({entry.session for entry in entries_in_force(tx, [honest])}) < 3
    assert suspect(db, NOW) == 0


def test_the_log_names_nobody(db: Engine, caplog: pytest.LogCaptureFixture) -> None:
    who = somebody("U1 mouse jiggler")
    send(db, who)
    with caplog.at_level("DEBUG", logger="lms_tracker"):
        suspect(db, NOW)
    assert who.name not in caplog.text and "of 1 something is held" in caplog.text


def test_windows_reach_from_the_last_session_back_to_the_first_change(db: Engine) -> None:
    from lms_tracker.core.study.suspicion.openings import Opening

    day = 86_400_000_000
    start = 20_500 * day
    opened = [Opening(("a", str(n), ""), [], "", [], None, start + n * day, start + n * day + 1, []) for n in range(40)]
    first = datetime(1970, 1, 1, tzinfo=UTC).date() + timedelta(days=20_500)
    spans = list(windows((first, first + timedelta(days=39)), opened, 14))
    assert spans[0][1] == opened[-1].start + 1
    assert all(any(a <= o.start < b for a, b in spans) for o in opened)
    assert all(b - a == 14 * day for a, b in spans)


def test_what_is_held_are_sessions_that_were_credited(db: Engine) -> None:
    cheating = send(db, somebody("U1 mouse jiggler"))
    with reading(db) as tx:
        before = {part.key for part in windows_of(entries_in_force(tx, [cheating]))}
    suspect(db, NOW)
    with reading(db) as tx:
        assert {(row.activity, row.session, row.registration) for row in decision_rows(tx, cheating)} <= before
