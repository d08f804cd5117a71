"""A small world for the web tests, put straight into the tables.

Two districts with a programme each. In the first: class one with Li and Wang (Wang is also its monitor), class two with
Zhao; head teachers, liaison, expert, staff, bureau. In the second the same roles: the outsiders.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from sqlalchemy import Connection, Engine, insert

from lms_tracker.core import sealed as sealing
from lms_tracker.core.ballot import digest_of
from lms_tracker.core.erasure import seal
from lms_tracker.core.results import certificates
from lms_tracker.core.uploads import Upload
from lms_tracker.store import tables as t
from lms_tracker.store.db import writing
from lms_tracker.store.files import keep_file

ZONE = ZoneInfo("Asia/Shanghai")
CODES = tuple(f"ABCD2345WXY{n}" for n in range(2, 8))
"""Of the open ballot of the first district."""
NOW = datetime(2026, 4, 5, 12, 0, tzinfo=ZONE).astimezone(UTC)
PASSWORD = "four calm herons"
UNIT = "https://example.org/units/1"
MINUTE = 60_000_000


@dataclass
class World:
    """Ids by name."""

    programme: dict[str, int] = field(default_factory=dict)
    cohort: dict[str, int] = field(default_factory=dict)
    learner: dict[str, int] = field(default_factory=dict)
    account: dict[str, int] = field(default_factory=dict)
    assignment: dict[str, int] = field(default_factory=dict)
    organisation: dict[str, int] = field(default_factory=dict)
    event: dict[str, int] = field(default_factory=dict)
    bulletin: dict[str, int] = field(default_factory=dict)
    credential: int = 0
    target: int = 0
    refused: int = 0
    erasure: int = 0
    hold: int = 0
    appeal: int = 0
    appeal_file: int = 0
    work: int = 0
    submission: int = 0
    work_file: int = 0
    other_submission: int = 0
    pair: int = 0
    mark_objection: int = 0
    result: int = 0
    notice: int = 0
    objection: int = 0
    certificate: int = 0
    unit: dict[str, int] = field(default_factory=dict)
    medium: dict[str, int] = field(default_factory=dict)
    meeting: int = 0
    override: int = 0
    declaration: int = 0
    proof: int = 0
    exam: int = 0
    exam_note: int = 0
    output: int = 0
    output_file: int = 0
    book: int = 0
    survey: int = 0
    ballot: int = 0
    question: int = 0


@cache
def _hash() -> str:
    # A hash carries its own cost: a cheap one keeps hundreds of logins of the tests short.
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def first_day(now: datetime) -> date:
    """The programmes' first day: they have run for five weeks."""
    return now.astimezone(ZONE).date() - timedelta(days=35)


def build(db: Engine, now: datetime = NOW) -> World:
    """Everything but study, marks and bulletins."""
    world, first_on = World(), first_day(now)
    with writing(db) as tx:
        for n, district in enumerate(("东湖区", "西山区"), 1):
            group = add(tx, t.organisation, name=f"{district}培训领导小组", kind="leading_group")
            bureau = add(tx, t.organisation, name=f"{district}教育局", kind="bureau", parent_id=group)
            centre = add(tx, t.organisation, name=f"{district}培训中心", kind="centre", parent_id=group)
            county = add(tx, t.organisation, name=f"{district}东片", kind="district", parent_id=centre)
            for key, id in (("leading", group), ("bureau", bureau), ("centre", centre), ("district", county)):
                world.organisation[f"p{n}.{key}"] = id
            slug = f"p{n}"
            programme = world.programme[slug] = add(
                tx, t.programme, slug=slug, name=f"{district}中小学校长远程培训", policy="p1-principals",
                starts_on=first_on, ends_on=first_on + timedelta(days=364), organisation_id=bureau,
            )  # fmt: skip
            course = add(tx, t.course, programme_id=programme, title=f"学校管理 {n}", kind="required", position=1)
            iri = UNIT if n == 1 else f"{UNIT}/{n}"
            tx.execute(insert(t.activity).values(iri=iri, course_id=course, title="依法治校", kind="video", position=1))
            _content(tx, world, slug, iri)
            for key in ("one", "two"):
                world.cohort[f"{slug}.{key}"] = add(tx, t.cohort, programme_id=programme, name=f"{district}{key}班")
            for component, title in (("assignments", "作业一"), ("research", "研修成果")):
                world.assignment[f"{slug}.{component}"] = add(
                    tx, t.assignment, programme_id=programme, component=component, title=title
                )
            world.event[slug] = add(
                tx, t.calendar_event, programme_id=programme, number=n, version=1, kind="live", title=f"{district}答疑直播",
                on=first_on, until_on=first_on, cancelled=False, made_at=NOW,
            )  # fmt: skip
            first, second = world.cohort[f"{slug}.one"], world.cohort[f"{slug}.two"]
            people = [("li", "李明", first), ("wang", "王芳", first), ("zhao", "赵强", second)]
            for login, name, cohort in people:
                where = {"kind": "city" if login == "li" else "town", "parent": county if cohort == first else None}
                enrol(tx, world, programme, cohort, f"{slug}.{login}", name, **where, on=first_on)
            add_role(tx, world, f"{slug}.wang", "monitor", cohort_id=first)
            for role, scope in (
                ("head_teacher", {"cohort_id": first}),
                ("liaison", {"programme_id": programme}),
                ("expert", {"programme_id": programme}),
                ("staff", {"programme_id": programme}),
                ("bureau", {"organisation_id": bureau}),
                ("leading", {"organisation_id": group}),
                ("centre", {"organisation_id": centre}),
                ("district", {"organisation_id": county}),
            ):
                add_account(tx, world, f"{slug}.{role}", f"{district}{role}")
                name = {"leading": "leading_group", "district": "bureau"}.get(role, role)
                add_role(tx, world, f"{slug}.{role}", name, **scope)
            add_account(tx, world, f"{slug}.head2", f"{district}二班班主任")
            add_role(tx, world, f"{slug}.head2", "head_teacher", cohort_id=second)
        add_account(tx, world, "admin", "管理员")
        add_role(tx, world, "admin", "administrator")
        world.credential = add(
            tx, t.credential, name="county-lms", key="k" * 32, secret_sha256="0" * 64, created_at=NOW
        )
        world.target, world.refused = _other_stores(tx)
        world.erasure = _erasure(tx)
        _appeal(tx, world)
        _results(tx, world, now)
        _leave(tx, world)
        _exam_and_output(tx, world)
        _asked(tx, world)
    return world


def _content(tx: Connection, world: World, slug: str, iri: str) -> None:
    """A video that is somewhere else, open to learners."""
    unit = world.unit[slug] = add(tx, t.unit, activity=iri, opened_at=NOW)
    world.medium[slug] = add(
        tx, t.medium, unit_id=unit, place="url", form="video", content_type="video/mp4", name="v.mp4",
        location="https://media.example.edu/v.mp4", added_at=NOW,
    )  # fmt: skip


def _appeal(tx: Connection, world: World) -> None:
    """Of Zhao, class two of the first district: half an hour was held and rejected by a liaison who is not there any
    more; Zhao has appealed, with a file."""
    zhao, at = world.learner["p1.zhao"], int(NOW.timestamp()) * 1_000_000 - 86_400_000_000
    key = {"learner_id": zhao, "activity": UNIT, "session": "s-held", "registration": ""}
    key |= {"start_us": at, "end_us": at + 30 * MINUTE}
    signals = json.dumps([{"key": "cadence", "zh": "操作间隔几乎相同", "en": "inputs at equal intervals", "weight": 1}])
    world.hold = add(
        tx, t.decision, **key, kind="hold", reason="automation", signals=signals, model="test@0", decided_at=NOW
    )
    add(tx, t.decision, **key, kind="reject", reason="reviewed", words="看过记录", decided_at=NOW, replaces=world.hold)
    world.appeal = add(
        tx, t.appeal, **key, programme_id=world.programme["p1"], cohort_id=world.cohort["p1.two"], date=NOW.date(),
        about="held", amount_us=30 * MINUTE, hold_id=world.hold, words="当时我在记笔记。", filed_at=NOW,
    )  # fmt: skip
    world.appeal_file = add(
        tx, t.appeal_file, appeal_id=world.appeal, name="笔记.txt", kind="txt", sha256="0", content="笔记".encode()
    )


CODE = "7K4QWXYZ23AB"


def _results(tx: Connection, world: World, now: datetime) -> None:
    """Of an earlier year of the first district: Li passed; the list is published, and Li has a certificate and objects."""
    li = world.learner["p1.li"]
    world.override = add(  # withdrawn again: nobody's grade is another by it
        tx, t.grade_override, programme_id=world.programme["p1"], learner_id=li, part="final", before="0.0", after="1",
        reason="错", made_at=NOW, ended_at=NOW, ended_reason="错",
    )  # fmt: skip
    facts = {"slug": "p1", "name": "东湖区中小学校长远程培训", "organisation": "东湖区教育局"}
    facts |= {"starts_on": "2025-03-01", "ends_on": "2026-02-28"}
    hours = {"key": "coursework", "title": {"zh": "课程学习与学时", "en": "Coursework"}, "unit": "class_hours"}
    hours |= {"have": Decimal("61.5"), "target": 60, "points": 40, "weight": 40}
    person = {
        "learner": li,
        "name": "李明",
        "school": "李明所在学校",
        "cohort": "东湖区one班",
        "final": Decimal("88.5"),
    }
    person |= {"status": "passed", "result": None, "honours": [], "out": [], "parts": [hours], "missing": []}
    counts = {"learners": 1, "passed": 1, "failed": 0, "in_progress": 0, "honoured": 0, "out": 0}
    content = {"format": "lms-tracker-results/1", "programme": facts, "as_of": "2026-03-01T00:00:00Z", "honours": {}}
    content |= {"timezone": "Asia/Shanghai", "policy": "p1-principals@test", "counts": counts, "people": [person]}
    sealed = sealing.seal(content, 1)
    world.result = add(
        tx, t.frozen_result, programme_id=world.programme["p1"], version=1, as_of=now, content=sealed.decode(),
        reason="结业评定", frozen_by=world.account["p1.staff"], frozen_at=now,
    )  # fmt: skip
    world.notice = add(
        tx, t.result_notice, result_id=world.result, opens_at=now, closes_at=now + timedelta(days=7),
        contact="继教中心 王老师", published_by=world.account["p1.staff"],
    )  # fmt: skip
    world.objection = add(
        tx, t.objection, notice_id=world.notice, account_id=world.account["p1.li"], about_learner_id=li,
        words="学时少算了一节。", filed_at=now,
    )  # fmt: skip
    said = certificates.content_of(sealing.opened(sealed), person, "passed", "P1-2026-00001", now.date())
    world.certificate = add(
        tx, t.certificate, result_id=world.result, learner_id=li, kind="passed", number="P1-2026-00001", code=CODE,
        issued_on=now.date(), content=sealing.seal(said, 1).decode(), issued_by=world.account["p1.staff"], issued_at=now,
    )  # fmt: skip


def _leave(tx: Connection, world: World) -> None:
    """A meeting of class one that begins in ten minutes, and Li's leave from it, with a proof; nobody has decided."""
    world.meeting = add(
        tx, t.meeting, programme_id=world.programme["p1"], cohort_id=world.cohort["p1.one"], kind="weekend",
        title="依法治校专题", place="一号楼", starts_at=NOW + timedelta(minutes=10), ends_at=NOW + timedelta(minutes=100),
        late_min=10, least_pct=60, secret="00" * 32, made_by=world.account["p1.head_teacher"], made_at=NOW,
    )  # fmt: skip
    world.declaration = add(
        tx, t.declaration, programme_id=world.programme["p1"], learner_id=world.learner["p1.li"], kind="leave",
        state="declared", title="依法治校专题", words="外出开会", about=world.meeting, facts='{"cause":"duty"}',
        declared_at=NOW,
    )  # fmt: skip
    sheet = Upload("通知.txt", "txt", "会议通知".encode())
    world.proof = add(
        tx, t.declaration_file, declaration_id=world.declaration, name=sheet.name, sha256=keep_file(tx, sheet, NOW),
        added_at=NOW,
    )  # fmt: skip


def _exam_and_output(tx: Connection, world: World) -> None:
    """An exam of the first district in which Li reached 84, with a note to look at; a paper of Li, confirmed, for the
    district's expert to grade; a book."""
    programme, li, day = world.programme["p1"], world.learner["p1.li"], NOW.date() - timedelta(days=3)
    world.exam = add(
        tx, t.exam, programme_id=programme, title="学校管理结业考试", counts_as="exam", held_on=day, out_of=Decimal(100),
        pass_mark=Decimal(60), attempt=1, made_at=NOW,
    )  # fmt: skip
    add(tx, t.exam_result, exam_id=world.exam, learner_id=li, status="sat", mark=Decimal(84), made_at=NOW)
    note = {"exam_id": world.exam, "learner_id": li, "signal": "device", "others": "[]", "noted_at": NOW}
    world.exam_note = add(tx, t.exam_note, **note)
    facts = '{"form":"paper","level":"county","authors":"","where":"县教研室","listed":"yes"}'
    world.output = add(
        tx, t.declaration, programme_id=programme, learner_id=li, kind="research", state="confirmed", words="",
        title="乡村小学作业设计", happened_on=day, facts=facts, declared_at=NOW, decided_at=NOW,
        decided_by=world.account["p1.staff"],
    )  # fmt: skip
    paper = Upload("论文.txt", "txt", "论文全文".encode())
    world.output_file = add(
        tx,
        t.declaration_file,
        declaration_id=world.output,
        name=paper.name,
        sha256=keep_file(tx, paper, NOW),
        added_at=NOW,
    )
    seat = {"declaration_id": world.output, "account_id": world.account["p1.expert"], "part": "expert"}
    add(tx, t.panel_seat, **seat, seated_by=world.account["p1.staff"], seated_at=NOW)
    world.book = add(
        tx, t.book, programme_id=programme, title="给教师的建议", author="苏霍姆林斯基", monograph=True, added_at=NOW
    )


def _asked(tx: Connection, world: World) -> None:
    """An open survey of the first district with one scale, and a question of Li to its experts."""
    programme = world.programme["p1"]
    world.survey = add(
        tx, t.survey, programme_id=programme, kind="satisfaction", title="期中满意度", words="", groups='["class"]',
        opens_at=NOW - timedelta(days=1), closes_at=NOW + timedelta(days=7), made_at=NOW,
    )  # fmt: skip
    add(
        tx, t.survey_question, survey_id=world.survey, position=0, kind="scale", topic="管理与服务", words="通知及时",
        options="[]", required=True,
    )  # fmt: skip
    world.ballot = add(
        tx, t.ballot, programme_id=programme, organisation_id=world.organisation["p1.district"], title="2026 年度满意度",
        words="", opens_at=NOW - timedelta(days=1), closes_at=NOW + timedelta(days=7), quorum_pct=50, issued=6, made_at=NOW,
    )  # fmt: skip
    add(tx, t.ballot_candidate, ballot_id=world.ballot, position=0, learner_id=world.learner["p1.li"])
    for code in CODES:
        tx.execute(insert(t.ballot_code).values(digest=digest_of(code), ballot_id=world.ballot, used=False))
    world.question = add(
        tx, t.expert_question, programme_id=programme, learner_id=world.learner["p1.li"], topic="作业设计",
        words="低年级作业怎样分层？", asked_at=NOW,
    )  # fmt: skip


def _other_stores(tx: Connection) -> tuple[int, int]:
    """A record store that statements are forwarded to, and a request that was refused."""
    target = add(
        tx, t.forward_target, name="教育局记录库", endpoint="https://lrs.example.edu/xapi/", version="1.0.3",
        username="key", secret_sealed=b"", filter="{}", position=0, sent=0, attempts=0, next_try_at=NOW, created_at=NOW,
    )  # fmt: skip
    source = add(tx, t.credential, name="city-lms", key="key", secret_sha256="", created_at=NOW)
    refused = add(
        tx, t.quarantine, credential_id=source, digest="0", raw=b'{"actor": {"mbox": "li"}}', size=25, content_type="",
        status=400, path="$.actor.mbox", rule="mbox", reason="no mailto", first_at=NOW, last_at=NOW, times=1,
        state="open",
    )  # fmt: skip
    return target, refused


def _erasure(tx: Connection) -> int:
    """Somebody was here once."""
    learner = add(tx, t.learner, actor="{}", created_at=NOW, erased_at=NOW)
    amounts = dict.fromkeys(("raw_s", "credited_s", "held_s", "discounted_s"), "60.000000") | {"entries": 1}
    digests = {"deleted": {"statements": 3, "sha256": "0" * 64}, "redacted": {"statements": 0, "sha256": "0" * 64}}
    certificate = {
        "number": 1, "counts": {"statements": 3, "accounts": 1}, "ledger": {"before": amounts, "after": amounts},
        "commitment": digests, "bulletins_redacted": [], "later_evidence": "refused",
        "copies_elsewhere": [{"target": "教育局记录库", "statements_at_most": 3}],
    }  # fmt: skip
    row = {"at": NOW, "ordered_by": "admin", "reason": "本人书面请求", "scrubbed_at": NOW}
    return add(tx, t.erasure, learner_id=learner, certificate=seal(certificate), **row)


def add(tx: Connection, table: Any, **values: Any) -> int:
    """Inserts a row; its id."""
    return int(tx.execute(insert(table).values(**values).returning(table.c.id)).scalar_one())


def enrol(
    tx: Connection, world: World, programme: int, cohort: int, login: str, name: str, kind: str, on: date,
    parent: int | None = None,
) -> int:  # fmt: skip
    """A learner with a school and an account."""
    place = {"kind": "school", "school_kind": kind, "parent_id": parent}
    school = add(tx, t.organisation, name=f"{name}所在学校（{login}）", **place)
    actor = json.dumps({"mbox": f"mailto:{login}@example.org"})
    learner = world.learner[login] = add(tx, t.learner, name=name, actor=actor, created_at=NOW)
    add(
        tx, t.enrolment, programme_id=programme, cohort_id=cohort, learner_id=learner, organisation_id=school,
        enrolled_on=on,
    )  # fmt: skip
    add_account(tx, world, login, name, learner_id=learner)
    add_role(tx, world, login, "learner", programme_id=programme)
    return learner


def add_account(tx: Connection, world: World, login: str, name: str, learner_id: int | None = None) -> None:
    world.account[login] = add(
        tx, t.account, login=login, name=name, password_hash=_hash(), session_token=f"token of {login}",
        learner_id=learner_id, created_at=NOW,
    )  # fmt: skip


def add_role(tx: Connection, world: World, login: str, role: str, **scope: int) -> None:
    add(tx, t.role, account_id=world.account[login], role=role, **scope)
