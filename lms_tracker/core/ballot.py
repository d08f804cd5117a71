"""Secret ballots: codes that open a paper once, and what may be told of the papers when they are counted.

A paper judges each candidate in the five steps of a survey's scale, and may leave one out. The share that counts is that of
"satisfied or better" among those who judged (P5: below 80 % leaves the pool).
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.survey import SATISFIED, SMALL, STEPS, Answer, Question, Share, read_answers

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 and O, 1, I and L: codes are typed from paper."""
DIGITS, GROUP = 12, 4
"""31 ** 12 are 59 bits: nobody finds one by trying."""
MOST_CODES = 2000
QUORUM_PCT = 50
"""So many of the papers must have come in for a result to count (our default; a ballot may ask for more)."""

Outcome = Literal["counted", "few", "quorum", "refused"]
"""few: fewer than SMALL votes, which would not be secret. quorum: too few papers. refused: could not become evidence."""


class Tally(Struct, frozen=True):
    """What the papers say of one candidate: how often each step. Who left the candidate out is not in it."""

    steps: tuple[int, ...]

    @property
    def share(self) -> Share:
        """Satisfied or better, of those who judged."""
        return Share(sum(self.steps[:SATISFIED]), sum(self.steps))


def new_code(choose: Callable[[str], str]) -> str:
    """A code. `choose` takes one of the characters by a secret chance (`secrets.choice`)."""
    return "".join(choose(ALPHABET) for _ in range(DIGITS))


def read_code(typed: str) -> str | None:
    """The code that somebody typed, however it is grouped; None: it is none."""
    plain = "".join(sign for sign in typed.upper() if sign.isalnum())
    return plain if len(plain) == DIGITS and set(plain) <= set(ALPHABET) else None


def written(code: str) -> str:
    """As it stands on paper: ABCD-EFGH-JKMN."""
    return "-".join(code[n : n + GROUP] for n in range(0, DIGITS, GROUP))


def digest_of(code: str) -> str:
    """What is kept of a code. Nobody can go back: the code has 59 bits of chance."""
    return hashlib.sha256(f"lms-tracker ballot {code}".encode()).hexdigest()


def read_paper(candidates: int, typed: Mapping[int, Sequence[str]]) -> dict[int, Answer]:
    """The choices of a form by position of the candidate. Raises NotAllowed: `answer:<position>`, and `empty` for a paper
    that judges nobody."""
    answers = read_answers([Question("scale", "", required=False)] * candidates, typed)
    if not answers:
        raise NotAllowed("empty")
    return answers


def tally(position: int, papers: Sequence[Mapping[int, Answer]]) -> Tally:
    """The papers' choices for one candidate."""
    chosen = Counter(paper[position] for paper in papers if isinstance(paper.get(position), int))
    return Tally(tuple(chosen[step] for step in range(STEPS)))


def outcome_of(found: Tally, papers: int, issued: int, quorum_pct: int) -> Outcome:
    """Whether a result may count and be told."""
    if sum(found.steps) < SMALL:
        return "few"
    return "counted" if Decimal(papers) * 100 >= Decimal(issued) * quorum_pct else "quorum"
