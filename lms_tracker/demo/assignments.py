"""Assignments of the demo: one that is open, one under peer review, and two texts that say the same in places."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from sqlalchemy import Engine

from lms_tracker.actions.assess import Judgement, assess, review
from lms_tracker.actions.compare_texts import Comparer
from lms_tracker.actions.hand_in import hand_in, save_draft
from lms_tracker.actions.keep_assignments import keep_assignments
from lms_tracker.actions.set_terms import set_terms
from lms_tracker.core.assignments.rubric import parse_rubric
from lms_tracker.core.assignments.terms import PeerRules, Terms
from lms_tracker.core.originality.overlap import overlap
from lms_tracker.core.originality.text import Shingled, shingled
from lms_tracker.store import assessments, assignments, submissions
from lms_tracker.store.accounts import account_by_login
from lms_tracker.store.db import reading

RUBRIC = parse_rubric(
    "问题：来自本校，有数据或事实 | 优 30 | 良 24 | 中 18 | 差 8\n"
    "做法：步骤清楚，有分工和时间 | 优 40 | 良 32 | 中 24 | 差 10\n"
    "效果与反思：说明变化，也说明不足 | 优 30 | 良 24 | 中 18 | 差 8"
)
OPEN, PEERS = "作业：一次校本研修的设计", "作业：我校的一项改进（互评）"
ASK = "结合本校实际写一篇 500 字以上的文章：要解决什么问题，怎样做，效果如何，下一步怎么办。可附照片或表格。"
WRITERS = [f"p{n:02}" for n in range(1, 13)]
COPIED = ("p04", "p09")
"""The second takes a paragraph from the first."""
REMARKS = [
    "问题抓得准，数据再多一些就更有说服力。",
    "步骤清楚，建议写明由谁负责、何时检查。",
    "效果部分写得实在，反思可以再深入。",
    "做法值得借鉴，我校也想试一试。",
]

_WHEN = [
    "每周三下午",
    "开学初",
    "期中前",
    "隔周教研日",
    "上学期末",
    "课后服务时",
    "备课之前",
    "开放日当天",
    "午间",
    "月末",
    "国庆后",
    "质检过后",
    "家长会前",
    "学期中段",
]
_WHO = [
    "语文组",
    "数学组",
    "英语组",
    "年级主任",
    "青年教师",
    "班主任",
    "骨干教师",
    "科学组",
    "校长室",
    "教导处",
    "美术组",
    "体育组",
    "新老师",
    "教研组长",
]
_HOW = ["围绕", "针对", "借着", "就", "对照", "带着", "沿着", "结合", "抓住", "聚焦", "从", "绕开", "重看", "细化"]
_WHAT = [
    "作业设计",
    "课堂提问",
    "个别辅导",
    "单元备课",
    "阅读习惯",
    "实验教学",
    "家校沟通",
    "小组合作",
    "错题整理",
    "口算训练",
    "习作讲评",
    "劳动课程",
    "校园安全",
    "社团活动",
]
_DID = [
    "磨课两轮",
    "列了清单",
    "互听三节",
    "请人把脉",
    "写下疑问",
    "排出台阶",
    "比较数据",
    "定人跟进",
    "拍成短片",
    "画出流程",
    "试了半月",
    "访谈学生",
    "改写教案",
    "分层布置",
]
_SO = [
    "举手多了",
    "省出时间",
    "订正快了",
    "来电少了",
    "旁批多了",
    "敢开课了",
    "仍有难点",
    "还要再看",
    "分数平稳",
    "笑声多了",
    "争论不少",
    "家长点头",
    "坚持不易",
    "渐成习惯",
]


def _writings(new: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Who wrote what for the assignment under review."""
    copied = ""
    for login in WRITERS:
        text = next(new)
        if login == COPIED[0]:
            copied = text.split("\n")[1]
        if login == COPIED[1]:
            first, _, *rest = text.split("\n")
            text = "\n".join([first, copied, *rest])
        yield login, text


def load_assignments(db: Engine, programme_id: int, seed: int, as_of: datetime, clock: Callable[[], datetime]) -> None:
    """Both, through the actions that people go through. May be done again after an interruption."""
    people = _people(db)
    rng = Random(f"{seed} assignments")
    new = texts(rng)
    open_one = _set(db, programme_id, Terms(OPEN, "assignments", ASK, RUBRIC, due_at=as_of + timedelta(days=9), late="deduct",
                                            deduct_per_day=Decimal(5), late_until=as_of + timedelta(days=14)), as_of)  # fmt: skip
    peer = PeerRules(3, as_of + timedelta(days=5), apart="school", counts_pct=Decimal(40), component="assignments")
    terms = Terms(PEERS, "assignments", ASK, RUBRIC, due_at=as_of - timedelta(days=1), anonymous=True, peer=peer)
    under_review = _set(db, programme_id, terms, as_of)
    for n, (login, text) in enumerate(_writings(new)):
        _hand_in(db, under_review, people[login], text, as_of - timedelta(days=2, minutes=7 * n))
    for n, login in enumerate(WRITERS[6:]):
        _hand_in(db, open_one, people[login], next(new), as_of - timedelta(hours=3 + n))
    save_draft(db, open_one, people["p01"], next(new)[:120], as_of - timedelta(hours=1))
    keep_assignments(db, clock())
    _review(db, under_review, rng, clock())
    _mark(db, under_review, people, rng, clock())
    while Comparer(db).run(clock):
        pass


def _people(db: Engine) -> dict[str, int]:
    with reading(db) as tx:
        rows = {login: account_by_login(tx, login) for login in WRITERS}
    return {login: row.learner_id for login, row in rows.items() if row is not None and row.learner_id is not None}


def _set(db: Engine, programme_id: int, terms: Terms, as_of: datetime) -> int:
    with reading(db) as tx:
        there = assignments.assignment_titled(tx, programme_id, terms.title)
    id = None if there is None else there.id
    return set_terms(db, programme_id, terms, assignment_id=id, by=None, now=as_of - timedelta(days=12))


def _hand_in(db: Engine, assignment_id: int, learner_id: int, text: str, now: datetime) -> None:
    with reading(db) as tx:
        there = submissions.versions_of(tx, assignment_id, learner_id)
    if not there:
        hand_in(db, assignment_id, learner_id, text=text, now=now)


def _review(db: Engine, assignment_id: int, rng: Random, now: datetime) -> None:
    """Two thirds of the reviews are in; one of them is far off."""
    with reading(db) as tx:
        pairs = assessments.pairs_of(tx, assignment_id)
    for n, pair in enumerate(pairs[: len(pairs) * 2 // 3]):
        levels = {0: 3, 1: 3, 2: 3} if n == 4 else {c: rng.choice([0, 0, 1, 1, 2]) for c in range(len(RUBRIC))}
        review(db, pair.id, Judgement(levels, {}, rng.choice(REMARKS)), reviewer=pair.learner_id, now=now)


def _mark(db: Engine, assignment_id: int, people: dict[str, int], rng: Random, now: datetime) -> None:
    """An expert has begun."""
    with reading(db) as tx:
        works = submissions.latest_works(tx, assignment_id)
        expert = account_by_login(tx, "expert1")
    assert expert is not None
    for work in works[:4]:
        levels = {c: rng.choice([0, 1, 1, 2]) for c in range(len(RUBRIC))}
        made = Judgement(levels, {1: "请写明检查的时间。"}, rng.choice(REMARKS))
        assess(db, assignment_id, work.id, made, by=expert.id, now=now)


def _text(rng: Random) -> str:
    """Four paragraphs of invented sentences, no two alike."""
    return "\n".join("".join(_sentence(rng) for _ in range(rng.randint(4, 6))) for _ in range(4))


def _sentence(rng: Random) -> str:
    parts = [rng.choice(words) for words in (_WHEN, _WHO, _HOW, _WHAT, _DID, _SO)]
    return f"{parts[0]}，{parts[1]}{parts[2]}{parts[3]}{parts[4]}，{parts[5]}。"


def texts(rng: Random) -> Iterator[str]:
    """Invented texts of which no two are alike: one that happens to be is written anew."""
    before: list[Shingled] = []
    while True:
        text = _text(rng)
        one = shingled(text)
        if not any(overlap(one, other).worth_a_look for other in before):
            before.append(one)
            yield text
