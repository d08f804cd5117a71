"""The commands of operators who set a programme up, as they are typed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook
from sqlalchemy import Engine

from lms_tracker.actions.passwords import password_matches
from lms_tracker.cli import cli
from lms_tracker.store.accounts import account_by_login
from lms_tracker.store.db import reading

Run = Callable[..., Result]

PEOPLE = "姓名,登录名,学校,学校类别,班级\n林知远,p01,青禾一中,城市直属,一班\n周清岚,p02,柳溪小学,乡镇,一班\n"


@pytest.fixture
def run(db: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    for name, value in {"DATABASE_URL": str(db.url), "VAR_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(f"LMS_TRACKER_{name}", value)

    def call(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(cli, arguments, input=stdin)

    return call


@pytest.fixture
def programme(run: Run) -> None:
    options = "--name 培训 --policy p1-principals --starts 2026-03-01 --ends 2027-02-28 --organisation 青禾市教育局"
    assert run("programme", "create", "p1", *options.split()).exit_code == 0


@pytest.fixture
def people(tmp_path: Path, programme: None) -> Path:
    file = tmp_path / "people.csv"
    file.write_bytes(PEOPLE.encode("gbk"))
    return file


def test_a_programme_is_created_once_and_listed(run: Run, programme: None) -> None:
    assert "p1  2026-03-01 to 2027-02-28  policy p1-principals  培训" in run("programme", "list").output
    again = run(
        *[
            "programme",
            "create",
            "p1",
            "--name",
            "x",
            "--policy",
            "p1-principals",
            "--starts",
            "2026-03-01",
            "--ends",
            "2026-04-01",
        ]
    )
    assert (again.exit_code, "a programme p1 exists already" in again.output) == (1, True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("--ends", "2026-02-01"), "it ends on 2026-02-01, before it starts on 2026-03-01"),
        (("--policy", "nothing"), "there is no such policy"),
        (("--name", " "), "the name is empty"),
    ],
)
def test_a_programme_that_cannot_be_is_refused_with_the_reason(run: Run, change: tuple[str, str], message: str) -> None:
    options = {"--name": "x", "--policy": "p1-principals", "--starts": "2026-03-01", "--ends": "2027-02-28"}
    arguments = [part for pair in (options | dict([change])).items() for part in pair]
    result = run("programme", "create", "p1", *arguments)
    assert (result.exit_code, message in result.output) == (1, True)


def test_a_roster_comes_in_and_its_passwords_go_to_a_file_for_the_operator_only(
    run: Run, db: Engine, people: Path, tmp_path: Path
) -> None:
    secrets = tmp_path / "passwords.csv"
    result = run("roster", "import", str(people), "--programme", "p1", "--passwords", str(secrets))
    assert "added 2, changed 0, unchanged 0" in result.output
    assert secrets.stat().st_mode & 0o077 == 0
    _, first, _ = secrets.read_text(encoding="utf-8-sig").splitlines()
    login, name, password = first.split(",")
    with reading(db) as tx:
        row = account_by_login(tx, "p01")
    assert row is not None
    assert (login, name) == ("p01", "林知远")
    assert password_matches(row.password_hash, password)
    assert password not in result.output
    again = run("roster", "import", str(people), "--programme", "p1", "--passwords", str(secrets))
    assert (again.exit_code, "name a new file" in again.output) == (1, True)
    assert secrets.read_text(encoding="utf-8-sig").splitlines()[1] == first


def test_no_file_of_passwords_is_left_by_a_roster_that_was_refused(run: Run, people: Path, tmp_path: Path) -> None:
    secrets = tmp_path / "passwords.csv"
    assert run("roster", "import", str(people), "--programme", "p9", "--passwords", str(secrets)).exit_code == 1
    assert not secrets.exists()


def test_a_workbook_is_as_good_as_csv(run: Run, db: Engine, people: Path, tmp_path: Path) -> None:
    book = Workbook()
    for line in PEOPLE.splitlines():
        book.active.append(line.split(","))
    file = tmp_path / "people.xlsx"
    book.save(file)
    assert "added 2, changed 0, unchanged 0" in run("roster", "import", str(file), "--programme", "p1").output
    assert "added 0, changed 0, unchanged 2" in run("roster", "import", str(people), "--programme", "p1").output


def test_a_dry_run_says_what_would_be_and_keeps_nothing(run: Run, db: Engine, people: Path) -> None:
    result = run("roster", "import", str(people), "--programme", "p1", "--dry-run")
    assert result.output == "would be added 2, changed 0, unchanged 0\n"
    with reading(db) as tx:
        assert account_by_login(tx, "p01") is None


def test_a_faulty_roster_is_refused_with_every_cell(run: Run, people: Path) -> None:
    people.write_text(PEOPLE.replace("林知远", "").replace("乡镇", "乡"), encoding="utf-8")
    result = run("roster", "import", str(people), "--programme", "p1")
    assert result.exit_code == 1
    assert re.findall(r"row \d.*?:", result.output) == ["row 2, column A 姓名:", "row 3, column D 学校类别:"]
    assert "nothing was imported; 2 fault(s)" in result.output


def test_a_catalogue_comes_in(run: Run, programme: None, tmp_path: Path) -> None:
    file = tmp_path / "courses.csv"
    file.write_text(
        "course,kind,unit title,activity IRI,unit kind,length\nA,required,One,https://x.example/1,video,0:45:00\n"
    )
    assert "added 1, changed 0, unchanged 0" in run("catalogue", "import", str(file), "--programme", "p1").output
    file.write_text(file.read_text().replace("0:45:00", "45:00"))
    result = run("catalogue", "import", str(file), "--programme", "p1")
    assert "row 2, column F length: '45:00' is neither minutes" in result.output


def test_an_account_is_created_with_a_role_listed_disabled_and_given_a_new_password(
    run: Run, db: Engine, people: Path, tmp_path: Path
) -> None:
    run("roster", "import", str(people), "--programme", "p1")
    teacher = [
        "--name",
        "程望舒",
        "--role",
        "head_teacher",
        "--programme",
        "p1",
        "--cohort",
        "一班",
        "--password-file",
        "-",
    ]
    assert run("account", "create", "t01", *teacher, stdin="a long secret\n").exit_code == 0
    assert "t01  程望舒  head_teacher  一班" in run("account", "list").output
    assert "p01  林知远  learner  p1  no password" in run("account", "list").output
    assert "t01 is liaison now" in run(*["account", "grant", "t01", "--role", "liaison", "--programme", "p1"]).output
    assert (
        "t01 is liaison already" in run(*["account", "grant", "t01", "--role", "liaison", "--programme", "p1"]).output
    )

    secret = tmp_path / "secret"
    secret.write_text("another secret\n")
    assert run("account", "password", "t01", "--password-file", str(secret)).exit_code == 0
    assert run("account", "disable", "t01").exit_code == 0
    with reading(db) as tx:
        row = account_by_login(tx, "t01")
    assert row is not None
    assert password_matches(row.password_hash, "another secret")
    assert row.disabled_at is not None
    assert run("account", "enable", "t01").exit_code == 0
    prompted = run("account", "password", "p01", stdin="typed twice\ntyped twice\n")
    assert (prompted.exit_code, "typed" in prompted.output) == (0, False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("t01 --role head_teacher --programme p1", "role head_teacher needs --cohort"),
        ("t01 --role head_teacher --programme p1 --cohort 九班", "programme p1 has no class '九班'"),
        ("t01 --role bureau", "role bureau needs --organisation"),
        ("t01 --role bureau --organisation 某局", "no organisation is named '某局'"),
        ("t01 --role staff --programme p9", "no programme has the slug 'p9'"),
        ("p01 --role staff --programme p1", "login 'p01' is taken"),
        ("t\u3000x --role staff --programme p1", "holds blanks"),
    ],
)
def test_an_account_that_cannot_be_is_refused_with_the_reason(
    run: Run, people: Path, arguments: str, message: str
) -> None:
    run("roster", "import", str(people), "--programme", "p1")
    result = run(
        "account", "create", *arguments.split(" "), "--name", "x", "--password-file", "-", stdin="long enough\n"
    )
    assert (result.exit_code, message in result.output) == (1, True), result.output


@pytest.mark.parametrize(("password", "why"), [("short", "8 to 200 characters"), ("t01-t01-t01", "is the login")])
def test_a_weak_password_is_refused(run: Run, programme: None, password: str, why: str) -> None:
    options = ["--name", "x", "--role", "staff", "--programme", "p1", "--password-file", "-"]
    result = run("account", "create", "t01-t01-t01", *options, stdin=f"{password}\n")
    assert (result.exit_code, why in result.output) == (1, True)


@pytest.mark.parametrize(
    ("name", "value"), [("HOST", "0.0.0.0"), ("SECURE_COOKIES", "true"), ("HOST", "learn.example")]
)
def test_the_demo_stays_away_from_servers_that_others_reach(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"LMS_TRACKER_{name}", value)
    result = run("demo", "load")
    assert (result.exit_code, "passwords are public" in result.output) == (1, True)


def test_the_demo_s_accounts_are_not_listed_before_it_is_there(run: Run) -> None:
    assert "the demo is not loaded" in run("demo", "accounts").output
