"""What learners declare and somebody confirms: leave, research output, notes, books read, reports of activities, the yearly
self-analysis. One life for all of them.

    declared ──► confirmed            counts from then on
       │  ▲          │ reopened, with a reason: what it counted for is withdrawn
       ▼  │          ▼
    withdrawn ◄── returned ──► declared again, in a new wording

Nothing is overwritten: each step keeps who, when, why and the content as it was.
"""

from collections.abc import Collection
from datetime import date
from typing import Any, Literal

from msgspec import Struct

from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.typed import legible, legible_line
from lms_tracker.core.uploads import MB, Limits

Kind = Literal["leave", "research", "note", "reading", "report", "analysis"]
State = Literal["declared", "confirmed", "returned", "withdrawn"]
Step = Literal["declared", "confirmed", "returned", "reopened", "withdrawn"]

KINDS: tuple[Kind, ...] = ("leave", "research", "note", "reading", "report", "analysis")
PROOFS = Limits(files=5, file_bytes=5 * MB)
MAX_FILES_EVER = 15
"""Of one declaration, however often it is returned."""
MAX_TITLE, MAX_REASON = 200, 2000
MAX_WORDS: dict[Kind, int] = {
    "leave": 2000, "research": 5000, "note": 20_000, "reading": 10_000, "report": 20_000, "analysis": 20_000,
}  # fmt: skip

NEXT: dict[tuple[State | None, Step], State] = {
    (None, "declared"): "declared",
    ("declared", "declared"): "declared",  # a better wording before anybody has looked
    ("returned", "declared"): "declared",
    ("declared", "confirmed"): "confirmed",
    ("declared", "returned"): "returned",
    ("confirmed", "reopened"): "returned",
    ("declared", "withdrawn"): "withdrawn",
    ("returned", "withdrawn"): "withdrawn",
}
"""Every step that there is. What is confirmed leaves that state only by being reopened."""

NEEDS_WORDS: frozenset[Step] = frozenset({"returned", "reopened"})


class Content(Struct, frozen=True):
    """What is declared. `about`: the number of what it is for (a meeting, a book, a year), `happened_on`: the day of it; `facts`: what the
    kind has beside, as plain texts by key."""

    title: str
    words: str = ""
    happened_on: date | None = None
    about: int | None = None
    facts: dict[str, Any] = {}


FACTS: dict[Kind, dict[str, tuple[str, ...] | int]] = {
    "leave": {"cause": ("duty", "ill", "private")},
    "research": {
        "form": ("paper", "report", "lesson", "case"),
        "level": ("national", "province", "prefecture", "county", "school"),
        "authors": 200,
        "where": 200,
        "listed": ("yes", "no"),
    },
    "note": {"unit": 200},
    "reading": {"author": 200, "monograph": ("yes", "no")},
    "report": {"highlights": 1000},
    "analysis": {},
}
"""What each kind says beside title and words: one of these, or a text of so many characters at most."""

OPTIONAL = {"authors", "where", "unit", "author"}


def checked(kind: Kind, content: Content) -> Content:
    """The content, trimmed. Raises NotAllowed: `title`, `words`, or the key of a fact that is missing or unknown."""
    title, words = legible_line(content.title), legible(content.words)
    if not 1 <= len(title) <= MAX_TITLE:
        raise NotAllowed("title")
    if len(words) > MAX_WORDS[kind] or (kind != "research" and not words):
        raise NotAllowed("words")
    facts = {}
    for key, allowed in FACTS[kind].items():
        value = legible_line(str(content.facts.get(key, "")))
        if isinstance(allowed, tuple):
            fits = value in allowed
        else:
            fits = len(value) <= allowed and (bool(value) or key in OPTIONAL)
        if not fits:
            raise NotAllowed(key)
        facts[key] = value
    return Content(title, words, content.happened_on, content.about, facts)


def step(state: State | None, what: Step, words: str, *, by: int | None, owners: Collection[int]) -> State:
    """The state after a step by the account `by`; `owners` are the accounts of whose declaration it is.

    Raises NotAllowed: `own` (nobody decides about what is theirs), `not-own` (only they change or withdraw it), `decided`
    (the step does not follow from the state), `why` (returning needs a reason).
    """
    decides = what in ("confirmed", "returned", "reopened")
    if decides and by in owners:
        raise NotAllowed("own")
    if not decides and by is not None and by not in owners:
        raise NotAllowed("not-own")
    after = NEXT.get((state, what))
    if after is None:
        raise NotAllowed("decided")
    if len(words) > MAX_REASON or (what in NEEDS_WORDS and not legible(words)):
        raise NotAllowed("why")
    return after
