"""Statements as evidence, well-formed and otherwise."""

import json
import math
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.events import Event, Kind
from lms_tracker.core.study.evidence import Evidence, events_of, gather
from lms_tracker.core.study.policy import DEFAULTS
from lms_tracker.core.study.reading import parse_segments, read_statements
from lms_tracker.core.xapi import vocabulary as v
from tests.core.study.tape import Tape, real, statement, totals, us


def heard(said: dict[str, object], at: int = 0) -> Evidence:
    return read_statements([(1, json.dumps(said).encode(), at, at, True, "", False, 0)])


def same(one: Evidence, other: Evidence) -> bool:
    """Whether both say the same, column by column."""
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) if isinstance(getattr(one, name), np.ndarray)
        else getattr(one, name) == getattr(other, name)
        for name in Evidence.__struct_fields__
    )  # fmt: skip


def read(events: list[Event]) -> Evidence:
    return read_statements(
        (1, json.dumps(statement(e)).encode(), e.at, e.stored, e.received, e.source, e.proved, 0) for e in events
    )


@pytest.mark.parametrize("promises", [True, False])
def test_every_kind_of_statement_is_read_as_it_was_meant(promises: bool) -> None:
    tape = Tape(promises=promises, source="moodle")
    tape.add(Kind.INITIALIZED, 0, sequence=0, length=us(600)).play(1, 0, rate_milli=1250, inputs=2)
    tape.add(Kind.HEARTBEAT, 30, 36.25, playing=True, visible=False, inputs=0).seek(40, 48, 100)
    segments = None if promises else ((0, us(48)), (us(100), us(112.5)))  # who beats is not asked for them
    tape.pause(50, 112.5, segments=segments, proved=True).add(Kind.COMPLETED, 51, 112.5, received=False)
    tape.add(Kind.FOCUSED, 52, 1).add(Kind.UNFOCUSED, 53, 1).add(Kind.TERMINATED, 54, 112.5, duration=us(60))
    tape.add(Kind.ANSWERED, 55, success=True).add(Kind.MISSED, 56)
    # the check's own activity does not say that it is media
    events = [replace(e, media=e.kind not in (Kind.ANSWERED, Kind.MISSED)) for e in map(real, tape.events)]
    assert same(read(events), gather([(1, events)]))
    assert list(events_of(read(events))) == events


def test_the_video_profiles_speed_and_the_study_profiles_rate_are_both_read() -> None:
    said = statement(real(Tape().play(0, 0).events[0]))
    said["context"]["extensions"][v.EXT_SPEED] = "1.75x"
    assert heard(said).rate_milli.tolist() == [1750]
    said["context"]["extensions"][v.EXT_RATE] = 2
    assert heard(said).rate_milli.tolist() == [2000]


@pytest.mark.parametrize("nonsense", ["far", True, None, -1, 1e300, 10**400, [], {}])
def test_nonsense_in_an_extension_is_no_evidence_and_no_error(nonsense: Any) -> None:
    said = statement(real(Tape().play(0, 5).events[0]))
    for extension in (v.EXT_SESSION_ID, v.EXT_SEQUENCE, v.EXT_INPUTS, v.EXT_RATE, v.EXT_LENGTH, v.EXT_VISIBLE):
        said["context"]["extensions"][extension] = nonsense
    said["result"]["extensions"][v.EXT_TIME] = nonsense
    told = heard(said)
    assert told.position.tolist() == told.sequence.tolist() == told.rate_milli.tolist() == told.length.tolist() == [-1]
    assert told.keys[0].session == ("far" if nonsense == "far" else "")


def test_what_else_a_statement_with_nonsense_says_is_read_and_so_are_its_neighbours() -> None:
    events = Tape(promises=True).play(0, 0).add(Kind.HEARTBEAT, 30, 30, playing=True, inputs=2).pause(40, 40).events
    said = [statement(real(e)) for e in events]
    said[1]["context"]["extensions"] |= {v.EXT_INPUTS: [2], v.EXT_RATE: {"now": 1}, v.EXT_SPEED: "2x"}
    at = [e.at for e in events]
    told = read_statements((1, json.dumps(s).encode(), t, t, True, "", False, 0) for s, t in zip(said, at, strict=True))
    assert told.position.tolist() == [0, us(30), us(40)] and told.inputs.tolist()[1] == -1
    assert told.rate_milli.tolist()[1] == -1, "a rate that is none is no reason to believe the speed"
    assert told.playing.tolist()[1] == 1


def test_open_and_broken_segments_are_left_out() -> None:
    assert parse_segments("0[.]42.608[,]43.168[.]124.692[,]176.4") == ((0, us(42.608)), (us(43.168), us(124.692)))
    assert parse_segments("[,]176.4") == parse_segments("5[.]5") == parse_segments("a[.]b") == ()
    assert parse_segments(None) is None


def test_a_segment_left_open_ends_where_the_media_stand() -> None:
    assert parse_segments("0[.]100[,]176.4", 240.0) == ((0, us(100)), (us(176.4), us(240)))
    assert parse_segments("0[.]100[,]176.4[.]", 240.0) == ((0, us(100)), (us(176.4), us(240)))
    assert parse_segments("[,]176.4", 240.0) == ((us(176.4), us(240)),)
    for time in (100.0, math.nan, 1e9, None):
        assert parse_segments("0[.]100[,]176.4", time) == ((0, us(100)),)
    assert parse_segments("176.4[,]200[.]210", 240.0) == ((us(200), us(210)),), "only the last is open still"


def told(kind: Kind, **more: Any) -> Evidence:
    """A source without heartbeats plays from 0 for 300 s, then says so."""
    return read(list(map(real, Tape(promises=False).play(0, 0).add(kind, 300, **more).events)))


def test_who_stops_without_saying_where_stands_at_the_end_of_what_he_lists() -> None:
    for kind in (Kind.PAUSED, Kind.TERMINATED, Kind.COMPLETED):
        listed = told(kind, segments=((0, us(176.4)),))
        assert listed.position.tolist() == [0, us(176.4)]
        assert totals(settle(events_of(listed), DEFAULTS)) == {"raw": 300, "credited": 176.4, "stalled": 123.6}, kind
    assert totals(settle(events_of(told(Kind.TERMINATED)), DEFAULTS))["credited"] == 300
    assert told(Kind.INTERACTED, segments=((0, us(176.4)),)).position.tolist() == [0, -1], "it may play on"


def test_a_statement_about_a_person_is_no_study() -> None:
    said = statement(real(Tape().play(0, 0).events[0]))
    said["object"] = {"objectType": "Agent", "mbox": "mailto:a@example.org"}
    assert len(heard(said).at) == 0


def test_a_check_without_the_activity_that_it_interrupts_says_nothing() -> None:
    said = statement(real(Tape().add(Kind.MISSED, 0).events[0]))
    del said["context"]["contextActivities"]["parent"]
    assert len(heard(said).at) == 0


def test_a_quiz_question_is_not_a_presence_check() -> None:
    said = statement(real(Tape().add(Kind.ANSWERED, 0, success=True).events[0]))
    said["object"]["definition"]["type"] = v.ACTIVITY_QUESTION
    assert heard(said).kind.tolist() == [Kind.OTHER]
