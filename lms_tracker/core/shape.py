"""First stage of checking a policy: unknown, missing and mistyped keys, all at once."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct


def checked(
    table: Any, struct: type[Struct], where: str, faults: list[str], hidden: Collection[str] = ()
) -> dict[str, Any]:
    """The values of `table` that fit `struct`. Adds a "where.key: what is wrong, what is allowed" to `faults` for
    every key that is unknown, missing or of a wrong type or size. Fields named in `hidden` cannot be set by a table."""
    if not isinstance(table, Mapping):
        faults.append(f"{where}: must be a table")
        return {}
    types = {name: kind for name, kind in get_type_hints(struct, include_extras=True).items() if name not in hidden}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in types:
            faults.append(f"{where}.{key}: unknown key (allowed: {', '.join(types)})")
            continue
        try:
            values[key] = msgspec.convert(value, types[key])
            if isinstance(values[key], Decimal) and not values[key].is_finite():
                faults.append(f"{where}.{key}: must be a finite number")
        except msgspec.ValidationError as e:
            faults.append(f"{where}.{key}: {e}{_choices(types[key])}")
    for field in msgspec.structs.fields(struct):
        if field.required and field.name not in table:
            faults.append(f"{where}.{field.name}: missing")
    return values


def _choices(kind: Any) -> str:
    if get_origin(kind) is tuple:
        kind = get_args(kind)[0]
    return f" (allowed: {', '.join(get_args(kind))})" if get_origin(kind) is Literal else ""
