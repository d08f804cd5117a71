"""The product as it is installed from a wheel, far from any checkout."""

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.commands.test_serve import Site

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the tree, so that nothing built before gets into it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = ["git", "ls-files", "-z", "-co", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    for name in listing.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / "source" / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "-w", folder, folder / "source"], check=True, cwd=folder)
    [built] = folder.glob("*.whl")
    return built


def test_a_wheel_holds_every_file_of_the_product(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    expected = set()
    for folder, inside in (("lms_tracker", "lms_tracker"), ("xapi_adapters", "xapi_adapters"), *(
        (folder, f"lms_tracker/{folder}") for folder in ("templates", "migrations", "config")
    )):  # fmt: skip
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                expected.add(f"{inside}/{path.relative_to(ROOT / folder).as_posix()}")
    assert expected - packed == set()
    assert [name for name in packed if "__pycache__" in name or name.startswith("tests")] == []


def test_the_product_installed_from_a_wheel_migrates_and_serves(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python, "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", wheel], check=True, cwd=tmp_path)
    # The dependencies come from the environment of the tests; its own installation of the product does not come along.
    [packages] = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    site = Site(tmp_path / "var", command=[str(python.with_name("lms-tracker"))])
    question = [python, "-c", "import lms_tracker; print(lms_tracker.__file__)"]
    assert subprocess.check_output(question, cwd=tmp_path, text=True).startswith(str(packages))
    assert site.run("db", "upgrade").returncode == 0
    with site.serving():
        assert site.get("/login") == 200
        assert site.get("/static/icon.svg") == 200
    assert "Traceback" not in site.log.read_text()
