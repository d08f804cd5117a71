"""What the people of the small world studied, and what they handed in."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, Engine, insert, select, update

from lms_tracker.actions.compare_texts import Comparer
from lms_tracker.actions.hand_in import hand_in
from lms_tracker.actions.set_terms import set_terms
from lms_tracker.core.assignments.rubric import parse_rubric
from lms_tracker.core.assignments.terms import PeerRules, Terms
from lms_tracker.store import tables as t
from lms_tracker.store.db import writing
from tests.web.people import MINUTE, NOW, UNIT, ZONE, World, add, first_day


def study(
    tx: Connection, learner: int, day: date, *, credited: int, held: int = 0, activity: str = UNIT, hour: int = 19,
    **discounted: int,
) -> None:  # fmt: skip
    """One session of a day; amounts in minutes."""
    at = int(datetime(day.year, day.month, day.day, hour, tzinfo=ZONE).timestamp()) * 1_000_000
    intervals = []
    for verdict, minutes in [("credited", credited), ("held", held), *discounted.items()]:
        if minutes:
            length = minutes * MINUTE
            ids = [f"00000000-0000-4000-8000-{n:012d}" for n in (at // 10**7 % 10**11, at // 10**7 % 10**11 + 1)]
            intervals.append(
                {"start_us": at, "end_us": at + length, "amount_us": length, "media": None, "verdict": verdict,
                 "statements": ids}
            )  # fmt: skip
            at += length
    amounts = {reason: minutes * MINUTE for reason, minutes in discounted.items() if minutes}
    add(
        tx, t.ledger, learner_id=learner, activity=activity, session=f"s-{learner}-{day}-{hour}", registration="",
        date=day, raw_us=(credited + held) * MINUTE + sum(amounts.values()), credited_us=credited * MINUTE,
        held_us=held * MINUTE, discounted=json.dumps(amounts), intervals=json.dumps(intervals), evidence="declared",
        policy="p1-principals@test", engine="1", posted_at=NOW,
    )  # fmt: skip


def judge_anew(tx: Connection, learner: int, cause: str, at: datetime, *, less: int, but: int = 0) -> list[int]:
    """All that the learner has studied is judged by other rules: so many minutes less count of each session but the first ones.
    The microseconds that counted of each before."""
    c = t.ledger.c
    old = tx.execute(select(t.ledger).where(c.learner_id == learner).order_by(c.id)).mappings().all()
    tx.execute(update(t.ledger).where(c.learner_id == learner).values(reversed_at=at, cause=cause))
    for n, row in enumerate(old):
        fewer = less * MINUTE if n >= but else 0
        amounts = {"credited_us": row["credited_us"] - fewer, "raw_us": row["raw_us"] - fewer}
        values = {**row, **amounts, "posted_at": at, "policy": cause.split()[1]}
        tx.execute(insert(t.ledger).values({key: value for key, value in values.items() if key != "id"}))
    return [row["credited_us"] for row in old]


def some_study(db: Engine, world: World, now: datetime = NOW) -> None:
    """Five weeks for Li, a little for Wang, nothing for Zhao; marks for Li."""
    first_on = first_day(now)
    with writing(db) as tx:
        li, wang = world.learner["p1.li"], world.learner["p1.wang"]
        for week in range(5):
            monday = first_on + timedelta(days=1, weeks=week)
            study(tx, li, monday, credited=80, hidden=10 if week % 2 else 0)
            study(tx, li, monday + timedelta(days=2), credited=40, held=15 if week == 3 else 0, unanswered=12, gap=3)
        study(tx, wang, first_on + timedelta(days=3), credited=30, repeat=30)
        for component, mark in (("assignments", "88"), ("research", "91.5")):
            add(
                tx, t.mark, assignment_id=world.assignment[f"p1.{component}"], learner_id=li, mark=Decimal(mark),
                comment="论证充分，建议补充数据。", marked_by=world.account["p1.expert"],
                marked_at=now - timedelta(days=2),
            )  # fmt: skip


WORK_TEXT = (
    "我校的做法是先听课、再议课、后改课，每一步都有记录，每学期末由全体教师一起回看这些记录并提出下一步的改进意见。" * 3
)


def some_work(db: Engine, world: World, now: datetime = NOW) -> None:
    """An assignment of the first district that was due yesterday: Li, Wang and Zhao have handed in, Wang's text has
    passages of Zhao's, and Li is to review Zhao's, who has objected to a mark."""
    terms = Terms(
        "校本研修案例", "assignments", "写一个案例。", parse_rubric("论证：有数据 | 优 60 | 差 20\n结构 | 好 40 | 差 10"),
        due_at=now - timedelta(days=1), peer=PeerRules(1, now + timedelta(days=5), counts_pct=Decimal(40)),
    )  # fmt: skip
    world.work = set_terms(db, world.programme["p1"], terms, by=world.account["p1.staff"], now=now - timedelta(days=9))
    ids = {}
    for login in ("p1.li", "p1.wang", "p1.zhao"):
        text = f"{login}：" + (WORK_TEXT if login != "p1.li" else "完全不同的一篇，写的是家校沟通。" * 8)
        files = [("赵强的附件.txt", "附件里的话".encode())] if login == "p1.zhao" else []
        done = hand_in(db, world.work, world.learner[login], text=text, files=files, now=now - timedelta(days=2))
        ids[login] = done.submission_id
    Comparer(db).run(lambda: now)
    world.submission, world.other_submission = ids["p1.zhao"], ids["p1.wang"]
    with writing(db) as tx:
        files_of = t.submission_file.c
        world.work_file = tx.scalar(select(files_of.id).where(files_of.submission_id == world.submission)) or 0
        world.pair = add(
            tx, t.peer_pair, assignment_id=world.work, submission_id=world.submission,
            learner_id=world.learner["p1.li"], made_at=now,
        )  # fmt: skip
        world.mark_objection = add(tx, t.mark_objection, submission_id=world.submission, words="请复核", filed_at=now)
