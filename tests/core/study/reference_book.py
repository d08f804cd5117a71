"""What the reference credits, session after session."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction as F
from typing import TYPE_CHECKING

from lms_tracker.core.study.policy import StudyPolicy
from tests.core.study.reference_pieces import LONGEST, QUARTER, Piece, S, Spans, Totals, ends, within

if TYPE_CHECKING:
    from tests.core.study.reference import Opening


class Book:
    """What was credited so far, session after session."""

    def __init__(self, policy: StudyPolicy, lengths: dict[str, int | None]) -> None:
        self.policy = policy
        self.lengths = lengths
        self.seconds: Spans = []
        self.content: dict[str, Spans] = defaultdict(list)
        self.credited: dict[str | date, F] = defaultdict(F)
        self.totals: Totals = defaultdict(F)

    def enter(self, session: "Opening") -> None:
        pieces = session.claims()
        bare = not pieces
        share = F(1) if session.proved else F(session.source.declared_share)
        if bare:
            pieces, share = session.bare(), F(session.source.aggregate_share)
        mine: Spans = []
        activity = session.key[0]
        length = self.lengths[activity]
        end = None if length is None else length + F(self.policy.tolerance_s) * S
        for piece in pieces:
            if piece.end - piece.start > LONGEST:
                self.totals[session.key, self.date(piece.end), piece.reason or "clock"] += min(piece.amount, LONGEST)
                continue
            content = list(self.content[activity])
            places = ends(content) + ([] if end is None else [end])
            for p in piece.elementary(self.midnights(piece) + ends(self.seconds), places):
                day = self.date((p.start + p.end) / 2)
                for q, verdict in self.judge(p, activity, day, content, end, share):
                    self.totals[session.key, day, verdict] += q.amount
                    if verdict == "credited":
                        self.credited[activity] += q.amount
                        self.credited[day] += q.amount
                        mine.append((q.start, q.end))
                        if q.media:
                            self.content[activity].append(q.media)
                        if bare:
                            self.seconds.append((q.start, q.end))
        self.seconds += mine

    def judge(
        self, p: Piece, activity: str, day: date, content: Spans, end: F | None, share: F
    ) -> Iterator[tuple[Piece, str]]:
        if p.reason:
            yield p, p.reason
            return
        if p.start < p.end and within(p.start, p.end, self.seconds):
            yield p, "overlap"
            return
        if p.media and p.media[0] < p.media[1]:
            beyond = end is not None and p.media[0] >= end
            if beyond or within(*p.media, content):
                yield p, "repeat"
                return
        length = self.lengths[activity]
        room = p.amount if length is None else length - self.credited[activity]
        for reason, left in (("repeat", room), ("cap", F(self.policy.cap_s) * S - self.credited[day])):
            if left < p.amount:
                fits = max(F(0), left) / p.amount
                yield p.between(fits, F(1)), reason
                if not fits:
                    return
                p = p.between(F(0), fits)
        if p.doubtful:
            yield p, "clock"
            return
        if share < 1:
            yield p.between(share, F(1)), "aggregate"
        if share > 0:
            yield p.between(F(0), share), "credited"

    def date(self, at: F) -> date:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(at))).astimezone(self.policy.zone).date()

    def midnights(self, piece: Piece) -> list[F]:
        quarters = range(-(-piece.start // QUARTER) * QUARTER, int(piece.end) + 1, QUARTER)
        return [F(q) for q in quarters if self.date(F(q)) != self.date(F(q - 1))]
