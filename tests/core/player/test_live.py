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
    """A page that tells the truth of a player that somebody uses as they like; or of a document of `length` s."""

    def __init__(self, length: int = 0) -> None:
        self.at, self.since = OPENED, OPENED
        self.flags, self.rate, self.media = PLAYING | SEEN, 1.0, 0.0
        self.length = length * S or -1
        self.live = Live(opened_at=OPENED, at=OPENED, media=not length, sign_at=OPENED)
        self.stored: list[StoredBeats] = []

    def run(self, seconds: float) -> None:
        self.at += round(seconds * S)
        if self.flags & PLAYING:
            self.media += seconds * self.rate

    def beat(self, event: str, age_s: float = 0, **more: Any) -> Beat:
        at = self.media if self.live.media else None
        return Beat(a=age_s * 1000, e=event, m=at, r=self.rate, f=self.flags, i=(0, 0, 0), **more)  # type: ignore[arg-type]

    def send(self, *beats: Beat) -> None:
        told, _ = place(beats, self.since, self.at, 900)
        advance(self.live, told, self.at, POLICY, self.length)
        n = len(self.stored) + 1
        media, packed = self.live.media, pack(told)
        self.stored.append(StoredBeats(1, "urn:unit", "5e55" * 8, "", media, self.length, "", 1, n, self.at, packed))
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


def _require_same(page: _Page, what: list[tuple[str, float, float]]) -> None:
    page.run(1)
    page.send(page.beat("play"))
    for step in what:
        _act(page, *step)
    ledger = dict(settle_many(read_statements([], page.stored), POLICY))
    counted = sum(entry.credited_us for entry in ledger.get(1, []))
    assert abs(credited(page.live) - counted) <= 2.5 * S, (credited(page.live) / S, counted / S)


@settings(max_examples=150, deadline=None)
@given(steps)
@example([("hide", 1.0, 0.0), ("beat", 1.0, 0.0), ("pause", 30.0, 0.0), ("beat", 30.0, 0.0)])
@example([("hide", 1.0, 0.0), ("pause", 20.0, 0.0), ("show", 30.0, 0.0), ("play", 30.0, 0.0)])
def test_the_page_is_told_what_the_ledger_will_say(what: list[tuple[str, float, float]]) -> None:
    _require_same(_Page(), what)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["beat", "beat", "beat", "hide", "show"]), st.floats(1, 30), st.just(0.0)),
        max_size=40,
    ),
    st.integers(1, 400),
)
@example([("beat", 30.0, 0.0)] * 10, 100)
def test_the_page_is_told_what_the_ledger_will_say_of_a_document(
    what: list[tuple[str, float, float]], length: int
) -> None:
    _require_same(_Page(length), what)


def test_a_document_counts_up_to_its_length_and_the_page_says_so() -> None:
    page = _Page(100)
    _require_same(page, [("beat", 30.0, 0.0)] * 3)
    assert (credited(page.live), page.live.why) == (90 * S, "")
    _require_same(page, [("beat", 30.0, 0.0)] * 2)
    assert (credited(page.live), page.live.why) == (100 * S, "repeat")
