"""The tree of a grade in a real Chromium: a weighted grade and a card of points, wide and on a phone, in print, in both
languages, with long names, with nothing and with five hundred learners."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert, update

from lms_tracker.actions.achievements import post_achievement
from lms_tracker.actions.override_grade import override_grade
from lms_tracker.core.grading.kinds import Achieved
from lms_tracker.store import tables as t
from lms_tracker.store.db import writing
from tests.browser.test_appeal import DESKTOP, LONG, NOW, PHONE, Site, fits, site
from tests.browser.test_browser import SHOTS
from tests.web import deeds

__all__ = ["site"]  # the fixture
MANY = 500


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    assert len(page.screenshot(path=SHOTS / f"grades-{name}.png", full_page=True)) > 8_000
    fits(page)


@pytest.fixture
def carded(site: Site) -> Site:
    """The first programme gives points by the annual card; Li, of a long name, has a bit of everything."""
    programme = site.world.programme["p1"]
    with writing(site.db) as tx:
        tx.execute(update(t.programme).where(t.programme.c.id == programme).values(policy="p3-credit-card"))
        tx.execute(update(t.learner).where(t.learner.c.id == site.li).values(name=LONG))
        for n, (kind, item, value, attempt, level) in enumerate(
            [
                *(
                    ("attendance", f"周末课堂第 {n} 讲：新时代学校治理体系与治理能力现代化", None, 1, None)
                    for n in range(1, 6)
                ),
                ("exam", "政治理论", "48", 1, None),
                ("exam", "政治理论", "90", 2, None),
                ("training", "省级中小学校长高级研修班", None, 1, "province"),
                ("publication", "县域义务教育优质均衡发展的路径", None, 1, "county"),
                ("education", "教育管理", None, 1, "bachelor_both"),
            ]
        ):
            new = Achieved(
                learner_id=site.li, kind=kind, item=item, happened_on=date(2026, 3, 1) + timedelta(days=n), level=level,
                value=Decimal(value) if value else None, attempt=attempt,
            )  # fmt: skip
            post_achievement(tx, programme, new, recorded_by=None, now=NOW - timedelta(days=2))
    return site


def test_a_weighted_grade_and_its_tree(site: Site) -> None:
    deeds.some_study(site.db, site.world)
    by = site.world.account["p1.staff"]
    reason = "在外校已通过同等要求的答辩，委员会 3 月 30 日会议决定"
    override_grade(site.db, site.world.programme["p1"], site.li, "research", "28", reason=reason, by=by, now=NOW)
    page = site.visit("p1.li", "/study/grade")
    shoot(page, "weighted-zh")
    page.emulate_media(media="print")
    shoot(page, "weighted-print")
    shoot(site.visit("p1.li", "/study/grade", PHONE), "weighted-phone")
    shoot(site.visit("p1.li", "/study", DESKTOP), "study-weighted")
    page = site.visit("p1.staff", f"/cohorts/{site.world.cohort['p1.one']}/learners/{site.li}/grade", DESKTOP, "en")
    page.locator(".set-result > summary").click()
    page.select_option("#part", "status")
    page.fill("#reason", "x")
    shoot(page, "set-en")
    page.locator(".set-result button").click()
    expect(page.locator(".notice, .fault")).to_have_count(1)


def test_a_card_of_points_and_its_tree(carded: Site) -> None:
    for name, size in (("zh", DESKTOP), ("phone", PHONE)):
        shoot(carded.visit("p1.li", "/study/grade", size), f"card-{name}")
        shoot(carded.visit("p1.li", "/study", size), f"study-card-{name}")
    shoot(carded.visit("p1.li", "/study/grade", DESKTOP, "en"), "card-en")
    shoot(carded.visit("p1.li", "/study/grade?as_of=2026-03-01"), "card-nothing")


def test_everybody_among_the_others_with_five_hundred(carded: Site) -> None:
    world = carded.world
    with writing(carded.db) as tx:
        for n in range(MANY):
            given = {"name": f"第{n}位学员", "actor": "{}", "created_at": NOW}
            learner = tx.execute(insert(t.learner).values(given).returning(t.learner.c.id)).scalar_one()
            given = {"programme_id": world.programme["p1"], "cohort_id": world.cohort["p1.one"]}
            tx.execute(insert(t.enrolment).values(learner_id=learner, enrolled_on=date(2026, 3, 1), **given))
    page = carded.visit("p1.staff", f"/programmes/{world.programme['p1']}/standing")
    assert page.locator("tbody tr").count() >= MANY
    shoot(page, "standing-many")
    shoot(carded.visit("p1.staff", f"/programmes/{world.programme['p1']}/standing", PHONE), "standing-phone")
    shoot(carded.visit("p1.head_teacher", f"/cohorts/{world.cohort['p1.one']}"), "class-card")
