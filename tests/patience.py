"""How long tests wait for what has to come. What comes soon ends the wait, so patience costs nothing but where something broke."""

import time
from collections.abc import Callable

PATIENCE_S = 120.0
"""For anything that takes a few seconds here: a process that starts or ends, a thread that gets somewhere, an answer. The
machine may be three times slower, and busy with another test."""
ATTEMPT_S = 20.0
"""For one of many attempts, such as to reach a server that starts: what one lost is asked again."""
HELD_S = 3 * PATIENCE_S
"""How long a test keeps somebody waiting on purpose until it has seen what it wanted: longer than it waits for that itself."""


def wait_until(
    condition: Callable[[], object], what: str = "what was waited for", patience_s: float = PATIENCE_S
) -> None:
    """Return as soon as `condition` holds; the test fails when it does not within `patience_s`, and names `what`."""
    until = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < until, f"{what} did not come within {patience_s:.0f} s"
        time.sleep(0.02)
