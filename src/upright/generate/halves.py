"""The next-word distribution with both halves, as the key's holder sees it."""

from __future__ import annotations

from dataclasses import dataclass

from upright.generate.balance_share import Balance
from upright.generate.decode import printable
from upright.generate.next_drawn import expected, follow
from upright.generate.sampler import Logits, leading
from upright.generate.types import EngineError, ReadingEngine, Sampling
from upright.watermark import Mark, Marker


@dataclass(frozen=True, slots=True)
class HalvedWord:
    """One possible next word.

    Attributes:
        token_id: the engine's number for it.
        text: its text, white space included.
        probability: as it would be sampled without a mark.
        green: the share of it, 0 to 1, that lies in the half from which is drawn.
        marked: its probability with the mark; at most twice the one without.
    """

    token_id: int
    text: str
    probability: float
    green: float
    marked: float


@dataclass(frozen=True, slots=True)
class Halves:
    """The distribution after a text, divided by a key.

    Attributes:
        words: the likeliest first.
        upper: which half is drawn from: the upper or the lower one of the words in secret order.
    """

    words: tuple[HalvedWord, ...]
    upper: bool


async def halves(
    engine: ReadingEngine,
    text: str,
    sampling: Sampling,
    mark: Mark,
    *,
    subkey: int = 0,
    limit: int = 50,
    balance: Balance | None = None,
) -> Halves:
    """Divide the distribution after a text, as if the whole text were the answer so far.

    Args:
        engine: of the use.
        text: taken literally.
        sampling: how tokens are drawn.
        mark: how the answer is marked.
        subkey: which of the mark's.
        limit: most words.
        balance: how pronouns are balanced; the halves are those of the balanced distribution.

    Raises:
        EngineError: `bad_request` for a text shorter than the mark's context; else as `read`.
    """
    drawn = [token.id for token in engine.tokens(text)]
    if len(drawn) < mark.width:
        raise EngineError(
            f"a text of {len(drawn)} tokens has no context of {mark.width}",
            kind="bad_request",
            mend="give a longer text",
        )
    found: list[Halves] = []
    balancer = None if balance is None else follow(engine, text, balance)

    def visit(_: int, logits: Logits) -> None:
        chances, _moved = expected(logits, sampling, balancer)
        divided = Marker(mark, subkey).halves(chances.tokens, chances.probabilities, drawn)
        if divided is None:
            return
        shares, upper = divided
        words = tuple(
            HalvedWord(
                int(chances.tokens[at]),
                printable(engine.placed([int(chances.tokens[at])])[0].encode()),
                float(chances.probabilities[at]),
                float(shares[at]),
                float(2 * chances.probabilities[at] * shares[at]),
            )
            for at in leading(chances.probabilities, limit)
        )
        found.append(Halves(words, upper))

    # The distribution before any token that might follow.
    await engine.read([0], visit, after=drawn)
    return found[0]
