"""People joined and split: everything follows the person, nothing is lost, and everything can be given back."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, func, insert, select, update

from lms_tracker.actions.achievements import post_achievement
from lms_tracker.actions.dismiss_namesakes import dismiss_namesakes
from lms_tracker.actions.identity_rules import apply_rules, drop_rule, find_same, make_rule
from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.join_learners import IdentityRefused, Joined, join_learners, what_stands_in_the_way
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.actions.split_learner import split_learner
from lms_tracker.core.grading.kinds import Achieved
from lms_tracker.core.instants import EPOCH
from lms_tracker.core.study.events import Event
from lms_tracker.core.xapi.actors import identify
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.find_learners import actors_of
from lms_tracker.store.identity_history import Moved, events, unposted_causes
from lms_tracker.store.ledger import entries_in_force
from lms_tracker.store.statements import delete_statements
from tests.actions.test_settle_study import a_fortnight
from tests.core.study.tape import Tape, real, statement
from tests.programme import add_mark, add_programme

NOW = datetime(2026, 3, 20, tzinfo=UTC)
HOME = "https://lms.example.edu"
ANN, BO = f"account:{HOME} ann", f"account:{HOME} bo"
MAIL = "mbox:mailto:ann@example.org"


def _say(db: Engine, *actors: dict[str, Any]) -> None:
    said = [{"actor": one, "verb": {"id": "https://a.b/played"}, "object": {"id": "https://a.b/c"}} for one in actors]
    ingest(db, said, credential=None, evidence="declared", now=NOW)


def _account(name: str, home: str = HOME) -> dict[str, Any]:
    return {"account": {"homePage": home, "name": name}}


def _study(db: Engine, events: list[Event], learner: str) -> None:
    said = [json.dumps(statement(real(event), learner)).encode() for event in events]
    stored = [EPOCH + timedelta(microseconds=event.stored) for event in events]
    ingest(db, said, credential=None, evidence="declared", now=NOW, received=True, stored=stored)


def _who(db: Engine, ifi: str) -> int:
    with reading(db) as tx:
        return int(tx.scalar(select(t.identity.c.learner_id).where(t.identity.c.ifi == ifi)))


def _ledger(db: Engine) -> dict[int, list[Any]]:
    settle_all(db, lambda: NOW)
    with reading(db) as tx:
        ids = list(tx.scalars(select(t.learner.c.id).order_by(t.learner.c.id)))
        return {id: list(entries_in_force(tx, [id])) for id in ids}


def _join(db: Engine, one: int, into: int, reason: str = "one person") -> Joined:
    return join_learners(db, one, into, reason=reason, made_by=None, now=NOW)


def _split(db: Engine, who: int, *ifis: str, new: bool = False) -> Any:
    return split_learner(db, who, ifis, reason="two people", made_by=None, now=NOW, new=new)


def _total(ledgers: dict[int, list[Any]], what: str) -> int:
    return sum(getattr(entry, what) for entries in ledgers.values() for entry in entries)


def test_study_time_follows_the_person_there_and_back(any_db: Engine) -> None:
    tape = a_fortnight()
    _study(any_db, tape[::2], "ann")
    _study(any_db, tape[1::2], "bo")
    ann, bo = _who(any_db, ANN), _who(any_db, BO)
    before = _ledger(any_db)
    done = _join(any_db, bo, ann)
    assert done.moved.statements == len(tape[1::2])
    after = _ledger(any_db)
    assert after[bo] == []
    for entry in after[ann]:
        assert entry.raw_us == entry.credited_us + entry.held_us + sum(entry.discounted.values())
    with reading(any_db) as tx:
        reversed_ = tx.execute(select(t.ledger.c.cause).where(t.ledger.c.reversed_at.is_not(None)).distinct()).all()
        assert [row.cause for row in reversed_] == ["identities joined: one person"]
        assert unposted_causes(tx, [ann, bo]) == {}
    assert _split(any_db, ann, BO).learner_id == bo
    again = _ledger(any_db)
    assert {k: [msgspec.structs.replace(e) for e in v] for k, v in again.items()} == before
    with reading(any_db) as tx:
        causes = set(tx.scalars(select(t.ledger.c.cause).where(t.ledger.c.reversed_at.is_not(None))))
    assert causes == {"identities joined: one person", "identities split: two people"}


def test_one_person_under_two_names_has_the_ledger_of_one_under_one(any_db: Engine, tmp_path: Any) -> None:
    tape = a_fortnight()
    _study(any_db, tape[::2], "ann")
    _study(any_db, tape[1::2], "bo")
    _study(any_db, [msgspec.structs.replace(e, id=f"other-{e.id}") for e in tape], "carl")
    carl, ann, bo = _who(any_db, f"account:{HOME} carl"), _who(any_db, ANN), _who(any_db, BO)
    _join(any_db, bo, ann)
    ledgers = _ledger(any_db)
    strip = [(e.key[1:], e.raw_us, e.credited_us, e.discounted) for e in ledgers[carl]]
    assert [(e.key[1:], e.raw_us, e.credited_us, e.discounted) for e in ledgers[ann]] == strip


def test_a_sha1_is_the_person_of_its_mail_address_whichever_came_first(any_db: Engine) -> None:
    from hashlib import sha1

    for n in range(4):
        mail, digest = f"mailto:p{n}@example.org", sha1(f"mailto:p{n}@example.org".encode()).hexdigest()
        both: list[dict[str, Any]] = [{"mbox": mail}, {"mbox_sha1sum": digest}]
        actors = both if n % 2 else both[::-1]
        if n < 2:
            for one in actors:
                _say(any_db, one)
        else:
            _say(any_db, *actors)
        assert _who(any_db, f"mbox:{mail}") == _who(any_db, f"sha1:{digest}")
    with reading(any_db) as tx:
        assert tx.scalar(select(func.count()).select_from(t.learner)) == 4


def test_a_rule_makes_new_actors_of_two_platforms_one_person_at_once(any_db: Engine) -> None:
    a, b = "https://a.example", "https://b.example"
    make_rule(any_db, "same-name", a, b, made_by=None, now=NOW)
    rule = make_rule(any_db, "mail-name", a, "school.example", made_by=None, now=NOW)
    _say(any_db, _account("li", a), _account("wang", b))
    _say(any_db, _account("li", b), {"mbox": "mailto:li@school.example"}, _account("wang", a), _account("zhao", b))
    li = _who(any_db, f"account:{a} li")
    assert _who(any_db, f"account:{b} li") == li == _who(any_db, "mbox:mailto:li@school.example")
    assert _who(any_db, f"account:{a} wang") == _who(any_db, f"account:{b} wang") != li
    with reading(any_db) as tx:
        assert tx.scalar(select(func.count()).select_from(t.learner)) == 3
        how = dict(tx.execute(select(t.identity.c.ifi, t.identity.c.how)).all())
    assert (how[f"account:{a} li"], how[f"account:{b} li"]) == ("seen", "rule")
    assert drop_rule(any_db, rule, now=NOW) and not drop_rule(any_db, rule, now=NOW)
    _say(any_db, {"mbox": "mailto:zhao@school.example"})
    assert _who(any_db, "mbox:mailto:zhao@school.example") != _who(any_db, f"account:{b} zhao")


def test_a_rule_made_later_joins_who_is_there_when_it_is_applied(any_db: Engine) -> None:
    homes = [f"https://{c}.example" for c in "abc"]
    _say(any_db, *[_account(name, home) for home in homes for name in ("li", "wang")])
    make_rule(any_db, "same-name", homes[0], homes[1], made_by=None, now=NOW)
    make_rule(any_db, "same-name", homes[2], homes[1], made_by=None, now=NOW)
    with pytest.raises(IdentityRefused, match="says so already"):
        make_rule(any_db, "same-name", homes[1], homes[0], made_by=None, now=NOW)
    assert len(find_same(any_db)) == 6
    assert len(apply_rules(any_db, made_by=None, now=NOW, dry_run=True).joined) == 4
    assert len({_who(any_db, f"account:{home} li") for home in homes}) == 3
    done = apply_rules(any_db, made_by=None, now=NOW)
    assert (len(done.joined), done.refused) == (4, [])
    for name in ("li", "wang"):
        assert len({_who(any_db, f"account:{home} {name}") for home in homes}) == 1
    assert apply_rules(any_db, made_by=None, now=NOW).joined == []
    with reading(any_db) as tx:
        history = events(tx)
    assert {row.rule_id for row, _ in history} <= {1, 2} and len(history) == 4
    assert all(row.reason.startswith(f"rule {row.rule_id}: same-name https://") for row, _ in history)


def test_everything_of_a_person_goes_along_and_comes_back(any_db: Engine) -> None:
    add_programme(any_db)
    _say(any_db, _account("ann"))
    stray, li = _who(any_db, ANN), 1
    add_mark(any_db, li, 1, "70", NOW - timedelta(days=2))
    with writing(any_db) as tx:
        tx.execute(
            insert(t.account).values(
                id=7, login="li", name="李", password_hash="x", session_token="x", learner_id=li, created_at=NOW
            )
        )
        tx.execute(update(t.mark).values(replaced_at=NOW))
    add_mark(any_db, li, 1, "80", NOW)

    def belongings(who: int) -> list[int]:
        with reading(any_db) as tx:
            tables = (t.account, t.enrolment, t.mark, t.identity)
            return [tx.scalar(select(func.count()).select_from(x).where(x.c.learner_id == who)) or 0 for x in tables]

    before = belongings(li), belongings(stray)
    assert before[0] == [1, 1, 2, 1]
    _join(any_db, li, stray)
    assert (belongings(li), belongings(stray)) == ([0, 0, 0, 0], [1, 1, 2, 2])
    with pytest.raises(IdentityRefused, match="joined into .* already"):
        _join(any_db, li, 2)
    with pytest.raises(IdentityRefused, match="one must stay"):
        _split(any_db, stray, ANN, "mbox:mailto:p1@example.org", new=True)
    done = _split(any_db, stray, "mbox:mailto:p1@example.org")
    assert done.learner_id == li
    assert (belongings(li), belongings(stray)) == before
    with reading(any_db) as tx:
        kinds = [(row.kind, row.from_learner, row.to_learner, row.reason) for row, _ in events(tx, li)]
        assert tx.scalar(select(t.learner.c.joined_into).where(t.learner.c.id == li)) is None
    assert kinds == [("split", stray, li, "two people"), ("join", li, stray, "one person")]


def test_what_would_collide_is_refused_whole_with_what_to_do(any_db: Engine) -> None:
    add_programme(any_db)
    add_mark(any_db, 1, 1, "70", NOW)
    add_mark(any_db, 2, 1, "80", NOW)
    with writing(any_db) as tx:
        for n in (1, 2):
            tx.execute(
                insert(t.account).values(
                    login=f"p{n}", name="x", password_hash="x", session_token="x", learner_id=n, created_at=NOW
                )
            )
    faults = what_stands_in_the_way(any_db, 1, 2)
    with pytest.raises(IdentityRefused) as refused:
        _join(any_db, 1, 2)
    assert list(map(str, refused.value.faults)) == list(map(str, faults)) and len(faults) == 3
    for remedy in ("account disable p1", "roster leave --learner 1 --programme p1-principals", "作业一, 70 and 80"):
        assert remedy in str(refused.value)
    assert _who(any_db, "mbox:mailto:p1@example.org") == 1
    with writing(any_db) as tx:
        tx.execute(update(t.account).where(t.account.c.learner_id == 1).values(disabled_at=NOW))
        tx.execute(update(t.enrolment).where(t.enrolment.c.learner_id == 1).values(left_on=date(2026, 3, 19)))
        tx.execute(update(t.mark).where(t.mark.c.learner_id == 1).values(mark=Decimal(80)))
    assert _join(any_db, 1, 2).moved == Moved(identities=["mbox:mailto:p1@example.org"])


def test_a_name_goes_along_where_there_was_none_and_comes_back(any_db: Engine) -> None:
    _say(any_db, _account("ann"))
    stray = _who(any_db, ANN)
    _say(any_db, {"mbox": "mailto:bo@school.example", "name": "王"})
    named = _who(any_db, "mbox:mailto:bo@school.example")
    _join(any_db, named, stray)

    def name(who: int) -> str | None:
        with reading(any_db) as tx:
            return tx.scalar(select(t.learner.c.name).where(t.learner.c.id == who))

    assert (name(stray), name(named)) == ("王", "王")
    _split(any_db, stray, "mbox:mailto:bo@school.example")
    assert (name(stray), name(named)) == (None, "王")


@pytest.mark.parametrize("how", ["split", "dismissed"])
def test_a_rule_joins_nobody_whom_somebody_found_to_be_two(any_db: Engine, how: str) -> None:
    a, b = "https://a.example", "https://b.example"
    _say(any_db, _account("li", a), _account("li", b), _account("wang", a), _account("wang", b))
    one, other = _who(any_db, f"account:{a} li"), _who(any_db, f"account:{b} li")
    if how == "split":
        _join(any_db, other, one)
        _split(any_db, one, f"account:{b} li")
    else:
        assert dismiss_namesakes(any_db, one, other, made_by=None, now=NOW)
    make_rule(any_db, "same-name", a, b, made_by=None, now=NOW)
    (wang,) = apply_rules(any_db, made_by=None, now=NOW).joined
    assert {wang.learner_id, wang.into}.isdisjoint({one, other})
    _join(any_db, other, one)
    if how == "split":
        _split(any_db, one, f"account:{b} li")
        assert apply_rules(any_db, made_by=None, now=NOW).joined == []
        restored = _join(any_db, other, one)
        assert restored.moved.identities == [f"account:{b} li"]


def test_a_rule_joins_into_who_is_enrolled_though_younger(any_db: Engine) -> None:
    _say(any_db, _account("p9"))
    stray = _who(any_db, f"account:{HOME} p9")
    with writing(any_db) as tx:
        roster = tx.scalar(insert(t.learner).values(actor="{}", created_at=NOW, name="李").returning(t.learner.c.id))
        tx.execute(insert(t.identity).values(ifi="mbox:mailto:p9@example.org", learner_id=roster))
        person = {"login": "p9", "name": "李", "password_hash": "x", "session_token": "x", "created_at": NOW}
        tx.execute(insert(t.account).values(person | {"learner_id": roster}))
    make_rule(any_db, "mail-name", HOME, "example.org", made_by=None, now=NOW)
    (same,) = apply_rules(any_db, made_by=None, now=NOW).joined
    assert (same.learner_id, same.into) == (stray, roster) and stray < roster


@pytest.mark.parametrize("reason", ["", " \n", "x" * 501])
def test_nothing_is_done_without_a_reason(any_db: Engine, reason: str) -> None:
    _say(any_db, _account("ann"), _account("bo"))
    with pytest.raises(IdentityRefused, match="reason"):
        _join(any_db, _who(any_db, BO), _who(any_db, ANN), reason)


def test_an_identity_that_was_never_joined_goes_to_a_learner_of_its_own(any_db: Engine) -> None:
    _say(any_db, {"mbox": "mailto:ann@example.org"}, _account("ann"))
    ann = _who(any_db, MAIL)
    _join(any_db, _who(any_db, ANN), ann)
    done = _split(any_db, ann, ANN, new=True)
    assert _who(any_db, ANN) == done.learner_id != ann
    _join(any_db, done.learner_id, ann)
    done = _split(any_db, ann, MAIL)
    assert len(done.moved.identities) == 2, "a mail address and its SHA-1 stay together"
    _say(any_db, {"mbox": "mailto:ann@example.org"}, _account("ann"))
    assert _who(any_db, ANN) == ann != _who(any_db, MAIL) == done.learner_id


def test_a_learner_is_never_called_by_an_identity_that_is_somebody_else_s(any_db: Engine) -> None:
    _say(any_db, _account("ann"), _account("bo"))
    ann, bo = _who(any_db, ANN), _who(any_db, BO)
    _join(any_db, bo, ann)
    gone = _split(any_db, ann, ANN).learner_id
    with reading(any_db) as tx:
        called = {id: identify(actor) for id, actor in actors_of(tx, [ann, gone]).items()}
    assert called == {ann: BO, gone: ANN}


def test_who_was_joined_in_turn_comes_back_in_turn(any_db: Engine) -> None:
    _say(any_db, *(_account(name) for name in ("a", "b", "c")))
    a, b, c = (_who(any_db, f"account:{HOME} {name}") for name in "abc")
    _join(any_db, a, b)
    _join(any_db, b, c)
    with reading(any_db) as tx:
        assert tx.execute(select(t.learner.c.joined_into).order_by(t.learner.c.id)).scalars().all() == [c, c, None]
    _split(any_db, c, f"account:{HOME} a", f"account:{HOME} b")
    assert [_who(any_db, f"account:{HOME} {name}") for name in "abc"] == [b, b, c]
    _split(any_db, b, f"account:{HOME} a")
    assert [_who(any_db, f"account:{HOME} {name}") for name in "abc"] == [a, b, c]
    with reading(any_db) as tx:
        assert set(tx.scalars(select(t.learner.c.joined_into))) == {None}


def test_entries_whose_evidence_is_gone_follow_the_person_too(any_db: Engine) -> None:
    _study(any_db, Tape("a").watch(600).events, "ann")
    _study(any_db, Tape("b", activity="https://lms.example.edu/video/2", start=5000).watch(900).events, "bo")
    ann, bo = _who(any_db, ANN), _who(any_db, BO)
    before = _ledger(any_db)
    with writing(any_db) as tx:
        tx.execute(update(t.ledger).where(t.ledger.c.learner_id == bo).values(frozen_at=NOW))
        delete_statements(tx, tx.scalars(select(t.statement.c.seq).where(t.statement.c.learner_id == bo)).all())
    _join(any_db, bo, ann)
    after = _ledger(any_db)
    assert after[bo] == [] and _total(after, "credited_us") == _total(before, "credited_us") > 0
    _split(any_db, ann, BO)
    assert _total({bo: _ledger(any_db)[bo]}, "credited_us") == _total({bo: before[bo]}, "credited_us")


def test_the_form_in_which_history_is_kept(any_db: Engine) -> None:
    """Stored: a change needs a migration."""
    moved = Moved(["mbox:mailto:a@b.org"], 3, [1], [2], [3], [4], [5], "李")
    kept = (
        b'{"identities":["mbox:mailto:a@b.org"],"statements":3,"accounts":[1],"enrolments":[2],"marks":[3],'
        b'"frozen":[4],"joined":[5],"name":"\xe6\x9d\x8e"}'
    )
    assert msgspec.json.encode(moved) == kept
    assert msgspec.json.decode(b"{}", type=Moved) == Moved()


def test_achievements_go_along_and_come_back_and_one_that_differs_is_named(any_db: Engine) -> None:
    add_programme(any_db)

    def achieved(learner: int, item: str, mark: str) -> int:
        given = Achieved(learner_id=learner, kind="exam", item=item, happened_on=NOW.date(), value=Decimal(mark))
        with writing(any_db) as tx:
            return post_achievement(tx, 1, given, recorded_by=None, now=NOW)[0]

    one, same, other = achieved(1, "英语", "70"), achieved(1, "数学", "80"), achieved(2, "数学", "81")
    with writing(any_db) as tx:
        tx.execute(update(t.enrolment).where(t.enrolment.c.learner_id == 1).values(left_on=NOW.date()))
    with pytest.raises(IdentityRefused, match=f"both have exam 数学 on record: .*, {same} or {other}"):
        join_learners(any_db, 1, 2, reason="one person", made_by=None, now=NOW)
    with writing(any_db) as tx:
        tx.execute(update(t.achievement).where(t.achievement.c.id == same).values(value=Decimal(81)))
    assert join_learners(any_db, 1, 2, reason="one person", made_by=None, now=NOW).moved.achievements == [one]
    split_learner(any_db, 2, ["mbox:mailto:p1@example.org"], reason="two people", made_by=None, now=NOW)
    with reading(any_db) as tx:
        owners = {row.id: row.learner_id for row in tx.execute(select(t.achievement))}
    assert owners == {one: 1, same: 1, other: 2}
