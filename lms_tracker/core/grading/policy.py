"""A programme's policy: what turns study and marks into a grade. Parsed from TOML in two stages: shape, then rules."""

import hashlib
import tomllib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from lms_tracker.core.grading.rounding import Rounding
from lms_tracker.core.grading.words import Words
from lms_tracker.core.player.policy import PlayerPolicy, parse_player
from lms_tracker.core.shape import checked
from lms_tracker.core.study.policy import DEFAULTS, PolicyErrors, StudyPolicy, parse_study

CourseKind = Literal["required", "elective", "extension"]


class ProgrammePolicy(Struct, frozen=True):
    """`[programme]`."""

    name: Words


class GradeRules(Struct, frozen=True):
    """`[grade]`: the result as a whole."""

    pass_mark: Decimal
    """Final grade (0-100, as printed) from which on a learner passes."""
    rounding: Rounding = "half_up"
    decimals: Annotated[int, Meta(ge=0, le=4)] = 1
    round: Literal["parts", "final"] = "parts"
    """Where the one rounding happens: at the points of each part, or only at their sum."""


class ClassHours(Struct, frozen=True):
    """A `[[component]]` measured in class hours of credited study."""

    key: str
    title: Words
    weight: Decimal
    measure: Literal["class_hours"]
    target: Decimal
    """Class hours that earn the whole weight."""
    counts: tuple[CourseKind, ...] = ("required", "elective")
    """Kinds of courses whose study counts."""
    minimum: Decimal = Decimal(0)
    """Percent of the target without which nobody passes."""


class Marks(Struct, frozen=True):
    """A `[[component]]` measured by marks (0-100): the mean of the best `required` marks."""

    key: str
    title: Words
    weight: Decimal
    measure: Literal["marks"]
    required: Annotated[int, Meta(ge=1, le=1000)]
    """How many marks count; one that is not there counts as 0."""
    item_pass_mark: Decimal = Decimal(0)
    """A piece of work is done when its mark is at least this; `required` of them must be done to pass."""
    minimum: Decimal = Decimal(0)
    """Mean without which nobody passes."""


class ContactRules(Struct, frozen=True):
    """`[contact]`: when somebody should call a learner."""

    pace_below_pct: Decimal = Decimal(60)
    """Class hours below this percentage of what the calendar expects."""
    quiet_days: Annotated[int, Meta(ge=1, le=366)] = 14
    """Days without credited study."""
    grace_days: Annotated[int, Meta(ge=0, le=366)] = 14
    """First days of a learner in which nobody is called."""


class BulletinRules(Struct, frozen=True):
    """`[bulletin]`."""

    wait_s: Annotated[int, Meta(ge=0, le=10 * 86400)] = 900
    """How long after the period's last midnight a scheduled bulletin waits for evidence that comes late."""
    names_progress: bool = False
    """Whether it names who made progress. Only ever in a programme of a single class: a bulletin has one text for all
    its readers, and nobody sees another class."""


Part = ClassHours | Marks
MEASURES: dict[str, type[ClassHours] | type[Marks]] = {"class_hours": ClassHours, "marks": Marks}


class Grading(Struct, frozen=True):
    """How a programme grades."""

    rules: GradeRules
    components: tuple[Part, ...]
    contact: ContactRules = ContactRules()
    bulletin: BulletinRules = BulletinRules()


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


TABLES = ("programme", "study", "player", "grade", "component", "contact", "bulletin")


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
    grading = _grading(data, file, faults) if {"grade", "component", "contact", "bulletin"} & set(data) else None
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
    components = _components(data.get("component", []), file, faults)
    if len(faults) > before:
        return None
    grading = Grading(GradeRules(**rules), tuple(components), ContactRules(**contact), BulletinRules(**bulletin))
    faults += [f"{file}: {message}" for rule in RULES for message in rule(grading)]
    return grading


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
            faults.append(f"{where}.measure: {found} (allowed: class_hours, marks)")
            continue
        before = len(faults)
        values = checked(table, kind, where, faults)
        if len(faults) == before:
            parts.append(kind(**values))
    return parts


# --- second stage: rules that span keys ---------------------------------------------------------------------------


def weights_sum_to_100(grading: Grading) -> Iterator[str]:
    """The parts together make the whole grade."""
    total = sum((part.weight for part in grading.components), Decimal(0))
    if total != 100:
        yield f"component.weight: weights must sum to 100 (they sum to {total.normalize():f})"


def percentages_are_within_100(grading: Grading) -> Iterator[str]:
    """Marks, shares and minima live between 0 and 100."""
    values = {"grade.pass_mark": grading.rules.pass_mark, "contact.pace_below_pct": grading.contact.pace_below_pct}
    for number, part in enumerate(grading.components, 1):
        values |= {f"component {number}.weight": part.weight, f"component {number}.minimum": part.minimum}
        if isinstance(part, Marks):
            values[f"component {number}.item_pass_mark"] = part.item_pass_mark
    for key, value in values.items():
        if not 0 <= value <= 100:
            yield f"{key}: must be between 0 and 100 (it is {value.normalize():f})"


def targets_are_positive(grading: Grading) -> Iterator[str]:
    """A share of nothing is no score."""
    for number, part in enumerate(grading.components, 1):
        if isinstance(part, ClassHours) and not 0 < part.target <= 10_000:
            yield f"component {number}.target: must be above 0, at most 10000 class hours (it is {part.target})"


def keys_differ(grading: Grading) -> Iterator[str]:
    """Marks find their part by its key."""
    keys = [part.key for part in grading.components]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield f"component.key: {key!r} is used {keys.count(key)} times; each part needs its own"


def extension_courses_never_count(grading: Grading) -> Iterator[str]:
    """The regulations: extension courses may be taken and never count."""
    for number, part in enumerate(grading.components, 1):
        if isinstance(part, ClassHours) and "extension" in part.counts:
            yield f"component {number}.counts: extension courses never count (allowed: required, elective)"


RULES: tuple[Callable[[Grading], Iterator[str]], ...] = (
    weights_sum_to_100,
    percentages_are_within_100,
    targets_are_positive,
    keys_differ,
    extension_courses_never_count,
)
