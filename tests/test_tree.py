"""The tree itself: what stands where, and what must never be in it."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOP_LEVEL = {"lms_tracker", "xapi_adapters", "migrations", "templates", "tests", "config", "docs"}
TOP_FILES = {"README.md", "CHANGELOG.md", "LICENSE", "Makefile", "pyproject.toml", "requirements.txt"}
TOP_FILES |= {"requirements-dev.txt"}
TEXT = {".py", ".md", ".toml", ".txt", ".html", ".css", ".js", ".mako", ".yml", ".yaml", ".cfg", ".jinja", ""}
# Split, so that this file does not hold what it looks for.
LEAKS = {
    "a path of somebody's machine": re.compile("/(?:" + "|".join(["ho" + "me", "Us" + "ers", "ro" + "ot", "wo" + "rk"]) + r")/[a-z]\w*/?"),
    "an address of a package registry": re.compile("|".join(["pypi" + r"\.org", "pythonhosted" + r"\.org", "npmjs" + r"\.(?:org|com)", "--(?:extra-)?index-" + "url "])),
}  # fmt: skip


def _tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    return [Path(name) for name in listing.stdout.decode().split("\0") if name]


def test_the_top_level_holds_what_the_readme_says_and_nothing_else() -> None:
    strangers = {
        path.parts[0]
        for path in _tracked()
        if path.parts[0] not in (TOP_FILES if len(path.parts) == 1 else TOP_LEVEL) and not path.parts[0].startswith(".")
    }
    assert strangers == set()


@pytest.mark.parametrize("what", LEAKS)
def test_no_file_holds(what: str) -> None:
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in _tracked()
        if path.suffix in TEXT and (ROOT / path).is_file()
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1)
        if LEAKS[what].search(line)
    ]
    assert found == []


def test_every_package_is_named_in_pyproject() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    named = set(settings["packages"]) - set(settings["package-dir"])
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in ("lms_tracker", "xapi_adapters")
        for path in (ROOT / package).rglob("*.py")
    }
    assert named == found


def test_every_dependency_is_locked_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = _locked("requirements.txt")
    assert {_name(d) for d in project["dependencies"]} <= locked.keys()
    assert {_name(d) for d in project["optional-dependencies"]["dev"]} <= _locked("requirements-dev.txt").keys()
    assert all(locked.values()), "a version without a hash"


def test_what_runs_and_what_is_tested_are_the_same_versions() -> None:
    tested = _locked("requirements-dev.txt")
    assert {name: hashes for name, hashes in _locked("requirements.txt").items() if tested.get(name) != hashes} == {}


def test_every_source_of_python_says_what_it_is() -> None:
    silent = [
        str(path)
        for path in _tracked()
        if path.suffix == ".py"
        and path.parts[0] in {"lms_tracker", "xapi_adapters"}
        and (source := (ROOT / path).read_text(encoding="utf-8")).strip()
        and not source.lstrip().startswith('"""')
    ]
    assert silent == []


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9-]+", requirement)
    assert match
    return match[0].lower()


def _locked(file: str) -> dict[str, frozenset[str]]:
    """`name==version; marker` in lower case -> its hashes, by name."""
    locked: dict[str, frozenset[str]] = {}
    for block in re.split(r"\n(?=[a-z])", (ROOT / file).read_text(encoding="utf-8")):
        if match := re.match(r"([a-z0-9-]+)==(\S+)", block):
            locked[match[1]] = frozenset([match[2], *re.findall(r"sha256:\w+", block)])
    return locked
