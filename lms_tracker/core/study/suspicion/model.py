"""The model: a card of points for each signal, a threshold, and nothing else. A small file that people can read and review.

Each signal is worth nothing up to `none`, `points` from `full` on, and in proportion between; `full` may lie below `none`,
where small values are the suspicious ones. The sum is the score. Time is held from `threshold` on, if half of it
comes of signals that can be worth half of it each.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from lms_tracker.core.shape import checked
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.core.study.suspicion.found import Found
from lms_tracker.core.study.suspicion.openings import SessionKey

FILE = "config/suspicion.toml"
Value = Annotated[float, Meta(ge=-1_000_000, le=1_000_000)]
Points = Annotated[float, Meta(gt=0, le=10_000)]


class Scale(Struct, frozen=True, forbid_unknown_fields=True):
    """What a signal's value is worth."""

    none: Value
    full: Value
    points: Points

    def worth(self, value: float) -> float:
        """Points, between 0 and `points`."""
        return self.points * min(1.0, max(0.0, (value - self.none) / (self.full - self.none)))


class _Card(Struct):
    """What stands in the file."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    threshold: Points
    window_days: Annotated[int, Meta(ge=1, le=366)]
    signals: Annotated[dict[str, Any], Meta(min_length=1)]


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


def parse_model(text: str, known: frozenset[str] | None = None, file: str = FILE) -> Model:
    """A model from TOML. Raises PolicyErrors with every fault, each as "file: key: what is wrong"; `known`: names of the signals
    there are."""
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise PolicyErrors([f"{file}: not TOML: {e}"]) from e
    faults: list[str] = []
    card = checked(table, _Card, f"{file}: ", faults)
    scales = {
        name: _scale(row, f"{file}: signals.{name}", name, known, faults)
        for name, row in card.get("signals", {}).items()
    }
    if faults:
        raise PolicyErrors(faults)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    weighed = {name: scale for name, scale in scales.items() if scale is not None}
    return Model(f"{card['name']}@{digest}", float(card["threshold"]), card["window_days"], weighed)


def _scale(row: Any, where: str, name: str, known: frozenset[str] | None, faults: list[str]) -> Scale | None:
    if known is not None and name not in known:
        faults.append(f"{where}: there is no such signal (there are: {', '.join(sorted(known))})")
    before = len(faults)
    values = checked(row, Scale, where, faults)
    if len(faults) > before:
        return None
    if values["none"] == values["full"]:
        faults.append(f"{where}: `none` and `full` must differ (given: {values['none']:g} for both)")
    return Scale(**values)


def weigh(found: Mapping[str, Found], model: Model) -> Suspicion:
    """The score of a learner's signals."""
    moved = [(name, worth, item) for name, item in found.items() if (worth := _worth(name, item, model)) > 0]
    moved.sort(key=lambda row: (-row[1], row[0]))
    sessions = dict.fromkeys(key for _, _, item in moved for key in item.sessions)
    return Suspicion(sum(worth for _, worth, _ in moved), moved, list(sessions))


def _worth(name: str, found: Found, model: Model) -> float:
    scale = model.scales.get(name)
    return scale.worth(found.value) if scale is not None else 0.0
