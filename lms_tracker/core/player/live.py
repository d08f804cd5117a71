"""What a stream has been credited so far, beat by beat: what the page shows until the ledger says it.

The rules are those of the engine (core.study), on one session that tells of itself every few seconds; a test holds the
two together. What only the engine can know (other sources, the cap of the day, what a person decides) it corrects.
The state is small: it is read and written with every beat.

Whether a browser's inputs are to be believed the server cannot see. So they are signs of presence only in a session in
which somebody has answered a presence check, before or after; never while a check is open or missed; and not between two
right answers where a check was missed and an answer wrong, for who guesses knows as little as who is not there.
"""

from collections.abc import Sequence

from msgspec import Struct

from lms_tracker.core.player.tape import PLAYING, SEEK, UNDER_CHECK, Told, is_seen
from lms_tracker.core.study.policy import StudyPolicy

SECOND = 1_000_000
Span = tuple[int, int]
UNANSWERED, IDLE = "unanswered", "idle"


class Piece(Struct, array_like=True, gc=False):
    """Time that counts unless nobody turns out to have been there: its amount, the content (-1: none is known), and whether
    the page was out of sight."""

    amount: int
    low: int
    high: int
    hidden: bool


class Asked(Struct, array_like=True, gc=False):
    """The presence check that is open or was missed. `reached_at`: when the page is known to have it; 0 before."""

    id: str
    kind: str
    issued_at: int
    reached_at: int = 0
    missed: bool = False
    wrong: int = 0
    owed: bool = False
    """It was asked on an earlier page."""


class Live(Struct, array_like=True, gc=False):
    """Where a stream stands. Instants and lengths in microseconds; stored as it is: only ever add fields, with defaults,
    at the end."""

    opened_at: int
    at: int
    """Up to here it is judged."""
    media: bool
    flags: int = 0
    position: int = -1
    rate_pct: int = 100
    before: int = 0
    """Credited of the activity when the stream was opened."""
    raw_before: int = 0
    held_before: int = 0
    raw: int = 0
    sure: int = 0
    maybe: list[Piece] = []
    """Since the last answered check up to the last input: counts unless the next check is answered wrongly or, where none
    was answered in this session, is missed."""
    doubt: list[Piece] = []
    """Since the last sign of presence."""
    seen: list[Span] = []
    """Content of the activity that is credited for good."""
    played: list[Span] = []
    """Content that this session has played, credited or not."""
    sign_at: int = 0
    answered: bool = False
    away: str = ""
    """UNANSWERED or IDLE: why nothing counts until there is a sign of presence."""
    back_at: int = 0
    """When somebody was there again: time before does not count."""
    hidden_at: int = 0
    """Since when the page is out of sight; 0 while it is seen."""
    why: str = ""
    """Why the last step did not count."""
    due: int = 0
    """Playing time until the next presence check."""
    asked: Asked | None = None
    completed: bool = False
    wrong: int = 0
    """Checks answered wrongly on end."""
    earlier: list[int] = []
    """Sessions of this sitting for which the next check asks as well (core.player.sitting)."""
    tries_from: int = 0
    """Answers before are not judged: who was wrong waits (core.player.checks.pause)."""
    confirmed: bool = False
    """The last check was a mere confirmation."""
    quickest: int = 0
    """Between the page's clock and ours, at the quickest request (core.player.tape.delay_ms); 0: not known."""


def advance(live: Live, told: Sequence[Told], now_us: int, study: StudyPolicy, length: int) -> None:
    """Judge what a request received `now` tells. `length` of the activity, in microseconds; less than 1: it has none."""
    for one in told:
        at = now_us - one.age_ms * 1000
        position = -1 if one.position_ms < 0 else one.position_ms * 1000
        before = one.before_ms * 1000 if one.kind == SEEK else position
        if at > live.at:
            if live.flags & PLAYING:
                _step(live, at, before, study, length)
            live.at = at
        _look(live, one, at, study)
        live.flags, live.rate_pct = one.flags & ~UNDER_CHECK, one.rate_pct
        if position >= 0:
            live.position = position
        if any(one.inputs) and not one.flags & UNDER_CHECK:
            _note_input(live, at)


def credited(live: Live) -> int:
    """Credited of the activity by now, earlier sessions included."""
    return live.before + live.sure + sum(piece.amount for piece in in_question(live))


def in_question(live: Live) -> list[Piece]:
    """What counts by now and will not, should the next check be answered wrongly."""
    return live.doubt if live.away and not live.answered else live.maybe + live.doubt


def note_answer(live: Live, at: int) -> None:
    """Somebody has answered a presence check rightly."""
    live.answered, live.wrong = True, 0
    _settle(live, live.maybe)
    _settle(live, live.doubt)
    live.away, live.sign_at, live.back_at = "", at, at if live.away else 0


def note_missed(live: Live) -> None:
    """A presence check ran out: what is in doubt does not count, nor does what comes, until somebody is there."""
    live.doubt, live.away, live.why = [], UNANSWERED, UNANSWERED
    if live.wrong:
        live.maybe = []


def note_wrong(live: Live) -> None:
    """Somebody has answered wrongly: once the check is missed, inputs before it are nobody's."""
    live.wrong += 1
    if live.away == UNANSWERED:
        live.maybe = []


def progress(live: Live, length: int, earlier: Sequence[Span] = ()) -> float:
    """Share of the content that was played, in this session or earlier, 0 to 1."""
    spans = join([*earlier, *live.played])
    return min(1.0, sum(high - low for low, high in spans) / length) if length > 0 else 0.0


def _step(live: Live, at: int, before: int, study: StudyPolicy, length: int) -> None:
    clock = at - live.at
    expected = clock * live.rate_pct // 100 if live.media and study.credit == "media" else clock
    known = live.media and live.position >= 0 and before >= 0
    advance = max(before - live.position, 0) if known else expected
    slack = study.tolerance_s * SECOND + expected * study.tolerance_pct / 100
    allowed = round(clock * study.max_rate)
    why, rest = "", 0
    if known and advance < expected - slack:
        counted, rest = advance, expected - advance
        why = "stalled" if rest > counted else ""
    elif known and advance > expected + slack and advance > allowed:
        counted, why = advance, "rate"
    else:
        counted = expected if advance > expected + slack else max(expected, min(advance, allowed))
        rest = max(advance - counted, 0) if known and study.credit == "media" else 0
    live.raw += counted + rest
    if known and advance:
        live.played = join([*live.played, (live.position, live.position + advance)])
    if clock > study.gap_s * SECOND:
        why = "gap"
    elif live.rate_pct > study.max_rate * 100 and live.media:
        why = "rate"
    if why in ("gap", "rate"):
        live.why = why
        return
    if live.back_at > live.at:
        counted = counted * max(at - live.back_at, 0) // clock
    if at - live.sign_at > study.idle_s * SECOND and not live.away:
        live.doubt, live.away = [], IDLE
    if live.away:
        live.why = live.away
        return
    if not known and length > 0:
        kept = min(counted, max(0, length - live.held_before - credited(live)))
        counted, why = kept, "repeat" if kept * 2 < counted else why
    _count(live, counted, advance, known, at, study, why)


def _count(live: Live, counted: int, advance: int, known: bool, at: int, study: StudyPolicy, why: str) -> None:
    low, high = (live.position, live.position + advance) if known else (-1, -1)
    if known and high > low:
        new = sum(b - a for a, b in _without((low, high), live))
        counted = counted * new // (high - low)
        why = "repeat" if new * 2 < high - low else why
    hidden = not is_seen(live.flags)
    if hidden and at - (live.hidden_at or live.at) > study.hidden_s * SECOND:
        _drop_hidden(live)
        live.why = "hidden"
        return
    live.why = "hidden" if hidden else why
    if counted:
        _join_to(live.doubt, Piece(counted, low, high, hidden))


def _without(span: Span, live: Live) -> list[Span]:
    """What of the span is credited nowhere yet."""
    pieces = ((piece.low, piece.high) for piece in (*live.maybe, *live.doubt) if piece.low >= 0)
    near = [taken for taken in (*live.seen, *pieces) if taken[0] < span[1] and taken[1] > span[0]]
    return without([span], near)


def _drop_hidden(live: Live) -> None:
    live.doubt = [piece for piece in live.doubt if not piece.hidden]
    live.maybe = [piece for piece in live.maybe if not piece.hidden]


def _look(live: Live, one: Told, at: int, study: StudyPolicy) -> None:
    if live.hidden_at and at - live.hidden_at > study.hidden_s * SECOND:
        _drop_hidden(live)  # also of who paused meanwhile: the absence as a whole was too long
    if is_seen(one.flags):
        for pieces in (live.doubt, live.maybe):
            for piece in pieces:
                piece.hidden = False  # it was short enough
        live.hidden_at = 0
    elif not live.hidden_at:
        live.hidden_at = at


def _note_input(live: Live, at: int) -> None:
    if live.away == UNANSWERED:
        return
    for piece in live.doubt:
        _join_to(live.maybe, piece)
    live.doubt = []
    if live.answered:
        live.away, live.back_at = "", at if live.away else 0
        live.sign_at = at


def _join_to(pieces: list[Piece], piece: Piece) -> None:
    """Add a piece, to the last one where the two adjoin."""
    last = pieces[-1] if pieces else None
    if last is not None and last.hidden == piece.hidden and last.high == piece.low:
        last.amount, last.high = last.amount + piece.amount, piece.high
    else:
        pieces.append(piece)


def _settle(live: Live, pieces: list[Piece]) -> None:
    """What was in doubt counts; what is still out of sight stays in doubt."""
    live.sure += sum(piece.amount for piece in pieces if not piece.hidden)
    live.seen = join([*live.seen, *((p.low, p.high) for p in pieces if p.low >= 0 and not p.hidden)])
    pieces[:] = [piece for piece in pieces if piece.hidden]


def join(spans: Sequence[Span]) -> list[Span]:
    """The union, in order; spans that touch are one, and so are those a millisecond apart."""
    joined: list[list[int]] = []
    for low, high in sorted(spans):
        if joined and low <= joined[-1][1] + 1000:
            joined[-1][1] = max(joined[-1][1], high)
        else:
            joined.append([low, high])
    return [(low, high) for low, high in joined]


def without(spans: Sequence[Span], less: Sequence[Span]) -> list[Span]:
    """What of some content is no part of other content."""
    left = list(spans)
    for low, high in less:
        left = [part for a, b in left for part in ((a, min(b, low)), (max(a, high), b)) if part[0] < part[1]]
    return left
