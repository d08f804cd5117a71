"""`python -m tests.bench [PREFIX]`: run the families whose figures may begin with PREFIX, print and write them."""

import importlib
import sys
from pathlib import Path

import msgspec

from tests.bench.figures import Figure

# Family -> module with `measure()`. A family's figures begin with its name.
FAMILIES = {
    "engine": "tests.bench.engine",
    "settle": "tests.bench.settle",
    "grade": "tests.bench.grade",
    "recompute": "tests.bench.recompute",
    "ingest": "tests.bench.ingest",
    "disk": "tests.bench.disk",
    "originality": "tests.bench.originality",
    "beats": "tests.bench.beats",
    "live": "tests.bench.live",
    "tracker": "tests.bench.tracker",
    "read": "tests.bench.read",  # and ingest.full_over_empty
}
RESULT = Path("var/bench.json")


def main(prefix: str) -> int:
    """Exit code: 0 measured (targets or not), 2 when no family has that prefix."""
    families = [name for name in FAMILIES if name.startswith(prefix) or prefix.startswith(f"{name}.")]
    if not families:
        print(f"No family of figures begins with {prefix!r}; there are {', '.join(FAMILIES)}.", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for family in families:
        print(f"measuring {family}.*", file=sys.stderr, flush=True)
        for figure in importlib.import_module(FAMILIES[family]).measure():
            if figure.name.startswith(prefix) or family == prefix:
                figures.append(figure)
                print(_line(figure), flush=True)
    RESULT.parent.mkdir(exist_ok=True)
    written = [{k: v for k, v in msgspec.to_builtins(f).items() if k != "target"} for f in figures]
    RESULT.write_bytes(msgspec.json.format(msgspec.json.encode(written), indent=1) + b"\n")
    print(f"written to {RESULT}", file=sys.stderr)
    return 0


def _line(figure: Figure) -> str:
    sign = ">=" if figure.better == "higher" else "<="
    verdict = {None: "", True: "reached", False: "missed"}[figure.met]
    target = "" if figure.target is None else f"target {sign} {figure.target:g} {verdict}"
    return f"{figure.name:<40} {figure.value:>12,.3f} {figure.unit:<14} {target:<24} {figure.detail}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
