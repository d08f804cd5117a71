"""A second, small programme of the demo: annual credit cards, so that points, resits and a result set by hand can be seen."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Engine

from lms_tracker.actions.create_programme import create_programme
from lms_tracker.actions.import_achievements import import_achievements
from lms_tracker.actions.import_roster import import_people
from lms_tracker.actions.override_grade import override_grade
from lms_tracker.core.roster import parse_roster
from lms_tracker.demo import cast
from lms_tracker.demo.courses import BASE
from lms_tracker.store.accounts import account_by_login
from lms_tracker.store.db import reading
from lms_tracker.store.overrides import overrides_until
from lms_tracker.store.programmes import programme_by_slug

SLUG = "p3-credit-card"
PROGRAMME = "青禾市干部学时学分制（演示）"
COHORT = "干部一班"
UNITS = ("青禾市示例一局", "青禾市示例二局", "青禾市示例三局")
PEOPLE = (
    ("c01", "蓝采薇", 10, "84", None, (("training", "省级领导干部研修班", "province"), ("publication", "县域治理札记", "prefecture"))),
    ("c02", "庄晓梦", 6, "48", "90", (("course", "公文写作", ""),)),
    ("c03", "温岚柏", 4, "91", None, (("certificate", "计算机等级考试", "national"), ("degree", "公共管理硕士", "master"))),
    ("c04", "郁离思", 3, "77", None, ()),
    ("c05", "鹿鸣野", 5, "55", "58", (("training", "市级专题培训班", "city"),)),
    ("c06", "祁连雪", 8, "62", None, (("publication", "乡村振兴调查", "province"),)),
    ("c07", "苗映秋", 0, None, None, ()),
    ("c08", "谷雨生", 7, "88", None, (("diploma", "法学本科", "bachelor"),)),
)  # fmt: skip
"""Login, name, weekend classes attended each year, mark of the exam, of its resit, and what else there was (kind, item,
level). Names are put together and belong to nobody."""
HELD = (
    "bachelor_both",
    "college",
    "bachelor_one",
    "secondary",
    "master_one",
    "bachelor_both",
    "college",
    "bachelor_one",
)
SET_BY_HAND = ("c04", "weekend", "50", "援藏期间无法参加第四次周末课堂，经领导小组会议同意按四次计。")


def add_credit_cards(db: Engine, today: date, now: datetime) -> int:
    """The programme as it stands on `today`, in its second year. Done again it changes nothing; the programme's id."""
    with reading(db) as tx:
        there = programme_by_slug(tx, SLUG)
    starts_on, ends_on = date(today.year - 1, 1, 1), date(today.year, 12, 31)
    id = (
        there.id
        if there
        else create_programme(db, SLUG, PROGRAMME, "p3-credit-card", starts_on, ends_on, cast.BUREAU, now=now)
    )
    import_people(db, parse_roster(_roster()), SLUG, home_page=BASE, now=now, new_password=lambda: cast.PASSWORD)
    import_achievements(db, _sheet(today), SLUG, source="sheet:学分登记.xlsx", recorded_by=None, now=now)
    login, part, after, reason = SET_BY_HAND
    with reading(db) as tx:
        account, staff = account_by_login(tx, login), account_by_login(tx, "centre")
        assert account is not None and staff is not None and account.learner_id is not None
        done = list(overrides_until(tx, id, now, [account.learner_id]))
    if not done:
        override_grade(db, id, account.learner_id, part, after, reason=reason, by=staff.id, now=now)
    return int(id)


def _roster() -> list[list[str]]:
    header = ["姓名", "登录名", "学校", "学校类别", "班级", "角色"]
    rows = [[name, login, UNITS[n % 3], "city", COHORT, ""] for n, (login, name, *_) in enumerate(PEOPLE)]
    staff = {login: name for login, name, _ in cast.STAFF}
    rows += [[staff["headteacher"], "headteacher", "", "", COHORT, "head_teacher"]]
    return [header, *rows, [staff["centre"], "centre", "", "", "", "staff"]]


def _sheet(today: date) -> list[list[str]]:
    header = ["登录名", "类别", "名称", "日期", "分数", "级别", "第几次"]
    rows = [
        [login, kind, item, day.isoformat(), mark, level, attempt]
        for person, held in zip(PEOPLE, HELD, strict=True)
        for login, kind, item, day, mark, level, attempt in _of(person, held, today)
        if day <= today
    ]
    return [header, *rows]


def _of(person: tuple[object, ...], held: str, today: date) -> Iterator[tuple[str, str, str, date, str, str, str]]:
    """Everything of one person, in both years; what is still to come is left out by the caller."""
    login, _name, attended, mark, resit, others = person
    assert isinstance(login, str) and isinstance(attended, int) and isinstance(others, tuple)
    yield login, "education", "入职登记", date(today.year - 1, 1, 4), "", held, ""
    for year in (today.year - 1, today.year):
        for n in range(attended):
            saturday = date(year, 1, 1) + timedelta(days=(5 - date(year, 1, 1).weekday()) % 7 + 28 * n + 7)
            yield login, "attendance", f"{year} 年周末课堂第 {n + 1} 讲", saturday, "", "", ""
        if mark:
            yield login, "exam", f"{year} 年重点课程", date(year, 12, 5), str(mark), "", "1"
        if resit:
            yield login, "exam", f"{year} 年重点课程", date(year, 12, 19), str(resit), "", "2"
    for kind, item, level in others:
        yield login, kind, item, date(today.year - 1, 9, 12), "", level, ""
