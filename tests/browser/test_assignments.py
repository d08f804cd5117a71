"""Handing in and reviewing in a real Chromium: drafts that survive, the live sum, two texts side by side, on a phone."""

from datetime import timedelta

from playwright.sync_api import expect
from sqlalchemy import select, update

from lms_tracker.actions.set_terms import set_terms
from lms_tracker.core.assignments.rubric import parse_rubric
from lms_tracker.core.assignments.terms import Terms
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from tests.browser.test_appeal import LONG, Site, fits, site
from tests.browser.test_browser import PHONE, SHOTS
from tests.web import deeds
from tests.web.people import NOW

__all__ = ["site"]  # the fixture


def shot(page, name: str) -> None:  # type: ignore[no-untyped-def]
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"assignment-{name}.png", full_page=True)
    fits(page)


def test_what_is_typed_is_kept_until_it_is_handed_in(site: Site) -> None:
    terms = Terms(
        "校本研修设计",
        "assignments",
        "写一份设计。",
        parse_rubric("论证 | 优 60 | 差 20"),
        due_at=NOW + timedelta(days=2),
    )
    id = set_terms(site.db, site.world.programme["p1"], terms, by=None, now=NOW)
    li = site.visit("p1.li", f"/tasks/{id}", PHONE)
    li.fill("#text", "写到一半的设计")
    expect(li.get_by_text("草稿已保存")).to_be_visible()
    expect(li.get_by_text("7 字")).to_be_visible()
    shot(li, "draft-phone")
    li.reload()
    expect(li.locator("#text")).to_have_value("写到一半的设计")
    button = li.locator("form[data-draft] button.main")
    button.focus()
    li.keyboard.press("Enter")
    expect(li.get_by_text("已提交第 1 版")).to_be_visible()
    with reading(site.db) as tx:
        assert tx.scalars(select(t.submission.c.text)).all() == ["写到一半的设计"]
        assert tx.execute(select(t.submission_draft)).all() == []


def test_a_peer_chooses_levels_and_sees_the_sum_and_a_marker_sees_two_texts_side_by_side(site: Site) -> None:
    deeds.some_work(site.db, site.world)
    with writing(site.db) as tx:
        tx.execute(update(t.learner).where(t.learner.c.id == site.world.learner["p1.zhao"]).values(name=LONG))
    li = site.visit("p1.li", f"/peer-reviews/{site.world.pair}", PHONE)
    li.locator("input[name=level-0]").first.focus()
    li.keyboard.press("Space")
    expect(li.locator("[data-sum]")).to_have_text("60 / 100 …")
    li.locator("input[name=level-1]").last.check()
    expect(li.locator("[data-sum]")).to_have_text("70 / 100 → 70")
    li.fill("#comment", "步骤清楚，建议补充数据。")
    shot(li, "peer-phone")
    li.locator("form button.main", has_text="提交互评").click()
    expect(li.get_by_text("互评已提交")).to_be_visible()
    address = f"/marking/{site.world.work}/works/{site.world.submission}"
    expert = site.visit("p1.expert", f"{address}/matches/{site.world.other_submission}")
    expert.locator("#a0 a").click()
    expect(expert.locator("mark:target")).to_have_attribute("id", "b0")
    shot(expert, "match")
    expert.set_viewport_size({"width": 390, "height": 800})
    fits(expert)
