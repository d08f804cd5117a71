"""Exact sums, rounded once. Amounts are computed as fractions, because 1/3 of a point has no exact decimal."""

from decimal import Context, Decimal
from fractions import Fraction
from typing import Literal

Rounding = Literal["half_up", "half_even", "down"]

_CONTEXT = Context(prec=28)


def rounded(value: Fraction, decimals: int, rule: Rounding = "half_up") -> Decimal:
    """`value` (never negative) with `decimals` places by the named rule."""
    scaled = value * 10**decimals
    if rule == "half_up":
        units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    elif rule == "half_even":
        units = round(scaled)
    else:
        units = scaled.numerator // scaled.denominator
    return Decimal(units).scaleb(-decimals)


def rounded_up(value: Fraction, decimals: int) -> Decimal:
    """What is missing, rounded so that doing as much as is said suffices."""
    scaled = value * 10**decimals
    return Decimal(-(-scaled.numerator // scaled.denominator)).scaleb(-decimals)


def decimal(value: Fraction) -> Decimal:
    """`value` as a decimal with at most 28 digits; exact wherever it has an exact decimal that short."""
    return _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))
