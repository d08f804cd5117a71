"""The study-time rules a second time, for tests: slow, obvious, exact.

Written from study-time.md, sections 1 and 2, and from the choices that the engine's docstrings document; of the engine it
shares only the shapes (Event, Kind, policy, catalogue). Where the engine keeps running states, interval sets and whole
microseconds, this asks each question anew over all events, in exact fractions, and judges elementary pieces: no boundary
of date, credited time or content lies within a piece. Quadratic everywhere; for a few dozen events.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction as F
from itertools import pairwise

from lms_tracker.core.study.events import Event, Kind
from lms_tracker.core.study.policy import SourcePolicy, StudyPolicy
from lms_tracker.core.study.sessions import CatalogueItem
from tests.core.study.reference_book import Book
from tests.core.study.reference_pieces import LONGEST, Key, Piece, S, Spans, Totals, ends, outside, within

MEDIA_EVENTS = (Kind.INITIALIZED, Kind.PLAYED, Kind.PAUSED, Kind.SEEKED, Kind.INTERACTED)
MEDIA_EVENTS += (Kind.COMPLETED, Kind.TERMINATED)


def reference(events: Iterable[Event], policy: StudyPolicy, catalogue: Mapping[str, CatalogueItem]) -> Totals:
    """Microseconds of study time by session, local date and verdict (a reason, or "credited")."""
    groups: dict[Key, dict[str, Event]] = defaultdict(dict)
    for event in events:
        groups[event.activity, event.session, event.registration][event.id] = event
    sessions = [Opening(key, list(group.values()), policy, catalogue.get(key[0])) for key, group in groups.items()]
    lengths: dict[str, int | None] = {}
    for key in groups:
        said = [e.length for group in groups.values() for e in group.values() if e.activity == key[0] and e.length]
        item = catalogue.get(key[0])
        lengths[key[0]] = item.length if item else max(said, default=None)
    book = Book(policy, lengths)
    for session in sorted(sessions, key=lambda s: (s.at[0], s.key)):
        book.enter(session)
    return {key: amount for key, amount in book.totals.items() if amount}


class Opening:
    """One session, and every question that may be asked of it."""

    def __init__(self, key: Key, events: list[Event], policy: StudyPolicy, item: CatalogueItem | None) -> None:
        self.key = key
        self.policy = policy
        trust = [policy.source(name) for name in sorted({e.source for e in events})]
        self.source: SourcePolicy = min(trust, key=lambda s: s.declared_share)
        shift = 0 if self.source.reports_late else self.clock_error(events)
        if all(e.sequence is not None for e in events):
            events = sorted(events, key=lambda e: (e.sequence, e.at, e.kind, e.id))
        else:
            events = sorted(events, key=lambda e: (e.at, e.kind, e.id))
        self.events = events
        self.at = [e.at + shift for e in events]
        self.last = len(events) - 1
        self.media = item.media if item else any(e.media for e in events)
        self.promises = any(e.promises for e in events)
        self.proved = all(e.proved for e in events)
        kinds = {e.kind for e in events}
        told = any(e.playing is not None for e in events) or Kind.PLAYED in kinds or Kind.PAUSED in kinds
        self.plays_while_open = self.promises and Kind.HEARTBEAT in kinds and not told
        answers = Kind.ANSWERED in kinds or Kind.MISSED in kinds
        self.shows_people = answers or any(e.inputs is not None for e in events)

    def clock_error(self, events: list[Event]) -> int:
        """Constant distance between receipt and timestamp of evidence that arrived live; 0 when small or not live."""
        delays = [e.stored - e.at for e in events if e.received]
        if not delays:
            return 0
        near = [e.stored for e in events if e.received and e.stored - e.at <= min(delays) + 5 * S]
        arrived = [e.stored for e in events if e.received]
        live = len(near) >= 3 and max(near) - min(near) >= max(10 * S, (max(arrived) - min(arrived)) // 2)
        return min(delays) if live and abs(min(delays)) > self.policy.clock_error_s * S else 0

    # --- what the statements up to i say of the step from i to i + 1 ------------------------------------------------
    def playing(self, i: int) -> bool:
        if self.plays_while_open:
            return self.is_open(i)
        for j in range(i, -1, -1):
            e = self.events[j]
            if e.kind is Kind.TERMINATED:
                return False
            if e.playing is not None:
                return e.playing
            if e.kind is Kind.COMPLETED and e.position is not None and e.length is not None:
                if e.position >= e.length - 2 * S:
                    return False
            elif e.kind in (Kind.PLAYED, Kind.PAUSED, Kind.INITIALIZED):
                return e.kind is Kind.PLAYED
        return False

    def is_open(self, i: int) -> bool:
        for j in range(i, -1, -1):
            if self.events[j].kind not in (Kind.COMPLETED, Kind.OTHER):
                return self.events[j].kind is not Kind.TERMINATED
        return False

    def visible(self, i: int) -> bool:
        for j in range(i, -1, -1):
            e = self.events[j]
            if e.visible is not None:
                return e.visible
            if e.kind in (Kind.FOCUSED, Kind.UNFOCUSED):
                return e.kind is Kind.FOCUSED
        return True

    def rate(self, i: int) -> F:
        said = [e.rate_milli for e in self.events[: i + 1] if e.rate_milli is not None]
        return F(said[-1], 1000) if said else F(1)

    # --- the rules of one session, for the step from i to i + 1 -----------------------------------------------------
    def presence(self) -> list[int]:
        return [
            i
            for i, e in enumerate(self.events)
            if (e.kind is Kind.ANSWERED and e.success is not False) or (e.inputs and e.kind is not Kind.MISSED)
        ]

    def is_gap(self, i: int) -> bool:
        return self.promises and self.at[i + 1] - self.at[i] > self.policy.gap_s * S

    def is_hidden(self, i: int) -> bool:
        first = next((j + 1 for j in range(i, -1, -1) if self.visible(j)), 0)
        until = next((j for j in range(i, self.last) if self.visible(j)), self.last)
        return not self.visible(i) and self.at[until] - self.at[first] > self.policy.hidden_s * S

    def is_unanswered(self, i: int) -> bool:
        for m, e in enumerate(self.events):
            if e.kind is Kind.MISSED:
                before = max((p for p in self.presence() if p < m), default=0)
                after = min((p for p in self.presence() if p > m), default=self.last)
                if before <= i < after:
                    return True
        return False

    def blips(self, i: int) -> bool:
        """Whether step i is a pause so short that a script made it."""
        if not 0 <= i < self.last or [e.kind for e in self.events[i : i + 2]] != [Kind.PAUSED, Kind.PLAYED]:
            return False
        return self.at[i + 1] - self.at[i] <= self.policy.blip_s * S

    def idle_since(self, i: int) -> F | None:
        if self.shows_people:
            before = max((p for p in self.presence() if p <= i), default=0)
            after = min((p for p in self.presence() if p > i), default=self.last)
            limit = self.policy.idle_s
            if after in self.presence() and all(e.inputs is None for e in self.events):
                limit = max(limit, self.policy.stretch_s)
            return F(self.at[i]) if self.at[after] - self.at[before] > limit * S else None
        shows = [j for j in range(i + 1) if self.events[j].kind in MEDIA_EVENTS]
        shown = max((j for j in shows if not (self.blips(j) or self.blips(j - 1))), default=0)
        return max(F(self.at[i]), self.at[shown] + F(self.policy.stretch_s) * S)

    def reason(self, i: int, a: F) -> str | None:
        """Why the part of step i that begins at `a` does not count."""
        if self.at[i + 1] <= self.at[i]:
            return None  # an instant, or time told before: no rule about time applies
        if self.is_gap(i):
            return "gap"
        if self.is_hidden(i):
            return "hidden"
        if self.is_unanswered(i):
            return "unanswered"
        since = self.idle_since(i)
        return "idle" if since is not None and since <= a else None

    def timely(self, i: int) -> bool:
        delays = [e.stored - at for e, at in zip(self.events, self.at, strict=True)]
        ahead = self.policy.clock_error_s * S
        if any(delay < -ahead for delay in delays):  # the clock ran away, and began to do so before anybody could tell
            ahead = min(ahead, 5 * S)
        delay = delays[i]
        judged = self.promises and not self.source.reports_late and self.events[i].received
        return delay >= -ahead and not (judged and delay > self.source.late_s * S)

    def doubtful_until(self, i: int) -> int:
        """Up to here the timestamps of step i are not believed."""
        before = [j for j in range(i + 1) if self.timely(j)]
        after = [j for j in range(i + 1, self.last + 1) if self.timely(j)]
        if not (i in before and i + 1 in after):
            near = self.promises and before and after
            if not near or not 0 <= self.at[after[0]] - self.at[before[-1]] <= self.policy.gap_s * S:
                return self.at[i + 1]
        return max(self.at[: i + 1])

    # --- what it claims -------------------------------------------------------------------------------------------
    def claims(self) -> list[Piece]:
        """All pieces, in the order of the statements."""
        pieces: list[Piece] = []
        by_step: list[list[Piece]] = [[] for _ in range(self.last)]
        runs: list[tuple[bool, list[int]]] = []  # whether a run adjoins the one before it, and its steps
        run: list[int] = []
        adjoins = False
        for i in range(self.last + 1):
            ends = i == self.last or not (self.playing(i) if self.media else self.is_open(i)) or self.is_gap(i)
            here = self.events[i]
            apart = not run or ends or self.is_gap(run[-1]) or here.kind is Kind.SEEKED
            if run and (apart or here.position is not None):
                runs.append((adjoins, run))
                run = []
            if not run:
                adjoins = not apart
            if i < self.last and (self.playing(i) if self.media else self.is_open(i)):
                run.append(i)
        for together in self.together(runs):
            self.weigh(together, by_step)
        for found in by_step:
            pieces += [p for p in found if p.amount]
        return self.with_lost(by_step) if self.media and not self.promises else pieces

    def together(self, runs: list[tuple[bool, list[int]]]) -> list[list[int]]:
        """The runs, those in one that agree with the clock and follow each other within `compare_s`."""
        out: list[list[int]] = []
        since = turn = last = 0
        before = False
        for adjoins, run in runs:
            at, agrees = self.at[run[0]], self.agrees(run)
            chained = adjoins and before and agrees and at >= last
            if not chained:
                since = at
            now = (at - since) // max(1, int(F(self.policy.compare_s) * S))
            if chained and now == turn:
                out[-1] += run
            else:
                out.append(list(run))
            before, last, turn = agrees, at, now
        return out

    def agrees(self, run: list[int]) -> bool:
        """Whether the positions before and after the run are as far apart as its time."""
        a, b = self.events[run[0]].position, self.events[run[-1] + 1].position_before
        if not self.media or a is None or b is None:
            return False
        spans = [min(F(LONGEST), F(max(0, self.at[i + 1] - self.at[i]))) for i in run]
        speeds = [F(1) if self.policy.credit == "wall" else self.rate(i) for i in run]
        due = sum((min(F(LONGEST), span * speed) for span, speed in zip(spans, speeds, strict=True)), F(0))
        return abs(b - a - due) <= self.slack(due)

    def slack(self, due: F) -> F:
        return F(self.policy.tolerance_s) * S + due * F(self.policy.tolerance_pct) / 100

    def weigh(self, run: list[int], by_step: list[list[Piece]]) -> None:
        """Position against clock over the steps of a run."""
        parts: list[tuple[int, Piece]] = []
        wall = self.policy.credit == "wall"
        for i in run:
            whole = Piece(F(self.at[i]), F(max(self.at[i], self.at[i + 1])), F(0), None, None, False)
            since = self.idle_since(i)
            for part in whole.elementary([F(self.doubtful_until(i))] + ([since] if since else [])):
                speed = F(1) if wall or not self.media else self.rate(i)
                late = part.end <= self.doubtful_until(i)
                amount = min(F(LONGEST), min(F(LONGEST), part.end - part.start) * speed)
                parts.append((i, replace(part, amount=amount, reason=self.reason(i, part.start), doubtful=late)))
        expected = sum((p.amount for _, p in parts), F(0))
        clock = sum((min(F(LONGEST), p.end - p.start) for _, p in parts), F(0))
        a, b = self.events[run[0]].position, self.events[run[-1] + 1].position_before
        if not self.media or a is None or b is None:
            for i, p in parts:
                by_step[i].append(replace(p, reason=p.reason or self.too_fast(i)))
            return
        advance = F(max(0, b - a))
        slack = self.slack(expected)
        allowed = clock * F(self.policy.max_rate)
        counted, excess, outran = expected, F(0), False
        mute = self.promises and all(e.rate_milli is None for e in self.events)  # it never tells the speed
        if expected == 0:
            counted, excess = F(0), F(0) if wall else advance
        elif advance < expected - slack:
            counted = advance
        elif self.promises and advance > max(expected + slack, allowed + (self.slack(allowed) if mute else 0)):
            outran, counted = True, expected if wall else advance
        elif not wall and expected < advance and (mute or advance <= expected + slack):
            counted = max(expected, min(advance, allowed))
            excess = advance - counted
        elif not wall:
            excess = max(F(0), advance - expected)
        played = advance - excess
        done = F(0)
        for i, p in parts:
            if not p.amount:
                continue
            shares = [F(0), F(1)]
            stalls = counted < expected
            if stalls and done < counted < done + p.amount:
                shares.insert(1, (counted - done) / p.amount)
            for low, high in pairwise(shares):
                q = p.between(low, high)
                begin, end = done + low * p.amount, done + high * p.amount
                if stalls and begin >= counted:
                    by_step[i].append(replace(q, reason=q.reason or "stalled"))
                    continue
                of = counted if stalls else expected
                media = (a + played * begin / of, a + played * end / of)
                why = q.reason or ("rate" if outran else self.too_fast(i))
                by_step[i].append(replace(q, amount=(end - begin) * counted / of, media=media, reason=why))
            done += p.amount
        if excess:
            i, p = run[-1], parts[-1][1]
            until = F(self.at[i + 1])
            media = (a + played, a + advance)
            by_step[i].append(Piece(until, until, excess, media, p.reason or "rate", p.doubtful))

    def too_fast(self, i: int) -> str | None:
        return "rate" if self.media and self.rate(i) > F(self.policy.max_rate) else None

    # --- lost events ----------------------------------------------------------------------------------------------
    def with_lost(self, by_step: list[list[Piece]]) -> list[Piece]:
        """The claims, and the content that `played-segments` list although no statement told of its playing."""
        known: Spans = []
        found: list[Piece] = []
        first = self.events[0]
        if first.segments:
            if first.kind in (Kind.PAUSED, Kind.SEEKED):
                found += self.lost_beginning(first.segments)
            known += [(F(a), F(b)) for a, b in first.segments]
        begin = 0
        for i in range(self.last):
            listed = self.events[i + 1].segments
            if listed is None:
                continue
            told = [p for step in by_step[begin : i + 1] for p in step if p.amount]
            known += [p.media for p in told if p.media]
            lost = [piece for a, b in listed for piece in outside(F(a), F(b), known)]
            busy = [(p.start, p.end) for step in by_step for p in step if p.amount and p.reason != "stalled"]
            for j in range(begin, i + 1):
                found += self.lay(lost, j, busy)
            known += [(F(a), F(b)) for a, b in listed]
            begin = i + 1
        pieces = [p for step in by_step for p in step if p.amount]
        if not found:
            return pieces
        taken = [(p.start, p.end) for p in found]
        kept = [p for p in pieces if p.reason != "stalled"]
        for p in pieces:
            if p.reason == "stalled":
                kept += [q for q in p.elementary(ends(taken)) if not within(q.start, q.end, taken)]
        return sorted(kept + found, key=lambda p: (p.start, p.end))

    def lost_beginning(self, segments: tuple[tuple[int, int], ...]) -> Iterator[Piece]:
        """The end of the listed content, just before the session's first statement, at most `stretch_s` of it."""
        left, at = F(self.policy.stretch_s) * S if self.at[-1] > self.at[0] else F(0), F(self.at[0])
        for a, b in segments[::-1]:
            length = min(F(b - a), left)
            if length > 0:
                yield Piece(at - length, at, length, (b - length, F(b)), None, not self.timely(0))
                at, left = at - length, left - length

    def lay(self, lost: Spans, i: int, busy: Spans) -> Iterator[Piece]:
        """Lost content, taken from the list's beginning, over the free time of step i."""
        start, end, speed = F(self.at[i]), F(self.at[i + 1]), self.rate(i)
        if self.too_fast(i) or not speed:
            return
        left = F(self.policy.stretch_s) * S
        for a, b in outside(start, end, busy):
            b = min(b, a + left)
            while lost and a < b:
                low, high = lost.pop(0)
                stop = min(b, a + (high - low) / speed)
                reach = low + (stop - a) * speed
                amount = reach - low if self.policy.credit == "media" else stop - a
                whole = Piece(a, stop, amount, (low, reach), None, False)
                for p in whole.elementary([F(self.doubtful_until(i))]):
                    yield replace(p, doubtful=p.end <= self.doubtful_until(i))
                left -= stop - a
                a = stop
                if reach < high:
                    lost.insert(0, (reach, high))

    def bare(self) -> list[Piece]:
        """Claims of a duration by a session that shows nothing else; named sessions send running totals."""
        claims = [(e.duration, at, e.id) for e, at in zip(self.events, self.at, strict=True) if e.duration]
        if self.key[1] and claims:
            claims = [max(claims)]
        return [Piece(F(at - length), F(at), F(length), None, None, False) for length, at, _ in claims]
