"""Whom the lines of a report mean: names as people type them into meeting software, against a class's roster."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from lms_tracker.core.attendance.presence import Joined, Times, minutes_within
from lms_tracker.core.attendance.report import Line

SHORTEST = 2
"""A name of one character is found in everything."""


class Known(Struct, frozen=True):
    """Somebody of the roster."""

    learner_id: int
    name: str
    login: str = ""


class Found(Struct):
    """Minutes by learner, and the rows that mean nobody, or more than one, of the class."""

    minutes: dict[int, int]
    strangers: list[Line]
    ambiguous: list[Line]


def match(lines: Sequence[Line], roster: Iterable[Known], times: Times) -> Found:
    """Whom each line means. A login decides; else a name that is written in full; else a name that the nickname holds.

    Namesakes are never guessed: the line is `ambiguous`, and a person ticks the right one.
    """
    by_login = {one.login.casefold(): one for one in roster if one.login}
    by_name: dict[str, list[Known]] = defaultdict(list)
    for one in roster:
        by_name[_plain(one.name)].append(one)
    joined: dict[int, list[Joined]] = defaultdict(list)
    found = Found({}, [], [])
    for line in lines:
        mine, doubt = _meant(line, by_login, by_name)
        for one in mine:
            joined[one.learner_id].append(Joined(None, None, times.minutes) if line.ticked else line.joined)
        if doubt:
            found.ambiguous.append(line)
        elif not mine:
            found.strangers.append(line)
    found.minutes = {learner_id: minutes_within(times, theirs) for learner_id, theirs in joined.items()}
    return found


def _meant(line: Line, by_login: Mapping[str, Known], by_name: Mapping[str, list[Known]]) -> tuple[list[Known], bool]:
    login = line.login.casefold().split("@")[0]
    if login in by_login:
        return [by_login[login]], False
    named = [by_name[_plain(name)] for name in line.names if _plain(name) in by_name]
    if not named:
        named = [some for name, some in by_name.items() if _is_held(name, _plain(line.text))]
    return [some[0] for some in named if len(some) == 1], any(len(some) > 1 for some in named)


def _is_held(name: str, text: str) -> bool:
    """二中李明 and 李明校长 hold 李明; 李明远 does not: one more character makes another name."""
    at_an_end = text.startswith(name) or text.endswith(name)
    return len(name) >= SHORTEST and at_an_end and len(text) - len(name) >= 2


def _plain(name: str) -> str:
    return "".join(name.split()).casefold().replace("•", "·").replace("．", "·")
