"""The second stage of a roster: what its rows say is written down. Whose evidence is whose is decided here, too, as the
rules of identities have their say when a learner is made; what does not fit is a fault, and the caller undoes it all.
"""

import secrets
from typing import Any

from sqlalchemy import Row

from lms_tracker.actions.create_account import SCOPES
from lms_tracker.actions.move_learner import earliest, note
from lms_tracker.actions.passwords import UNUSABLE
from lms_tracker.actions.roster_state import NewAccount, Under
from lms_tracker.core.identities import ROSTER
from lms_tracker.core.roster import RosterRow
from lms_tracker.core.xapi.actors import identify
from lms_tracker.store import roster as store
from lms_tracker.store.learners import add_identity, known_learners, learners_of
from lms_tracker.store.people import move_enrolment
from lms_tracker.store.settling import mark_unsettled

BY_ROSTER = "名单导入"
"""The reason that stands in the history of who was moved or came back by a roster."""

_ELSEWHERE = (
    (
        "{ifi} belongs to learner {owner}: leave it out, import, and join the two if they are one person"
        " (`lms-tracker identity join`)"
    ),
    "{ifi} 属于另一位学员（编号 {owner}）：请先去掉它再导入；如果是同一个人，再请系统管理员合并",
)


def write_accounts(u: Under) -> None:
    """New ones with their addresses; and addresses that become others."""
    new = [row for row in u.rows if row.login not in u.known]
    for row in new:
        password, _ = u.hashed.get(row.login, (None, UNUSABLE))
        u.result.accounts.append(NewAccount(row.login, row.name, password, row.school, row.cohort))
        u.changed(row, "account", None, row.login)
    u.account_ids = {login: account.id for login, account in u.known.items()}
    u.account_ids |= store.add_accounts(u.tx, [_account(u, row) for row in new])
    store.set_mails(u.tx, u.mails)


def _account(u: Under, row: RosterRow) -> dict[str, Any]:
    return {
        "login": row.login,
        "name": row.name,
        "password_hash": u.hashed.get(row.login, ("", UNUSABLE))[1],
        "session_token": secrets.token_urlsafe(24),
        "created_at": u.now,
        "mail": row.mail or None,
        "must_change": u.must_change and row.login in u.hashed,
    }


def write_schools(u: Under) -> None:
    """Those that nobody knew."""
    u.schools |= store.add_organisations(u.tx, list(u.new_schools.values()))


def write_learners(u: Under) -> None:
    """Whose evidence is whose. New learners are made together, and joined to their accounts."""
    actors = {row.login: row.actor or _made_up(u, row) for row in u.students}
    ifis = {login: identify(actor) or "" for login, actor in actors.items()}
    others = {ifi for row in u.students for actor in row.others if (ifi := identify(actor))}
    owners = known_learners(u.tx, {*ifis.values(), *others})
    loose = [row for row in u.students if _learner_of_account(u, row) is None]
    new = {ifis[row.login]: {**actors[row.login], "name": row.name} for row in loose if ifis[row.login] not in owners}
    owners |= learners_of(u.tx, new, u.now) if new else {}
    held = store.accounts_by_learner(u.tx, {owners[ifis[row.login]] for row in loose})
    joined, named = dict[int, int](), dict[int, str]()
    for row in u.students:
        own, owner = _learner_of_account(u, row), owners.get(ifis[row.login])
        if own is None:
            assert owner is not None
            if _is_somebody_elses(u, row, held.get(owner)):
                continue
            joined[u.account_ids[row.login]], named[owner] = owner, row.name
        elif row.actor and owner is None:
            _identify(u, row, own, ifis[row.login], owners)
        elif row.actor and owner != own:
            _elsewhere(u, row, "actor", ifis[row.login], owner)
            continue
        u.learner_ids[row.login] = own or owner or 0
        for actor in row.others:
            _other(u, row, identify(actor) or "", owners)
    store.join_accounts(u.tx, joined)
    store.name_learners(u.tx, named)


def _made_up(u: Under, row: RosterRow) -> dict[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": u.home_page, "name": row.login}}


def _learner_of_account(u: Under, row: RosterRow) -> int | None:
    account = u.known.get(row.login)
    learner_id: int | None = account.learner_id if account is not None else None
    return learner_id


def _is_somebody_elses(u: Under, row: RosterRow, other: Row[Any] | None) -> bool:
    if other is None or other.id == u.account_ids[row.login]:
        return False
    u.sheet.fault(
        row.row,
        "actor" if row.actor else "login",
        f"this identifier belongs to {other.name}, who logs in as {other.login!r}",
        f"这个标识属于 {other.name}（登录名 {other.login}）",
    )
    return True


def _other(u: Under, row: RosterRow, ifi: str, owners: dict[str, int]) -> None:
    owner, mine = owners.get(ifi), u.learner_ids[row.login]
    if owner is None:
        _identify(u, row, mine, ifi, owners)
    if owners[ifi] != mine:
        _elsewhere(u, row, "others", ifi, owners[ifi])


def _identify(u: Under, row: RosterRow, learner_id: int, ifi: str, owners: dict[str, int]) -> None:
    add_identity(u.tx, learner_id, ifi, ROSTER, u.now)
    owners |= known_learners(u.tx, [ifi])  # a mail address goes where its SHA-1 is
    u.changed(row, "identity", None, ifi)


def _elsewhere(u: Under, row: RosterRow, key: str, ifi: str, owner: int | None) -> None:
    u.sheet.fault(row.row, key, *(text.format(ifi=ifi, owner=owner) for text in _ELSEWHERE))


def write_classes(u: Under) -> None:
    """Those that the programme does not have."""
    known = store.cohorts_by_name(u.tx, u.programme_id)
    new = sorted({row.cohort for row in u.rows if row.cohort} - set(known))
    u.cohorts = known | store.add_cohorts(u.tx, u.programme_id, new)


def write_enrolments(u: Under) -> None:
    """New ones; whoever is elsewhere moves, whoever had left comes back."""
    known = store.enrolments_by_learner(u.tx, u.programme_id, u.learner_ids.values())
    new = []
    for row in u.students:
        learner_id, where = u.learner_ids[row.login], (u.cohorts[row.cohort], u.schools[row.school])
        there = known.get(learner_id)
        if there is None:
            values = {"cohort_id": where[0], "organisation_id": where[1], "enrolled_on": u.enrolled_on}
            new.append({"programme_id": u.programme_id, "learner_id": learner_id, **values})
            u.changed(row, "class", None, row.cohort)
        elif (there.cohort_id, there.organisation_id, there.left_on) != (*where, None):
            _move(u, row, there, where)
    store.add_enrolments(u.tx, new)
    # From now on under this programme's policy.
    mark_unsettled(u.tx, store.with_statements(u.tx, [row["learner_id"] for row in new]), u.now)


def _move(u: Under, row: RosterRow, there: Row[Any], where: tuple[int, int]) -> None:
    what = "moved" if there.left_on is None else "returned"
    if there.left_on is not None:
        u.changed(row, "back", str(there.left_on), row.cohort)
    if there.cohort_id != where[0]:
        u.changed(row, "class", there.cohort, row.cohort)
    if there.organisation_id != where[1]:
        u.changed(row, "school", there.school, row.school)
    on = max(u.today, earliest(u.tx, there))
    note(u.tx, there, what, on, *where, reason=BY_ROSTER, by=u.by, now=u.now)
    move_enrolment(u.tx, there.id, *where)


def write_roles(u: Under) -> None:
    """Each row its role in its scope; a monitor is one of the learners, too."""
    rows = store.roles_of_accounts(u.tx, u.account_ids.values())
    held = {
        (r.account_id, r.role, r.programme_id, r.cohort_id)
        for r in rows
        if all(end is None or end > u.now for end in (r.until_at, r.ended_at))
    }
    new = []
    for row in u.rows:
        for name in (row.role, "learner") if row.role == "monitor" else (row.role,):
            by_class = SCOPES[name] == "cohort_id"
            scope = (None, u.cohorts[row.cohort]) if by_class else (u.programme_id, None)
            key = (u.account_ids[row.login], name, *scope)
            if key not in held:
                held.add(key)
                new.append(dict(zip(("account_id", "role", "programme_id", "cohort_id"), key, strict=True)))
                u.changed(row, "role", None, name)
    event = {"reason": BY_ROSTER, "made_by": u.by, "made_at": u.now}
    store.add_roles(u.tx, new, event)
