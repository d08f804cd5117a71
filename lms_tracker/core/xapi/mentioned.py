"""What a refused request says of one person, with everybody else left out.

Such JSON is faulty by nature, so it is gone through as it stands: whatever could be an agent or a group is shown when
it is the person, and is somebody else when it is not.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from lms_tracker.core.xapi.actors import identify
from lms_tracker.core.xapi.redact import SOMEBODY_ELSE

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
Is = Callable[[str], bool]


def mentioned(json: bytes, is_person: Is) -> list[Any] | None:
    """Those statements of a body that name the person, without anybody else's identifiers and names.

    None for what is no JSON: of that nobody can say who is in it.
    """
    try:
        body = msgspec.json.decode(json)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    statements = body if isinstance(body, list) else [body]
    return [_shown(one, is_person) for one in statements if _names(one, is_person)]


def _names(value: Any, is_person: Is) -> bool:
    if isinstance(value, dict):
        return _is_person(value, is_person) or any(_names(one, is_person) for one in value.values())
    return isinstance(value, list) and any(_names(one, is_person) for one in value)


def _shown(value: Any, is_person: Is) -> Any:
    if isinstance(value, list):
        return [_shown(one, is_person) for one in value]
    if not isinstance(value, dict) or _is_person(value, is_person):
        return value
    if any(key in value for key in IDENTIFIERS):
        return msgspec.to_builtins(SOMEBODY_ELSE)
    # Names of activities are maps of languages; a text is the name of a person, a group or an account.
    named = isinstance(value.get("name"), str)
    return {key: _shown(one, is_person) for key, one in value.items() if not (named and key == "name")}


def _is_person(value: Mapping[str, Any], is_person: Is) -> bool:
    return any(map(is_person, _identifiers(value)))


def _identifiers(value: Mapping[str, Any]) -> Iterator[str]:
    """All that is there: one too many is a common fault."""
    for key in IDENTIFIERS:
        try:
            found = identify({key: value.get(key)})
        except (KeyError, TypeError):  # half an account
            continue
        if found is not None:
            yield found
