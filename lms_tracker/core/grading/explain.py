"""How a number came about, as a tree: rule, evidence, value, contribution. Pure; texts in both languages.

The contributions of a node's children add up to its own, but for one rounding (of each part, or of the whole) and for
what a limit cut off, which both stand in the tree as nodes of their own.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from lms_tracker.core.counted import so_many
from lms_tracker.core.grading.components import Component, Source
from lms_tracker.core.grading.distance import distance
from lms_tracker.core.grading.grade import BASE, TOTAL, Grade, Override
from lms_tracker.core.grading.kinds import KINDS, LEVEL_WORDS
from lms_tracker.core.grading.part_words import rule_of
from lms_tracker.core.grading.parts import Part, Points
from lms_tracker.core.grading.tables import Grading
from lms_tracker.core.grading.things import NOTES
from lms_tracker.core.grading.words import Words, plain

NodeKind = Literal["total", "sum", "part", "evidence", "limit", "rounding", "override", "status"]
BONUS = Words("加分", "Bonus points")
WEIGHTED = Words("各部分得分", "Points of the parts")
STATUS_WORDS = {
    "passed": Words("合格", "passed"),
    "failed": Words("不合格", "failed"),
    "in_progress": Words("进行中", "in progress"),
}


class Node(Struct, frozen=True):
    """`value`: what is there, in words with its unit; `points`: what it contributes; `ref` finds the evidence again."""

    kind: NodeKind
    title: Words
    rule: Words | None = None
    value: Words | None = None
    points: Decimal | None = None
    ref: str | None = None
    happened_on: date | None = None
    note: Words | None = None
    counts: bool = True
    """False for evidence that counts nothing: `note` says why."""
    children: tuple["Node", ...] = ()


def explain_grade(grade: Grade, grading: Grading) -> Node:
    """The tree of a grade. `grading` is that of the policy it was made under."""
    parts = {part.key: part for part in grading.parts}
    by_hand = {override.part: override for override in grade.overrides}
    nodes = [_part(component, parts[component.key], grading, by_hand) for component in grade.components]
    first = [node for node, one in zip(nodes, grade.components, strict=True) if one.tier != "bonus"]
    bonus = [node for node, one in zip(nodes, grade.components, strict=True) if one.tier == "bonus"]
    base = Node(
        "sum",
        BASE if grade.scheme == "points" else WEIGHTED,
        rule=_base_rule(grade),
        points=grade.base,
        children=(*first, *_rounding(first, grade.base)),
    )
    children = [base]
    if bonus:
        rule = _at_most("加分", "bonus points", grading.rules.bonus_most)
        inner = (*bonus, *_limit(bonus, grade.bonus, grading.rules.bonus_most))
        children.append(Node("sum", BONUS, rule=rule, points=grade.bonus, children=inner))
    whole = grade.base + grade.bonus
    if "final" in by_hand:
        children.append(_override(by_hand["final"], grade.final - whole))
    elif grade.final != whole:
        rule = _at_most("总评成绩", "the final grade", grading.rules.final_most)
        children.append(Node("limit", Words("封顶", "limit"), rule=rule, points=grade.final - whole))
    if not bonus and len(children) == 1:
        children = [*base.children]
    children.append(_status(grade, by_hand))
    return Node(
        "total",
        TOTAL if grade.scheme == "weights" else Words("总分", "Total"),
        rule=_base_rule(grade),
        points=grade.final,
        note=grade.result,
        children=tuple(children),
    )


def evidence_of(node: Node) -> Iterable[Node]:
    """All evidence in a tree."""
    if node.kind == "evidence":
        yield node
    for child in node.children:
        yield from evidence_of(child)


def _part(component: Component, part: Part | Points, grading: Grading, by_hand: dict[str, Override]) -> Node:
    children = [_evidence(source, component) for source in component.sources]
    found = sum((source.points for source in component.sources), Decimal(0))
    before = component.points
    if component.key in by_hand:
        before = Decimal(by_hand[component.key].before)
    if component.cut:
        children.append(Node("limit", Words("超出上限", "beyond the limit"), points=-_short(component.cut)))
    rest = _short(before - found + component.cut)
    if rest and abs(rest) <= Decimal("0.5"):
        children.append(Node("rounding", _rounding_words(grading), points=rest))
    if component.key in by_hand:
        children.append(_override(by_hand[component.key], component.points - before))
    return Node(
        "part",
        component.title,
        rule=rule_of(part),
        value=_have(component),
        points=component.points,
        ref=f"part:{component.key}",
        children=tuple(children),
    )


def _evidence(source: Source, component: Component) -> Node:
    note = NOTES.get(source.note or "")
    kind = KINDS.get(source.kind or "")
    title = Words(source.label, source.label)
    if kind is not None:
        title = Words(f"{kind.words.zh}：{source.label}", f"{kind.words.en}: {source.label}")
        if source.attempt > 1:
            title = Words(f"{title.zh}（第 {source.attempt} 次）", f"{title.en} (attempt {source.attempt})")
    return Node(
        "evidence",
        title,
        value=_value(source, component),
        points=_short(source.points),
        ref=source.ref,
        happened_on=source.happened_on,
        note=note,
        counts=bool(source.points),
    )


def _value(source: Source, component: Component) -> Words | None:
    amount = plain(round(source.value, 2))
    level = LEVEL_WORDS.get(source.level or "")
    if source.weight is not None:
        weight = plain(source.weight)
        mark_zh, mark_en = (f"{amount} 分，", f"mark {amount}, ") if source.has_value else ("", "")
        return Words(f"{mark_zh}权重 {weight}", f"{mark_en}weight {weight}")
    if source.ref.startswith("course:"):
        return Words(f"{amount} 学时", so_many(amount, "class hour", "class hours"))
    if source.ref.startswith("mark:"):
        return Words(f"{amount} 分", f"mark {amount}")
    if level is not None:
        return level
    if source.has_value:
        whole = source.kind is not None and KINDS[source.kind].whole
        return Words(f"{amount} 次" if whole else amount, so_many(amount, "time", "times") if whole else amount)
    return None


def _have(component: Component) -> Words:
    have, target = plain(round(component.have, 2)), plain(round(component.target, 2))
    zh, en = {"class_hours": ("学时", "class hours"), "marks": ("项", "pieces")}.get(component.unit, ("", ""))
    unit_zh, unit_en = (f" {zh}", f" {en}") if zh else ("", "")
    if not component.target:
        return Words(f"{have}{unit_zh}", f"{have}{unit_en}")
    weighs = plain(round(component.weighs, 4)) if component.weighs is not None else ""
    more_zh, more_en = (f"，权重合计 {weighs}", f", weighing {weighs} in all") if weighs else ("", "")
    return Words(f"{have} / {target}{unit_zh}{more_zh}", f"{have} of {target}{unit_en}{more_en}")


def _base_rule(grade: Grade) -> Words:
    mark = plain(grade.pass_mark)
    band_zh = f"（{grade.band.zh}）" if grade.band else ""
    band_en = f" ({grade.band.en})" if grade.band else ""
    if grade.scheme == "points":
        return Words(f"基本分达到 {mark} 分为达标{band_zh}", f"{mark} base points are the target{band_en}")
    return Words(f"各部分之和；{mark} 分及以上合格{band_zh}", f"sum of the parts; {mark} or more passes{band_en}")


def _at_most(zh: str, en: str, most: Decimal | None) -> Words | None:
    return None if most is None else Words(f"{zh}最多 {plain(most)} 分", f"{en}: at most {plain(most)}")


def _limit(nodes: Sequence[Node], total: Decimal, most: Decimal | None) -> tuple[Node, ...]:
    over = sum((node.points or Decimal(0) for node in nodes), Decimal(0)) - total
    if most is None or over <= 0:
        return _rounding(nodes, total)
    return (Node("limit", Words("超出上限", "beyond the limit"), points=-_short(over)),)


def _rounding(nodes: Sequence[Node], total: Decimal) -> tuple[Node, ...]:
    rest = _short(total - sum((node.points or Decimal(0) for node in nodes), Decimal(0)))
    return (Node("rounding", Words("四舍五入等取整", "rounding"), points=rest),) if rest else ()


def _rounding_words(grading: Grading) -> Words:
    zh = {"half_up": "四舍五入", "half_even": "四舍六入五成双", "down": "去尾"}[grading.rules.rounding]
    en = {"half_up": "rounded half up", "half_even": "rounded half to even", "down": "rounded down"}[
        grading.rules.rounding
    ]
    return Words(zh, en)


def _override(override: Override, points: Decimal) -> Node:
    who = override.made_by
    return Node(
        "override",
        Words(f"人工更正：{override.before} → {override.after}", f"set by hand: {override.before} → {override.after}"),
        rule=Words(
            f"{who or '管理员'}，{override.made_at:%Y-%m-%d}：{override.reason}",
            f"{who or 'an operator'}, {override.made_at:%Y-%m-%d}: {override.reason}",
        ),
        points=points,
        ref=override.ref,
    )


def _status(grade: Grade, by_hand: dict[str, Override]) -> Node:
    children = tuple(
        Node("status", Words(lack.sentence("zh"), lack.sentence("en")), ref=f"part:{lack.component}")
        for lack in grade.missing
    )
    if "status" in by_hand:
        children += (_override(by_hand["status"], Decimal(0)),)
    said = Words(distance(grade, "zh"), distance(grade, "en"))
    return Node("status", STATUS_WORDS[grade.status], rule=said if said.zh else None, children=children)


def _short(value: Decimal) -> Decimal:
    """At most four decimals, without zeros that say nothing."""
    short = round(value, 4).normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short
