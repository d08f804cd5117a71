"""An appeal from beginning to end in a real Chromium: held time, the first review, a statement, the second reviewer, and
what the learner reads; in both languages, on a phone, by keyboard, in print, with no row and with five hundred."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import Engine, insert

from lms_tracker.actions.hold_study import hold
from lms_tracker.actions.ingest import ingest
from lms_tracker.actions.settle_study import settle_all
from lms_tracker.app import create_app
from lms_tracker.core.study.decisions import Signal, windows_of
from lms_tracker.settings import Settings
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.ledger import entries_in_force
from tests import services
from tests.actions.test_settle_study import at
from tests.browser import PATIENCE_MS, log_in
from tests.browser.test_browser import DESKTOP, NARROW, PHONE, QUIET, SHOTS
from tests.core.study.tape import Tape, real, statement
from tests.serving import served
from tests.web import deeds, people
from tests.web.people import NOW, UNIT, World

LONG = "一个名字特别特别长的校长·买买提·吐尔逊江·阿卜杜热西提"
SIGNALS = [
    Signal(
        "cadence",
        "两次操作之间的间隔几乎完全相同（平均 30.0 秒，相差不到 0.1 秒）",
        "inputs 30.0 s apart, within 0.1 s",
        2,
    ),
    Signal(
        "answers", "14 次在场确认都在 1.2 秒内答对，包括凌晨 3 点", "14 checks answered within 1.2 s, at 3 a.m. too", 1
    ),
]


@dataclass
class Site:
    db: Engine
    world: World
    address: str
    browser: Browser
    faults: list[str]

    def visit(self, login: str, path: str, size: dict[str, int] = DESKTOP, locale: str = "zh") -> Page:
        """A page as somebody sees it who has just logged in."""
        page = self.browser.new_context(viewport=size).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda m: self.faults.append(m.text) if "404" not in m.text else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        log_in(page, self.address, login)
        other = page.locator(f'button[name="locale"][value="{locale}"]')
        if other.count():
            with page.expect_navigation():
                other.click()
        page.goto(self.address + path)
        return page

    def settle(self) -> None:
        settle_all(self.db, lambda: NOW)

    @property
    def li(self) -> int:
        return self.world.learner["p1.li"]


@pytest.fixture
def site(db: Engine, tmp_path: Path) -> Iterator[Site]:
    """A server over the small world, where Li has studied with a gap, and a session looks automated."""
    world = people.build(db)
    settings = Settings(database_url=str(db.url), var_dir=str(tmp_path), secret_key="k" * 40)
    app = create_app(settings)
    app.extensions["now"] = lambda: NOW
    faults: list[str] = []
    with served(app) as address, sync_playwright() as playwright:
        path = os.environ.get("LMS_TRACKER_CHROMIUM") or services.chromium()
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield Site(db, world, address, browser, faults)
        browser.close()
    assert faults == []


@pytest.fixture
def held(site: Site) -> Site:
    """Li has studied an hour with a gap of ten minutes; twenty minutes later that day look automated."""
    first = Tape("a", activity=UNIT, start=86400).play(0, 0, inputs=1).beats(0, 900, 0, inputs=1)
    first.beats(1500, 2700, 1500, inputs=1).pause(2700, 2700)
    second = Tape("b", activity=UNIT, start=93600).watch(1200, position=5000)
    events = [real(event) for event in first.events + second.events]
    said = [statement(event) | {"actor": {"mbox": "mailto:p1.li@example.org"}} for event in events]
    with writing(site.db) as tx:
        tx.execute(insert(t.identity).values(ifi="mbox:mailto:p1.li@example.org", learner_id=site.li))
    raw = [json.dumps(one).encode() for one in said]
    stored = [at(event.stored) for event in events]
    ingest(site.db, raw, credential=None, evidence="declared", now=NOW, received=True, stored=stored)
    site.settle()
    with reading(site.db) as tx:
        entries = [entry for entry in entries_in_force(tx, [site.li]) if entry.held_us == 0 and entry.credited_us]
    second_one = max(windows_of(entries), key=lambda window: window.start_us)
    hold(site.db, site.li, [second_one], SIGNALS, "robust@0123456789ab", NOW)
    site.settle()
    return site


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    assert len(page.screenshot(path=SHOTS / f"appeal-{name}.png", full_page=True)) > 8_000
    fits(page)


def fits(page: Page) -> None:
    wide, has = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= has, f"the page is {wide} px wide in a window of {has}"


def submit(page: Page, form: str) -> Callable[[str], None]:
    """Presses a button of a form by keyboard alone: focus, then Enter."""

    def press(value: str) -> None:
        button = page.locator(f"{form} button", has_text=value)
        button.focus()
        page.keyboard.press("Enter")

    return press


def test_an_appeal_from_the_hold_to_what_the_learner_reads(held: Site, tmp_path: Path) -> None:
    note = tmp_path / "笔记.png"
    note.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 1000)

    li = held.visit("p1.li", "/study")
    expect(li.get_by_text("两次操作之间的间隔几乎完全相同")).to_be_visible()
    expect(li.get_by_text("班主任应在4月12日")).to_be_visible()
    shoot(li, "1-study-held")
    li.locator(".review-note a", has_text="申诉").click()
    li.fill("#words", "那 20 分钟我在看视频记笔记，每半分钟按一次暂停。附笔记照片。")
    li.set_input_files("#files", note)
    shoot(li, "2-form")
    submit(li, "form.sheet")("提交申诉")
    li.wait_for_url("**/appeals/*")
    shoot(li, "3-filed")
    number = li.url.rsplit("/", 1)[1]

    head = held.visit("p1.head_teacher", "/review")
    expect(head.get_by_text("已申诉")).to_be_visible()
    shoot(head, "4-queue")
    head.click("th a:has-text('李明')")
    shoot(head, "5-first-review")
    head.fill("#words", "间隔过于规律，未能说明。")
    submit(head, "form")("不计入")
    expect(head.get_by_text("已决定不计入")).to_be_visible()

    monitor = held.visit("p1.wang", f"/appeals/{number}")
    assert monitor.locator(".files a").count() == 0 and monitor.get_by_text("间隔几乎").count() == 0
    monitor.fill("#said", "那天晚上我们一起在微信群里讨论过这一课的笔记。")
    submit(monitor, "form.sheet")("提交说明")
    expect(monitor.get_by_text("说明已保存")).to_be_visible()
    shoot(monitor, "6-monitor")

    head.goto(f"{held.address}/appeals/{number}")
    expect(head.get_by_text("初核人和作过说明的人不能再做复核人")).to_be_visible()
    assert head.get_by_text("申诉成立，恢复计入").count() == 0
    outsider = held.visit("p2.head_teacher", "/review")
    assert outsider.get_by_text("李明").count() == 0
    answer = outsider.goto(f"{held.address}/appeals/{number}")
    assert answer is not None and answer.status == 404

    second = held.visit("p1.head2", f"/appeals/{number}")
    assert second.locator("#said").count() == 0, "of another class, nothing is known"
    with second.expect_download() as download:
        second.click(".files a")
    assert download.value.suggested_filename == "笔记.png"
    second.fill("#words", "笔记与视频内容逐段对应，属本人学习。")
    shoot(second, "7-second-review")
    submit(second, "form.sheet")("申诉成立，恢复计入")
    expect(second.get_by_text("复核决定已保存")).to_be_visible()
    expect(second.locator(".strip .lane", has_text="经人工核实")).to_have_count(0)
    assert "0 分钟" not in (second.locator(".strip .lane").nth(1).text_content() or ""), "counted, in the same picture"

    li.goto(f"{held.address}/appeals/{number}")
    expect(li.get_by_text("笔记与视频内容逐段对应")).to_be_visible()
    expect(li.get_by_text("这段时间已恢复计入")).to_be_visible()
    shoot(li, "8-outcome")
    li.goto(f"{held.address}/study")
    expect(li.get_by_text("曾暂存待核")).to_be_visible()
    expect(li.get_by_text("笔记与视频内容逐段对应，属本人学习。", exact=True)).to_be_visible()
    shoot(li, "9-study-after")
    english = held.visit("p1.li", f"/appeals/{number}", locale="en")
    expect(english.get_by_text("This time counts again")).to_be_visible()
    shoot(english, "10-outcome-en")
    english.emulate_media(media="print")
    shoot(english, "11-outcome-print")
    for size, name in ((PHONE, "phone"), (NARROW, "narrow")):
        for path in (f"/appeals/{number}", "/appeals", "/study"):
            shoot(held.visit("p1.li", path, size), f"12-{name}{path.replace('/', '-')}")


def test_the_queue_fits_with_nothing_and_with_five_hundred(site: Site) -> None:
    empty = site.visit("p1.head_teacher", "/review")
    expect(empty.get_by_text("没有待核的时间")).to_be_visible()
    shoot(empty, "20-empty")
    with writing(site.db) as tx:
        for n in range(500):
            name = LONG if n == 0 else f"学员{n:03}"
            learner = people.add(tx, t.learner, name=name, actor="{}", created_at=NOW)
            row = {"programme_id": site.world.programme["p1"], "cohort_id": site.world.cohort["p1.one"]}
            tx.execute(insert(t.enrolment).values(row | {"learner_id": learner, "enrolled_on": date(2026, 3, 1)}))
            deeds.study(tx, learner, date(2026, 3, 9), credited=0, held=20 + n % 40)
    sessions = []
    with reading(site.db) as tx:
        rows = tx.execute(t.learner.select().where(t.learner.c.id > 7)).all()
        for entry in entries_in_force(tx, [row.id for row in rows]):
            sessions.append((entry.learner_id, windows_of([entry], "held")))
    for number, (learner, windows) in enumerate(sessions):
        hold(site.db, learner, windows, SIGNALS, "robust@0123456789ab", NOW - timedelta(days=number % 16))
    for locale in ("zh", "en"):
        for size in (DESKTOP, PHONE):
            full = site.visit("p1.head_teacher", "/review", size, locale)
            assert full.locator("tbody tr").count() >= 500
            shoot(full, f"21-full-{locale}-{size['width']}")
    first = site.visit("p1.head_teacher", "/review", NARROW)
    first.click(f"a:has-text('{LONG}')")
    expect(first.get_by_role("button", name="不计入")).to_be_visible()
    shoot(first, "22-case-narrow")


def test_a_month_is_printed_with_the_picture_of_each_day_also_of_those_that_are_closed(held: Site) -> None:
    with writing(held.db) as tx:
        for day in (date(2026, 3, 5), date(2026, 3, 7)):
            deeds.study(tx, held.li, day, credited=20, gap=10)
    page = held.visit("p1.li", "/study?month=2026-03")
    pictures = page.locator("figure.strip")
    days = pictures.count()
    assert days >= 3 and page.locator("figure.strip:visible").count() == 1
    page.locator("details.strips summary").first.click()
    assert page.locator("figure.strip:visible").count() == 2
    page.emulate_media(media="print")
    assert page.locator("figure.strip:visible").count() == days
    assert page.locator("details.strips:visible").count() == 0
    shoot(page, "13-study-print")


def test_with_forced_colours_the_keys_of_the_chart_are_told_apart(held: Site) -> None:
    page = held.visit("p1.li", "/study")
    page.emulate_media(forced_colors="active")
    pictures = {key.screenshot() for key in page.locator(".legend .key").all()}
    assert len(pictures) == page.locator(".legend .key").count() == 3


def test_a_file_that_is_too_large_is_said_before_it_is_sent_and_the_words_stay(held: Site, tmp_path: Path) -> None:
    large, small = tmp_path / "录屏.txt", tmp_path / "笔记.txt"
    large.write_bytes(b"a" * 8_000_000)
    small.write_bytes(b"a")
    page = held.visit("p1.li", "/study")
    page.locator(".review-note a", has_text="申诉").click()
    form = page.url
    page.fill("#words", "那天在记笔记")
    page.set_input_files("#files", large)
    expect(page.locator("#files-fault")).to_have_text("“录屏.txt”有 7.6 MB，超过了每个 2 MB 的上限，请换小一些的文件。")
    page.click("button.main")
    assert page.url == form and page.input_value("#words") == "那天在记笔记"
    page.set_input_files("#files", [small] * 4)
    expect(page.locator("#files-fault")).to_contain_text("最多附 3 个文件")
    page.set_input_files("#files", small)
    expect(page.locator("#files-fault")).to_be_hidden()
    shoot(page, "14-form-with-file")
    submit(page, "form.sheet")("提交申诉")
    page.wait_for_url("**/appeals/*")
