"""config/suspicion.toml: every fault is told at once, with file, key and the value given."""

import pytest

from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.core.study.suspicion.model import FILE, parse_model

KNOWN = frozenset({"no_rest", "replay"})
GOOD = 'name = "x"\nthreshold = 90\nwindow_days = 14\n[signals]\nno_rest = { none = 11, full = 15, points = 100 }\n'
BOUNDS = {
    "name": (['""', "3"], []),
    "threshold": (["-5", "0", "nan", "inf", "10001", '"high"', "true"], ["0.5", "10000"]),
    "window_days": (["0", "367", "14.0", "true"], ["1", "366"]),
}
SCALES = {
    "none": (["nan", "-inf", "1e7", '"1"', "15"], ["-1", "15.5"]),
    "full": (["nan", "inf", "11.0", "false"], ["0", "11.5"]),
    "points": (["0", "-1", "nan", "inf", "10001"], ["0.1"]),
}


def faults_of(text: str) -> list[str]:
    with pytest.raises(PolicyErrors) as caught:
        parse_model(text, KNOWN)
    return caught.value.faults


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, (bad, _) in BOUNDS.items() for value in bad])
def test_a_value_out_of_bounds_is_refused_with_file_key_and_value(key: str, value: str) -> None:
    lines = [f"{key} = {value}" if line.startswith(f"{key} =") else line for line in GOOD.splitlines()]
    [fault] = faults_of("\n".join(lines))
    assert fault.startswith(f"{FILE}: {key}: Expected")
    assert fault.endswith(f"(given: {value.replace(chr(34), chr(39)).replace('true', 'True')})")


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, (bad, _) in SCALES.items() for value in bad])
def test_a_faulty_scale_is_refused_with_its_signal(key: str, value: str) -> None:
    values = {"none": "11", "full": "15", "points": "100"} | {key: value}
    row = ", ".join(f"{key} = {value}" for key, value in values.items())
    [fault] = faults_of(GOOD.replace("none = 11, full = 15, points = 100", row))
    assert fault.startswith(f"{FILE}: signals.no_rest") and "(given: " in fault


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, (_, good) in BOUNDS.items() for value in good])
def test_bounds_themselves_are_allowed(key: str, value: str) -> None:
    lines = [f"{key} = {value}" if line.startswith(f"{key} =") else line for line in GOOD.splitlines()]
    assert getattr(parse_model("\n".join(lines), KNOWN), key) == float(value)


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, (_, good) in SCALES.items() for value in good])
def test_any_finite_scale_with_some_distance_is_allowed(key: str, value: str) -> None:
    values = {"none": "11", "full": "15", "points": "100"} | {key: value}
    row = ", ".join(f"{key} = {value}" for key, value in values.items())
    model = parse_model(GOOD.replace("none = 11, full = 15, points = 100", row), KNOWN)
    assert getattr(model.scales["no_rest"], key) == float(value)


def test_what_is_no_toml_is_said() -> None:
    [fault] = faults_of("x = [")
    assert fault.startswith(f"{FILE}: not TOML: ")


def test_all_faults_are_told_at_once() -> None:
    text = GOOD.replace("90", "-5").replace("name", "names").replace("[signals]", "days = 3\n[signals]\nreplay = 7")
    assert faults_of(text + "nobody = { none = 1, full = 1, points = 2, most = 3 }\n") == [
        f"{FILE}: names: unknown key (allowed: name, threshold, window_days, signals)",
        f"{FILE}: threshold: Expected `float` > 0.0 (given: -5)",
        f"{FILE}: days: unknown key (allowed: name, threshold, window_days, signals)",
        f"{FILE}: name: missing",
        f"{FILE}: signals.replay: must be a table (given: 7)",
        f"{FILE}: signals.nobody: there is no such signal (there are: no_rest, replay)",
        f"{FILE}: signals.nobody.most: unknown key (allowed: none, full, points)",
    ]


@pytest.mark.parametrize(
    "signals", ["", "[signals]\n", "signals = 3\n", "[signals]\nno_rest = {}\n", "[signals]\nno_rest = { none = 1 }\n"]
)
def test_a_model_without_signals_or_with_half_a_signal_is_refused(signals: str) -> None:
    assert all("signals" in fault for fault in faults_of(GOOD.split("[signals]")[0] + signals))
