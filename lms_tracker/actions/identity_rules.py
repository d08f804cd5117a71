"""Rules by which actors of two places are one person: making, retiring, and applying them to who is there already."""

from datetime import datetime

import msgspec
from sqlalchemy import Engine

from lms_tracker.actions.join_learners import Fault, IdentityRefused, join_learners, what_stands_in_the_way
from lms_tracker.core.identities import IdentityRule, aliases, parse_rule
from lms_tracker.store.db import reading, writing
from lms_tracker.store.find_people import identities_from, with_a_place
from lms_tracker.store.identity_rules import add_rule, retire_rule, rules_in_force
from lms_tracker.store.learners import known_learners
from lms_tracker.store.namesakes import found_to_be_two

MAIL_AND_DIGEST = "a mail address and its SHA-1"


class Same(msgspec.Struct, frozen=True):
    """Two learners who are one person by what two of their identities say; `rule` is None for a mail address's SHA-1."""

    learner_id: int
    into: int
    ifi: str
    other: str
    rule: IdentityRule | None

    def reason(self) -> str:
        """Why, without names."""
        return f"rule {self.rule.id}: {self.rule.text()}" if self.rule else MAIL_AND_DIGEST


class Applied(msgspec.Struct):
    """What was (or would be) joined, and what was refused for which reasons."""

    joined: list[Same] = []
    refused: list[tuple[Same, list[Fault]]] = []


def make_rule(db: Engine, kind: str, one: str, other: str, *, made_by: int | None, now: datetime) -> int:
    """The id of a rule that holds from now on for whoever is new. Raises IdentityRefused."""
    try:
        rule = parse_rule(kind, one.strip(), other.strip())
    except ValueError as e:
        raise IdentityRefused(Fault("rule", why=e)) from e
    with writing(db) as tx:
        for there in rules_in_force(tx):
            if (there.kind, {there.one, there.other}) == (kind, {rule.one, rule.other}):
                raise IdentityRefused(Fault("rule-twice", rule=there.id))
        return add_rule(tx, rule, made_by, now)


def drop_rule(db: Engine, rule_id: int, *, now: datetime) -> bool:
    """The rule holds no longer; who is joined stays joined. False when there is no such rule in force."""
    with writing(db) as tx:
        return retire_rule(tx, rule_id, now)


def find_same(db: Engine) -> list[Same]:
    """Learners who are one person by rule or by the SHA-1 of a mail address, each pair once.

    Joined into is who logs in or is enrolled; of two such, or none, the older one. A rule says nothing of whom somebody
    found to be two people.
    """
    found: dict[tuple[int, int], Same] = {}
    with reading(db) as tx:
        rules, two = rules_in_force(tx), found_to_be_two(tx)
        for batch in identities_from(tx, ["mbox:", *(f"account:{home} " for home in _homes(rules))]):
            closures = {row.ifi: aliases(row.ifi, rules) for row in batch}
            known = known_learners(tx, {alias for closure in closures.values() for alias in closure})
            for row in batch:
                for alias, rule in closures[row.ifi].items():
                    other = known.get(alias, row.learner_id)
                    if other != row.learner_id:
                        pair = (max(other, row.learner_id), min(other, row.learner_id))
                        if rule is None or pair not in two:
                            found.setdefault(pair, Same(*pair, row.ifi, alias, rule))
        known_here = with_a_place(tx, {one for pair in found for one in pair})
    return [_into_who_is_known(found[pair], known_here) for pair in sorted(found)]


def apply_rules(db: Engine, *, made_by: int | None, now: datetime, dry_run: bool = False) -> Applied:
    """Join whoever is one person by rule. One that is refused does not stop the others; again changes nothing."""
    result = Applied()
    gone: set[int] = set()
    into: dict[int, int] = {}
    for same in find_same(db):
        if {same.learner_id, same.into} & gone:
            continue  # of three who are one, two are joined now, the rest the next time round
        faults = []
        if dry_run:
            one, other = _end(into, same.learner_id), _end(into, same.into)
            if one == other:
                continue  # by what was said before
            faults = what_stands_in_the_way(db, same.learner_id, same.into)
            if not faults:
                into[one] = other
        else:
            rule_id = same.rule.id if same.rule else None
            try:
                join_learners(
                    db, same.learner_id, same.into, reason=same.reason(), made_by=made_by, rule_id=rule_id, now=now
                )
                gone.add(same.learner_id)
            except IdentityRefused as e:
                faults = e.faults
        if faults:
            result.refused.append((same, faults))
        else:
            result.joined.append(same)
    if gone:  # those of three
        more = apply_rules(db, made_by=made_by, now=now)
        result.joined += more.joined
        result.refused = more.refused
    return result


def _end(into: dict[int, int], learner_id: int) -> int:
    while learner_id in into:
        learner_id = into[learner_id]
    return learner_id


def _into_who_is_known(same: Same, known_here: set[int]) -> Same:
    if same.learner_id in known_here and same.into not in known_here:
        return msgspec.structs.replace(same, learner_id=same.into, into=same.learner_id)
    return same


def _homes(rules: list[IdentityRule]) -> list[str]:
    return sorted({rule.one for rule in rules})
