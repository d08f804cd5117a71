"""Words of results, notices and certificates, and what is said when something is refused."""

from flask_babel import lazy_gettext as N_

from lms_tracker.core.results.notices import CODES, ResultsRefused

STATUSES = {"passed": N_("合格"), "failed": N_("不合格"), "in_progress": N_("尚未完成")}
KINDS = {"passed": N_("结业证书"), "honour": N_("荣誉证书")}
NOTICE_STATES = {"open": N_("公示中"), "closed": N_("公示期满"), "withdrawn": N_("已撤回")}
OUTCOMES = {"upheld": N_("异议成立"), "rejected": N_("异议不成立")}
REFUSALS = {
    "reason": N_("请写明理由。"),
    "words": N_("请写明内容，最多 2000 字。"),
    "days": N_("公示期应为 1 至 90 天。"),
    "contact": N_("请写明联系人或联系方式。"),
    "nobody": N_("没有在册学员，或者名单里没有这个人。"),
    "as-of": N_("截止时间不能晚于现在。"),
    "superseded": N_("这份成绩已被更新的一份取代，请回到最新的一份。"),
    "published": N_("这份成绩已经公示。"),
    "not-open": N_("公示已经结束或撤回，不再受理异议。"),
    "own": N_("不能答复自己提出的、或者关于自己的异议。"),
    "answered": N_("这条异议已经有人答复。"),
    "no-notice": N_("先公示，公示期满后才能发证书。"),
    "notice-open": N_("公示期还没有结束，暂不能发证书。"),
    "objections": N_("还有异议没有答复，暂不能发证书。"),
    "upheld": N_("有异议成立：请更正后重新冻结成绩、重新公示。"),
    "nothing": N_("没有可以发放或处理的证书。"),
    "revoked": N_("这张证书已经作废。"),
}
assert set(REFUSALS) == set(CODES)


def refusal(error: ResultsRefused) -> str:
    """What the person reads."""
    return str(REFUSALS[error.code])
