"""Honest people before a real player, on bad days: each is a story (tests.browser.scenarios plays all)."""

import asyncio
import os
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime

from playwright.async_api import Page

from lms_tracker.actions.credentials import create_credential
from tests import services
from tests.browser.stage import ASKED, QUIET, WATCH, Scene, Stage, length, other_window, post, story
from tests.browser.studio import serve
from tests.web.people import UNIT


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
    notes = await other_window(page)
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
  let left = null;
  window.leave = () => left = left || Object.fromEntries(Object.entries(watching).map(([name, close]) => [name, close()]));
  setTimeout(window.leave, 225_000);
}"""
"""The real tracker, once for each, on a source that plays by the page's clock; of a platform that gives them grants. They leave
before the first check can come, after four minutes: nobody of them would answer it."""


async def _crowd(stage: Stage, address: str, many: int) -> Page:
    made, secret = create_credential(stage.studio.db, "crowd", now=datetime.now(UTC))
    http = await stage.playwright.request.new_context(
        base_url=address, http_credentials={"username": made.key, "password": secret, "send": "always"}
    )
    grants = {}
    for n in range(many):
        actor = {"account": {"homePage": "https://lms.example", "name": f"crowd{n}"}}
        grants[f"crowd{n}"] = await post(
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
    await page.locator(ASKED).wait_for(timeout=60_000)
    seen = await stage.leave(page)
    page = await stage.enter(login, context=page.context, play=False)
    await page.locator(ASKED).wait_for()
    await stage.attend(page, 6)
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
    try:
        _signal(processes, signal.SIGSTOP)
        await asyncio.sleep(30)
    finally:  # a browser that is never woken keeps Playwright waiting for ever
        _signal(processes, signal.SIGCONT)
    await stage.attend(page, stage.seconds - 60)
    scene.true_s = length(await page.evaluate("window.seen"))
    await stage.leave(page)
    await browser.close()


def _signal(processes: list[int], what: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):  # Chromium ends a helper now and then
            os.kill(process, what)


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
