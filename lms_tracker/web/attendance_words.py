"""Attendance in words: kinds of meetings, statuses, refusals."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from lms_tracker.core.study.review import NotAllowed

KINDS = {"weekend": N_("周末课堂"), "live": N_("直播课堂"), "activity": N_("集中活动"), "exchange": N_("研讨交流")}
STATUSES = {
    "present": N_("到"),
    "late": N_("迟到"),
    "partial": N_("时间不足"),
    "excused": N_("请假"),
    "absent": N_("缺席"),
}
HOW = {"code": N_("签到码"), "list": N_("点名"), "import": N_("导入"), "leave": N_("请假审批")}


def refusal(e: NotAllowed) -> str:
    """What somebody reads whose form changed nothing."""
    known = {
        "kind": _("请选择类别。"),
        "title": _("请填写名称（最多 200 个字）。"),
        "place": _("地点太长（最多 300 个字）。"),
        "times": _("结束时间应晚于开始时间，且不超过七天。"),
        "late": _("迟到界限应在 0 到 240 分钟之间。"),
        "least": _("最低参加比例应在 1 到 100 之间。"),
        "cohort": _("这个班级不在本项目中。"),
        "same": _("同一时间已有同名的课次。"),
        "why": _("更改签到码或请假得来的记录时，请写明理由。"),
        "cancelled": _("这次课已取消，没有保存。"),
        "early": _("还没有开始，不能登记出勤。"),
        "stranger": _("名单里有不参加这次课的人，没有保存。"),
        "own": _("不能登记自己的出勤，请用签到码，或由别人登记。"),
        "status": _("请选择出勤情况。"),
    }
    return known[e.why]
