"""tracker.js in pages that are not ours: a learning platform's, with its own video, with video.js, with a player in an iframe.

The page is of another origin; grants come from the platform's server, which holds the key (docs/tracker.md).
"""

import gzip
import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Page, Route, sync_playwright

from tests import services
from tests.browser.film import film
from tests.clients.conftest import ORIGIN
from tests.clients.test_browser import QUIET
from tests.patience import PATIENCE_S

HERE = Path(__file__).parent
STATIC = HERE.parents[1] / "lms_tracker" / "static"
ACTIVITY = "https://lms.example.org/units/7"
PLAYER = "http://player.example"
LARGEST = 15_000
ARGS = [*QUIET, "--autoplay-policy=no-user-gesture-required"]
PARSE = """const {parse} = require("acorn"), fs = require("fs");
for (const [file, kind] of [["tracker.js", "script"], ["tracker.mjs", "module"], ["player.js", "script"]])
  parse(fs.readFileSync(process.argv[1] + "/" + file, "utf8"), {ecmaVersion: 2018, sourceType: kind});"""


def test_the_tracker_is_small_and_of_2018() -> None:
    assert len(gzip.compress((STATIC / "tracker.js").read_bytes(), 9)) < LARGEST
    services.node_modules(HERE)
    told = subprocess.run([services.node(), "-e", PARSE, str(STATIC)], cwd=HERE, capture_output=True, check=False)
    assert told.returncode == 0, told.stderr.decode()[-500:]


class Lms:
    """A platform: its pages, and its server, which asks for grants with its key."""

    def __init__(self, page: Page, lrs: dict[str, str], made: bytes) -> None:
        self.page, self.lrs, self.made = page, lrs, made
        self.base = lrs["LRS_ENDPOINT"].split("/xapi/")[0]
        self.statuses: list[int] = []
        self.learner = 0
        page.on("response", self._keep)
        page.route(f"{ORIGIN}/**", self._serve)
        page.route(f"{PLAYER}/**", self._serve)

    def grant(self, **asks: Any) -> tuple[int, dict[str, Any]]:
        """What the platform's server is told for its learner."""
        actor = {"mbox": f"mailto:learner{self.learner}@lms.example.org"}
        body = {"activity": ACTIVITY, "device": "test", "actor": actor} | {k: v for k, v in asks.items() if v}
        request = urllib.request.Request(f"{self.base}/player/grants", json.dumps(body).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", "Basic " + _basic(self.lrs))
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read())
        except HTTPError as e:
            return e.code, json.loads(e.read())

    def open(self, body: str) -> None:
        """A page of the platform. Each test has a learner of its own."""
        self.body = body
        self.page.goto(f"{ORIGIN}/unit-{self.learner}.html")

    def credited(self) -> float:
        """As the server told the page."""
        return float(self.page.evaluate("studyTracker.state().credited_s"))

    def _keep(self, response: Any) -> None:
        if response.url.endswith("/player/beats") and response.request.method == "POST":
            self.statuses.append(response.status)

    def _serve(self, route: Route) -> None:
        url = route.request.url
        if url.endswith(".webm"):
            route.fulfill(body=self.made, content_type="video/webm")
        elif url.endswith("/grant"):
            asked = json.loads(route.request.post_data or "{}")
            status, told = self.grant(**asked)
            route.fulfill(status=status, body=json.dumps(told), content_type="application/json")
        elif url.startswith(PLAYER):
            inner = f'<script src="{self.base}/static/tracker.js"></script><video muted src="/film.webm"></video>'
            inner += f'<script>StudyTracker.serveFrame(document.querySelector("video"), "{ORIGIN}")</script>'
            route.fulfill(body=f"<!doctype html>{inner}", content_type="text/html")
        else:
            route.fulfill(body=f'<!doctype html><html lang="en"><body>{self.body}', content_type="text/html")


def _basic(lrs: dict[str, str]) -> str:
    import base64

    return base64.b64encode(f"{lrs['LRS_KEY']}:{lrs['LRS_SECRET']}".encode()).decode()


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[Any, bytes]]:
    services.node_modules(HERE)
    with sync_playwright() as playwright:
        path = os.environ.get("LMS_TRACKER_CHROMIUM") or services.chromium()
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        page = browser.new_page()
        yield browser, film(page, 60)
        browser.close()


@pytest.fixture
def lms(made: tuple[Any, bytes], lrs: dict[str, str], request: pytest.FixtureRequest) -> Iterator[Lms]:
    page = made[0].new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    lms = Lms(page, lrs, made[1])
    lms.learner = abs(hash(request.node.name)) % 10**8
    yield lms
    page.close()
    assert faults == [] and set(lms.statuses) == {200}


def _watch(lms: Lms, media: str, frame: Any = None) -> None:
    """Play four seconds or so, and pause: a change of state is told at once. What counts is what was played."""
    lms.page.wait_for_function("() => window.studyTracker && studyTracker.state().session")
    frame = frame or lms.page
    frame.evaluate(f"{media}.play()")
    frame.wait_for_function("() => document.querySelector('video').currentTime >= 4")
    frame.evaluate(f"{media}.pause()")
    played = float(frame.evaluate("document.querySelector('video').currentTime"))
    lms.page.wait_for_function("played => studyTracker.state().credited_s > played - 1", arg=played)
    assert lms.credited() == pytest.approx(played, abs=1)


def test_one_tag_counts_a_video_of_another_origin(lms: Lms) -> None:
    tag = f'<script src="{lms.base}/static/tracker.js" data-grant-url="/grant" data-activity="{ACTIVITY}" data-show="#n"></script>'
    lms.open(f'<video muted src="film.webm"></video><p id="n"></p>{tag}')
    _watch(lms, 'document.querySelector("video")')
    assert "Paused: not counting" in lms.page.inner_text("#n")


def test_a_grant_may_stand_in_the_page(lms: Lms) -> None:
    told = json.dumps(lms.grant()[1]).replace("'", "&#39;")
    lms.open(
        f"<video muted src=film.webm></video><script src={lms.base}/static/tracker.js data-grant='{told}'></script>"
    )
    _watch(lms, 'document.querySelector("video")')


def test_it_attaches_to_video_js(lms: Lms) -> None:
    lms.open('<video id="v" class="video-js" muted controls></video>')
    lms.page.add_script_tag(path=HERE / "node_modules/video.js/dist/video.min.js")
    lms.page.add_script_tag(url=f"{lms.base}/static/tracker.js")
    lms.page.evaluate(
        """([endpoint, activity]) => { const player = videojs("v"); player.src({src: "film.webm", type: "video/webm"});
        window.studyTracker = StudyTracker.attach(player, {endpoint, activity, grantUrl: "/grant"}); }""",
        [f"{lms.base}/player/", ACTIVITY],
    )
    _watch(lms, 'videojs("v")')


def test_it_attaches_to_a_player_in_an_iframe_by_messages(lms: Lms) -> None:
    tag = f'<script src="{lms.base}/static/tracker.js" data-grant-url="/grant" data-activity="{ACTIVITY}"'
    lms.open(f'<iframe src="{PLAYER}/embed.html"></iframe>{tag} data-target="iframe" data-origin="{PLAYER}"></script>')
    lms.page.wait_for_function("() => window.studyTracker && studyTracker.state().session")
    inner = lms.page.frames[1]
    _watch(lms, 'document.querySelector("video")', inner)
    lms.page.evaluate("studyTracker.source.setRate(1.25)")
    inner.wait_for_function("() => document.querySelector('video').playbackRate === 1.25")


def test_a_page_that_is_read_counts_while_it_is_open(lms: Lms) -> None:
    tag = f'<script src="{lms.base}/static/tracker.js" data-target="page" data-grant-url="/grant"'
    lms.open(f'<p>text</p>{tag} data-activity="{ACTIVITY}-doc"></script>')
    lms.page.wait_for_function("() => window.studyTracker && studyTracker.state().counting")
    lms.page.wait_for_timeout(3500)
    lms.page.evaluate("studyTracker.close()")
    lms.page.wait_for_timeout(500)


def test_it_is_a_module_too(lms: Lms) -> None:
    lms.open('<video muted src="film.webm"></video>')
    lms.page.evaluate(
        """async ([base, activity]) => { const {attach} = await import(base + "/static/tracker.mjs");
        window.studyTracker = attach(document.querySelector("video"), {endpoint: base + "/player/", activity, grantUrl: "/grant"}); }""",
        [lms.base, ACTIVITY],
    )
    _watch(lms, 'document.querySelector("video")')


def test_what_is_told_is_states_and_counts_and_nothing_else(lms: Lms) -> None:
    sent: list[dict[str, Any]] = []
    lms.page.on(
        "request", lambda r: sent.extend(json.loads(r.post_data or "{}")["b"]) if r.url.endswith("/beats") else None
    )
    tag = f'<script src="{lms.base}/static/tracker.js" data-grant-url="/grant" data-activity="{ACTIVITY}"></script>'
    lms.open(f'<video muted src="film.webm"></video><input id="secret">{tag}')
    lms.page.wait_for_function("() => window.studyTracker && studyTracker.state().session")
    lms.page.click("#secret")
    lms.page.keyboard.type("geheim")
    lms.page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'x', bubbles: true}))")
    lms.page.evaluate("document.querySelector('video').play()")
    lms.page.wait_for_timeout(1500)
    assert set().union(*sent) <= {"a", "e", "m", "m0", "r", "f", "i"}
    assert sum(beat["i"][0] for beat in sent) == 6, "what a script makes is no input"
    assert "geheim" not in json.dumps(sent)
    assert lms.grant(take_over=False)[0] == 409, "one stream a person"
