"""Parts and their whole, rounded so that whoever adds the parts up gets the whole (the largest remainders are rounded up)."""

from collections.abc import Sequence


def round_parts(parts: Sequence[int], unit: int) -> tuple[int, list[int]]:
    """In units: the sum of the parts, rounded half up, and each part, rounded down or up. No part is negative."""
    whole = (2 * sum(parts) + unit) // (2 * unit)
    rounded = [part // unit for part in parts]
    largest = sorted(range(len(parts)), key=lambda n: (-(parts[n] % unit), n))
    for n in largest[: whole - sum(rounded)]:
        rounded[n] += 1
    return whole, rounded
