"""Invented Chinese prose: words by Zipf's law over a made-up vocabulary, so that texts share words and short phrases but
nothing long, as essays about one subject do. And what somebody does who copies."""

import random
from itertools import accumulate

_rng = random.Random("the vocabulary")
_CHARACTERS = [chr(code) for code in range(0x4E00, 0x4E00 + 2500)]
WORDS = ["".join(_rng.choices(_CHARACTERS, k=_rng.choice([1, 2, 2, 2, 2, 3, 4]))) for _ in range(8000)]
_WEIGHTS = list(accumulate(1 / (rank + 5) for rank in range(len(WORDS))))
PHRASES = ["".join(_rng.choices(WORDS, k=4)) for _ in range(40)]
"""Set phrases of the field: everybody uses some of them."""


def prose(rng: random.Random, length: int) -> str:
    """So many characters, with commas and full stops."""
    parts: list[str] = []
    size = 0
    while size < length:
        words = rng.choices(WORDS, cum_weights=_WEIGHTS, k=rng.randint(6, 14))
        if rng.random() < 0.15:
            words.insert(rng.randrange(len(words)), rng.choice(PHRASES))
        parts.append("".join(words) + rng.choice("，，，。"))
        size += len(parts[-1])
    return "".join(parts)[:length]


def reworded(rng: random.Random, passage: str, every: int) -> str:
    """One character of about `every` is replaced by another word."""
    return "".join(rng.choice(WORDS) if rng.random() < 1 / every else character for character in passage)


def with_passage(rng: random.Random, passage: str, length: int) -> str:
    """A text of one's own with somebody else's passage in it."""
    before = rng.randint(0, length - len(passage))
    return prose(rng, before) + passage + prose(rng, length - len(passage) - before)
