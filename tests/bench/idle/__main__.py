"""`python -m tests.bench.idle [--quick | --each=N]`: judge simulated people, print the table, write var/idle.json and the page.

A learner takes about a tenth of a second. `--each=30` shows one honest learner in 1,000 with some certainty: 20 minutes.
"""

import sys
from pathlib import Path

import msgspec

from lms_tracker.core.study.policy import StudyPolicy
from lms_tracker.core.study.suspicion.model import Model, parse_model
from tests.bench.idle.figures import overall, table
from tests.bench.idle.measure import Judged, judge, suspect
from tests.bench.idle.population import people

ROOT = Path(__file__).resolve().parents[3]
SEED = 20_260_301
"""Of the published run. Training runs use other seeds (train.py)."""
FULL = (10, 7, 6)
QUICK = (3, 5, 2)
"""Learners a family, days, and how many times as many honest ones."""
WORDS = """\
# What counts: a benchmark

`make bench-idle` simulates people and cheats, judges them by the rules and the detector as the product has them, and
compares with the truth of every second. This page is its last full run (seed {seed}; {learners} learners, {days} days each;
model `{model}`). Families and look-alikes are those of the contract's list of adversaries, and two that it does not name (U).

- The simulator is `tests/bench/idle`: the truth is written from the contract's text, by the people simulated, never by the
  engine. How a producer reports (timers, rounding, noise, whether it names devices or asks for presence) is drawn alike
  for honest and dishonest, so that it tells nothing.
- *Suspicion, training*: families on which signals' scales were chosen. *Held out*: families to which no number was fitted. Their
  results were seen during development all the same, and signals were changed after that (suspicion-model.md says which):
  their figures are optimistic.
- The simulator was changed after first results, too: unattended tabs of families 4 and 8 no longer show trusted inputs, the
  studied course of family 8 has no pauses, honest sessions no longer overlap, short glances away count as study. With the
  inputs, 51 % of family 4's false time was credited (4 learners). The figure for invariants rests on these choices.
- Credited time within 2 s of attended time counts as true, for clocks that are corrected.
- False seconds: claimed, not studied, and credited all the same (held time is not credited). True seconds lost: studied, and
  not credited, or held. In brackets 95 % intervals: Wilson's for people, bootstrap over learners for seconds.
- Families 4, 5, 7 and 11 stand here without the player's grants and proofs, which are to refuse them at the door: what is left of
  5 and 1 are sessions shorter than a quarter of an hour, in which nobody needs to move.

## Figures

{figures}

## Families

{table}
"""


def load_model() -> Model:
    """The model in force."""
    return parse_model((ROOT / "config" / "suspicion.toml").read_text(encoding="utf-8"))


def run(each: int, days: int, weight: int, seed: int = SEED) -> list[Judged]:
    """Everybody judged, by the model in force."""
    judged = list(judge(people(each, days, seed, weight), StudyPolicy()))
    suspect(judged, load_model())
    return judged


def main(arguments: list[str]) -> int:
    """Exit code 0: measured, whatever the figures."""
    each, days, weight = QUICK if "--quick" in arguments else FULL
    each = next((int(a.removeprefix("--each=")) for a in arguments if a.startswith("--each=")), each)
    judged = run(each, days, weight)
    figures = list(overall(judged))
    for figure in figures:
        aim = "" if figure.target is None else f"target {figure.target:g} {'reached' if figure.met else 'missed'}"
        print(f"{figure.name:<60} {figure.value:>9.4f} {aim:<22} {figure.detail}")
    rows = "\n".join(table(judged))
    print(rows)
    written = [{k: v for k, v in msgspec.to_builtins(f).items() if k != "target"} for f in figures]
    (ROOT / "var").mkdir(exist_ok=True)
    (ROOT / "var" / "idle.json").write_bytes(msgspec.json.format(msgspec.json.encode(written), indent=1) + b"\n")
    if "--quick" not in arguments:
        named = [f for f in figures if not f.name.startswith("idle.family.")]
        lines = ["| name | value | target | detail |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{f.name}` | {f.value:.4f} | {'' if f.target is None else f.target} | {f.detail} |" for f in named
        ]
        text = WORDS.format(
            seed=SEED, learners=len(judged), days=days, model=load_model().id, figures="\n".join(lines), table=rows
        )
        (ROOT / "docs" / "idle-benchmark.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
