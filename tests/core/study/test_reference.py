"""The engine against a second implementation of the same rules (reference.py), over arbitrary and plausible evidence."""

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.events import SECOND, Event, Kind
from lms_tracker.core.study.policy import DEFAULTS, SourcePolicy, StudyPolicy
from lms_tracker.core.study.sessions import CatalogueItem
from tests.core.study.arbitrary import CATALOGUE, POLICIES, events
from tests.core.study.reference import Totals, reference
from tests.core.study.tape import Tape, us

ALL_POLICIES = [*POLICIES, msgspec.structs.replace(DEFAULTS, cap_s=300.0, stretch_s=400.0, hidden_s=20.0)]
ROUNDING = 4
"""Microseconds by which the engine may miss exact fractions, for each interval it reports and statement it reads."""
quickly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def agree(heard: list[Event], policy: StudyPolicy, catalogue: Mapping[str, CatalogueItem]) -> None:
    """Both implementations give every session, date and verdict the same amount."""
    entries = settle(heard, policy, catalogue)
    got: Totals = defaultdict(Fraction)
    for entry in entries:
        for interval in entry.intervals:
            got[entry.key[:3], entry.date, interval.verdict] += interval.amount_us
    want = reference(heard, policy, catalogue)
    rounding = ROUNDING * (sum(len(entry.intervals) for entry in entries) + len(heard))
    wrong = {
        key: (float(got.get(key, 0) / SECOND), float(want.get(key, 0) / SECOND))
        for key in got.keys() | want.keys()
        if abs(got.get(key, Fraction()) - want.get(key, Fraction())) > rounding
    }
    assert not wrong, f"engine, reference: {wrong}"


@st.composite
def arbitrary(draw: st.DrawFn) -> list[Event]:
    """Anything at all; often of one kind of producer, so that each kind's rules are met."""
    heard = draw(st.lists(events(), min_size=1, max_size=16))
    for name, values in (
        ("promises", [None, False, True]),
        ("media", [None, False, True]),
        ("activity", [None, "video/1"]),
        ("session", [None, "a"]),
        ("registration", [None, "r"]),
    ):
        value = draw(st.sampled_from(values))
        if value is not None:
            heard = [msgspec.structs.replace(event, **{name: value}) for event in heard]
    if draw(st.booleans()):
        order = draw(st.permutations(range(len(heard))))
        heard = [msgspec.structs.replace(event, sequence=n) for event, n in zip(heard, order, strict=True)]
    return heard


@settings(quickly, max_examples=500)
@given(arbitrary(), st.sampled_from(ALL_POLICIES))
def test_engine_and_reference_agree_on_arbitrary_evidence(heard: list[Event], policy: StudyPolicy) -> None:
    agree(heard, policy, CATALOGUE)


@st.composite
def sessions(draw: st.DrawFn) -> list[Event]:
    """One session as a player would tell it: it plays, pauses, seeks, changes speed, loses focus, asks who is there."""
    kind = draw(st.sampled_from(["beats", "beats", "events", "document"]))
    tape = Tape(
        draw(st.sampled_from(["a", "b", "c"])),
        draw(st.sampled_from(["doc/1", "doc/2"] if kind == "document" else ["video/1", "video/2"])),
        promises=kind != "events",
        media=kind != "document",
        start=15 * 3600 + draw(st.integers(0, 3600)),  # midnight in Shanghai is at 16 h
        source=draw(st.sampled_from(["", "late", "half"])),
    )
    speaks = draw(st.booleans())  # whether it reports inputs
    t, position, rate, playing, visible = 0.0, float(draw(st.sampled_from([0, 0, 300]))), 1.0, False, True
    seen: list[tuple[float, float]] = []

    def say(what: Kind, **more: object) -> None:
        at = position if tape.media else None
        more |= {"inputs": draw(st.sampled_from([0, 0, 1]))} if speaks else {}
        if kind != "events":
            more |= {"playing": playing, "visible": visible, "rate_milli": round(rate * 1000)}
        elif seen and draw(st.sampled_from([True, True, False])):
            more |= {"segments": tuple((us(a), us(b)) for a, b in seen if a < b)}
        tape.add(what, t, at, **more)

    say(Kind.INITIALIZED)
    for _ in range(draw(st.integers(1, 9))):
        do = draw(st.sampled_from(["play", "play", "play", "pause", "seek", "rate", "look", "check", "beat"]))
        if do in ("play", "pause"):
            playing = do == "play"
            say(Kind.PLAYED if playing else Kind.PAUSED)
            if playing:
                seen.append((position, position))
        elif do == "seek":
            before, position = position, float(draw(st.integers(0, 1300)))
            if tape.media:
                tape.seek(t, before, position)
            seen.append((position, position))
        elif do == "rate":
            rate = draw(st.sampled_from([0.75, 1.0, 1.25, 1.5, 2.0, 16.0]))
            say(Kind.INTERACTED)
        elif do == "look":
            visible = not visible
            say(Kind.FOCUSED if visible else Kind.UNFOCUSED)
        elif do == "check":
            missed = draw(st.booleans())
            say(Kind.MISSED if missed else Kind.ANSWERED, success=None if missed else draw(st.booleans()))
        closely = draw(st.sampled_from([False, False, True]))
        for _ in range(draw(st.integers(1, 8 if closely else 4))):
            step = draw(st.sampled_from([1, 2, 4, 9] if closely else [1, 20, 30, 30, 60, 90, 95, 300, 1000]))
            buffering = draw(st.sampled_from([1, 1, 1, 1, 0.9, 0.2, 0, 3]))
            t += step
            if playing:
                position += step * rate * buffering
                if seen:
                    seen[-1] = (seen[-1][0], position)
            if kind != "events":
                say(Kind.HEARTBEAT)
    if draw(st.booleans()):
        say(Kind.TERMINATED)
    return tape.events


@st.composite
def reports(draw: st.DrawFn) -> list[Event]:
    """Durations without events, as a meeting platform reports them; with a session id they are running totals."""
    tape = Tape(draw(st.sampled_from(["", "", "m"])), "meeting", promises=False, media=False, source="half")
    tape.start = 15 * 3600
    for _ in range(draw(st.integers(1, 4))):
        tape.add(Kind.COMPLETED, draw(st.integers(0, 7200)), duration=us(draw(st.integers(1, 5000))))
    return tape.events


@st.composite
def plausible(draw: st.DrawFn) -> list[Event]:
    """A few sessions of one learner, with what networks, clocks and people do to them."""
    heard: list[Event] = []
    for number in range(draw(st.integers(1, 4))):
        tape = draw(sessions() | sessions() | sessions() | sessions() | reports())
        error = us(draw(st.sampled_from([0, 0, 0, 0, -600, 8 * 3600])))
        beats = tape[0].promises
        numbered, offline = draw(st.booleans()), draw(st.sampled_from([0, 0, 0, 300, 2000]))
        loses = ["keep"] * 12 + ["drop", "twice"] if beats else ["keep"] * 3 + ["drop"]
        arrives = tape[-1].stored + us(offline)
        for n, event in enumerate(tape):
            late = draw(st.sampled_from([0] * 12 + [700, 1000, -300]))
            edit = draw(st.sampled_from(loses))
            changed = msgspec.structs.replace(
                event,
                id=f"{number}-{event.id}",
                at=event.at + error,
                stored=arrives if offline else event.stored + us(late),
                sequence=n if numbered else None,
            )
            if edit != "drop":
                heard.append(changed)
            if edit == "twice":
                heard.append(msgspec.structs.replace(changed, id=changed.id + "-again"))
    return draw(st.permutations(heard))


@settings(quickly, max_examples=300)
@given(plausible(), st.sampled_from(ALL_POLICIES))
def test_engine_and_reference_agree_on_sessions_as_players_tell_them(heard: list[Event], policy: StudyPolicy) -> None:
    agree(heard, policy, CATALOGUE)


def test_the_reference_says_what_the_contract_says_by_hand() -> None:
    policy = msgspec.structs.replace(DEFAULTS, sources={"half": SourcePolicy(declared_share=0.5)})
    first = Tape("a").watch(600)
    again = Tape("b", start=500, source="half").watch(600, position=300)
    assert sum_up(first, policy) == {"credited": 600}
    assert sum_up(again, policy) == {"credited": 300, "aggregate": 300}
    # 500-600 s is the first session's; then 200 s of content that it showed, then 300 s that are new, of which half counts
    both = {"credited": 600 + 150, "overlap": 100, "repeat": 200, "aggregate": 150}
    assert sum_up([*first.events, *again.events], policy) == both


def sum_up(tape: Tape | list[Event], policy: StudyPolicy) -> dict[str, Fraction]:
    out: dict[str, Fraction] = defaultdict(Fraction)
    for (_, _, verdict), amount in reference(tape if isinstance(tape, list) else tape.events, policy, {}).items():
        out[verdict] += amount / SECOND
    return dict(out)
