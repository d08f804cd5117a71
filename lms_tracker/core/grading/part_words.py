"""The rule of a part in one sentence, Chinese and English, made of its keys: for the tree and for print."""

from decimal import Decimal

from lms_tracker.core.grading.kinds import LEVEL_WORDS
from lms_tracker.core.grading.parts import Achievements, Choice, ClassHours, Late, Marks, Part, Points
from lms_tracker.core.grading.words import Words, plain

Said = tuple[str, str]


def rule_of(part: Part | Points) -> Words:
    """What earns points in this part."""
    if isinstance(part, Points):
        said = [_scale(part), *_choice(part), *_limits(part)]
    else:
        said = [_weight(part), *(_choice(part) if isinstance(part, Achievements) else [])]
        if isinstance(part, Marks):
            said += _late(part.late)
        if part.minimum:
            said.append((f"不低于目标的 {plain(part.minimum)}%", f"at least {plain(part.minimum)} % of the target"))
    return Words("；".join(zh for zh, _ in said), "; ".join(en for _, en in said))


def _weight(part: Part) -> Said:
    weight = plain(part.weight)
    if isinstance(part, ClassHours):
        target = plain(part.target)
        return f"占 {weight} 分，{target} 学时得满分", f"weight {weight}: {target} class hours earn all of it"
    if isinstance(part, Marks):
        zh, en = f"占 {weight} 分，取最好的一项", f"weight {weight}: the best mark"
        if part.required > 1:
            zh = f"占 {weight} 分，最好的 {part.required} 项按权重平均"
            en = f"weight {weight}: the mean of the best {part.required} marks, by their weights"
        if part.item_pass_mark:
            zh += f"，每项 {plain(part.item_pass_mark)} 分及格"
            en += f", each done with {plain(part.item_pass_mark)}"
        return zh, en
    target = plain(part.target)
    zh, en = {
        "count": (f"{target} 次得满分", f"{target} of them earn all of it"),
        "sum": (f"合计 {target} 得满分", f"a sum of {target} earns all of it"),
        "mean": (f"平均 {target} 得满分", f"a mean of {target} earns all of it"),
        "best": (f"最好一项按 {target} 折算", f"the best one, of {target}"),
    }[part.take]
    if part.by_level:
        zh, en = f"{zh}（{_levels(part.by_level, 'zh')}）", f"{en} ({_levels(part.by_level, 'en')})"
    return f"占 {weight} 分，{zh}", f"weight {weight}: {en}"


def _scale(part: Points) -> Said:
    if part.each is not None:
        return f"每次 {plain(part.each)} 分", f"{plain(part.each)} points each"
    if part.by_level is not None:
        return _levels(part.by_level, "zh"), _levels(part.by_level, "en")
    if part.per_unit is not None:
        per = plain(part.per_unit)
        if part.evidence == ("class_hours",):
            return f"每学时 {per} 分", f"{per} points a class hour"
        return f"数值 × {per}", f"value x {per}"
    if part.share is not None:
        target, points = plain(part.share.target), plain(part.share.points)
        return f"满 {target} 得 {points} 分，不足按比例", f"{target} earn {points} points, less of it in proportion"
    zh = "，".join(f"满 {plain(step.at)} 得 {plain(step.points)} 分" for step in part.steps)
    en = ", ".join(f"from {plain(step.at)} on {plain(step.points)} points" for step in part.steps)
    return zh, en


def _choice(part: Choice) -> list[Said]:
    said: list[Said] = []
    if part.levels:
        words = [LEVEL_WORDS.get(level, Words(level, level)) for level in part.levels]
        said.append((f"只计{'、'.join(w.zh for w in words)}", f"only {', '.join(w.en for w in words)}"))
    if part.items:
        said.append((f"只计{'、'.join(part.items)}", f"only {', '.join(part.items)}"))
    if part.pass_mark is not None:
        said.append((f"{plain(part.pass_mark)} 分及格才计", f"only from {plain(part.pass_mark)} on"))
    if part.resits:
        said.append((f"可补考 {part.resits} 次", f"{part.resits} resit{'s' * (part.resits > 1)}"))
    if part.first_year:
        said.append(("只计第一年", "in the first year only"))
    if part.proof:
        said.append(("须有证明材料", "only with proof"))
    if part.best:
        said.append((f"取最好 {part.best} 项", f"the best {part.best}"))
    if part.drop_lowest:
        said.append((f"去掉最低 {part.drop_lowest} 项", f"without the lowest {part.drop_lowest}"))
    return said + _late(part.late)


def _late(late: Late | None) -> list[Said]:
    if late is None:
        return []
    zh, en = [], []
    if late.per_day_pct:
        zh.append(f"迟交每天扣 {plain(late.per_day_pct)}%，最多 {plain(late.most_pct)}%")
        en.append(f"{plain(late.per_day_pct)} % off for each day late, at most {plain(late.most_pct)} %")
    if late.refused_after is not None:
        zh.append(f"迟交超过 {late.refused_after} 天不计")
        en.append(f"nothing after {late.refused_after} days")
    return [("，".join(zh), ", ".join(en))]


def _limits(part: Points) -> list[Said]:
    said: list[Said] = []
    if part.skip:
        said.append((f"前 {part.skip} 次不在此计", f"beyond the first {part.skip}"))
    if part.resit_most is not None:
        said.append((f"补考最多 {plain(part.resit_most)} 分", f"a resit earns at most {plain(part.resit_most)}"))
    if part.most is not None:
        said.append((f"最多 {plain(part.most)} 分", f"at most {plain(part.most)} points"))
    if part.at_least:
        said.append((f"至少 {plain(part.at_least)} 分", f"at least {plain(part.at_least)} points"))
    if part.needs:
        said.append((f"至少 {part.needs} 次", f"at least {part.needs} of them"))
    return said


def _levels(levels: dict[str, Decimal], locale: str) -> str:
    between = ", " if locale == "en" else "、"
    return between.join(
        f"{LEVEL_WORDS.get(key, Words(key, key))(locale)} {plain(value)}" for key, value in levels.items()
    )
