"""What the engine and the detector make of simulated people, against the truth."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from lms_tracker.core.study.engine import settle
from lms_tracker.core.study.entries import Entry
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.reading import StoredStatement
from lms_tracker.core.study.suspicion.company import Company
from lms_tracker.core.study.suspicion.found import Found
from lms_tracker.core.study.suspicion.model import Model, Suspicion, weigh
from lms_tracker.core.study.suspicion.openings import Sign, openings, read_signs
from lms_tracker.core.study.suspicion.signals import own_signals
from lms_tracker.core.study.suspicion.sketches import Sketch, sketch
from lms_tracker.core.xapi.timestamps import parse_timestamp
from tests.bench.idle.player import Learner, lines

US = 1_000_000


@dataclass
class Judged:
    """One learner after the engine, before the detector. Seconds of study time."""

    name: str
    family: str
    honest: bool
    group: str
    claimed: float
    true: float
    credited: list[tuple[tuple[str, str, str], float, float]] = field(default_factory=list)
    """(session, credited within the truth, credited beyond it)"""
    found: dict[str, Found] = field(default_factory=dict)
    suspicion: Suspicion | None = None

    @property
    def held(self) -> bool:
        return self.suspicion is not None and bool(self.suspicion.sessions)

    def counted(self, truly: bool) -> float:
        """Seconds credited and not held, within the truth or beyond it."""
        held = set(self.suspicion.sessions) if self.suspicion else set()
        return sum(a if truly else b for key, a, b in self.credited if key not in held)


def judge(groups: Iterable[list[Learner]], policy: StudyPolicy) -> Iterator[Judged]:
    """Everybody, by the rules and with every signal. People are compared with those of their own group and some others."""
    sketches: list[Sketch] = []
    judged: list[Judged] = []
    for group in groups:
        for who in group:
            signs = list(signs_of(lines(who)))
            opened = openings(signs)
            entries = settle([sign.event for sign in signs], policy)
            judged.append(_account(who, entries))
            judged[-1].found = own_signals(opened)
            sketches += [sketch(len(judged) - 1, opening) for opening in opened]
    company = Company(sketches)
    for index, one in enumerate(judged):
        one.found |= company.signals(index)
        yield one


def suspect(judged: Iterable[Judged], model: Model) -> None:
    """Hold as the product does: nothing below the threshold."""
    for one in judged:
        score = weigh(one.found, model)
        one.suspicion = score if model.holds(score) else None


def signs_of(raw_lines: Iterable[bytes]) -> Iterator[Sign]:
    """As `statements import --keep-stored` has them."""
    return read_signs(_stored(raw) for raw in raw_lines)


def _stored(raw: bytes) -> StoredStatement:
    told = msgspec.json.decode(raw)
    at, stored = (round(parse_timestamp(told[key]).timestamp() * US) for key in ("timestamp", "stored"))
    return 1, raw, at, stored, True, "", False, 0


def _account(who: Learner, entries: list[Entry]) -> Judged:
    """Credited time, divided into what was truly studied then and what was not."""
    one = Judged(
        who.name,
        who.family,
        who.honest,
        who.group,
        claimed=sum(entry.raw_us for entry in entries) / US,
        true=_capped(who),
    )
    spans = _joined(sorted((start, end) for start, end, _ in who.truth.spans))
    ends = [end for _, end in spans]
    for entry in entries:
        good = bad = 0.0
        for interval in entry.intervals:
            if interval.verdict == "credited":
                amount = interval.amount_us / US
                there = _attended(spans, ends, interval.start_us / US, interval.end_us / US)
                width = (interval.end_us - interval.start_us) / US
                share = min(1.0, there / width) if width > 0 else 0.0
                good += amount * share
                bad += amount * (1 - share)
        if good or bad:
            one.credited.append((entry.key[:3], good, bad))
    return one


def _joined(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    for start, end in spans:
        if out and start <= out[-1][1] + 1e-6:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _attended(spans: list[tuple[float, float]], ends: list[float], start: float, end: float) -> float:
    """Seconds of the clock within [start, end) in which new content was attended to, to 2 s at either side.

    The two seconds are what timestamps and clocks that are corrected for may be off.
    """
    slack = 2.0
    covered, at = 0.0, start
    for index in range(bisect_left(ends, start - slack), len(spans)):
        low, high = spans[index]
        if low - slack >= end:
            break
        low, high = max(at, low - slack), min(end, high + slack)
        if high > low:
            covered += high - low
            at = high
    return covered


def _capped(who: Learner) -> float:
    """True study seconds, up to 8 h on a local date (the contract's cap)."""
    days: dict[int, float] = {}
    for start, _, amount in who.truth.spans:
        day = int((start + 28800) // 86400)
        days[day] = days.get(day, 0.0) + amount
    return sum(min(28800.0, amount) for amount in days.values())
