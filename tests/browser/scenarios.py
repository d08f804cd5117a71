"""People and cheats before a real player: what each did, how long somebody truly watched, and what was credited.

All at once, each a learner in a browser of its own, in real time, against one server with rules whose intervals are short
(tests.browser.studio). `python -m tests.browser.scenarios` plays three and a half minutes and writes docs/player-scenarios.md;
`python -m tests.browser.scenarios 210 180 cut restart` plays only those, and puts their lines into the same table.
"""

import asyncio
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import APIRequestContext, Browser, BrowserContext, Page, Playwright, async_playwright

from lms_tracker.actions.ask_presence import end_unanswered
from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.open_stream import SILENT, close_silent
from tests import services
from tests.browser.bare import Bare
from tests.browser.film import DRAW, film_of
from tests.browser.studio import Studio, build, serve, template
from tests.web.people import PASSWORD, UNIT

ROOT = Path(__file__).resolve().parents[2]
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"]  # fmt: skip
RULES = """
[player]
beat_from_s = 5
beat_to_s = 5
check_least_s = 59
check_mean_s = 60
check_answer_s = 30
check_kinds = ["choice"]
"""
"""As installed, but sooner: a check comes after 59 s of playing and a second or so, and waits 30 s."""
CONFIRMS = RULES.replace('["choice"]', '["confirm"]')
"""Of the second programme: as weak as a programme may be."""
STUDY = "hidden_s = 10"
"""Out of sight for longer does not count; installed is 60."""
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
            context.set_default_timeout(30_000)
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
            if answers and await page.locator(".study-dialog fieldset").count():
                await self.answer(page)
            if time.monotonic() - moved > 6:
                moved = time.monotonic()
                await page.mouse.move(random.randint(100, 700), random.randint(200, 600), steps=2)
            await asyncio.sleep(min(0.5, max(0.0, until - time.monotonic())))

    async def answer(self, page: Page) -> None:
        await asyncio.sleep(1)
        text = await page.locator(".study-dialog").inner_text()
        for right in self.studio.right_answers(text):
            await page.locator(".study-dialog").get_by_text(right, exact=True).click()
        await page.locator(".study-dialog button").click()
        await page.locator(".study-dialog").wait_for(state="detached")

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


# --- honest people ------------------------------------------------------------------------------------------------


@story("honest", "honest watching, checks answered", honest=True)
async def honest(stage: Stage, scene: Scene, login: str) -> None:
    page = await stage.enter(login)
    await stage.attend(page, stage.seconds)
    scene.true_s = length(await stage.leave(page))


@story("restless", "1.5x, pauses, rewatches a passage, loses the focus for 5 s", honest=True)
async def restless(stage: Stage, scene: Scene, login: str) -> None:
    page = await stage.enter(login)
    await page.get_by_role("button", name="1.5 倍").click()
    await stage.attend(page, stage.seconds / 3)
    await page.focus("#medium")
    await page.keyboard.press("Space")
    await asyncio.sleep(4)
    await page.keyboard.press("Space")
    await stage.attend(page, stage.seconds / 6)
    await page.evaluate("medium.currentTime -= 10")
    notes = await _other_window(page)
    await asyncio.sleep(5)
    await notes.close()
    await page.bring_to_front()
    await stage.attend(page, stage.seconds / 2)
    scene.true_s = length(await stage.leave(page))


@story("cut", "network cut ({cut} s), page left open", honest=True)
async def cut(stage: Stage, scene: Scene, login: str) -> None:
    page = await stage.enter(login)
    await page.evaluate(
        "fetch(medium.src).then(answer => answer.arrayBuffer()).then(all => all.byteLength)"
    )  # as if buffered
    await stage.attend(page, 15)
    await page.context.set_offline(True)
    await stage.attend(page, stage.cut)
    scene.note = await page.inner_text("#why")
    await page.context.set_offline(False)
    await stage.attend(page, max(25.0, stage.seconds - 15 - stage.cut))
    scene.true_s = length(await stage.leave(page))


@story("restart", "server restarted while 50 watch: one video in a browser, 49 by tracker.js in a page", honest=True)
async def restart(stage: Stage, scene: Scene, login: str) -> None:
    port = services.free_port()
    address = f"http://127.0.0.1:{port}"
    first = await asyncio.to_thread(serve, stage.studio, port, worker=False)
    page = await stage.enter(login, address=address)
    await page.evaluate(WATCH)  # a film that is loaded anew has forgotten what it played
    crowd = await _crowd(stage, address, 49)
    await stage.attend(page, 25)
    first.terminate()
    await asyncio.to_thread(first.wait, 20)
    await stage.attend(page, 8)
    second = await asyncio.to_thread(serve, stage.studio, port, worker=False)
    await stage.attend(page, stage.seconds - 33)
    scene.crowd = await crowd.evaluate("window.leave()")
    scene.true_s = length(await page.evaluate("window.seen"))
    await stage.leave(page)
    await asyncio.sleep(2)
    second.terminate()
    await asyncio.to_thread(second.wait, 20)


CROWD = """async grants => {
  const watching = {};
  for (const [name, grant] of Object.entries(grants)) {
    const began = performance.now(), at = () => (performance.now() - began) / 1000;
    const source = {media: true, playing: () => true, time: at, rate: () => 1, length: () => 600, pause() {}, play() {},
                    seek() {}, setRate() {}, on: () => () => {}};
    const tracker = StudyTracker.attach(source, {grant, activity: "%s", device: name, resume: false});
    watching[name] = () => { const s = at(); tracker.close(); return s; };
  }
  window.leave = () => Object.fromEntries(Object.entries(watching).map(([name, close]) => [name, close()]));
}"""
"""The real tracker, once for each, on a source that plays by the page's clock; of a platform that gives them grants."""


async def _crowd(stage: Stage, address: str, many: int) -> Page:
    made, secret = create_credential(stage.studio.db, "crowd", now=datetime.now(UTC))
    http = await stage.playwright.request.new_context(
        base_url=address, http_credentials={"username": made.key, "password": secret, "send": "always"}
    )
    grants = {}
    for n in range(many):
        actor = {"account": {"homePage": "https://lms.example", "name": f"crowd{n}"}}
        grants[f"crowd{n}"] = await _post(
            http, "/player/grants", {"activity": UNIT, "device": f"crowd{n}", "actor": actor}
        )
    page = await (await stage.browser.new_context()).new_page()
    await page.goto(f"{address}/login")
    await page.add_script_tag(url=f"{address}/static/tracker.js")
    await page.evaluate(CROWD % UNIT, grants)
    return page


@story("reopens", "loads the page anew while it asks, and answers there", honest=True)
async def reopens(stage: Stage, scene: Scene, login: str) -> None:
    page = await stage.enter(login)
    await stage.attend(page, 40, answers=False)
    await page.locator(".study-dialog").wait_for(timeout=60_000)
    seen = await stage.leave(page)
    page = await stage.enter(login, context=page.context, play=False)
    await stage.attend(page, 6)
    scene.note = "" if await page.locator(".study-dialog").count() == 0 else "still asked"
    await page.focus("#medium")
    await page.keyboard.press("Space")
    await stage.attend(page, stage.seconds - 70)
    scene.true_s = length(seen + await stage.leave(page))


@story("asleep", "laptop asleep for 30 s (all processes of the browser stopped)", honest=True)
async def asleep(stage: Stage, scene: Scene, login: str) -> None:
    browser = await stage.playwright.chromium.launch(executable_path=services.chromium(), args=QUIET)
    page = await stage.enter(login, browser=browser)
    await page.evaluate(WATCH)
    await stage.attend(page, 30)
    told = await (await browser.new_browser_cdp_session()).send("SystemInfo.getProcessInfo")
    processes = [one["id"] for one in told["processInfo"]]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    await asyncio.sleep(30)
    for process in processes:
        os.kill(process, signal.SIGCONT)
    await stage.attend(page, stage.seconds - 60)
    scene.true_s = length(await page.evaluate("window.seen"))
    await stage.leave(page)
    await browser.close()


@story("clock", "the computer's clock is an hour ahead, and is set right meanwhile", honest=True)
async def clock(stage: Stage, scene: Scene, login: str) -> None:
    wrong = "{ const now = Date.now; window.ahead = 3600e3; Date.now = () => now() + window.ahead; }"
    page = await stage.enter(login, script=wrong)
    await stage.attend(page, stage.seconds / 2)
    await page.evaluate("window.ahead = 0")
    await stage.attend(page, stage.seconds / 2)
    scene.true_s = length(await stage.leave(page))


@story("changes", "goes on in another browser, having closed the first", honest=True)
async def changes(stage: Stage, scene: Scene, login: str) -> None:
    page = await stage.enter(login)
    await stage.attend(page, stage.seconds / 2)
    seen = await stage.leave(page)
    page = await stage.enter(login)
    await stage.attend(page, stage.seconds / 2)
    scene.true_s = length(seen + await stage.leave(page))


@story("reader", "reads a document, scrolling", honest=True)
async def reader(stage: Stage, scene: Scene, login: str) -> None:
    page = await stage.enter(login, unit="document", play=False)
    await page.wait_for_selector("#counting[data-state=ok]")
    begun = time.monotonic()
    await stage.attend(page, stage.seconds)
    scene.true_s = time.monotonic() - begun
    await stage.leave(page)


# --- others -------------------------------------------------------------------------------------------------------


@story("hidden", "another window in front, the video goes on", honest=False)
async def hidden(stage: Stage, scene: Scene, login: str) -> None:
    page = await stage.enter(login)
    await stage.attend(page, 20)
    before = length(await page.evaluate(PLAYED))
    await _other_window(page)
    await asyncio.sleep(stage.seconds - 20)
    scene.note = await page.inner_text("#why")
    scene.true_s, scene.claimed_s = before, length(await stage.leave(page))


@story("fast", "16x from the console, the tracker's listener cut off", honest=False)
async def fast(stage: Stage, scene: Scene, login: str) -> None:
    page = await stage.enter(login, script="addEventListener('ratechange', e => e.stopImmediatePropagation(), true)")
    await stage.attend(page, 20)
    scene.true_s = length(await page.evaluate(PLAYED))
    await page.evaluate("setInterval(() => { medium.playbackRate = 16 }, 200)")
    await stage.attend(page, 25)
    scene.claimed_s = await page.evaluate("medium.currentTime")
    await stage.leave(page)


@story("dragging", "drags to the end, piece by piece", honest=False)
async def dragging(stage: Stage, scene: Scene, login: str) -> None:
    page = await stage.enter(login)
    for _ in range(int(stage.seconds / 5)):
        await stage.attend(page, 3)
        await page.evaluate("medium.currentTime = Math.min(medium.duration - 10, medium.currentTime + 60)")
    scene.claimed_s = await page.evaluate("medium.currentTime")
    scene.true_s = length(await stage.leave(page))


@story("tabs", "two tabs at once, each made to play on", honest=False)
async def tabs(stage: Stage, scene: Scene, login: str) -> None:
    begun = time.monotonic()
    page = await stage.enter(login, script=PLAY_ON)
    second = await stage.enter(login, unit="second", context=page.context, script=PLAY_ON, play=False)
    await asyncio.sleep(2)
    scene.note = await second.locator(".study-dialog h2").inner_text()
    await second.get_by_role("button", name="在这里继续学习").click()
    await asyncio.gather(stage.attend(second, stage.seconds), stage.attend(page, stage.seconds))
    scene.true_s = time.monotonic() - begun
    scene.claimed_s = length(await stage.leave(page)) + length(await stage.leave(second))


@story("browsers", "two browsers at once, each taking over in turn", honest=False)
async def browsers(stage: Stage, scene: Scene, login: str) -> None:
    begun = time.monotonic()
    pages = [await stage.enter(login, script=PLAY_ON)]
    pages.append(await stage.enter(login, unit="second", script=PLAY_ON, play=False))

    async def keep_taking(page: Page) -> None:
        until = time.monotonic() + stage.seconds
        while time.monotonic() < until:
            take = page.get_by_role("button", name="在这里继续学习")
            if await take.count():
                await take.click()
            await stage.attend(page, 4)

    await asyncio.gather(*(keep_taking(page) for page in pages))
    scene.true_s = time.monotonic() - begun
    scene.claimed_s = sum([length(await stage.leave(page)) for page in pages])


@story(
    "background",
    "another tab in front: the page is hidden for real (Chromium pauses a silent film there)",
    honest=False,
)
async def background(stage: Stage, scene: Scene, login: str) -> None:
    bare = await asyncio.to_thread(Bare, stage.studio.folder / "bare")

    async def on_page(script: str) -> Any:
        return await asyncio.to_thread(bare.evaluate, script)

    await _log_in_bare(bare, on_page, stage, login)
    await asyncio.to_thread(bare.focus, True)
    await on_page("medium.play()")
    await asyncio.sleep(20)
    scene.true_s = length(await on_page(f"({PLAYED})()"))
    await asyncio.to_thread(bare.another_tab)
    await asyncio.sleep(stage.seconds - 20)
    scene.note = await on_page("document.visibilityState + ': ' + document.querySelector('#why').innerText")
    scene.claimed_s = length(await on_page(f"({PLAYED})()"))
    await asyncio.to_thread(bare.goto, "about:blank")
    await asyncio.sleep(1)
    await asyncio.to_thread(bare.close)


async def _log_in_bare(bare: Bare, on_page: Callable[[str], Awaitable[Any]], stage: Stage, login: str) -> None:
    async def until(script: str) -> None:
        end = time.monotonic() + 60
        while not await on_page(script):
            assert time.monotonic() < end, script
            await asyncio.sleep(0.3)

    await asyncio.to_thread(bare.goto, f"{stage.studio.address}/login")
    await until("!!document.querySelector('#password')")
    await on_page(
        f"document.querySelector('#login').value = '{login}'; document.querySelector('#password').value = '{PASSWORD}';"
        " document.querySelector('#password').form.requestSubmit()"
    )
    await until("!!document.querySelector('.who .name')")
    await asyncio.to_thread(bare.goto, f"{stage.studio.address}/courses/units/{stage.studio.unit['video']}")
    await until("!!document.querySelector('#speeds button')")


@story("reopening", "nobody there; a script opens the page anew whenever a check comes", honest=False)
async def reopening(stage: Stage, scene: Scene, login: str) -> None:
    script = """addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
      if (document.querySelector(".study-dialog")) location.href = location.pathname;
    }).observe(document.body, {childList: true}));"""
    await _reopened(stage, scene, login, script)


@story("hopping", "nobody there; a script opens the page anew every 15 s, before any check can come", honest=False)
async def hopping(stage: Stage, scene: Scene, login: str) -> None:
    await _reopened(stage, scene, login, "setTimeout(() => { location.href = location.pathname; }, 15000);")


async def _reopened(stage: Stage, scene: Scene, login: str, script: str) -> None:
    page = await stage.enter(login, script=PLAY_ON + COUNT + script)
    await asyncio.sleep(stage.seconds)
    kept = await page.context.storage_state()  # the page itself is on its way to the next one, mostly
    (played,) = [item["value"] for item in kept["origins"][0]["localStorage"] if item["name"] == "played"]
    scene.claimed_s = float(played)
    await page.close()


@story(
    "clicker", "a script that confirms whatever may be confirmed, where confirming is all that is asked", honest=False
)
async def clicker(stage: Stage, scene: Scene, login: str) -> None:
    await _script(
        stage, scene, login, lambda: 5.0, answer=lambda check: "present" if check["kind"] == "confirm" else "a"
    )


@story(
    "userscript", "in the background; fakes visibility and focus, clicks pop-ups, moves a synthetic mouse", honest=False
)
async def userscript(stage: Stage, scene: Scene, login: str) -> None:
    page = await stage.enter(login, script=USERSCRIPT)
    await _other_window(page)
    await asyncio.sleep(stage.seconds)
    scene.claimed_s = length(await stage.leave(page))


@story("suppressed", "nobody there; the pop-up is removed as it appears", honest=False)
async def suppressed(stage: Stage, scene: Scene, login: str) -> None:
    script = (
        """HTMLDialogElement.prototype.showModal = function () {};
      addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
        const d = document.querySelector(".study-dialog"), v = document.querySelector("#medium");
        if (d) d.remove(); if (v && v.paused) v.play().catch(() => 0);
      }).observe(document.body, {childList: true, subtree: true}));"""
        + PLAY_ON
    )
    page = await stage.enter(login, script=script)
    await asyncio.sleep(stage.seconds)
    scene.claimed_s = length(await stage.leave(page))


@story("blocked", "nobody there; requests about checks are blocked", honest=False)
async def blocked(stage: Stage, scene: Scene, login: str) -> None:
    page = await stage.enter(login, script=PLAY_ON)
    await page.route("**/player/checks/**", lambda route: route.abort())
    await asyncio.sleep(stage.seconds)
    scene.claimed_s = length(await stage.leave(page))


@story("minute", "a script without a player: a beat at an even pace", honest=False)
async def minute(stage: Stage, scene: Scene, login: str) -> None:
    await _script(stage, scene, login, lambda: 10.0)


@story("jittered", "a script without a player: beats at random", honest=False)
async def jittered(stage: Stage, scene: Scene, login: str) -> None:
    await _script(stage, scene, login, lambda: random.uniform(4, 16))


@story("replayed", "a script that sends one recorded beat again and again", honest=False)
async def replayed(stage: Stage, scene: Scene, login: str) -> None:
    http = await _log_in(stage, login)
    opened = await _grant(stage, http)
    body = {"g": opened["grant"], "n": 1, "p": opened["proof"], "b": [_beat(0, "play"), _beat(0.001)]}
    answers = []
    for n in range(20):
        body = body | {"n": 1 + n // 10 * n}  # the same, and the same under other numbers
        answers.append(await _post(http, "/player/beats", body))
        await asyncio.sleep(stage.seconds / 40)
    refused = {a["error"]["code"] for a in answers if "error" in a}
    scene.note, scene.claimed_s = f"refused: {', '.join(sorted(refused))}", 20 * 15.0


@story("at-once", "a script that claims the whole unit in one request", honest=False)
async def at_once(stage: Stage, scene: Scene, login: str) -> None:
    http = await _log_in(stage, login)
    opened = await _grant(stage, http)
    beats = [_beat(15.0 * n, "play" if n == 0 else "beat", age_s=600 - 15.0 * n) for n in range(41)]
    await _post(http, "/player/beats", {"g": opened["grant"], "n": 1, "p": opened["proof"], "b": beats})
    scene.claimed_s = 600.0


COUNT = """setInterval(() => { const v = document.querySelector("#medium");
  if (v && !v.paused) localStorage.played = Number(localStorage.played || 0) + 1; }, 1000);"""
PLAY_ON = """setInterval(() => { const v = document.querySelector("#medium"); if (v && v.paused) v.play().catch(() => 0); }, 1000);"""
USERSCRIPT = (
    PLAY_ON
    + """
  Object.defineProperty(document, "hidden", {get: () => false});
  Object.defineProperty(document, "visibilityState", {get: () => "visible"});
  document.hasFocus = () => true;
  for (const name of ["visibilitychange", "blur", "focusout"]) addEventListener(name, e => e.stopImmediatePropagation(), true);
  setInterval(() => {
    const at = {clientX: Math.random() * 800, clientY: Math.random() * 600, bubbles: true};
    document.dispatchEvent(new MouseEvent("mousemove", at)); document.dispatchEvent(new PointerEvent("pointermove", at));
    document.dispatchEvent(new KeyboardEvent("keydown", {key: "a", bubbles: true}));
    const all = document.querySelectorAll(".study-dialog input");
    if (all.length) all[Math.floor(Math.random() * all.length)].click();
    const button = document.querySelector(".study-dialog button");
    if (button) button.click();
  }, 2000);"""
)


async def _other_window(page: Page) -> Page:
    """Something else comes to the front. (Headless Chromium takes the focus away; it never hides a page.)"""
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    other = await page.context.new_page()
    await other.bring_to_front()
    return other


async def _log_in(stage: Stage, login: str) -> APIRequestContext:
    """What a script has: the learner's cookie, and what every page of ours tells."""
    http = await stage.playwright.request.new_context(
        base_url=stage.studio.address, extra_http_headers={"Referer": stage.studio.address}
    )
    token = re.search(r'name="csrf_token" value="([^"]+)"', await (await http.get("/login")).text())
    assert token
    await http.post("/login", form={"login": login, "password": PASSWORD, "csrf_token": token[1]})
    return http


async def _post(http: APIRequestContext, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    told: dict[str, Any] = await (await http.post(path, data=body, headers=headers)).json()
    return told


async def _grant(stage: Stage, http: APIRequestContext) -> dict[str, Any]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', await (await http.get("/courses")).text())
    assert token
    return await _post(http, "/player/grants", {"activity": UNIT, "device": "script"}, **{"X-CSRFToken": token[1]})


def _beat(at: float, event: str = "beat", age_s: float = 0.0) -> dict[str, Any]:
    return {"a": age_s * 1000, "e": event, "m": at, "r": 1, "f": 7, "i": [0, random.randint(0, 3), 0]}


async def _script(
    stage: Stage, scene: Scene, login: str, pause: Callable[[], float],
    answer: Callable[[dict[str, Any]], str] | None = None,
) -> None:  # fmt: skip
    """Posts what a player would, with inputs, position always at the clock; renews proofs as the page does."""
    http = await _log_in(stage, login)
    opened = await _grant(stage, http)
    n, proof, begun = 0, opened["proof"], time.monotonic()
    while (at := time.monotonic() - begun) < stage.seconds:
        told = {"g": opened["grant"], "n": n + 1, "p": proof, "b": [_beat(at, "beat" if n else "play")]}
        answered = await _post(http, "/player/beats", told)
        n, proof, check = answered["n"], answered["p"], answered["check"]
        if answer is not None and check is not None:
            await _post(http, f"/player/checks/{check['id']}", {"g": opened["grant"], "answer": answer(check)})
        await asyncio.sleep(pause())
    scene.claimed_s = at


# --- all of them --------------------------------------------------------------------------------------------------


async def play_all(
    studio: Studio, seconds: float, cut: float, only: Sequence[str] = ()
) -> tuple[list[Scene], list[str]]:
    """Every story, with what the ledger says in the end; and errors of pages, of which there should be none."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=services.chromium(), args=QUIET)
        stage = Stage(studio, playwright, browser, seconds, cut)
        scenes = [Scene(s.key, s.title.format(cut=round(cut)), s.honest) for s, _ in STORIES]

        async def tell(n: int) -> None:
            if only and scenes[n].key not in only:
                return
            await asyncio.sleep(n * 0.4)  # logging in takes a processor's time
            await STORIES[n][1](stage, scenes[n], f"v{n}")

        outcomes = await asyncio.gather(*(tell(n) for n in range(len(STORIES))), return_exceptions=True)
        stage.faults += [f"{scenes[n].key}: {o!r}" for n, o in enumerate(outcomes) if isinstance(o, BaseException)]
        await browser.close()
    later = datetime.now(UTC) + SILENT + timedelta(minutes=2)  # what the worker does then with pages that just vanished
    close_silent(studio.db, later)
    end_unanswered(studio.db, later)
    until = time.monotonic() + 120  # mostly some seconds
    while not studio.is_settled() and time.monotonic() < until:
        await asyncio.sleep(0.3)
    await asyncio.sleep(1)
    for n, scene in enumerate(scenes):
        scene.credited_s, scene.held_s = studio.credited_s(f"v{n}")
        scene.lost = studio.lost_s(f"v{n}")
        if scene.crowd:
            shares = {name: 1 - studio.credited_of_account(name) / true for name, true in scene.crowd.items()}
            scene.worst = max(shares.values())
            scene.note = f"of {len(shares)}, on average {sum(shares.values()) / len(shares):.2%}"
    return scenes, stage.faults


def run(
    folder: Path, migrated: Path, *, seconds: float, cut: float, only: Sequence[str] = ()
) -> tuple[list[Scene], list[str]]:
    """Build a studio, open it, and play all, or only those named."""
    frames = asyncio.run(_frames(600))
    studio = build(
        folder, migrated, film_of(frames), player=RULES, study=STUDY, seconds=600, learners=len(STORIES),
        second={f"v{n}" for n, (scene, _) in enumerate(STORIES) if scene.key == "clicker"}, second_player=CONFIRMS,
    )  # fmt: skip
    studio.start()
    try:
        return asyncio.run(play_all(studio, seconds, cut, only))
    finally:
        studio.stop()
        studio.db.dispose()


async def _frames(seconds: int) -> list[str]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=services.chromium(), args=QUIET)
        page = await browser.new_page()
        frames: list[str] = await page.evaluate(DRAW, seconds)
        await browser.close()
        return frames


def write(scenes: list[Scene], seconds: float, only: Sequence[str] = ()) -> Path:
    """var/player-scenarios.json: what was played, and what had been played before of the same length."""
    path = ROOT / "var" / "player-scenarios.json"
    path.parent.mkdir(exist_ok=True)
    kept = json.loads(path.read_text(encoding="utf-8")) if only and path.exists() else {}
    rows = {row["key"]: row for row in kept.get("scenes", ()) if kept["seconds"] == seconds}
    rows |= {s.key: asdict(s) | {"error": round(s.error, 4)} for s in scenes if not only or s.key in only}
    ordered = [rows[scene.key] for scene, _ in STORIES if scene.key in rows]
    path.write_text(json.dumps({"seconds": seconds, "scenes": ordered}, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def table(scenes: list[Scene]) -> str:
    """As Markdown."""
    lines = [
        "| who | truly watched | claimed | credited | error | why the rest does not count |",
        "| --- | --: | --: | --: | --: | --- |",
    ]
    for s in scenes:
        why = ", ".join(f"{reason} {amount:g} s" for reason, amount in sorted(s.lost.items()) if amount >= 0.5)
        claimed = "" if s.honest else f"{s.claimed_s:.1f} s"
        sign = "lost" if s.honest else "gained"
        lines.append(
            f"| {s.title} | {s.true_s:.1f} s | {claimed} | {s.credited_s:.1f} s | {sign} {max(s.error, 0):.1%} | {why} |"
        )
    return "\n".join(lines)


def main() -> None:
    seconds, cut = (float(sys.argv[1]), float(sys.argv[2])) if len(sys.argv) > 2 else (210.0, 180.0)
    only = sys.argv[3:]
    with tempfile.TemporaryDirectory(dir=services.in_memory()) as name:
        folder = Path(name)
        scenes, faults = run(folder, template(folder), seconds=seconds, cut=cut, only=only)
    print(table([scene for scene in scenes if not only or scene.key in only]))
    print("\n".join(faults))
    path = write(scenes, seconds, only)
    page = ROOT / "docs" / "player-scenarios.md"
    if page.exists() and seconds >= 200:
        rows = json.loads(path.read_text(encoding="utf-8"))["scenes"]
        every = [Scene(**{key: value for key, value in row.items() if key != "error"}) for row in rows]
        text = page.read_text(encoding="utf-8")
        head, tail = text.split("<!-- table -->")[0], text.split("<!-- end -->")[1]
        page.write_text(f"{head}<!-- table -->\n{table(every)}\n<!-- end -->{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
