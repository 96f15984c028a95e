"""Which pronouns a model puts after a beginning: chances, exact where the engine gives them."""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from upright.audit.pronouns_prompts import Prompt, Pronoun
from upright.generate.balance import Balancer
from upright.generate.balance_reading import Reading
from upright.generate.balance_share import Balance
from upright.generate.reading import EngineVocabulary
from upright.generate.sampler import GREEDY, Logits, log_softmax
from upright.generate.types import Engine, Job, ReadingEngine, Sampling
from upright.terms import UprightError

SUBJECTS: tuple[Pronoun, ...] = ("she", "he", "they")
AT_ONCE = 8
DRAW = "give --answers N, and answers are drawn and counted"
"""What to do where chances cannot be read."""
_LOOK_AHEAD = 12  # tokens of an answer in which a pronoun is looked for
_FORMS = {
    "she": "she", "her": "she", "hers": "she", "herself": "she",
    "he": "he", "him": "he", "his": "he", "himself": "he",
    "they": "they", "them": "they", "their": "they", "theirs": "they", "themself": "they",
    "themselves": "they",
}  # fmt: skip
_PRONOUN = re.compile(rf"\b(?:{'|'.join(_FORMS)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely each pronoun is as the next word, or the share of answers that use it first."""

    she: float
    he: float
    they: float

    @property
    def share(self) -> float:
        """The share of she among she and he; NaN where neither has a chance."""
        both = self.she + self.he
        return self.she / both if both > 0 else math.nan

    def says(self, right: Pronoun) -> bool:
        """Say whether the right pronoun is the likeliest; between she and he, they is no answer."""
        others = {"she": (self.he,), "he": (self.she,), "they": (self.she, self.he)}[right]
        own: float = getattr(self, right)
        return own > max(others)


@dataclass(frozen=True, slots=True)
class Read:
    """What a model says after a prompt.

    Attributes:
        prompt: the beginning.
        model: as the model has it.
        balanced: with pronouns balanced; None where that was not asked or cannot be done.
        moved: whether balancing changed anything.
    """

    prompt: Prompt
    model: Chances
    balanced: Chances | None = None
    moved: bool = False


class UnreadableEngineError(UprightError):
    """The engine does not give what was to be measured with it."""

    exit_code = 3


class Reader:
    """Reads exact chances.

    Args:
        engine: of the use.
        balance: what is tried besides; None tries nothing.
        temperature: at which the use draws; greedy drawing is read at 1.

    Raises:
        UnreadableEngineError: where a pronoun is not one token of the model.
    """

    def __init__(
        self, engine: ReadingEngine, balance: Balance | None, temperature: float = 1.0
    ) -> None:
        self._engine = engine
        self._balance = balance
        self._temperature = temperature if temperature > GREEDY else 1.0
        self._vocabulary = EngineVocabulary(engine)
        self._ids = {word: _forms_of(engine, word) for word in SUBJECTS}

    async def read(
        self, prompts: Sequence[Prompt], advance: Callable[[], None] = lambda: None
    ) -> list[Read]:
        """Return the chances after each prompt, several at once.

        Raises:
            EngineError: as the engine's `read`.
        """
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(prompt: Prompt) -> Read:
            async with gate:
                found = await self._one(prompt)
            advance()
            return found

        return await asyncio.gather(*(one(prompt) for prompt in prompts))

    async def perplexity(self, text: str) -> tuple[float, float, int]:
        """Return nats of a text without and with balancing, and its tokens but for the first."""
        ids = [token.id for token in self._engine.tokens(text)]
        if len(ids) < 2:  # noqa: PLR2004 (the first token has no chance of its own)
            return 0.0, 0.0, 0
        balancer = self._follow("")
        balancer.take(ids[0])
        plain = balanced = 0.0

        def visit(at: int, logits: Logits) -> None:
            nonlocal plain, balanced
            token = ids[at + 1]
            nats = -float(log_softmax(logits)[token])
            shifted = balancer.shift(logits)
            plain += nats
            balanced += nats if shifted is logits else -float(log_softmax(shifted)[token])
            balancer.take(token)

        await self._engine.read(ids[1:], visit, after=ids[:1])
        return plain, balanced, len(ids) - 1

    async def _one(self, prompt: Prompt) -> Read:
        before = [token.id for token in self._engine.tokens(prompt.text)]
        found: list[Read] = []

        def visit(_at: int, logits: Logits) -> None:
            model = self._chances(logits)
            if self._balance is None:
                found.append(Read(prompt, model))
                return
            shifted = self._follow(prompt.text).shift(logits, self._temperature)
            moved = shifted is not logits
            found.append(Read(prompt, model, self._chances(shifted) if moved else model, moved))

        # Which token follows does not matter: the logits before it are wanted.
        await self._engine.read(before[-1:], visit, after=before)
        return found[0]

    def _chances(self, logits: Logits) -> Chances:
        shares = np.exp(log_softmax(logits / np.float32(self._temperature)))
        return Chances(*(float(shares[self._ids[word]].sum()) for word in SUBJECTS))

    def _follow(self, text: str) -> Balancer:
        reading = Reading()
        reading.feed(text)
        return Balancer(self._balance or Balance(), self._vocabulary, reading)


def _forms_of(engine: ReadingEngine, word: str) -> list[int]:
    """Return the tokens that a pronoun is inside of a text, with and without a capital."""
    found = []
    for form in (word, word.capitalize()):
        tokens = engine.tokens(f"and {form}")
        if engine.placed([tokens[-1].id])[0].strip() == form:
            found.append(tokens[-1].id)
    if not found:
        raise UnreadableEngineError(f"{word!r} is no token of the model {engine.name!r}", mend=DRAW)
    return found


async def drawn(
    engine: Engine,
    prompts: Sequence[Prompt],
    sampling: Sampling,
    *,
    each: int,
    balance: Balance | None = None,
    advance: Callable[[], None] = lambda: None,
) -> list[Read]:
    """Draw answers to each prompt and count which pronoun comes first in them.

    Args:
        engine: any.
        prompts: beginnings.
        sampling: of the use; its bound is set here.
        each: answers to a beginning.
        balance: what is tried besides, by an engine that can.
        advance: is called after each prompt.

    Raises:
        EngineError: as the engine's `stream`.
    """
    gate = asyncio.Semaphore(AT_ONCE)
    short = replace(sampling, max_tokens=_LOOK_AHEAD)

    async def count(prompt: Prompt, way: Balance | None) -> Chances:
        texts = [""] * each
        async for piece in engine.stream(Job(short, prompt=prompt.text, choices=each, balance=way)):
            texts[piece.choice] += piece.text if piece.channel == "content" else ""
        first = Counter(map(first_pronoun, texts))
        return Chances(*(first[word] / each for word in SUBJECTS))

    async def one(prompt: Prompt) -> Read:
        async with gate:
            model = await count(prompt, None)
            balanced = None if balance is None else await count(prompt, balance)
        advance()
        return Read(prompt, model, balanced, moved=balanced is not None and balanced != model)

    return await asyncio.gather(*(one(prompt) for prompt in prompts))


def first_pronoun(text: str) -> str | None:
    """Return `she`, `he` or `they`, whichever of their forms comes first in a text."""
    found = _PRONOUN.search(text)
    return None if found is None else _FORMS[found[0].lower()]
