"""Posting lists find what a look at every statement finds, in the same order, page by page."""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select

from lms_tracker.actions.ingest import ingest
from lms_tracker.core.instants import to_us
from lms_tracker.store import postings
from lms_tracker.store.db import reading, writing
from lms_tracker.store.statement_queries import Query, find_statements
from lms_tracker.store.statements import delete_statements
from lms_tracker.store.tables import posting, statement

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
PEOPLE = [f"mbox:mailto:{n}@example.org" for n in range(4)]
VERBS = ["https://example.org/played", "https://example.org/paused"]
ACTIVITIES = [f"https://example.org/{n}" for n in range(4)]
REGISTRATIONS = [UUID(int=n + 1) for n in range(3)]
Kept = tuple[datetime, int, dict[str, Any]]
"""(stored, number, statement)."""
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


@pytest.mark.parametrize("gaps", [[1] * 9, [255, 1, 256, 1, 1], [256], [70_000, 3, 300, 300], []])
def test_a_list_is_written_in_bytes_whatever_the_distances(gaps: list[int]) -> None:
    seqs = list(itertools.accumulate(gaps, initial=12))
    rows = list(postings.rows_of(((7, seq), [5]) for seq in seqs))
    assert {row[:2] for row in rows} == {(5, 7)}
    assert [seq for _, _, first, distances in rows for seq in postings.members(first, distances)] == seqs


def _agent(ifi: str) -> dict[str, Any]:
    return {"mbox": ifi.removeprefix("mbox:")}


def make(rng: random.Random, n: int) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": str(UUID(int=1000 + n)),
        "actor": _agent(rng.choice(PEOPLE)),
        "verb": {"id": rng.choice(VERBS)},
        "object": {"id": rng.choice(ACTIVITIES)},
        "context": {},
    }
    if rng.random() < 0.2:
        made["object"] = {"objectType": "Agent", **_agent(rng.choice(PEOPLE))}
    if rng.random() < 0.5:
        made["context"]["registration"] = str(rng.choice(REGISTRATIONS))
    if rng.random() < 0.3:
        made["context"]["instructor"] = _agent(rng.choice(PEOPLE))
    if rng.random() < 0.5:
        made["context"]["contextActivities"] = {"parent": [{"id": rng.choice(ACTIVITIES)}]}
    if n > 5 and rng.random() < 0.1:
        made["object"] = {"objectType": "StatementRef", "id": str(UUID(int=1000 + rng.randrange(n - 1)))}
        made["verb"] = {"id": rng.choice([*VERBS, VOIDED])}
    return made


@pytest.fixture
def filled(any_db: Engine) -> tuple[Engine, list[Kept]]:
    """Batches of many sizes; of some every statement has its own `stored`, earlier than what was there already."""
    rng = random.Random(11)
    kept: list[Kept] = []
    for size in (1, 1, 40, 2, 400, 1, 60):
        made = [make(rng, len(kept) + n) for n in range(size)]
        at = NOW + timedelta(seconds=6 * rng.randrange(90))  # some in one span of an index (tables.record), some not
        times = [at - timedelta(seconds=n % 7) if size == 60 else at for n in range(size)]
        ingest(any_db, made, credential=None, evidence="declared", now=at, stored=times)
        with reading(any_db) as tx:
            last = tx.scalar(select(func.max(statement.c.seq))) or 0
        kept += [(time, last - size + 1 + n, one) for n, (time, one) in enumerate(zip(times, made, strict=True))]
    return any_db, kept


def _meets(query: Query, one: dict[str, Any]) -> bool:
    context, target = one["context"], one["object"]
    agents = [one["actor"]] + ([target] if target.get("objectType") == "Agent" else [])
    agents += [context["instructor"]] if query.related_agents and "instructor" in context else []
    activities = [target["id"]] if "id" in target and "objectType" not in target else []
    parents = context.get("contextActivities", {}).get("parent", [])
    activities += [parent["id"] for parent in parents] if query.related_activities else []
    return (
        (query.agent is None or _agent(query.agent)["mbox"] in {agent["mbox"] for agent in agents})
        and (query.verb is None or one["verb"]["id"] == query.verb)
        and (query.activity is None or query.activity in activities)
        and (query.registration is None or context.get("registration") == str(query.registration))
    )


def expected(query: Query, kept: list[Kept]) -> list[int]:
    """The slow way: every statement, and what it leads to. Each filter may be met by another on the way."""
    by_id = {one["id"]: one for _, _, one in kept}
    voids = lambda one: one["verb"]["id"] == VOIDED
    voided = {one["object"]["id"] for *_, one in kept if voids(one)} - {one["id"] for *_, one in kept if voids(one)}

    def way(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            yield one
            if one["object"].get("objectType") != "StatementRef":
                return
            one = by_id[one["object"]["id"]]

    names = [name for name in ("agent", "verb", "activity", "registration") if getattr(query, name) is not None]
    alone = [
        Query(**{name: getattr(query, name)}, related_agents=query.related_agents,
              related_activities=query.related_activities)
        for name in names
    ]  # fmt: skip
    found = [
        (at, seq)
        for at, seq, one in kept
        if one["id"] not in voided
        and (query.since is None or at > query.since)
        and (query.until is None or at <= query.until)
        and all(any(_meets(part, step) for step in way(one)) for part in alone)
    ]
    return [seq for _, seq in sorted(found, reverse=not query.ascending)]


def test_every_combination_of_filters_finds_what_a_look_at_each_statement_finds(
    filled: tuple[Engine, list[Kept]],
) -> None:
    db, kept = filled
    rng = random.Random(5)
    related = itertools.product([None, PEOPLE[1]], [None, VERBS[0]], [None, ACTIVITIES[2]], [None, REGISTRATIONS[0]])
    for agent, verb, activity, registration in related:
        for ascending, wide in itertools.product([False, True], [False, True]):
            query = Query(agent=agent, verb=verb, activity=activity, registration=registration, ascending=ascending)
            query.related_agents = query.related_activities = wide
            query.limit = rng.choice([1, 7, 100])
            query.since = rng.choice([None, NOW + timedelta(seconds=180)])
            query.until = rng.choice([None, NOW + timedelta(seconds=420)])
            wanted = expected(query, kept)
            found: list[int] = []
            with reading(db) as tx:
                while True:
                    page, query.after = find_statements(tx, query)
                    found += [one.seq for one in page]
                    if query.after is None:
                        break
            assert found == wanted, query


def test_a_list_longer_than_what_is_read_at_once_is_walked_to_its_end(any_db: Engine) -> None:
    at = [NOW + timedelta(seconds=n // 3) for n in range(600)]
    with writing(any_db) as tx:
        for n, time in enumerate(at):
            postings.add(tx, [(5, to_us(time), n + 1, b"")])
    for ascending in (True, False):
        with reading(any_db) as tx:
            walked = [seq for _, seqs in postings.walk(tx, 5, None, None, ascending=ascending) for seq in seqs]
        assert walked == list(range(1, 601))[:: 1 if ascending else -1]


def test_many_rows_of_one_instant_are_one_instant(any_db: Engine) -> None:
    with writing(any_db) as tx:
        postings.add(tx, [(5, 1000, n, b"\x01") for n in range(1000, 0, -7)])
        postings.add(tx, [(5, at, 5000 + at, b"") for at in (1, 2, 999, 1001, 3000)])
    with reading(any_db) as tx:
        walked = list(postings.walk(tx, 5, None, None, ascending=True))
    assert [stored for stored, _ in walked] == [1, 2, 999, 1000, 1001, 3000]
    assert walked[3][1] == sorted(walked[3][1]) and len(walked[3][1]) == 2 * len(range(1000, 0, -7))


def test_what_is_deleted_leaves_nothing_that_it_was_found_by(
    filled: tuple[Engine, list[Kept]],
) -> None:
    db, kept = filled
    gone = {seq for _, seq, _ in kept[::3]}
    with writing(db) as tx:
        assert delete_statements(tx, gone) == len(gone)
        left = {seq for row in tx.execute(select(posting)) for seq in postings.members(row.seq, row.members)}
    assert left == {seq for _, seq, _ in kept} - gone
    with writing(db) as tx:
        delete_statements(tx, left)
        assert tx.scalar(select(func.count()).select_from(posting)) == 0
