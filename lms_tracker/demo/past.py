"""A fourth, small programme of the demo, which is over: its results are frozen, were published, and certificates were given out.

Everything happened when it would have happened: each action gets the instant of then.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

import msgspec
from sqlalchemy import Engine

from lms_tracker.actions.create_assignment import create_assignment
from lms_tracker.actions.create_programme import create_programme
from lms_tracker.actions.credentials import NameTaken, create_credential
from lms_tracker.actions.freeze_results import freeze_results
from lms_tracker.actions.import_achievements import import_achievements
from lms_tracker.actions.import_catalogue import import_units
from lms_tracker.actions.import_roster import import_people
from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.issue_certificates import issue_certificates
from lms_tracker.actions.publish_results import answer_objection, file_objection, publish_results
from lms_tracker.actions.record_mark import record_mark
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.core.catalogue import parse_catalogue
from lms_tracker.core.roster import parse_roster
from lms_tracker.demo import cast
from lms_tracker.demo.cast import Learner
from lms_tracker.demo.courses import BASE, Unit
from lms_tracker.demo.tape import Sent, Tape
from lms_tracker.demo.term import at
from lms_tracker.store.accounts import account_by_login
from lms_tracker.store.credentials import credential_named, credential_of
from lms_tracker.store.db import reading
from lms_tracker.store.programmes import programme_by_slug
from lms_tracker.store.results import certificates_of_results, notice_of, versions

SLUG = "p2-last-year"
PROGRAMME = "青禾市大规模校长远程培训（上一期，演示）"
COHORT = "上一期网络一班"
SOURCE = "demo-lecture-hall"
PEOPLE = (
    ("g01", "祝清晏", "青禾市示例第五小学", 18, (92, 95, 88, 90), (10, 6, 4), "A"),
    ("g02", "宋时微", "青禾市示例第六中学", 18, (81, 78, 85, 80), (8, 6, 4), "B"),
    ("g03", "努尔比耶·阿布都热合曼", "柳溪镇示例中心小学", 15, (74, 70, 82, 66), (6, 6, 3), "B"),
    ("g04", "简不言", "柳溪镇示例第四中学", 7, (68, 72, 60, 0), (2, 3, 1), "C"),
    ("g05", "戚远道", "青禾市示例第七小学", 16, (77, 83, 79, 81), (10, 5, 4), "C"),
)
"""Login, name, school, lectures heard to their end, marks (0: not handed in), how often they took part in exchange, reviewed
and met, and the level of the research output. Names are put together and belong to nobody."""
LECTURES, LECTURE_S, STRETCH_S = 18, 9000, 1790  # half an hour is the most that counts between two statements
WORK = ("作业一：学校诊断", "作业二：课程方案", "作业三：教研计划", "作业四：改进总结")
OVER, DAYS = 45, 7
"""So many days ago the programme ended; so many days its results were public."""
OBJECTS = "g04"
WORDS = "我觉得自己听的课不止这些，请核对学时。"
ANSWER = "已逐条核对：计入的是七讲，其余十一讲没有学习记录。您可以在“我的学习”里看到每一次学习。"


def add_past_programme(db: Engine, today: date, clock: Callable[[], datetime]) -> int:
    """The programme as it stands on `today`, long after its end. Done again it changes nothing; its id."""
    ends_on = today - timedelta(days=OVER)
    starts_on = ends_on - timedelta(days=364)
    began = at(starts_on, time(8))
    with reading(db) as tx:
        there = programme_by_slug(tx, SLUG)
    dates = starts_on, ends_on
    id = there.id if there else create_programme(db, SLUG, PROGRAMME, "p2-municipal", *dates, cast.BUREAU, now=began)
    import_units(db, parse_catalogue(_catalogue()), SLUG, now=began)
    import_people(db, parse_roster(_roster()), SLUG, home_page=BASE, now=began, new_password=lambda: cast.PASSWORD)
    _study(db, starts_on)
    settle_all(db, lambda: at(ends_on, time(23)))
    _achieve(db, id, ends_on)
    _publish(db, id, ends_on)
    return int(id)


def _units() -> Iterator[Unit]:
    for n in range(LECTURES):
        course = n // 3 + 1
        title, of = f"第 {n + 1} 讲（录像）", f"办学治校专题 {course}"
        yield Unit(
            f"{BASE}/past/lecture-{n + 1:02}", title, "video", LECTURE_S, of, f"{BASE}/past/course-{course}", "required"
        )


def _catalogue() -> list[list[str]]:
    header = ["课程", "课程类别", "单元", "活动标识", "单元类别", "时长"]
    return [header, *([u.course, u.course_kind, u.title, u.iri, u.kind, "2:30:00"] for u in _units())]


def _roster() -> list[list[str]]:
    header = ["姓名", "登录名", "学校", "学校类别", "班级", "角色"]
    rows = [
        [name, login, school, "town" if school.startswith("柳溪") else "city", COHORT, ""]
        for login, name, school, *_ in PEOPLE
    ]
    staff = {login: name for login, name, _ in cast.STAFF}
    rows += [[staff["headteacher"], "headteacher", "", "", COHORT, "head_teacher"]]
    return [
        header,
        *rows,
        *([staff[one], one, "", "", "", role] for one, role in (("centre", "staff"), ("liaison", "liaison"))),
    ]


def _study(db: Engine, starts_on: date) -> None:
    """One lecture every other Saturday, on a platform that only says what its player does."""
    sent: list[Sent] = []
    for login, name, school, heard, *_ in PEOPLE:
        who = Learner(login, name, school, "city", "steady", 0)
        for n, unit in enumerate(list(_units())[:heard]):
            opened = at(starts_on + timedelta(days=14 + 14 * n), time(9, 5))
            sent += _heard(who, unit, opened)
    sent.sort(key=lambda one: (one.stored, one.statement["id"]))
    try:
        source = create_credential(db, SOURCE, now=at(starts_on, time(8)))[0]
    except NameTaken:
        with reading(db) as tx:
            row = credential_named(tx, SOURCE)
        assert row is not None
        source = credential_of(row)
    ingest(
        db,
        [msgspec.json.encode(one.statement) for one in sent],
        credential=source,
        evidence=source.evidence,
        now=sent[-1].stored,
        received=True,
        stored=[one.stored for one in sent],
    )


def _heard(who: Learner, unit: Unit, opened: datetime) -> list[Sent]:
    key = f"past {who.login} {unit.iri}"
    tape = Tape(
        who, unit, opened, key, Random(key), platform="青禾讲堂", beats=False, input_gap_s=None,
        programme=f"{BASE}/programme/{SLUG}",
    )  # fmt: skip
    tape.open()
    tape.play()
    while not tape.at_end:
        tape.run(STRETCH_S)
        tape.set_rate(1.0)
    tape.close()
    return tape.sent


def _achieve(db: Engine, id: int, ends_on: date) -> None:
    expert, _ = _person(db, "expert1")
    marked = at(ends_on - timedelta(days=20), time(15))
    opened = at(ends_on - timedelta(days=200), time(8))
    learners = {login: _person(db, login)[1] for login, *_ in PEOPLE}
    for n, title in enumerate(WORK):
        due = ends_on - timedelta(days=190 - 40 * n)
        work = create_assignment(db, id, "assignments", title, due, now=opened)
        for login, _name, _school, _heard, given, *_ in PEOPLE:
            if given[n]:
                mark = Decimal(given[n])
                record_mark(db, work, learners[login], mark, marked_by=expert, comment=None, now=marked)
    import_achievements(
        db, _sheet(ends_on), SLUG, source="sheet:上一期登记.xlsx", recorded_by=None, now=at(ends_on, time(22))
    )


def _sheet(ends_on: date) -> list[list[str]]:
    rows = [["登录名", "类别", "名称", "日期", "数值", "级别"]]
    day = (ends_on - timedelta(days=30)).isoformat()
    for login, _name, _school, _heard, _marks, (took_part, reviewed, met), level in PEOPLE:
        rows.append([login, "participation", "网络研讨发言", day, str(took_part), ""])
        rows += [[login, "review", f"互评第 {n + 1} 份", day, "", ""] for n in range(reviewed)]
        rows += [[login, "attendance", f"片区现场活动 {n + 1}", day, "", ""] for n in range(met)]
        rows.append([login, "research", "研修成果：学校改进案例", day, "", level])
    return [*rows, ["g01", "publication", "小规模学校的联合教研", day, "", "province"]]


def _publish(db: Engine, id: int, ends_on: date) -> None:
    """Frozen, public for a week with an objection that was declined, then certificates for whoever passed or was honoured."""
    staff, _ = _person(db, "centre")
    account, learner = _person(db, OBJECTS)
    frozen_at = at(ends_on + timedelta(days=3), time(10))
    with reading(db) as tx:
        there = versions(tx, id)
    result = there[0].id if there else freeze_results(db, id, reason="结业评定", by=staff, now=frozen_at).id
    with reading(db) as tx:
        published, certified = notice_of(tx, result), certificates_of_results(tx, result)
    if published is None:
        notice = publish_results(db, result, days=DAYS, contact="继教中心 骆老师", by=staff, now=frozen_at)
        objected = file_objection(
            db, notice, words=WORDS, about=learner, account_id=account, now=frozen_at + timedelta(days=2)
        )
        answered = frozen_at + timedelta(days=4)
        answer_objection(db, notice, objected, upheld=False, words=ANSWER, by=staff, now=answered)
    if not certified:
        issue_certificates(db, result, by=staff, now=frozen_at + timedelta(days=DAYS + 3))


def _person(db: Engine, login: str) -> tuple[int, int]:
    """(account, learner)."""
    with reading(db) as tx:
        row = account_by_login(tx, login)
    assert row is not None
    return int(row.id), int(row.learner_id or 0)
