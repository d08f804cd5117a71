"""What stories before a real player need: a learner's scene, browsers in which people log in and attend, and the list of stories."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import APIRequestContext, Browser, BrowserContext, Locator, Page, Playwright

from lms_tracker.core.player.pace import LONGEST
from tests.browser import PATIENCE_MS
from tests.browser.studio import Studio
from tests.web.people import PASSWORD

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"]  # fmt: skip
ASKED = ".study-dialog:has(fieldset)"
"""A presence check with something to choose."""
NAME = f"""() => {{
  const check = document.querySelector("{ASKED}");
  return check && check.getAttribute("aria-labelledby");
}}"""
ONCE_MORE_S = 25.0
"""Longer than tracker.js waits for the answer to a request."""
PLAYED = """() => {
  const played = document.querySelector("#medium").played || [];
  return Array.from({length: played.length}, (_, n) => [played.start(n), played.end(n)]);
}"""
"""Content that the browser itself says it has played, whatever the tracker says."""
WATCH = """() => {
  window.seen = [];
  let last = null;
  setInterval(() => {
    const v = document.querySelector("#medium"), at = v.currentTime;
    if (!v.paused && last !== null && at > last && at - last < 1) window.seen.push([last, at]);
    last = v.paused ? null : at;
  }, 200);
}"""
"""The same by an observer that sleeps when the computer does: then the browser's own word is too high."""


@dataclass
class Scene:
    """One learner's story. `true_s`: what somebody truly watched; for a cheat, the part that nobody forged."""

    key: str
    title: str
    honest: bool
    true_s: float = 0.0
    claimed_s: float = 0.0
    """What the player, or the script, made of it: what a system that believes pages would have counted."""
    credited_s: float = 0.0
    held_s: float = 0.0
    lost: dict[str, float] = field(default_factory=dict)
    note: str = ""
    crowd: dict[str, float] = field(default_factory=dict)
    """Others who did the same at the same time: what each truly watched, by the name of the account."""
    worst: float = 0.0
    """The largest error among them."""

    @property
    def error(self) -> float:
        """Honest: the share that was lost. Others: what they gained, as a share of what they forged, or of what is true."""
        if self.honest:
            return max(self.worst, (self.true_s - self.credited_s) / max(self.true_s, 1))
        return max(0.0, self.credited_s - self.true_s) / max(self.claimed_s - self.true_s, self.true_s, 1)


class Stage:
    """What the stories need: the studio, browsers, how long to play."""

    def __init__(self, studio: Studio, playwright: Playwright, browser: Browser, seconds: float, cut: float) -> None:
        self.studio, self.playwright, self.browser = studio, playwright, browser
        self.seconds, self.cut = seconds, cut
        self.faults: list[str] = []

    async def enter(
        self, login: str, *, script: str = "", address: str = "", unit: str = "video", browser: Browser | None = None,
        context: BrowserContext | None = None, play: bool = True,
    ) -> Page:  # fmt: skip
        """A browser in which the learner has logged in, the unit open and playing."""
        address = address or self.studio.address
        if context is None:
            context = await (browser or self.browser).new_context(viewport={"width": 1000, "height": 700})
            context.set_default_timeout(PATIENCE_MS)
            page = await context.new_page()
            page.on("pageerror", lambda error: self.faults.append(f"{login}: {error}"))
            await page.goto(f"{address}/login")
            await page.fill("#login", login)
            await page.fill("#password", PASSWORD)
            await page.keyboard.press("Enter")
            await page.wait_for_selector(".who .name")
        else:
            page = await context.new_page()
        if script:
            await page.add_init_script(script)
        await page.goto(f"{address}/courses/units/{self.studio.unit[unit]}")
        if play:
            await page.wait_for_selector("#speeds button")
            await page.focus("#medium")
            await page.keyboard.press("Space")
        return page

    async def attend(self, page: Page, seconds: float, *, answers: bool = True) -> None:
        """Somebody is there: moves the mouse now and then, reads checks and answers them."""
        until = time.monotonic() + seconds
        moved = 0.0
        while time.monotonic() < until:
            if answers and (name := await page.evaluate(NAME)):
                await self.answer(page.locator(f".study-dialog[aria-labelledby='{name}']"))
            if time.monotonic() - moved > 6:
                moved = time.monotonic()
                await page.mouse.move(random.randint(100, 700), random.randint(200, 600), steps=2)
            await asyncio.sleep(min(0.5, max(0.0, until - time.monotonic())))

    async def answer(self, check: Locator) -> None:
        """This check and no other dialog, which may take its place at any moment, as when another browser takes over while
        one chooses. Where the answer is lost, it is still there, to be answered once more."""
        gone = asyncio.create_task(check.wait_for(state="detached", timeout=0))
        choosing = asyncio.create_task(self._choose(check))
        await asyncio.wait((choosing, gone), return_when=asyncio.FIRST_COMPLETED)
        if not gone.done():
            choosing.result()
            await asyncio.wait((gone,), timeout=ONCE_MORE_S)
        choosing.cancel()
        gone.cancel()

    async def _choose(self, check: Locator) -> None:
        await asyncio.sleep(1)
        for right in self.studio.right_answers(await check.inner_text()):
            await check.get_by_text(right, exact=True).click()
        await check.locator("button").click()

    async def outlast(self, login: str) -> None:
        """As long as a story lasts; and until the learner was asked: a busy server hears of a page less often."""
        await asyncio.sleep(self.seconds)
        until = time.monotonic() + 2 * LONGEST  # a page is silent for half of it at most
        while not self.studio.was_asked(login) and time.monotonic() < until:
            await asyncio.sleep(1)

    async def leave(self, page: Page) -> list[list[float]]:
        """Close the page as one does; what it has played."""
        seen: list[list[float]] = await page.evaluate(PLAYED)
        await page.goto("about:blank")
        return seen


def length(spans: list[list[float]]) -> float:
    """Seconds of content that these spans hold, each once."""
    total, until = 0.0, -1.0
    for low, high in sorted(spans):
        total += max(0.0, high - max(low, until))
        until = max(until, high)
    return total


Story = Callable[[Stage, Scene, str], Awaitable[None]]
STORIES: list[tuple[Scene, Story]] = []


def story(key: str, title: str, *, honest: bool) -> Callable[[Story], Story]:
    def add(tell: Story) -> Story:
        STORIES.append((Scene(key, title, honest), tell))
        return tell

    return add


async def other_window(page: Page) -> Page:
    """Something else comes to the front. (Headless Chromium takes the focus away; it never hides a page.)"""
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    other = await page.context.new_page()
    await other.bring_to_front()
    return other


async def post(http: APIRequestContext, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    told: dict[str, Any] = await (await http.post(path, data=body, headers=headers)).json()
    return told
