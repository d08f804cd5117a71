"""People and cheats before a real player: what each did, how long somebody truly watched, and what was credited.

All at once, each a learner in a browser of its own, in real time, against one server with rules whose intervals are short
(tests.browser.studio). `python -m tests.browser.scenarios` plays three and a half minutes and writes docs/player-scenarios.md;
`python -m tests.browser.scenarios 210 180 cut restart` plays only those, and puts their lines into the same table.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import async_playwright

from lms_tracker.actions.ask_presence import end_unanswered
from lms_tracker.actions.open_stream import SILENT, close_silent
from tests import services
from tests.browser import honest_stories, other_stories  # noqa: F401 - they tell their stories to STORIES
from tests.browser.film import DRAW, film_of
from tests.browser.stage import QUIET, STORIES, Scene, Stage
from tests.browser.studio import Studio, build, template

ROOT = Path(__file__).resolve().parents[2]
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
LATE_S = 300.0
"""A story that takes so much longer than it plays has lost its thread: it is given up, and that is a fault."""
STUDY = "hidden_s = 10"
"""Out of sight for longer does not count; installed is 60."""


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
            async with asyncio.timeout(seconds + LATE_S):
                await STORIES[n][1](stage, scenes[n], f"v{n}")

        outcomes = await asyncio.gather(*(tell(n) for n in range(len(STORIES))), return_exceptions=True)
        stage.faults += [f"{scenes[n].key}: {o!r}" for n, o in enumerate(outcomes) if isinstance(o, BaseException)]
        await browser.close()
    later = datetime.now(UTC) + SILENT + timedelta(minutes=2)  # what the worker does then with pages that just vanished
    close_silent(studio.db, later)
    end_unanswered(studio.db, later)
    until = time.monotonic() + LATE_S  # mostly some seconds
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
