"""Pages before axe-core, by the rules of WCAG 2.2 A and AA: names, roles, contrast, structure, sizes.

What it cannot judge (order of focus, what is read out when) other tests of this folder hold.
"""

from pathlib import Path

from playwright.sync_api import Page

from tests import services
from tests.web.people import World

CLIENTS = Path(__file__).resolve().parents[1] / "clients"
RUN = """async () => (await axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"], iframes: false
})).violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.target.join(" ")}: ${n.failureSummary}`))"""
UNFOLD = "() => document.querySelectorAll('details').forEach(d => { d.open = true; })"

WATCHED = ("p1.li", "crowd1")
"""Of the second, time counts less by other rules than before."""


def axe() -> str:
    """The script; the test ends where it is not installed."""
    services.node_modules(CLIENTS)
    return (CLIENTS / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def faults(page: Page, script: str) -> list[str]:
    """What it finds on a page, in all its folds."""
    page.evaluate(UNFOLD)
    page.evaluate(script)  # by the debugger: the pages' own policy forbids scripts of others
    return [f"{page.url}: {fault}" for fault in page.evaluate(RUN)]


def main_pages(world: World) -> dict[str, list[str]]:
    """Of every role, by login. The player is looked at where there is a film (test_player.py)."""
    programme, cohort = f"/programmes/{world.programme['p1']}", f"/cohorts/{world.cohort['p1.one']}"
    return {
        "p1.li": ["/study", "/study/grade", "/courses", "/appeals", "/tasks"],
        "p1.head_teacher": [cohort, *(f"{cohort}/learners/{world.learner[who]}" for who in WATCHED), "/review"],
        "p1.staff": [programme, f"{programme}/content", f"{programme}/people", f"{programme}/policies"],
        "p1.expert": [f"/marking/{world.assignment['p1.assignments']}"],
        "p1.bureau": [f"/bulletins/{world.bulletin['p1']}"],
    }
