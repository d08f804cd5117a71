"""The rules' parameters: what a programme's `[study]` table may say, with bounds and a sentence each."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Meta, Struct

from lms_tracker.core.shape import checked
from lms_tracker.core.study.review import ReviewPolicy

Seconds = Annotated[float, Meta(ge=0, le=7 * 86400)]
Share = Annotated[float, Meta(ge=0, le=1)]


class PolicyErrors(ValueError):
    """All faults of a policy at once: `faults` is a list of "file: key: what is wrong"."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class SourcePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How far one source of statements (the name of its credential) is trusted."""

    late_s: Seconds = 900.0
    """Evidence that promises heartbeats may arrive this long after its timestamp; what comes later is `clock`."""
    reports_late: bool = False
    """The source reports late by nature (nightly exports): lateness is not judged."""
    declared_share: Share = 1.0
    """Share of this source's evidence without proof that counts; the rest is `aggregate`."""
    aggregate_share: Share = 0.0
    """Share of bare claims (a duration without events) that counts; the rest is `aggregate`."""


class StudyPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of the study-time rules (contract: study-time.md, section 2). Defaults are the contract's."""

    id: str = "default"
    """Name and content hash of the file it came from; recorded with each ledger entry."""
    timezone: str = "Asia/Shanghai"
    """Local dates of the ledger and of the daily cap are dates here."""
    class_hour_s: Annotated[float, Meta(gt=0, le=86400)] = 2700.0
    """Credited seconds in one class hour (学时)."""
    credit: Literal["media", "wall"] = "media"
    """Whether media count by the content played or by the clock."""
    gap_s: Seconds = 90.0
    """A producer that promises heartbeats and is silent for longer says nothing of that time: `gap`."""
    hidden_s: Seconds = 60.0
    """The page may be out of sight or focus this long; a longer absence is `hidden` from its beginning."""
    idle_s: Seconds = 900.0
    """Longest time between signs of presence (an input, an answered check); a longer one is `idle` as a whole."""
    stretch_s: Seconds = 1800.0
    """A producer that reports neither inputs nor checks is believed this long after each media event; then `idle`.

    One that reports checks only is believed this long before an answered check that follows another.
    """
    blip_s: Annotated[float, Meta(ge=0, le=60)] = 2.0
    """A pause that ends within this long shows nobody: it does not renew `stretch_s`."""
    max_rate: Annotated[float, Meta(ge=1, le=16)] = 1.5
    """Fastest playback that counts; faster is `rate`."""
    tolerance_s: Annotated[float, Meta(ge=0, le=60)] = 2.0
    """Position and clock agree within this many seconds …"""
    tolerance_pct: Annotated[float, Meta(ge=0, le=50)] = 2.0
    """… plus this share of the stretch, in percent."""
    compare_s: Annotated[float, Meta(ge=0, le=600)] = 10.0
    """Steps shorter than this that agree are compared together: of each alone the tolerance is a large part."""
    cap_s: Annotated[float, Meta(gt=0, le=86400)] = 28800.0
    """Most study seconds credited on one local date; more is `cap`."""
    clock_error_s: Seconds = 60.0
    """A producer's clock may be off by this much unnoticed; a larger constant error is corrected for."""
    sources: dict[str, SourcePolicy] = {}
    """Trust by source; `default` stands for every source not named."""
    review: ReviewPolicy = ReviewPolicy()
    """Deadlines of review and appeal. They change no entry, and are no part of `id`."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def source(self, name: str) -> SourcePolicy:
        """The trust in one source."""
        return self.sources.get(name) or self.sources.get("default") or SourcePolicy()


DEFAULTS = StudyPolicy()


def parse_study(table: Mapping[str, Any], file: str) -> StudyPolicy:
    """Check the `[study]` table of a policy file.

    Raises PolicyErrors with every fault: unknown keys, wrong types, values out of bounds, unknown time zones.
    """
    faults: list[str] = []
    plain = {key: value for key, value in table.items() if key not in ("sources", "review")}
    values = checked(plain, StudyPolicy, f"{file}: study", faults, hidden=("id",))
    values["review"] = ReviewPolicy(**checked(table.get("review", {}), ReviewPolicy, f"{file}: study.review", faults))
    zone = values.get("timezone")
    if zone is not None and zone not in available_timezones():
        faults.append(f"{file}: study.timezone: {zone!r} is not a time zone (example: Asia/Shanghai)")
    sources = table.get("sources", {})
    if isinstance(sources, Mapping):
        values["sources"] = {
            name: SourcePolicy(**checked(source, SourcePolicy, f"{file}: study.sources.{name}", faults))
            for name, source in sources.items()
        }
    else:
        faults.append(f"{file}: study.sources: must be a table of sources")
    if faults:
        raise PolicyErrors(faults)
    return StudyPolicy(**values)
