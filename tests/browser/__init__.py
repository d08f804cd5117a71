"""Pages in a real Chromium."""

from playwright.sync_api import Page, expect

from tests.web.people import PASSWORD

PATIENCE_MS = 30_000
"""How long a test waits for anything before it calls it missing: the machine may be busy."""


def log_in(page: Page, address: str, login: str) -> None:
    """By keyboard, as far as the first page of somebody who is logged in."""
    page.goto(f"{address}/login")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".who .name")


def speak(page: Page, locale: str) -> None:
    """The same page in another language (`zh`, `en`), once it is there: a click does not wait for what it leads to."""
    page.locator(f'button[name="locale"][value="{locale}"]').click()
    expect(page.locator("html")).to_have_attribute("lang", {"zh": "zh-CN", "en": "en"}[locale])
    page.wait_for_load_state()
