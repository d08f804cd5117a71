"""The picture of a day keeps the proportions of the clock and leaves nothing out."""

import re
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from lms_tracker.core.instants import from_us
from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.entries import REASONS, Entry, Interval
from lms_tracker.core.study.events import Kind
from lms_tracker.core.study.policy import DEFAULTS
from lms_tracker.paths import PACKAGE, resource
from lms_tracker.reports.words import reason
from lms_tracker.web.strip import LANE, PATTERNS, Strip, day_strip
from tests.core.study.tape import BASE, Tape, us

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR, MINUTE = 3_600_000_000, 60_000_000


def entry(*pieces: tuple[int, int, str], at: int = BASE) -> Entry:
    """One entry whose intervals are (from, to, verdict) in minutes after eight."""
    intervals = [
        Interval(at + a * MINUTE, at + b * MINUTE, (b - a) * MINUTE, None, verdict, ("a", "b"))
        for a, b, verdict in pieces
    ]
    sums = {verdict: sum(i.amount_us for i in intervals if i.verdict == verdict) for _, _, verdict in pieces}
    lost = {key: amount for key, amount in sums.items() if key not in ("credited", "held")}
    raw, credited, held = sum(sums.values()), sums.get("credited", 0), sums.get("held", 0)
    day = date(2026, 3, 2)
    return Entry(1, "urn:a", "s", "", day, raw, credited, held, lost, intervals, "proved", "p@1", "1")


def strip_of(*pieces: tuple[int, int, str]) -> Strip:
    found = day_strip([entry(*pieces)], SHANGHAI)
    assert found
    return found


def test_each_verdict_has_a_lane_at_its_moment_in_the_order_of_the_table() -> None:
    strip = strip_of((0, 30, "credited"), (30, 45, "gap"), (45, 60, "hidden"), (75, 90, "held"))
    assert [lane.key for lane in strip.lanes] == ["claimed", "credited", "held", "gap", "hidden"]
    claimed, credited, held, gap, hidden = strip.lanes
    width = (strip.end_us - strip.start_us) / MINUTE
    assert [(bar.x, bar.width) for bar in credited.bars] == [(0, pytest.approx(30 * 100 / width, abs=0.01))]
    assert gap.bars[0].x == pytest.approx(credited.bars[0].width, abs=0.01)
    assert len(claimed.bars) == 2, "from eight to nine, and a quarter of an hour later"
    assert claimed.amount_us == 75 * MINUTE == credited.amount_us + held.amount_us + gap.amount_us + hidden.amount_us
    assert [lane.y for lane in strip.lanes] == [n * LANE for n in range(5)]


def test_the_clock_is_written_at_round_local_times_and_holds_the_whole_day() -> None:
    strip = strip_of((7, 70, "credited"))
    times = [f"{from_us(at).astimezone(SHANGHAI):%H:%M}" for _, at in strip.ticks]
    assert times == ["08:00", "08:15", "08:30", "08:45", "09:00", "09:15"]
    assert strip.ticks[0][0] == 0 and strip.ticks[-1][0] == 100


@pytest.mark.parametrize("length", [0, 1, 3, 25, 61, 300, 16 * 60 - 1])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin"])
def test_nothing_leaves_the_picture_and_the_clock_stays_readable(length: int, zone: str) -> None:
    strip = day_strip([entry((3, 3 + length, "credited"), (3, 3, "rate"))], ZoneInfo(zone))
    assert strip
    assert 2 <= len(strip.ticks) <= 7
    assert all(bar.x >= 0 and bar.x + bar.width <= 100.001 for lane in strip.lanes for bar in lane.bars)
    assert all(bar.width > 0 for lane in strip.lanes for bar in lane.bars)


def test_a_thousand_pieces_are_as_many_bars_as_can_be_told_apart() -> None:
    strip = strip_of(*((n, n + 1, "credited" if n % 2 else "hidden") for n in range(960)))
    for lane in strip.lanes:
        assert len(lane.bars) <= 480
        assert all(one.x + one.width <= other.x + 0.3 for one, other in pairwise(lane.bars))
    assert strip_of((0, 1, "gap"), (1, 2, "gap")).lanes[2].spans == ((BASE, BASE + 2 * MINUTE),)


def test_two_devices_at_once_are_two_lanes() -> None:
    two = [entry((0, 60, "credited")), entry((30, 60, "overlap"), (60, 90, "credited"))]
    strip = day_strip(two, SHANGHAI)
    assert strip
    credited, overlap = strip.lanes[1:]
    assert (len(credited.bars), len(overlap.bars)) == (1, 1)
    assert strip.lanes[0].amount_us == 120 * MINUTE


def test_the_day_when_clocks_change_has_its_hours_where_they_were() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    midnight = us(0) + round(from_us(0).replace(year=2026, month=3, day=28, hour=23).timestamp()) * 1_000_000
    strip = day_strip([entry((0, 300, "credited"), at=midnight)], berlin)
    assert strip
    times = [f"{from_us(at).astimezone(berlin):%H:%M}" for _, at in strip.ticks]
    assert times == ["00:00", "01:00", "03:00", "04:00", "05:00", "06:00"]


def test_a_day_of_which_no_moments_are_known_has_no_picture() -> None:
    assert day_strip([], SHANGHAI) is None
    assert day_strip([replace(entry((0, 1, "gap")), intervals=[])], SHANGHAI) is None


def test_a_reason_of_another_engine_has_a_lane_too() -> None:
    lane = strip_of((0, 10, "credited"), (10, 20, "asleep")).lanes[-1]
    assert (lane.key, lane.pattern) == ("asleep", "other")


def test_what_the_engine_says_is_what_is_drawn() -> None:
    tape = Tape().play(0, 0, inputs=1).beats(0, 300).add(Kind.UNFOCUSED, 300, 300).beats(300, 600, 300)
    tape.add(Kind.FOCUSED, 600, 600, inputs=1).beats(600, 900, 600).pause(900, 900, inputs=1)
    entries = settle(tape.events, DEFAULTS)
    strip = day_strip(entries, SHANGHAI)
    assert strip
    assert {lane.key: lane.amount_us for lane in strip.lanes} == {
        "claimed": us(900),
        "credited": us(600),
        "hidden": us(300),
    }


def test_every_lane_has_a_word_in_both_languages_a_pattern_and_a_colour_of_its_own() -> None:
    template = (resource("templates") / "study" / "_strip.html").read_text(encoding="utf-8")
    style = (PACKAGE / "static" / "strip.css").read_text(encoding="utf-8")
    for key in PATTERNS | {"other"}:
        assert f'id="p-{key}"' in template, f"a pattern for {key}"
    colours = [re.search(rf"\.p-{key}\b[^{{]*{{[^}}]*--c: (#[0-9a-f]{{6}})", style) for key in sorted(PATTERNS)]
    assert all(colours) and len({found[1] for found in colours if found}) == len(PATTERNS)
    for key in REASONS:
        assert reason(key, "zh") != key != reason(key, "en")
