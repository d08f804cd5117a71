"""Two weeks of a class of six, from a file of statements to the bulletin, through the commands that operators type.

All figures are worked out by hand from the contract (study time, section 2) and the policy p1-principals: 60 class
hours of 2700 s earn 40 points; each of 6 assignments earns mark x 30 / 100 / 6 = mark x 0.05 points; the one piece of
research earns mark x 0.3. Parts are rounded to one place, half up. Times are those of Shanghai.

Programme 2025-03-01 to 2026-02-28 (365 days); bulletin of 1 to 15 March with the cut-off 16 March 00:15.

林 (city)  older platform, no heartbeats. 2 March: a1 0-1500 and 1500-2700 s: 2700 credited.
           5 March: a1 600-1800 s again: 1200 `repeat`. 8 March: a2 0-1500 and 1500-1800 s: 1800 credited.
           14 March: a3 0-1500 s, but it reached us on 17 March: not in the bulletin, in later grades 1500 more.
           Claimed 5700, credited 4500 = 1.6667 h -> 1.6667 / 60 x 40 = 1.1. Assignment 80 -> 4.0.    Final 5.1
           With the late evidence: 6000 s = 2.2222 h -> 1.4815 -> 1.5                              -> final 5.5
周 (town)  a2, 30 min with heartbeats; out of focus from minute 10 to 14: 240 `hidden`. Claimed 1800,
           credited 1560 = 0.5778 h -> 0.3852 -> 0.4. Assignment 75.5 -> 3.775 -> 3.8.                Final 4.2
吴 (town)  a1, 30 min; nothing heard from minute 10 to 15: 300 `gap`. The last input was reported at minute 15, a
           check ran out at minute 25, the next input is reported at minute 26: 660 `unanswered`. Claimed 1800,
           credited 840 = 0.3111 h -> 0.2074 -> 0.2. Assignment 58 -> 2.9 (below 60: counts, not passed). Final 3.1
郑 (city)  reads b1 (elective) from 6 March 23:50 to 00:20: 600 on 6 March, 1200 on 7 March. From midnight on plays
           a2 beside it for 10 min: 600 `overlap`, for the earlier session keeps its seconds. Claimed 2400,
           credited 1800 = 0.6667 h -> 0.4444 -> 0.4. Assignment 90 on 18 March, after the period.    Final 0.4
           (later: 4.5 more -> 4.9)
冯 (town)  c1 (extension), 1200 credited, counts for nothing. a1: 2700 s claimed 5 s after pressing play: 5 s fit the
           clock, 2695 `rate`. a2: 5 min with heartbeats that all came 35 min late: 300 `clock`. Claimed 4200,
           credited 1205, of which 5 in the grade -> 0.0012 -> 0.0. Research 84 -> 25.2.              Final 25.2
陈 (town)  never started.                                                                           Final 0.0

All      : claimed 15900, credited 9905, discounted 240 + 300 + 660 + 600 + 1200 + 2695 + 300 = 5995; 9905 + 5995 = 15900.
City     : claimed 8100, credited 6300. Town: claimed 7800, credited 3605.
Contact  : by 15 March the calendar expects 15 / 365 = 4.11 % of 60 h, 2.47 h; less than 60 % of it (1.48 h) is behind:
           all but 林. 陈 has not studied for 14 days: quiet as well.
Mean     : (5.1 + 4.2 + 3.1 + 0.4 + 25.2 + 0.0) / 6 = 38.0 / 6 = 6.33 -> 6.3
"""

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from lms_tracker.cli import cli

STORY = Path(__file__).parent / "half_month"
CUT_OFF = "2025-03-16T00:15:00+08:00"
LATER = "2025-03-20T00:00:00+08:00"
Run = Callable[..., str]

# login -> claimed, credited, discounted
LEDGER: dict[str, tuple[float, float, dict[str, float]]] = {
    "lin": (7200, 6000, {"repeat": 1200}),  # with the late 1500 s
    "zhou": (1800, 1560, {"hidden": 240}),
    "wu": (1800, 840, {"gap": 300, "unanswered": 660}),
    "zheng": (2400, 1800, {"overlap": 600}),
    "feng": (4200, 1205, {"rate": 2695, "clock": 300}),
}
# login -> points of coursework, assignments, research, and final
AT_CUT_OFF = {
    "lin": (1.1, 4.0, 0.0, 5.1),
    "zhou": (0.4, 3.8, 0.0, 4.2),
    "wu": (0.2, 2.9, 0.0, 3.1),
    "zheng": (0.4, 0.0, 0.0, 0.4),
    "feng": (0.0, 0.0, 25.2, 25.2),
    "chen": (0.0, 0.0, 0.0, 0.0),
}
AFTERWARDS = AT_CUT_OFF | {"lin": (1.5, 4.0, 0.0, 5.5), "zheng": (0.4, 4.5, 0.0, 4.9)}


@pytest.fixture
def run(any_db: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    url = any_db.url.render_as_string(hide_password=False)
    for name, value in {"DATABASE_URL": url, "VAR_DIR": str(tmp_path), "PUBLIC_URL": "https://story.example"}.items():
        monkeypatch.setenv(f"LMS_TRACKER_{name}", value)

    def call(line: str, *more: str) -> str:
        result = CliRunner().invoke(cli, [*line.split(), *more])
        assert result.exit_code == 0, result.output
        return result.stdout

    return call


@pytest.fixture(params=["as received", "backwards"])
def class_of_six(run: Run, request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """The programme with everything that happened until 18 March, whatever the order of the statements in the file."""
    file = tmp_path / "statements.jsonl"
    lines = (STORY / "statements.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(lines if request.param == "as received" else reversed(lines)), encoding="utf-8")
    run("programme create p1 --policy p1-principals --starts 2025-03-01 --ends 2026-02-28 --name 远程培训")
    # Evidence may come before anybody has heard of the people and courses that it speaks of.
    run("statements import --keep-stored", str(file))
    run("roster import --programme p1", str(STORY / "roster.csv"))
    run("catalogue import --programme p1", str(STORY / "catalogue.csv"))
    run("marks assign --programme p1 --component assignments --title 作业一 --due 2025-03-09")
    run("marks assign --programme p1 --component research --title 研修成果")
    run("marks import --programme p1", str(STORY / "marks.csv"))
    return run


def test_the_ledger_says_what_was_worked_out_by_hand(class_of_six: Run) -> None:
    claimed: dict[str, float] = defaultdict(float)
    credited: dict[str, float] = defaultdict(float)
    discounted: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    by_date: dict[str, float] = defaultdict(float)
    for line in class_of_six("ledger export").splitlines():
        entry = json.loads(line)
        who = entry["learner"]
        login = who["account"]["name"] if "account" in who else who["mbox"].removeprefix("mailto:").split("@")[0]
        claimed[login] += entry["raw_seconds"]
        credited[login] += entry["credited_seconds"]
        for reason, seconds in entry["discounted"].items():
            discounted[login][reason] += seconds
        if entry["activity"].endswith("b1"):
            by_date[entry["date"]] += entry["credited_seconds"]
    assert {login: (claimed[login], credited[login], dict(discounted[login])) for login in claimed} == LEDGER
    assert by_date == {"2025-03-06": 600, "2025-03-07": 1200}


@pytest.mark.parametrize(("as_of", "expected"), [(CUT_OFF, AT_CUT_OFF), (LATER, AFTERWARDS)])
def test_grades_are_those_of_the_instant_that_is_asked_for(
    class_of_six: Run, as_of: str, expected: dict[str, tuple[float, ...]]
) -> None:
    found = {}
    for line in class_of_six("grades export --programme p1 --format jsonl --as-of", as_of).splitlines():
        grade = json.loads(line)
        found[grade["login"]] = (*(part["points"] for part in grade["components"]), grade["final"])
        assert grade["status"] == "in_progress"
    assert found == expected


def test_the_bulletin_says_what_was_worked_out_by_hand_and_stays_as_it_was_issued(
    class_of_six: Run, tmp_path: Path
) -> None:
    out = tmp_path / "bulletins"
    issue = f"bulletin issue --programme p1 --period 2025-03-H1 --as-of {CUT_OFF} --out"
    class_of_six(issue, str(out))
    (file,) = out.glob("*.json")
    assert {f.suffix for f in out.iterdir()} == {".json", ".html", ".pdf", ".xlsx"}
    content: dict[str, Any] = json.loads(file.read_bytes())
    everybody = content["all"]
    assert {key: everybody[key] for key in ("enrolled", "studied", "progressed", "passed")} == {
        "enrolled": 6,
        "studied": 5,
        "progressed": 5,
        "passed": 0,
    }
    assert (everybody["need_contact"], everybody["behind"], everybody["quiet"]) == (5, 5, 1)
    hours = everybody["hours"]
    assert (hours["claimed_s"], hours["credited_s"], hours["held_s"]) == (15900, 9905, 0)
    assert hours["discounted_s"] == {
        "gap": 300,
        "hidden": 240,
        "unanswered": 660,
        "rate": 2695,
        "overlap": 600,
        "repeat": 1200,
        "clock": 300,
    }
    kinds = {
        g["kind"]: (g["enrolled"], g["hours"]["claimed_s"], g["hours"]["credited_s"]) for g in content["by_school_kind"]
    }
    assert kinds == {"city": (2, 8100, 6300), "town": (4, 7800, 3605)}
    assert everybody["final_mean"] == 6.3
    assert (content["expected_pct"], content["period_expected_hours"]) == (4.1, 2.5)
    assert content["as_of"] == "2025-03-15T16:15:00Z"
    assert content["policy"].startswith("p1-principals@")

    before = file.read_bytes()
    class_of_six(issue, str(out))
    assert file.read_bytes() == before


def test_a_recompute_from_statements_alone_gives_the_same_ledger(class_of_six: Run) -> None:
    before = class_of_six("ledger export")
    class_of_six("study recompute")
    assert class_of_six("ledger export") == before
