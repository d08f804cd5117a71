"""Clients from the npm registry, run by Node.js: `tincanjs`, and `@xapi/xapi` with both of its HTTP adapters.

What each does stands beside, in its own language; here it has to end well.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests import services
from tests.patience import PATIENCE_S

HERE = Path(__file__).parent
DOES = ["about", "statements", "queries", "voiding", "documents", "attachments"]
CLIENTS = {
    "tincanjs": ("tincanjs.cjs", {}, DOES),
    "xapi by fetch": ("xapi.cjs", {"LRS_ADAPTER": "fetch"}, DOES),
    # axios in Node.js calls a multipart body application/octet-stream, whatever it is told
    "xapi by axios": ("xapi.cjs", {"LRS_ADAPTER": "axios"}, DOES[:-1]),
}


@pytest.mark.parametrize(("client", "what"), [(client, what) for client in CLIENTS for what in CLIENTS[client][2]])
def test_a_client_gets_its_work_done(lrs: dict[str, str], client: str, what: str) -> None:
    services.node_modules(HERE)
    script, more, _ = CLIENTS[client]
    done = subprocess.run(
        [services.node(), script, what],
        check=False,
        cwd=HERE,
        env=os.environ | lrs | more,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr


def test_the_lock_names_contents_and_no_host() -> None:
    lock = (HERE / "package-lock.json").read_text(encoding="utf-8")
    packages = {name: package for name, package in json.loads(lock)["packages"].items() if name}
    assert "://" not in "".join(str(package.get("resolved", "")) for package in packages.values())
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
