"""Which statements go to a target: by filter, by version, and with what voids them."""

import pytest
from sqlalchemy import Engine, insert, select, update

from lms_tracker.actions.credentials import create_credential
from lms_tracker.actions.targets import ask_again
from lms_tracker.core.xapi.scopes import USUAL
from lms_tracker.store import forwarding as store
from lms_tracker.store.db import reading, writing
from lms_tracker.store.tables import identity, organisation
from tests.actions.forwarding import Clock, drain, ids, row, void, voided_there
from tests.lrs.conftest import PLAYED, make_statement
from tests.stores import NOW, Failing, Other, add, keep
from tests.web import people


def test_statements_of_two_are_put_aside_where_the_target_is_spoken_to_in_one(
    any_db: Engine, other: Other, clock: Clock
) -> None:
    agents = [{"objectType": "contextAgent", "agent": {"mbox": "mailto:wang@example.org"}}]
    one, two = make_statement(), make_statement(context={"contextAgents": agents}, version="2.0.0")
    keep(any_db, one)
    keep(any_db, two, version="2.0.0")
    narrow = add(any_db, other)
    drain(any_db, narrow, clock)
    assert other.ids() == [one["id"]]
    with reading(any_db) as tx:
        assert [a.kind for a in store.aside(tx, narrow, 10, 0)] == ["version"]
    with writing(any_db) as tx:
        store.change_target(tx, narrow, version="2.0.0")
    ask_again(any_db, narrow, None, clock.at)
    drain(any_db, narrow, clock)
    assert other.ids() == [one["id"], two["id"]]


def test_a_filter_asks_for_verb_activity_source_and_category(any_db: Engine, other: Other, clock: Clock) -> None:
    category = "https://example.org/project"
    context = {"contextActivities": {"category": [{"id": category}]}}
    unit = {"id": "https://example.org/videos/2"}
    meant = make_statement(context=context, object=unit)
    others = [
        make_statement(context=context, object=unit, verb={"id": "https://example.org/verbs/other"}),
        make_statement(context=context, object={"id": "https://example.org/quizzes/2"}),
        make_statement(object=unit),
    ]
    moodle, _ = create_credential(any_db, "moodle", now=NOW)
    edx, _ = create_credential(any_db, "edx", now=NOW)
    keep(any_db, meant, *others, credential=moodle)
    keep(any_db, make_statement(context=context, object=unit), credential=edx)
    filter = {"verbs": [PLAYED], "activities": ["https://example.org/videos/*"], "sources": ["moodle"]}
    target = add(any_db, other, **filter, categories=[category])
    drain(any_db, target, clock)
    assert other.ids() == [meant["id"]]
    assert row(any_db, target).position == 5


def test_a_voiding_statement_goes_where_the_voided_one_goes(any_db: Engine, other: Other, clock: Clock) -> None:
    meant, elsewhere = make_statement(), make_statement(verb={"id": "https://example.org/verbs/other"})
    keep(any_db, meant, elsewhere)
    keep(any_db, void(meant["id"]))
    keep(any_db, void(elsewhere["id"]))
    late = make_statement()
    keep(any_db, void(late["id"]))  # before what it voids: on its own it does not pass the filter
    keep(any_db, late)
    target = add(any_db, other, verbs=[PLAYED])
    drain(any_db, target, clock)
    assert other.ids()[0] == meant["id"] and len(other.ids()) == 4
    assert voided_there(other) == {meant["id"], late["id"]}


@pytest.mark.parametrize("batch", [500, 1])
def test_a_voiding_statement_without_effect_here_goes_nowhere(
    any_db: Engine, other: Other, clock: Clock, batch: int
) -> None:
    mine, theirs, gone = make_statement(), make_statement(), make_statement()
    moodle, _ = create_credential(any_db, "moodle", scopes=USUAL, now=NOW)
    edx, _ = create_credential(any_db, "edx", scopes=USUAL, now=NOW)
    early = void(theirs["id"])
    keep(any_db, early, credential=edx)  # before what it names, which turns out to be another source's
    keep(any_db, mine, theirs, credential=moodle)
    voiding = void(mine["id"])
    keep(any_db, voiding, credential=moodle)
    for none in (void(mine["id"]), void(voiding["id"]), void(gone["id"])):
        keep(any_db, none, credential=moodle)
    target = add(any_db, other)
    keep(other.db, gone)  # it has what was never here
    drain(any_db, target, clock, batch=batch)
    assert other.ids() == ids([gone, mine, theirs, voiding])
    assert voided_there(other) == {mine["id"]}
    assert (row(any_db, target).sent, row(any_db, target).aside) == (3, 0)


def test_what_was_voided_before_it_came_goes_first(any_db: Engine, failing: Failing, clock: Clock) -> None:
    late, between = make_statement(), make_statement()
    voiding = void(late["id"])
    keep(any_db, voiding)
    keep(any_db, between)
    target = add(any_db, failing)
    drain(any_db, target, clock)
    assert ids(failing.kept) == [between["id"]]
    keep(any_db, late)
    drain(any_db, target, clock)
    assert ids(failing.kept) == ids([between, late, voiding])


def test_a_filter_asks_for_learners_of_a_programme_and_of_an_organisation_with_all_below_it(
    any_db: Engine, other: Other, clock: Clock
) -> None:
    world = people.build(any_db)
    with writing(any_db) as tx:
        for login in ("p1.li", "p1.wang", "p2.li"):
            ifi = f"mbox:mailto:{login}@example.org"
            tx.execute(insert(identity).values(ifi=ifi, learner_id=world.learner[login]))
    li, wang, elsewhere, stranger = (
        make_statement(actor={"mbox": f"mailto:{login}@example.org"})
        for login in ("p1.li", "p1.wang", "p2.li", "nobody")
    )
    keep(any_db, li, wang, elsewhere, stranger)
    programme = add(any_db, other, programmes=["p1"])
    drain(any_db, programme, clock)
    assert other.ids() == [li["id"], wang["id"]]
    with writing(any_db) as tx:
        found = {row.name: row.id for row in tx.execute(select(organisation.c.name, organisation.c.id))}
        school = found["李明所在学校（p1.li）"]
        tx.execute(update(organisation).where(organisation.c.id == school).values(parent_id=found["西山区教育局"]))
        store.change_target(tx, programme, filter='{"organisations": ["西山区教育局"]}', position=0)
    drain(any_db, programme, clock)
    assert other.ids() == [li["id"], wang["id"], elsewhere["id"]], (
        "whose programme is run for it, and whose school is below"
    )
    assert row(any_db, programme).sent == 4
