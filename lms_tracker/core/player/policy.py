"""How our own player is kept: what a programme's `[player]` table may say, with bounds and a sentence each.

It changes no ledger entry by itself, and is no part of the id that entries record.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from lms_tracker.core.shape import checked

Kind = Literal["confirm", "choice", "question"]
Seconds = Annotated[float, Meta(ge=1, le=3600)]


class PlayerPolicy(Struct, frozen=True):
    """`[player]`."""

    beat_from_s: Annotated[float, Meta(ge=5, le=60)] = 15.0
    """A page that plays sends a beat every so many seconds at least …"""
    beat_to_s: Annotated[float, Meta(ge=5, le=60)] = 30.0
    """… and at most, as the network allows."""
    offline_s: Annotated[float, Meta(ge=0, le=3600)] = 900.0
    """What a page kept while the network was away counts when it comes no later than this."""
    rates: tuple[Annotated[float, Meta(gt=0, le=16)], ...] = (0.5, 0.75, 1.0, 1.25, 1.5)
    """Speeds that the page offers."""
    check_mean_s: Annotated[float, Meta(ge=60, le=7200)] = 600.0
    """Playing time between presence checks, on average …"""
    check_least_s: Annotated[float, Meta(ge=20, le=3600)] = 240.0
    """… and at least. In between every moment is as likely as any other."""
    check_answer_s: Annotated[float, Meta(ge=10, le=600)] = 60.0
    """How long a check waits for its answer; then it is missed, and nothing counts until somebody is there."""
    check_kinds: tuple[Kind, ...] = ("question", "choice")
    """What may be asked. A question is drawn where the activity's bank has one on the last minutes, else a choice; with
    `confirm`, every other time a mere confirmation (core.player.checks says when)."""
    question_window_s: Annotated[float, Meta(ge=30, le=3600)] = 300.0
    """A question is on what was shown in the last so many seconds of the media."""
    complete_pct: Annotated[float, Meta(gt=0, le=100)] = 95.0
    """Share of the media that must have been played for `completed`, in percent."""
    grant_s: Annotated[float, Meta(ge=60, le=86400)] = 1800.0
    """How long a grant holds after it was given or renewed; a page in use renews it in time."""
    lease_s: Annotated[float, Meta(ge=15, le=600)] = 75.0
    """A stream that was silent for longer stands in nobody's way: another page may begin without asking."""
    keep_days: Annotated[int, Meta(ge=1, le=36_500)] = 400
    """Beats are deleted so many days after their session was opened, once the programme has ended and nobody has yet to
    decide about the time; the ledger stays as it was posted."""


DEFAULTS = PlayerPolicy()


def parse_player(table: Any, file: str, faults: list[str], max_rate: float) -> PlayerPolicy:
    """Check the `[player]` table of a policy file; every fault goes to `faults`. `max_rate`: the fastest that counts."""
    before = len(faults)
    values = checked(table, PlayerPolicy, f"{file}: player", faults)
    if len(faults) > before or not isinstance(table, Mapping):
        return DEFAULTS
    policy = PlayerPolicy(**values)
    faults += [f"{file}: player.{fault}" for fault in _faults(policy, max_rate)]
    return policy


def _faults(policy: PlayerPolicy, max_rate: float) -> list[str]:
    found = []
    if policy.beat_from_s > policy.beat_to_s:
        found.append(f"beat_from_s: must not exceed beat_to_s (it is {policy.beat_from_s:g})")
    if policy.check_least_s > policy.check_mean_s:
        found.append(f"check_least_s: must not exceed check_mean_s (it is {policy.check_least_s:g})")
    if not policy.rates or 1.0 not in policy.rates:
        found.append("rates: must hold 1.0, the normal speed")
    if policy.rates and max(policy.rates) > max_rate:
        found.append(f"rates: {max(policy.rates):g} is faster than what counts (study.max_rate is {max_rate:g})")
    if not policy.check_kinds:
        found.append("check_kinds: at least one kind is needed")
    if policy.grant_s < policy.offline_s:
        found.append("grant_s: must not be shorter than offline_s: what was kept could not be sent")
    return found
