"""What an entry of the ledger was before: each reversal with its moment and its cause, in words."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from flask_babel import gettext as _
from msgspec import Struct
from sqlalchemy import Connection

from lms_tracker.core.study.entries import Entry
from lms_tracker.store.accounts import account_by_id
from lms_tracker.store.ledger import EntryKey, Reversed, reversed_between
from lms_tracker.web.formats import day

NEWER = "newer evidence"
MOST = 10
_NEXT = re.compile(r"; (?=hold \d|(?:released|rejected|granted)\b|policy |identities )")
_RULES = re.compile(r"policy (\S+) from (\S+)")
_DECIDED = re.compile(
    r"(released|rejected|granted)(?: \(\w+\))? by (?:account (\d+)|somebody|decision \d+)[^:]*: (.*)", re.DOTALL
)


class Reversal(Struct, frozen=True):
    """An entry as it was until `at`, and why it was reversed then."""

    at: datetime
    credited_us: int
    held_us: int
    why: str


def reversals_of(db: Connection, learner_id: int, entries: Collection[Entry]) -> Mapping[EntryKey, list[Reversal]]:
    """What these entries of a learner were before, the latest first, MOST of each. No changes to be told: that more evidence
    came on the very day, as it does every minute while somebody studies, and that other rules say the same of it all."""
    found: dict[EntryKey, list[Reversal]] = defaultdict(list)
    if not entries:
        return found
    dates = [entry.date for entry in entries]
    wanted = {entry.key for entry in entries}
    names: dict[int, str] = {}
    for row in reversed_between(db, learner_id, min(dates), max(dates)):
        if row.key in wanted and len(found[row.key]) < MOST and _is_told(row):
            why = _said(db, row.cause, names)
            found[row.key].append(Reversal(row.reversed_at, row.credited_us, row.held_us, why))
    return found


def _is_told(row: Reversed) -> bool:
    if row.cause == NEWER:
        return row.reversed_at.date() > row.key[-1] + timedelta(days=1)
    return not (row.same and row.cause is not None and all(map(_RULES.fullmatch, _NEXT.split(row.cause))))


def _said(db: Connection, cause: str | None, names: dict[int, str]) -> str:
    """A cause as the ledger keeps it (store.decisions.cause_of and its neighbours), for people."""
    if cause is None:
        return _("原因已随个人信息删除")
    return _("；").join(_one(db, part, names) for part in _NEXT.split(cause))


def _one(db: Connection, cause: str, names: dict[int, str]) -> str:
    if decided := _DECIDED.fullmatch(cause):
        done, by, words = decided.groups()
        if words == "nobody decided in time":
            return _("期限内无人决定，按规则处理")
        who = names.setdefault(int(by), _name(db, int(by))) if by else _("复核人")
        does = {
            "released": _("%(by)s决定恢复计入"),
            "rejected": _("%(by)s决定不计入"),
            "granted": _("%(by)s决定改为计入"),
        }
        return does[done] % {"by": who} + _("：%(words)s", words=words)
    if cause.startswith("hold "):
        return _("系统认为疑似自动操作，暂存待核")
    if policy := _RULES.fullmatch(cause):
        return _("自 %(day)s起改用新的计分规则重新计算（%(policy)s）", day=day(policy[2], "full"), policy=policy[1])
    if joined := re.fullmatch(r"identities (joined|split): (.*)", cause, re.DOTALL):
        what = _("账号合并") if joined[1] == "joined" else _("账号拆分")
        return what + _("：%(words)s", words=joined[2])
    return _("补来了新的学习记录") if cause == NEWER else cause


def _name(db: Connection, account_id: int) -> str:
    row = account_by_id(db, account_id)
    return row.name if row is not None else _("复核人")
