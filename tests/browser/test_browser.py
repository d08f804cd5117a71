"""The pages in a real Chromium, against a real server process: login, the three pages, sorting by keyboard, logout.

Screenshots go to var/screenshots (git-ignored) to be looked at.
"""

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import Engine, delete

from lms_tracker.actions.adopt_policy import adopt_policy
from lms_tracker.actions.issue_bulletin import issue_bulletin
from lms_tracker.actions.policies import policy_text
from lms_tracker.core.period import just_ended
from lms_tracker.core.study.stages import adoption_cause
from lms_tracker.store.db import open_db, writing
from lms_tracker.store.tables import touched_learner
from tests import services
from tests.browser import PATIENCE_MS, accessible, log_in, speak
from tests.patience import ATTEMPT_S, PATIENCE_S
from tests.web import deeds, people
from tests.web.people import World

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "var" / "screenshots"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP, PHONE, NARROW = (
    {"width": 1280, "height": 900},
    {"width": 390, "height": 844},
    {"width": 320, "height": 700},  # 1280 px at 400 %, as WCAG asks for
)
CROWD = 40

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[tuple[World, str]]:
    """A running server over a class of 42, and its address."""
    folder = tmp_path_factory.mktemp("browser")
    file = folder / "test.db"
    shutil.copyfile(migrated_sqlite, file)
    world = _fill(f"sqlite:///{file}")
    port = services.free_port()
    address = f"http://127.0.0.1:{port}"
    settings = {"DATABASE_URL": f"sqlite:///{file}", "VAR_DIR": str(folder), "PORT": str(port), "WORKER": "false"}
    environ = os.environ | {f"LMS_TRACKER_{name}": value for name, value in settings.items()}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([sys.executable, "-m", "lms_tracker.cli", "serve"], cwd=ROOT, env=environ, stderr=log)
    try:
        _wait_for(address, server, folder / "log")
        yield world, address
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("LMS_TRACKER_CHROMIUM") or services.chromium()
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


TOO_QUICK = "Autofocus processing was blocked"
"""A driver types a name before the page has put the focus there; nobody else is as quick."""


@pytest.fixture
def visit(chromium: Browser, world: tuple[World, str]) -> Iterator[Visit]:
    """Logs a person in and opens a page. At the end: no message on the console, no request to another host."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(login: str, path: str = "/", *, size: dict[str, int] = DESKTOP, scripts: bool = True) -> Page:
        address = world[1]
        context = chromium.new_context(viewport=size, java_script_enabled=scripts)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: None if message.text.startswith(TOO_QUICK) else faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith((address, "data:")) else faults.append(r.url))
        log_in(page, address, login)
        page.wait_for_load_state()  # with its style: what is hidden is asked at once
        if path != "/":
            page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def _fill(url: str) -> World:
    now = datetime.now(UTC)
    db = open_db(url)
    world = people.build(db, now)
    deeds.some_study(db, world, now)
    first = people.first_day(now)
    with writing(db) as tx:
        for n in range(CROWD):
            name = "一个名字特别特别长的校长·买买提·吐尔逊江" * (1 + n % 2) if n < 2 else f"学员{n:02}"
            learner = people.enrol(
                tx, world, world.programme["p1"], world.cohort["p1.one"], f"crowd{n}", name, kind="town", on=first
            )
            deeds.study(tx, learner, first + timedelta(days=n % 30), credited=10 * n + 1, hidden=n % 7)
    _adopt(db, world, now)
    period = just_ended(now.astimezone(people.ZONE).date())[0].key
    world.bulletin["p1"] = issue_bulletin(db, world.programme["p1"], period, as_of=now, now=now).id
    db.dispose()
    return world


def _adopt(db: Engine, world: World, now: datetime) -> None:
    """Other rules, by which some of the class lost time, two of long names among them."""
    first, at = people.first_day(now), now - timedelta(days=1)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "revised.toml"
        text = policy_text("p1-principals").replace("[study]\n", "[study]\nhidden_s = 10\n")
        file.write_text(text, encoding="utf-8")
        done = adopt_policy(db, world.programme["p1"], str(file), first, "会议决定", now=at)
    cause = adoption_cause(done.policy.study.id, first)
    with writing(db) as tx:
        tx.execute(delete(touched_learner))  # nothing of this was ever stated, so that it could be settled
        for n in range(7):
            deeds.judge_anew(tx, world.learner[f"crowd{n}"], cause, at, less=min(n, 1))


def _a_day(world: World) -> date:
    """One on which li studied, with time that does not count."""
    return people.first_day(datetime.now(UTC)) + timedelta(days=3)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = datetime.now(UTC) + timedelta(seconds=PATIENCE_S)
    while True:
        try:
            urllib.request.urlopen(f"{address}/login", timeout=ATTEMPT_S).close()
        except (URLError, OSError):
            if server.poll() is not None or datetime.now(UTC) > until:
                pytest.fail(f"the server did not start: {log.read_text()}")
        else:
            return


def _shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    shot = page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    assert len(shot) > 8_000, "an almost empty picture"


def _fits(page: Page) -> None:
    wide, has = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= has, f"the page is {wide} px wide in a window of {has}"


def test_the_pages_fit_any_window_in_both_languages(visit: Visit, world: tuple[World, str]) -> None:
    one, li = world[0].cohort["p1.one"], world[0].learner["p1.li"]
    pages = {
        "study": ("p1.li", "/study"),
        "day": ("p1.li", f"/study?day={_a_day(world[0])}"),
        "policies": ("p1.staff", f"/programmes/{world[0].programme['p1']}/policies"),
        "class": ("p1.head_teacher", f"/cohorts/{one}"),
        "class-rules": ("p1.head_teacher", f"/cohorts/{one}?rules={people.first_day(datetime.now(UTC))}"),
        "class-learner": ("p1.wang", f"/cohorts/{one}/learners/{li}"),
        "bulletins": ("p1.bureau", "/bulletins"),
        "bulletin": ("p1.bureau", f"/bulletins/{world[0].bulletin['p1']}"),
        "marking": ("p1.expert", f"/marking/{world[0].assignment['p1.assignments']}"),
        "password": ("p1.li", "/password"),
    }
    for name, (login, path) in pages.items():
        page = visit(login, path)
        for locale in ("en", "zh"):  # the account keeps the last one
            speak(page, locale)
            expect(page.locator("h1")).to_have_count(1)
            for size in (DESKTOP, {"width": 1030, "height": 800}, {"width": 780, "height": 1000}, PHONE, NARROW):
                page.set_viewport_size(size)
                _fits(page)
                if locale == "zh" and size in (DESKTOP, PHONE):
                    _shoot(page, f"{name}-{size['width']}")
            page.set_viewport_size(DESKTOP)


def test_axe_finds_nothing_on_the_main_pages_of_any_role(visit: Visit, world: tuple[World, str]) -> None:
    script, found = accessible.axe(), []
    for number, (login, paths) in enumerate(accessible.main_pages(world[0]).items()):
        page = visit(login, size=PHONE if number % 2 else DESKTOP)
        for path in paths:
            answer = page.goto(world[1] + path)
            assert answer is not None and answer.status == 200, f"{login}: {path}"
            found += accessible.faults(page, script)
    assert found == []


def test_study_shows_grade_chart_and_sessions(visit: Visit) -> None:
    page = visit("p1.li")
    assert page.url.endswith("/study")
    assert page.locator(".part").count() == 3
    assert page.locator("svg.wide rect.credited").count() == 10
    assert page.locator("svg.slim").is_hidden()
    page.get_by_text("用表格看这些数字").click()
    assert page.locator("caption", has_text="每天的学习时间").is_visible()
    fill, track = (page.locator(f"#part-research ~ svg .{part}").bounding_box() for part in ("fill", "track"))
    assert fill
    assert track
    assert fill["width"] / track["width"] == pytest.approx(0.915, abs=0.01)


def test_the_picture_of_a_day_is_as_wide_as_there_is_room_and_is_printed(
    visit: Visit, world: tuple[World, str]
) -> None:
    page = visit("p1.li", f"/study?day={_a_day(world[0])}")
    svg, credited = page.locator("figure.strip svg"), page.locator("figure.strip rect.p-credited")
    shares = []
    for size in (DESKTOP, PHONE, NARROW):
        page.set_viewport_size(size)
        _fits(page)
        whole, part = svg.bounding_box(), credited.first.bounding_box()
        assert whole and part and whole["width"] > 0.75 * size["width"] * (1 if size is not DESKTOP else 0.8)
        assert whole["x"] <= part["x"] + 1 and part["x"] + part["width"] <= whole["x"] + whole["width"] + 1
        shares.append(part["width"] / whole["width"])
        for label in page.locator("figure.strip text").all():
            box = label.bounding_box()
            assert box and box["x"] >= 0 and box["x"] + box["width"] <= size["width"], label.text_content()
    assert max(shares) - min(shares) < 0.01, "the same picture at any width"
    page.emulate_media(media="print")
    assert svg.is_visible()
    fills = page.eval_on_selector_all("figure.strip rect", "all => all.map(one => getComputedStyle(one).fill)")
    assert len(set(fills)) >= 4 and all("url(" in fill for fill in fills), "hatches, not colours alone"


def _column(page: Page, n: int) -> list[float]:
    values: list[float] = page.eval_on_selector_all(
        "#class tbody tr:not([hidden])", f"rows => rows.map(row => Number(row.cells[{n}].dataset.v))"
    )
    return values


def test_the_class_is_sorted_by_keyboard_without_a_reload(visit: Visit, world: tuple[World, str]) -> None:
    page = visit("p1.head_teacher", f"/cohorts/{world[0].cohort['p1.one']}")
    page.evaluate("window.stayed = true")
    final = page.locator("th[data-key=final]")
    final.locator("a").focus()
    page.keyboard.press("Enter")
    assert final.get_attribute("aria-sort") == "descending"
    assert _column(page, 5) == sorted(_column(page, 5), reverse=True)
    page.keyboard.press("Enter")
    assert final.get_attribute("aria-sort") == "ascending"
    assert _column(page, 5) == sorted(_column(page, 5))
    assert page.locator("[aria-sort]").count() == 1
    assert page.evaluate("window.stayed")
    assert "sort=final" in page.url
    for n, key in enumerate(page.eval_on_selector_all("th[data-key]", "all => all.map(th => th.dataset.key)")):
        page.locator(f"th[data-key={key}] a").click()
        assert _column(page, n) in (sorted(_column(page, n)), sorted(_column(page, n), reverse=True)), key


def test_the_class_is_filtered_while_typing(visit: Visit, world: tuple[World, str]) -> None:
    page = visit("p1.wang", f"/cohorts/{world[0].cohort['p1.one']}")
    everybody = len(_column(page, 0))
    assert everybody == CROWD + 2
    page.get_by_placeholder("姓名或学校").fill("学员1")
    assert len(_column(page, 0)) == 10
    assert page.get_by_text("显示 10 人").is_visible()
    page.get_by_placeholder("姓名或学校").fill("没有这个人")
    assert page.get_by_text("没有符合条件的学员").is_visible()
    page.get_by_placeholder("姓名或学校").fill("")
    page.get_by_label("只看需要联系的").check()
    assert 0 < len(_column(page, 0)) < everybody


def test_the_class_is_sorted_and_filtered_without_scripts(visit: Visit, world: tuple[World, str]) -> None:
    page = visit("p1.head_teacher", f"/cohorts/{world[0].cohort['p1.one']}", scripts=False)
    page.locator("th[data-key=final] a").click()
    expect(page.locator("th[data-key=final]")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("#class tbody th").first).to_have_text("李明")
    page.locator("input[name=q]").fill("学员2")
    page.get_by_role("button", name="应用").click()
    expect(page.locator("#class tbody tr")).to_have_count(10)
    _fits(page)


def test_the_first_key_leads_past_the_navigation(visit: Visit) -> None:
    page = visit("p1.li", "/study")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "跳到正文"
    page.keyboard.press("Enter")
    assert page.locator("main:focus").count() == 1


def test_the_language_is_switched_in_place(visit: Visit) -> None:
    page = visit("p1.zhao", "/study")
    speak(page, "en")
    expect(page.locator("h1")).to_have_text("My study")
    assert page.url.endswith("/study")
    _fits(page)
    speak(page, "zh")
    expect(page.locator("h1")).to_have_text("我的学习")


def test_the_bureau_reads_a_bulletin_and_takes_it_away(visit: Visit, world: tuple[World, str]) -> None:
    page = visit("p1.bureau")
    page.locator("tbody a").first.click()
    expect(page.locator(".counts")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    page.get_by_role("link", name="阅读全文").click()
    expect(page.locator("body")).to_contain_text("东湖区")
    _shoot(page, "bulletin-html")


def test_an_expert_marks_one_piece_of_work(visit: Visit, world: tuple[World, str]) -> None:
    page = visit("p1.expert", f"/marking/{world[0].assignment['p1.research']}")
    row = page.locator(f"#learner-{world[0].learner['p1.wang']}")
    row.locator("input[name=mark]").fill("86.5")
    row.locator("textarea").fill("结构清楚。")
    row.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存")).to_be_visible()
    expect(row.locator("b")).to_have_text("86.5")


def test_logging_out_closes_the_door_behind_one(visit: Visit, world: tuple[World, str]) -> None:
    page = visit("p1.li", "/study")
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/login")
    page.evaluate("history.back()")  # go_back() fails where Chromium swaps the page's process meanwhile
    page.wait_for_url(lambda url: "/login?next=" in url)
    assert page.locator("h1").inner_text() == "登录", "the browser kept nothing of the page"
    page.goto(f"{world[1]}/study")
    assert "/login" in page.url
