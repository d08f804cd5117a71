"""What the page is told while somebody watches is what the ledger says afterwards."""

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lms_tracker.core.player.live import Live, advance, credited
from lms_tracker.core.player.tape import PLAYING, SEEN, Beat, pack, place
from lms_tracker.core.study.beats import StoredBeats
from lms_tracker.core.study.engine import settle_many
from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.reading import read_statements

S = 1_000_000
OPENED = 1_774_000_000 * S
POLICY = StudyPolicy()

steps = st.lists(
    st.tuples(
        st.sampled_from(["beat", "beat", "beat", "beat", "pause", "play", "seek", "hide", "show", "rate", "offline"]),
        st.floats(1, 30),
        st.floats(0, 900),
    ),
    min_size=1,
    max_size=40,
)


class _Page:
    """A page that tells the truth of a player that somebody uses as they like."""

    def __init__(self) -> None:
        self.at, self.since = OPENED, OPENED
        self.flags, self.rate, self.media = PLAYING | SEEN, 1.0, 0.0
        self.live = Live(opened_at=OPENED, at=OPENED, media=True, sign_at=OPENED)
        self.stored: list[StoredBeats] = []

    def run(self, seconds: float) -> None:
        self.at += round(seconds * S)
        if self.flags & PLAYING:
            self.media += seconds * self.rate

    def beat(self, event: str, age_s: float = 0, **more: Any) -> Beat:
        return Beat(a=age_s * 1000, e=event, m=self.media, r=self.rate, f=self.flags, i=(0, 0, 0), **more)  # type: ignore[arg-type]

    def send(self, *beats: Beat) -> None:
        told, _ = place(beats, self.since, self.at, 900)
        advance(self.live, told, self.at, POLICY)
        n = len(self.stored) + 1
        self.stored.append(StoredBeats(1, "urn:unit", "5e55" * 8, "", True, -1, "", 1, n, self.at, pack(told)))
        self.since = self.at


def _act(page: _Page, what: str, seconds: float, place: float) -> None:
    if what == "offline":
        beats = []
        for _ in range(4):
            page.run(20)
            beats.append((page.at, page.beat("beat")))
        for at, beat in beats:
            beat.a = (page.at - at) / 1000
        page.send(*(beat for _, beat in beats))
        return
    page.run(seconds)
    if what == "seek":
        before, page.media = page.media, place
        page.send(page.beat("seek", m0=before))
        return
    page.flags = {
        "pause": page.flags & ~PLAYING,
        "play": page.flags | PLAYING,
        "hide": page.flags & ~SEEN,
        "show": page.flags | SEEN,
    }.get(what, page.flags)
    if what == "rate":
        page.rate = 0.5 + round(place) % 5 / 4
    page.send(page.beat(what))


@settings(max_examples=150, deadline=None)
@given(steps)
@example([("hide", 1.0, 0.0), ("beat", 1.0, 0.0), ("pause", 30.0, 0.0), ("beat", 30.0, 0.0)])
@example([("hide", 1.0, 0.0), ("pause", 20.0, 0.0), ("show", 30.0, 0.0), ("play", 30.0, 0.0)])
def test_the_page_is_told_what_the_ledger_will_say(what: list[tuple[str, float, float]]) -> None:
    page = _Page()
    page.run(1)
    page.send(page.beat("play"))
    for step in what:
        _act(page, *step)
    ledger = dict(settle_many(read_statements([], page.stored), POLICY))
    counted = sum(entry.credited_us for entry in ledger.get(1, []))
    assert abs(credited(page.live) - counted) <= 2.5 * S, (credited(page.live) / S, counted / S)
