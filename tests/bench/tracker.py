"""`tracker.*`: what tracker.js costs in the page, in Chromium, while somebody watches and moves the mouse."""

import gzip
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests import services
from tests.bench.figures import Figure
from tests.browser import studio as studios
from tests.browser.film import film
from tests.browser.studio import ROOT, opened, template
from tests.web.people import PASSWORD

SECONDS = 60
SAMPLE_US = 100
ARGS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]


def measure() -> Iterator[Figure]:
    """Chromium's own profiler looks 10,000 times a second which function runs; counted is whatever runs under one of ours."""
    with tempfile.TemporaryDirectory(dir=services.in_memory()) as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=services.chromium(), args=ARGS)
        profile = _watch(browser, Path(name))
        browser.close()
    share, longest = busy(profile)
    detail = f"{SECONDS} s of video, the mouse moving all the time, a beat every 5 s (installed: 15 to 30)"
    yield Figure("tracker.core_pct", share * 100, "% of a core", "lower", detail, 1)
    yield Figure("tracker.longest_task_ms", longest * 1000, "ms", "lower", "longest run of samples in tracker.js", 10)
    size = len(gzip.compress((ROOT / "lms_tracker" / "static" / "tracker.js").read_bytes(), 9))
    yield Figure("tracker.gzip_bytes", size, "bytes", "lower", "as served, not minified", 15_000)


def busy(profile: dict[str, Any]) -> tuple[float, float]:
    """Share of the time under a function of tracker.js, and the longest stretch of it, in seconds."""
    nodes = {node["id"]: node for node in profile["nodes"]}
    parent = {child: node["id"] for node in profile["nodes"] for child in node.get("children", [])}

    def is_ours(at: int | None) -> bool:
        while at is not None:
            if nodes[at]["callFrame"]["url"].endswith("/tracker.js"):
                return True
            at = parent.get(at)
        return False

    ours = {id for id in nodes if is_ours(id)}
    total = run = longest = 0
    # A sample stands for the time until the next one.
    for sample, us in zip(profile["samples"], profile["timeDeltas"][1:], strict=False):
        run = run + us if sample in ours else 0
        total += us if sample in ours else 0
        longest = max(longest, run)
    return total / (profile["endTime"] - profile["startTime"]), longest / 1e6


def _watch(browser: Browser, folder: Path) -> dict[str, Any]:
    page = browser.new_page()
    made = film(page, 120)
    studio = studios.build(folder, template(folder), made, player=studios.CALM, seconds=120, learners=1)
    with opened(studio):
        page.goto(f"{studio.address}/login")
        page.fill("#login", "v0")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector(".who .name")
        page.goto(studio.page())
        page.wait_for_selector("#speeds button")
        page.focus("#medium")
        page.keyboard.press("Space")
        session = page.context.new_cdp_session(page)
        session.send("Profiler.enable")
        session.send("Profiler.setSamplingInterval", {"interval": SAMPLE_US})
        return _profiled(page, session)


def _profiled(page: Page, session: CDPSession) -> dict[str, Any]:
    session.send("Profiler.start")
    for n in range(SECONDS * 5):
        page.mouse.move(100 + n * 7 % 600, 200 + n * 5 % 400)
        page.wait_for_timeout(200)
    profile: dict[str, Any] = session.send("Profiler.stop")["profile"]
    return profile
