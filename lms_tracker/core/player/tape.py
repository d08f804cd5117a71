"""What a page tells of its player, placed on the server's clock, and packed for the store: about ten bytes a beat.

A page says how long ago something was, never when: its own clock is neither trusted nor needed. Whatever it says, a
request tells of no more than the time between the request before it and itself.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, overload

from msgspec import Meta, Struct

from lms_tracker.core.study.arrays import Flags, Ints

Name = Literal["beat", "play", "pause", "seek", "rate", "hide", "show", "end"]
# Stored in the low three bits of each beat: only ever add at the end (there is no room for a ninth).
NAMES: tuple[Name, ...] = ("beat", "play", "pause", "seek", "rate", "hide", "show", "end")
CODES = {name: code for code, name in enumerate(NAMES)}
BEAT, PLAY, PAUSE, SEEK, RATE, HIDE, SHOW, END = range(8)
# Stored, too: bits of `flags`.
PLAYING, VISIBLE, FOCUSED, ONLINE_AGAIN, UNDER_CHECK = 1, 2, 4, 8, 16
SEEN = VISIBLE | FOCUSED
MS = 1000
"""Microseconds."""
MOST = 400
"""Beats of one request."""
SLACK_MS = 1000
"""Of the limit of what was kept offline."""

LONGEST_DELAY_MS = 10_000
"""What a network, or a server that has just come up, may take longer than at best. Beyond, the page's clock was stopped or
began anew, and is read anew."""

Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Media = Annotated[float, Meta(ge=0, le=1e7)]


class Beat(Struct, gc=False):
    """One thing that a page tells. `a`: how long ago, in milliseconds; `m`: where the media stand, in seconds, `m0` where
    they stood before a seek; `f`: flags; `i`: trusted inputs since the one before, by keys, pointer and touch."""

    a: Annotated[float, Meta(ge=0, le=1e11)]
    e: Name = "beat"
    m: Media | None = None
    r: Annotated[float, Meta(ge=0, le=100)] = 1.0
    f: Annotated[int, Meta(ge=0, le=15)] = 0
    i: tuple[Count, Count, Count] = (0, 0, 0)
    m0: Media | None = None


class Told(Struct, gc=False):
    """A beat in its place. `age_ms` before the receipt of its request; positions in ms, -1 where there is none."""

    age_ms: int
    kind: int
    flags: int
    position_ms: int = -1
    rate_pct: int = 100
    inputs: tuple[int, int, int] = (0, 0, 0)
    before_ms: int = -1


def place(
    beats: Sequence[Beat], since_us: int, now_us: int, offline_s: float, delay: int = 0
) -> tuple[list[Told], int]:
    """The beats that a request received `now` tells, `delay` ms after it might have been, oldest first, none earlier than
    `since` and no two at one instant; and how many were left out: too old, or more than there was time for."""
    ages: list[int] = []
    younger = -1
    for beat in reversed(beats):
        if beat.a > offline_s * 1000 + SLACK_MS:
            break  # and whatever is older
        younger = max(int(beat.a) + delay, younger + 1)
        ages.append(younger)
    told: list[Told] = []
    older = max((now_us - since_us) // MS, 1)
    for beat, age in zip(beats[len(beats) - len(ages) :], reversed(ages), strict=True):
        older = min(
            age, older - 1
        )  # a network that is slow now and quick then lets beats overtake requests: by a little
        if older < 0:
            break
        told.append(_told(beat, older))
    return told, len(beats) - len(told)


def delay_ms(page_ms: float | None, now_us: int, quickest_us: int) -> tuple[int, int]:
    """How much longer a request was on its way than the quickest of its session, by the page's own clock, which need not be
    right; and the difference of the two clocks at the quickest (0: not known). What it tells happened earlier by so much.

    Whatever a page says of its clock moves its beats by seconds, within the time that has gone by for the server."""
    if page_ms is None:
        return 0, quickest_us
    difference = now_us - round(page_ms * MS)
    delay = (difference - quickest_us) // MS
    if not quickest_us or not 0 <= delay <= LONGEST_DELAY_MS:
        return 0, difference
    return delay, quickest_us


def _told(beat: Beat, age_ms: int) -> Told:
    return Told(
        age_ms,
        CODES[beat.e],
        beat.f,
        -1 if beat.m is None else round(beat.m * 1000),
        round(beat.r * 100),
        beat.i,
        -1 if beat.e != "seek" or beat.m0 is None else round(beat.m0 * 1000),
    )


def pack(told: Sequence[Told]) -> bytes:
    """As they are stored. A golden test holds the form: a byte of kind and flags, then numbers in groups of seven bits."""
    out = bytearray()
    for one in told:
        out.append(one.kind | one.flags << 3)
        numbers = (one.age_ms, one.position_ms + 1, one.rate_pct, *one.inputs)
        for number in (*numbers, one.before_ms + 1) if one.kind == SEEK else numbers:
            while number > 127:
                out.append(number & 127 | 128)
                number >>= 7
            out.append(number)
    return bytes(out)


def unpack(packed: bytes) -> list[Told]:
    """What `pack` was given."""
    out, at, size = [], 0, len(packed)
    while at < size:
        first, numbers = packed[at], []
        kind, at = first & 7, at + 1
        for _ in range(7 if kind == SEEK else 6):
            number, at, shift = packed[at], at + 1, 7
            if number > 127:
                number &= 127
                while (more := packed[at]) > 127:
                    number, at, shift = number | (more & 127) << shift, at + 1, shift + 7
                number, at = number | more << shift, at + 1
            numbers.append(number)
        before = numbers[6] - 1 if kind == SEEK else -1
        inputs = (numbers[3], numbers[4], numbers[5])
        out.append(Told(numbers[0], kind, first >> 3, numbers[1] - 1, numbers[2], inputs, before))
    return out


@overload
def is_seen(flags: int) -> bool: ...
@overload
def is_seen(flags: Ints) -> Flags: ...
def is_seen(flags: int | Ints) -> bool | Flags:
    """Whether the page is shown and has the focus; of one beat, or of a column of them."""
    return flags & SEEN == SEEN
