"""The benchmark's figures from judged learners, with their intervals: Wilson's for people, bootstrap for seconds."""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from tests.bench.figures import Figure
from tests.bench.idle.blind import sealed, unseen
from tests.bench.idle.blind_cheats import BLIND_INVARIANT, LIMITS
from tests.bench.idle.blind_people import CRUDE
from tests.bench.idle.cheats import INVARIANT
from tests.bench.idle.groups import SCOUT
from tests.bench.idle.measure import Judged
from tests.bench.idle.population import TRAINING
from tests.bench.idle.second_groups import SCOUT as SECOND_SCOUT

RESAMPLES = 300
Z = 1.96


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); the whole range for nobody."""
    if not of:
        return 0.0, 1.0
    share, shrink = hits / of, 1 + Z * Z / of
    middle = share + Z * Z / (2 * of)
    half = Z * math.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    return max(0.0, (middle - half) / shrink), min(1.0, (middle + half) / shrink)


def bootstrap(
    people: Sequence[Judged], top: Callable[[Judged], float], bottom: Callable[[Judged], float]
) -> tuple[float, float]:
    """95 % interval of sum(top) / sum(bottom) when people are drawn anew. Seeded by how many they are."""
    pairs = [(top(one), bottom(one)) for one in people]
    rng = random.Random(len(pairs))
    shares = []
    for _ in range(RESAMPLES):
        drawn = rng.choices(pairs, k=len(pairs))
        shares.append(_over(sum(a for a, _ in drawn), sum(b for _, b in drawn)))
    shares.sort()
    return shares[round(0.025 * (RESAMPLES - 1))], shares[round(0.975 * (RESAMPLES - 1))]


def false_s(one: Judged) -> float:
    """Seconds counted that nobody studied."""
    return one.counted(truly=False)


def claimed_falsely_s(one: Judged) -> float:
    """Seconds claimed beyond those studied."""
    return max(0.0, one.claimed - one.true)


def false_by_rules_s(one: Judged) -> float:
    """Seconds that the rules credit and nobody studied: as if nothing could be held."""
    return sum(beyond for _, _, beyond in one.credited)


def true_s(one: Judged) -> float:
    """Seconds counted that were studied; rounding in a producer's positions adds none."""
    return min(one.true, one.counted(truly=True))


def error_s(one: Judged) -> float:
    """How far the seconds counted are from those studied."""
    return abs(one.counted(truly=True) + one.counted(truly=False) - one.true)


def studied_s(one: Judged) -> float:
    """Seconds studied in truth."""
    return one.true


def overall(people: list[Judged]) -> Iterator[Figure]:
    """The figures with fixed names (bench.md), then each per family."""
    invariant = [one for one in people if not one.honest and one.family.startswith(INVARIANT)]
    left_out = [one for one in people if _suspect(one) and not one.family.startswith(TRAINING)]
    trained = [one for one in people if _suspect(one) and one.family.startswith(TRAINING)]
    honest = [one for one in people if one.honest]
    yield _seconds("idle.invariant.false_credit_share", invariant, false_s, claimed_falsely_s, "lower", 0.02)
    name = "idle.invariant.by_rules.false_credit_share"
    yield _seconds(name, invariant, false_by_rules_s, claimed_falsely_s, "lower", None)
    yield _held("idle.suspicion.held_share", left_out, "higher", 0.85)
    yield _held("idle.suspicion.training.held_share", trained, "higher", None)
    yield _seconds("idle.honest.credited_share", honest, true_s, studied_s, "higher", 0.98)
    yield _held("idle.honest.held_share", honest, "lower", 0.001)
    yield _seconds("idle.minutes_error", honest, error_s, studied_s, "lower", 0.02)
    for group in sorted({one.group for one in honest if one.group}):
        members = [one for one in honest if one.group == group]
        name = group.replace(" ", "_")
        yield _held(f"idle.honest.{name}.held_share", members, "lower", None)
        yield _seconds(f"idle.honest.{name}.credited_share", members, true_s, studied_s, "higher", None)
    yield from _each_family(people, "idle.family")


def of_blind(people: list[Judged]) -> Iterator[Figure]:
    """The figures of families that nobody had seen: of those that may be tuned on by now, and of the sealed."""
    crude = [one for one in people if one.family in CRUDE]
    yield _held("idle.blind.crude.held_share", crude, "lower", 0.001)
    yield _seconds("idle.blind.crude.credited_share", crude, true_s, studied_s, "higher", None)
    for word, members in (
        ("open", [one for one in people if not sealed(one.family) and one.family not in CRUDE]),
        ("sealed", [one for one in people if sealed(one.family)]),
        ("unseen", [one for one in people if unseen(one.family)]),
    ):
        honest = [one for one in members if one.honest]
        yield _held(f"idle.blind.{word}.honest.held_share", honest, "lower", 0.001)
        yield _seconds(f"idle.blind.{word}.honest.credited_share", honest, true_s, studied_s, "higher", 0.98)
        yield _held(f"idle.blind.{word}.suspicion.held_share", [o for o in members if _suspect(o)], "higher", 0.85)
        invariant = [one for one in members if one.family in BLIND_INVARIANT]
        name = f"idle.blind.{word}.invariant.false_credit_share"
        if invariant:
            yield _seconds(name, invariant, false_s, claimed_falsely_s, "lower", 0.02)
    yield from _each_family(people, "idle.blind.family")


def of_judge(people: list[Judged]) -> Iterator[Figure]:
    """The figures of the families of a judge who had read no signal; then those of the sealed half alone."""
    for word, members in (("", people), ("sealed.", [one for one in people if sealed(one.family)])):
        honest = [one for one in members if one.honest]
        suspects = [one for one in members if _suspect(one)]
        yield _held(f"idle.judge.{word}suspicion.held_share", suspects, "higher", 0.85)
        yield _seconds(
            f"idle.judge.{word}suspicion.false_credit_share", suspects, false_s, claimed_falsely_s, "lower", None
        )
        yield _held(f"idle.judge.{word}honest.held_share", honest, "lower", 0.001)
        yield _seconds(f"idle.judge.{word}honest.credited_share", honest, true_s, studied_s, "higher", 0.98)
    yield from _each_family(people, "idle.judge.family")


def of_all(people: list[Judged]) -> Figure:
    """Honest learners held, of every population."""
    return _held("idle.honest.all.held_share", [one for one in people if one.honest], "lower", 0.001)


def _each_family(people: list[Judged], prefix: str) -> Iterator[Figure]:
    for family, members in by_family(people).items():
        name = f"{prefix}.{family.replace(' ', '_')}"
        yield _held(f"{name}.held_share", members, "lower" if members[0].honest else "higher", None)
        if members[0].honest:
            yield _seconds(f"{name}.credited_share", members, true_s, studied_s, "higher", None)
            yield _seconds(f"{name}.minutes_error", members, error_s, studied_s, "lower", None)
        else:
            yield _seconds(f"{name}.false_credit_share", members, false_s, claimed_falsely_s, "lower", None)


def by_family(people: list[Judged]) -> dict[str, list[Judged]]:
    """Families in the order in which they came."""
    families: dict[str, list[Judged]] = defaultdict(list)
    for one in people:
        families[one.family].append(one)
    return families


def table(people: list[Judged]) -> Iterator[str]:
    """Lines of Markdown: one row a family."""
    yield "| family | role | learners | held | false seconds credited | true seconds lost | error of minutes |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for family, members in by_family(people).items():
        held = sum(one.held for one in members)
        low, high = wilson(held, len(members))
        cells = [f"{held / len(members):.1%} ({low:.1%} to {high:.1%})", "", "", ""]
        if not members[0].honest:
            cells[1] = _cell(members, false_s, claimed_falsely_s)
        if sum(one.true for one in members) > 0 and members[0].honest:
            cells[2] = _cell(members, lambda one: one.true - true_s(one), studied_s)
            cells[3] = _cell(members, error_s, studied_s)
        yield f"| {family} | {role(members[0])} | {len(members)} | {' | '.join(cells)} |"


def role(one: Judged) -> str:
    """What a family is there for."""
    if one.family in (SCOUT, SECOND_SCOUT, *LIMITS):
        return "in no figure"
    if one.family[0] in "JK":
        kind = "judge, honest" if one.honest else "judge, suspicion"
        return f"{kind}, {'sealed' if sealed(one.family) else 'open'}"
    if one.honest:
        word = one.group or ("sealed" if one.family[0] == "H" and sealed(one.family) else "")
        return f"honest ({word})" if word else "honest"
    if one.family[0] == "B":
        kind = "invariants" if one.family in BLIND_INVARIANT else "suspicion"
        return f"{kind}, {'sealed' if sealed(one.family) else 'open'}"
    if one.family.startswith(INVARIANT):
        return "invariants"
    return "suspicion, training" if one.family.startswith(TRAINING) else "suspicion, held out"


def _suspect(one: Judged) -> bool:
    rules = one.family.startswith(INVARIANT) or one.family in BLIND_INVARIANT
    return not one.honest and not rules and one.family not in (SCOUT, SECOND_SCOUT, *LIMITS)


def _cell(people: list[Judged], top: Callable[[Judged], float], bottom: Callable[[Judged], float]) -> str:
    low, high = bootstrap(people, top, bottom)
    return f"{_over(sum(map(top, people)), sum(map(bottom, people))):.2%} ({low:.2%} to {high:.2%})"


def _held(name: str, people: list[Judged], better: str, target: float | None) -> Figure:
    held = sum(one.held for one in people)
    low, high = wilson(held, len(people))
    detail = f"{held} of {len(people)}; 95 %: {low:.4f} to {high:.4f}"
    return Figure(name, held / max(1, len(people)), "share", better, detail, target)  # type: ignore[arg-type]


def _seconds(
    name: str,
    people: list[Judged],
    top: Callable[[Judged], float],
    bottom: Callable[[Judged], float],
    better: str,
    target: float | None,
) -> Figure:
    above, below = sum(map(top, people)), sum(map(bottom, people))
    low, high = bootstrap(people, top, bottom) if people else (0.0, 1.0)
    detail = f"{above:.0f} of {below:.0f} s; 95 %: {low:.4f} to {high:.4f}"
    return Figure(name, _over(above, below), "share", better, detail, target)  # type: ignore[arg-type]


def _over(above: float, below: float) -> float:
    return above / below if below else 0.0
