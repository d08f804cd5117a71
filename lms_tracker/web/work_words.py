"""Assignments in words: refusals, faults of terms, where a work stands."""

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from lms_tracker.actions.assess import MAX_COMMENT, MAX_REMARK
from lms_tracker.actions.hand_in import MAX_TEXT, WORK_FILES, WorkRefused
from lms_tracker.actions.object_to_mark import OBJECT_DAYS
from lms_tracker.core.assignments.rubric import RubricFault
from lms_tracker.web.i18n import counted

STATES = {
    "early": N_("尚未开放"),
    "todo": N_("待提交"),
    "late": N_("已过截止时间，仍可迟交"),
    "missed": N_("未提交，已截止"),
    "handed_in": N_("已提交，待评阅"),
    "returned": N_("已退回，请修改"),
    "reviewing": N_("同学互评中"),
    "marked": N_("已评分"),
}
LATE = {
    "refuse": N_("截止后不再接收"),
    "accept": N_("截止后仍接收，注明迟交"),
    "deduct": N_("截止后仍接收，按天扣分"),
}
RULES = {
    "closest": N_("取第三人与较接近者的平均"),
    "median": N_("取三个分数的中位数"),
    "third": N_("以第三人为准"),
}
APART = {"nobody": N_("不限"), "school": N_("同一学校的不互评"), "cohort": N_("同一班级的不互评")}
HOW = {
    "one": N_("一人评阅"),
    "agreed": N_("两人平均"),
    "closest": N_("第三人与较接近者的平均"),
    "median": N_("三人的中位数"),
    "third": N_("以第三人为准"),
    "peers": N_("同学互评"),
    "both": N_("评阅与互评合成"),
    "waits": N_("等待评阅"),
}
DUE = {
    "opens": N_("作业开放"),
    "due": N_("作业截止"),
    "late_until": N_("迟交截止"),
    "reviews_due": N_("互评截止"),
    "release": N_("公布成绩"),
}
OUTCOMES = {"upheld": N_("异议成立，已改分"), "declined": N_("维持原分")}


def refusal(e: WorkRefused) -> str:
    """What somebody reads whose form changed nothing."""
    known = {
        "nothing": _("这项作业现在不接收提交。"),
        "enrolled": _("您不在这个培训项目中，不能提交。"),
        "early": _("作业尚未开放，没有提交。"),
        "closed": _("截止时间已过，没有提交。"),
        "empty": _("没有写任何内容，也没有附文件，没有提交。"),
        "text": _("正文最多 %(n)d 个字，没有保存。", n=MAX_TEXT),
        "text-not-taken": _("这项作业只收文件，没有提交。"),
        "files-not-taken": _("这项作业只收正文，没有提交。"),
        "files": _("最多附 %(n)d 个文件，没有保存。", n=WORK_FILES.files),
        "file-size": _("%(name)s：每个文件不能超过 %(n)d MB，没有保存。", name=e.name, n=WORK_FILES.mb),
        "file-kind": _(
            "%(name)s：只接受 PDF、Word（docx）、Excel（xlsx）、PPT（pptx）、图片和纯文本，没有保存。", name=e.name
        ),
        "marked": _("这份作业已开始评阅，不能再改。需要修改时，请联系评阅人退回。"),
        "twice": _("刚才已经提交过了。"),
        "version": _("学员已提交新的版本，请打开最新的一份。"),
        "returned": _("这份作业已退回修改。"),
        "own": _("不能评阅自己的作业。"),
        "enough": _("这份作业已经评完，不需要再评。"),
        "final": _("两人评阅的结果已定，不能再改。"),
        "rubric": _("还有评分项没有选择，没有保存。"),
        "mark": _("分数应是 0 到 100 之间的数，没有保存。"),
        "words": _("请写明内容：总评最多 %(n)d 个字，每项评语最多 %(m)d 个字。没有保存。", n=MAX_COMMENT, m=MAX_REMARK),
        "comment": _("请给同学写几句评语，没有保存。"),
        "until": _("修改期限应晚于现在，没有保存。"),
        "pair": _("这份互评已转给其他同学。"),
        "late": _("异议期（%(n)d 天）已过。", n=OBJECT_DAYS),
        "filed": _("已经提出过异议，每份作业只能提一次。"),
        "none": _("没有这项异议。"),
        "decided": _("刚才已有人处理过了，没有重复处理。"),
    }
    return known[e.why]


def terms_fault(key: str) -> str:
    """What is wrong with terms that were not set."""
    known = {
        "title": _("题目应为 1 到 120 个字。"),
        "title-taken": _("已有同名的作业。"),
        "instructions": _("作业要求最多 20000 个字。"),
        "component": _("请选择计入成绩的部分。"),
        "nothing-taken": _("正文和文件至少选一种。"),
        "due-before-opening": _("截止时间应晚于开放时间。"),
        "late-without-deadline": _("没有截止时间就没有迟交，请填截止时间。"),
        "late-before-deadline": _("迟交截止应晚于截止时间。"),
        "release-before-deadline": _("公布成绩的时间不能早于截止时间。"),
        "deduction": _("每天扣分应在 0 到 100 之间。"),
        "weight": _("权重应大于 0，最多 1000，最多四位小数。"),
        "difference": _("分差应在 0 到 100 之间。"),
        "rubric-points": _("评分标准的总分应大于 0。"),
        "reviews": _("每人互评 1 到 10 份。"),
        "reviews-before-deadline": _("互评截止应晚于作业截止时间。"),
        "peer-numbers": _("互评占比应在 0 到 100 之间，异常分差应大于 0。"),
        "peer-component": _("请选择互评得分计入的部分。"),
        "release-before-reviews": _("公布成绩的时间不能早于互评截止。"),
        "programme": _("没有这个培训项目或作业。"),
    }
    return known[key]


def rubric_fault(e: RubricFault) -> str:
    """The line of a rubric that cannot be read, and why."""
    known = {
        "levels": _("每个评分项至少两个等级，最多八个，用 | 分开"),
        "points": _("每个等级以分数结尾（0 到 999）"),
        "title": _("评分项应有名称，名称和说明各不超过 200 个字"),
        "many": _("评分项最多 20 个"),
        "twice": _("评分项的名称不能重复"),
    }
    return _("评分标准第 %(n)d 行：%(why)s。", n=e.line, why=known[e.why])


def left(at: datetime, now: datetime) -> str:
    """How long there is until a deadline."""
    seconds = (at - now).total_seconds()
    if seconds <= 0:
        return _("已过期限")
    days, hours = int(seconds // 86400), int(seconds // 3600)
    if days:
        return counted("还有 %(n)d 天", days)
    return counted("还有 %(n)d 小时", hours) if hours else _("还有 %(n)d 分钟", n=max(1, int(seconds // 60)))


def words() -> dict[str, object]:
    """For the templates."""
    return {
        "states": STATES,
        "late_words": LATE,
        "rule_words": RULES,
        "apart_words": APART,
        "how_words": HOW,
        "outcome_words": OUTCOMES,
        "left": left,
    }
