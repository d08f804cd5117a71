"""The room of the player's tests: a Chromium, a studio with courses, and a door by which people come in.

A module that takes its fixtures has a server of its own; each of its tests has a learner of its own. Screenshots go to
var/screenshots (git-ignored) to be looked at.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import insert

from lms_tracker.actions.add_medium import set_chapters
from lms_tracker.store import tables as t
from lms_tracker.store.db import writing
from tests import services
from tests.browser import PATIENCE_MS, log_in
from tests.browser import studio as studios
from tests.browser.film import film
from tests.browser.studio import Studio, opened
from tests.web.people import UNIT

SHOTS = Path(__file__).resolve().parents[2] / "var" / "screenshots"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"]  # fmt: skip
DESKTOP, PHONE, NARROW = ({"width": 1280, "height": 900}, {"width": 390, "height": 844}, {"width": 320, "height": 700})
SOON = studios.CALM.replace("check_answer_s = 10", "check_answer_s = 12")
"""A check comes when a test wants one (Studio.make_due)."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("LMS_TRACKER_CHROMIUM") or services.chromium()
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, chromium: Browser) -> Iterator[Studio]:
    page = chromium.new_page()
    made = film(page, 600)
    page.close()
    folder = tmp_path_factory.mktemp("studio")
    studio = studios.build(folder, migrated_sqlite, made, player=SOON, seconds=600, learners=14)
    set_chapters(studio.db, UNIT, "0:00 导入\n2:00 学校章程的起草、审议和核准\n5:00 小结")
    _many_units(studio)
    with opened(studio):
        yield studio


@pytest.fixture
def enter(chromium: Browser, studio: Studio) -> Iterator[Any]:
    """Logs somebody in and opens a page. At the end no page has failed or asked another host."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(login: str, path: str, *, size: dict[str, int] = DESKTOP, beside: Page | None = None) -> Page:
        context = beside.context if beside else chromium.new_context(viewport=size)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda m: faults.append(m.text) if "Content Security" in m.text else None)
        store = studio.settings.get("S3_ENDPOINT", studio.address)
        ours = (
            studio.address,
            store,
            "data:",
            "chrome-extension:",
            "chrome:",
        )  # the last two: the browser's viewer of PDF
        page.on("request", lambda r: None if r.url.startswith(ours) else faults.append(r.url))
        if beside is None:
            contexts.append(context)
            log_in(page, studio.address, login)
        page.goto(studio.address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def _many_units(studio: Studio) -> None:
    """Courses of all three kinds, one with a long name and one with very many units."""
    with writing(studio.db) as tx:
        for n, kind in enumerate(("required", "elective", "extension"), 2):
            title = f"第 {n} 门课" + "：中小学校长领导力与学校治理现代化的理论、政策与实践" * (n == 2)
            values = {"programme_id": studio.world.programme["p1"], "title": title, "kind": kind, "position": n}
            course = tx.execute(insert(t.course).values(**values).returning(t.course.c.id)).scalar_one()
            for u in range(60 if kind == "elective" else 3):
                row = {
                    "iri": f"https://example.org/c{n}/u{u}",
                    "course_id": course,
                    "title": f"单元 {u + 1}",
                    "position": u,
                }
                tx.execute(
                    insert(t.activity).values(**row, kind=("video", "document", "live")[u % 3], length_us=1800 * 10**6)
                )


def play(page: Page) -> None:
    page.wait_for_selector("#speeds button")
    page.focus("#medium")
    page.keyboard.press("Space")
    expect(page.locator("#counting")).to_have_attribute("data-state", "ok")


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"player-{name}.png", full_page="phone" not in name)


def fits(page: Page) -> None:
    wide, has = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= has, f"the page is {wide} px wide in a window of {has}"


def place(studio: Studio, kind: str = "video") -> str:
    return f"/courses/units/{studio.unit[kind]}"
