"""Reviews and appeals in words: refusals, outcomes, deadlines."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from lms_tracker.actions.appealable import Late
from lms_tracker.actions.decide_appeal import AppealChanged
from lms_tracker.actions.held_case import CaseChanged
from lms_tracker.core.study.review import APPEAL_FILES, MAX_WORDS, Clock, NotAllowed, ReviewPolicy
from lms_tracker.reports.words import REASONS
from lms_tracker.store.decisions import LAPSED
from lms_tracker.web.formats import day, duration
from lms_tracker.web.i18n import counted, locale

OUTCOMES = {"upheld": N_("申诉成立"), "declined": N_("维持原结果"), "released": N_("初核时已恢复计入")}
STAGES = {"open": "", "soon": N_("即将到期"), "escalated": N_("已逾期，已转联络员"), "overdue": N_("已超过最后期限")}
ROLES = {"monitor": N_("班长"), "head_teacher": N_("班主任")}


def refusal(e: NotAllowed) -> str:
    """What somebody reads whose form changed nothing."""
    if isinstance(e, CaseChanged):
        return _changed(_news_of_case(e))
    if isinstance(e, AppealChanged):
        return _changed(_news_of_appeal(e))
    known = {
        "own": _("不能处理自己的学习时间。"),
        "same-reviewer": _("初核人和作过说明的人不能再做复核人，请由另一位班主任或联络员复核。"),
        "decided": _("刚才已有人处理过了，没有重复处理。"),
        "not-yet": _("这段时间还没有初核，请先在“待核时间”中处理。"),
        "words": _("请写明理由（最多 %(n)d 个字），没有保存。", n=MAX_WORDS),
        "none": _("没有选中任何时段，什么也没有改变。"),
        "nothing": _("这段时间已经有了变化，没有需要申诉的内容。"),
        "counted-once": _("这些时间（或内容）已经在别处计过一次，不能再计，因此无需申诉。"),
        "late": _("申诉期限已过。"),
        "filed": _("这一项已经申诉过，每一项只能申诉一次。"),
        "nobody": _("您还没有编入班级，没有人可以受理。请联系继教中心。"),
        "files": _("最多附 %(n)d 个文件，没有保存。", n=APPEAL_FILES.files),
        "file-size": _("每个文件不能超过 %(n)d MB，没有保存。", n=APPEAL_FILES.mb),
        "file-kind": _("只接受 PDF、PNG、JPG 图片和纯文本文件，没有保存。"),
    }
    return known[e.why]


def too_late(e: Late, heads: Sequence[str]) -> str:
    """By when an appeal could have been made, and whom to talk to now."""
    over = _("这项结果的申诉期限到%(day)s为止，现在已过，不能再申诉。", day=last_day(e.until, e.zone))
    if not heads:
        return over + _("如有疑问，请与本班班主任联系。")
    return over + _("如有疑问，请与班主任%(names)s联系。", names=_("、").join(heads))


def _changed(news: list[str]) -> str:
    what = _("；").join(news)
    return _("您打开这一页之后有了变化，所以没有保存：%(what)s。请看过现在的情况再决定，您写的话还在。", what=what)


def _news_of_case(e: CaseChanged) -> list[str]:
    """What has happened to held time since the reviewer saw it."""
    said = {"release": _("%(by)s决定恢复计入"), "reject": _("%(by)s决定不计入")}
    decided = Counter(said[one.kind] % {"by": one.by or _("复核人")} for one in e.answered if one.reason != LAPSED)
    lapsed = sum(one.reason == LAPSED for one in e.answered)
    news = [counted("%(n)d 段已由%(what)s", n, what=what) for what, n in decided.items()]
    news += [counted("%(n)d 段无人按时决定，已按规则恢复计入", lapsed)] if lapsed else []
    news += [counted("%(n)d 段已不归本班复核", len(e.gone))] if e.gone else []
    news += [counted("新增 %(n)d 段", len(e.new))] if e.new else []
    news += [counted("%(n)d 段的待核时长不同了", len(e.moved))] if e.moved else []
    news += [counted("学员对 %(n)d 段提出了申诉", len(e.appealed))] if e.appealed else []
    return news


def _news_of_appeal(e: AppealChanged) -> list[str]:
    """What has happened to an appeal since the second reviewer saw it."""
    was, now = e.seen.amount_us, e.there.amount_us
    news = [_("有人补充了说明")] if e.there.said != e.seen.said else []
    news += [_("涉及的时长由 %(a)s 变为 %(b)s", a=duration(was), b=duration(now))] if was != now else []
    return news


def reason_title(about: str) -> str:
    """A reason in a few words."""
    if about in ("held", "rejected"):
        return _("疑似自动操作")
    return REASONS[about][locale() == "en"]


def last_day(deadline: datetime, zone: ZoneInfo) -> str:
    """A deadline by its last day: a midnight belongs to the day that it ends."""
    return day((deadline.astimezone(zone) - timedelta(seconds=1)).date())


def by_day(deadline: datetime, zone: ZoneInfo) -> str:
    """Until when there is time, its last day included."""
    return _("%(d)s 24 时前", d=last_day(deadline, zone))


def unless_decided(clock: Clock, rules: ReviewPolicy, zone: ZoneInfo) -> str:
    """Who decides about held time by when, and what becomes of it when nobody does."""
    days = {"a": by_day(clock.decide_by, zone), "b": by_day(clock.last, zone)}
    if rules.undecided == "release":
        return _("班主任应在%(a)s决定，逾期转联络员；到%(b)s仍无人决定的，自动恢复计入，不会作废。", **days)
    return _("班主任应在%(a)s决定，逾期转联络员；到%(b)s仍无人决定的，继续待核，不会自动作废。", **days)


def left(clock: Clock, now: datetime) -> str:
    """How long there is until the next deadline."""
    seconds = (clock.next - now).total_seconds()
    if seconds <= 0:
        return _("已过期限")
    days = int(seconds // 86400)
    return counted("还有 %(n)d 天", days) if days else counted("还有 %(n)d 小时", max(1, int(seconds // 3600)))
