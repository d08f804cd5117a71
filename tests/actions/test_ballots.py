"""Secret ballots on both databases: one paper a code, nothing that links the two, and a result that becomes evidence once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, select

from lms_tracker.actions.achievements import post_achievement
from lms_tracker.actions.ballots import (
    BallotForm,
    Called,
    annul_ballot,
    call_ballots,
    cast_paper,
    close_ballot,
    count_closed,
    new_codes,
)
from lms_tracker.core.grading.kinds import Achieved
from lms_tracker.core.study.review import NotAllowed
from lms_tracker.store import ballots as store
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.person_work import ballots_to_take_along, forget_work
from tests.programme import add_programme

NOW = datetime(2026, 3, 20, 4, tzinfo=UTC)
LATER = NOW + timedelta(days=8)


@pytest.fixture
def world(any_db: Engine) -> Engine:
    """Learners 1 and 2 are at organisation 2, learners 3 and 4 at organisation 3."""
    add_programme(any_db)
    return any_db


def form(**more: Any) -> BallotForm:
    given: dict[str, Any] = {"title": "2026 年度", "words": "", "opens_at": NOW, "closes_at": NOW + timedelta(days=7)}
    return BallotForm(**given | {"quorum_pct": 50, "papers": {2: 10}} | more)


def called(db: Engine, **more: Any) -> list[Called]:
    return call_ballots(db, 1, form(**more), by=None, now=NOW)


def votes(db: Engine) -> list[Any]:
    with reading(db) as tx:
        a = t.achievement.c
        query = select(a.learner_id, a.kind, a.item, a.value, a.out_of, a.happened_on, a.source, a.replaced_reason)
        return [tuple(row) for row in tx.execute(query.order_by(a.id))]


def test_each_unit_votes_about_its_own_people_and_the_result_becomes_evidence_once(world: Engine) -> None:
    (one, other) = called(world, papers={2: 10, 3: 5})
    assert [len(each.codes) for each in (one, other)] == [10, 5] and len({*one.codes, *other.codes}) == 15
    for n, code in enumerate(one.codes[:8]):
        cast_paper(world, code, {0: ["1" if n < 6 else "3"], 1: ["0"]}, now=NOW)
    assert count_closed(world, NOW + timedelta(days=6)) == 0, "it is open"
    assert count_closed(world, LATER) == 2 and count_closed(world, LATER) == 0
    day = (NOW + timedelta(days=7)).date()
    assert votes(world) == [
        (1, "vote", "2026 年度", 6, 8, day, f"ballot:{one.id}", None),
        (2, "vote", "2026 年度", 8, 8, day, f"ballot:{one.id}", None),
    ]
    with reading(world) as tx:
        assert [row.outcome for row in store.candidates_of(tx, [other.id])[other.id]] == ["few", "few"]


def test_a_code_votes_once_however_many_try_at_the_same_time(world: Engine) -> None:
    (one,) = called(world)

    def cast(_n: int) -> str:
        try:
            cast_paper(world, one.codes[0], {0: ["1"]}, now=NOW)
        except NotAllowed as e:
            return e.why
        return "cast"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(cast, range(4))) == ["cast", "used", "used", "used"]
    with reading(world) as tx:
        assert len(store.papers_of(tx, one.id)) == 1


def test_no_column_links_a_code_to_a_paper_and_the_codes_are_not_kept(world: Engine) -> None:
    (one,) = called(world)
    columns = {
        table: {column["name"] for column in inspect(world).get_columns(table)}
        for table in ("ballot_code", "ballot_paper")
    }
    assert columns == {"ballot_code": {"digest", "ballot_id", "used"}, "ballot_paper": {"id", "ballot_id", "answers"}}
    with reading(world) as tx:
        kept = set(tx.scalars(select(t.ballot_code.c.digest)))
    assert not kept & set(one.codes)


def test_no_order_of_rows_links_codes_and_papers_once_it_is_counted(world: Engine) -> None:
    (one,) = called(world)
    for code in one.codes:
        cast_paper(world, code, {0: ["1"]}, now=NOW)
    with reading(world) as tx:
        before = set(tx.scalars(select(t.ballot_paper.c.id)))
    count_closed(world, LATER)
    with reading(world) as tx:
        after = list(tx.scalars(select(t.ballot_paper.c.id)))  # as the rows lie
        codes = list(tx.scalars(select(t.ballot_code.c.digest)))
    assert len(after) == 10 and not before & set(after)
    assert after == sorted(after) and codes == sorted(codes)


def test_nobody_votes_before_after_or_with_a_made_up_code(world: Engine) -> None:
    (one,) = called(world, opens_at=NOW + timedelta(days=1))
    for code, at, why in (
        (one.codes[0], NOW, "closed"),
        (one.codes[0], NOW + timedelta(days=7), "closed"),
        ("ABCD2345WXYZ", NOW + timedelta(days=2), "code"),
    ):
        with pytest.raises(NotAllowed, match=why):
            cast_paper(world, code, {0: ["1"]}, now=at)
    with pytest.raises(NotAllowed, match="empty"):
        cast_paper(world, one.codes[0], {}, now=NOW + timedelta(days=2))
    cast_paper(world, one.codes[0], {0: ["1"]}, now=NOW + timedelta(days=2))  # a faulty paper does not use the code up


def test_too_few_papers_are_no_evidence_and_their_figures_stay_to_be_seen(world: Engine) -> None:
    (one,) = called(world, papers={2: 20})
    for code in one.codes[:9]:
        cast_paper(world, code, {0: ["4"]}, now=NOW)
    close_ballot(world, one.id, now=NOW + timedelta(days=1))
    assert votes(world) == []
    with reading(world) as tx:
        first, second = store.candidates_of(tx, [one.id])[one.id]
    assert (first.outcome, first.steps, second.outcome, second.steps) == ("quorum", "[0,0,0,0,9]", "few", None)
    with pytest.raises(NotAllowed, match="closed"):
        cast_paper(world, one.codes[10], {0: ["4"]}, now=NOW + timedelta(days=1))
    with pytest.raises(NotAllowed, match="closed"):
        close_ballot(world, one.id, now=NOW + timedelta(days=2))


def test_an_annulled_ballot_withdraws_what_it_counted_for_and_can_be_held_again(world: Engine) -> None:
    (one,) = called(world)
    for code in one.codes:
        cast_paper(world, code, {0: ["0"]}, now=NOW)
    count_closed(world, LATER)
    with pytest.raises(NotAllowed, match="again"):
        called(world)
    with pytest.raises(NotAllowed, match="reason"):
        annul_ballot(world, one.id, reason=" ", by=None, now=LATER)
    annul_ballot(world, one.id, reason="纸条被复印", by=None, now=LATER)
    assert [row[-1] for row in votes(world)] == ["纸条被复印"]
    with pytest.raises(NotAllowed, match="annulled"):
        annul_ballot(world, one.id, reason="再来", by=None, now=LATER)
    (again,) = called(world, closes_at=LATER + timedelta(days=7))
    annul_ballot(world, again.id, reason="日期有误", by=None, now=NOW)
    assert count_closed(world, LATER + timedelta(days=9)) == 0, "what was annulled before it ended never counts"


def test_other_codes_are_given_out_only_while_nobody_has_voted(world: Engine) -> None:
    (one,) = called(world)
    other = new_codes(world, one.id, now=NOW)
    assert len(other.codes) == 10
    with pytest.raises(NotAllowed, match="code"):
        cast_paper(world, one.codes[0], {0: ["1"]}, now=NOW)
    cast_paper(world, other.codes[0], {0: ["1"]}, now=NOW)
    with pytest.raises(NotAllowed, match="used"):
        new_codes(world, one.id, now=NOW)


def test_what_cannot_be_called_is_refused_whole_with_what_is_wrong(world: Engine) -> None:
    for more, why in (
        ({"title": " "}, "title"),
        ({"closes_at": NOW}, "times"),
        ({"closes_at": NOW + timedelta(days=61)}, "times"),
        ({"quorum_pct": 101}, "quorum"),
        ({"papers": {2: 0}}, "papers"),
        ({"papers": {2: 2001}}, "papers"),
        ({"papers": {2: 10, 999: 10}}, "papers"),
        ({"papers": {2: 10, 3: 4}}, "small:"),
    ):
        with pytest.raises(NotAllowed, match=why):
            called(world, **more)
    with pytest.raises(NotAllowed, match="own:"):
        call_ballots(world, 1, form(), by=None, by_learner=2, now=NOW)
    with reading(world) as tx:
        assert store.ballots_of(tx, 1) == []


def test_a_result_that_stands_already_is_not_overwritten_and_people_are_told(world: Engine) -> None:
    imported = Achieved(
        learner_id=1, kind="vote", item="2026 年度", happened_on=NOW.date(), value=Decimal(3), out_of=Decimal(9)
    )
    with writing(world) as tx:
        post_achievement(tx, 1, imported, recorded_by=None, now=NOW)
    (one,) = called(world, papers={2: 5})
    for code in one.codes:
        cast_paper(world, code, {0: ["0"], 1: ["0"]}, now=NOW)
    count_closed(world, LATER)
    with reading(world) as tx:
        assert [row.outcome for row in store.candidates_of(tx, [one.id])[one.id]] == ["refused", "counted"]
    assert [row[0:1] + row[3:5] for row in votes(world)] == [(1, 3, 9), (2, 5, 5)]


def test_an_erasure_takes_name_and_count_and_a_copy_holds_the_count(world: Engine) -> None:
    (one,) = called(world, papers={2: 5})
    for code in one.codes:
        cast_paper(world, code, {0: ["0"], 1: ["1"]}, now=NOW)
    count_closed(world, LATER)
    with writing(world) as tx:
        (copy,) = ballots_to_take_along(tx, [1])
        assert (copy["steps"], copy["outcome"]) == ("[5,0,0,0,0]", "counted")
        forget_work(tx, [1])
        first, second = store.candidates_of(tx, [one.id])[one.id]
    assert (first.learner_id, first.steps) == (None, None) and second.steps == "[0,5,0,0,0]"
