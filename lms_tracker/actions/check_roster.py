"""The first stage of a roster: does it fit what is known? Nothing is written here."""

from typing import Any

from sqlalchemy import Row

from lms_tracker.actions.roster_state import Under
from lms_tracker.core.roster import RosterRow
from lms_tracker.store import roster as store


def check_accounts(u: Under) -> None:
    """A login of somebody of another name is a fault, and its row is left alone from there on."""
    u.known = store.accounts_by_login(u.tx, {row.login for row in u.rows})
    mine = []
    for row in u.rows:
        account = u.known.get(row.login)
        if account is None or account.name == row.name:
            mine.append(row)
        else:
            u.sheet.fault(
                row.row,
                "login",
                f"{row.login!r} is the login of another person, {account.name}",
                f"登录名 {row.login} 已属于另一个人：{account.name}",
            )
    u.rows = mine
    _compare_mails(u)


def _compare_mails(u: Under) -> None:
    """Addresses go to accounts that have none, or one from a roster before; what a person chose stays."""
    first: dict[str, int] = {}
    for row in u.rows:
        if not row.mail:
            continue
        before = first.setdefault(row.mail.casefold(), row.row)
        if before != row.row:
            u.warn(row, "mail", f"the same address stands in row {before}", f"与第 {before} 行的邮箱相同")
        account = u.known.get(row.login)
        if account is None or account.mail == row.mail:
            continue
        if account.mail_chosen:
            said = "this person chose another address, or none: it stays as it is"
            u.warn(row, "mail", said, "本人已另选邮箱，或选择不收邮件：保持不变")
        else:
            u.mails[account.id] = row.mail
            u.changed(row, "mail", account.mail, row.mail)


def check_schools(u: Under) -> None:
    """Schools that are known must fit what the rows say; those that are not are to be made."""
    wanted = {row.school for row in u.students} | {row.district for row in u.students if row.district}
    known = store.organisations_by_name(u.tx, wanted)
    for row in u.students:
        if not _check_district(u, row, known.get(row.district)):
            continue
        parent = known[row.district].id if row.district else None
        school = known.get(row.school)
        if school is None:
            values = {"name": row.school, "kind": "school", "school_kind": row.school_kind, "parent_id": parent}
            if u.new_schools.setdefault(row.school, values) != values:
                u.sheet.fault(
                    row.row,
                    "district",
                    f"another row puts {row.school} elsewhere",
                    f"另一行把 {row.school} 放在别处",
                )
        elif _check_school(u, row, school, parent):
            u.schools[row.school] = school.id


def _check_district(u: Under, row: RosterRow, found: Row[Any] | None) -> bool:
    if not row.district or (found is not None and found.kind != "school"):
        return True
    u.sheet.fault(
        row.row,
        "district",
        f"no district or centre is called {row.district!r}: enter it first",
        f"没有名为“{row.district}”的区县或中心，请先建立",
    )
    return False


def _check_school(u: Under, row: RosterRow, school: Row[Any], parent: int | None) -> bool:
    said = None
    if school.kind != "school":
        said = "school", f"{row.school} is a {school.kind}, not a school", f"{row.school} 不是学校"
    elif school.closed_at is not None:
        said = "school", f"{row.school} is closed", f"{row.school} 已停用"
    elif school.school_kind != row.school_kind:
        was = {"city": "城市直属", "town": "乡镇"}.get(school.school_kind, "—")
        said = (
            "school_kind",
            f"{row.school} is known as a {school.school_kind} school",
            f"{row.school} 已登记为{was}学校",
        )
    elif parent is not None and school.parent_id != parent:
        said = (
            "district",
            f"{row.school} is known to stand elsewhere: move it on its page",
            f"{row.school} 已登记在别处，请在机构页面上移动它",
        )
    if said is not None:
        u.sheet.fault(row.row, *said)
    return said is None


def point_out_namesakes(u: Under) -> None:
    """Two of one name may be one person twice: in the file, or known from another school."""
    there = store.namesakes(u.tx, {row.name for row in u.students})
    first: dict[str, RosterRow] = {}
    for row in u.students:
        before = first.setdefault(row.name, row)
        if before is not row:
            u.warn(row, "name", f"the same name stands in row {before.row}", f"与第 {before.row} 行同名")
        mine = u.learner_ids.get(row.login)
        for other in there.get(row.name, ()):
            if other.learner_id != mine and row.login not in u.known:
                place = other.school or "—"
                u.warn(row, "name", f"somebody of this name is known from {place}", f"已有同名学员，学校：{place}")
