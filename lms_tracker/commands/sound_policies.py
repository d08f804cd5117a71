"""What `serve` and `worker` ask before anything starts.

Apart from the commands about policies: those import numpy, whose threads would take Ctrl-C before `serve` can block it.
"""

import click

from lms_tracker.actions.policies import load_policy, policy_names
from lms_tracker.core.study.policy import PolicyErrors


def require_sound_policies() -> None:
    """Refuse to start with a policy that cannot be read: no learner's study time may depend on when that is noticed."""
    faults: list[str] = []
    for name in policy_names():
        try:
            load_policy(name)
        except PolicyErrors as e:
            faults += e.faults
    if faults:
        raise click.ClickException(f"{len(faults)} fault(s) in the policies\n" + "\n".join(faults))
