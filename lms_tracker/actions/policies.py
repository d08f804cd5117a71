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
    return read_policy(_file_of(name), f"config/programmes/{name}.toml")


def policy_text(name: str) -> str:
    """The TOML of the policy of that name, as it stands in its file now. Raises PolicyErrors when it is faulty."""
    load_policy(name)
    return _file_of(name).read_text(encoding="utf-8")


def _file_of(name: str) -> Path:
    path = resource("config") / "programmes" / f"{name}.toml"
    if not NAME.fullmatch(name) or not path.is_file():
        known = ", ".join(policy_names()) or "none"
        raise PolicyErrors([f"config/programmes/{name}.toml: there is no such policy (there are: {known})"])
    return path


def read_policy(path: Path, file: str | None = None) -> Policy:
    """The policy in a file, named after it; `file` is how messages call it. Raises PolicyErrors."""
    file = file or str(path)
    try:
        return policy_of_text(path.read_text(encoding="utf-8"), path.name.removesuffix(".toml"), file)
    except OSError as e:
        raise PolicyErrors([f"{file}: cannot be read: {e.strerror}"]) from e
    except UnicodeDecodeError as e:
        raise PolicyErrors([f"{file}: not UTF-8 text (byte {e.start})"]) from e


def policy_names() -> list[str]:
    """Names of all policies that are installed."""
    return sorted(path.name.removesuffix(".toml") for path in (resource("config") / "programmes").glob("*.toml"))


@lru_cache(maxsize=64)
def policy_of_text(text: str, name: str, file: str) -> Policy:
    """The policy in a TOML text; `file` is how messages call it. Raises PolicyErrors."""
    return parse_policy(text, name, file)
