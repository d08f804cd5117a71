"""Provisions of a policy in plain words, for whoever asks what an adoption changed."""

from collections.abc import Callable
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from msgspec import Struct

from lms_tracker.core.grading.compare import Change
from lms_tracker.core.grading.policy import Policy
from lms_tracker.core.grading.words import Words
from lms_tracker.web.formats import number, seconds
from lms_tracker.web.i18n import counted, locale


class Said(Struct, frozen=True):
    """One provision in words, as it was and as it is; None: there was, or is, none."""

    what: str
    old: str | None
    new: str | None


STUDY = {
    "class_hour_s": (N_("一学时等于多长的计入时间"), seconds),
    "credit": (N_("视频怎么计时"), lambda text: str(CREDIT[text])),
    "gap_s": (N_("收不到学习信号超过多久就不计时"), seconds),
    "hidden_s": (N_("离开学习页面多久以内仍然计时"), seconds),
    "idle_s": (N_("没有任何操作超过多久就不计时"), seconds),
    "stretch_s": (N_("平台不报告操作时，一次播放最多连续计时"), seconds),
    "max_rate": (N_("最快按几倍速计时"), lambda text: _("%(n)s 倍", n=text)),
    "cap_s": (N_("每天最多计入"), seconds),
    "review.appeal_days": (N_("申诉期限"), lambda text: counted("%(n)d 天", int(text))),
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


def said_of(change: Change, before: Policy, after: Policy) -> Said | None:
    """What changed from one policy to another, in words; None for what is tuned inside of the rules."""
    table, _dot, key = change.key.partition(".")
    if change.key == "grade.pass_mark":
        return _both(_("合格线"), _number, change)
    if table == "study" and key in STUDY:
        what, form = STUDY[key]
        return _both(str(what), form, change)
    part, _dot, key = key.rpartition(".")
    if table == "component" and key in PART:
        title = _title(after, part) or _title(before, part)
        what, form = PART[key]
        return _both(str(what) % {"part": title(locale()) if title else part}, form, change)
    return None


def _both(what: str, form: Callable[[str], str], change: Change) -> Said:
    old, new = (None if text in (None, "None") else form(text) for text in (change.old, change.new))
    return Said(what, old, new)


def _number(text: str) -> str:
    return number(Decimal(text))


def _title(policy: Policy, key: str) -> Words | None:
    parts = policy.grading.components if policy.grading else ()
    return next((part.title for part in parts if part.key == key), None)
