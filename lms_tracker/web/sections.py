"""What a programme's page leads to: the one table. A part of the product hangs its pages in with one line of it.

Who is shown a section is said in `web/access.py` alone: whoever may open its page.
"""

from collections.abc import Callable
from datetime import datetime

from flask import url_for
from flask_babel import lazy_gettext as N_
from msgspec import Struct
from sqlalchemy import Connection

from lms_tracker.actions.programme_policy import policy_of_programme
from lms_tracker.store.declarations import count_waiting
from lms_tracker.store.exams import exams_of
from lms_tracker.store.panels import count_work
from lms_tracker.store.places import Place, place_of_programme
from lms_tracker.store.programmes import programme_by_id
from lms_tracker.store.questions import count_open
from lms_tracker.store.results import open_objections
from lms_tracker.store.surveys import open_for
from lms_tracker.web.access import REVIEW
from lms_tracker.web.frame import classes_of
from lms_tracker.web.guard import opens
from lms_tracker.web.people import Person

Waiting = Callable[[Connection, Person, int, datetime], int]
"""(db, person, programme_id, now) -> how much there waits for this person. Asked at each visit: let it be one query."""


class Section(Struct, frozen=True):
    """`title` and `what` (one line) are lazy texts. `parameter`: how the page's address names the programme; None for a
    page that is the same for all programmes."""

    key: str
    title: object
    endpoint: str
    what: object
    parameter: str | None = "programme_id"
    waiting: Waiting | None = None
    evidence: str | None = None
    """Shown only where the programme's policy knows this kind of achievement; None: everywhere."""


def declared(db: Connection, person: Person, programme_id: int, now: datetime) -> int:
    """Declarations that wait in the person's classes."""
    place = place_of_programme(db, programme_id)
    return 0 if place is None else sum(count_waiting(db, programme_id, classes_of(person, place, REVIEW)).values())


def notes(db: Connection, person: Person, programme_id: int, now: datetime) -> int:
    """Notes on exams at which nobody has looked."""
    return sum(row.notes for row in exams_of(db, programme_id))


def to_grade(db: Connection, person: Person, programme_id: int, now: datetime) -> int:
    """Research output that this expert has not graded yet."""
    return count_work(db, programme_id, person.id)


def unanswered(db: Connection, person: Person, programme_id: int, now: datetime) -> int:
    """Open surveys that this learner has not answered."""
    return 0 if person.learner_id is None else open_for(db, programme_id, person.learner_id, now)


def to_answer(db: Connection, person: Person, programme_id: int, now: datetime) -> int:
    """Questions that wait for an expert; nobody else is told that they wait."""
    return count_open(db, programme_id) if person.has("expert") else 0


WORK: tuple[Section, ...] = (
    Section("sign_in", N_("我的考勤"), "sign_in.mine", N_("签到，看自己的出勤，请假。")),
    Section("attendance", N_("考勤"), "attendance.listing", N_("课次、签到码、点名和参会名单。")),
    Section("my_exams", N_("我的考试"), "exams.mine", N_("每次考试的成绩，是否需要补考。")),
    Section("exams", N_("考试"), "exams.listing", N_("考试、补考、成绩导入和需要核实的提示。"), waiting=notes),
    Section("research", N_("研修成果"), "declarations.research", N_("申报论文、报告、课例和案例。")),
    Section("panels", N_("成果评审"), "panels.listing", N_("请您评定等级的研修成果。"), waiting=to_grade),
    Section("publications", N_("成果目录"), "panels.publications", N_("已确认并同意公开的研修成果。")),
    Section("notes", N_("学习笔记"), "declarations.note", N_("写笔记，看签阅意见。")),
    Section("reading", N_("读书"), "declarations.reading", N_("登记读过的书，离目标还有几本。")),
    Section(
        "reports",
        N_("活动报告"),
        "declarations.report",
        N_("小组活动后第一个工作日前交报告，看是否逾期。"),
        evidence="report",
    ),
    Section("analysis", N_("自我剖析"), "declarations.analysis", N_("每年一份自我剖析。"), evidence="analysis"),
    Section("books", N_("书单"), "books.listing", N_("本项目推荐的书，教育专著单列。")),
    Section("surveys", N_("问卷"), "surveys.mine", N_("不记名的需求和满意度问卷。"), waiting=unanswered),
    Section("survey_results", N_("问卷调查"), "surveys.listing", N_("建立问卷，看回收率和结果。")),
    Section(
        "ballots", N_("群众测评"), "ballots.listing", N_("单位教职工凭码无记名投票，截止后计票。"), evidence="vote"
    ),
    Section("questions", N_("专家答疑"), "answers.listing", N_("提问、回答、查找；不计入成绩。"), waiting=to_answer),
    Section("experts", N_("专家档案"), "answers.experts", N_("每位专家回答了什么。")),
    Section("declarations", N_("申报"), "declarations.queue", N_("请假、成果、笔记、读书的确认。"), waiting=declared),
)
"""What is worked at together: meetings, exams, and what learners declare."""

SECTIONS: tuple[Section, ...] = (
    Section("study", N_("我的学习"), "study.mine", N_("成绩、学习时间和每一分的来源。"), "programme"),
    Section("courses", N_("我的课程"), "courses.listing", N_("课程和单元，从上次的地方继续学习。"), "programme"),
    Section("tasks", N_("我的作业"), "tasks.listing", N_("要提交的作业，要互评的同学作业。"), None),
    Section("cohorts", N_("班级"), "cohort.listing", N_("每位学员的进度，谁需要联系。"), None),
    *WORK,
    Section("bulletins", N_("学习通报"), "bulletins.listing", N_("已发布的半月和每月通报。"), None),
    Section("assignments", N_("布置作业"), "assignments.listing", N_("要求、期限、评分标准，提交和互评的进度。")),
    Section("marking", N_("评阅作业"), "marking.listing", N_("等待评分的作业和研修成果。"), None),
    Section(
        "results",
        N_("成绩与结业"),
        "results.listing",
        N_("合格、不合格和优秀名单，冻结、公示、发证书。"),
        waiting=lambda db, person, programme_id, now: open_objections(db, [programme_id]),
    ),
    Section("notices", N_("成绩公示"), "notices.listing", N_("公示的结果；公示期内可以提出异议。")),
    Section("content", N_("课程内容"), "content.listing", N_("上传和排列媒体，开放给学员。")),
    Section("calendar", N_("日历"), "calendar.show", N_("开班、直播、截止、考试和假期；可订阅到手机。")),
    Section("members", N_("学员"), "members.listing", N_("查找学员，班级和学校的变动。")),
    Section("contacts", N_("联系记录"), "contacts.log", N_("谁在什么时候联系了谁，说了什么。")),
    Section(
        "responsible", N_("机构与负责人"), "responsible.show", N_("谁管什么：机构、班级、班主任、班长和工作人员。")
    ),
    Section("classes", N_("编班"), "classes.show", N_("班级人数，把学员编入均衡的新班级。")),
    Section("organisations", N_("机构"), "organisations.listing", N_("培训中心、区县和学校：建立、更名、移动、停用。")),
    Section("question_bank", N_("题库"), "questions.listing", N_("视频里的问题，在场确认时从中抽取。")),
    Section(
        "achievements",
        N_("导入计分依据"),
        "achievements.form",
        N_("出勤、考试、证书、论文等，从电子表格导入，先预览。"),
    ),
    Section("roster", N_("导入名单"), "roster.upload", N_("从电子表格导入学员和工作人员，先预览再导入。")),
    Section(
        "standing", N_("排名与去留"), "grades.standing", N_("每个人的总分、还差什么，谁符合退出条件，谁可获荣誉。")
    ),
    Section("policies", N_("计分规则"), "policies.history", N_("现行规则，何时启用，改过什么。")),
)
"""In the order of the page: what people come for daily first, what is arranged once last."""


class Entry(Struct, frozen=True):
    """A section as one person finds it."""

    section: Section
    address: str
    waiting: int


def sections_for(db: Connection, person: Person, place: Place, now: datetime) -> list[Entry]:
    """The sections of a programme that this person may open."""
    found = []
    known = _evidence(db, place.programme_id, now)
    for section in SECTIONS:
        if not opens(person, section.endpoint, place) or section.evidence not in (None, *known):
            continue
        named = {section.parameter: place.programme_id} if section.parameter else {}
        waits = section.waiting(db, person, place.programme_id, now) if section.waiting else 0
        found.append(Entry(section, url_for(section.endpoint, **named), waits))
    return found


def _evidence(db: Connection, programme_id: int, now: datetime) -> set[str]:
    """The kinds of achievements of which the policy in force says anything."""
    row = programme_by_id(db, programme_id)
    grading = None if row is None else policy_of_programme(db, row, now).grading
    if grading is None:
        return set()
    parts = {kind for part in grading.points for kind in part.evidence}
    return parts | {rule.evidence for rule in grading.standing if rule.evidence}
