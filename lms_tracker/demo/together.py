"""What the demo's people do together: meetings and leave, an exam, research output, notes, books, a survey, questions.

As they would do it themselves, through the actions. What is there already, from a load that was interrupted, stays.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy import Connection, Engine, func, select

from lms_tracker.actions.books import add_book
from lms_tracker.actions.decide_declaration import decide
from lms_tracker.actions.declare import declare
from lms_tracker.actions.exams import ExamForm, create_exam, import_results
from lms_tracker.actions.meetings import MeetingForm, Seen, create_meeting, record_presences
from lms_tracker.actions.panels import grade_output, seat_expert
from lms_tracker.actions.questions import answer_question, ask
from lms_tracker.actions.surveys import SurveyForm, answer_survey, create_survey, shuffle_closed
from lms_tracker.core.declarations import Content, Kind
from lms_tracker.core.questionnaire import NEEDS, SATISFACTION, parse_questions
from lms_tracker.core.reading import Book
from lms_tracker.demo.cast import learners
from lms_tracker.demo.term import ZONE
from lms_tracker.store.accounts import account_by_login
from lms_tracker.store.db import reading
from lms_tracker.store.tables import account, book, declaration, exam, expert_question, meeting, survey

BOOKS = (
    Book("给教师的建议", "苏霍姆林斯基", True),
    Book("陶行知教育文集", "陶行知", True),
    Book("民主主义与教育", "杜威", True),
    Book("乡土中国", "费孝通", False),
    Book("论语译注", "杨伯峻", False),
)
OUTPUT = {"form": "paper", "level": "county", "authors": "", "where": "区教研室论文评选", "listed": "yes"}


class _Load:
    def __init__(self, db: Engine, programme_id: int, as_of: datetime, clock: Callable[[], datetime]) -> None:
        self.db, self.programme_id, self.as_of, self.clock = db, programme_id, as_of, clock
        with reading(db) as tx:
            self.accounts = {row.login: row.id for row in tx.execute(select(account.c.login, account.c.id))}
            theirs = select(account.c.login, account.c.learner_id).where(account.c.learner_id.is_not(None))
            self.ids: dict[str, int] = {row.login: row.learner_id for row in tx.execute(theirs)}
            self.full = {
                table.name: _any(tx, table) for table in (meeting, exam, declaration, book, survey, expert_question)
            }

    def at(self, days: float, hour: int = 9) -> datetime:
        """A local hour, so many days before the day of the demo."""
        return self.as_of + timedelta(days=-days, hours=hour)

    def declared(self, login: str, kind: Kind, content: Content, when: datetime, text: str = "") -> int:
        files = [(f"{content.title}.txt", text.encode())] if text else []
        learner = self.ids[login]
        return declare(
            self.db, self.programme_id, learner, kind, content, files=files, by=self.accounts[login], now=when
        )

    def confirm(self, id: int, when: datetime, words: str = "", what: str = "confirmed", by: str = "liaison") -> None:
        decide(self.db, id, what, words=words, by=self.accounts[by], now=when)  # type: ignore[arg-type]


def _any(tx: Connection, table: object) -> bool:
    return bool(tx.scalar(select(func.count()).select_from(table)))  # type: ignore[arg-type]


def fill_together(db: Engine, programme_id: int, as_of: datetime, clock: Callable[[], datetime]) -> None:
    """All of it; `as_of`: local midnight of the demo's day."""
    load = _Load(db, programme_id, as_of, clock)
    if not load.full["meeting"]:
        _meetings(load)
    if not load.full["exam"]:
        _exam(load)
    if not load.full["book"]:
        for one in BOOKS:
            add_book(db, programme_id, one, now=load.at(20))
        _declarations(load)
    if not load.full["survey"]:
        _surveys(load)
    if not load.full["expert_question"]:
        _questions(load)


def _meetings(load: _Load) -> None:
    head, rng = load.accounts["headteacher"], Random("the demo's meetings")
    for title, days in (("依法治校案例研讨", 15), ("校园安全专题", 8)):
        starts_at = load.at(days)
        form = MeetingForm("weekend", title, "市教师进修学校 201", starts_at, starts_at + timedelta(minutes=120))
        id = create_meeting(load.db, load.programme_id, form, by=head, now=load.at(days + 7))
        usual = {"never": 0.0, "behind": 0.5}
        seen = {
            load.ids[one.login]: Seen(
                "absent" if rng.random() > usual.get(one.kind, 0.92) else "late" if rng.random() < 0.1 else "present"
            )
            for one in learners()
            if one.login != "p12"
        }
        leave = load.declared(
            "p12", "leave", Content(title, "到县里开会", None, id, {"cause": "duty"}), load.at(days + 1)
        )
        load.confirm(leave, load.at(days + 1, 15), by="headteacher")
        record_presences(load.db, id, seen, how="list", by=head, now=starts_at + timedelta(minutes=20))
    soon = load.clock() + timedelta(minutes=10)
    form = MeetingForm("live", "专家答疑直播", "会议号 000 123 456", soon, soon + timedelta(minutes=90))
    id = create_meeting(load.db, load.programme_id, form, by=head, now=load.clock())
    load.declared(
        "p06", "leave", Content(form.title, "家中有事，请批准。", None, id, {"cause": "private"}), load.clock()
    )


def _exam(load: _Load) -> None:
    staff, rng = load.accounts["centre"], Random("the demo's exam")
    day = load.at(6).astimezone(ZONE).date()
    id = create_exam(load.db, load.programme_id, ExamForm("学校管理中期测试", day), by=staff, now=load.at(12))
    rows = [["登录名", "成绩", "状态", "用时", "设备"]]
    for one in learners():
        skill = {"ahead": 88, "behind": 58}.get(one.kind, 76)
        mark = str(round(min(98, max(35, rng.gauss(skill, 8)))))
        device = "机房 3 号" if one.login in ("p07", "p08") else f"本人 {one.login}"
        absent = one.kind == "never"
        rows.append(
            [
                one.login,
                "" if absent else mark,
                "缺考" if absent else "",
                "" if absent else str(rng.randint(45, 80)),
                "" if absent else device,
            ]
        )
    import_results(load.db, id, rows, by=staff, now=load.at(5))
    form = ExamForm("", load.at(-20).astimezone(ZONE).date(), resit_of=id, pass_mark=Decimal(60))
    create_exam(load.db, load.programme_id, form, by=staff, now=load.at(4))


def _declarations(load: _Load) -> None:
    day = load.at(12).astimezone(ZONE).date()
    papers = {
        "p01": "乡村小学作业设计的三个案例",
        "p02": "校本教研如何从“开会”走向“解决问题”",
        "p06": "留守儿童家校沟通的实践",
    }
    for n, (login, title) in enumerate(papers.items()):
        content = Content(title, "以本校两年的做法为例，说明起因、做法和结果。", day, facts=OUTPUT)
        id = load.declared(login, "research", content, load.at(11), "论文全文（演示）")
        if n == 2:
            continue  # this one waits
        load.confirm(id, load.at(10), "证明材料齐全。")
        for expert in ("expert1", "expert2"):
            seat_expert(
                load.db, id, load.accounts[expert], third=False, by=load.accounts["liaison"], now=load.at(10, 11)
            )
        graded = (("expert1", "A"), ("expert2", "B")) if n == 0 else (("expert1", "B"),)
        for expert, level in graded:
            words = "选题切合实际，数据还可再充实。"
            grade_output(load.db, id, level, words=words, by=load.accounts[expert], now=load.at(9))
    note = Content("课程领导力", "校长的课程领导，先是听课，再是和教师一起改一节课。", facts={"unit": "课程领导"})
    load.confirm(load.declared("p01", "note", note, load.at(9)), load.at(8), "有自己的想法。", by="headteacher")
    load.confirm(
        load.declared("p03", "note", note, load.at(7)),
        load.at(6),
        "与同学的笔记雷同，请写自己的体会。",
        "returned",
        "headteacher",
    )
    load.declared(
        "p06", "note", Content("校园安全", "三张清单：人、物、时间。", facts={"unit": "校园安全"}), load.at(2)
    )
    facts = {"author": "苏霍姆林斯基", "monograph": "yes"}
    read = load.declared(
        "p01", "reading", Content("给教师的建议", "第二条和第十条最有用。", day, facts=facts), load.at(8)
    )
    load.confirm(read, load.at(7))


def _surveys(load: _Load) -> None:
    staff, rng = load.accounts["centre"], Random("the demo's survey")
    questions, _faults = parse_questions(SATISFACTION)
    form = SurveyForm(
        "satisfaction",
        "期中满意度调查",
        "请如实填写，帮助我们改进。",
        load.at(10),
        load.at(3),
        questions,
        ["school_kind"],
    )
    id = create_survey(load.db, load.programme_id, form, by=staff, now=load.at(11))
    for one in learners():
        if one.kind == "never":
            continue
        pleased = 0.92 if one.school_kind == "city" else 0.7
        typed = {n: [str(rng.choice([0, 1, 1]) if rng.random() < pleased else 3)] for n in range(6)}
        answer_survey(load.db, id, load.ids[one.login], typed, now=load.at(rng.uniform(4, 9)))
    shuffle_closed(load.db, load.at(2))
    needs, _faults = parse_questions(NEEDS)
    asked = SurveyForm(
        "needs", "下半年选课需求", "", load.at(1), load.clock() + timedelta(days=14), needs, ["school_kind"]
    )
    create_survey(load.db, load.programme_id, asked, by=staff, now=load.at(2))


def _questions(load: _Load) -> None:
    said = (
        (
            "p06",
            "作业设计",
            "低年级书面作业怎样分层，家长才不会觉得不公平？",
            "expert1",
            "先分目标，再分难度；分层写在反馈里，不写在名单上。",
        ),
        (
            "p02",
            "校园安全",
            "校外摊贩屡劝不止，学校能做到哪一步？",
            "expert2",
            "学校没有执法权，书面报告、留下回执，同时把出校时间错开。",
        ),
        ("p12", "教师发展", "只有六位教师的学校，教研怎样开展？", None, None),
    )
    for n, (login, topic, words, expert, reply) in enumerate(said):
        with reading(load.db) as tx:
            assert account_by_login(tx, login) is not None
        when = load.at(7 - n)
        id = ask(load.db, load.programme_id, load.ids[login], topic=topic, words=words, meeting_id=None, now=when)
        if expert is not None and reply is not None:
            answer_question(load.db, id, words=reply, by=load.accounts[expert], now=when + timedelta(hours=5))
