"""The player, course and content pages in a real Chromium: by keyboard, on a phone, in both languages.

Screenshots go to var/screenshots (git-ignored) to be looked at.
"""

import base64
import json
import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright
from sqlalchemy import insert, select

from lms_tracker.actions.add_medium import add_file, open_unit, set_chapters
from lms_tracker.store import tables as t
from lms_tracker.store.db import writing
from tests import services
from tests.browser import PATIENCE_MS, accessible
from tests.browser import studio as studios
from tests.browser.film import film
from tests.browser.studio import Studio, opened
from tests.web.people import PASSWORD, UNIT

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
        ours = (
            studio.address,
            "data:",
            "chrome-extension:",
            "chrome:",
        )  # the last two are the browser's own viewer of PDF
        page.on("request", lambda r: None if r.url.startswith(ours) else faults.append(r.url))
        if beside is None:
            contexts.append(context)
            page.goto(f"{studio.address}/login")
            page.fill("#login", login)
            page.fill("#password", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_selector(".who .name")
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


def _play(page: Page) -> None:
    page.wait_for_selector("#speeds button")
    page.focus("#medium")
    page.keyboard.press("Space")
    expect(page.locator("#counting")).to_have_attribute("data-state", "ok")


def _shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"player-{name}.png", full_page="phone" not in name)


def _fits(page: Page) -> None:
    wide, has = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= has, f"the page is {wide} px wide in a window of {has}"


def _unit(studio: Studio, kind: str = "video") -> str:
    return f"/courses/units/{studio.unit[kind]}"


def test_a_check_is_answered_by_keyboard_and_a_missed_one_pauses_and_resumes(enter: Any, studio: Studio) -> None:
    page = enter("v0", _unit(studio))
    _play(page)
    page.wait_for_function("() => medium.currentTime > 8")
    studio.make_due("v0")
    dialog = page.locator(".study-dialog")
    dialog.wait_for()
    _shoot(page, "check")
    # A dialog with a name and a description, the focus inside, on nothing that a stray key would press.
    assert dialog.get_attribute("role") == "dialog" and dialog.get_attribute("aria-modal") == "true"
    named = page.locator(f"#{dialog.get_attribute('aria-labelledby')}")
    expect(named).to_have_text("在场确认")
    expect(named).to_be_focused()
    expect(page.get_by_role("dialog", name="在场确认")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    expect(dialog).to_be_visible()
    for _ in range(5):  # Tab goes round inside
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('.study-dialog').contains(document.activeElement)")
    boxes = [box for part in dialog.locator("label, button").all() if (box := part.bounding_box())]
    assert boxes and all(box["height"] >= 44 for box in boxes), "large enough for a finger"
    assert accessible.faults(page, accessible.axe()) == []
    assert not page.evaluate("medium.paused"), "it goes on while there is time to answer"

    # Nobody answers: paused, with what it costs; the question stays.
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    expect(named).to_have_text("没有及时回答，已暂停")
    expect(dialog).to_contain_text("不计入学习时间")
    assert page.evaluate("medium.paused")
    expect(page.locator("#why")).to_have_text("没有及时回答，已暂停")
    # Read out by the dialog itself: of what is outside it a screen reader gets nothing.
    expect(dialog.get_by_role("alert").last).to_contain_text(
        "没有及时回答，已暂停 从上一次操作或回答到现在的时间不计入学习时间"
    )
    _fits(page)
    _shoot(page, "check-missed-phone")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]

    # Whoever loads the page anew finds it again; answering by keyboard resumes.
    page.reload()
    dialog.wait_for()
    right = studio.right_answers(dialog.inner_text())
    for label in dialog.locator("label").all():
        page.keyboard.press("Tab")
        if label.inner_text().strip() in right:
            page.keyboard.press("Space")
    expect(dialog.locator("fieldset")).to_contain_text("已选 3 / 3 项")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    dialog.wait_for(state="detached")
    assert page.evaluate("medium.currentTime") > 8, "where it had stopped"
    _play(page)


def test_a_click_of_a_script_answers_nothing(enter: Any, studio: Studio) -> None:
    page = enter("v1", _unit(studio))
    _play(page)
    studio.make_due("v1")
    page.locator(".study-dialog").wait_for()
    right = studio.right_answers(page.locator(".study-dialog").inner_text())
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.post_data or "") if "/checks/" in r.url else None)
    page.evaluate(
        """right => { const d = document.querySelector(".study-dialog");
        [...d.querySelectorAll("label")].filter(l => right.includes(l.innerText.trim())).forEach(l => l.click()); d.querySelector("button").click(); }""",
        right,
    )
    page.wait_for_timeout(1500)
    assert not [body for body in asked if "answer" in body]
    expect(page.locator(".study-dialog")).to_be_visible()
    page.get_by_role("button", name="回答").click()
    page.locator(".study-dialog").wait_for(state="detached")


def test_the_player_fits_any_window_in_both_languages(enter: Any, studio: Studio) -> None:
    page = enter("v2", _unit(studio))
    for language in ("English", "中文"):
        page.get_by_role("button", name=language).click()
        page.wait_for_selector("#speeds button")
        for size in (DESKTOP, {"width": 780, "height": 1000}, PHONE, NARROW):
            page.set_viewport_size(size)
            _fits(page)
        for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            _play(page) if page.evaluate("medium.paused") else None
            page.wait_for_timeout(1200)
            _shoot(page, f"{'en' if language == 'English' else 'zh'}-{name}")
    assert page.locator("h1").count() == 1


def test_the_minutes_grow_while_one_watches_and_the_place_is_kept(enter: Any, studio: Studio) -> None:
    page = enter("v3", _unit(studio))
    _play(page)
    page.get_by_role("button", name="1.5 倍").click()
    page.wait_for_function("() => parseFloat(document.querySelector('#done').getAttribute('width')) > 1.5")
    assert page.evaluate("document.querySelector('#credited').innerText") == "本节已计入 0 / 10 分钟"
    at = page.evaluate("medium.currentTime")
    page.goto(studio.address + "/courses")
    page.goto(studio.address + _unit(studio))
    page.wait_for_selector("#speeds button")
    page.wait_for_function("() => medium.currentTime > 5")
    assert page.evaluate("medium.currentTime") == pytest.approx(at, abs=4)


def test_only_speeds_that_count_are_played(enter: Any, studio: Studio) -> None:
    page = enter("v4", _unit(studio))
    _play(page)
    assert page.locator("#speeds button").all_inner_texts() == ["0.5 倍", "0.75 倍", "1 倍", "1.25 倍", "1.5 倍"]
    page.evaluate("medium.playbackRate = 4")
    page.wait_for_function("() => medium.playbackRate === 1.5")
    expect(page.get_by_role("button", name="1.5 倍")).to_have_attribute("aria-pressed", "true")


def test_the_reason_is_said_at_once_when_time_does_not_count(enter: Any, studio: Studio) -> None:
    page = enter("v5", _unit(studio))
    expect(page.locator("#why")).to_have_text("点播放开始学习")
    _play(page)
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    other = page.context.new_page()
    other.bring_to_front()
    expect(page.locator("#why")).to_have_text(re.compile("本页不是当前窗口|本页在后台"))
    other.close()
    page.bring_to_front()
    session.send("Emulation.setFocusEmulationEnabled", {"enabled": True})
    expect(page.locator("#why")).to_have_text("正在计时")
    said = page.evaluate(
        """() => { Object.defineProperty(document, 'visibilityState', {get: () => 'hidden', configurable: true});
        document.dispatchEvent(new Event('visibilitychange')); return document.querySelector('#why').innerText; }"""
    )
    assert said == "本页在后台，暂停计时", "in the same turn"
    expect(page.locator("[role=status][aria-live]").last).to_have_text("本页在后台，暂停计时")
    _shoot(page, "background")
    page.evaluate("medium.pause()")
    page.evaluate("delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#why")).to_have_text("已暂停，未计时")


def test_without_network_the_learner_is_told_and_loses_nothing(enter: Any, studio: Studio) -> None:
    page = enter("v6", _unit(studio, "document"))
    page.wait_for_selector("#counting[data-state=ok]")
    page.context.set_offline(True)
    expect(page.locator("#why")).to_contain_text("网络中断：学习记录先存在本机，最多 15 分钟")
    _shoot(page, "offline")
    page.wait_for_timeout(12_000)
    page.context.set_offline(False)
    expect(page.locator("#why")).to_have_text("正在计时")
    expect(page.locator("[role=status][aria-live]").last).to_have_text("正在计时")
    page.wait_for_function("() => parseFloat(document.querySelector('#done').getAttribute('width')) > 3")


def test_a_second_tab_asks_which_to_keep_and_the_first_one_pauses(enter: Any, studio: Studio) -> None:
    first = enter("v7", _unit(studio))
    _play(first)
    second = enter("v7", _unit(studio, "second"), beside=first)
    ask = second.get_by_role("dialog", name="正在别处学习")
    expect(ask).to_contain_text("《依法治校》")
    _shoot(second, "elsewhere")
    ask.get_by_role("button", name="不，留在那边").click()
    expect(second.locator("#why")).to_have_text("学习已转到另一处，这里暂停计时")
    second.reload()
    second.get_by_role("button", name="在这里继续学习").click()
    expect(second.locator("#counting")).to_have_attribute("data-state", "ok")
    expect(first.locator("#why")).to_have_text("学习已转到另一处，这里暂停计时")
    assert first.evaluate("medium.paused")
    first.route(
        "**/player/grants", _late
    )  # what the page plays meanwhile is not told to the session that was moved away
    first.get_by_role("button", name="在这里继续学习").click()
    expect(first.locator("#counting")).to_have_attribute("data-state", "ok")


def _late(route: Route) -> None:
    time.sleep(1)
    route.continue_()


def test_a_film_that_does_not_come_or_is_not_there_is_said_and_read_out(enter: Any, studio: Studio) -> None:
    page = enter("v8", "/courses")
    page.route("**/media/*", lambda route: None)  # a store that does not answer
    page.goto(studio.address + _unit(studio), wait_until="domcontentloaded")
    page.wait_for_selector("#speeds button")
    page.evaluate("() => { medium.play().catch(() => {}); }")
    expect(page.locator("#why")).to_have_text("画面没有前进，未计时")
    page.unroute("**/media/*")
    page.route("**/media/*", lambda route: route.fulfill(status=404))
    page.goto(studio.address + _unit(studio))
    expect(page.get_by_role("alert")).to_contain_text("这个文件打不开。请刷新页面再试")
    page.goto("about:blank")


def test_chapters_lead_to_their_place(enter: Any, studio: Studio) -> None:
    page = enter("v12", _unit(studio))
    page.wait_for_selector("#speeds button")
    page.get_by_role("button", name="2:00 学校章程的起草、审议和核准").click()
    page.wait_for_function("() => medium.currentTime >= 120")
    expect(page.locator(".chapters [aria-current]")).to_contain_text("学校章程的起草")


def test_reading_counts_and_what_is_done_inside_the_document_is_seen(enter: Any, studio: Studio) -> None:
    page = enter("v9", _unit(studio, "document"))
    told: list[dict[str, Any]] = []
    page.on(
        "request", lambda r: told.extend(json.loads(r.post_data or "{}")["b"]) if r.url.endswith("/beats") else None
    )
    page.wait_for_selector("#counting[data-state=ok]")
    page.frame_locator("#medium").locator("p").nth(3).click()
    page.mouse.wheel(0, 400)
    page.keyboard.press("PageDown")
    counts, waits = [0, 0, 0], 0
    while not (counts[0] and counts[1]) and waits < 60:  # a busy server is told less often
        page.wait_for_timeout(1_000)
        counts, waits = [sum(beat["i"][kind] for beat in told) for kind in range(3)], waits + 1
    assert counts[0] >= 1 and counts[1] >= 1, counts
    assert all("m" not in beat for beat in told), "a document has no place in time"
    assert set().union(*told) <= {"a", "e", "r", "f", "i"}, "never what, nor where"
    _shoot(page, "document")


def test_courses_are_listed_on_desktop_and_phone(enter: Any, studio: Studio) -> None:
    page = enter("v3", "/courses")
    expect(page.get_by_role("heading", name="必修课")).to_be_visible()
    for name, size in (("desktop", DESKTOP), ("phone", PHONE), ("narrow", NARROW)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        _fits(page)
        page.screenshot(path=SHOTS / f"courses-{name}.png", full_page=True)
    page.get_by_role("link", name="依法治校", exact=True).click()
    expect(page.locator("#medium")).to_be_visible()


def test_staff_upload_a_film_that_learners_then_watch(enter: Any, studio: Studio, tmp_path: Path) -> None:
    programme = studio.world.programme["p1"]
    page = enter("p1.staff", f"/programmes/{programme}/content")
    for size in (DESKTOP, PHONE, NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        _fits(page)
        page.screenshot(path=SHOTS / f"content-{size['width']}.png", full_page=True)
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.get_by_role("link", name="单元 1", exact=True).first.click()
    (tmp_path / "wrong.mp4").write_text("not a film")
    page.set_input_files("#file", tmp_path / "wrong.mp4")
    page.get_by_role("button", name="上传", exact=True).click()
    expect(page.locator(".said.fault")).to_contain_text("认不出这种文件")
    page.set_input_files("#file", studio.folder / "film.webm")
    page.get_by_role("button", name="上传", exact=True).click()
    expect(page.locator("#now-h ~ p").first).to_contain_text("film.webm")
    page.get_by_role("button", name="开放给学员").click()
    page.screenshot(path=SHOTS / "content-unit.png", full_page=True)
    page.get_by_role("link", name="以学员的样子看").click()
    expect(page.get_by_text("预览：您看到的和学员一样")).to_be_visible()
    page.wait_for_function("() => medium.duration > 599")
    iri = "https://example.org/c2/u0"
    with studio.db.connect() as db:
        unit = db.scalar(select(t.unit.c.id).where(t.unit.c.activity == iri))
    learner = enter("v10", f"/courses/units/{unit}")
    _play(learner)


PDF = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>> endobj
4 0 obj <</Length 50>> stream
1 0 0 rg 0 0 300 200 re f 0 g BT /F 20 Tf 20 90 Td (School charter) Tj ET
endstream endobj
5 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>> endobj
trailer <</Root 1 0 R>>
"""


def test_a_pdf_is_read_in_the_browser_s_own_viewer_and_counts(enter: Any, studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "charter.pdf").write_bytes(PDF)
    iri, now = "https://example.org/c3/u1", datetime.now(UTC)
    add_file(studio.db, studio.folder / "media", iri, tmp_path / "charter.pdf", by=None, now=now)
    open_unit(studio.db, iri, is_open=True, by=None, now=now)
    with studio.db.connect() as db:
        unit = db.scalar(select(t.unit.c.id).where(t.unit.c.activity == iri))
    page = enter("v11", f"/courses/units/{unit}")
    expect(page.locator("#counting")).to_have_attribute("data-state", "ok")
    viewer = page.evaluate("navigator.pdfViewerEnabled")
    expect(page.locator("#medium")).to_be_visible(visible=viewer)
    expect(page.get_by_text("这个浏览器不能在页面里显示 PDF")).to_be_visible(visible=not viewer)
    page.wait_for_timeout(2000)
    _shoot(page, "pdf")
    if viewer:  # the page's own red, on the screen
        box = page.locator("#medium").bounding_box()
        shot = page.screenshot(clip={"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]})
        colours = page.context.new_page().evaluate(  # our own pages may fetch nothing but ours
            """async png => {
            const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
            const canvas = new OffscreenCanvas(image.width, image.height), paint = canvas.getContext("2d");
            paint.drawImage(image, 0, 0);
            const all = paint.getImageData(0, 0, image.width, image.height).data;
            let red = 0;
            for (let i = 0; i < all.length; i += 4) red += all[i] > 240 && all[i + 1] < 20 && all[i + 2] < 20;
            return red;
        }""",
            base64.b64encode(shot).decode(),
        )
        assert colours > 1000, "the first page of the document"
