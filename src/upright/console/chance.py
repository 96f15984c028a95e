"""Drawing one word: the same text and seed draw the same word."""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from upright.console.errors import PageError

if TYPE_CHECKING:
    from upright.generate import Candidate, NextToken

SEEDS: Final = 2**32
_ROWS = 15


def fresh_seed() -> int:
    """Return a seed nobody chose, in [0, 2³²)."""
    return secrets.randbelow(SEEDS)


def draw(candidates: Sequence[Candidate], *, seed: int, text: str) -> Candidate:
    """Draw a candidate with its probability, by inverse distribution function.

    Args:
        candidates: their probabilities are taken relative to their sum.
        seed: which chance to take.
        text: what the word is added to; each text has a chance of its own.

    Raises:
        PageError: for no candidates.
    """
    if not candidates:
        raise PageError("The model gives no word a probability here.", mend="Change the text.")
    point = _uniform(seed, text) * math.fsum(one.probability for one in candidates)
    reached = 0.0
    for one in candidates:
        reached += one.probability
        if point < reached:
            return one
    return candidates[-1]


def _uniform(seed: int, text: str) -> float:
    """Return a number in [0, 1) with 53 random bits, keyed by seed and text."""
    raw = hashlib.sha256(
        f"upright.console.draw.v1:{seed}:{text}".encode("utf-8", "surrogatepass")
    ).digest()
    return (int.from_bytes(raw[:8], "big") >> 11) / 2**53


@dataclass(frozen=True, slots=True)
class Row:
    """One bar.

    Attributes:
        text: the candidate's text.
        probability: of it.
        drawn: whether it was the one drawn.
        green: the share of it that lies in the half the key chose; None where no key divides.
    """

    text: str
    probability: float
    drawn: bool = False
    green: float | None = None


@dataclass(frozen=True, slots=True)
class Bars:
    """A next-token distribution as a page shows it.

    Attributes:
        rows: the most probable candidates, and the drawn one wherever it stands.
        rest: what all others have together.
        others: how many they are.
        size: how many candidates there are.
        covered: the share of the model's probability that the candidates hold.
        bits: entropy of the model's whole distribution, in bits, two decimals.
    """

    rows: tuple[Row, ...]
    rest: float
    others: int
    size: int
    covered: float
    bits: str

    @property
    def halved(self) -> bool:
        """Whether a key divides the candidates."""
        return any(row.green is not None for row in self.rows)

    @property
    def top(self) -> float:
        """The longest bar's share."""
        return max([self.rest, *(row.probability for row in self.rows)], default=0.0)


def bars(
    found: NextToken,
    drawn: Candidate | None = None,
    *,
    rows: int = _ROWS,
    green: Mapping[int, float] | None = None,
) -> Bars:
    """Return the bars of a distribution.

    Args:
        found: the distribution.
        drawn: the candidate that was drawn from it.
        rows: how many candidates are shown.
        green: by token, the share that lies in the half the key chose.
    """
    halves = green or {}
    shown = list(found.candidates[:rows])
    if drawn is not None and drawn not in shown:
        shown[-1] = drawn
    lines = tuple(
        Row(one.text, one.probability, drawn=one == drawn, green=halves.get(one.token_id))
        for one in shown
    )
    total = math.fsum(one.probability for one in found.candidates)
    return Bars(
        rows=lines,
        rest=max(total - math.fsum(row.probability for row in lines), 0.0),
        others=len(found.candidates) - len(lines),
        size=len(found.candidates),
        covered=found.covered,
        bits=f"{found.entropy / math.log(2):.2f}",
    )
