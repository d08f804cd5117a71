from collections import Counter

from lms_tracker.core.catalogue import parse_catalogue
from lms_tracker.core.roster import parse_roster
from lms_tracker.demo.behaviour import DISHONEST
from lms_tracker.demo.cast import STAFF, learners, roster_table
from lms_tracker.demo.courses import catalogue_table


def test_53_principals_lead_22_schools_of_the_city_and_31_of_towns() -> None:
    people = learners()
    assert Counter(p.school_kind for p in people) == {"city": 22, "town": 31}
    assert len({p.name for p in people}) == len({p.school for p in people}) == len({p.login for p in people}) == 53


def test_honest_and_dishonest_ways_of_at_least_six_families_are_there() -> None:
    kinds = Counter(p.kind for p in learners())
    assert len(set(DISHONEST) & kinds.keys()) >= 6
    assert {
        "note_taker",
        "night_owl",
        "flaky",
        "rewatcher",
        "two_devices",
        "wrong_clock",
        "older_platform",
    } < kinds.keys()
    assert kinds["never"] > 0


def test_the_roster_has_a_monitor_and_everybody_who_looks_after_the_class() -> None:
    roles = Counter(row.role for row in parse_roster(roster_table()).rows)
    assert roles == {"learner": 52, "monitor": 1, "head_teacher": 1, "liaison": 1, "expert": 2, "staff": 1}
    assert "bureau" in {role for *_, role in STAFF}


def test_at_least_twelve_courses_of_three_units_each_of_every_kind() -> None:
    units = parse_catalogue(catalogue_table()).units
    courses = Counter(unit.course for unit in units)
    assert len(courses) >= 12 and set(courses.values()) == {3}
    assert {unit.course_kind for unit in units} == {"required", "elective", "extension"}
    assert {unit.kind for unit in units} == {"video", "document", "live"}
