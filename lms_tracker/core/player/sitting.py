"""The rule of the sitting: a presence check asks the learner, not the page.

Streams of one learner that follow one another closely, on whatever pages and devices, are one sitting. Its next check runs
on one clock, and asks for all of it since the last answer. So nobody gets around a check by closing the page that shows
it, or by opening a new one before any comes: what becomes of the check is said of every session of which it asked.

- A page that is closed while nothing is asked keeps its time, unless the check that comes next in the same sitting is missed.
- A check that is open when its page goes is *owed*: the next page of the learner, wherever, begins with it. Answered in time,
  it costs nothing. Its time goes on running meanwhile, and then it is missed, whether or not there is a next page.
- A missed check stays owed however long it takes; nothing counts before it is answered. The answer vouches for inputs
  before it was asked, in the sitting of then, as it would have on the page that asked.
"""

from lms_tracker.core.player.live import SECOND, Live, Span, credited, in_question, join, without

APART = 1800 * SECOND
"""Who comes back later begins another sitting."""
MOST_PAGES = 20
"""Who has opened so many without an answer is asked at once: nobody studies so, and a check cannot ask for ever more."""


def carry_on(live: Live, before: Live, session_id: int, at: int) -> None:
    """A stream begins at an instant that follows another of the same learner, of that session: it takes over what runs on."""
    live.due, live.wrong, live.confirmed = max(before.due, 0), before.wrong, before.confirmed
    live.tries_from = before.tries_from
    if before.asked is None and at - before.at > APART:
        return
    live.earlier = [*before.earlier, *([session_id] if before.maybe or before.doubt else [])]
    if len(live.earlier) >= MOST_PAGES:
        live.due = 0


def note_elsewhere(live: Live, before: tuple[int, list[Span]], theirs: Live) -> None:
    """What is credited of an earlier session of the same activity has changed: the page that is open is told of it.
    `before`: `standing(theirs)` as it was."""
    amount, spans = standing(theirs)
    live.before += amount - before[0]
    live.seen = join([*without(live.seen, before[1]), *spans])


def standing(live: Live) -> tuple[int, list[Span]]:
    """What a session is credited by now, and the content of it that may yet be taken back."""
    return credited(live), [(piece.low, piece.high) for piece in in_question(live) if piece.low >= 0]
