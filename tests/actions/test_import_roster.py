from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from lms_tracker.actions.create_programme import ProgrammeError, create_programme
from lms_tracker.actions.import_roster import import_people
from lms_tracker.actions.mail import set_address
from lms_tracker.actions.passwords import UNUSABLE, password_matches
from lms_tracker.actions.roster_state import RosterResult
from lms_tracker.core.roster import parse_roster
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.store.accounts import account_by_login, roles_of
from lms_tracker.store.db import reading, writing
from lms_tracker.store.learners import learner_of
from lms_tracker.store.people import add_organisation, learner_with_identity
from lms_tracker.store.programmes import enrolments, programme_by_slug
from lms_tracker.store.tables import account, cohort, enrolment, identity, learner, organisation, role

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOME = "https://centre.example.org"
HEADER = ["姓名", "登录名", "学校", "学校类别", "班级", "角色", "标识"]
LIN = ["林知远", "p01", "青禾一中", "城市直属", "一班", "班长", ""]
ZHOU = ["周清岚", "p02", "柳溪小学", "乡镇", "一班", "", "zhou@example.org"]
TEACHER = ["程望舒", "t01", "", "", "一班", "班主任", ""]


@pytest.fixture
def programme(any_db: Engine) -> Engine:
    create_programme(
        any_db, "p1", "培训", "p1-principals", date(2026, 3, 1), date(2027, 2, 28), "青禾市教育局", now=NOW
    )
    return any_db


def bring(db: Engine, *rows: Sequence[str], **options: Any) -> RosterResult:
    return import_people(db, parse_roster([HEADER, *rows]), "p1", home_page=HOME, now=NOW, **options)


def told(db: Engine, *rows: Sequence[str]) -> list[str]:
    with pytest.raises(SheetFaults) as caught:
        bring(db, *rows)
    return [str(fault) for fault in caught.value.faults]


def counts(db: Engine) -> dict[str, int]:
    tables = (account, cohort, enrolment, identity, learner, organisation, role)
    with reading(db) as tx:
        return {t.name: tx.scalar(select(func.count()).select_from(t)) or 0 for t in tables}


def test_people_come_with_school_class_roles_and_the_identity_of_their_evidence(programme: Engine) -> None:
    result = bring(programme, LIN, ZHOU, TEACHER)
    assert (result.added, result.changed, result.unchanged) == (3, 0, 0)
    with reading(programme) as tx:
        row = programme_by_slug(tx, "p1")
        assert row is not None
        found = enrolments(tx, row.id)
        assert [(e.name, e.school, e.school_kind, e.cohort) for e in found] == [
            ("林知远", "青禾一中", "city", "一班"),
            ("周清岚", "柳溪小学", "town", "一班"),
        ]
        lin, teacher = account_by_login(tx, "p01"), account_by_login(tx, "t01")
        assert lin is not None and teacher is not None
        assert {r.role for r in roles_of(tx, lin.id, NOW)} == {"learner", "monitor"}
        assert [(r.role, r.cohort_id) for r in roles_of(tx, teacher.id, NOW)] == [("head_teacher", found[0].cohort_id)]
        assert learner_with_identity(tx, f"account:{HOME} p01") == lin.learner_id == found[0].learner_id
        assert learner_with_identity(tx, "mbox:mailto:zhou@example.org") == found[1].learner_id
        assert teacher.learner_id is None
        assert lin.password_hash == UNUSABLE


def test_importing_again_makes_no_doubles(programme: Engine) -> None:
    bring(programme, LIN, ZHOU, TEACHER)
    before = counts(programme)
    again = bring(programme, LIN, ZHOU, TEACHER)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 3)
    assert again.accounts == []
    assert counts(programme) == before


def test_a_later_roster_moves_people_and_adds_an_identifier(programme: Engine) -> None:
    bring(programme, LIN, ZHOU)
    moved = ["林知远", "p01", "梅岭中学", "乡镇", "二班", "", "lin@example.org"]
    assert bring(programme, moved).changed == 1
    with reading(programme) as tx:
        row = programme_by_slug(tx, "p1")
        assert row is not None
        lin = next(e for e in enrolments(tx, row.id) if e.name == "林知远")
        assert (lin.school, lin.school_kind, lin.cohort) == ("梅岭中学", "town", "二班")
        assert learner_with_identity(tx, "mbox:mailto:lin@example.org") == lin.learner_id
        assert learner_with_identity(tx, f"account:{HOME} p01") == lin.learner_id


def test_evidence_that_came_before_the_roster_finds_its_person(programme: Engine) -> None:
    with writing(programme) as tx:
        early = learner_of(tx, {"objectType": "Agent", "mbox": "mailto:zhou@example.org"}, NOW)
    bring(programme, ZHOU)
    with reading(programme) as tx:
        row = programme_by_slug(tx, "p1")
        assert row is not None
        assert [(e.learner_id, e.name) for e in enrolments(tx, row.id)] == [(early, "周清岚")]


def test_a_fault_against_what_is_there_names_the_cell_and_nothing_is_imported(programme: Engine) -> None:
    bring(programme, LIN, ZHOU)
    before = counts(programme)
    with writing(programme) as tx:
        tx.execute(identity.insert().values(ifi="mbox:mailto:taken@example.org", learner_id=1))
    assert told(
        programme,
        ["吴思衡", "p03", "石桥小学", "乡镇", "三班", "", ""],
        ["郑若澄", "p01", "石桥小学", "乡镇", "一班", "", ""],
        ["冯景歌", "p04", "青禾一中", "乡镇", "一班", "", ""],
        ["陈怀霖", "p05", "青禾市教育局", "城市直属", "一班", "", ""],
        ["褚远溪", "p06", "石桥小学", "乡镇", "一班", "", "zhou@example.org"],
        ["周清岚", "p02", "柳溪小学", "乡镇", "一班", "", "taken@example.org"],
    ) == [
        "row 3, column B 登录名: 'p01' is the login of another person, 林知远",
        "row 4, column D 学校类别: 青禾一中 is known as a city school",
        "row 5, column C 学校: 青禾市教育局 is a bureau, not a school",
        "row 6, column G 标识: this identifier belongs to 周清岚, who logs in as 'p02'",
        (
            "row 7, column G 标识: mbox:mailto:taken@example.org belongs to learner 1: leave it out, import, and join the"
            " two if they are one person (`lms-tracker identity join`)"
        ),
    ]
    assert counts(programme) == {**before, "identity": before["identity"] + 1}


def test_a_dry_run_finds_faults_and_keeps_nothing(programme: Engine) -> None:
    before = counts(programme)
    result = bring(programme, LIN, ZHOU, dry_run=True)
    assert (result.added, counts(programme)) == (2, before)


def test_new_accounts_get_the_passwords_that_are_made_for_them(programme: Engine) -> None:
    numbers = iter(range(10))
    result = bring(programme, LIN, ZHOU, new_password=lambda: f"secret-{next(numbers)}")
    with reading(programme) as tx:
        for made in result.accounts:
            row = account_by_login(tx, made.login)
            assert row is not None and made.password is not None
            assert password_matches(row.password_hash, made.password)
    assert len({made.password for made in result.accounts}) == 2


def test_a_programme_that_is_not_there_is_named(any_db: Engine) -> None:
    with pytest.raises(ProgrammeError, match="no programme has the slug 'p1'"):
        bring(any_db, LIN)


def test_a_school_may_be_known_before_its_people(programme: Engine) -> None:
    with writing(programme) as tx:
        school = add_organisation(tx, "青禾一中", "school", school_kind="city")
    bring(programme, LIN)
    with reading(programme) as tx:
        assert tx.scalar(select(enrolment.c.organisation_id)) == school


def mails(db: Engine) -> dict[str, tuple[str | None, bool]]:
    with reading(db) as tx:
        return {row.login: (row.mail, row.mail_chosen) for row in tx.execute(select(account))}


def test_an_address_comes_with_the_roster_until_the_person_chooses(programme: Engine) -> None:
    def with_mail(*addresses: str) -> RosterResult:
        rows = [[*row, address] for row, address in zip((LIN, ZHOU, TEACHER), addresses, strict=True)]
        return import_people(programme, parse_roster([[*HEADER, "邮箱"], *rows]), "p1", home_page=HOME, now=NOW)

    assert with_mail("lin@example.org", "", "t@example.org").added == 3
    assert mails(programme) == {
        "p01": ("lin@example.org", False),
        "p02": (None, False),
        "t01": ("t@example.org", False),
    }
    corrected = with_mail("lin@example.org", "zhou@example.org", "teacher@example.org")
    assert [(line.login, [c.after for c in line.changes]) for line in corrected.lines] == [
        ("p01", []),
        ("p02", ["zhou@example.org"]),
        ("t01", ["teacher@example.org"]),
    ]
    assert with_mail("lin@example.org", "zhou@example.org", "teacher@example.org").unchanged == 3
    with reading(programme) as tx:
        lin, teacher = (account_by_login(tx, login) for login in ("p01", "t01"))
    assert lin is not None and teacher is not None
    set_address(programme, lin.id, "lin@home.example")
    set_address(programme, teacher.id, "")
    kept = with_mail("lin@example.org", "", "teacher@example.org")
    assert kept.unchanged == 3 and [fault.row for fault in kept.warnings] == [2, 4], "and the preview says so"
    assert mails(programme) == {
        "p01": ("lin@home.example", True),
        "p02": ("zhou@example.org", False),
        "t01": (None, True),
    }


def test_what_is_no_address_is_named_at_its_cell_and_one_of_two_people_is_pointed_out(programme: Engine) -> None:
    header = [*HEADER, "Email"]
    with pytest.raises(SheetFaults) as caught:
        parse_roster([header, [*LIN, "lin@example"], [*ZHOU, "110101199003070012@example.org"]])
    assert [(fault.cell, "identity" in fault.message) for fault in caught.value.faults] == [("H2", False), ("H3", True)]
    roster = parse_roster([header, [*LIN, "office@example.org"], [*ZHOU, "Office@example.org"]])
    result = import_people(programme, roster, "p1", home_page=HOME, now=NOW, dry_run=True)
    assert [fault.cell for fault in result.warnings] == ["H3"]
