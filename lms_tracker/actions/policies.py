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


def find_policy(text: str) -> tuple[Policy, str]:
    """The policy that an operator means, and its TOML: one that is installed, by its name, or a file anywhere, by a path
    (what ends in .toml, or has a slash). A file's policy is called after the file. Raises PolicyErrors."""
    if not (text.endswith(".toml") or "/" in text):
        return load_policy(text), policy_text(text)
    content = text_of(Path(text), text)
    return policy_of_text(content, _name_of(Path(text)), text), content


def _file_of(name: str) -> Path:
    path = resource("config") / "programmes" / f"{name}.toml"
    if not NAME.fullmatch(name) or not path.is_file():
        known = ", ".join(policy_names()) or "none"
        raise PolicyErrors([f"config/programmes/{name}.toml: there is no such policy (there are: {known})"])
    return path


def read_policy(path: Path, file: str | None = None) -> Policy:
    """The policy in a file, named after it; `file` is how messages call it. Raises PolicyErrors."""
    file = file or str(path)
    return policy_of_text(text_of(path, file), _name_of(path), file)


def _name_of(path: Path) -> str:
    return path.name.removesuffix(".toml")


def text_of(path: Path, file: str) -> str:
    """What stands in a file; `file` is how messages call it. Raises PolicyErrors."""
    try:
        return path.read_text(encoding="utf-8")
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
