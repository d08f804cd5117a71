"""`lms-tracker player` and `lms-tracker questions`: who watches, ending it, and the bank that checks draw from."""

from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import Engine, select

from lms_tracker.actions.open_stream import Asks, Opened, open_stream
from lms_tracker.cli import cli
from lms_tracker.core.player.grant import keys_of
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading
from tests.web import people
from tests.web.people import UNIT, World

QUESTIONS = """活动标识,开始,结束,问题,正确答案,错误答案1,错误答案2
{unit},0:00,5:00,章程由谁核准？,主管部门,校长,家长
{unit},5:00,10:00,章程先要做什么？,起草,印刷,
"""


def _run(db: Engine, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, list(words), env={"LMS_TRACKER_DATABASE_URL": str(db.url)})
    return done.exit_code, done.output


def _open(db: Engine, world: World, login: str) -> Opened:
    return open_stream(db, keys_of("k"), Asks(UNIT, "desk", learner_id=world.learner[login]), datetime.now(UTC))


def _states(db: Engine) -> list[str]:
    with reading(db) as tx:
        return list(tx.scalars(select(t.player_stream.c.state).order_by(t.player_stream.c.session_id)))


def test_who_watches_is_listed_and_may_be_ended_by_learner_or_by_session(db: Engine) -> None:
    world = people.build(db)
    assert _run(db, "player", "list") == (0, "")
    li, wang = _open(db, world, "p1.li"), _open(db, world, "p1.wang")
    code, said = _run(db, "player", "list")
    assert code == 0 and li.session in said and wang.session in said and said.count(UNIT) == 2
    assert _run(db, "player", "revoke", str(world.learner["p1.li"])) == (0, "1 ended\n")
    assert _states(db) == ["revoked", "open"]
    assert _run(db, "player", "revoke", "--session", wang.session) == (0, "1 ended\n")
    assert _run(db, "player", "revoke", "--session", wang.session) == (0, "0 ended\n")
    assert _run(db, "player", "list") == (0, "")


def test_ending_asks_for_one_of_the_two(db: Engine) -> None:
    world = people.build(db)
    li = _open(db, world, "p1.li")
    for words in ((), (str(world.learner["p1.li"]), "--session", li.session)):
        code, said = _run(db, "player", "revoke", *words)
        assert code == 2 and "give either LEARNER or --session" in said
    assert _states(db) == ["open"]


def test_questions_are_imported_as_a_whole_and_counted(db: Engine, tmp_path: Path) -> None:
    people.build(db)
    file = tmp_path / "questions.csv"
    file.write_text(QUESTIONS.format(unit=UNIT), encoding="utf-8")
    before = _run(db, "questions", "list")
    code, said = _run(db, "questions", "import", str(file), "--programme", "p1")
    assert code == 0 and said.startswith("2 questions added"), said
    assert _run(db, "questions", "list")[1] == f"     2  {UNIT}\n" != before[1]
    assert _run(db, "questions", "import", str(file))[1] == "0 questions added, 0 retired, 1 activities unchanged\n"
    file.write_text(QUESTIONS.format(unit=UNIT).replace("5:00,10:00", "later,10:00"), encoding="utf-8")
    code, said = _run(db, "questions", "import", str(file))
    assert code == 1 and "nothing was imported; 1 fault(s)" in said and "3" in said
    assert _run(db, "questions", "list")[1] == f"     2  {UNIT}\n"
