"""From which day on other rules judge a learner, what they say otherwise in plain words, and what that did to the learner's time."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, Row

from lms_tracker.actions.adoption_effects import moved_by_adoption
from lms_tracker.actions.programme_policy import policies_of
from lms_tracker.core.grading.compare import Change
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.grading.words import Words
from lms_tracker.store.moved import Moved
from lms_tracker.store.policies import adoptions_of
from lms_tracker.web.formats import number, seconds
from lms_tracker.web.i18n import locale
from lms_tracker.web.policies import Step, steps_of


class Said(Struct, frozen=True):
    """One provision in words, as it was and as it is; None: there was, or is, none."""

    what: str
    old: str | None
    new: str | None


class RuleChange(Struct, frozen=True):
    """An adoption that stands. `moved`: what it did to the learner's time; None: nothing was judged anew yet, or it is not for
    this reader. `more`: other provisions changed as well."""

    from_on: date
    adopted_at: datetime
    reason: str
    said: list[Said]
    more: bool
    moved: Moved | None = None


def rule_changes(db: Connection, programme: Row, learner_id: int, *, today: date, with_time: bool) -> list[RuleChange]:
    """The changes of rules in a programme that touch learners, the latest first."""
    found = []
    for step in told_steps(db, programme, today):
        moved = moved_by_adoption(db, step.row, step.policy, [learner_id]) if with_time else {}
        found.append(replace(in_words(step), moved=moved.get(learner_id)))
    return found


def told_steps(db: Connection, programme: Row, today: date) -> list[Step]:
    """The adoptions of a programme that stand and touch learners, the latest first."""
    in_force = policies_of(db, programme.id, programme.policy)
    return [step for step in steps_of(adoptions_of(db, programme.id), in_force, today)[::-1] if _is_told(step)]


def in_words(step: Step) -> RuleChange:
    """What an adoption changed, for people."""
    assert step.before is not None
    said = [one for change in step.changed for one in _said(change, step.before, step.policy)]
    return RuleChange(
        from_on=step.row.from_on,
        adopted_at=step.row.adopted_at,
        reason=step.row.reason,
        said=said,
        more=sum(map(_touches, step.changed)) > len(said),
    )


def _is_told(step: Step) -> bool:
    return step.row.from_on is not None and step.state != "superseded" and any(map(_touches, step.changed))


def _touches(change: Change) -> bool:
    """Titles, whom the staff calls and what a bulletin names change nothing for a learner."""
    return not change.key.startswith(("programme.", "contact.", "bulletin.")) and ".title." not in change.key


# --- provisions in words --------------------------------------------------------------------------------------------

STUDY = {
    "class_hour_s": (N_("一学时等于多长的计入时间"), seconds),
    "credit": (N_("视频怎么计时"), lambda text: str(CREDIT[text])),
    "gap_s": (N_("收不到学习信号超过多久就不计时"), seconds),
    "hidden_s": (N_("离开学习页面多久以内仍然计时"), seconds),
    "idle_s": (N_("没有任何操作超过多久就不计时"), seconds),
    "stretch_s": (N_("平台不报告操作时，一次播放最多连续计时"), seconds),
    "max_rate": (N_("最快按几倍速计时"), lambda text: _("%(n)s 倍", n=text)),
    "cap_s": (N_("每天最多计入"), seconds),
    "review.appeal_days": (N_("申诉期限"), lambda text: _("%(n)s 天", n=text)),
}
"""Of `[study]`: what a learner can act by. What is tuned inside of the rules is only said to have changed."""
CREDIT = {"media": N_("按播放的内容"), "wall": N_("按实际经过的时间")}
PART = {
    "weight": (N_("“%(part)s”占总评"), lambda text: f"{_number(text)}%"),
    "target": (N_("“%(part)s”得满分需要"), lambda text: _number(text)),
    "minimum": (N_("“%(part)s”至少完成"), lambda text: f"{_number(text)}%"),
    "required": (N_("“%(part)s”要求的项数"), lambda text: _number(text)),
    "item_pass_mark": (N_("“%(part)s”每项的合格线"), lambda text: _number(text)),
}
"""Of a `[[component]]`."""


def _said(change: Change, before: Policy, after: Policy) -> Iterator[Said]:
    table, _dot, key = change.key.partition(".")
    if change.key == "grade.pass_mark":
        yield _both(_("合格线"), _number, change)
    if table == "study" and key in STUDY:
        what, form = STUDY[key]
        yield _both(str(what), form, change)
    part, _dot, key = key.rpartition(".")
    if table == "component" and key in PART:
        title = _title(after, part) or _title(before, part)
        what, form = PART[key]
        yield _both(str(what) % {"part": title(locale()) if title else part}, form, change)


def _both(what: str, form: Callable[[str], str], change: Change) -> Said:
    old, new = (None if text in (None, "None") else form(text) for text in (change.old, change.new))
    return Said(what, old, new)


def _number(text: str) -> str:
    return number(Decimal(text))


def _title(policy: Policy, key: str) -> Words | None:
    parts = policy.grading.components if policy.grading else ()
    return next((part.title for part in parts if part.key == key), None)
