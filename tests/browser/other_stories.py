"""People and scripts that want more than they watch: each is a story (tests.browser.scenarios plays all)."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import APIRequestContext, Page

from tests.browser.bare import Bare
from tests.browser.stage import PLAYED, Scene, Stage, length, other_window, post, story
from tests.web.people import PASSWORD, UNIT


@story("hidden", "another window in front, the video goes on", honest=False)
async def hidden(stage: Stage, scene: Scene, login: str) -> None:
    page = await stage.enter(login)
    await stage.attend(page, 20)
    before = length(await page.evaluate(PLAYED))
    await other_window(page)
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

    try:
        await _log_in_bare(bare, on_page, stage, login)
        await asyncio.to_thread(bare.focus, True)
        await on_page("void medium.play()")  # its promise waits for as long as nothing can be played
        await asyncio.sleep(20)
        scene.true_s = length(await on_page(f"({PLAYED})()"))
        await asyncio.to_thread(bare.another_tab)
        await asyncio.sleep(stage.seconds - 20)
        scene.note = await on_page("document.visibilityState + ': ' + document.querySelector('#why').innerText")
        scene.claimed_s = length(await on_page(f"({PLAYED})()"))
        await asyncio.to_thread(bare.goto, "about:blank")
        await asyncio.sleep(1)
    finally:
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
    await stage.outlast(login)
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
    await other_window(page)
    await stage.outlast(login)
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
    await stage.outlast(login)
    scene.claimed_s = length(await stage.leave(page))


@story("blocked", "nobody there; requests about checks are blocked", honest=False)
async def blocked(stage: Stage, scene: Scene, login: str) -> None:
    page = await stage.enter(login, script=PLAY_ON)
    await page.route("**/player/checks/**", lambda route: route.abort())
    await stage.outlast(login)
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
        answers.append(await post(http, "/player/beats", body))
        await asyncio.sleep(stage.seconds / 40)
    refused = {a["error"]["code"] for a in answers if "error" in a}
    scene.note, scene.claimed_s = f"refused: {', '.join(sorted(refused))}", 20 * 15.0


@story("at-once", "a script that claims the whole unit in one request", honest=False)
async def at_once(stage: Stage, scene: Scene, login: str) -> None:
    http = await _log_in(stage, login)
    opened = await _grant(stage, http)
    beats = [_beat(15.0 * n, "play" if n == 0 else "beat", age_s=600 - 15.0 * n) for n in range(41)]
    await post(http, "/player/beats", {"g": opened["grant"], "n": 1, "p": opened["proof"], "b": beats})
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


async def _log_in(stage: Stage, login: str) -> APIRequestContext:
    """What a script has: the learner's cookie, and what every page of ours tells."""
    http = await stage.playwright.request.new_context(
        base_url=stage.studio.address, extra_http_headers={"Referer": stage.studio.address}
    )
    token = re.search(r'name="csrf_token" value="([^"]+)"', await (await http.get("/login")).text())
    assert token
    await http.post("/login", form={"login": login, "password": PASSWORD, "csrf_token": token[1]})
    return http


async def _grant(stage: Stage, http: APIRequestContext) -> dict[str, Any]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', await (await http.get("/courses")).text())
    assert token
    return await post(http, "/player/grants", {"activity": UNIT, "device": "script"}, **{"X-CSRFToken": token[1]})


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
        answered = await post(http, "/player/beats", told)
        n, proof, check = answered["n"], answered["p"], answered["check"]
        if answer is not None and check is not None:
            await post(http, f"/player/checks/{check['id']}", {"g": opened["grant"], "answer": answer(check)})
        await asyncio.sleep(pause())
    scene.claimed_s = at
