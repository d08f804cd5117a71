"""What `serve` and `worker` ask before anything starts, and how commands tell of faulty rules.

Apart from the commands about policies: those import numpy, whose threads would take Ctrl-C before `serve` can block it.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import click

from lms_tracker.actions.policies import load_policy, policy_names
from lms_tracker.core.study.policy import PolicyErrors


def require_sound_policies() -> None:
    """Refuse to start with a policy, or a model of suspicion, that cannot be read: nobody's study time may depend on when that
    is noticed."""
    faults: list[str] = []
    for name in policy_names():
        try:
            load_policy(name)
        except PolicyErrors as e:
            faults += e.faults
    try:
        _load_model()
    except PolicyErrors as e:
        faults += e.faults
    if faults:
        raise click.ClickException(f"{len(faults)} fault(s) in the policies\n" + "\n".join(faults))


@contextmanager
def faults_told() -> Iterator[None]:
    """PolicyErrors become a ClickException with every fault."""
    try:
        yield
    except PolicyErrors as e:
        raise click.ClickException(f"{len(e.faults)} fault(s)\n" + "\n".join(e.faults)) from e


def _load_model() -> None:
    """With numpy, which the signals need; its threads are as deaf to the terminal as those that `serve` starts later."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        from lms_tracker.actions.suspect import load_model
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    load_model()
