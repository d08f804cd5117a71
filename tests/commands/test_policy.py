"""Policies as an operator meets them."""

import pytest
from click.testing import CliRunner

from lms_tracker.cli import cli
from lms_tracker.commands import policy


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_nothing_starts_with_a_policy_that_cannot_be_read(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "policy_names", lambda: ["default", "broken", "gone"])
    result = CliRunner().invoke(cli, [command])
    assert result.exit_code == 1
    assert "2 fault(s) in the policies" in result.output
    assert "config/programmes/broken.toml: there is no such policy" in result.output
