"""Texts of the reports, Chinese first, English second."""

REASONS = {
    "gap": ("学习记录中断", "gap in the record"),
    "hidden": ("页面被遮挡或切走", "page hidden or left"),
    "unanswered": ("未应答在场确认", "presence check unanswered"),
    "idle": ("长时间无操作", "no sign of presence"),
    "rate": ("播放速度超限", "played too fast"),
    "stalled": ("缓冲停顿", "media stalled"),
    "overlap": ("与其他学习时段重叠", "overlaps other study"),
    "repeat": ("重复学习同一内容", "same content again"),
    "cap": ("超过每日上限", "above the daily cap"),
    "clock": ("时间不可信", "clock not credible"),
    "aggregate": ("汇总数据超出可信范围", "aggregate claim above trust"),
    "rejected": ("经人工核实不计入", "rejected by a reviewer"),
}

KINDS = {"all": ("全体", "All"), "city": ("市直学校", "City-run schools"), "town": ("乡镇学校", "Town schools")}
OTHER = ("其他", "Others")

TEXTS = {
    "report": ("学习通报", "Study bulletin"),
    "version": ("第 {n} 版", "version {n}"),
    "issued_for": ("报送单位", "Reported to"),
    "cut_off": ("数据截止", "Cut-off"),
    "rules": ("计分规则", "Policy"),
    "engine": ("计时引擎", "Engine"),
    "studied": ("参加学习", "Studied"),
    "credited": ("人均有效学时", "Class hours per learner"),
    "progressed": ("取得进步", "Made progress"),
    "need_contact": ("需要联系", "Need contact"),
    "of_enrolled": ("共 {n} 人", "of {n} learners"),
    "people": ("人", ""),
    "hours_unit": ("学时", "h"),
    "hours_goal": ("本期进度要求 {n} 学时", "the calendar expects {n}"),
    "contact_goal": ("目标 0 人；滞后 {behind}，久未学习 {quiet}", "target 0; behind {behind}, silent {quiet}"),
    "nobody": ("本期无在册学员，以下各项均为空。", "Nobody is enrolled in this period: there are no figures."),
    "chart": ("各类学校完成情况（各部分平均得分率）", "Mean score of each part by kind of school (%)"),
    "calendar": ("日程进度 {n}%", "calendar {n} %"),
    "parts": ("成绩构成与进度", "Parts of the grade"),
    "part": ("项目", "Part"),
    "weight": ("权重", "Weight"),
    "target": ("目标", "Target"),
    "mean_have": ("人均完成", "Mean done"),
    "mean_score": ("平均得分率", "Mean score"),
    "mean_points": ("平均得分", "Mean points"),
    "final": ("总评成绩（平均）", "Final grade (mean)"),
    "by_kind": ("分类对比", "By kind of school"),
    "kind": ("类别", "Kind"),
    "enrolled": ("在册", "Enrolled"),
    "final_mean": ("平均总评", "Mean grade"),
    "passed": ("已合格", "Passed"),
    "time": ("本期学习时间", "Study time in the period"),
    "item": ("项目", "Item"),
    "class_hours": ("学时", "Class hours"),
    "share": ("占申报", "Share of claimed"),
    "claimed": ("申报时间", "Claimed"),
    "credited_time": ("计入（有效）", "Credited"),
    "held": ("待人工核实", "Held for review"),
    "discounted": ("不计：{reason}", "Not counted: {reason}"),
    "changes": ("与上期比较", "Changes since the last bulletin"),
    "first": (
        "这是第一期通报，没有可比较的上期数据。",
        "This is the first bulletin: there is nothing to compare with.",
    ),
    "since": ("与 {period}（第 {version} 版）相比", "Compared with {period} (version {version})"),
    "change": ("变化", "Change"),
    "value": ("本期", "Now"),
    "policy_changed": ("注意：两期所用计分规则不同。", "Note: the two were made under different policies."),
    "notes": ("说明", "Notes"),
    "note_study": (
        "“参加学习”指本期内有计入的学习时间；“取得进步”指取整前的总评成绩比期初提高。",
        "Studied: has credited study in the period. Made progress: the grade before rounding rose in the period.",
    ),
    "note_contact": (
        "“需要联系”指学时进度低于日程要求的 {pace}%，或连续 {quiet} 天没有有效学习（入学前 {grace} 天除外）。",
        (
            "Need contact: class hours below {pace} % of the calendar's pace, or no credited study for {quiet} days"
            " (not in the first {grace} days)."
        ),
    ),
    "note_hour": (
        "1 学时 = {minutes} 分钟计入的学习时间；讨论、答疑与拓展课程不计入成绩。申报 = 计入 + 待核实 + 不计。",
        (
            "1 class hour = {minutes} minutes of credited study; discussion, Q&A and extension courses earn no points."
            " Claimed = credited + held + not counted."
        ),
    ),
    "note_no_names": (
        "各项数字由系统按上述规则从学习证据中算出，不含个人姓名；个案请向班主任或联络员核对。",
        (
            "All figures are computed from the evidence of study under the policy named above and name no person;"
            " single cases are cleared up with the head teacher or the liaison."
        ),
    ),
    "note_names": (
        "各项数字由系统按上述规则从学习证据中算出，只列出取得进步者的姓名；其他个案请向班主任或联络员核对。",
        (
            "All figures are computed from the evidence of study under the policy named above; only those who made"
            " progress are named. Other cases are cleared up with the head teacher or the liaison."
        ),
    ),
    "made_progress": ("本期取得进步的学员", "Who made progress"),
    "learner": ("学员", "Learner"),
    "hours_in_period": ("本期计入学时", "Hours in the period"),
    "final_before": ("期初总评", "Grade before"),
    "final_now": ("期末总评", "Grade now"),
    "seal": ("校验码 SHA-256", "SHA-256"),
    "page": ("第 {n} 页", "page {n}"),
    "items_unit": ("项", "items"),
    "times_unit": ("次", "times"),
    "n_points": ("{n} 分", "{n} points"),
    "total": ("总分（平均）", "Total (mean)"),
    "points": ("分", "points"),
}


def word(key: str, locale: str, **values: object) -> str:
    """A text in "zh" or "en", its blanks filled."""
    return TEXTS[key][locale == "en"].format(**values)


def reason(key: str, locale: str) -> str:
    """Why time did not count; the key itself for a reason that an older or newer engine used."""
    return REASONS[key][locale == "en"] if key in REASONS else key


def kind(key: str, locale: str) -> str:
    """A kind of school."""
    return KINDS.get(key, OTHER)[locale == "en"]
