"""Chromium without Playwright, over its pipe: for what Playwright hides.

Playwright keeps every page "in front" (it emulates focus, and with that visibility, and cannot be told not to). Here a tab
that goes behind another one is hidden for real: `document.visibilityState` says so, and timers are throttled.
"""

import json
import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any

from tests import services
from tests.patience import PATIENCE_S

ANSWER_S = 60.0
"""Chromium that has not answered by then never will."""


class Bare:
    """One browser, driven by Chromium's own protocol; calls wait for their answer."""

    def __init__(self, profile: Path) -> None:
        to_read, self._out = os.pipe()
        self._in, to_write = os.pipe()
        command = [services.chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
                   f"--user-data-dir={profile}", "--no-first-run", "--disable-background-networking",
                   "--disable-component-update", "--disable-sync", "--window-size=1000,700",
                   "--autoplay-policy=no-user-gesture-required", "--disable-background-media-suspend", "about:blank"]  # fmt: skip
        shell = ["bash", "-c", f'exec "$@" 3<&{to_read} 4>&{to_write}', "bash", *map(str, command)]
        self._process = subprocess.Popen(
            shell, pass_fds=(to_read, to_write), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(to_read)
        os.close(to_write)
        self._heard, self._calls = b"", 0
        targets = self.call("Target.getTargets")["targetInfos"]
        self.page = next(one["targetId"] for one in targets if one["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=self.page, flatten=True)["sessionId"]

    def call(self, method: str, *, to_page: bool = False, **params: Any) -> dict[str, Any]:
        """What Chromium answers. Raises RuntimeError with its fault, TimeoutError when it stays silent."""
        self._calls += 1
        message = {"id": self._calls, "method": method, "params": params}
        if to_page:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + ANSWER_S
        while True:
            told = self._next(until)
            if told.get("id") == self._calls:
                if "error" in told:
                    raise RuntimeError(f"{method}: {told['error']}")
                return dict(told["result"])

    def _next(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._heard:
            if not select.select([self._in], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError(f"Chromium did not answer within {ANSWER_S:g} s")
            more = os.read(self._in, 65536)
            if not more:
                raise RuntimeError("Chromium has ended")
            self._heard += more
        one, self._heard = self._heard.split(b"\0", 1)
        return dict(json.loads(one))

    def goto(self, address: str) -> None:
        self.call("Page.navigate", to_page=True, url=address)

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page, as if somebody had clicked."""
        answer = self.call(
            "Runtime.evaluate", to_page=True, expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        return answer["result"].get("value")

    def focus(self, has: bool) -> None:
        """Whether the page has the focus while it is in front: without a screen Chromium gives it to none."""
        self.call("Emulation.setFocusEmulationEnabled", to_page=True, enabled=has)

    def another_tab(self) -> None:
        """A new tab comes to the front."""
        self.focus(False)
        self.front(self.call("Target.createTarget", url="about:blank")["targetId"])

    def front(self, target: str) -> None:
        self.call("Target.activateTarget", targetId=target)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE_S)
        os.close(self._out)
        os.close(self._in)
