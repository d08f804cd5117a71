"""The table of requirements (docs/conformance): every number is there, and every line names tests that are there."""

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted((ROOT / "docs" / "conformance").glob("*.md"))
NO_LONGER = {95, 136, 137, 138, 205, 223}
"""Numbers of ADL's list that ask nothing; docs/conformance.md says why."""
LAST = 336
NUMBER = re.compile(r"(?:XAPI-[0-9]{5}|SPEC-[0-9]{2}|IEEE-[0-9]{2})")


class Line(NamedTuple):
    """One requirement."""

    number: str
    one: str
    two: str
    what: str
    tests: list[str]


def _lines() -> list[Line]:
    rows = [line for page in PAGES for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return [Line(*row[:4], re.findall(r"`([^`]+)`", row[4])) for row in cells if NUMBER.fullmatch(row[0])]


LINES = _lines()


@pytest.fixture(scope="module")
def nodes() -> list[str]:
    """Names of the tests that stand where the table points to, without `tests/`."""
    folders = sorted({str(Path("tests") / test.partition("::")[0]) for line in LINES for test in line.tests})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--no-header", *folders]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert listing.returncode == 0, listing.stdout[-2000:] + listing.stderr[-2000:]
    return [line.removeprefix("tests/") for line in listing.stdout.splitlines() if "::" in line]


def test_every_number_of_the_official_list_stands_there_once() -> None:
    official = [int(line.number[5:]) for line in LINES if line.number.startswith("XAPI")]
    assert sorted(official) == sorted(set(range(1, LAST + 1)) - NO_LONGER)
    for ours in ("SPEC", "IEEE"):
        numbers = [int(line.number[5:]) for line in LINES if line.number.startswith(ours)]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_every_line_says_where_it_stands_what_it_asks_and_what_holds_it() -> None:
    for line in LINES:
        assert line.what and line.tests and {line.one, line.two} != {"–"}, line
        assert re.fullmatch(r"–|(Data|Communication) [0-9.]+", line.one), line
        assert re.fullmatch(r"–|4(\.[0-9]+)+", line.two), line


def test_every_test_that_is_named_exists(nodes: list[str]) -> None:
    for line in LINES:
        for test in line.tests:
            found = [node for node in nodes if node == test or node.startswith(f"{test}[")]
            assert found, f"{line.number}: {test}"
            if any(NUMBER.search(node) for node in found):
                assert any(line.number in node for node in found), f"{line.number} is no parameter of {test}"


def test_a_test_of_a_number_is_named_by_the_line_of_that_number(nodes: list[str]) -> None:
    named = {(line.number, test) for line in LINES for test in line.tests}
    for node in nodes:
        if number := NUMBER.search(node.partition("[")[2]):
            assert (number[0], node.partition("[")[0]) in named, node
