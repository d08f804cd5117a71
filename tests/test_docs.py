"""The README can't rot: settings, commands, routes, dependencies and folders are held to what exists."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from lms_tracker.app import create_app
from lms_tracker.cli import cli
from lms_tracker.settings import NAMES, load
from lms_tracker.web.access import OTHER_DOORS, ROUTES, WITH_A_GRANT
from tests.core.study import test_incremental, test_properties, test_reference
from xapi_adapters import ADAPTERS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PUBLIC_XAPI = {"/xapi/about", "/xapi/openapi.json"}


def test_the_readme_lists_exactly_the_settings_and_their_defaults() -> None:
    defaults = load({})
    documented = {name: default.strip("`") for name, default, *_ in _table("Settings")}
    assert documented.keys() == {f"LMS_TRACKER_{name.upper()}" for name in NAMES}
    computed = {"database_url", "var_dir", "public_url"}
    for name in NAMES:
        if name not in computed:
            value = getattr(defaults, name)
            said = documented[f"LMS_TRACKER_{name.upper()}"]
            assert said == (str(value).lower() if isinstance(value, bool) else str(value)), name


def test_the_readme_lists_exactly_the_commands() -> None:
    assert [name for name, *_ in _table("Commands")] == list(_commands(cli, ""))


def test_every_command_says_what_it_does() -> None:
    context = click.Context(cli)
    for path in _commands(cli, ""):
        command: click.Command = cli
        for name in path.split():
            assert isinstance(command, click.Group)
            found = command.get_command(context, name)
            assert found is not None
            command = found
        assert command.help, path


def test_the_readme_lists_exactly_the_routes_and_who_may_see_them(tmp_path: Path) -> None:
    app = create_app(load({"LMS_TRACKER_VAR_DIR": str(tmp_path)}))
    app.extensions["db"].dispose()
    expected = {}
    for rule in app.url_map.iter_rules():
        address = re.sub(r"<(?:[^<>]*:)?([a-z_]+)>", r"<\1>", rule.rule)
        expected[address] = _who(rule.endpoint) if address not in PUBLIC_XAPI else "everybody"
    assert {address: who for address, who, *_ in _table("Who may see which page")} == expected


def test_the_readme_gives_a_reason_for_exactly_the_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    names = [_name(d) for d in [*project["dependencies"], *extras["build"], *extras["dev"]]]
    rows = list(_table("Dependencies"))
    assert sorted(name for name, *_ in rows) == sorted(names)
    assert all(licence and reason for _, licence, reason in rows)


def test_the_readme_draws_the_tree_that_is_there() -> None:
    named = {name.rstrip("/") for name, *_ in _table("The tree")}
    inside = {f"lms_tracker/{path.name}" for path in (ROOT / "lms_tracker").iterdir() if _is_folder(path)}
    top = {path.name for path in ROOT.iterdir() if _is_folder(path)} - {"lms_tracker", "var", "build", "dist"}
    assert named == inside | top


def test_the_readme_lists_exactly_the_adapters() -> None:
    found = re.search(r"adapters so far: (.*?) \|", README)
    assert found
    assert found[1] == (", ".join(f"`{name}`" for name in ADAPTERS) or "none")


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))])
def test_what_a_page_links_to_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_every_make_target_that_the_readme_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    spoken = " ".join(re.findall(r"`make[^`]*`|^    make.*$", README, re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)\b", spoken))
    assert {"run", "test", "check", "bench"} <= named
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_the_page_on_study_time_says_how_many_cases_are_compared_with_the_reference() -> None:
    section = (ROOT / "docs" / "study-time.md").read_text(encoding="utf-8").split("\n## How that is tested\n")[1]
    section = section.split("\n## ")[0]
    said = [
        int(cases) for cases in re.findall(r"^\| `tests/core/study/test_\w+\.py` \| (\d+) \|", section, re.MULTILINE)
    ]
    drawn = [_cases(test) for test in vars(test_reference).values() if hasattr(test, "hypothesis")]
    compared = [*drawn, test_incremental.TestPieceByPiece.settings.max_examples]
    ledgers = (
        test_properties.test_any_order_and_any_duplication_give_the_same_ledger_and_raw_is_conserved,
        test_properties.test_no_second_counts_twice_nor_faster_than_allowed_nor_beyond_length_and_cap,
    )
    assert said == [*compared, sum(map(_cases, ledgers))]
    assert f"a run compares {sum(compared)} cases with the reference" in section


def _cases(test: Any) -> int:
    chosen: int = test._hypothesis_internal_use_settings.max_examples
    return chosen


def test_the_changelog_begins_with_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    first = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert first and first[1] == project["version"]


def _table(heading: str) -> Iterator[list[str]]:
    """Rows of the first table under a heading; the first cell without its backticks."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    for line in re.findall(r"^\| (`.*) \|$", section, re.MULTILINE):
        first, *others = (cell.strip() for cell in line.split("|"))
        yield [first.strip("`"), *others]


def _commands(command: click.Command, path: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield path.strip()
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from _commands(found, f"{path} {name}")


def _who(endpoint: str) -> str:
    """The words of the table for who may see a page."""
    if endpoint in WITH_A_GRANT:
        return WITH_A_GRANT[endpoint]
    if endpoint.split(".")[0] in OTHER_DOORS:
        return "a credential"
    rule = ROUTES[endpoint]
    if rule.public:
        return "everybody"
    if not rule.who:
        return "whose it is" if rule.own else "everybody logged in"
    whose = {None: "", True: "whose it is, ", False: "not whose it is: "}[rule.own]
    return whose + ", ".join(f"`{role}`" for role in rule.who) + (" of it" if rule.find else "")


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith((".", "__")) and not path.name.endswith(".egg-info")


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9-]+", requirement)
    assert match
    return match[0].lower()
