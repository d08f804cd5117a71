"""`python -m tests.bench.idle.train`: compare ways to score on training families, and say what threshold the budget asks for.

Three ways over the same signals: the card of points (config/suspicion.toml), a logistic model, an isolation forest. Each
gets the threshold at which at most 1 honest learner in 1000 of the training population is held; then each is measured on
families that none of them has seen. Nothing here runs in the product.
"""

import math
import random
import sys
from collections.abc import Callable, Sequence

from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.suspicion.model import Model
from tests.bench.idle.__main__ import load_model
from tests.bench.idle.cheats import INVARIANT
from tests.bench.idle.groups import SCOUT
from tests.bench.idle.measure import Judged, judge
from tests.bench.idle.population import TRAINING, people

BUDGET = 0.001
Row = list[float]


def strengths(one: Judged, model: Model) -> Row:
    """Each signal between 0 (nothing) and 1 (all there is), by the card's scales."""
    names = sorted(model.scales)
    return [
        model.scales[n].worth(one.found[n].value) / model.scales[n].points if n in one.found else 0.0 for n in names
    ]


def card(model: Model) -> Callable[[Row], float]:
    """The product's way."""
    points = [model.scales[name].points for name in sorted(model.scales)]

    def score(row: Row) -> float:
        worths = [p * value for p, value in zip(points, row, strict=True)]
        weak = max(worths) < model.threshold / 2
        return min(sum(worths), model.threshold * 0.99) if weak else sum(worths)

    return score


def logistic(rows: Sequence[Row], labels: Sequence[bool], steps: int = 1500) -> Callable[[Row], float]:
    """Ridge-penalised logistic regression by gradient descent, classes weighted alike."""
    width = len(rows[0])
    weights, bias = [0.0] * width, 0.0
    share = sum(labels) / len(labels)
    for _ in range(steps):
        slope, drift = [0.0] * width, 0.0
        for row, label in zip(rows, labels, strict=True):
            z = bias + sum(w * x for w, x in zip(weights, row, strict=True))
            miss = (1 / (1 + math.exp(-max(-30.0, min(30.0, z)))) - label) * (0.5 / (share if label else 1 - share))
            drift += miss
            for index, x in enumerate(row):
                if x:
                    slope[index] += miss * x
        weights = [w - 2.0 * (s / len(rows) + 0.002 * w) for w, s in zip(weights, slope, strict=True)]
        bias -= 2.0 * drift / len(rows)
    return lambda row: bias + sum(w * x for w, x in zip(weights, row, strict=True))


def forest(rows: Sequence[Row], trees: int = 100, sample: int = 256, seed: int = 1) -> Callable[[Row], float]:
    """Isolation forest (Liu, Ting, Zhou 2008) over honest and dishonest alike; larger is stranger."""
    rng = random.Random(seed)

    def grow(part: list[Row], depth: int) -> object:
        axes = [a for a in range(len(rows[0])) if len({row[a] for row in part}) > 1]
        if depth == 0 or not axes:
            return len(part)
        axis = rng.choice(axes)
        cut = rng.uniform(min(row[axis] for row in part), max(row[axis] for row in part))
        sides = [row for row in part if row[axis] < cut], [row for row in part if row[axis] >= cut]
        return (axis, cut, grow(sides[0], depth - 1), grow(sides[1], depth - 1))

    grown = [grow(rng.sample(list(rows), min(sample, len(rows))), 8) for _ in range(trees)]

    def depth_of(row: Row, tree: object) -> float:
        depth = 0.0
        while isinstance(tree, tuple):
            tree, depth = tree[2] if row[tree[0]] < tree[1] else tree[3], depth + 1
        assert isinstance(tree, int)
        return depth + (2 * (math.log(tree - 1) + 0.577) - 2 * (tree - 1) / tree if tree > 1 else 0.0)

    return lambda row: -sum(depth_of(row, tree) for tree in grown) / trees


def threshold(scores: Sequence[float]) -> float:
    """The smallest that holds no more honest learners than the budget."""
    ordered = sorted(scores, reverse=True)
    return ordered[math.floor(BUDGET * len(ordered))] + 1e-9


def _split(population: Sequence[Judged]) -> tuple[list[Judged], list[Judged], list[Judged]]:
    honest = [one for one in population if one.honest]
    suspects = [o for o in population if not o.honest and not o.family.startswith(INVARIANT) and o.family != SCOUT]
    return (
        honest,
        [one for one in suspects if one.family.startswith(TRAINING)],
        [one for one in suspects if not one.family.startswith(TRAINING)],
    )


def main(each: int, days: int, weight: int) -> None:
    """Print, for each way, the threshold and what it holds of whom."""
    model = load_model()
    honest, training, _ = _split(list(judge(people(each, days, 7, weight), StudyPolicy())))
    fresh, fresh_training, left_out = _split(list(judge(people(each, days, 8, weight), StudyPolicy())))
    rows = [strengths(one, model) for one in (*honest, *training)]
    labels = [False] * len(honest) + [True] * len(training)
    ways = {"card": card(model), "logistic": logistic(rows, labels), "isolation forest": forest(rows)}
    print(f"{len(honest)} honest, {len(training)} others to train; {len(fresh)} and {len(left_out)} held out")
    print("| way | threshold | training families held | other seeds of them | held-out families | fresh honest held |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, way in ways.items():
        limit = threshold([way(row) for row in rows[: len(honest)]])
        if name == "card":
            print(f"(the card in force holds from {model.threshold:g}; the budget alone would allow {limit:.1f})")
            limit = max(limit, model.threshold)

        def share(of: Sequence[Judged], way: Callable[[Row], float] = way, limit: float = limit) -> str:
            held = sum(way(strengths(one, model)) >= limit for one in of)
            return f"{held}/{len(of)} = {held / max(1, len(of)):.2%}"

        print(
            f"| {name} | {limit:.3f} | {share(training)} | {share(fresh_training)} | {share(left_out)} | {share(fresh)} |"
        )


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:4] or ("25", "8", "4")))
