"""People and cheats before a real player: what each did, how long somebody truly watched, and what was credited.

All at once, each a learner in a browser of its own, in real time, against one server with rules whose intervals are short
(tests.browser.studio). `python -m tests.browser.scenarios` takes twice as long and writes docs/player-scenarios.md.
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
from pathlib import Path
from typing import Any

from playwright.async_api import APIRequestContext, Browser, BrowserContext, Page, Playwright, async_playwright

from tests import services
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
check_answer_s = 10
check_kinds = ["choice"]
"""
"""As installed, but sooner: a check comes after 59 s of playing and a second or so, and waits 10 s."""
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

    @property
    def error(self) -> float:
        """Honest: the share that was lost. Others: what they gained, as a share of what they forged, or of what is true."""
        if self.honest:
            return max(0.0, self.true_s - self.credited_s) / max(self.true_s, 1)
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
        right = self.studio.right_answer(text)
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


@story("restart", "server restarted while watching", honest=True)
async def restart(stage: Stage, scene: Scene, login: str) -> None:
    port = services.free_port()
    first = await asyncio.to_thread(serve, stage.studio, port, worker=False)
    page = await stage.enter(login, address=f"http://127.0.0.1:{port}")
    await stage.attend(page, 25)
    first.terminate()
    await asyncio.to_thread(first.wait, 20)
    await stage.attend(page, 8)
    second = await asyncio.to_thread(serve, stage.studio, port, worker=False)
    await stage.attend(page, stage.seconds - 33)
    scene.true_s = length(await stage.leave(page))
    second.terminate()
    await asyncio.to_thread(second.wait, 20)


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
        if (d) d.remove(); if (v && v.paused) v.play();
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


PLAY_ON = """setInterval(() => { const v = document.querySelector("#medium"); if (v && v.paused) v.play(); }, 1000);"""
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
    page = await (await http.get(f"/courses/units/{stage.studio.unit['video']}")).text()
    token = re.search(r'data-csrf="([^"]+)"', page)
    assert token
    return await _post(http, "/player/grants", {"activity": UNIT, "device": "script"}, **{"X-CSRFToken": token[1]})


def _beat(at: float, event: str = "beat", age_s: float = 0.0) -> dict[str, Any]:
    return {"a": age_s * 1000, "e": event, "m": at, "r": 1, "f": 7, "i": [0, random.randint(0, 3), 0]}


async def _script(stage: Stage, scene: Scene, login: str, pause: Callable[[], float]) -> None:
    """Posts what a player would, with inputs, position always at the clock; renews proofs as the page does."""
    http = await _log_in(stage, login)
    opened = await _grant(stage, http)
    n, proof, begun = 0, opened["proof"], time.monotonic()
    while (at := time.monotonic() - begun) < stage.seconds:
        told = {"g": opened["grant"], "n": n + 1, "p": proof, "b": [_beat(at, "beat" if n else "play")]}
        answer = await _post(http, "/player/beats", told)
        n, proof = answer["n"], answer["p"]
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
    until = time.monotonic() + 30
    while not studio.is_settled() and time.monotonic() < until:
        await asyncio.sleep(0.3)
    await asyncio.sleep(1)
    for n, scene in enumerate(scenes):
        scene.credited_s, scene.held_s = studio.credited_s(f"v{n}")
        scene.lost = studio.lost_s(f"v{n}")
    return scenes, stage.faults


def run(
    folder: Path, migrated: Path, *, seconds: float, cut: float, only: Sequence[str] = ()
) -> tuple[list[Scene], list[str]]:
    """Build a studio, open it, and play all, or only those named."""
    frames = asyncio.run(_frames(600))
    studio = build(
        folder, migrated, film_of(frames), player=RULES, study=STUDY, seconds=600, learners=len(STORIES)
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


def write(scenes: list[Scene], seconds: float) -> Path:
    """var/player-scenarios.json."""
    path = ROOT / "var" / "player-scenarios.json"
    path.parent.mkdir(exist_ok=True)
    rows = [asdict(scene) | {"error": round(scene.error, 4)} for scene in scenes]
    path.write_text(json.dumps({"seconds": seconds, "scenes": rows}, ensure_ascii=False, indent=1), encoding="utf-8")
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
            f"| {s.title} | {s.true_s:.1f} s | {claimed} | {s.credited_s:.1f} s | {sign} {s.error:.1%} | {why} |"
        )
    return "\n".join(lines)


def main() -> None:
    seconds, cut = (float(sys.argv[1]), float(sys.argv[2])) if len(sys.argv) > 2 else (240.0, 180.0)
    with tempfile.TemporaryDirectory(dir=services.in_memory()) as name:
        folder = Path(name)
        scenes, faults = run(folder, template(folder), seconds=seconds, cut=cut, only=sys.argv[3:])
    print(table(scenes))
    print("\n".join(faults))
    print(write(scenes, seconds))
    page = ROOT / "docs" / "player-scenarios.md"
    if page.exists() and len(sys.argv) <= 2:
        text = page.read_text(encoding="utf-8")
        head, tail = text.split("<!-- table -->")[0], text.split("<!-- end -->")[1]
        page.write_text(f"{head}<!-- table -->\n{table(scenes)}\n<!-- end -->{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
