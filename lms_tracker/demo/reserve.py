"""A third, small programme of the demo: the pool of reserve leaders, with reports, self-analyses, ballots and who would leave."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy import Engine

from lms_tracker.actions.announce import announce
from lms_tracker.actions.ballots import BallotForm, call_ballots, cast_paper, count_closed
from lms_tracker.actions.create_programme import create_programme
from lms_tracker.actions.decide_declaration import decide
from lms_tracker.actions.declare import declare
from lms_tracker.actions.import_achievements import import_achievements
from lms_tracker.actions.import_roster import import_people
from lms_tracker.actions.meetings import MeetingForm, Seen, create_meeting, record_presences
from lms_tracker.core.declarations import Content
from lms_tracker.core.roster import parse_roster
from lms_tracker.demo import cast
from lms_tracker.demo.courses import BASE
from lms_tracker.demo.term import ZONE
from lms_tracker.store.accounts import account_by_login
from lms_tracker.store.ballots import ballots_of, units_of
from lms_tracker.store.db import reading
from lms_tracker.store.people import cohort_named
from lms_tracker.store.programmes import programme_by_slug

SLUG = "p5-reserve"
PROGRAMME = "青禾市教育后备干部（演示）"
GROUPS = ("城区小学组", "柳溪中学组")
PEOPLE = (
    ("r01", "楚云霄", "青禾市示例实验小学", 0, 20),
    ("r02", "沐晨曦", "青禾市示例实验小学", 0, 15),
    ("r03", "安之若", "青禾市示例第二小学", 0, 19),
    ("r04", "晏清秋", "柳溪镇示例中学", 1, 18),
    ("r05", "关山月", "柳溪镇示例中学", 1, 20),
    ("r06", "凌寒梅", "柳溪镇示例第三中学", 1, 17),
)
"""Login, name, unit, group, and how many of 21 papers are pleased. Names are put together and belong to nobody."""
ANALYSIS = "这一年听课太少，和教师谈话多在办公室里。明年每周听三节课，课后就谈。"
CONTENT = "上午听了两节课，中午分组评课，下午讨论下学期的集体备课。"


def add_reserve_pool(db: Engine, today: date, clock: Callable[[], datetime]) -> None:
    """The pool as it stands on `today`. Done again it changes nothing."""
    with reading(db) as tx:
        there = programme_by_slug(tx, SLUG)
    dates = date(today.year - 1, 1, 1), date(today.year, 12, 31)
    now = clock()
    id = there.id if there else create_programme(db, SLUG, PROGRAMME, SLUG, *dates, cast.BUREAU, now=now)
    import_people(db, parse_roster(_roster()), SLUG, home_page=BASE, now=now, new_password=lambda: cast.PASSWORD)
    import_achievements(db, _sheet(today), SLUG, source="sheet:积分登记.xlsx", recorded_by=None, now=now)
    with reading(db) as tx:
        done = bool(ballots_of(tx, id))
    if not done:
        _activities(db, id, now)
        _analysis(db, id, now)
        _ballots(db, id, now)


def _roster() -> list[list[str]]:
    header = ["姓名", "登录名", "学校", "学校类别", "班级", "角色"]
    rows = [[name, login, unit, ("city", "town")[group], GROUPS[group], ""] for login, name, unit, group, _ in PEOPLE]
    staff = {login: name for login, name, _ in cast.STAFF}
    rows += [[staff["headteacher"], "headteacher", "", "", group, "head_teacher"] for group in GROUPS[:1]]
    return [header, *rows, [staff["centre"], "centre", "", "", "", "staff"]]


def _sheet(today: date) -> list[list[str]]:
    rows, rng, day = (
        [["登录名", "类别", "名称", "日期", "数值", "级别"]],
        Random("the demo's pool"),
        min(today, date(today.year, 1, 2)),
    )
    for n, (login, *_rest) in enumerate(PEOPLE):
        rows.append(
            [login, "exam", f"{today.year} 年上学期考试", day.isoformat(), str(rng.randint(52 + 6 * n, 96)), ""]
        )
        books = ("给教师的建议", "静悄悄的革命", "乡土中国", "论语译注")[: rng.randint(1, 4)]
        rows += [
            [login, "reading", book, day.isoformat(), "", "education" if book == books[0] else "general"]
            for book in books
        ]
        if n % 2:
            rows.append([login, "training", "市级后备干部培训班", day.isoformat(), "", "city"])
    return rows


def _account(db: Engine, login: str) -> tuple[int, int]:
    """(account, learner)."""
    with reading(db) as tx:
        row = account_by_login(tx, login)
    assert row is not None
    return int(row.id), int(row.learner_id or 0)


def _activities(db: Engine, id: int, now: datetime) -> None:
    """One activity that was reported on time, one late, one not at all."""
    head, _ = _account(db, "headteacher")
    writer, learner = _account(db, "r01")
    with reading(db) as tx:
        group = cohort_named(tx, id, GROUPS[0])
    for title, ago, handed_in in (("联片教研：集体备课", 25, 1), ("跟岗交流", 15, 8), ("读书沙龙", 6, None)):
        ends = datetime.combine(now.astimezone(ZONE).date() - timedelta(days=ago), time(16), ZONE)
        form = MeetingForm("activity", title, "示例实验小学", ends - timedelta(hours=4), ends, cohort_id=group)
        meeting = create_meeting(db, id, form, by=head, now=ends - timedelta(days=7))
        seen = {
            _account(db, login)[1]: Seen("present") for login in ("r01", "r02", "r03") if (login, ago) != ("r02", 15)
        }
        record_presences(db, meeting, seen, how="list", by=head, now=ends)
        if handed_in is not None:
            facts = {"highlights": "三所学校第一次一起备课，留下了共用的教案。"}
            content, at = Content(title, CONTENT, about=meeting, facts=facts), ends + timedelta(days=handed_in)
            report = declare(
                db, id, learner, "report", content, files=[("活动照片说明.txt", "演示文件".encode())], by=writer, now=at
            )
            decide(db, report, "confirmed", words="", by=head, now=at + timedelta(hours=3))


def _analysis(db: Engine, id: int, now: datetime) -> None:
    writer, learner = _account(db, "r01")
    at = now - timedelta(days=2)
    content = Content(f"{at.year} 年自我剖析", ANALYSIS, about=at.year)
    declare(db, id, learner, "analysis", content, files=[], by=writer, now=at)


def _ballots(db: Engine, id: int, now: datetime) -> None:
    """Last week's, counted: of one of whom too few are pleased. And one that is open."""
    staff, _ = _account(db, "centre")
    pleased = {name: share for _login, name, _unit, _group, share in PEOPLE}
    with reading(db) as tx:
        units = {unit.id: [pleased[one.name] for one in people] for unit, people in units_of(tx, id)}
    opens, closes = now - timedelta(days=9), now - timedelta(days=2)
    form = BallotForm(
        f"{now.year} 年度群众满意度", "请按平时的了解评价，无记名。", opens, closes, 50, dict.fromkeys(units, 24)
    )
    for (_unit, shares), one in zip(
        sorted(units.items()), call_ballots(db, id, form, by=staff, now=opens), strict=True
    ):
        for n, code in enumerate(one.codes[:21]):
            paper = {at: [str(n % 2 + (0 if n < share else 2))] for at, share in enumerate(shares)}
            cast_paper(db, code, paper, now=opens + timedelta(hours=1))
    count_closed(db, now)
    closes = now + timedelta(days=7)
    extra = BallotForm("学期中群众意见", "", now - timedelta(hours=1), closes, 50, {min(units): 12})
    call_ballots(db, id, extra, by=staff, now=now)
    on = now.date() + timedelta(days=5)
    announce(db, id, kind="holiday", title="放假（演示）", on=on, until_on=on + timedelta(days=2), by=staff, now=now)
