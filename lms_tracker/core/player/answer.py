"""What a page is told after each request, and the request that follows: JSON of a few hundred bytes."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from lms_tracker.core.player.live import SECOND, Live, credited
from lms_tracker.core.player.tape import MOST, Beat

MAX_BYTES = 64 * 1024
"""Of a request: what a page keeps in a quarter of an hour without network takes a fifth of it."""


class Told(Struct):
    """`POST /player/beats`. `t`: milliseconds on the page's own clock as it is sent; it may start anywhere."""

    g: Annotated[str, Meta(max_length=100)]
    n: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    p: Annotated[str, Meta(max_length=100)]
    b: Annotated[list[Beat], Meta(max_length=MOST)] = []
    t: Annotated[float, Meta(ge=0, le=1e12)] | None = None


class Answer(Struct, omit_defaults=False):
    """The answer to it. `check`: as the page shows it, raw JSON."""

    n: int
    p: str
    credited_s: float
    raw_s: float
    held_s: float
    why: str | None
    state: str
    check: msgspec.Raw | None = None
    every_s: tuple[float, float] = (15.0, 30.0)
    grant: str | msgspec.UnsetType = msgspec.UNSET


def answer_of(live: Live, n: int, proof: str, state: str, every_s: tuple[float, float]) -> Answer:
    """Where the stream stands, in words for the page."""
    return Answer(
        n,
        proof,
        round(credited(live) / SECOND, 1),
        round((live.raw_before + live.raw) / SECOND, 1),
        round(live.held_before / SECOND, 1),
        live.why or None,
        "ok" if state == "open" else state,
        every_s=every_s,
    )


def as_shown(check: dict[str, Any]) -> bytes:
    """What a page gets of a check: never the right answer."""
    return msgspec.json.encode(check)
