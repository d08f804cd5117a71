"""`lms-tracker policy`: check policy files."""

from pathlib import Path

import click

from lms_tracker.actions.policies import load_policy, policy_names, read_policy
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


@click.group()
def group() -> None:
    """Check the policies of programmes."""


@group.command()
@click.argument("policies", nargs=-1, metavar="[FILE|NAME]...")
def check(policies: tuple[str, ...]) -> None:
    """Check policy files, or installed policies by name; all installed ones without an argument."""
    faults: list[str] = []
    for text in policies or tuple(policy_names()):
        try:
            is_file = text.endswith(".toml") or "/" in text
            policy = read_policy(Path(text)) if is_file else load_policy(text)
        except PolicyErrors as e:
            faults += e.faults
            continue
        click.echo(f"{text}: in order, {policy.id}" + ("" if policy.grading else " (study time only)"))
    if faults:
        raise click.ClickException(f"{len(faults)} fault(s)\n" + "\n".join(faults))


@group.command("list")
def list_() -> None:
    """Names of the installed policies."""
    click.echo("\n".join(policy_names()))
