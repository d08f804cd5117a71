"""First stage of checking a policy: unknown, missing and mistyped keys, all at once."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

LONGEST = 60
"""Characters of a value that a fault repeats."""


def checked(
    table: Any, struct: type[Struct], where: str, faults: list[str], hidden: Collection[str] = ()
) -> dict[str, Any]:
    """The values of `table` that fit `struct`. Adds a "where.key: what is wrong, what is given or allowed" to `faults` for
    every key that is unknown, missing or of a wrong type or size. Fields named in `hidden` cannot be set by a table.
    `where` names the file and the table; with ": " at its end the file alone, of which these are the topmost keys."""
    if not isinstance(table, Mapping):
        faults.append(f"{where}: must be a table{_given(table)}")
        return {}
    where += "" if where.endswith(": ") else "."
    types = {name: kind for name, kind in get_type_hints(struct, include_extras=True).items() if name not in hidden}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in types:
            faults.append(f"{where}{key}: unknown key (allowed: {', '.join(types)})")
            continue
        try:
            values[key] = msgspec.convert(value, types[key])
            if not _finite(values[key]):
                faults.append(f"{where}{key}: must be a finite number{_given(value)}")
        except msgspec.ValidationError as e:
            given = "" if str(e).startswith("Invalid enum value") else _given(value)  # which it names itself
            faults.append(f"{where}{key}: {e}{given}{_choices(types[key])}")
    for field in msgspec.structs.fields(struct):
        if field.required and field.name not in table:
            faults.append(f"{where}{field.name}: missing")
    return values


def _finite(value: Any) -> bool:
    return value.is_finite() if isinstance(value, Decimal) else not isinstance(value, float) or isfinite(value)


def _given(value: Any) -> str:
    said = repr(value)
    return f" (given: {said if len(said) <= LONGEST else said[:LONGEST] + '…'})"


def _choices(kind: Any) -> str:
    if get_origin(kind) is tuple:
        kind = get_args(kind)[0]
    return f" (allowed: {', '.join(get_args(kind))})" if get_origin(kind) is Literal else ""
