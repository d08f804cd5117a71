"""The model: a card of points for each signal, a threshold, and nothing else. A small file that people can read and review.

Each signal is worth nothing up to `none`, `points` from `full` on, and in proportion between; `full` may lie below `none`,
where small values are the suspicious ones. The sum is the score. Time is held from `threshold` on, if half of it
comes of signals that can be worth half of it each.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from lms_tracker.core.shape import checked
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.core.study.suspicion.found import Found
from lms_tracker.core.study.suspicion.openings import SessionKey


class Scale(Struct, frozen=True, forbid_unknown_fields=True):
    """What a signal's value is worth."""

    none: float
    full: float
    points: float

    def worth(self, value: float) -> float:
        """Points, between 0 and `points`."""
        return self.points * min(1.0, max(0.0, (value - self.none) / (self.full - self.none)))


class Model(Struct, frozen=True):
    """`id` is name and content hash; it is recorded with each hold."""

    id: str
    threshold: float
    window_days: int
    scales: dict[str, Scale]

    def holds(self, suspicion: "Suspicion") -> bool:
        """Whether it is enough: the threshold, half of it by signals that honest people do not show alone. Weak signs, which can
        be worth less than half, never add up to a hold."""
        half = self.threshold / 2
        strong = sum(points for name, points, _ in suspicion.moved if self.scales[name].points >= half)
        return suspicion.score >= self.threshold and strong >= half


class Suspicion(Struct, frozen=True):
    """A learner's score, what moved it (strongest first, with points), and the sessions that show it."""

    score: float
    moved: list[tuple[str, float, Found]]
    sessions: list[SessionKey]


def parse_model(text: str, known: frozenset[str] | None = None) -> Model:
    """A model from TOML. Raises PolicyErrors with every fault; `known`: names of the signals there are."""
    faults: list[str] = []
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise PolicyErrors([f"suspicion.toml: {e}"]) from e
    signals = table.pop("signals", {})
    scales = {}
    for name, row in signals.items():
        if known is not None and name not in known:
            faults.append(
                f"suspicion.toml: signals.{name}: there is no such signal (there are: {', '.join(sorted(known))})"
            )
        values = checked(row, Scale, f"suspicion.toml: signals.{name}", faults)
        if len(values) == 3:
            scales[name] = Scale(**values)
            if scales[name].none == scales[name].full:
                faults.append(f"suspicion.toml: signals.{name}: `none` and `full` must differ")
        else:
            faults.append(f"suspicion.toml: signals.{name}: needs `none`, `full` and `points`")
    for key, kind in (("name", str), ("threshold", (int, float)), ("window_days", int)):
        if not isinstance(table.get(key), kind):
            faults.append(f"suspicion.toml: {key}: is missing or of the wrong type")
    if faults:
        raise PolicyErrors(faults)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Model(f"{table['name']}@{digest}", float(table["threshold"]), table["window_days"], scales)


def weigh(found: Mapping[str, Found], model: Model) -> Suspicion:
    """The score of a learner's signals."""
    moved = [(name, worth, item) for name, item in found.items() if (worth := _worth(name, item, model)) > 0]
    moved.sort(key=lambda row: (-row[1], row[0]))
    sessions = dict.fromkeys(key for _, _, item in moved for key in item.sessions)
    return Suspicion(sum(worth for _, worth, _ in moved), moved, list(sessions))


def _worth(name: str, found: Found, model: Model) -> float:
    scale = model.scales.get(name)
    return scale.worth(found.value) if scale is not None else 0.0
