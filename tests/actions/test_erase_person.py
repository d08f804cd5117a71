"""Erasing a person: nothing of the person is left, everything of everybody else is, and the totals can be proved."""

import json
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha1
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert, select, update

from lms_tracker.actions.blocked import Blocked, know_secret
from lms_tracker.actions.dismiss_namesakes import dismiss_namesakes
from lms_tracker.actions.erase_person import ErasureRefused, erase_person, preview_erasure
from lms_tracker.actions.ingest import Conflict
from lms_tracker.actions.issue_bulletin import issue_bulletin
from lms_tracker.actions.join_learners import IdentityRefused, join_learners
from lms_tracker.actions.record_mark import MarkRefused, record_mark
from lms_tracker.actions.settle_study import request_recompute, settle_all
from lms_tracker.actions.split_learner import split_learner
from lms_tracker.actions.targets import remove
from lms_tracker.core.erasure import commitment
from lms_tracker.core.sealed import opened, seal
from lms_tracker.core.xapi.parse import parse_statement
from lms_tracker.store import tables as t
from lms_tracker.store.db import reading, writing
from lms_tracker.store.erasure import erasure_by_id, sums
from lms_tracker.store.find_people import search_people
from lms_tracker.store.namesakes import dismissed
from tests.actions.erasing import (
    LI,
    MBOX,
    NOW,
    VIDEO,
    WANG,
    erase,
    everything,
    fill,
    found,
    said,
    send,
    study,
)


@pytest.fixture
def world(any_db: Engine) -> Engine:
    return fill(any_db)


def test_nothing_that_names_the_person_is_left_and_nothing_of_others_is_lost(world: Engine) -> None:
    before = len(found(world, "mbox:mailto:p2@example.org"))
    certificate = erase(world)
    left = everything(world)
    assert [word for word in ("李一凡", "p1@example.org", "own work of Li", "bookmark of Li") if word in left] == []
    assert "a sheet that both used" in left
    assert len(found(world, "mbox:mailto:p2@example.org")) == before
    counts = certificate["counts"]
    assert (counts["documents"], counts["attachments"], counts["accounts"], counts["remarks"]) == (2, 1, 1, 1)
    with reading(world) as tx:
        mine = tx.execute(select(t.achievement).where(t.achievement.c.learner_id == 1)).all()
    assert [(row.kind, row.level, row.note) for row in mine] == [("publication", "county", None)], "the rest goes whole"


def test_the_database_file_holds_not_a_byte_of_the_person(db: Engine) -> None:
    fill(db)
    send(db, [said(LI) for _ in range(300)] + [said(WANG, context={"instructor": LI}) for _ in range(50)])
    erase(db)
    assert db.url.database
    files = [path.read_bytes() for path in Path(db.url.database).parent.glob("test.db*")]
    words = ("李一凡".encode(), b"p1@example.org", json.dumps("李一凡").encode())
    assert [word for word in words for file in files if word in file] == []
    with reading(db) as tx:
        assert erasure_by_id(tx, 1).scrubbed_at == NOW  # type: ignore[union-attr]


def test_the_totals_of_the_ledger_stand_and_a_recompute_leaves_them(world: Engine) -> None:
    with reading(world) as tx:
        before, others = sums(tx, [1]), sums(tx, [2])
    assert before["credited_us"] > 0
    certificate = erase(world)
    request_recompute(world, [1, 2], NOW)
    settle_all(world, lambda: NOW, "recompute")
    with reading(world) as tx:
        assert (sums(tx, [1]), sums(tx, [2])) == (before, others)
        kept = tx.execute(select(t.ledger).where(t.ledger.c.learner_id == 1)).all()
    assert certificate["ledger"]["before"] == certificate["ledger"]["after"]
    assert certificate["ledger"]["after"]["credited_s"] == f"{before['credited_us'] / 1e6:.6f}"
    assert not any("li" in row.session for row in kept)


def test_evidence_that_was_not_settled_yet_is_in_the_totals(world: Engine) -> None:
    elsewhere = {"id": "https://lms.example.edu/video/2"}
    send(world, [one | {"object": elsewhere} for one in study(LI, "another")], received=False)
    with reading(world) as tx:
        before = sums(tx, [1])["entries"]
    assert erase(world)["ledger"]["after"]["entries"] == before + 1


def test_others_keep_their_statements_with_a_pseudonym_where_the_name_stood(world: Engine) -> None:
    team = {"objectType": "Group", "member": [LI, WANG]}
    named = [
        said(WANG, context={"instructor": LI}),
        said(WANG, context={"team": {"objectType": "Group", **LI}}),
        said(team),
        said(WANG, {"objectType": "Group", "member": [LI, WANG]}),
        said(WANG, context={"contextAgents": [{"objectType": "contextAgent", "agent": LI}]}) | {"version": "2.0.0"},
    ]
    about = [
        said(WANG, {"objectType": "Agent", **LI}),
        said(WANG, {"objectType": "SubStatement", "actor": LI, "verb": {"id": "urn:v"}, "object": VIDEO}),
        said({"objectType": "Group", "member": [LI]}),
    ]
    send(world, named + about)
    certificate = erase(world)
    assert certificate["counts"]["redacted"] == len(named)
    with reading(world) as tx:
        rows = {str(r.id): json.loads(r.raw) for r in tx.execute(select(t.statement))}
    assert not {one["id"] for one in about} & rows.keys()
    for one in named:
        raw = json.dumps(rows[one["id"]])
        assert "urn:lms-tracker:nobody" in raw and "p1@example.org" not in raw
        parse_statement(raw.encode())
    pseudonym = certificate["pseudonym"]["account"]
    assert len(found(world, f"account:{pseudonym['homePage']} {pseudonym['name']}")) == len(named)
    assert certificate["commitment"]["redacted"]["sha256"] == commitment(UUID(one["id"]) for one in named)


def test_a_mail_address_is_known_by_its_digest_too(world: Engine) -> None:
    digest = sha1(MBOX.encode()).hexdigest()
    send(world, [said(WANG, context={"instructor": {"mbox_sha1sum": digest}})])
    erase(world)
    assert digest not in everything(world)


def test_the_same_statements_sent_again_count_as_stored_and_stay_away(world: Engine) -> None:
    mine, named = said(LI), said(WANG, context={"instructor": LI})
    send(world, [mine, named])
    erase(world)
    send(world, [mine, named])
    assert "p1@example.org" not in everything(world)


def test_later_evidence_is_a_new_learners(world: Engine) -> None:
    erase(world)
    send(world, [said(LI)])
    with reading(world) as tx:
        ids = tx.scalars(select(t.identity.c.learner_id).where(t.identity.c.ifi == f"mbox:{MBOX}")).all()
    assert ids and 1 not in ids


def test_later_evidence_is_refused_where_that_was_ordered(world: Engine) -> None:
    know_secret(world, lambda: "a secret of the house")
    erase(world, block=True)
    with pytest.raises(Blocked):
        send(world, [said(WANG), said(LI)])
    send(world, [said(WANG), said({"mbox": "mailto:p9@example.org"})])
    assert "p1@example.org" not in everything(world)


def test_bulletins_that_name_the_person_lose_the_name_and_keep_the_figures_and_the_seal(world: Engine) -> None:
    with writing(world) as tx:
        tx.execute(update(t.programme).values(starts_on=date(2026, 2, 1)))
    issued = issue_bulletin(world, 1, "2026-03", as_of=NOW - timedelta(days=1), now=NOW)
    content = opened(issued.content)
    with writing(world) as tx:
        person = {"name": "李一凡", "school": "第2中学", "credited_s": 600, "final_before": 1, "final": 2}
        named = seal(content | {"made_progress": [person]}, 1)
        tx.execute(update(t.bulletin).values(content=named.decode()))
    certificate = erase(world)
    with reading(world) as tx:
        kept = opened(tx.scalar(select(t.bulletin.c.content)) or "")
    assert kept["made_progress"] == [person | {"name": "—", "school": None}]
    assert kept["redacted"][0]["was_sha256"] == opened(named)["sha256"]
    assert kept["all"] == content["all"]
    assert certificate["bulletins_redacted"] == ["p1-principals 2026-03 v1"]


def test_the_certificate_counts_what_the_preview_announced(world: Engine) -> None:
    preview = preview_erasure(world, 1, NOW)
    certificate = erase(world, seen=preview.digest)
    done = certificate["counts"]
    assert {key: done[key] for key in preview.counts if key in done} == {
        key: value for key, value in preview.counts.items() if key in done
    }


def test_nobody_is_erased_twice_or_without_a_reason(world: Engine) -> None:
    with pytest.raises(ErasureRefused, match="reason"):
        erase_person(world, 1, ordered_by="admin", reason=" ", now=NOW)
    erase(world)
    with pytest.raises(ErasureRefused, match="any more"):
        erase(world)
    with pytest.raises(ErasureRefused):
        preview_erasure(world, 999, NOW)


def test_another_statement_with_an_id_that_is_there_is_still_a_conflict(world: Engine) -> None:
    erase(world)
    one = said(WANG)
    send(world, [one])
    with pytest.raises(Conflict):
        send(world, [one | {"object": {"id": "urn:other"}}])


def test_whoever_was_erased_is_joined_with_nobody_and_found_by_nobody(world: Engine) -> None:
    erase(world)
    for one, into in ((1, 2), (2, 1)):
        with pytest.raises(IdentityRefused, match="learner 1 was erased"):
            join_learners(world, one, into, reason="the same person", made_by=None, now=NOW)
    with reading(world) as tx:
        assert 1 not in search_people(tx, "", 100)[0]


def test_nothing_more_is_written_about_whoever_was_erased(world: Engine) -> None:
    erase(world)
    with pytest.raises(MarkRefused):
        record_mark(world, 1, 1, Decimal(90), marked_by=None, comment="李一凡 again", now=NOW)
    assert "李一凡" not in everything(world)


def test_whoever_was_joined_into_the_person_goes_too_with_the_history_of_it(world: Engine) -> None:
    other = {"account": {"homePage": "https://other.example.org", "name": "li-yifan"}, "name": "李一凡"}
    send(world, study(other, "under another name"), received=False)
    settle_all(world, lambda: NOW)
    with reading(world) as tx:
        ifi = "account:https://other.example.org li-yifan"
        joined = tx.scalar(select(t.identity.c.learner_id).where(t.identity.c.ifi == ifi))
    assert joined is not None
    join_learners(world, joined, 1, reason="李一凡 said so", made_by=1, now=NOW)
    settle_all(world, lambda: NOW)
    assert "李一凡 said so" in everything(world)
    erase(world)
    left = everything(world)
    assert [word for word in ("李一凡", "li-yifan", "p1@example.org") if word in left] == []
    with reading(world) as tx:
        event = tx.execute(select(t.identity_event)).one()
    assert (event.from_learner, event.to_learner, event.reason) == (joined, 1, "")


def test_the_person_goes_from_the_history_of_others_with_whom_they_were_mixed_up(world: Engine) -> None:
    mixed = {"mbox": "mailto:zhao@example.org", "name": "赵一"}
    send(world, study(mixed, "zhao"), received=False)
    settle_all(world, lambda: NOW)
    with reading(world) as tx:
        first = tx.scalar(select(t.identity.c.learner_id).where(t.identity.c.ifi == "mbox:mailto:zhao@example.org"))
    assert first is not None
    join_learners(world, first, 2, reason="赵一 is Wang", made_by=None, now=NOW)
    settle_all(world, lambda: NOW)
    split = {"reason": "赵一 is not Wang", "made_by": None, "now": NOW}
    done = split_learner(world, 2, ["mbox:mailto:zhao@example.org"], new=True, **split)
    settle_all(world, lambda: NOW)
    assert "赵一" in everything(world)
    erase_person(world, done.learner_id, ordered_by="admin", reason="asked to", now=NOW)
    left = everything(world)
    digest = sha1(b"mailto:zhao@example.org").hexdigest()
    assert [word for word in ("赵一", "zhao@example.org", digest) if word in left] == []
    with reading(world) as tx:
        assert [row.reason for row in tx.execute(select(t.identity_event))] == ["", ""]
    assert found(world, "mbox:mailto:p2@example.org"), "Wang is still there"


def test_a_target_that_is_removed_while_it_sends_is_named_by_the_certificate_too(world: Engine) -> None:
    with writing(world) as tx:
        row = {
            "endpoint": "urn:e",
            "version": "1.0.3",
            "username": "u",
            "secret_sealed": b"",
            "filter": "{}",
            "sent": 0,
        }
        row |= {"attempts": 0, "next_try_at": NOW, "created_at": NOW}
        for id, name, claimed in ((1, "sending", NOW), (2, "never", None)):
            values = row | {"id": id, "name": name, "position": 0, "claimed_until": claimed}
            tx.execute(insert(t.forward_target).values(values))
    assert remove(world, 1, NOW) and remove(world, 2, NOW) and not remove(world, 2, NOW)
    assert [copy["target"] for copy in erase(world)["copies_elsewhere"]] == ["sending"]


def test_that_the_person_shares_a_name_with_somebody_is_forgotten(world: Engine) -> None:
    assert dismiss_namesakes(world, 1, 2, made_by=None, now=NOW)
    erase(world)
    with reading(world) as tx:
        assert dismissed(tx, 10) == ([], 0)
    assert not dismiss_namesakes(world, 2, 1, made_by=None, now=NOW), "nobody is left to be told apart"


def test_what_was_refused_goes_too_and_where_copies_may_be_is_in_the_certificate(world: Engine) -> None:
    with writing(world) as tx:
        row = {"name": "lms", "key": "k", "secret_sha256": "", "created_at": NOW}
        source = tx.execute(insert(t.credential).values(row).returning(t.credential.c.id)).scalar_one()
        refused = {"credential_id": source, "size": 1, "content_type": "", "status": 400, "reason": "r", "times": 1}
        refused |= {"first_at": NOW, "last_at": NOW, "state": "open"}
        for n, raw in enumerate((b'{"actor": {"mbox": "p1@example.org"}', b'{"actor": {"mbox": "p2@example.org"}}')):
            tx.execute(insert(t.quarantine).values(refused | {"digest": str(n), "raw": raw}))
        bound = {"name": "grant", "key": "g", "secret_sha256": "", "created_at": NOW, "bound_actor": f"mbox:{MBOX}"}
        tx.execute(insert(t.credential).values(bound))
        target = {"endpoint": "urn:e", "version": "1.0.3", "username": "u", "secret_sealed": b"", "filter": "{}"}
        target |= {"attempts": 0, "next_try_at": NOW, "created_at": NOW}
        for name, position, sent, until in (("bureau", 10**9, 5, None), ("new", 0, 0, None), ("sending", 0, 0, NOW)):
            row = target | {"name": name, "position": position, "sent": sent, "claimed_until": until}
            tx.execute(insert(t.forward_target).values(row))
        former = {"endpoint": "urn:e", "removed_at": NOW, "sent": 5}
        for name, position in (("bureau", 10**9), ("once", 10**9), ("before", 0)):
            tx.execute(insert(t.former_target).values(former | {"name": name, "position": position}))
    preview = preview_erasure(world, 1, NOW)
    certificate = erase(world, seen=preview.digest)
    counts = certificate["counts"]
    assert (counts["quarantine"], counts["credentials"]) == (1, 1)
    copies = [{"target": name, "statements_at_most": counts["statements"]} for name in ("bureau", "once", "sending")]
    assert certificate["copies_elsewhere"] == copies, "who has read the statements may send them yet"
    left = everything(world)
    assert "p1@example.org" not in left and "p2@example.org" in left
    with reading(world) as tx:
        assert tx.scalar(select(t.credential.c.revoked_at).where(t.credential.c.name == "grant")) == NOW
