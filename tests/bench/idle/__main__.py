"""`python -m tests.bench.idle [--quick | --each=N]`: judge simulated people, print the table, write var/idle.json and the page.

A learner takes a tenth of a second of one core; two work. `--each=30` is 6,600 learners, to show 1 in 1,000.
"""

import gc
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.suspicion.model import Model, parse_model
from tests.bench.figures import Figure
from tests.bench.idle.blind import blind_people
from tests.bench.idle.figures import of_all, of_blind, of_judge, overall, table
from tests.bench.idle.measure import Judged, judge, suspect
from tests.bench.idle.population import people
from tests.bench.idle.second import second_people

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "idle-benchmark.md"
SEED = 20_260_301
"""Of the published run. Training runs use other seeds (train.py)."""
FULL = (10, 7, 6)
QUICK = (3, 5, 2)
"""Learners a family, days, and how many times as many honest ones."""
SELDOM = (100_000, 20, 50)
"""The collector's thresholds: people are many small objects, and short-lived."""
BLIND_WEIGHT = 3
"""The same of the blind families, and of the judge's."""


def load_model() -> Model:
    """The model in force."""
    return parse_model((ROOT / "config" / "suspicion.toml").read_text(encoding="utf-8"))


def run(each: int, days: int, weight: int, seed: int = SEED) -> list[Judged]:
    """Everybody judged, by the model in force."""
    gc.set_threshold(*SELDOM)
    judged = list(judge(people(each, days, seed, weight), StudyPolicy()))
    suspect(judged, load_model())
    return judged


def run_blind(each: int, days: int, weight: int, seed: int = SEED) -> list[Judged]:
    """The blind families, judged alike and among themselves."""
    gc.set_threshold(*SELDOM)
    judged = list(judge(blind_people(each, days, seed, weight), StudyPolicy()))
    suspect(judged, load_model())
    return judged


def run_judge(each: int, days: int, weight: int, seed: int = SEED) -> list[Judged]:
    """The judge's families, likewise."""
    gc.set_threshold(*SELDOM)
    judged = list(judge(second_people(each, days, seed, weight), StudyPolicy()))
    suspect(judged, load_model())
    return judged


def main(arguments: list[str]) -> int:
    """Exit code 0: measured, whatever the figures."""
    each, days, weight = QUICK if "--quick" in arguments else FULL
    each = next((int(a.removeprefix("--each=")) for a in arguments if a.startswith("--each=")), each)
    with ProcessPoolExecutor(2) as pool:
        known = pool.submit(run, each, days, weight)
        unseen = pool.submit(run_blind, each, days, min(weight, BLIND_WEIGHT))
        strange = pool.submit(run_judge, each, days, min(weight, BLIND_WEIGHT))
        judged, blind, second = known.result(), unseen.result(), strange.result()
    figures = [*overall(judged), of_all([*judged, *blind, *second]), *of_blind(blind), *of_judge(second)]
    for figure in figures:
        aim = "" if figure.target is None else f"target {figure.target:g} {'reached' if figure.met else 'missed'}"
        print(f"{figure.name:<60} {figure.value:>9.4f} {aim:<22} {figure.detail}")
    tables = ["\n".join(table(people)) for people in (judged, blind, second)]
    print(*tables, sep="\n")
    written = [{k: v for k, v in msgspec.to_builtins(f).items() if k != "target"} for f in figures]
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var" / "idle.json").write_bytes(msgspec.json.format(msgspec.json.encode(written), indent=1) + b"\n")
    if "--quick" not in arguments:
        publish(figures, tables, len(judged) + len(blind) + len(second), days)
    return 0


def publish(figures: list[Figure], tables: Sequence[str], learners: int, days: int) -> None:
    """Write docs/idle-benchmark.md. `tables`: of the known families, the blind ones, and the judge's."""
    named = [f for f in figures if ".family." not in f.name]
    lines = ["| name | value | target | detail |", "| --- | --- | --- | --- |"]
    lines += [f"| `{f.name}` | {f.value:.4f} | {'' if f.target is None else f.target} | {f.detail} |" for f in named]
    text = (Path(__file__).parent / "page.md").read_text(encoding="utf-8").format(
        seed=SEED,
        learners=f"{learners:,}",
        days=days,
        model=load_model().id,
        figures="\n".join(lines),
        table=tables[0],
        blind=tables[1],
        judge=tables[2],
    )  # fmt: skip
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
