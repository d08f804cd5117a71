"""Statements whose numbers are as large as a record store must take them: settled in bounded time and memory, conserved."""

import random
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from lms_tracker.core.instants import to_us
from lms_tracker.core.study.engine import settle, settle_many
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.events import Event, Kind
from lms_tracker.core.study.policy import DEFAULTS, StudyPolicy
from lms_tracker.core.study.reading import MOST_SEGMENTS, parse_segments, read_statements
from lms_tracker.core.xapi import vocabulary as v
from tests.core.study.reference import reference
from tests.core.study.tape import BASE, Tape, statement

FIRST, LAST = (to_us(datetime(year, 6, 1, tzinfo=UTC)) for year in (1, 9999))
NUMBERS: list[Any] = [0, 0.1, 5e-324, 1e7, 1e300, -1, 2**53 - 1, 2**63 - 1, -(2**63), None, "16x", "1e9", True, []]
WALL = msgspec.structs.replace(DEFAULTS, credit="wall")


def across_the_calendar(steps: int, **facts: Any) -> list[Event]:
    """A session that leaps from one end of the calendar to the other and back, by sequence number."""
    tape = Tape(promises=False)
    for n in range(steps):
        tape.add(Kind.PLAYED, n, sequence=n, received=False, **facts)
    ends = (FIRST, LAST)
    return [msgspec.structs.replace(e, at=ends[n % 2], stored=BASE) for n, e in enumerate(tape.events)]


def conserved(entries: list[Entry]) -> bool:
    return all(
        e.raw_us == e.credited_us + e.held_us + sum(e.discounted.values()) > 0
        and all(i.amount_us > 0 for i in e.intervals)
        and min(e.credited_us, e.held_us, *e.discounted.values()) >= 0
        for e in entries
    )


@pytest.mark.parametrize("policy", [DEFAULTS, WALL], ids=["media", "wall"])
@pytest.mark.parametrize("rate", [1000, 1_000_000])
def test_centuries_at_a_thousand_times_the_speed_fit(policy: StudyPolicy, rate: int) -> None:
    for steps in (2, 9, 300):
        heard = across_the_calendar(steps, rate_milli=rate)
        entries = settle(heard, policy)
        assert conserved(entries) and sum(e.credited_us for e in entries) == 0
        if steps < 10:
            told = {(e.key[:3], e.date, why): us for e in entries for why, us in e.discounted.items()}
            assert told == {key: us for key, us in reference(heard, policy, {}).items() if us}


@pytest.mark.parametrize("seed", range(20))
def test_any_numbers_in_statements_are_settled_and_conserved(seed: int) -> None:
    chance = random.Random(seed)
    rows = []
    for n in range(200):
        event = Tape(promises=bool(seed % 2)).add(chance.choice(list(Kind)), 0).events[0]
        said = statement(event, "li") | {"id": f"00000000-0000-4000-8000-{n:012d}"}
        for name in (v.EXT_TIME, v.EXT_TIME_FROM, v.EXT_TIME_TO, v.EXT_LENGTH):
            said["result"]["extensions"][name] = chance.choice(NUMBERS)
        for name in (v.EXT_RATE, v.EXT_SPEED, v.EXT_INPUTS, v.EXT_SEQUENCE, v.EXT_LENGTH, v.EXT_PLAYING):
            said["context"]["extensions"][name] = chance.choice(NUMBERS)
        said["result"]["duration"] = chance.choice(["PT1S", "P290000Y", "PT0.000001S"])
        at = chance.choice([BASE + n * 30_000_000, BASE, FIRST, LAST])
        rows.append((1, msgspec.json.encode(said), at, BASE, chance.random() < 0.5, "", False, 0))
    for policy in (DEFAULTS, WALL):
        for _, entries in settle_many(read_statements(rows), policy, {}):
            assert conserved(entries)


def test_of_millions_of_segments_a_thousand_are_read() -> None:
    text = "[,]".join(f"{2 * n}[.]{2 * n + 1}" for n in range(200_000))
    tracemalloc.start()
    try:
        segments = parse_segments(text)
        assert tracemalloc.get_traced_memory()[1] < 2 * len(text)
    finally:
        tracemalloc.stop()
    assert segments is not None and len(segments) == MOST_SEGMENTS and segments[-1] == (1998_000_000, 1999_000_000)
