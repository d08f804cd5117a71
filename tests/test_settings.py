"""Settings are read once and refused when they make no sense: each fault names the setting, what is allowed and what was given."""

from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from click.testing import CliRunner

from lms_tracker.cli import cli
from lms_tracker.core.xapi.versions import SUPPORTED
from lms_tracker.settings import Settings, SettingsError, load
from lms_tracker.web.i18n import LANGUAGES

KINDS = get_type_hints(Settings, include_extras=True)
BAD = {
    "port": (["0", "65536", "http", "80.5"], "a whole number from 1 to 65535"),
    "max_body_bytes": (["-1", "0", "1023", "2147483648", "32MiB"], "a whole number from 1024 to 2147483647"),
    "media_max_bytes": (["-1", "1099511627777", "4 GB"], "a whole number from 1024 to 1099511627776"),
    "s3_wait_s": (["0", "-1", "21", "nan", "soon"], "a number above 0 to 20"),
    "settle_every_s": (["-1", "0", "0.001", "3601", "nan", "inf", ""], "a number from 0.01 to 3600"),
    "web_workers": (["-1", "257", "many"], "a whole number from 0 to 256"),
    "locale": (["fr", "", "ZH"], "zh or en"),
    "xapi_default_version": (["1.1", "3.0.0"], "1.0.0 or 1.0.1 or 1.0.2 or 1.0.3 or 2.0.0"),
    "worker": (["maybe", "2"], "true or false"),
    "secure_cookies": (["si"], "true or false"),
}
GOOD = {
    "port": ["1", "65535"],
    "max_body_bytes": ["1024", "2147483647"],
    "media_max_bytes": ["1024", "1099511627776"],
    "s3_wait_s": ["0.1", "20"],
    "settle_every_s": ["0.01", "3600"],
    "web_workers": ["0", "256"],
    "locale": ["en"],
    "worker": ["false"],
}


def refused(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        load(environ)
    return str(caught.value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (values, _) in BAD.items() for value in values])
def test_a_setting_out_of_bounds_is_refused(name: str, value: str, tmp_path: Path) -> None:
    said = f"must be {BAD[name][1]}; given: {value!r}"
    assert refused({f"LMS_TRACKER_{name.upper()}": value}) == f"LMS_TRACKER_{name.upper()}: {said}"
    file = tmp_path / "given"
    file.write_text(value, encoding="utf-8")
    assert refused({f"LMS_TRACKER_{name.upper()}_FILE": str(file)}) == f"LMS_TRACKER_{name.upper()}_FILE: {said}"


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GOOD.items() for value in values])
def test_bounds_themselves_are_allowed(name: str, value: str) -> None:
    assert str(getattr(load({f"LMS_TRACKER_{name.upper()}": value}), name)).lower().removesuffix(".0") == value


def test_all_faults_are_told_at_once_wherever_they_were_read(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(
        'settle_every_s = -1\nworker = true\nport = "80"\nsecret_key = 12345\nlocale = "fr"\n', encoding="utf-8"
    )
    said = refused({"LMS_TRACKER_CONFIG": str(file), "LMS_TRACKER_LOCALE": "de"}).splitlines()
    assert said == [
        f"{file}: settle_every_s: must be a number from 0.01 to 3600; given: -1",
        f"{file}: secret_key: must be a text in quotes; given: int",
        "LMS_TRACKER_LOCALE: must be zh or en; given: 'de'",
    ], "and a secret is not said"


def test_nothing_starts_with_a_setting_that_makes_no_sense() -> None:
    environ = {"LMS_TRACKER_SETTLE_EVERY_S": "-1", "LMS_TRACKER_LOCALE": "fr"}
    for command in (["serve"], ["worker"], ["db", "upgrade"]):
        result = CliRunner().invoke(cli, command, env=environ)
        assert result.exit_code == 1
        assert "LMS_TRACKER_SETTLE_EVERY_S: must be a number from 0.01" in result.output
        assert "LMS_TRACKER_LOCALE: must be zh or en; given: 'fr'" in result.output


def test_every_number_has_bounds_and_every_choice_is_one_there_is() -> None:
    assert [name for name, kind in KINDS.items() if kind in (int, float)] == []
    assert get_args(KINDS["locale"]) == tuple(LANGUAGES)
    assert get_args(KINDS["xapi_default_version"]) == SUPPORTED
