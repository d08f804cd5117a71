"""Evidence that nobody would send, for properties that hold for any evidence whatever."""

from collections import defaultdict
from typing import NamedTuple

import msgspec
from hypothesis import strategies as st

from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.events import SECOND, Event, Kind
from lms_tracker.core.study.intervals import IntervalSet
from lms_tracker.core.study.policy import DEFAULTS, SourcePolicy, StudyPolicy
from lms_tracker.core.study.sessions import CatalogueItem
from tests.core.study.tape import BASE, us

LENGTH = us(1200)
CATALOGUE = {"video/1": CatalogueItem(True, LENGTH), "doc/1": CatalogueItem(False, LENGTH)}
SOURCES = {"late": SourcePolicy(reports_late=True), "half": SourcePolicy(declared_share=0.5, aggregate_share=0.5)}
POLICIES = [
    DEFAULTS,
    msgspec.structs.replace(DEFAULTS, sources=SOURCES, cap_s=1800.0),
    msgspec.structs.replace(DEFAULTS, credit="wall", timezone="America/New_York", max_rate=1.0),
]

seconds = st.integers(0, 4000).map(lambda s: us(s)) | st.integers(0, 4000 * SECOND)
positions = st.none() | st.integers(0, 1400).map(us) | st.integers(0, 1400 * SECOND)


@st.composite
def events(draw: st.DrawFn) -> Event:
    at = BASE + 15 * 3600 * SECOND + draw(seconds)  # around midnight in Shanghai
    position = draw(positions)
    return Event(
        id=str(draw(st.uuids())),
        at=at,
        stored=at + us(draw(st.sampled_from([0, 1, 1, 1, 60, 1000, -30, -500]))),
        received=draw(st.sampled_from([True, True, False])),
        kind=draw(st.sampled_from(list(Kind))),
        activity=draw(st.sampled_from(["video/1", "video/2", "doc/1"])),
        registration=draw(st.sampled_from(["", "r"])),
        session=draw(st.sampled_from(["a", "b", ""])),
        sequence=draw(st.none() | st.integers(0, 9)),
        position=position,
        position_before=draw(st.just(position) | positions),
        playing=draw(st.sampled_from([None, None, True, False])),
        visible=draw(st.sampled_from([None, None, True, False])),
        inputs=draw(st.sampled_from([None, 0, 1])),
        rate_milli=draw(st.sampled_from([None, None, 0, 1000, 1250, 1500, 2000, 16000])),
        success=draw(st.sampled_from([None, True, False])),
        duration=draw(st.none() | st.integers(0, 4000).map(us)),
        length=draw(st.sampled_from([None, LENGTH])),
        segments=draw(st.none() | st.lists(st.tuples(positions, positions), max_size=3).map(_spans)),
        media=draw(st.booleans()),
        promises=draw(st.booleans()),
        source=draw(st.sampled_from(["", "late", "half"])),
        proved=draw(st.booleans()),
    )


def _spans(pairs: list[tuple[int | None, int | None]]) -> tuple[tuple[int, int], ...]:
    return tuple((a, b) for a, b in pairs if a is not None and b is not None and a < b)


evidence = st.lists(events(), min_size=1, max_size=40)


class Judged(NamedTuple):
    """Evidence of one learner, a policy, and what the engine makes of both."""

    heard: list[Event]
    policy: StudyPolicy
    ledger: list[Entry]


judged = st.tuples(evidence, st.sampled_from(POLICIES)).map(lambda both: Judged(*both, settle(*both, CATALOGUE)))


def require_nothing_twice(entries: list[Entry], policy: StudyPolicy) -> None:
    """Raw time is conserved; no second, no content and no more than the day's cap is credited twice."""
    clock, by_date, by_activity, width = IntervalSet(), defaultdict[object, int](int), defaultdict[str, int](int), 0
    for entry in entries:
        assert entry.raw_us == entry.credited_us + entry.held_us + sum(entry.discounted.values())
        by_date[entry.date] += entry.credited_us
        by_activity[entry.activity] += entry.credited_us
        for interval in entry.intervals:
            if interval.verdict == "credited":
                clock.add(interval.start_us, interval.end_us)
                width += interval.end_us - interval.start_us
    assert clock.measure == width  # credited intervals are disjoint on the clock
    assert all(credited <= policy.cap_s * SECOND for credited in by_date.values())
    assert all(by_activity[iri] <= LENGTH for iri in CATALOGUE)
