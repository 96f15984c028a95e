"""Invented works, and copies of them that were edited."""

from __future__ import annotations

import random

from upright.match.index import Work

_STEMS = (
    "river stone lantern quiet harbour copper window winter garden letter silver bridge morning "
    "forest candle market shadow ribbon kettle meadow barrel anchor violin thunder pepper saddle"
)
STEMS = _STEMS.split()


def invented(seed: int, count: int) -> list[str]:
    """Return words that no other seed has in this order."""
    draw = random.Random(seed)
    return [draw.choice(STEMS) + draw.choice(("", "s", "ed", "ing", "er")) for _ in range(count)]


def work(seed: int, count: int = 120, **more) -> Work:
    return Work(f"work {seed}", " ".join(invented(seed, count)), **more)


def edited(words: list[str], share: float, seed: int) -> list[str]:
    """Return words of which a share is replaced, left out, or has a new one behind it."""
    draw = random.Random(seed)
    out: list[str] = []
    for word in words:
        fresh = f"fresh{draw.randrange(10**6)}"
        change = draw.randrange(3) if draw.random() < share else None
        out += {None: [word], 0: [fresh], 1: [], 2: [word, fresh]}[change]
    return out
