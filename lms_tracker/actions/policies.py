"""Reading policy files, from `config/programmes` by name or from any path."""

import re
from functools import lru_cache
from pathlib import Path

from lms_tracker.core.grading.policy import Policy, parse_policy
from lms_tracker.core.study.policy import PolicyErrors
from lms_tracker.paths import resource

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def load_policy(name: str) -> Policy:
    """The policy `config/programmes/<name>.toml`. Read anew each time, parsed once per content.

    Raises PolicyErrors naming every fault, also when there is no such file.
    """
    folder = resource("config") / "programmes"
    path = folder / f"{name}.toml"
    if not NAME.fullmatch(name) or not path.is_file():
        known = ", ".join(policy_names()) or "none"
        raise PolicyErrors([f"config/programmes/{name}.toml: there is no such policy (there are: {known})"])
    return read_policy(path, f"config/programmes/{name}.toml")


def read_policy(path: Path, file: str | None = None) -> Policy:
    """The policy in a file, named after it; `file` is how messages call it. Raises PolicyErrors."""
    file = file or str(path)
    try:
        return _parse(path.read_text(encoding="utf-8"), path.name.removesuffix(".toml"), file)
    except OSError as e:
        raise PolicyErrors([f"{file}: cannot be read: {e.strerror}"]) from e
    except UnicodeDecodeError as e:
        raise PolicyErrors([f"{file}: not UTF-8 text (byte {e.start})"]) from e


def policy_names() -> list[str]:
    """Names of all policies that are installed."""
    return sorted(path.name.removesuffix(".toml") for path in (resource("config") / "programmes").glob("*.toml"))


@lru_cache(maxsize=64)
def _parse(text: str, name: str, file: str) -> Policy:
    return parse_policy(text, name, file)
