"""A stricter policy for the class of six, through the commands that operators type: what `policy diff` foretells is what
`policy adopt` does, in ledger and grades, whether a worker runs beside it or not; and it can be undone.

Half an hour of study a day is the most that counts for whoever is at it every day; here it is 900 s, from 6 March on. Worked
out by hand from what tests/stories/test_half_month.py says of each (with the late evidence, and all marks):

林  2 March 2700 stays, for that is before; 8 March 1800 -> 900; 14 March 1500 -> 900: 6000 -> 4500 credited, 1500 `cap`.
    4500 s = 1.6667 h -> 1.1 points (1.5 before): final 5.5 -> 5.1
郑  6 March 600 stays, 7 March 1200 -> 900: 1800 -> 1500 credited, 300 `cap`. 0.5556 h -> 0.3704 -> 0.4 as before: 4.9
冯  9 March 1200 -> 900 (extension: in the ledger, in no grade): 1205 -> 905 credited, 300 `cap`. Final 25.2 as before
周, 吴 studied before 6 March, 陈 never: nothing changes.

All: 11405 -> 9305 credited, 2100 `cap`.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select

from lms_tracker.actions.policies import find_policy
from lms_tracker.cli import cli
from lms_tracker.jobs import worker as worker_module
from lms_tracker.jobs.worker import Worker
from lms_tracker.paths import resource
from lms_tracker.settings import Settings
from lms_tracker.store.db import reading
from lms_tracker.store.tables import ledger
from tests.stories.test_half_month import AFTERWARDS, LATER, LEDGER, Run, class_of_six, run

__all__ = ["class_of_six", "run"]  # fixtures

P1, DAY = "--programme p1", date(2025, 3, 6)
CAPPED = {"lin": 1500, "zheng": 300, "feng": 300}
FINAL = {login: points[-1] for login, points in AFTERWARDS.items()} | {"lin": 5.1}
pytestmark = pytest.mark.parametrize("class_of_six", ["as received"], indirect=True)


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    """A file that is installed nowhere."""
    text = (resource("config") / "programmes" / "p1-principals.toml").read_text(encoding="utf-8")
    file = tmp_path / "p1-stricter.toml"
    file.write_text(text.replace("class_hour_s = 2700", "cap_s = 900\nclass_hour_s = 2700"), encoding="utf-8")
    return file


@pytest.fixture(params=["alone", "beside a worker"])
def surroundings(any_db: Engine, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody else, or a worker that settles whoever waits as soon as it can."""
    monkeypatch.setattr(worker_module, "JOBS", ())
    with working(any_db) if request.param == "beside a worker" else nobody():
        yield


@contextmanager
def working(db: Engine) -> Iterator[None]:
    worker = Worker(db, Settings())
    worker.start()
    try:
        yield
    finally:
        worker.stop()


@contextmanager
def nobody() -> Iterator[None]:
    yield


def diff(run: Run, old: str, new: str | Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The totals, and each learner by login."""
    lines = run(f"policy diff {old} {new} {P1} --from {DAY} --format jsonl").splitlines()
    head, *people = map(json.loads, lines)
    return head["totals"], {one["login"]: one for one in people}


def counted(run: Run) -> dict[str, tuple[float, dict[str, float]]]:
    """What the ledger credits, and what it does not by reason, by login."""
    credited: Counter[str] = Counter()
    lost: dict[str, Counter[str]] = {}
    for line in run("ledger export").splitlines():
        entry = json.loads(line)
        who = entry["learner"]
        login = who["account"]["name"] if "account" in who else who["mbox"].removeprefix("mailto:").split("@")[0]
        credited[login] += entry["credited_seconds"]
        lost.setdefault(login, Counter()).update(entry["discounted"])
    return {login: (credited[login], dict(lost[login])) for login in credited}


def grades(run: Run) -> dict[str, tuple[float, str, str]]:
    """Final grade, status and policy by login."""
    lines = map(json.loads, run(f"grades export {P1} --format jsonl").splitlines())
    return {line["login"]: (line["final"], line["status"], line["policy"]) for line in lines}


def rows(db: Engine) -> list[Any]:
    columns = (ledger.c.id, ledger.c.date, ledger.c.reversed_at, ledger.c.cause)
    with reading(db) as tx:
        return list(tx.execute(select(*columns).order_by(ledger.c.id)))


def test_what_diff_foretells_is_what_adopt_does_and_it_can_be_undone(
    class_of_six: Run, any_db: Engine, stricter: Path, surroundings: None
) -> None:
    run, before = class_of_six, class_of_six("ledger export")
    posted = rows(any_db)
    totals, people = diff(run, "p1-principals", stricter)
    assert (totals["gain"], totals["lose"], totals["credited_seconds"]) == (0, 3, [11405, 9305])
    assert {login: -one["change"]["credited_seconds"] for login, one in people.items() if one["old"] != one["new"]} == (
        CAPPED
    )
    assert rows(any_db) == posted, "a comparison posts nothing"

    run(f"bulletin issue {P1} --period 2025-03-H1 --as-of {LATER} --out", str(stricter.parent / "out"))
    said = run(f"policy adopt {stricter} {P1} --from {DAY} --reason", "每天不超过一刻钟")
    assert "6 learners: 0 gain, 3 lose, 3 stay as they are" in said
    assert "bulletins that stay as they were issued: 2025-03-H1 (" in said
    now = counted(run)
    assert {login: (one["new"]["credited_seconds"], one["new"]["discounted"]) for login, one in people.items()} == (
        now | {"chen": (0, {})}
    )
    assert now == {
        login: (credited - CAPPED.get(login, 0), lost | ({"cap": CAPPED[login]} if login in CAPPED else {}))
        for login, (_claimed, credited, lost) in LEDGER.items()
    }
    graded = grades(run)
    assert {login: one[0] for login, one in graded.items()} == FINAL
    assert {login: one[:2] for login, one in graded.items()} == {
        login: (one["new"]["final"], one["new"]["status"]) for login, one in people.items()
    }
    assert {one[2].split("@")[0] for one in graded.values()} == {"p1-stricter"}

    study = find_policy(str(stricter))[0].study.id
    of_before = {row.id for row in posted}
    reversed = [row for row in rows(any_db) if row.reversed_at is not None]
    assert {row.id for row in reversed} == {row.id for row in posted if row.date >= DAY}
    assert {row.cause for row in reversed} == {f"policy {study} from {DAY}"}
    assert {row.date >= DAY for row in rows(any_db) if row.id not in of_before} == {True}

    run(f"policy adopt p1-principals {P1} --from {DAY} --reason", "撤回")
    assert run("ledger export") == before
    assert {login: one[0] for login, one in grades(run).items()} == {
        login: points[-1] for login, points in AFTERWARDS.items()
    }
    stricter.unlink()  # what the programme has had can be named, though its file is gone
    assert diff(run, "p1-principals", "p1-stricter")[1] == people
    run(f"policy adopt p1-stricter {P1} --from {DAY} --reason", "再试一次")
    assert counted(run) == now


def test_what_cannot_be_adopted_says_why_and_leaves_everything_as_it_was(
    class_of_six: Run, any_db: Engine, stricter: Path, tmp_path: Path
) -> None:
    run = class_of_six
    run(f"policy adopt {stricter} {P1} --from 2026-01-01 --reason 新年")  # there is no study after that
    before = rows(any_db)
    faulty, other, text = tmp_path / "faulty.toml", tmp_path / "新 的.toml", stricter.read_text(encoding="utf-8")
    faulty.write_text(text.replace("cap_s = 900", "cap_s = -1\nidle = 3"), encoding="utf-8")
    other.write_text(text.replace("cap_s = 900", "cap_s = 800"), encoding="utf-8")
    refusal = _refusal_of
    assert "the programme begins on 2025-03-01" in refusal(stricter, "2024-03-06")
    assert "the programme ends on 2026-02-28" in refusal(stricter, "2026-03-01")
    for day in ("2026-01-01", "2026-02-01"):
        assert "it is in force then already" in refusal(stricter, day)
    assert "'2025-02-30' is not a date" in refusal(stricter, "2025-02-30", code=2)
    said = refusal(faulty, "2025-03-06")
    assert f"{faulty}: study.cap_s: Expected `float` > 0.0" in said and "study.idle: unknown key" in said
    assert f"{tmp_path}/none.toml: cannot be read: No such file" in refusal(tmp_path / "none.toml", "2025-03-06")
    assert "is called by letters" in refusal(other, "2025-03-06")
    assert "there is no such policy (there are: default, p1-principals" in refusal("none", "2025-03-06")
    assert "a reason is needed" in refusal("p2-municipal", "2025-03-06", reason=" ")
    assert rows(any_db) == before
    history = run(f"policy check {P1}").splitlines()[-2:]
    assert [line.split(" from ")[1] for line in history] == [
        "the beginning",
        "2026-01-01; no file of that name is installed, its content is kept here",
    ]


def _refusal_of(source: str | Path, day: str, *, reason: str = "试", code: int = 1) -> str:
    words = ["policy", "adopt", str(source), *P1.split(), "--from", day, "--reason", reason]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == code, result.output
    return result.output
