"""Organisations as a tree: leading group, bureau, centres, districts, schools. What may stand under what."""

from collections.abc import Iterable, Iterator, Mapping

KINDS: dict[str, tuple[str, ...]] = {
    "leading_group": (),
    "bureau": ("leading_group",),
    "centre": ("leading_group", "bureau"),
    "district": ("leading_group", "bureau", "centre"),
    "school": ("district", "centre", "bureau", "leading_group"),
}
"""Each kind, from the top down, and the kinds under which one may stand. Any may stand alone."""

SCHOOL_KINDS = ("city", "town")

ROLE_KINDS: dict[str, tuple[str, ...]] = {
    "leading_group": ("leading_group",),
    "centre": ("centre",),
    "bureau": ("bureau", "district"),
}
"""The kinds of organisations that the roles are bound to whose scope is one."""


def above(parents: Mapping[int, int | None], start: int | None) -> Iterator[int]:
    """An organisation and all above it, from the bottom up. A ring, which no database should hold, ends where it closes."""
    seen = set()
    while start is not None and start not in seen:
        yield start
        seen.add(start)
        start = parents.get(start)


def below(parents: Mapping[int, int | None], tops: Iterable[int]) -> set[int]:
    """These organisations and all under them."""
    wanted = set(tops)
    return wanted | {one for one in parents if not wanted.isdisjoint(above(parents, one))}


def misplaced(kind: str, parent_kind: str | None) -> bool:
    """Whether an organisation of this kind may not stand there."""
    return parent_kind is not None and parent_kind not in KINDS[kind]
