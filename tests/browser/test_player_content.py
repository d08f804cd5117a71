"""What there is to study, in a real Chromium: documents, the list of courses, and staff who put a film into one."""

import base64
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from sqlalchemy import select

from lms_tracker.actions.add_medium import add_file, open_unit
from lms_tracker.store import tables as t
from tests.browser.room import DESKTOP, NARROW, PHONE, SHOTS, chromium, enter, fits, place, play, shoot, studio
from tests.browser.studio import Studio

__all__ = ["chromium", "enter", "studio"]  # the fixtures


@pytest.mark.parametrize(("late", "login"), [("**/player.js*", "v9"), ("**/media/**", "v13")])
def test_reading_counts_and_what_is_done_inside_the_document_is_seen(
    enter: Any, studio: Studio, late: str, login: str
) -> None:
    """Whichever comes first, the page's script or the document: over a poor line it may be either."""
    page = enter(login, "/courses")
    held: list[str] = []

    def hold(route: Route) -> None:
        held.append(route.request.url)
        time.sleep(2)
        route.continue_()

    page.route(late, hold)
    page.goto(studio.address + place(studio, "document"))
    assert held
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
    shoot(page, "document")


def test_a_press_without_key_or_pointer_counts_as_a_screen_readers_does(enter: Any, studio: Studio) -> None:
    """No driver presses as assistive software does; a button held for longer gives the same: a click, and no press before it."""
    page = enter("v5", place(studio, "document"))
    told: list[dict[str, Any]] = []
    page.on(
        "request", lambda r: told.extend(json.loads(r.post_data or "{}")["b"]) if r.url.endswith("/beats") else None
    )
    page.wait_for_selector("#counting[data-state=ok]")
    page.locator(".crumb").hover()
    page.mouse.down()
    page.wait_for_timeout(1_300)
    page.mouse.up()
    waits = 0
    while not sum(beat["i"][0] for beat in told) and waits < 60:
        page.wait_for_timeout(1_000)
        waits += 1
    assert sum(beat["i"][0] for beat in told) == 1


def test_who_comes_into_a_document_by_tab_sees_where_the_focus_is_and_reads_on(enter: Any, studio: Studio) -> None:
    page = enter("v12", place(studio, "document"))
    expect(page.locator("#counting")).to_have_attribute("data-state", "ok")
    stage, frame = page.locator(".stage"), page.frame_locator("#medium").locator("html")
    page.locator(".crumb a").focus()
    page.keyboard.press("Tab")
    expect(stage).to_have_css("outline-style", "solid")
    page.keyboard.press("PageDown")
    expect(frame).not_to_have_js_property("scrollTop", 0)
    page.keyboard.press("Tab")
    expect(page.locator("summary")).to_be_focused()
    expect(stage).to_have_css("outline-style", "none")


def test_courses_are_listed_on_desktop_and_phone(enter: Any, studio: Studio) -> None:
    page = enter("v3", "/courses")
    expect(page.get_by_role("heading", name="必修课")).to_be_visible()
    for name, size in (("desktop", DESKTOP), ("phone", PHONE), ("narrow", NARROW)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        fits(page)
        page.screenshot(path=SHOTS / f"courses-{name}.png", full_page=True)
    page.get_by_role("link", name="依法治校", exact=True).click()
    expect(page.locator("#medium")).to_be_visible()


def test_staff_upload_a_film_that_learners_then_watch(enter: Any, studio: Studio, tmp_path: Path) -> None:
    programme = studio.world.programme["p1"]
    page = enter("p1.staff", f"/programmes/{programme}/content")
    for size in (DESKTOP, PHONE, NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        fits(page)
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
    expect(page.get_by_text("学员可见", exact=True)).to_be_visible()
    page.screenshot(path=SHOTS / "content-unit.png", full_page=True)
    page.get_by_role("link", name="以学员的样子看").click()
    expect(page.get_by_text("预览：您看到的和学员一样")).to_be_visible()
    page.wait_for_function("() => medium.duration > 599")
    iri = "https://example.org/c2/u0"
    with studio.db.connect() as db:
        unit = db.scalar(select(t.unit.c.id).where(t.unit.c.activity == iri))
    learner = enter("v10", f"/courses/units/{unit}")
    play(learner)


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
    viewer = page.evaluate("navigator.pdfViewerEnabled")
    expect(page.locator("#medium")).to_be_visible(visible=viewer)
    expect(page.get_by_text("这个浏览器不能在页面里显示 PDF")).to_be_visible(visible=not viewer)
    expect(page.locator("#counting")).to_have_attribute("data-state", "ok" if viewer else "stopped")
    expect(page.locator("#why")).to_have_text("正在计时" if viewer else "这个浏览器不能显示 PDF，未计时")
    page.wait_for_timeout(2000)
    shoot(page, "pdf")
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
