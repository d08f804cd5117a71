from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, select

from lms_tracker.actions.create_programme import create_programme
from lms_tracker.actions.import_catalogue import CatalogueResult, import_units
from lms_tracker.actions.ingest import ingest
from lms_tracker.core.catalogue import parse_catalogue
from lms_tracker.core.sheet import SheetFaults
from lms_tracker.store.db import reading, writing
from lms_tracker.store.learners import learner_of
from lms_tracker.store.programmes import activities, programme_by_slug
from lms_tracker.store.tables import touched_learner

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
HEADER = ["课程", "课程类别", "单元", "活动标识", "单元类别", "时长"]
ONE = ["学校规划", "必修", "第一讲", "https://x.example/1", "视频", "32"]
TWO = ["学校规划", "必修", "第二讲", "https://x.example/2", "文档", ""]
THREE = ["名著选读", "拓展", "导读", "https://x.example/3", "直播", "1:30:00"]


@pytest.fixture
def programmes(any_db: Engine) -> Engine:
    for slug in ("p1", "p2"):
        create_programme(any_db, slug, "培训", "p1-principals", date(2026, 3, 1), date(2027, 2, 28), now=NOW)
    return any_db


def bring(db: Engine, *rows: Sequence[str], slug: str = "p1", now: datetime = NOW) -> CatalogueResult:
    return import_units(db, parse_catalogue([HEADER, *rows]), slug, now=now)


def test_courses_and_units_come_in_their_order_and_again_without_doubles(programmes: Engine) -> None:
    assert bring(programmes, ONE, TWO, THREE) == CatalogueResult(added=3)
    assert bring(programmes, ONE, TWO, THREE) == CatalogueResult(unchanged=3)
    with reading(programmes) as tx:
        programme = programme_by_slug(tx, "p1")
        assert programme is not None
        rows = activities(tx, programme.id)
    assert [(r.course_title, r.course_kind, r.title, r.kind, r.length_us) for r in rows] == [
        ("学校规划", "required", "第一讲", "video", 1_920_000_000),
        ("学校规划", "required", "第二讲", "document", None),
        ("名著选读", "extension", "导读", "live", 5_400_000_000),
    ]


def test_a_unit_cannot_belong_to_two_programmes_and_nothing_is_half_imported(programmes: Engine) -> None:
    bring(programmes, ONE)
    with pytest.raises(SheetFaults, match="row 3, column D 活动标识: belongs to a course of another programme"):
        bring(programmes, TWO, ONE, slug="p2")
    with reading(programmes) as tx:
        other = programme_by_slug(tx, "p2")
        assert other is not None
        assert activities(tx, other.id) == []


def test_a_new_length_settles_anew_those_who_studied_the_unit_and_nobody_else(programmes: Engine) -> None:
    bring(programmes, ONE, TWO)
    studied = [
        {"actor": {"mbox": f"mailto:{name}@x.cn"}, "verb": {"id": "https://x.cn/verb"}, "object": {"id": unit[3]}}
        for name, unit in (("a", ONE), ("b", TWO))
    ]
    ingest(programmes, studied, credential=None, evidence="declared", now=NOW)
    with writing(programmes) as tx:
        ids = [learner_of(tx, one["actor"], NOW) for one in studied]
        tx.execute(delete(touched_learner))
    assert bring(programmes, [*ONE[:5], "30"], TWO, now=NOW + timedelta(days=1)).changed == 1
    with reading(programmes) as tx:
        assert list(tx.scalars(select(touched_learner.c.learner_id))) == ids[:1]
