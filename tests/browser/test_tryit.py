"""The page to try the xAPI resources, in a real Chromium: a statement is stored and read back, a wrong key is told."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import Engine

from lms_tracker.actions.credentials import create_credential
from lms_tracker.app import create_app
from lms_tracker.lrs.openapi.examples import EXAMPLES
from lms_tracker.settings import Settings
from tests import services
from tests.browser import PATIENCE_MS
from tests.browser.test_browser import DESKTOP, NARROW, PHONE, QUIET, SHOTS
from tests.serving import served
from tests.web import people
from tests.web.people import NOW, PASSWORD

Key = tuple[str, str]


@pytest.fixture
def site(db: Engine, tmp_path: Path) -> Iterator[str]:
    """Address of a server over the small world."""
    people.build(db)
    port = services.free_port()
    url = f"http://127.0.0.1:{port}"
    app = create_app(Settings(database_url=str(db.url), var_dir=str(tmp_path), secret_key="k" * 40, public_url=url))
    with served(app, port) as address:
        yield address


@pytest.fixture
def key(db: Engine) -> Key:
    credential, secret = create_credential(db, "try", now=NOW)
    return credential.key, secret


@pytest.fixture
def page(site: str) -> Iterator[Page]:
    """The page, opened by the administrator. At the end: nothing fetched from elsewhere, nothing held back by the policy."""
    faults: list[str] = []
    with sync_playwright() as playwright:
        path = os.environ.get("LMS_TRACKER_CHROMIUM") or services.chromium()
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        page = browser.new_context(viewport=DESKTOP).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith((site, "data:")) else faults.append(r.url))
        page.goto(f"{site}/login?next=/admin/api")
        page.fill("#login", "admin")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector(".op")
        yield page
        browser.close()
    assert [fault for fault in faults if "Failed to load resource" not in fault] == []


def _send(page: Page, operation: str) -> str:
    """Press the button; the status of the answer."""
    with page.expect_response(lambda response: "/xapi/" in response.url) as told:
        page.locator(f"#{operation} button.main").click()
    status = str(told.value.status)
    expect(page.locator(f"#{operation} .answer .code")).to_contain_text(status)
    return status


def test_a_statement_is_stored_and_read_back_from_the_page(page: Page, key: Key) -> None:
    page.fill("[name=key]", key[0])
    page.fill("[name=secret]", key[1])
    for index, name in enumerate(EXAMPLES):
        page.locator("#post_statements").evaluate("box => box.open = true")
        page.select_option("#post_statements [name=example]", index=index)
        assert _send(page, "post_statements") == "200", name
    page.locator("#get_statements").evaluate("box => box.open = true")
    page.fill("#get_statements [name=agent]", '{"account": {"homePage": "https://lms.example.org", "name": "li.ming"}}')
    page.fill("#get_statements [name=limit]", "2")
    assert _send(page, "get_statements") == "200"
    assert "依法治校" in page.inner_text("#get_statements .got")
    page.check("#get_statements .headers input")
    assert _send(page, "get_statements") == "200"
    page.locator("#get_statements .answer summary").first.click()
    assert "x-experience-api-version" in page.inner_text("#get_statements .heads")
    for name, size in (("desktop", DESKTOP), ("phone", PHONE), ("narrow", NARROW)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"tryit-{name}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_document_is_put_read_and_deleted_by_keyboard(page: Page, key: Key) -> None:
    page.fill("[name=key]", key[0])
    page.fill("[name=secret]", key[1])
    for operation, status in (
        ("put_state", "204"),
        ("get_state", "200"),
        ("delete_state", "204"),
        ("get_state", "404"),
    ):
        summary = page.locator(f"#{operation} > summary")
        if not page.locator(f"#{operation}").evaluate("box => box.open"):
            summary.focus()
            page.keyboard.press("Enter")
        page.fill(f"#{operation} [name=stateId]", "bookmark")
        page.locator(f"#{operation} button.main").focus()
        page.keyboard.press("Enter")
        expect(page.locator(f"#{operation} .answer .code")).to_contain_text(status)


def test_a_wrong_key_is_told_and_the_browser_asks_for_none_itself(page: Page) -> None:
    page.fill("[name=key]", "nobody")
    page.locator("#get_statements").evaluate("box => box.open = true")
    assert _send(page, "get_statements") == "401"
    assert "a valid key and secret are needed" in page.inner_text("#get_statements .got")
    assert "nobody" not in page.inner_text("#get_statements .answer")
