"""Anonymous surveys: questions, answers, and what may be told of them.

Nothing is told while a survey is open; nothing of fewer than SMALL answers, and no group by itself that could be worked out
from the others. A share of "satisfied or better" counts the first two of the five steps of a scale.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt
from typing import Literal

from msgspec import Struct

from lms_tracker.core.study.review import NotAllowed
from lms_tracker.core.typed import legible, legible_line

Kind = Literal["single", "multiple", "scale", "text"]
KINDS: tuple[Kind, ...] = ("single", "multiple", "scale", "text")
STEPS = 5
SATISFIED = 2
"""The first so many steps of a scale: very satisfied, satisfied."""
SMALL = 5
"""Fewer answers than this are not told apart."""
FAR_PCT, FAR_Z = Decimal(10), 2.0
"""A group stands out from 10 points away from all others on (our default), if that is no accident: two standard errors."""
MAX_WORDS, MAX_OPTIONS, MAX_QUESTIONS = 2000, 12, 60

Answer = int | list[int] | str
"""single and scale: number of the option or step from 0; multiple: several; text: words."""


class Question(Struct, frozen=True):
    """`topic`: the dimension that it belongs to; empty: none."""

    kind: Kind
    words: str
    topic: str = ""
    options: tuple[str, ...] = ()
    required: bool = True


class Sheet(Struct, frozen=True):
    """One person's answers by position of the question, and the groups that are kept with them. No name, no time."""

    groups: dict[str, str]
    answers: dict[int, Answer]


def checked_question(question: Question) -> Question:
    """Trimmed. Raises NotAllowed: `kind`, `words`, `options` (2 to 12 different ones for a choice)."""
    words, topic = (legible_line(text) for text in (question.words, question.topic))
    options = tuple(one for one in (legible_line(o) for o in question.options) if one)
    if question.kind not in KINDS:
        raise NotAllowed("kind")
    if not 0 < len(words) <= 300 or len(topic) > 60:
        raise NotAllowed("words")
    if question.kind in ("single", "multiple"):
        if not 2 <= len(options) <= MAX_OPTIONS or len(set(options)) < len(options) or max(map(len, options)) > 200:
            raise NotAllowed("options")
    else:
        options = ()
    return Question(question.kind, words, topic, options, question.required and question.kind != "text")


def read_answers(questions: Sequence[Question], typed: Mapping[int, Sequence[str]]) -> dict[int, Answer]:
    """The answers of a form by position. Raises NotAllowed `answer:<position>` for the first that is missing or no answer."""
    answers: dict[int, Answer] = {}
    for n, question in enumerate(questions):
        given = [text for text in typed.get(n, ()) if legible(text)]
        if not given:
            if question.required:
                raise NotAllowed(f"answer:{n}")
            continue
        if question.kind == "text":
            answers[n] = legible(given[0])[:MAX_WORDS]
            continue
        most = STEPS if question.kind == "scale" else len(question.options)
        numbers = sorted({int(text) for text in given if text.isdecimal() and text.isascii() and len(text) < 3})
        if not numbers or numbers[-1] >= most or (question.kind != "multiple" and len(numbers) > 1):
            raise NotAllowed(f"answer:{n}")
        answers[n] = numbers if question.kind == "multiple" else numbers[0]
    return answers


class Share(Struct, frozen=True):
    """How many of `of` answers say so, in percent with two places; None where there are too few to tell."""

    count: int
    of: int

    @property
    def pct(self) -> Decimal | None:
        if self.of < SMALL:
            return None
        return (Decimal(self.count) * 100 / self.of).quantize(Decimal("0.01"), ROUND_HALF_UP)


class Group(Struct, frozen=True):
    """One group of a dimension. `hidden`: too small to tell, or kept back so that a small one cannot be worked out.
    `stands_out`: below or above all others."""

    name: str
    share: Share
    hidden: bool
    stands_out: Literal["", "below", "above"] = ""


def satisfied(questions: Sequence[Question], sheets: Sequence[Sheet], topic: str | None = None) -> Share:
    """Share of "satisfied or better" among all answers to the scales of a topic, or of all topics."""
    scales = [n for n, q in enumerate(questions) if q.kind == "scale" and (topic is None or q.topic == topic)]
    steps = [answer for sheet in sheets for n in scales if isinstance(answer := sheet.answers.get(n), int)]
    return Share(sum(1 for step in steps if step < SATISFIED), len(steps))


def topics(questions: Sequence[Question]) -> list[str]:
    """The topics of scales, in the order of the questions."""
    return list(dict.fromkeys(q.topic for q in questions if q.kind == "scale"))


def tally(question: Question, position: int, sheets: Sequence[Sheet]) -> list[Share]:
    """How often each option or step was chosen, of those who answered."""
    given = [answer for sheet in sheets if (answer := sheet.answers.get(position)) is not None]
    counts = Counter(n for answer in given for n in (answer if isinstance(answer, list) else [answer]))
    size = STEPS if question.kind == "scale" else len(question.options)
    return [Share(counts[n], len(given)) for n in range(size)]


def words_of(position: int, sheets: Sequence[Sheet]) -> list[str]:
    """What was written, sorted, so that nothing links it to other answers; nothing when there are too few sheets."""
    if len(sheets) < SMALL:
        return []
    return sorted(str(sheet.answers[position]) for sheet in sheets if position in sheet.answers)


def by_group(
    questions: Sequence[Question], sheets: Sequence[Sheet], dimension: str, topic: str | None = None
) -> list[Group]:
    """The share of "satisfied or better" in each group of a dimension, by name.

    A group of fewer than SMALL sheets is hidden; if only one is, the smallest of the others is hidden with it: it could be
    worked out from the whole. With one group left to show there is nothing to compare, and nothing is shown.
    """
    names = sorted({sheet.groups[dimension] for sheet in sheets if dimension in sheet.groups})
    theirs = {name: [sheet for sheet in sheets if sheet.groups.get(dimension) == name] for name in names}
    unnamed = sum(1 for sheet in sheets if dimension not in sheet.groups)
    hidden = {name for name in names if len(theirs[name]) < SMALL}
    kept_back = sum(len(theirs[name]) for name in hidden) + unnamed
    if 0 < kept_back < SMALL:
        others = [name for name in names if name not in hidden]
        hidden |= {min(others, key=lambda name: (len(theirs[name]), name))} if others else set()
    shares = {name: satisfied(questions, theirs[name], topic) for name in names}
    shown = [name for name in names if name not in hidden]
    found = []
    for name in names:
        rest = [shares[other] for other in shown if other != name]
        out = _stands_out(shares[name], rest) if name not in hidden and rest else ""
        found.append(Group(name, shares[name] if name not in hidden else Share(0, 0), name in hidden, out))
    return found


def _stands_out(own: Share, others: Sequence[Share]) -> Literal["", "below", "above"]:
    """Two-proportion test against all others together."""
    rest = Share(sum(one.count for one in others), sum(one.of for one in others))
    if own.pct is None or rest.pct is None or abs(own.pct - rest.pct) < FAR_PCT:
        return ""
    whole = (own.count + rest.count) / (own.of + rest.of)
    error = sqrt(whole * (1 - whole) * (1 / own.of + 1 / rest.of))
    if error and abs(own.count / own.of - rest.count / rest.of) / error < FAR_Z:
        return ""
    return "below" if own.pct < rest.pct else "above"
