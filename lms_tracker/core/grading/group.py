"""What a policy says of people among others: results by bands, standing in a group, honours. Only their shape."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from lms_tracker.core.grading.words import Words

Group = Literal["programme", "cohort"]
Age = Annotated[int, Meta(ge=0, le=150)]


class Result(Struct, frozen=True, forbid_unknown_fields=True):
    """`[[result]]`: what somebody is called whose figure reaches `at_least`; of several the first that fits."""

    key: str
    title: Words
    at_least: Decimal
    of: Literal["final", "base"] = "final"
    passed: bool = False
    """Only who has passed."""


class AgeBand(Struct, frozen=True):
    """`[[age_band]]`: pass mark and results of people up to an age; None: of all older ones."""

    title: Words
    pass_mark: Decimal
    to_age: Age | None = None
    results: tuple[Result, ...] = ()


class Standing(Struct, frozen=True):
    """`[[standing]]`: who meets one of these is out. Exactly one of its rules:

    - `share_of_top_pct` with `top`: the total is below so many percent of the mean of the `top` highest totals;
    - `below` with `times`: so many achievements of `evidence` below so many percent, each item by its last attempt;
    - `worst_share` with `times`: the last `times` of `evidence` (ranks) in a row among the worst of that share.
    """

    key: str
    title: Words
    group: Group = "programme"
    share_of_top_pct: Decimal | None = None
    top: Annotated[int, Meta(ge=1, le=1000)] = 5
    evidence: str = ""
    below: Decimal | None = None
    worst_share: tuple[int, int] | None = None
    """[1, 3]: the bottom third."""
    times: Annotated[int, Meta(ge=1, le=100)] = 1
    latest: bool = False
    """Only the latest ones count: what was made good is forgotten."""


class Honour(Struct, frozen=True):
    """`[[honour]]`: who meets all of it, the best first."""

    key: str
    title: Words
    group: Group = "programme"
    passed: bool = True
    """Only who has passed."""
    at_least: Decimal = Decimal(0)
    """Final grade, or total."""
    parts_at_least: dict[str, Decimal] = {}
    """Score of parts by key (points, of a part by points)."""
    every_year_base: Decimal | None = None
    """Base points in every year so far, the first one included."""
    by: Literal["final", "all_years"] = "final"
    """What the order goes by: the final grade or total of now, or the sum of the totals of all years."""
    top: Annotated[int, Meta(ge=0, le=10_000)] = 0
    """So many of the best; with the last all who have as much. 0: no such limit."""
    top_pct: Decimal | None = None
    """The best so many percent of the group, rounded down, at least one; with the last all who have as much."""
    not_standing: bool = True
    """Nobody who is out by a standing rule."""
