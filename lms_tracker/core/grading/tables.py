"""The tables of a policy file that speak of grades. Only their shape: what they mean together is in `policy_rules`."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from lms_tracker.core.grading.group import AgeBand, Honour, Result, Standing
from lms_tracker.core.grading.parts import Cap, Part, Points
from lms_tracker.core.grading.rounding import Rounding
from lms_tracker.core.grading.words import Words


class ProgrammePolicy(Struct, frozen=True):
    """`[programme]`."""

    name: Words


class GradeRules(Struct, frozen=True):
    """`[grade]`: the result as a whole."""

    pass_mark: Decimal
    """Final grade (0-100, as printed) from which on a learner passes; of points, the base points (80 a year)."""
    rounding: Rounding = "half_up"
    decimals: Annotated[int, Meta(ge=0, le=4)] = 1
    round: Literal["parts", "final"] = "parts"
    """Where the one rounding happens: at the points of each part, or only at their sum."""
    scheme: Literal["weights", "points"] = "weights"
    """A weighted grade of 0-100 with bonus points outside of the weights; or base points and bonus points."""
    bonus_most: Decimal | None = None
    """Most bonus points in all."""
    final_most: Decimal | None = None
    """Highest final grade, bonus included."""
    period: Literal["programme", "year"] = "programme"
    """What a grade is of: the whole programme, or each year of it."""
    year_starts: Annotated[int, Meta(ge=1, le=12)] = 1
    """Month in which a year begins."""


class ContactRules(Struct, frozen=True):
    """`[contact]`: when somebody should call a learner."""

    pace_below_pct: Decimal = Decimal(60)
    """Class hours below this percentage of what the calendar expects."""
    quiet_days: Annotated[int, Meta(ge=1, le=366)] = 14
    """Days without credited study."""
    grace_days: Annotated[int, Meta(ge=0, le=366)] = 14
    """First days of a learner in which nobody is called."""


class BulletinRules(Struct, frozen=True):
    """`[bulletin]`."""

    wait_s: Annotated[int, Meta(ge=0, le=10 * 86400)] = 900
    """How long after the period's last midnight a scheduled bulletin waits for evidence that comes late."""
    names_progress: bool = False
    """Whether it names who made progress. Only ever in a programme of a single class: a bulletin has one text for all
    its readers, and nobody sees another class."""


class Grading(Struct, frozen=True):
    """How a programme grades."""

    rules: GradeRules
    components: tuple[Part, ...]
    contact: ContactRules = ContactRules()
    bulletin: BulletinRules = BulletinRules()
    points: tuple[Points, ...] = ()
    caps: tuple[Cap, ...] = ()
    results: tuple[Result, ...] = ()
    age_bands: tuple[AgeBand, ...] = ()
    standing: tuple[Standing, ...] = ()
    honours: tuple[Honour, ...] = ()

    @property
    def parts(self) -> tuple[Part | Points, ...]:
        """All of them, in the order in which a grade has them."""
        return (*self.components, *self.points)
