"""A programme's policy: what turns study and marks into a grade. Parsed from TOML in two stages: shape, then rules."""

import hashlib
import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from lms_tracker.core.grading.group import AgeBand, Honour, Result, Standing
from lms_tracker.core.grading.parts import MEASURES, Cap, Part, Points
from lms_tracker.core.grading.policy_rules import RULES
from lms_tracker.core.grading.tables import BulletinRules, ContactRules, GradeRules, Grading, ProgrammePolicy
from lms_tracker.core.grading.words import Words
from lms_tracker.core.player.policy import PlayerPolicy, parse_player
from lms_tracker.core.shape import checked
from lms_tracker.core.study.policy import DEFAULTS, PolicyErrors, StudyPolicy, parse_study


class Policy(Struct, frozen=True):
    """One policy file. `id` names it with the first 12 hex digits of the SHA-256 of its content: a changed file is
    another policy. `study.id` is the same over `[study]` alone, so that new weights leave the ledger alone."""

    name: str
    id: str
    title: Words
    study: StudyPolicy
    grading: Grading | None
    """None for a policy that only speaks of study time."""
    player: PlayerPolicy = PlayerPolicy()


LISTS: dict[str, type[Struct]] = {
    "points": Points,
    "cap": Cap,
    "result": Result,
    "age_band": AgeBand,
    "standing": Standing,
    "honour": Honour,
}
"""Tables that may stand in a file several times, besides [[component]]."""
TABLES = ("programme", "study", "player", "grade", "component", "contact", "bulletin", *LISTS)
NOT_GRADES = 3
"""So many of them speak of other things than grades."""


def parse_policy(text: str, name: str, file: str) -> Policy:
    """The policy in a TOML text. Raises PolicyErrors with every fault, each as "file: key: what is wrong"."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise PolicyErrors([f"{file}: not TOML: {e}"]) from e
    faults = [
        f"{file}: {key}: unknown table or key (allowed: {', '.join(TABLES)})" for key in data if key not in TABLES
    ]
    study = _study(data, file, faults)
    player = parse_player(data.get("player", {}), file, faults, study.max_rate)
    programme = checked(data.get("programme", {}), ProgrammePolicy, f"{file}: programme", faults)
    grading = _grading(data, file, faults) if {*TABLES[NOT_GRADES:]} & set(data) else None
    if faults:
        raise PolicyErrors(faults)
    return Policy(
        name=name,
        id=_identity(name, data),
        title=programme["name"],
        study=msgspec.structs.replace(study, id=_identity(name, _counting(data.get("study", {})))),
        grading=grading,
        player=player,
    )


def _identity(name: str, content: Any) -> str:
    # Stored with every ledger entry, grade and bulletin: changing how it is made orphans them all.
    return f"{name}@{hashlib.sha256(msgspec.json.encode(content, order='deterministic')).hexdigest()[:12]}"


def _counting(study: Mapping[str, Any]) -> dict[str, Any]:
    """What of `[study]` changes an entry: deadlines of reviews don't."""
    return {key: value for key, value in study.items() if key != "review"}


def _study(data: Mapping[str, Any], file: str, faults: list[str]) -> StudyPolicy:
    table = data.get("study", {})
    if not isinstance(table, Mapping):
        faults.append(f"{file}: study: must be a table")
        return DEFAULTS
    try:
        return parse_study(table, file)
    except PolicyErrors as e:
        faults += e.faults
        return DEFAULTS


def _grading(data: Mapping[str, Any], file: str, faults: list[str]) -> Grading | None:
    before = len(faults)
    rules = checked(data.get("grade", {}), GradeRules, f"{file}: grade", faults)
    contact = checked(data.get("contact", {}), ContactRules, f"{file}: contact", faults)
    bulletin = checked(data.get("bulletin", {}), BulletinRules, f"{file}: bulletin", faults)
    lists = {name: _list(data.get(name, []), name, kind, file, faults) for name, kind in LISTS.items()}
    components = (
        _components(data.get("component", []), file, faults) if "component" in data or not lists["points"] else []
    )
    if len(faults) > before:
        return None
    grading = Grading(
        GradeRules(**rules),
        tuple(components),
        ContactRules(**contact),
        BulletinRules(**bulletin),
        points=lists["points"],
        caps=lists["cap"],
        results=lists["result"],
        age_bands=lists["age_band"],
        standing=lists["standing"],
        honours=lists["honour"],
    )
    faults += [f"{file}: {message}" for rule in RULES for message in rule(grading)]
    return grading


def _list(tables: Any, name: str, kind: type[Struct], file: str, faults: list[str]) -> tuple[Any, ...]:
    """The tables [[name]]; those that are faulty are left out."""
    if not isinstance(tables, list):
        faults.append(f"{file}: {name}: must be tables [[{name}]]")
        return ()
    found = []
    for number, table in enumerate(tables, 1):
        before = len(faults)
        values = checked(table, kind, f"{file}: {name} {number}", faults)
        if len(faults) == before:
            found.append(kind(**values))
    return tuple(found)


def _components(tables: Any, file: str, faults: list[str]) -> list[Part]:
    if not isinstance(tables, list) or not tables:
        faults.append(f"{file}: component: at least one [[component]] table is needed")
        return []
    parts: list[Part] = []
    for number, table in enumerate(tables, 1):
        where = f"{file}: component {number}"
        measure = table.get("measure") if isinstance(table, Mapping) else None
        kind = MEASURES.get(measure) if isinstance(measure, str) else None
        if kind is None:
            found = "missing" if measure is None else f"{measure!r} is not known"
            faults.append(f"{where}.measure: {found} (allowed: {', '.join(MEASURES)})")
            continue
        before = len(faults)
        values = checked(table, kind, where, faults)
        if len(faults) == before:
            parts.append(kind(**values))
    return parts
