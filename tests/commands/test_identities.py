"""`lms-tracker identity`, `credential` and `roster leave` as they are typed."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from lms_tracker.actions.credentials import authenticate
from lms_tracker.actions.ingest import ingest
from lms_tracker.core.xapi.scopes import BINDABLE, USUAL, Bounds
from lms_tracker.store.credentials import credential_named
from lms_tracker.store.db import reading
from lms_tracker.store.find_learners import find_learners
from lms_tracker.store.people import learner_with_identity
from lms_tracker.store.programmes import enrolments
from lms_tracker.store.tables import enrolment
from tests.commands.test_people import PEOPLE, Run, programme, run

__all__ = ["programme", "run"]

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
A, B = "https://a.example", "https://b.example"


def _say(db: Engine, *actors: dict[str, object]) -> None:
    said = [{"actor": one, "verb": {"id": "https://a.b/played"}, "object": {"id": "https://a.b/c"}} for one in actors]
    ingest(db, said, credential=None, evidence="declared", now=NOW)


def _account(name: str, home: str = A) -> dict[str, object]:
    return {"account": {"homePage": home, "name": name}}


def _who(db: Engine, ifi: str) -> int | None:
    with reading(db) as tx:
        return learner_with_identity(tx, ifi)


def test_people_are_listed_joined_split_and_their_history_shown(run: Run, db: Engine) -> None:
    _say(db, _account("li"), _account("li", B), _account("li", B), {"mbox": "mailto:li@example.org", "name": "李明"})
    listed = run("identity", "list", "li").output
    assert f"account:{B} li\tseen\t2 statements" in listed and "learner 3\t李明" in listed
    joined = run("identity", "join", f"account:{B} li", "李明", "--reason", "same student number")
    assert "joined, number 1 of the history: 1 identities, 2 statements" in joined.output
    assert _who(db, f"account:{B} li") == 3
    assert "1\t" in run("identity", "history", "--learner", "李明").output
    split = run("identity", "split", "李明", f"account:{B} li", "--reason", "a mistake")
    assert "learner 2 has 1 identities and 2 statements" in split.output
    history = run("identity", "history").output.splitlines()
    assert [re.split(r"\t", line)[2:5] for line in history] == [
        ["split 3 -> 2", "operator", "a mistake"],
        ["join 2 -> 3", "operator", "same student number"],
    ]
    more = run("identity", "list", "--limit", "1")
    assert "2 more; say more" in more.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("join", "li", "3", "--reason", "x"), "'li' may be any of the learners 1, 2: name one by number or identity"),
        (("join", "nobody", "3", "--reason", "x"), "nobody is called 'nobody'"),
        (("join", "3", "3", "--reason", "x"), "both are the same learner"),
        (("join", "1", "3", "--reason", " "), "a reason of 1 to 500 characters is needed"),
        (("split", "3", "openid:x", "--reason", "x"), "learner 3 has no identity openid:x"),
        (("split", "3", "mbox:mailto:wang@example.org", "--reason", "x"), "one must stay"),
        (("rule-add", "same-name", A, A), "the two places are the same"),
        (("rule-drop", "1"), "no rule 1 is in force"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    run: Run, db: Engine, arguments: tuple[str, ...], message: str
) -> None:
    _say(db, _account("li"), _account("li", B))
    _say(db, {"mbox": "mailto:wang@example.org"})
    result = run("identity", *arguments)
    assert (result.exit_code, message in result.output) == (1, True), result.output


def test_a_rule_is_added_tried_applied_and_dropped(run: Run, db: Engine) -> None:
    _say(db, _account("li"), _account("li", B))
    assert "rule 1 is in force" in run("identity", "rule-add", "same-name", A, B).output
    assert f"1\tsame-name\t{A}\t{B}\tin force" in run("identity", "rules").output
    assert "1 would be joined, 0 refused" in run("identity", "apply", "--dry-run").output
    assert _who(db, f"account:{A} li") != _who(db, f"account:{B} li")
    assert "1 joined, 0 refused" in run("identity", "apply").output
    assert _who(db, f"account:{A} li") == _who(db, f"account:{B} li")
    assert "holds no longer" in run("identity", "rule-drop", "1").output
    assert "until 20" in run("identity", "rules").output


def test_who_was_joined_answers_to_every_name(run: Run, db: Engine) -> None:
    _say(db, _account("li") | {"name": "李明"}, _account("ming", B) | {"name": "李小明"})
    run("identity", "join", "李明", "李小明", "--reason", "x")
    with reading(db) as tx:
        for name in ("李明", "李小明", "li", "ming", f"account:{A} li"):
            assert find_learners(tx, name) == [2], name


def test_a_roster_names_further_identities_and_says_whose_they_are_when_taken(
    run: Run, db: Engine, programme: None, tmp_path: Path
) -> None:
    _say(db, _account("taken", B))
    file = tmp_path / "people.csv"
    head, lin, zhou = PEOPLE.splitlines()
    others = f"lin@example.org；{A} lin;{B} lin"
    file.write_text(f"{head},其他标识\n{lin},{others}\n{zhou},{B} zhou\n", encoding="utf-8")
    assert "added 2" in run("roster", "import", str(file), "--programme", "p1").output
    assert _who(db, f"account:{B} lin") == _who(db, "mbox:mailto:lin@example.org") == _who(db, f"account:{A} lin")
    assert "unchanged 2" in run("roster", "import", str(file), "--programme", "p1").output
    file.write_text(f"{head},其他标识\n{lin},{others}\n{zhou},{B} zhou;{B} lin;{B} taken;nonsense\n", encoding="utf-8")
    assert "'nonsense' is neither a mail address" in run("roster", "import", str(file), "--programme", "p1").output
    file.write_text(f"{head},其他标识\n{lin},{others}\n{zhou},{B} lin\n", encoding="utf-8")
    assert "belongs to the person of row 2 already" in run("roster", "import", str(file), "--programme", "p1").output
    file.write_text(f"{head},其他标识\n{zhou},{B} taken\n", encoding="utf-8")
    refused = run("roster", "import", str(file), "--programme", "p1")
    assert refused.exit_code == 1 and f"account:{B} taken belongs to learner 1: leave it out" in refused.output


def test_somebody_leaves_a_programme_and_comes_back_with_the_next_roster(
    run: Run, db: Engine, programme: None, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE, encoding="utf-8")
    run("roster", "import", str(file), "--programme", "p1")
    leave = ("roster", "leave", "--programme", "p1", "--learner", "林知远")
    assert "enrolled on 2026-03-01, later than 2026-02-01" in run(*leave, "--on", "2026-02-01").output
    assert run(*leave, "--on", "2026-04-01").output == "left p1\n"
    assert "the learner left on 2026-04-01" in run(*leave).output
    with reading(db) as tx:
        assert [str(row.left_on) for row in enrolments(tx, 1) if row.name == "林知远"] == ["2026-04-01"]
    run("roster", "import", str(file), "--programme", "p1")
    with reading(db) as tx:
        assert set(tx.scalars(select(enrolment.c.left_on))) == {None}


def test_a_key_has_the_usual_scopes_unless_told_otherwise(run: Run, db: Engine) -> None:
    made = run("credential", "create", "moodle").output
    key, secret = re.findall(r"^(?:key|secret): +(\S+)$", made, re.MULTILINE)
    found = authenticate(db, key, secret, now=NOW)
    assert found is not None and found.scopes == set(USUAL)
    options = ["--scope", "statements/write", "--scope", "state", "--actor", "li@example.org"]
    options += ["--activity", "https://example.org/v/1", "--expires", "2099-01-01"]
    made = run("credential", "create", "grant", *options).output
    key, secret = re.findall(r"^(?:key|secret): +(\S+)$", made, re.MULTILINE)
    found = authenticate(db, key, secret, now=NOW)
    assert found is not None
    assert found.bounds == Bounds("mbox:mailto:li@example.org", "https://example.org/v/1")
    assert found.expires_at == datetime(2099, 1, 1, tzinfo=UTC)
    rotated = run("credential", "rotate", "grant").output
    assert f"key:      {key}" in rotated and secret not in rotated
    assert authenticate(db, key, secret, now=NOW) is None
    listed = run("credential", "list").output
    assert "statements/write state\tonly mbox:mailto:li@example.org and https://example.org/v/1" in listed
    assert "never used\texpires 2099-01-01" in listed and secret not in listed
    run("credential", "create", "bound", "--actor", "li@example.org")
    with reading(db) as tx:
        bound = credential_named(tx, "bound")
    assert bound is not None and set(bound.scopes.split()) == set(USUAL) & BINDABLE
    for arguments, message in (
        (("create", "x", "--scope", "all", "--actor", "li@example.org"), "all would reach beyond"),
        (("create", "x", "--actor", "li"), "neither a mail address"),
        (("create", "grant"), "revoked names are not given again either"),
        (("rotate", "nobody"), "no credential named 'nobody' is in use"),
    ):
        result = run("credential", *arguments)
        assert (result.exit_code, message in result.output) == (1, True), result.output
