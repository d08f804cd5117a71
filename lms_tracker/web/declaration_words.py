"""Declarations in words: kinds, states, steps, what each kind says, and refusals."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from lms_tracker.core.declarations import MAX_FILES_EVER, MAX_REASON, MAX_TITLE, MAX_WORDS, PROOFS
from lms_tracker.core.study.review import NotAllowed

KINDS = {
    "leave": N_("请假"),
    "research": N_("研修成果"),
    "note": N_("学习笔记"),
    "reading": N_("读书"),
    "report": N_("活动报告"),
    "analysis": N_("自我剖析"),
}
STATES = {
    "declared": N_("待确认"),
    "confirmed": N_("已确认"),
    "returned": N_("已退回"),
    "withdrawn": N_("已撤回"),
}
STEPS = {
    "declared": N_("申报"),
    "confirmed": N_("确认"),
    "returned": N_("退回"),
    "reopened": N_("撤销确认"),
    "withdrawn": N_("撤回"),
}
FACTS = {
    "cause": N_("事由"),
    "form": N_("形式"),
    "level": N_("级别"),
    "authors": N_("合作者"),
    "where": N_("发表或获奖处"),
    "listed": N_("公开列出"),
    "unit": N_("课程或专题"),
    "author": N_("作者"),
    "monograph": N_("教育专著"),
    "highlights": N_("亮点"),
}
VALUES = {
    "duty": N_("公务"),
    "ill": N_("病假"),
    "private": N_("事假"),
    "paper": N_("论文"),
    "report": N_("研究报告"),
    "lesson": N_("课例"),
    "case": N_("案例"),
    "national": N_("国家级"),
    "province": N_("省级"),
    "prefecture": N_("市级"),
    "county": N_("县级"),
    "school": N_("校级"),
    "yes": N_("是"),
    "no": N_("否"),
}
ASKS = {
    "leave": N_("说明"),
    "research": N_("摘要（可不填）"),
    "note": N_("笔记"),
    "reading": N_("读后感"),
    "report": N_("活动内容"),
    "analysis": N_("正文"),
}
"""What the large field of the form is for."""
TITLES = {
    "leave": N_("课次"),
    "research": N_("题目"),
    "note": N_("笔记题目"),
    "reading": N_("书名"),
    "report": N_("活动"),
    "analysis": N_("年度"),
}


def refusal(e: NotAllowed, kind: str = "note") -> str:
    """What somebody reads whose form changed nothing."""
    known = {
        "title": _("请填写题目（最多 %(n)d 个字），没有保存。", n=MAX_TITLE),
        "words": _("请填写正文（最多 %(n)d 个字），没有保存。", n=MAX_WORDS[kind]),  # type: ignore[index]
        "own": _("不能确认自己的申报。"),
        "not-own": _("只有申报人可以修改或撤回。"),
        "decided": _("刚才已有人处理过了，没有重复处理。"),
        "why": _("请写明理由（最多 %(n)d 个字），没有保存。", n=MAX_REASON),
        "stranger": _("这一项不在您的项目或班级中，没有保存。"),
        "year": _("只能写今年或去年的自我剖析。"),
        "early": _("只能报告已经结束的小组活动，没有保存。"),
        "reported": _("这次活动你们班已经有报告了。"),
        "twice": _("这一项已经申报过了。"),
        "future": _("日期不能在将来，没有保存。"),
        "cancelled": _("这次课已取消，不用请假。"),
        "files": _("一次最多附 %(n)d 个文件，没有保存。", n=PROOFS.files),
        "files-ever": _("一项申报最多附 %(n)d 个文件，没有保存。", n=MAX_FILES_EVER),
        "file-size": _("每个文件不能超过 %(n)d MB，没有保存。", n=PROOFS.mb),
        "file-kind": _("只接受 PDF、PNG、JPG、Word、Excel、PowerPoint 和纯文本文件，没有保存。"),
    }
    return known.get(e.why) or _("请填写“%(what)s”，没有保存。", what=FACTS.get(e.why, e.why))
