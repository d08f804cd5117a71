"""Erase what is held of one person (PIPL art. 47), and keep proof of it that does not need the person.

What is by the person or about the person is deleted; what belongs to somebody else and names the person on the side gets
a pseudonym there. The ledger stays, under a pseudonym, frozen: totals that were reported stay provable. Why each of these
was decided so stands in docs/privacy.md.
"""

import json
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes, token_hex
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine

from lms_tracker.actions.blocked import digests
from lms_tracker.actions.derive_ledgers import derive_ledger
from lms_tracker.actions.tell_sessions import tell_sessions
from lms_tracker.actions.unused_attachments import Becomes, settled_until, unused_after
from lms_tracker.core.bulletin import without_name
from lms_tracker.core.erasure import COMMITMENT, commitment, seal
from lms_tracker.core.typed import legible
from lms_tracker.core.xapi.actors import identify
from lms_tracker.core.xapi.model import Actor, Statement
from lms_tracker.core.xapi.redact import as_typed, attached, is_about, names, pseudonym, redact, with_digests
from lms_tracker.core.xapi.terms import terms_of
from lms_tracker.core.xapi.timestamps import format_timestamp
from lms_tracker.store import erasure as store
from lms_tracker.store import forwarding, quarantine
from lms_tracker.store import statement_edits as edits
from lms_tracker.store.attachments import delete_attachments
from lms_tracker.store.chunks import chunks
from lms_tracker.store.classes import enrolments_of
from lms_tracker.store.db import reading, writing
from lms_tracker.store.erasure import Person
from lms_tracker.store.identity_history import keep_writers_out
from lms_tracker.store.ledger import Change, post_changes
from lms_tracker.store.person_player import count_player, forget_player
from lms_tracker.store.person_results import count_results, forget_results
from lms_tracker.store.person_reviews import count_reviews, forget_reviews
from lms_tracker.store.person_submissions import count_submissions, forget_submissions
from lms_tracker.store.person_work import count_work, forget_work
from lms_tracker.store.remembered import forget
from lms_tracker.store.scrub import scrub

CAUSE = "settled before the erasure"
_decode = msgspec.json.Decoder(Statement).decode


class ErasureRefused(ValueError):
    """Nothing was changed; the message says why."""


class Preview(msgspec.Struct, frozen=True):
    """What an erasure would do now. `counts` by what goes.

    `digest` is the same as long as it is about the same person, who holds the same. What only grows is not in it:
    whose player sends something every few seconds could never be erased. The certificate counts what did go.
    """

    person: Person
    holds: store.Holds
    counts: dict[str, int]
    bulletins: list[str]
    """Issued bulletins that name the person, as "programme period vN"."""
    targets: dict[str, int]
    """Other record stores that may hold copies, and of how many statements at most."""
    ledger: dict[str, int]

    @property
    def digest(self) -> str:
        shown = [self.person, self.holds, self.bulletins]
        return sha256(msgspec.json.encode(shown, order="sorted")).hexdigest()[:16]


class _Plan(msgspec.Struct):
    """Statements that go and that stay without the name, by seq; the SHA-2 of their attachments."""

    gone: dict[int, UUID]
    kept: dict[int, UUID]
    data: set[str]
    quarantine: list[int]
    bulletins: list[tuple[int, str, str]]
    """(id, its name, its content without the person's name)"""


class _Looked(msgspec.Struct, frozen=True):
    """Which of the attachments `asked` for no statement up to the number `until` uses."""

    asked: set[str]
    unused: set[str]
    until: int


def preview_erasure(db: Engine, learner_id: int, now: datetime) -> Preview:
    """Exact as long as nothing changes. Raises ErasureRefused for a learner who is not there, or not any more."""
    with reading(db) as tx:
        return _look(tx, learner_id, now)[0]


def erase_person(
    db: Engine,
    learner_id: int,
    *,
    ordered_by: str,
    reason: str,
    now: datetime,
    block: bool = False,
    seen: str | None = None,
) -> int:
    """Erase, and keep the certificate: its number. The database's files are cleaned afterwards, as far as can be.

    With `block` evidence under the same identifiers is refused from now on; without, it is a new learner's. `seen` is
    the digest of the preview that the order was given upon.

    Raises ErasureRefused: nobody is there, no reason is given, or the person is not as they were `seen`.
    """
    reason = legible(reason)
    if not reason:
        raise ErasureRefused("an erasure needs a reason")
    while tell_sessions(db, now):  # what the player has still to say counts, too
        pass
    until = settled_until(db)
    with reading(db) as tx:  # the long look for who else uses an attachment, while others go on writing
        preview, plan, unused = _look(tx, learner_id, now)
    if seen is not None and preview.digest != seen:
        raise ErasureRefused("what is held of the person has changed meanwhile")
    looked = _Looked(plan.data, unused, until)
    with writing(db) as tx:
        keep_writers_out(tx)  # also who looks up a learner just now, to write something of theirs
        number = _erase(tx, learner_id, looked, ordered_by, reason, now, block)
    clean_up(db, now)
    return number


def clean_up(db: Engine, now: datetime) -> bool:
    """Rid the database's files of what was erased. Whether there is nothing left to do."""
    with reading(db) as tx:
        if not store.unscrubbed(tx):
            return True
    if not scrub(db):
        return False
    with writing(db) as tx:
        store.note_scrubbed(tx, now, now)
    return True


def _erase(
    tx: Connection, learner_id: int, looked: _Looked, ordered_by: str, reason: str, now: datetime, block: bool
) -> int:
    person = _person(tx, learner_id)
    if store.claim_for_erasure(tx, person.ids):  # what came in and was not settled yet counts, too
        for id in person.ids:
            post_changes(tx, [Change(id, derive_ledger(tx, id), CAUSE)], now)
    plan = _plan(tx, person, now)
    ifis = with_digests(person.ifis)
    sums = store.sums(tx, person.ids)
    by = pseudonym(f"erased-{token_hex(8)}")
    targets = store.targets_past(tx, [*plan.gone, *plan.kept])
    counts = {
        "statements": edits.delete_statements(tx, plan.gone),
        "redacted": _redact_all(tx, plan.kept, ifis, by),
        "documents": store.delete_documents(tx, ifis),
        "quarantine": len(plan.quarantine),
        "put_aside": forwarding.forget(tx, plan.gone),
        "credentials": store.revoke_bound(tx, ifis, identify(msgspec.to_builtins(by)) or "", now),
    }
    quarantine.remove(tx, plan.quarantine)
    counts["attachments"] = delete_attachments(tx, _unused(tx, plan, person, looked))
    for id, _, content in plan.bulletins:
        store.replace_bulletin(tx, id, content)
    forget(tx, person.ids)
    store.pseudonymise_ledger(tx, person.ids, token_bytes(32), now)
    counts |= forget_reviews(tx, person.ids)
    counts |= forget_results(tx, person, format_timestamp(now))
    counts |= forget_work(tx, person.ids)
    counts |= forget_submissions(tx, person.ids)
    counts |= forget_player(tx, person.ids)
    store.forget_failures(tx, [sha256(login.strip().encode()).hexdigest() for login in person.logins])
    actor = msgspec.json.encode(by).decode()
    counts |= store.forget_person(tx, person, actor, now)
    store.add_tombstones(tx, {*plan.gone.values(), *plan.kept.values()}, now)
    if block:
        store.block(tx, set(map(digests(tx), ifis)), now)
    number = store.add_erasure(tx, person.learner_id, ordered_by, reason, now)
    after = store.sums(tx, person.ids)
    if after != sums:
        raise RuntimeError("the ledger's totals changed by an erasure")
    certificate = {
        "certificate": "erasure of one person's data (PIPL art. 47)",
        "number": number,
        "at": format_timestamp(now),
        "ordered_by": ordered_by,
        "reason": reason,
        "learner": person.learner_id,
        "pseudonym": json.loads(actor),
        "counts": counts,
        "commitment": {
            "how": COMMITMENT,
            "deleted": {"statements": len(plan.gone), "sha256": commitment(plan.gone.values())},
            "redacted": {"statements": len(plan.kept), "sha256": commitment(plan.kept.values())},
        },
        "ledger": {"before": _amounts(sums), "after": _amounts(after)},
        "bulletins_redacted": [name for _, name, _ in plan.bulletins],
        "copies_elsewhere": [{"target": name, "statements_at_most": n} for name, n in targets.items()],
        "later_evidence": "refused" if block else "a new learner's",
    }
    store.keep_certificate(tx, number, seal(certificate))
    return number


def _person(tx: Connection, learner_id: int) -> Person:
    person = store.person_of(tx, learner_id)
    if person is None:
        raise ErasureRefused(f"there is no learner {learner_id}, or nothing is held of that person any more")
    return person


def _plan(tx: Connection, person: Person, now: datetime) -> _Plan:
    ifis = with_digests(person.ifis)
    plan = _Plan({}, {}, set(), [], [])
    hide = ifis.__contains__
    for row in edits.statements_naming(tx, person.ids, ifis):
        raw = bytes(row.raw)
        if row.learner_id in person.ids or is_about(raw, hide):
            plan.gone[row.seq] = row.id
            plan.data |= attached(raw)
        elif names(raw, hide):  # else it is of somebody with a like digest
            plan.kept[row.seq] = row.id
            plan.data |= attached(raw) - attached(redact(raw, hide, pseudonym("nobody")))
    plan.quarantine = quarantine.naming(tx, as_typed(ifis))
    plan.bulletins = list(_named_bulletins(tx, person, format_timestamp(now)))
    return plan


def _named_bulletins(tx: Connection, person: Person, at: str) -> Iterator[tuple[int, str, str]]:
    schools = {row.school for id in person.ids for row in enrolments_of(tx, id)}
    for row in store.bulletins_of(tx, person.ids):
        content: bytes = row.content.encode()
        for name in person.names:
            for school in schools:
                content = without_name(content, name, school, at) or content
        if content != row.content.encode():
            yield row.id, f"{row.programme} {row.period} v{row.version}", content.decode()


def _redact_all(tx: Connection, seqs: Collection[int], ifis: Collection[str], by: Actor) -> int:
    hide: Callable[[str], bool] = ifis.__contains__
    for chunk in chunks(seqs):
        new = {}
        for row in edits.statements_at(tx, chunk):
            raw = redact(bytes(row.raw), hide, by)
            said = _decode(raw)
            own = said.authority if row.credential_id is None and said.authority is not msgspec.UNSET else None
            new[row.seq] = (raw, terms_of(said, authority=own))
        edits.replace_statements(tx, new)
    return len(seqs)


def _look(tx: Connection, learner_id: int, now: datetime) -> tuple[Preview, _Plan, set[str]]:
    """All that an erasure would do now, and the attachments that nobody else uses."""
    person = _person(tx, learner_id)
    plan = _plan(tx, person, now)
    unused = unused_after(tx, plan.data, 0, _becomes(plan, person))
    marks, remarks = store.count_marks(tx, person.ids)
    counts = {
        "statements": len(plan.gone),
        "redacted": len(plan.kept),
        "attachments": len(unused),
        "documents": store.count_documents(tx, with_digests(person.ifis)),
        "quarantine": len(plan.quarantine),
        "identities": len(person.ifis),
        "accounts": len(person.account_ids),
        "remarks": remarks,
        "marks": marks,
        "achievements": store.count_achievements(tx, person.ids),
        **count_reviews(tx, person.ids),
        **count_results(tx, person),
        **count_work(tx, person.ids),
        **count_submissions(tx, person.ids),
        **count_player(tx, person.ids),
    }
    targets = store.targets_past(tx, [*plan.gone, *plan.kept])
    named = [name for _, name, _ in plan.bulletins]
    preview = Preview(person, store.held_by(tx, person), counts, named, targets, store.sums(tx, person.ids))
    return preview, plan, unused


def _unused(tx: Connection, plan: _Plan, person: Person, looked: _Looked) -> set[str]:
    """Attachments that nobody uses any more, by an earlier look and at what came since."""
    becomes = _becomes(plan, person)
    since = unused_after(tx, plan.data & looked.unused, looked.until, becomes)
    return since | unused_after(tx, plan.data - looked.asked, 0, becomes)


def _becomes(plan: _Plan, person: Person) -> Becomes:
    hide, by = with_digests(person.ifis).__contains__, pseudonym("nobody")

    def becomes(seq: int, raw: bytes) -> bytes | None:
        if seq in plan.gone:
            return None
        return redact(raw, hide, by) if seq in plan.kept else raw

    return becomes


def _amounts(sums: dict[str, int]) -> dict[str, Any]:
    """Entries, and seconds exact to the microsecond."""
    discounted = sums["raw_us"] - sums["credited_us"] - sums["held_us"]
    us = {"raw": sums["raw_us"], "credited": sums["credited_us"], "held": sums["held_us"], "discounted": discounted}
    return {"entries": sums["entries"], **{f"{key}_s": f"{value / 1_000_000:.6f}" for key, value in us.items()}}
