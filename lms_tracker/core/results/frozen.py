"""Results of a programme as they stand at one instant: what is frozen, published, certified and filed.

The content is data to be sealed by core.sealed: whoever has the bytes can check that nothing in them was changed.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct

from lms_tracker.core.bulletin import NOBODY
from lms_tracker.core.grading.grade import Grade
from lms_tracker.core.grading.standing import Trouble
from lms_tracker.core.sealed import opened, seal

FORMAT = "lms-tracker-results/1"


class Facts(Struct, frozen=True):
    """What results say of their programme."""

    slug: str
    name: str
    organisation: str | None
    starts_on: date
    ends_on: date
    timezone: str
    policy: str
    """name@hash of the policy in force."""


class Line(Struct, frozen=True):
    """One learner's result. `honours`: keys of the policy's honours and selections that the learner has won."""

    grade: Grade
    name: str | None
    school: str | None
    cohort: str
    honours: tuple[str, ...] = ()
    out: tuple[Trouble, ...] = ()
    """Standing rules that the learner meets: who meets one is out, or would be as things stand."""


def content_of(facts: Facts, as_of: datetime, lines: Iterable[Line], titles: Mapping[str, Mapping[str, str]]) -> Any:
    """The content of frozen results but for version and seal. `titles`: words of each honour, by its key and language."""
    people = [_person(line) for line in lines]
    return {
        "format": FORMAT,
        "programme": {
            "slug": facts.slug,
            "name": facts.name,
            "organisation": facts.organisation,
            "starts_on": facts.starts_on.isoformat(),
            "ends_on": facts.ends_on.isoformat(),
        },
        "as_of": as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "timezone": facts.timezone,
        "policy": facts.policy,
        "honours": {key: dict(words) for key, words in titles.items()},
        "counts": {
            "learners": len(people),
            **{status: sum(1 for one in people if one["status"] == status) for status in STATUSES},
            "honoured": sum(1 for one in people if one["honours"]),
            "out": sum(1 for one in people if one["out"]),
        },
        "people": people,
    }


STATUSES = ("passed", "failed", "in_progress")


def _person(line: Line) -> dict[str, Any]:
    grade = line.grade
    return {
        "learner": grade.learner_id,
        "name": line.name or NOBODY,
        "school": line.school,
        "cohort": line.cohort,
        "final": grade.final,
        "status": grade.status,
        "result": {"zh": grade.result.zh, "en": grade.result.en} if grade.result else None,
        "honours": list(line.honours),
        "out": [{"zh": one.sentence("zh"), "en": one.sentence("en"), "settled": one.settled} for one in line.out],
        "parts": [
            {"key": part.key, "title": {"zh": part.title.zh, "en": part.title.en}, "have": part.have}
            | {"target": part.target, "unit": part.unit, "points": part.points, "weight": part.weight}
            for part in grade.components
        ],
        "missing": [{"zh": lack.sentence("zh"), "en": lack.sentence("en")} for lack in grade.missing],
    }


def without_person(data: bytes | str, learner_ids: Iterable[int], at: str) -> bytes | None:
    """Frozen results without the name and school of somebody who was erased; None where nobody of them is listed.

    The figures stand. `redacted` keeps when, and the seal of what was frozen, so that a copy on paper can still be checked.
    """
    content, gone = opened(data), set(learner_ids)
    listed = [one for one in content["people"] if one["learner"] in gone and one["name"] != NOBODY]
    if not listed:
        return None
    for one in listed:
        one["name"], one["school"] = NOBODY, None
    before = {"at": at, "was_sha256": content["sha256"]}
    return seal(content | {"redacted": [*content.get("redacted", ()), before]}, content["version"])
